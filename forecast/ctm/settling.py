"""Gravitational settling of coarse particles through all layers, as a process."""

import numpy as np

from forecast.chemistry.removal import Removal
from forecast.config.deposition import DepositionConfig
from forecast.ctm.budget import LedgerFields
from forecast.ctm.kernels.settling import settle
from forecast.ctm.particle_motion import mean_settling
from forecast.ctm.process import Hour, Step
from forecast.ctm.state import TileState
from forecast.fields.arrays import Float, Single


class Settling:
    """Lets the coarse species sink; what reaches the ground is dry deposition."""

    name = "settling"

    def __init__(
        self,
        removal: Removal,
        options: DepositionConfig,
        cell_area: Float,
        step: float,
        ledger: LedgerFields,
    ) -> None:
        """Sort the species by kind.

        Args:
            removal: Properties of the species.
            options: Whether particles grow with humidity.
            cell_area: m2, (ny, nx).
            step: Length of every step, s.
            ledger: Where dry deposition is written down.
        """
        found = [
            (species, kind)
            for species, (kind, sinks) in enumerate(
                zip(removal.particles, removal.coarse, strict=True)
            )
            if sinks and kind is not None
        ]
        self._kinds = list(dict.fromkeys(kind for _, kind in found))
        pairs = [(species, self._kinds.index(kind)) for species, kind in found]
        self._species = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        self._grows = options.humidity_growth
        self._area = cell_area
        self._step = step
        self._ledger = ledger
        self._fall: Single | None = None

    def begin_hour(self, hour: Hour) -> None:
        """Set how far particles fall in a step, as air that they fall through."""
        if not self._kinds:
            return
        temperature = np.asarray(hour.middle.air_temperature, np.float64)
        humidity = hour.humidity * self._grows
        fall = np.empty((len(self._kinds), *temperature.shape), np.float32)
        for n, kind in enumerate(self._kinds):
            velocity = mean_settling(kind, temperature, hour.pressure, humidity)
            flux = velocity * hour.density
            flux[1:] = 0.5 * (flux[1:] + flux[:-1])
            fall[n] = flux * (self._area * self._step)
        self._fall = fall

    def advance(self, state: TileState, step: Step) -> None:
        """Sink for one step."""
        del step
        if self._fall is not None:
            settle(
                state.mixing_ratio,
                state.air_mass,
                self._fall,
                self._species,
                self._ledger.dry_deposition,
            )
