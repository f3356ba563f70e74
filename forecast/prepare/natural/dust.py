"""Dust that wind lifts from dry, bare ground.

Flux of Kok et al. (2014, doi 10.5194/acp-14-13023-2014) above the threshold of Shao and Lu (2000,
doi 10.1029/2000JD900304), which moisture raises (Fecan et al. 1999, doi
10.1007/s00585-999-0149-7); stones and clods take their share of the wind's pull (Marticorena and
Bergametti 1995, doi 10.1029/95JD00690). Size distribution of Kok (2011, doi
10.1073/pnas.1014798108). No dust rises from frozen or snow-covered ground.
"""

from typing import Any

import numpy as np
from scipy.special import erf

from forecast.common.constants import FREEZING, GRAVITY, VON_KARMAN
from forecast.config.natural import GroundTable
from forecast.config.natural_particles import DustTable, ErodibleClass
from forecast.fields.arrays import Float
from forecast.grid.land import CLASSES
from forecast.prepare.natural.tables import NaturalTables
from forecast.prepare.natural.weather import (
    ANEMOMETER,
    Land,
    SurfaceWeather,
    local_wind,
)

_WATER_DENSITY = 1000.0
"""kg m-3."""


def dry_threshold(density: Any, table: DustTable) -> Any:
    """Friction velocity at which dry loose grains move, m s-1 (Shao and Lu 2000, eq. 24)."""
    diameter = table.grain_diameter.value
    weight = table.grain_density.value * GRAVITY * diameter
    hold = table.cohesion.value / diameter
    return np.sqrt(table.threshold_coefficient.value * (weight + hold) / density)


def moisture_factor(moisture: Any, clay: float) -> Any:
    """Rise of the threshold with moisture (Fecan et al. 1999, eqs. 14 and 15).

    Args:
        moisture: Percent of the soil's mass.
        clay: Share of mass.
    """
    percent = 100.0 * clay
    bound = 0.0014 * percent**2 + 0.17 * percent
    return np.sqrt(1.0 + 1.21 * np.maximum(moisture - bound, 0.0) ** 0.68)


def drag_share(roughness: float, table: DustTable) -> float:
    """Share of the friction velocity that reaches the soil between stones and clods.

    1 - ln(z0/z0s) / ln(b1 (X/z0s)^b2), z0s = 2/30 of the grain's diameter.
    """
    smooth = 2.0 * table.grain_diameter.value / 30.0
    shelter = np.log(roughness / smooth) / np.log(
        table.roughness_factor.value
        * (table.roughness_fetch.value / smooth) ** table.roughness_exponent.value
    )
    return float(np.clip(1.0 - shelter, 0.0, 1.0))


def dust_flux(friction: Any, threshold: Any, density: Any, clay: float, table: DustTable) -> Any:
    """Flux of all dust up to 20 um from wholly bare soil, kg m-2 s-1 (Kok et al. 2014, eq. 18).

    C_d clay rho (u^2 - t^2)/s (u/t)^(C_alpha (s - s0)/s0) with C_d = C_d0 exp(-C_e (s - s0)/s0):
    u is the friction velocity at the soil, t its threshold, s the same at standard air density.

    Args:
        friction: u, m s-1.
        threshold: t, m s-1.
        density: Of the air, kg m-3.
        clay: Share of mass.
        table: Coefficients.
    """
    lowest = table.lowest_threshold.value
    standard = threshold * np.sqrt(density / table.standard_density.value)
    excess = np.maximum((standard - lowest) / lowest, 0.0)
    coefficient = table.flux.value * np.exp(-table.erodibility.value * excess)
    above = np.maximum(np.square(friction) - np.square(threshold), 0.0)
    growth = np.maximum(friction / threshold, 1.0) ** (table.fragmentation.value * excess)
    share = min(clay, table.largest_clay.value)
    return coefficient * share * density * above / standard * growth


def size_shares(table: DustTable) -> tuple[float, float]:
    """Shares of the flux in fine and in coarse dust, by mass.

    dV/dln D ~ D (1 + erf(ln(D/Ds) / (sqrt 2 ln s))) exp(-(D/l)^3) (Kok 2011, eq. 6).
    """
    largest = table.size_largest.value
    edges = np.geomspace(0.01, largest, 4001)
    diameter = np.sqrt(edges[:-1] * edges[1:])
    spread = np.sqrt(2.0) * np.log(table.size_spread.value)
    volume = diameter * (1.0 + erf(np.log(diameter / table.size_median.value) / spread))
    volume = volume * np.exp(-((diameter / table.size_crack.value) ** 3))
    volume /= volume.sum()
    fine = diameter <= table.fine_diameter.value
    coarse = ~fine & (diameter <= table.coarse_diameter.value)
    return float(volume[fine].sum()), float(volume[coarse].sum())


def soil_friction(wind: Float, cell_roughness: Float, roughness: float, table: DustTable) -> Float:
    """Friction velocity at the bare soil of a cell, m s-1.

    Args:
        wind: Of the cell at 10 m, m s-1, (nt, ny, nx).
        cell_roughness: m, (ny, nx).
        roughness: Of the bare ground, m.
        table: Drag partition.
    """
    over = local_wind(wind, cell_roughness, roughness)
    pull = VON_KARMAN / np.log(ANEMOMETER / roughness) * drag_share(roughness, table)
    friction: Float = over * pull
    return friction


def dust_emission(
    weather: SurfaceWeather, land: Land, tables: NaturalTables
) -> tuple[Float, Float]:
    """Fine and coarse dust at every bound, kg m-2 s-1, (nt, ny, nx) each."""
    table, ground = tables.dust, tables.ground
    asleep = (weather.soil_temperature <= FREEZING) | (weather.snow > ground.snow_covers.value)
    wet = rain_moisture(weather, ground)
    dry = dry_threshold(weather.density, table)
    total = np.zeros(weather.wind.shape)
    for name, entry in table.classes.items():
        bare = land.land_use[CLASSES.index(name)] * entry.bare[weather.month - 1]
        if np.any(bare > 0.0):
            total += bare * _class_flux(entry, weather, land, dry, wet, table)
    total[asleep] = 0.0
    fine, coarse = size_shares(table)
    return fine * total, coarse * total


def rain_moisture(weather: SurfaceWeather, ground: GroundTable) -> Float:
    """Water that the rain of the run has left in the soil, percent of mass, (nt, ny, nx)."""
    porosity = ground.porosity.value
    bulk = (1.0 - porosity) * ground.solid_density.value
    usual = ground.pore_filling.values[weather.month - 1]
    added: Float = (weather.pore_filling - usual) * (100.0 * porosity * _WATER_DENSITY / bulk)
    return added


def _class_flux(
    entry: ErodibleClass,
    weather: SurfaceWeather,
    land: Land,
    dry: Float,
    wet: Float,
    table: DustTable,
) -> Float:
    """Flux from the bare ground of one class, (nt, ny, nx)."""
    friction = soil_friction(weather.wind, land.roughness, entry.roughness, table)
    moisture = entry.moisture[weather.month - 1] + wet
    threshold = dry * moisture_factor(moisture, entry.clay)
    flux: Float = dust_flux(friction, threshold, weather.density, entry.clay, table)
    return flux
