"""Uptake of gases by fine particles: surface, and the first-order rates that mechanisms name.

The reactions and their products are in configs/mechanisms/haze.yaml, the coefficients with their
sources in forecast/config/haze.py, the equations in docs/science/haze.md. SO2 is in
forecast/chemistry/aqueous.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from forecast.chemistry.kernels import uptake as kernel
from forecast.chemistry.kernels.uptake import Coefficients, Sizes
from forecast.chemistry.lanes import LANES
from forecast.common.constants import GAS_CONSTANT
from forecast.common.errors import ConfigurationError
from forecast.config.haze import DinitrogenPentoxide, HazeConfig
from forecast.fields.arrays import Reals, Single

CLASSES = (
    "sulfate",
    "nitrate",
    "ammonium",
    "primary_organic",
    "secondary_organic",
    "black_carbon",
    "other_primary",
    "sea_salt",
    "dust",
)
"""Kinds of dry matter in fine particles, in the order of every array of classes; the names are the
roles of configs/aerosol.yaml."""
RATES = ("uN2O5", "uNO2", "uNO2_light", "uNO3", "uHO2", "uHO2_H2O2", "uSVA_age")
"""Names of the rates in the order of the kernel."""
SMALLEST_DENSITY, LARGEST_DENSITY = 500.0, 5000.0
"""Densities of dry matter that are taken, kg m-3."""
_MOLAR = np.array([108.010, 46.0055, 62.0049, 33.0067])
"""Molar masses of N2O5, NO2, NO3 and HO2, g mol-1."""
_NO2 = 1
_METHODS = {
    DinitrogenPentoxide.OFF: kernel.OFF,
    DinitrogenPentoxide.BERTRAM_THORNTON: kernel.BERTRAM_THORNTON,
    DinitrogenPentoxide.DAVIS: kernel.DAVIS,
}


class Cells(NamedTuple):
    """Air of n cells, each array (n,), float32.

    Attributes:
        temperature: K.
        humidity: Relative humidity over water, 0 to 1.
        air: molecules cm-3.
        light: Photolysis rate of NO2, s-1.
        hydroxyl: OH, molecules cm-3.
    """

    temperature: Single
    humidity: Single
    air: Single
    light: Single
    hydroxyl: Single


@dataclass(frozen=True)
class FineParticles:
    """Fine particles of n cells.

    Attributes:
        mass: Dry matter by class in the order of `CLASSES`, (9, n), ug m-3.
        water: (n,), ug m-3.
        surface: Of wet particles, (n,), m2 m-3.
        diameter: Of wet particles, (n,), m.
    """

    mass: Single
    water: Single
    surface: Single
    diameter: Single


def class_rows(roles: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """Rows of an aerosol array that belong to each of `CLASSES`.

    Args:
        roles: Role of every fine species in the order of the array, "" for what is not fine.
    """
    return tuple(
        tuple(row for row, role in enumerate(roles) if role == wanted) for wanted in CLASSES
    )


def by_class(mass: Single, rows: Sequence[Sequence[int]]) -> Single:
    """Sum the species of each class; see `class_rows`.

    Args:
        mass: Particles, (naerosol, n), ug m-3.
        rows: Rows of each class.

    Returns:
        (9, n), ug m-3.
    """
    result = np.zeros((len(CLASSES), mass.shape[1]), np.float32)
    for row, species in enumerate(rows):
        for place in species:
            result[row] += mass[place]
    return result


def aerosol_surface(
    mass: Single, water: Single, densities: Sequence[float], options: HazeConfig
) -> FineParticles:
    """Surface and diameter of wet fine particles.

    The number of particles is that which dry volume and dry diameter give; water lets them grow:
    D = D0 (V / V0)^(1/3) and S = 6 V / D.

    Args:
        mass: Dry matter by class, (9, n), ug m-3.
        water: (n,), ug m-3.
        densities: Of the classes, kg m-3.
        options: Dry diameter.

    Raises:
        ConfigurationError: A density is missing or out of range.
    """
    sizes = particle_sizes(tuple(densities), options)
    surface, diameter = np.empty_like(water), np.empty_like(water)
    kernel.surface(mass, water, sizes, surface, diameter)
    return FineParticles(mass, water, surface, diameter)


@lru_cache(maxsize=16)
def particle_sizes(densities: tuple[float, ...], options: HazeConfig) -> Sizes:
    """Turn densities into what the kernels take.

    Raises:
        ConfigurationError: A density is missing or out of range.
    """
    wrong = [value for value in densities if not SMALLEST_DENSITY <= value <= LARGEST_DENSITY]
    if wrong or len(densities) != len(CLASSES):
        msg = (
            f"The surface of particles needs {len(CLASSES)} densities between {SMALLEST_DENSITY:g}"
            f" and {LARGEST_DENSITY:g} kg m-3, for {', '.join(CLASSES)}; given: '{densities}'."
        )
        raise ConfigurationError(msg)
    return Sizes(
        volumes=(1e-9 / np.array(densities)).astype(np.float32),
        diameter=np.float32(options.particles.dry_diameter),
    )


def uptake_rates(
    names: Sequence[str],
    cells: Cells,
    particles: FineParticles,
    densities: Sequence[float],
    options: HazeConfig,
) -> Single:
    """First-order rates on particles.

    Args:
        names: Rates that the mechanism needs, in its order (`GasMechanism.uptake`).
        cells: Air.
        particles: From `aerosol_surface`.
        densities: Of the classes, kg m-3.
        options: Switches and coefficients.

    Returns:
        (len(names), n), s-1.

    Raises:
        ConfigurationError: A name is not known.
    """
    order = rate_order(tuple(names))
    table, sizes = coefficients(options), particle_sizes(tuple(densities), options)
    rates = np.empty((kernel.RATES, particles.water.size), np.float32)
    work = np.empty(LANES, np.float32)
    wet = particles.surface, particles.diameter
    kernel.rates(cells, particles.mass, particles.water, wet, table, sizes, rates, work)
    return rates if order == tuple(range(kernel.RATES)) else rates[list(order)]


def add_ground(
    rates: Single, names: Sequence[str], cells: Cells, ground: Single, options: HazeConfig
) -> None:
    """Add what the ground takes up of NO2 in the cells that touch it.

    1 / v = 1 / v_air + 4 / (c gamma relief): what comes to the surface and what stays on it.

    Args:
        rates: From `uptake_rates`, s-1, (len(names), n); updated.
        names: Their names.
        cells: Air.
        ground: Area of land over volume of air, m-1, (n,).
        options: Coefficients.
    """
    surface, single = options.uptake.ground, np.float32
    if not surface.enabled:
        return
    quarter = single(0.25 * surface.relief * molecular_speeds(_MOLAR)[_NO2])
    struck = quarter * np.sqrt(cells.temperature)
    lit = np.minimum(cells.light / single(options.uptake.full_light), single(1.0))
    ways = {"uNO2": single(surface.dark), "uNO2_light": single(surface.light) * lit}
    air = single(surface.velocity)
    for name, coefficient in ways.items():
        if name in names:
            kept = coefficient * struck
            rates[names.index(name)] += ground * air * kept / (air + kept)


@lru_cache(maxsize=16)
def rate_order(names: tuple[str, ...]) -> tuple[int, ...]:
    """Rows of the kernel's rates in the order of a mechanism.

    Raises:
        ConfigurationError: A name is not known.
    """
    unknown = [name for name in names if name not in RATES]
    if unknown:
        msg = (
            f"The mechanism needs the rates {', '.join(unknown)} at run time, which nothing"
            f" computes; known are {', '.join(RATES)}. Correct the name under 'uptake' in the"
            " mechanism file."
        )
        raise ConfigurationError(msg)
    return tuple(RATES.index(name) for name in names)


@lru_cache(maxsize=16)
def coefficients(options: HazeConfig) -> Coefficients:
    """Turn the configuration into what the kernel takes."""
    uptake, dioxide = options.uptake, options.uptake.nitrogen_dioxide
    on = float(dioxide.enabled)
    span = dioxide.to_humidity - dioxide.from_humidity
    single = np.float32
    return Coefficients(
        method=_METHODS[uptake.dinitrogen_pentoxide],
        coated=single(uptake.organic_coating),
        oxygen=single(uptake.oxygen_to_carbon),
        no2_dry=single(on * dioxide.dry),
        no2_slope=single(on * (dioxide.humid - dioxide.dry) / span),
        no2_from=single(dioxide.from_humidity),
        no2_most=single(on * dioxide.humid),
        no2_light=single(uptake.light_nitrogen_dioxide / uptake.full_light),
        no2_full=single(uptake.light_nitrogen_dioxide),
        no3=single(uptake.nitrate_radical),
        ho2=single(uptake.hydroperoxyl),
        ho2_peroxide=single(uptake.hydrogen_peroxide_share),
        ageing=single(options.organics.ageing),
        speeds=molecular_speeds(_MOLAR).astype(np.float32),
        diffusions=np.sqrt(0.03472 + 1.0 / _MOLAR).astype(np.float32),
    )


def molecular_speeds(molar_mass: Reals) -> Reals:
    """Mean molecular speed at 1 K, m s-1, from molar mass, g mol-1."""
    speeds: Reals = np.sqrt(8.0 * GAS_CONSTANT * 1e3 / (np.pi * molar_mass))
    return speeds
