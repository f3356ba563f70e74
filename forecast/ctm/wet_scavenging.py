"""Wet deposition as a process: removal in clouds and below them, proportional to precipitation.

Rates and their source are in the mechanism file. A layer counts as cloud from a given cover on;
below the highest such layer rain falls. Without any, the rain is taken to fall from the highest
layer below 500 hPa, so that rain always cleans the air under it.
"""

import numpy as np

from forecast.chemistry.mechanism import Mechanism
from forecast.config.deposition import DepositionConfig
from forecast.ctm.budget import LedgerFields
from forecast.ctm.kernels.scavenging import scavenge
from forecast.ctm.process import Hour, Step
from forecast.ctm.state import TileState
from forecast.fields.arrays import Booleans, Reals, Single

RAIN_TOP = 50000.0
"""Pressure above which rain without a known cloud does not begin, Pa."""


def rain_zones(cover: Reals, pressure: Reals, threshold: float) -> tuple[Booleans, Booleans]:
    """Say which layers are raining clouds and which lie below one.

    Args:
        cover: Cloud cover of layers, 0 to 1, (nz, ny, nx).
        pressure: Of the middle of layers, Pa, (nz, ny, nx).
        threshold: Cover from which a layer counts as cloud.

    Returns:
        In cloud, below cloud; (nz, ny, nx) each, never both.
    """
    cloudy = cover >= threshold
    top_down = np.logical_or.accumulate(cloudy[::-1], axis=0)[::-1]
    unknown = ~cloudy.any(axis=0)
    below = np.where(unknown, pressure >= RAIN_TOP, top_down & ~cloudy)
    return cloudy, below


class WetScavenging:
    """Removes species where it rains."""

    name = "wet"

    def __init__(
        self, mechanism: Mechanism, options: DepositionConfig, step: float, ledger: LedgerFields
    ) -> None:
        """Sort the species by their coefficients.

        Args:
            mechanism: Coefficients of the species.
            options: What counts as cloud.
            step: Length of every step, s.
            ledger: Where wet deposition is written down.
        """
        pairs = [(float(inside), float(below)) for inside, below in mechanism.scavenging]
        self._soluble = sorted({pair for pair in pairs if any(pair)})
        self._kinds = np.array(
            [self._soluble.index(pair) if any(pair) else -1 for pair in pairs], dtype=np.int64
        )
        self._threshold = options.cloud_threshold
        self._step = step
        self._ledger = ledger
        self._stays: Single | None = None

    def begin_hour(self, hour: Hour) -> None:
        """Find what rain leaves; without rain on the tile nothing is done in this hour."""
        rain = hour.fluxes.precipitation_flux
        self._stays = None
        if not self._soluble or not (rain > 0.0).any():
            return
        inside, below = rain_zones(hour.middle.cloud_area_fraction, hour.pressure, self._threshold)
        falling = np.maximum(rain, 0.0) * np.float32(self._step)
        self._stays = np.stack(
            [
                np.exp(-(np.float32(a) * inside + np.float32(b) * below) * falling)
                for a, b in self._soluble
            ]
        )

    def advance(self, state: TileState, step: Step) -> None:
        """Remove what one step of rain takes."""
        del step
        if self._stays is not None:
            scavenge(
                state.mixing_ratio,
                state.air_mass,
                self._stays,
                self._kinds,
                self._ledger.wet_deposition,
            )
