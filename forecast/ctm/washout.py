"""How fast rain and snow take gases and particles from the air below clouds, by rain intensity.

Gases: mass transfer to falling drops, integrated over the drops of Marshall and Palmer (1948), as
Levine and Schwartz (1982, doi 10.1016/0004-6981(82)90272-4) for nitric acid. Particles: the fits of
Wang et al. (2014, doi 10.5194/gmd-7-799-2014, table 8, as in FLEXPART 11), rates measured by
Laakso et al. (2003, Atmospheric Environment 37, 3605), or collision efficiencies of Slinn (1984;
Seinfeld and Pandis 2006, equation 20.56) over the same drops.
"""

import numpy as np

from forecast.chemistry.removal import Gas, ParticleKind
from forecast.config.deposition import WashoutScheme
from forecast.ctm.particle_motion import (
    WATER_DENSITY,
    diffusivity,
    growth_factor,
    settling_velocity,
    size_nodes,
    wet_density,
)
from forecast.fields.arrays import Float

INTENSITIES = np.geomspace(0.01, 100.0, 33)
"""Rain intensities of the tables, mm h-1."""
DROPS = np.geomspace(1.0e-4, 6.0e-3, 120)
"""Diameters of drops, m."""
AIR_TEMPERATURE, AIR_PRESSURE = 280.0, 9.5e4
"""Air of the tables, K and Pa."""
KINEMATIC_VISCOSITY = 1.5e-5
"""Of that air, m2 s-1."""
VAPOUR_DIFFUSIVITY = 2.3e-5
"""Diffusivity of water vapour, m2 s-1 (Massman 1998)."""
WATER_OVER_AIR = 60.0
"""Dynamic viscosity of water over that of air."""
RAIN_HUMIDITY = 0.9
"""Humidity of particles' size in rain."""
LARGEST = 10.0
"""Largest diameter of the fits, um."""
RAIN_SIZE, SNOW_SIZE = 2.0, 1.44
"""Diameter at which the fits change, um."""
NODES = 7
"""Sizes that stand for the distribution of a kind of particles."""
RAIN_FIT = (
    ((-6.2609, 0.682, 0.8676, 0.1282), (0.723, 0.0303)),
    (
        (-14.707, 51.043, -97.306, 97.946, -53.923, 15.311, -1.751),
        (-0.6492, 9.3483, -21.929, 25.317, -15.395, 4.7242, -0.5766),
    ),
)
"""Logarithm of A and exponent B of A R^B, s-1 with R in mm h-1, as polynomials of log10 of the
diameter in um, below and above `RAIN_SIZE`."""
SNOW_FIT = (
    (
        (-4.426, 1.394, -1.202, -3.2942, -1.9521, -0.4904, -0.0457),
        (0.5664, 0.0085, -0.1948, -0.6532, -0.5462, -0.1778, -0.0201),
    ),
    (
        (-4.3521, -0.7828, 12.768, -19.864, 13.618, -4.4350, 0.5551),
        (0.5689, -0.0923, 0.0402, 1.4523, -2.078, 1.05, -0.1821),
    ),
)
"""The same of snow."""
LAAKSO = (274.35758, 6588.38582, 58005.91340, 226656.57259, 332839.59273)
"""Polynomial of 1 / log10(diameter in m) for the logarithm of the rate in s-1."""
LAAKSO_RAIN = 0.244984
"""Factor of the root of rain intensity in mm h-1 in that logarithm."""
LAAKSO_SIZES, LAAKSO_MOST = (1.0e-8, 5.1e-7), 20.0
"""Diameters, m, and largest intensity, mm h-1, of those measurements."""


def fall_speed(drop: Float) -> Float:
    """Fall speed of raindrops, m s-1, from diameter, m (Atlas and Ulbrich 1977)."""
    speed: Float = 3.778 * (1.0e3 * drop) ** 0.67
    return speed


def drop_numbers(intensity: float) -> Float:
    """Number of drops in each of `DROPS` in a volume of air, m-3.

    N0 exp(-4100 R^-0.21 D) (Marshall and Palmer 1948), scaled so that the drops carry the rain.

    Args:
        intensity: mm h-1.
    """
    numbers: Float = np.exp(-4100.0 * intensity**-0.21 * DROPS) * np.gradient(DROPS)
    carried = (np.pi / 6.0 * DROPS**3 * fall_speed(DROPS) * numbers).sum()
    scaled: Float = numbers * (intensity / 3.6e6 / carried)
    return scaled


def gas_washout(gas: Gas) -> Float:
    """Rate at which rain takes an irreversibly soluble gas, s-1, one for each of `INTENSITIES`."""
    diffusion = VAPOUR_DIFFUSIVITY / gas.diffusivity_ratio
    reynolds = DROPS * fall_speed(DROPS) / KINEMATIC_VISCOSITY
    schmidt = KINEMATIC_VISCOSITY / diffusion
    transfer = diffusion / DROPS * (2.0 + 0.6 * np.sqrt(reynolds) * schmidt ** (1.0 / 3.0))
    rates = [
        (np.pi * DROPS**2 * transfer * drop_numbers(intensity)).sum() for intensity in INTENSITIES
    ]
    return np.array(rates)


def fitted(fit: tuple[tuple[tuple[float, ...], ...], ...], size: float, diameter: Float) -> Float:
    """Rates of a fit, s-1, (ndiameter, nintensity), for diameters in m."""
    micrometres = np.minimum(1.0e6 * diameter, LARGEST)
    place = np.log10(micrometres)
    low, high = (
        [np.polynomial.polynomial.polyval(place, np.array(part)) for part in half] for half in fit
    )
    small = micrometres <= size
    logarithm, exponent = (np.where(small, a, b)[:, None] for a, b in zip(low, high, strict=True))
    rates: Float = 10.0 ** (logarithm + exponent * np.log10(INTENSITIES))
    return rates


def measured(diameter: Float) -> Float:
    """Rates measured in the field by Laakso et al. (2003), s-1, (ndiameter, nintensity).

    Held beyond the sizes that were measured, or what Wang et al. (2014) give if that is more.
    """
    place = 1.0 / np.log10(np.clip(diameter, *LAAKSO_SIZES))
    size = np.polynomial.polynomial.polyval(place, np.array(LAAKSO))[:, None]
    logarithm = size + LAAKSO_RAIN * np.sqrt(np.minimum(INTENSITIES, LAAKSO_MOST))
    rates: Float = np.maximum(10.0**logarithm, fitted(RAIN_FIT, RAIN_SIZE, diameter))
    return rates


def collision_efficiency(diameter: float, density: float) -> Float:
    """Share of the particles in the path of each of `DROPS` that it collects (Slinn 1984)."""
    speed = fall_speed(DROPS)
    reynolds = DROPS * speed / (2.0 * KINEMATIC_VISCOSITY)
    air = (AIR_TEMPERATURE, AIR_PRESSURE)
    schmidt = KINEMATIC_VISCOSITY / diffusivity(diameter, *air)
    fall = settling_velocity(diameter, density, *air)
    stokes = 2.0 * fall / 9.80665 * (speed - fall) / DROPS
    logarithm = np.log(1.0 + reynolds)
    critical = (1.2 + logarithm / 12.0) / (1.0 + logarithm)
    root, ratio = np.sqrt(reynolds), diameter / DROPS
    mixed = 1.0 + 0.4 * root * schmidt ** (1 / 3) + 0.16 * root * schmidt**0.5
    diffusion = 4.0 / (reynolds * schmidt) * mixed
    interception = 4.0 * ratio * (1.0 / WATER_OVER_AIR + (1.0 + 2.0 * root) * ratio)
    beyond = np.maximum(stokes - critical, 0.0)
    impaction = (beyond / (beyond + 2.0 / 3.0)) ** 1.5 * (density / WATER_DENSITY) ** 0.5
    efficiency: Float = np.minimum(diffusion + interception + impaction, 1.0)
    return efficiency


def collected(diameter: Float, density: Float) -> Float:
    """Rates by collision efficiency, s-1, (ndiameter, nintensity)."""
    swept = 0.25 * np.pi * DROPS**2 * fall_speed(DROPS)
    numbers = np.stack([drop_numbers(intensity) for intensity in INTENSITIES])
    rates = [
        numbers @ (swept * collision_efficiency(float(d), float(rho)))
        for d, rho in zip(diameter, density, strict=True)
    ]
    return np.stack(rates)


def particle_washout(kind: ParticleKind, scheme: WashoutScheme, grows: bool) -> tuple[Float, Float]:
    """Rates at which rain and snow take a kind of particles, mean over its mass.

    Args:
        kind: Size and nature.
        scheme: Where the rates in rain come from.
        grows: Whether particles have the size of moist air.

    Returns:
        Rain and snow, s-1, one for each of `INTENSITIES`.
    """
    nodes, weight = size_nodes(kind, NODES)
    growth = float(growth_factor(kind.hygroscopicity, RAIN_HUMIDITY)) if grows else 1.0
    wide = nodes * growth
    if scheme is WashoutScheme.WANG_2014:
        rain = fitted(RAIN_FIT, RAIN_SIZE, wide)
    elif scheme is WashoutScheme.LAAKSO_2003:
        rain = measured(wide)
    else:
        rain = collected(wide, np.full(NODES, wet_density(kind, growth)))
    return weight @ rain, weight @ fitted(SNOW_FIT, SNOW_SIZE, wide)


def at_intensity(table: Float, intensity: Float) -> Float:
    """Look rates up, log in log, beyond the lowest intensity along the first slope.

    Args:
        table: s-1, (nintensity,).
        intensity: mm h-1, any shape.
    """
    logarithm = np.log(np.maximum(intensity, 1.0e-6))
    slope = np.log(table[1] / table[0]) / np.log(INTENSITIES[1] / INTENSITIES[0])
    below = np.minimum(logarithm - np.log(INTENSITIES[0]), 0.0) * slope
    rates: Float = np.exp(np.interp(logarithm, np.log(INTENSITIES), np.log(table)) + below)
    return rates
