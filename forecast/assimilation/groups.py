"""What of the state an observation changes: species that are changed together, by one factor.

Each group is corrected by observations of its own pollutant only (localisation in variables, Kang
et al. 2011, doi 10.1029/2010JD014673): with tens of members the correlations between pollutants
are mostly noise. A group keeps its composition: all its species get the factor of the sum.
"""

from dataclasses import dataclass

import numpy as np

from forecast.fields.arrays import Float, Reals
from forecast.fields.species import Phase, SpeciesTable

PRECURSORS = ("NH3", "HNO3", "N2O5", "SO2", "NO", "NO2")
"""Gases that form secondary PM2.5 or stand in equilibrium with it."""
_GASES = {"o3": ("O3",), "no2": ("NO", "NO2"), "so2": ("SO2",), "co": ("CO",)}
"""Gases of each observed pollutant. NO goes with NO2, for light keeps their ratio."""
_PHASES = {"pm25": Phase.FINE, "pm10": Phase.COARSE}
"""Particles of each; observed PM10 corrects what PM2.5 does not hold."""
SMALLEST = 1.0e-16
"""Mixing ratio below which there is nothing to correct, kg kg-1."""


@dataclass(frozen=True)
class Group:
    """Species that are changed by one factor.

    Attributes:
        pollutant: Observations that change them.
        positions: Places in the species table.
        weights: Weight of each in the sum, (nposition,).
    """

    pollutant: str
    positions: tuple[int, ...]
    weights: Float

    def logarithm(self, mixing_ratio: Reals) -> Float:
        """Logarithm of the sum, (nz, ny, nx), from (nspecies, nz, ny, nx) in kg kg-1."""
        total = np.tensordot(self.weights, mixing_ratio[list(self.positions)], axes=1)
        logarithm: Float = np.log(np.maximum(total, SMALLEST))
        return logarithm


def state_groups(
    table: SpeciesTable, particle_weights: dict[str, Float], pollutants: tuple[str, ...]
) -> tuple[Group, ...]:
    """Divide the species into groups; a pollutant that the mechanism does not have has none.

    Args:
        table: Species of the state.
        particle_weights: Weight of each species in "pm25" and "pm10", (nspecies,) each.
        pollutants: Observed ones.
    """
    groups = []
    for name in pollutants:
        if name in _PHASES:
            weights = particle_weights[name]
            rows = tuple(i for i in table.indices(_PHASES[name]) if weights[i] > 0.0)
            part = weights[list(rows)] / max(weights.max(), SMALLEST)
        else:
            rows = tuple(table.index(gas) for gas in _GASES[name] if gas in table.names)
            part = np.ones(len(rows))
        if rows:
            groups.append(Group(name, rows, part))
    return tuple(groups)


def species_factors(
    table: SpeciesTable,
    groups: tuple[Group, ...],
    factors: dict[str, Float],
    precursor_share: float,
    largest: float,
) -> dict[int, Float]:
    """Factor on every species that is changed.

    A precursor gas that no observation of its own has changed gets the factor of PM2.5 to the
    power `precursor_share`: of PM2.5 that was missing, part was missing already as its precursors.

    Args:
        table: Species of the state.
        groups: The groups.
        factors: Of each group that was analysed, by pollutant, (nz, ny, nx).
        precursor_share: The exponent.
        largest: Largest factor, up or down.

    Returns:
        By place in the species table, (nz, ny, nx).
    """
    result = {}
    for group in groups:
        if group.pollutant in factors:
            bounded = np.clip(factors[group.pollutant], 1.0 / largest, largest)
            result.update(dict.fromkeys(group.positions, bounded))
    if "pm25" in factors and precursor_share > 0.0:
        handed = np.clip(factors["pm25"], 1.0 / largest, largest) ** precursor_share
        for name in PRECURSORS:
            if name in table.names:
                result.setdefault(table.index(name), handed)
    return result
