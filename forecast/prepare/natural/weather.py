"""The weather as plants and soils feel it: means, soil warmth, wetness, snow and local wind."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import ndimage

from forecast.common.constants import FREEZING, GAS_CONSTANT_AIR
from forecast.common.sun import month_of, solar_position
from forecast.config.natural import GroundTable
from forecast.fields.arrays import Float, Reals, Times
from forecast.fields.meteorology import MeteorologySeries
from forecast.grid.domain import Domain
from forecast.grid.land import BLENDING_HEIGHT, WATER
from forecast.grid.static import StaticFields

DAY, TEN_DAYS = 24, 240
"""Hours over which plants and soils remember."""
ANEMOMETER = 10.0
"""m."""
LARGEST_LAKE = 4.0e9
"""Water in one body above which it is sea, m2."""
_HOUR = 3600.0
_USED = (
    "surface_pressure", "air_temperature_2m", "wind_speed_10m", "downwelling_shortwave",
    "precipitation_flux",
)  # fmt: skip


@dataclass(frozen=True)
class SurfaceWeather:
    """Weather near the ground at every bound of hours, (nt, ny, nx) each unless said.

    Attributes:
        times: UTC, (nt,).
        month: 1 to 12, of the middle of the run in UTC.
        temperature: At 2 m, K.
        day_temperature: Mean of the last 24 hours, K.
        ten_day_temperature: Mean of the last 240 hours, as far as the run reaches back, K.
        soil_temperature: K.
        pore_filling: Water-filled share of the soil's pores.
        wetting: Rise of it by the rain of the hour before.
        snow: kg m-2.
        shortwave: Downwelling, W m-2.
        day_shortwave: Mean of the last 24 hours, W m-2.
        sun: Sine of the solar elevation.
        wind: Speed at 10 m, m s-1.
        density: Of the air at the ground, kg m-3.
    """

    times: Times
    month: int
    temperature: Float
    day_temperature: Float
    ten_day_temperature: Float
    soil_temperature: Float
    pore_filling: Float
    wetting: Float
    snow: Float
    shortwave: Float
    day_shortwave: Float
    sun: Float
    wind: Float
    density: Float


def surface_weather(
    series: MeteorologySeries, domain: Domain, ground: GroundTable
) -> SurfaceWeather:
    """Derive what the natural sources need.

    Args:
        series: Prepared meteorology.
        domain: Its grid.
        ground: Coefficients of the soil.

    Raises:
        InputError: A field has values that are no numbers; the first is named with cell and time.
    """
    series.require_numbers(*_USED)
    hours = series.hour_fields
    temperature = hours.air_temperature_2m.astype(np.float64)
    shortwave = hours.downwelling_shortwave.astype(np.float64)
    day = trailing_mean(temperature, DAY)
    grid = domain.horizontal
    sun = np.stack([solar_position(t, grid.longitude, grid.latitude).sine for t in series.times])
    month = month_of(series.times[series.times.size // 2])
    filling, wetting, snow = soil_water(temperature, hours.precipitation_flux, ground, month)
    return SurfaceWeather(
        times=series.times,
        month=month,
        temperature=temperature,
        day_temperature=day,
        ten_day_temperature=trailing_mean(temperature, TEN_DAYS),
        soil_temperature=soil_temperature(temperature, day, ground),
        pore_filling=filling,
        wetting=wetting,
        snow=snow,
        shortwave=shortwave,
        day_shortwave=trailing_mean(shortwave, DAY),
        sun=sun,
        wind=hours.wind_speed_10m.astype(np.float64),
        density=hours.surface_pressure / (GAS_CONSTANT_AIR * temperature),
    )


def trailing_mean(values: Float, hours: int) -> Float:
    """Mean of the last hours at every record, (nt, …).

    The first records, which have fewer behind them, take the mean of the first `hours` records, so
    that a run that begins at night does not begin with a cold memory.

    Args:
        values: Hourly, (nt, …).
        hours: Length of the memory.
    """
    length = min(hours, values.shape[0])
    total = np.cumsum(values, axis=0)
    mean = np.empty_like(values)
    mean[:length] = total[length - 1] / length
    mean[length:] = (total[length:] - total[:-length]) / length
    return mean


def soil_temperature(temperature: Float, day_mean: Float, ground: GroundTable) -> Float:
    """Temperature of the soil under the air: its daily wave damped and delayed with depth, K.

    T24 + exp(-z/D) (T(t - lag) - T24) with lag = z/(2 pi D) of a day (van Wijk and de Vries 1963).

    Args:
        temperature: Of the air at 2 m, hourly, K, (nt, ny, nx).
        day_mean: Its trailing mean of 24 hours, K.
        ground: Depths.
    """
    ratio = ground.depth.value / ground.damping_depth.value
    lag = round(ratio / (2.0 * np.pi) * DAY)
    delayed = np.concatenate([np.repeat(temperature[:1], lag, axis=0), temperature])
    delayed = delayed[: temperature.shape[0]]
    soil: Float = day_mean + np.exp(-ratio) * (delayed - day_mean)
    return soil


def soil_water(
    temperature: Float, precipitation: Reals, ground: GroundTable, month: int
) -> tuple[Float, Float, Float]:
    """Follow rain into the soil and snow onto it.

    Rain fills the pores of the wetted layer above their usual filling of the month; what it added
    decays exponentially. Cold precipitation lies as snow and melts by degree-days.

    Args:
        temperature: At 2 m, K, (nt, ny, nx).
        precipitation: kg m-2 s-1, means of the hours that start at each record, (nt, ny, nx).
        ground: Coefficients.
        month: 1 to 12.

    Returns:
        Filled share of the pores, its rise in the hour before, and snow in kg m-2.
    """
    usual = ground.pore_filling.values[month - 1]
    room = 1000.0 * ground.wetted_depth.value * ground.porosity.value
    keep = np.exp(-1.0 / (24.0 * ground.drying_days.value))
    shape = temperature.shape
    filling, wetting, snow = np.empty(shape), np.zeros(shape), np.zeros(shape)
    filling[0] = usual
    for hour in range(1, shape[0]):
        water = precipitation[hour - 1].astype(np.float64) * _HOUR
        cold = temperature[hour - 1] < ground.snowfall_below.value
        warmth = np.maximum(temperature[hour - 1] - FREEZING, 0.0)
        lying = snow[hour - 1] + np.where(cold, water, 0.0)
        melt = np.minimum(ground.melt_rate.value / 24.0 * warmth, lying)
        snow[hour] = lying - melt
        dried = usual + (filling[hour - 1] - usual) * keep
        filling[hour] = np.minimum(dried + (np.where(cold, 0.0, water) + melt) / room, 1.0)
        wetting[hour] = filling[hour] - dried
    return filling, wetting, snow


def local_wind(wind: Float, roughness: Any, local_roughness: float) -> Float:
    """Bring the 10 m wind of a mixed cell to 10 m over ground of another roughness, m s-1.

    Both share the wind at the blending height (Wieringa 1986, doi 10.1002/qj.49711247316), from
    which neutral logarithmic profiles lead down.

    Args:
        wind: Over the cell, (nt, ny, nx).
        roughness: Of the cell, m, (ny, nx).
        local_roughness: Of the ground in question, m.
    """
    cell = np.clip(roughness, 1.0e-5, 2.0)
    up = np.log(BLENDING_HEIGHT / cell) / np.log(ANEMOMETER / cell)
    down = np.log(ANEMOMETER / local_roughness) / np.log(BLENDING_HEIGHT / local_roughness)
    brought: Float = wind * (up * down)
    return brought


@dataclass(frozen=True)
class Land:
    """The cells.

    Attributes:
        land_use: Share of each class, (20, ny, nx).
        roughness: m, (ny, nx).
        area: m2, (ny, nx).
        sea: Share of salt water, (ny, nx).
    """

    land_use: Float
    roughness: Float
    area: Float
    sea: Float

    @classmethod
    def build(cls, static: StaticFields, domain: Domain) -> "Land":
        """Take what counts from the static fields."""
        use = static.land_use.astype(np.float64)
        return cls(
            land_use=use,
            roughness=static.roughness_length.astype(np.float64),
            area=domain.horizontal.cell_area,
            sea=salt_water(use, domain.horizontal.cell_area),
        )


def salt_water(land_use: Float, area: Float) -> Float:
    """Share of sea in each cell: water of bodies that are larger than any lake, (ny, nx).

    A cell belongs to the sea when it is mostly water and joins other such cells to a body of more
    than 4000 km2 (Poyang, the largest freshwater lake of China, has 3500), or lies next to one
    that does.

    Args:
        land_use: Share of each class, (20, ny, nx).
        area: Of the cells, m2, (ny, nx).
    """
    water = land_use[WATER]
    groups, count = ndimage.label(water > 0.5)
    sizes = np.bincount(groups.ravel(), weights=(water * area).ravel(), minlength=count + 1)
    large = sizes > LARGEST_LAKE
    large[0] = False
    near = ndimage.binary_dilation(large[groups], structure=np.ones((3, 3)))
    sea: Float = np.where(near, water, 0.0)
    return sea
