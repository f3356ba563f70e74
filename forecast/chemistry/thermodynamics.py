"""Inorganic aerosol in equilibrium with its gases: who is particle, how much water, how acid.

Sulfate, nitrate, ammonium, sodium, chloride and water with the constants and activity coefficients
of ISORROPIA II (Fountoukis and Nenes 2007, doi 10.5194/acp-7-4639-2007), solved for all ions at
once. Equations, sources, limits and comparisons: docs/science/thermodynamics.md.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from forecast.chemistry.kernels import thermodynamics as wet
from forecast.chemistry.kernels import thermodynamics_solids as solids
from forecast.chemistry.lanes import LANES, padded_length
from forecast.common.errors import ModelError
from forecast.config.thermodynamics import Branch
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

# humidity of deliquescence: ln(humidity) = first + second / temperature. Relative humidity at
# 298.15 K and slope from tables 4 and 5 of Fountoukis and Nenes (2007), ammonium nitrate from
# Mozurkewich (1993). Sulfuric acid is always liquid.
SALT_ONSET = {
    "H2SO4": (-3.0, 0.0),
    "NH4HSO4": (np.log(0.4000) - 384.0 / 298.15, 384.0),
    "(NH4)3H(SO4)2": (np.log(0.6900) - 186.0 / 298.15, 186.0),
    "(NH4)2SO4": (np.log(0.7997) - 80.0 / 298.15, 80.0),
    "NaHSO4": (np.log(0.5200) + 45.0 / 298.15, -45.0),
    "Na2SO4": (np.log(0.9300) - 80.0 / 298.15, 80.0),
    "NH4NO3": (1.6954 - np.log(100.0), 723.7),
    "NaNO3": (np.log(0.7379) - 304.0 / 298.15, 304.0),
    "NH4Cl": (np.log(0.7710) - 239.0 / 298.15, 239.0),
    "NaCl": (np.log(0.7528) - 25.0 / 298.15, 25.0),
}
WATER = np.array(list(SALT_WATER.values()), np.float32)
ONSET = np.array([SALT_ONSET[name] for name in SALT_WATER], np.float32)
INPUTS, RESULTS = 7, 6
"""Rows of the arrays of `InorganicAerosol`."""


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


class InorganicAerosol:
    """The equilibrium as the model calls it: on its own arrays, without copies and checks.

    Args:
        branch: Whether salts may be solid.
    """

    def __init__(self, branch: Branch = Branch.METASTABLE) -> None:
        self.branch = branch
        self._work = np.zeros(solids.WORK, np.float32)

    def solve(self, cells: Single, results: Single) -> None:
        """Equilibrate cells; a cell's numbers do not depend on which cells stand beside it.

        Args:
            cells: Temperature (K), relative humidity (0..1), then sulfate, nitrate, ammonium,
                sodium and chloride of gas and particles together (mol m-3), (7, n), n a multiple
                of `LANES`. Numbers must be finite and not negative.
            results: NH3, HNO3 and HCl in the gas (mol m-3), water of the particles (kg m-3), H+
                (mol kg-1 of water), its activity coefficient, (6, n), overwritten.

        Raises:
            ModelError: The arrays are not of these shapes.
        """
        count = cells.shape[-1]
        if cells.shape != (INPUTS, count) or results.shape != (RESULTS, count) or count % LANES:
            msg = (
                f"aerosol equilibrium: arrays have shapes '{cells.shape}' and '{results.shape}', "
                f"expected ({INPUTS}, n) and ({RESULTS}, n) with n a multiple of {LANES}; pad them"
            )
            raise ModelError(msg)
        if self.branch is Branch.METASTABLE:
            wet.equilibrate_metastable(cells, WATER, self._work, results)
        else:
            solids.equilibrate_stable(cells, WATER, ONSET, self._work, results)

    def warm(self) -> None:
        """Compile."""
        cells = np.full((INPUTS, LANES), 1e-8, np.float32)
        cells[0], cells[1] = 280.0, 0.7
        self.solve(cells, np.empty((RESULTS, LANES), np.float32))


def equilibrate(
    temperature: Reals, humidity: Reals, totals: Totals, branch: Branch = Branch.METASTABLE
) -> Equilibrium:
    """Return the equilibrium of each cell; a cell does not depend on the others.

    Args:
        temperature: K, (n,).
        humidity: Relative humidity, 0..1, (n,); water is that of 0.1 below and of 0.99 above.
        totals: Gas and particles together.
        branch: Whether salts may be solid.

    Raises:
        ModelError: A number is not finite, an amount is negative, a temperature out of range.
    """
    arrays = temperature, humidity, *totals
    cells = len(temperature)
    inputs = np.zeros((INPUTS, padded_length(cells)), np.float32)
    inputs[0], inputs[1] = 298.15, 0.5
    for row, values in zip(inputs, arrays, strict=True):
        row[:cells] = values
    _check(inputs[:, :cells])
    results = np.empty((RESULTS, inputs.shape[1]), np.float32)
    InorganicAerosol(branch).solve(inputs, results)
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


def deliquescence(salt: str, temperature: Reals) -> Reals:
    """Return the relative humidity (0..1) from which a salt alone is liquid.

    Args:
        salt: A name of `SALT_ONSET`.
        temperature: K.
    """
    level, slope = SALT_ONSET[salt]
    result: Reals = np.exp(level + slope / temperature)
    return result


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
        f"aerosol equilibrium: {names[row]} of cell {cell} is '{inputs[row, cell]:.4g}'{unit}, "
        f"expected a number from {lowest[row]:g} to {highest[row]:g}; look at what ran before it"
    )
    raise ModelError(msg)
