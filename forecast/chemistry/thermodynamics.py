"""Inorganic aerosol in equilibrium with its gases: who is particle, how much water, how acid.

Sulfate, nitrate, ammonium, sodium, chloride and water with the constants and activity coefficients
of ISORROPIA II (Fountoukis and Nenes 2007, doi 10.5194/acp-7-4639-2007), solved for all ions at
once. Equations, sources, limits and comparisons: docs/science/thermodynamics.md.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from forecast.chemistry.kernels import thermodynamics as kernels
from forecast.chemistry.lanes import padded_length
from forecast.common.errors import ModelError
from forecast.fields.arrays import Reals, Single

COLDEST, WARMEST = 180.0, 340.0
"""Temperatures that make sense, K; the constants are known from 240 to 310 K."""

# ln(kg water per mole of salt * (1 - a) / a) as polynomials in sqrt(1 - a), a the humidity as a
# share, highest power first: fitted to the molalities that ISORROPIA II gives for each salt alone
SALT_WATER = {
    "H2SO4": (66.2595, -193.909, 233.878, -147.931, 52.1761, -7.61655, -2.91785),
    "NH4HSO4": (-55.6229, 125.373, -93.4468, 13.6888, 13.6616, -4.99558, -2.91814),
    "(NH4)3H(SO4)2": (-64.363, 176.966, -182.654, 81.7451, -10.9247, -1.33496, -2.40722),
    "(NH4)2SO4": (-107.733, 281.949, -275.899, 117.951, -14.8689, -2.11251, -2.91853),
    "NaHSO4": (13.6177, -26.623, 36.8752, -41.9863, 25.578, -5.73853, -2.91803),
    "Na2SO4": (-5.63183, 33.8377, -45.9076, 16.3975, 7.83456, -4.08945, -2.91738),
    "NH4NO3": (157.065, -438.946, 456.783, -221.24, 50.3593, -5.23017, -3.32285),
    "NaNO3": (-79.3507, 197.841, -190.448, 87.4628, -17.1796, 0.439854, -3.32399),
    "NH4Cl": (-172.109, 393.562, -341.237, 135.297, -21.5183, 0.619537, -3.32352),
    "NaCl": (42.5291, -109.83, 113.633, -60.2103, 19.0204, -2.33367, -3.32326),
}
WATER = np.array(list(SALT_WATER.values()), np.float32)


class Totals(NamedTuple):
    """Gas and particles together, mol m-3, each (n,).

    Attributes:
        sulfate: H2SO4 and its ions.
        nitrate: HNO3 and nitrate.
        ammonium: NH3 and ammonium.
        sodium: Sodium of sea salt.
        chloride: HCl and chloride.
    """

    sulfate: Reals
    nitrate: Reals
    ammonium: Reals
    sodium: Reals
    chloride: Reals


@dataclass(frozen=True)
class Equilibrium:
    """What equilibrium gives, each (n,), float32.

    Attributes:
        ammonia: NH3 gas, mol m-3.
        nitric_acid: HNO3 gas, mol m-3.
        hydrochloric_acid: HCl gas, mol m-3.
        ammonium: In particles, mol m-3: the total less the gas.
        nitrate: In particles, mol m-3: the total less the gas.
        chloride: In particles, mol m-3: the total less the gas.
        water: Liquid water of the particles, kg m-3 of air.
        hydrogen: H+ in that water, mol kg-1 of water.
        hydrogen_coefficient: Activity coefficient of H+ on the molal scale.
    """

    ammonia: Single
    nitric_acid: Single
    hydrochloric_acid: Single
    ammonium: Single
    nitrate: Single
    chloride: Single
    water: Single
    hydrogen: Single
    hydrogen_coefficient: Single

    @property
    def ph(self) -> Single:
        """Minus the decimal logarithm of the molality of H+, without activity coefficient."""
        return -np.log10(self.hydrogen)


def equilibrate(temperature: Reals, humidity: Reals, totals: Totals) -> Equilibrium:
    """Return the equilibrium of each cell; a cell does not depend on the others.

    Args:
        temperature: K, (n,).
        humidity: Relative humidity, 0..1, (n,); taken as 0.1 below and as 0.99 above.
        totals: Gas and particles together.

    Raises:
        ModelError: A number is not finite, an amount is negative, a temperature out of range.
    """
    arrays = temperature, humidity, *totals
    cells = len(temperature)
    inputs = np.zeros((len(arrays), padded_length(cells)), np.float32)
    inputs[0] = 298.15
    for row, values in zip(inputs, arrays, strict=True):
        row[:cells] = values
    _check(inputs[:, :cells])
    results = np.empty((6, inputs.shape[1]), np.float32)
    work = np.zeros(kernels.WORK, np.float32)
    kernels.equilibrate_metastable(inputs, WATER, work, results)
    ammonia, nitric, hydrochloric, water, hydrogen, coefficient = results[:, :cells]
    _, _, _, nitrate, ammonium, _, chloride = inputs[:, :cells]
    return Equilibrium(
        ammonia=ammonia,
        nitric_acid=nitric,
        hydrochloric_acid=hydrochloric,
        ammonium=ammonium - ammonia,
        nitrate=nitrate - nitric,
        chloride=chloride - hydrochloric,
        water=water,
        hydrogen=hydrogen,
        hydrogen_coefficient=coefficient,
    )


def _check(inputs: Single) -> None:
    """Refuse what has no equilibrium, with the first cell and what it holds."""
    names = ("temperature", "humidity", *Totals._fields)
    lowest = np.array([COLDEST, *[0.0] * (len(names) - 1)])
    highest = np.array([WARMEST, 1.5, *[np.inf] * 5])
    good = (inputs >= lowest[:, None]) & (inputs <= highest[:, None]) & np.isfinite(inputs)
    if good.all():
        return
    row, cell = np.argwhere(~good)[0]
    unit = " K" if row == 0 else "" if row == 1 else " mol m-3"
    msg = (
        f"aerosol equilibrium: {names[row]} of cell {cell} is '{inputs[row, cell]}'{unit}, expected"
        f" a number from {lowest[row]:g} to {highest[row]:g}; look at the process that ran before"
    )
    raise ModelError(msg)
