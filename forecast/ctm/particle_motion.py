"""How single particles move in air: growth with humidity, settling, diffusion, and size.

Sources: Sutherland's law (US Standard Atmosphere 1976), slip correction and Brownian diffusivity
(Seinfeld and Pandis 2006, equations 9.34, 9.42, 9.73), growth by kappa (Petters and Kreidenweis
2007, doi 10.5194/acp-7-1961-2007, without the Kelvin effect).
"""

from typing import Any

import numpy as np

from forecast.chemistry.removal import ParticleKind
from forecast.common.constants import GAS_CONSTANT, GRAVITY, MOLAR_MASS_AIR
from forecast.fields.arrays import Float

BOLTZMANN = 1.380649e-23
"""J K-1."""
WATER_DENSITY = 1000.0
"""kg m-3."""
MOST_HUMID = 0.95
"""Humidity beyond which particles are not let grow: fog is not in this model."""


def viscosity(temperature: Any) -> Any:
    """Dynamic viscosity of air, kg m-1 s-1."""
    return 1.458e-6 * temperature**1.5 / (temperature + 110.4)


def mean_free_path(temperature: Any, pressure: Any) -> Any:
    """Mean free path of air molecules, m (Seinfeld and Pandis 2006, equation 9.6)."""
    speed = np.sqrt(8.0 * MOLAR_MASS_AIR / (np.pi * GAS_CONSTANT * temperature))
    return 2.0 * viscosity(temperature) / (pressure * speed)


def slip_correction(diameter: Any, path: Any) -> Any:
    """Cunningham's factor.

    Args:
        diameter: m.
        path: Mean free path, m.
    """
    ratio = 2.0 * path / diameter
    return 1.0 + ratio * (1.257 + 0.4 * np.exp(-1.1 / ratio))


def settling_velocity(diameter: Any, density: Any, temperature: Any, pressure: Any) -> Any:
    """Settling velocity of a sphere by Stokes' law with slip, m s-1.

    Args:
        diameter: m.
        density: Of the particle, kg m-3.
        temperature: K.
        pressure: Pa.
    """
    slip = slip_correction(diameter, mean_free_path(temperature, pressure))
    return density * diameter**2 * GRAVITY * slip / (18.0 * viscosity(temperature))


def diffusivity(diameter: Any, temperature: Any, pressure: Any) -> Any:
    """Brownian diffusivity of a particle, m2 s-1."""
    slip = slip_correction(diameter, mean_free_path(temperature, pressure))
    return BOLTZMANN * temperature * slip / (3.0 * np.pi * viscosity(temperature) * diameter)


def growth_factor(hygroscopicity: float, humidity: Any) -> Any:
    """Wet over dry diameter.

    Args:
        hygroscopicity: Kappa.
        humidity: Relative, 0 to 1; held at `MOST_HUMID` beyond it.
    """
    activity = np.clip(humidity, 0.0, MOST_HUMID)
    return (1.0 + hygroscopicity * activity / (1.0 - activity)) ** (1.0 / 3.0)


def wet_density(kind: ParticleKind, growth: Any) -> Any:
    """Density of a particle that has grown, kg m-3; volumes of salt and water add."""
    volume = growth**3
    return (kind.density + WATER_DENSITY * (volume - 1.0)) / volume


def size_nodes(kind: ParticleKind, count: int) -> tuple[Float, Float]:
    """Dry diameters and shares of mass that stand for a lognormal size distribution.

    Gauss-Hermite quadrature in the logarithm of diameter.

    Returns:
        Diameters, m, and weights that sum to 1, (count,) each.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(count)
    return kind.diameter * kind.spread**nodes, weights / weights.sum()


def mean_settling(
    kind: ParticleKind, temperature: Float, pressure: Float, humidity: Float
) -> Float:
    """Settling velocity of a kind, mean over its mass, m s-1, the shape of the arguments.

    Moments of the lognormal distribution: the mean of d^2 is m^2 exp(2 s^2), that of d is
    m exp(s^2/2), with the median m and the logarithm s of the spread. The exponential part of
    the slip correction is left out: 2 % at most for diameters above 2 um below 100 hPa.

    Args:
        kind: Median, spread, density, hygroscopicity.
        temperature: K.
        pressure: Pa.
        humidity: Relative, 0 to 1.
    """
    growth = growth_factor(kind.hygroscopicity, humidity)
    median, log_spread = kind.diameter * growth, np.log(kind.spread)
    squares = median**2 * np.exp(2.0 * log_spread**2)
    slip = 2.514 * mean_free_path(temperature, pressure) * median * np.exp(0.5 * log_spread**2)
    force = wet_density(kind, growth) * GRAVITY * (squares + slip)
    velocity: Float = force / (18.0 * viscosity(temperature))
    return velocity
