"""The simple scheme: rates of SO2 to sulfate and NO2 to nitrate from light, humidity, particles.

Gas phase: OH proportional to solar radiation at the surface, with the noon value measured in
winter haze near Beijing (Tan et al. 2018, doi 10.5194/acp-18-12391-2018). On particles: reactive
uptake that grows with relative humidity (SO2: Zheng et al. 2015, doi 10.5194/acp-15-2031-2015; NO2:
Holmes et al. 2019, doi 10.1029/2019GL081990) on the surface that the modelled fine particles have
after taking up water (Petters and Kreidenweis 2007, doi 10.5194/acp-7-1961-2007). What is left
out: ozone, N2O5, hydrogen peroxide and clouds, nitric acid as a gas, secondary organic aerosol.
"""

import numpy as np

from forecast.chemistry.kernels.simple import LANES, Rates, Substances
from forecast.chemistry.mechanism import Mechanism
from forecast.common.constants import GAS_CONSTANT, GAS_CONSTANT_AIR, MOLAR_MASS_AIR
from forecast.common.constants import MOLAR_MASS_WATER as WATER
from forecast.config.chemistry import ChemistryConfig, UptakeConfig
from forecast.fields.arrays import Float, Reals, Single
from forecast.fields.species import Phase

REACTING = ("SO2", "NO", "NO2", "NH3", "ASO4", "ANO3", "ANH4")
"""Species of the scheme in the order of the kernel."""
SO2_HYDROXYL = 9.5e-13
"""SO2 + OH near the ground, cm3 s-1 (JPL 19-5, Burkholder et al. 2020)."""
NO2_HYDROXYL = 1.1e-11
"""NO2 + OH near the ground, cm3 s-1 (JPL 19-5, Burkholder et al. 2020)."""
WETTEST = 0.95
"""Relative humidity at which the growth of particles is stopped."""


def substances(mechanism: Mechanism, options: ChemistryConfig, step: float) -> Substances:
    """Collect what the kernel needs to know of the species.

    Args:
        mechanism: Has the seven species of the scheme.
        options: Lifetime of NO.
        step: s.

    Raises:
        ConfigurationError: The mechanism lacks a species of the scheme.
    """
    table = mechanism.table
    places = np.array([table.index(name) for name in REACTING])
    molar = np.array([table.entries[place].molar_mass for place in places])
    return Substances(
        places=places,
        fine=np.array(table.indices(Phase.FINE)),
        inverse_molar=(1.0 / molar).astype(np.float32),
        molar=molar.astype(np.float32),
        oxidised=np.float32(-np.expm1(-step / options.nitric_oxide_lifetime)),
    )


def relative_humidity(temperature: Reals, specific_humidity: Reals, pressure: Reals) -> Reals:
    """Relative humidity over water, 0 to 1.

    Saturation pressure after Bolton (1980, doi 10.1175/1520-0493(1980)108<1046:TCOEPT>2.0.CO;2).

    Args:
        temperature: K.
        specific_humidity: kg kg-1.
        pressure: Pa.
    """
    celsius = temperature - 273.15
    saturation = 611.2 * np.exp(17.67 * celsius / (celsius + 243.5))
    ratio = WATER / MOLAR_MASS_AIR
    vapour = specific_humidity * pressure / (ratio + (1.0 - ratio) * specific_humidity)
    humidity: Reals = np.clip(vapour / saturation, 0.0, 1.0)
    return humidity


def uptake_coefficient(options: UptakeConfig, humidity: Reals) -> Reals:
    """Uptake coefficient times yield: constant to 50 % relative humidity, linear to 100 %."""
    wet = np.clip(2.0 * humidity - 1.0, 0.0, 1.0)
    coefficient: Reals = options.product_yield * (options.dry + (options.humid - options.dry) * wet)
    return coefficient


def surface_growth(kappa: float, humidity: Reals) -> Reals:
    """Factor by which the surface of particles grows with relative humidity."""
    activity = np.minimum(humidity, WETTEST)
    growth: Reals = (1.0 + kappa * activity / (1.0 - activity)) ** (2.0 / 3.0)
    return growth


def molecular_speed(temperature: Reals, molar_mass: float) -> Reals:
    """Mean speed of molecules, m s-1, from temperature, K, and molar mass, kg mol-1."""
    speed: Reals = np.sqrt(8.0 * GAS_CONSTANT / (np.pi * molar_mass) * temperature)
    return speed


def hourly_rates(
    mechanism: Mechanism,
    options: ChemistryConfig,
    temperature: Single,
    specific_humidity: Single,
    pressure: Single,
    shortwave: Single,
) -> Rates:
    """Rates of one hour.

    The rate on particles is c A / 4 times the uptake coefficient, c the mean molecular speed and
    A the surface of particles in a volume of air; diffusion in the gas hardly matters for
    coefficients this small.

    Args:
        mechanism: Molar masses.
        options: Constants of the scheme.
        temperature: K, (nz, ny, nx).
        specific_humidity: kg kg-1, (nz, ny, nx).
        pressure: Pa, (nz, ny, nx).
        shortwave: Solar radiation at the ground, W m-2, (ny, nx).

    Returns:
        Rates in rows of whole lane groups.
    """
    humidity = relative_humidity(temperature, specific_humidity, pressure)
    density = pressure / (GAS_CONSTANT_AIR * temperature)
    dry_surface = 6.0 / (options.particle_density * options.particle_diameter)
    surface = dry_surface * density * surface_growth(options.hygroscopicity, humidity)
    hydroxyl = options.hydroxyl * shortwave / options.hydroxyl_radiation
    rates = []
    for name, uptake, gas in (
        ("SO2", options.so2_uptake, SO2_HYDROXYL),
        ("NO2", options.no2_uptake, NO2_HYDROXYL),
    ):
        molar_mass = mechanism.table.entries[mechanism.table.index(name)].molar_mass
        speed = molecular_speed(temperature, molar_mass)
        rates.append(_rows(np.broadcast_to(gas * hydroxyl, temperature.shape)))
        rates.append(_rows(uptake_coefficient(uptake, humidity) * speed / 4.0 * surface))
    return Rates(*rates)


def _rows(field: Reals | Float) -> Single:
    """Copy a field into float32 rows of whole lane groups, zeros behind the end."""
    nx = field.shape[-1]
    rows = np.zeros((*field.shape[:-1], -(-nx // LANES) * LANES), dtype=np.float32)
    rows[..., :nx] = field
    return rows
