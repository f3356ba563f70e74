"""Sea salt from breaking waves: the source function of Gong (2003, doi 10.1029/2003GB002079).

The function counts drops by their radius at 80 % relative humidity, which is twice the radius of
the dry particle (Lewis and Schwartz 2004); masses here are dry, and fine and coarse are divided at
dry diameters, so at radii at 80 % humidity of the same number of micrometres.
"""

from typing import Any

import numpy as np

from forecast.common.constants import FREEZING
from forecast.config.natural_particles import SeaSaltTable
from forecast.fields.arrays import Float
from forecast.prepare.natural.weather import Land, SurfaceWeather, local_wind
from forecast.prepare.surface_energy import sea_surface_temperature

_STEPS = 2000


def drop_flux(radius: Any, table: SeaSaltTable) -> Any:
    """Drops that rise at a 10 m wind of 1 m s-1, m-2 s-1 um-1 (Gong 2003, eq. 2).

    Args:
        radius: At 80 % humidity, um.
        table: Coefficients.
    """
    shape = (1.0 + table.theta.value * radius) ** (
        -table.theta_scale.value * radius ** (-table.theta_exponent.value)
    )
    centre = table.centre.value
    peak = ((centre - np.log10(radius)) / centre) ** 2
    return (
        table.flux.value
        * radius ** (-table.steepness.value * shape)
        * (1.0 + table.growth.value * radius**table.growth_exponent.value)
        * 10.0 ** (table.peak.value * np.exp(-peak))
    )


def dry_mass_flux(smallest: float, largest: float, table: SeaSaltTable) -> float:
    """Dry mass that rises at a 10 m wind of 1 m s-1 between two radii, kg m-2 s-1.

    Args:
        smallest: Radius at 80 % humidity, um.
        largest: The same.
        table: Coefficients.
    """
    edges = np.geomspace(smallest, largest, _STEPS + 1)
    radius = np.sqrt(edges[:-1] * edges[1:])
    dry = 1.0e-6 * radius / table.humid_ratio.value
    mass = 4.0 / 3.0 * np.pi * table.dry_density.value * dry**3
    return float(np.sum(drop_flux(radius, table) * mass * np.diff(edges)))


def fine_and_coarse(table: SeaSaltTable) -> tuple[float, float]:
    """Dry mass flux of fine and coarse sea salt at a 10 m wind of 1 m s-1, kg m-2 s-1."""
    half = 0.5 * table.humid_ratio.value
    fine, coarse = half * table.fine_diameter.value, half * table.coarse_diameter.value
    return dry_mass_flux(table.smallest.value, fine, table), dry_mass_flux(fine, coarse, table)


def temperature_factor(celsius: Any, table: SeaSaltTable) -> Any:
    """Factor of the sea's temperature (Jaegle et al. 2011, eq. 4); 1 when it is switched off."""
    if not table.temperature_dependence:
        return np.ones_like(celsius)
    bounded = np.clip(celsius, 0.0, table.warmest.value)
    return sum(term.value * bounded**power for power, term in
               enumerate(table.temperature_polynomial))  # fmt: skip


def sea_salt_emission(
    weather: SurfaceWeather, land: Land, latitude: Float, table: SeaSaltTable
) -> tuple[Float, Float]:
    """Fine and coarse sea salt at every bound, dry, kg m-2 s-1, (nt, ny, nx) each.

    Args:
        weather: Wind and times.
        land: Share of sea and roughness.
        latitude: Degrees north, (ny, nx), for the climatological temperature of the sea.
        table: Coefficients.
    """
    middle = weather.times[weather.times.size // 2]
    warmth = temperature_factor(sea_surface_temperature(middle, latitude) - FREEZING, table)
    wind = local_wind(weather.wind, land.roughness, table.sea_roughness.value)
    strength = wind**table.wind_exponent.value * (land.sea * warmth)
    fine, coarse = fine_and_coarse(table)
    return fine * strength, coarse * strength
