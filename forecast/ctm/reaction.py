"""Chemistry as a process."""

import numpy as np

from forecast.chemistry.kernels.simple import WORK, Rates, react
from forecast.chemistry.mechanism import Mechanism
from forecast.chemistry.simple import hourly_rates, substances
from forecast.config.chemistry import ChemistryConfig
from forecast.ctm.budget import LedgerFields
from forecast.ctm.process import Hour, Step
from forecast.ctm.state import TileState


class SimpleChemistry:
    """The simple scheme on a tile; see `forecast.chemistry.simple`."""

    name = "chemistry"

    def __init__(
        self,
        mechanism: Mechanism,
        options: ChemistryConfig,
        step: float,
        ledger: LedgerFields,
    ) -> None:
        """Take constants.

        Args:
            mechanism: Has the species of the scheme.
            options: Constants.
            step: Length of every step, s.
            ledger: Where the result of reactions is written down.

        Raises:
            ConfigurationError: The mechanism lacks a species of the scheme.
        """
        self._mechanism = mechanism
        self._options = options
        self._substances = substances(mechanism, options, step)
        self._ledger = ledger
        self._work = np.zeros(WORK, np.float32)
        self._rates: Rates | None = None

    def begin_hour(self, hour: Hour) -> None:
        """Set the rates of the hour."""
        middle = hour.middle
        self._rates = hourly_rates(
            self._mechanism,
            self._options,
            middle.air_temperature,
            middle.specific_humidity,
            hour.pressure.astype(np.float32),
            middle.downwelling_shortwave,
        )

    def advance(self, state: TileState, step: Step) -> None:
        """React for one step."""
        react(
            state.mixing_ratio,
            state.air_mass,
            self._rates,
            self._substances,
            np.float32(step.seconds),
            self._ledger.chemistry,
            self._work,
        )
