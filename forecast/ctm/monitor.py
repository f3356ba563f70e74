"""Hourly means near the ground in the units of products, and the watch over the state."""

from dataclasses import dataclass

import numpy as np

from forecast.chemistry.composition import Composition
from forecast.common.constants import REFERENCE_AIR_DENSITY
from forecast.ctm.kernels.survey import first_wrong
from forecast.ctm.process import Hour
from forecast.ctm.state import TileState
from forecast.fields.arrays import Float, Single
from forecast.fields.variables import POLLUTANTS


@dataclass(frozen=True)
class SurfaceFields:
    """Hourly means of the lowest layer.

    Attributes:
        names: Products that the species make, in the order of `POLLUTANTS` of the variable
            registry; first axis of `values`.
        values: In the units of the registry, (npollutant, ny, nx), float32. Gases at 298.15 K
            and 1013.25 hPa, particles at actual temperature and pressure.
    """

    names: tuple[str, ...]
    values: Single


class SurfaceMonitor:
    """Averages the lowest layer over the steps of an hour."""

    def __init__(self, composition: Composition, ny: int, nx: int) -> None:
        """Prepare the sum for a tile of ny x nx cells."""
        self._names = composition.products
        rows = [POLLUTANTS.index(name) for name in self._names]
        self._gas = composition.gas_weights[rows]
        self._particles = composition.particle_weights[rows]
        self._sum = np.zeros((len(composition.table), ny, nx))
        self._steps = 0

    def add(self, state: TileState) -> None:
        """Add the state at the end of a step."""
        self._sum += state.own_ratio[:, 0]
        self._steps += 1

    def finish(self, hour: Hour) -> SurfaceFields:
        """Convert the mean of the hour to products and begin anew.

        The mixing ratio of a gas over that of dry air, times the density of dry air at the
        reference state, is its concentration there.
        """
        mean = self._sum / self._steps
        dry = REFERENCE_AIR_DENSITY / (1.0 - hour.middle.specific_humidity[0].astype(np.float64))
        gases = _combine(self._gas, mean) * dry
        particles = _combine(self._particles, mean) * hour.density[0]
        self._sum[:] = 0.0
        self._steps = 0
        return SurfaceFields(self._names, (gases + particles).astype(np.float32))


def _combine(weights: Float, mean: Float) -> Float:
    """Sum species with the weights of products; each sum in the order of species."""
    result = np.zeros((weights.shape[0], *mean.shape[1:]))
    for product, species in np.argwhere(weights):
        result[product] += weights[product, species] * mean[species]
    return result


def find_problem(
    state: TileState, species: tuple[str, ...], hour: int, corner: tuple[int, int], largest: float
) -> str | None:
    """Describe the first value that cannot be, None when all are plausible.

    Args:
        state: The tile.
        species: Names.
        hour: Hours since the start of the run, for the text.
        corner: (row, column) of the tile's first cell in the domain, for the text.
        largest: Largest plausible mixing ratio, kg kg-1.
    """
    place = first_wrong(state.mixing_ratio, state.ny, state.nx, np.float32(largest))
    if place[0] >= 0:
        n, layer, j, i = place
        value = state.own_ratio[n, layer, j, i]
        return (
            f"The mixing ratio of '{species[n]}' in layer {layer}, row {corner[0] + j}, column "
            f"{corner[1] + i} after hour {hour} is '{value}'; expected a number from 0 to "
            f"{largest:g} kg kg-1. Look at the meteorology and emissions of that hour."
        )
    wrong = ~(np.isfinite(state.own_mass) & (state.own_mass > 0.0))
    if wrong.any():
        layer, j, i = (int(n) for n in np.argwhere(wrong)[0])
        return (
            f"The air in layer {layer}, row {corner[0] + j}, column {corner[1] + i} after hour "
            f"{hour} is '{state.own_mass[layer, j, i]}' kg; expected a positive number. Look at "
            "the mass balance of the meteorology."
        )
    return None
