"""Nitric oxide from soils: the Berkeley-Dalhousie scheme.

F = (A + e N) exp(0.103 T) g(w) P C: biome coefficient A, share e of the fertiliser N left in the
soil, temperature T of the soil in degrees C (0 when frozen, capped at 30), moisture response g of
the filled pore space w, pulse P when rain ends a dry spell, and loss C in the canopy. Hudman et
al. (2012, doi 10.5194/acp-12-7779-2012); canopy after Yienger and Levy (1995, doi
10.1029/95JD00370). Nitrogen that the air deposits is left out.
"""

from typing import Any

import numpy as np

from forecast.common.constants import FREEZING
from forecast.config.natural_gases import SoilTable
from forecast.fields.arrays import Float, Times
from forecast.grid.land import CLASSES
from forecast.prepare.natural.tables import NaturalTables
from forecast.prepare.natural.weather import Land, SurfaceWeather

_NITROGEN, _NITRIC_OXIDE = 14.0067, 30.0061
"""Molar masses, g mol-1."""
_NANOGRAM = 1.0e-12
"""kg."""
_YEAR = 365.25 * 86400.0
"""s."""
_HECTARE = 1.0e4
"""m2."""


def fertiliser_left(day: np.datetime64, table: SoilTable) -> float:
    """Nitrogen in cropland from the spreadings of this and all earlier years, ng m-2.

    Each spreading decays by e in a fixed time; the sum over earlier years is a geometric series.

    Args:
        day: UTC.
        table: Spreadings and their decay.
    """
    decay, left = table.fertiliser_decay_days.value, 0.0
    year = day.astype("datetime64[Y]")
    for entry in table.fertiliser:
        month, number = (int(part) for part in entry.day.split("-"))
        spread = (year.astype("datetime64[M]") + (month - 1)).astype("datetime64[D]") + (number - 1)
        since = (day.astype("datetime64[D]") - spread).astype(int) % 365
        left += entry.amount * np.exp(-since / decay) / (1.0 - np.exp(-365.0 / decay))
    return float(left * table.fertiliser_trend.value / _HECTARE / _NANOGRAM)


def warmth_response(celsius: Any, table: SoilTable) -> Any:
    """exp(0.103 T), 0 at and below freezing, level above 30 degrees C."""
    capped = np.minimum(celsius, table.warmest.value)
    return np.where(celsius > 0.0, np.exp(table.temperature_exponent.value * capped), 0.0)


def moisture_response(filling: Any, table: SoilTable) -> Any:
    """g(w) = a w exp(-b w^2), about 1 at w = 0.3."""
    return (
        table.moisture_slope.value
        * filling
        * np.exp(-table.moisture_decay.value * np.square(filling))
    )


def canopy_escape(leaf_area: Any, table: SoilTable) -> Any:
    """C: share that leaves the canopy, mean of the losses by stomata and cuticles."""
    stomata = np.exp(-table.canopy_stomata.value * leaf_area)
    cuticle = np.exp(-table.canopy_cuticle.value * leaf_area)
    return 0.5 * (stomata + cuticle)


def rain_pulse(filling: Float, wetting: Float, table: SoilTable) -> Float:
    """P: 1 without rain after a dry spell, decaying from 13.01 ln(hours dry) - 53.6 with it.

    Spells are counted within the run, so none can begin in its first three days.

    Args:
        filling: Filled share of the pores, (nt, ny, nx).
        wetting: Rise in the hour before, (nt, ny, nx).
        table: Coefficients.
    """
    pulse = np.ones_like(filling)
    if not np.any(wetting > table.pulse_wetting.value):
        return pulse
    dry = np.zeros(filling.shape[1:])
    fall = np.exp(-table.pulse_decay.value)
    for hour in range(1, filling.shape[0]):
        before = pulse[hour - 1]
        wetted = wetting[hour] > table.pulse_wetting.value
        was_dry = filling[hour - 1] < table.pulse_driest.value
        strength = table.pulse_slope.value * np.log(np.maximum(dry, 1.0))
        strength = np.maximum(strength - table.pulse_offset.value, 1.0)
        starts = wetted & was_dry & (before == 1.0)
        pulse[hour] = np.where(starts, strength, np.maximum(before * fall, 1.0))
        dry = np.where(wetted | ~was_dry, 0.0, dry + 1.0)
    return pulse


def soil_capacity(day: np.datetime64, month: int, tables: NaturalTables) -> Float:
    """(A + e N) C of each land-use class, ng N m-2 s-1, (20,).

    Args:
        day: UTC, for the fertiliser left.
        month: 1 to 12, for the leaves.
        tables: Coefficients.
    """
    table = tables.soil
    capacity = np.zeros(len(CLASSES))
    for name, base in table.biome.items():
        capacity[CLASSES.index(name)] = base.value
    left = fertiliser_left(day, table) * table.fertiliser_emission.value / _YEAR
    for name, entry in table.fertilised.items():
        capacity[CLASSES.index(name)] += entry.share * left
    escape: Float = canopy_escape(tables.leaf_area(month), table)
    return capacity * escape


def soil_emission(weather: SurfaceWeather, land: Land, tables: NaturalTables) -> Float:
    """NO at every bound, kg m-2 s-1, (nt, ny, nx)."""
    table = tables.soil
    capacity = np.stack([soil_capacity(day, weather.month, tables) for day in _days(weather.times)])
    standing = np.einsum("dc,cyx->dyx", capacity, land.land_use)
    number = weather.times.astype("datetime64[D]") - weather.times[0].astype("datetime64[D]")
    response = warmth_response(weather.soil_temperature - FREEZING, table)
    response = response * moisture_response(weather.pore_filling, table)
    response = response * rain_pulse(weather.pore_filling, weather.wetting, table)
    covered = weather.snow > tables.ground.snow_covers.value
    flux = np.where(covered, 0.0, standing[number.astype(int)] * response)
    return flux * (_NANOGRAM * _NITRIC_OXIDE / _NITROGEN)


def _days(times: Times) -> Times:
    first, last = times[0].astype("datetime64[D]"), times[-1].astype("datetime64[D]")
    days: Times = np.arange(first, last + 1)
    return days
