"""Isoprene and monoterpenes of plants: MEGAN with the parameterised canopy (PCEEA).

E = EF N g_L g_A [(1 - LDF) g_Ti + LDF g_P g_Td]: emission factor, normalisation to 1 at standard
conditions, responses to leaf area, leaf age, temperature and light, and the share LDF that depends
on light. Guenther et al. (2006, doi 10.5194/acp-6-3181-2006; 2012, doi 10.5194/gmd-5-1471-2012).
Leaves have the temperature of the air at 2 m; drought and CO2 are left out.
"""

from typing import Any, NamedTuple

import numpy as np

from forecast.common.sun import day_of_year
from forecast.config.natural_gases import BiogenicTable, Compound, LeafAge, LightResponse
from forecast.fields.arrays import Float
from forecast.grid.land import CLASSES
from forecast.prepare.natural.tables import NaturalTables
from forecast.prepare.natural.weather import Land, SurfaceWeather

_GAS_CONSTANT = 0.00831
"""kJ mol-1 K-1, as MEGAN rounds it."""
_MICROGRAM_HOUR = 1.0e-9 / 3600.0
"""kg s-1."""
_MONTH = 30.0
"""Days between two values of the leaf area."""
STANDARD_LEAF_AREA, STANDARD_SINE, STANDARD_TRANSMISSION = 5.0, float(np.sin(np.pi / 3.0)), 0.6
STANDARD_AGE = (0.0, 0.1, 0.8, 0.1)
"""Standard conditions of MEGAN: leaf area, sun at 60 degrees, transmission of the air, and shares
of new, growing, mature and old leaves (Guenther et al. 2006, section 2)."""


class Climate(NamedTuple):
    """Temperature now and before, K.

    Attributes:
        leaf: Of the leaves.
        day: Mean of 24 hours.
        ten_days: Mean of 240 hours.
    """

    leaf: Any
    day: Any
    ten_days: Any


def leaf_area_response(area: Any, table: BiogenicTable) -> Any:
    """g_L = a L / sqrt(1 + b L^2), 1 at L = 5 (Guenther et al. 2006, eq. 15)."""
    slope, curve = table.leaf_area_slope.value, table.leaf_area_curvature.value
    return slope * area / np.sqrt(1.0 + curve * np.square(area))


def leaf_ages(now: float, before: float, warmth: float, table: BiogenicTable) -> tuple[float, ...]:
    """Shares of new, growing, mature and old leaves (Guenther et al. 2006, eqs. 17-19).

    Args:
        now: Leaf area index of the month.
        before: Of the month before.
        warmth: Mean temperature, K.
        table: Days from budbreak to emission.
    """
    if now == before:
        return STANDARD_AGE
    if now < before:
        old = (before - now) / before
        return 0.0, 0.0, 1.0 - old, old
    warm = min(warmth, table.budbreak_warmest.value)
    onset = table.budbreak_days.value + table.budbreak_slope.value * (300.0 - warm)
    peak = table.maturity_ratio.value * onset
    kept = before / now
    new = (1.0 - kept) * min(onset / _MONTH, 1.0)
    mature = kept + (1.0 - kept) * max((_MONTH - peak) / _MONTH, 0.0)
    return new, 1.0 - new - mature, mature, 0.0


def age_response(shares: tuple[float, ...], weight: LeafAge) -> float:
    """g_A: mean weight of the leaves."""
    weights = (weight.new, weight.growing, weight.mature, weight.old)
    return float(np.dot(shares, weights))


def light_response(photons: Any, daily: Any, sine: Any, day: float, response: LightResponse) -> Any:
    """g_P = sin(a) (2.46 (1 + 0.0005 (P24 - 400)) f - 0.9 f^2), 0 by night.

    f = P / (sin(a) P0) is the transmission of the air, P0 the flux above it (Guenther et al. 2006,
    eqs. 11-13).

    Args:
        photons: Photosynthetic photons above the canopy, umol m-2 s-1.
        daily: Their mean of 24 hours.
        sine: Of the solar elevation.
        day: Of the year.
        response: Coefficients.
    """
    season = np.cos(2.0 * np.pi * (day - 10.0) / 365.0)
    above = response.top_of_atmosphere.value + response.seasonal_amplitude.value * season
    up = np.maximum(sine, 0.0)
    through = np.clip(photons / np.maximum(up * above, 1.0e-6), 0.0, 1.0)
    used = 1.0 + response.acclimation.value * (daily - response.standard_daily.value)
    curve = response.linear.value * used * through - response.quadratic.value * through**2
    return np.where(up > 0.0, up * np.maximum(curve, 0.0), 0.0)


def heat_response(climate: Climate, compound: Compound, table: BiogenicTable) -> Any:
    """g_Td, response to temperature of what depends on light (Guenther et al. 2012, eqs. 8-10)."""
    common = table.temperature
    standard, ct1, ct2 = (
        common.standard_climate.value,
        compound.activation,
        common.deactivation.value,
    )
    optimum = common.optimum.value + common.optimum_slope.value * (climate.ten_days - standard)
    memory = (climate.day - standard) + (climate.ten_days - standard)
    peak = compound.peak * np.exp(common.acclimation.value * memory)
    x = (1.0 / optimum - 1.0 / climate.leaf) / _GAS_CONSTANT
    return peak * ct2 * np.exp(ct1 * x) / (ct2 - ct1 * (1.0 - np.exp(ct2 * x)))


def storage_response(leaf: Any, compound: Compound, table: BiogenicTable) -> Any:
    """g_Ti = exp(beta (T - Ts)), response of what does not depend on light."""
    return np.exp(compound.exponent * (leaf - table.temperature.standard.value))


def normalisation(compound: Compound, table: BiogenicTable) -> float:
    """N: one over the product of the responses at standard conditions."""
    common, light = table.temperature, table.light
    climate = Climate(common.standard.value, *2 * (common.standard_climate.value,))
    photons = STANDARD_TRANSMISSION * STANDARD_SINE * light.top_of_atmosphere.value
    sun = light_response(photons, light.standard_daily.value, STANDARD_SINE, 101.25, light)
    share = compound.light_dependent
    weather = (1.0 - share) * storage_response(climate.leaf, compound, table)
    weather += share * sun * heat_response(climate, compound, table)
    canopy = leaf_area_response(STANDARD_LEAF_AREA, table)
    return float(1.0 / (weather * canopy * age_response(STANDARD_AGE, compound.age)))


def standing_factor(compound: Compound, month: int, warmth: float, tables: NaturalTables) -> Float:
    """EF N g_L g_A of each land-use class, ug m-2 h-1, (20,).

    Args:
        compound: What is emitted.
        month: 1 to 12.
        warmth: Mean temperature, K, for the age of the leaves.
        tables: Plants and responses.
    """
    plants, table = tables.vegetation, tables.biogenic
    by_type = {}
    for name, entry in plants.types.items():
        now, before = entry.leaf_area[month - 1], entry.leaf_area[month - 2]
        age = age_response(leaf_ages(now, before, warmth, table), compound.age)
        by_type[name] = compound.emission_factor[name] * age * leaf_area_response(now, table)
    factor = np.zeros(len(CLASSES))
    for name, cover in plants.classes.items():
        factor[CLASSES.index(name)] = sum(
            share * by_type[plant] for plant, share in cover.cover.items()
        )
    return factor * normalisation(compound, table)


def plant_emission(
    species: str, weather: SurfaceWeather, land: Land, tables: NaturalTables
) -> Float:
    """Emission of all compounds of one species at every bound, kg m-2 s-1, (nt, ny, nx)."""
    table = tables.biogenic
    green = tables.leaf_area(weather.month) @ land.land_use.reshape(len(CLASSES), -1) > 0.0
    mean = weather.ten_day_temperature.mean(axis=0).ravel()
    warmth = float(mean[green].mean()) if green.any() else table.temperature.standard.value
    climate = Climate(weather.temperature, weather.day_temperature, weather.ten_day_temperature)
    sun = _sunlight(weather, table.light)
    total = np.zeros(weather.temperature.shape)
    for group in _alike(species, table):
        factor = sum(standing_factor(one, weather.month, warmth, tables) for one in group)
        standing = np.tensordot(np.asarray(factor), land.land_use, axes=1)
        response = _response(group[0], climate, sun, table)
        total += standing * response
    return total * _MICROGRAM_HOUR


def _alike(species: str, table: BiogenicTable) -> list[list[Compound]]:
    """Compounds of a species, those together that respond alike to weather."""
    groups: dict[tuple[float, ...], list[Compound]] = {}
    for one in table.compounds.values():
        if one.species == species:
            key = (one.light_dependent, one.exponent, one.activation, one.peak)
            groups.setdefault(key, []).append(one)
    return list(groups.values())


def _sunlight(weather: SurfaceWeather, light: LightResponse) -> Float:
    """g_P at every bound, (nt, ny, nx)."""
    photons = light.photosynthetic_share.value * light.photons_per_joule.value
    days = np.array([day_of_year(time)[0] for time in weather.times], dtype=np.float64)
    result: Float = light_response(
        weather.shortwave * photons,
        weather.day_shortwave * photons,
        weather.sun,
        days[:, None, None],  # type: ignore[arg-type]
        light,
    )
    return result


def _response(compound: Compound, climate: Climate, sun: Float, table: BiogenicTable) -> Float:
    """Answer to weather, (nt, ny, nx)."""
    share = compound.light_dependent
    response = np.zeros_like(sun)
    if share > 0.0:
        response += share * sun * heat_response(climate, compound, table)
    if share < 1.0:
        response += (1.0 - share) * storage_response(climate.leaf, compound, table)
    return response
