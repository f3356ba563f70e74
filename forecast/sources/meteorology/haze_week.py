"""A made winter week: a stagnant high with an inversion, then a cold front.

An exercise, not a forecast of anything: every number below is chosen so that each step of a heavy
pollution episode and every warning level can be rehearsed. The fields are smooth functions of
place and time, made consistent in three steps:

1. Sea-level pressure, temperature and humidity are prescribed: a weak stationary high south-east
   of Shandong with a wind that dies away towards `stagnation_day`, an inversion near 900 hPa and a
   veil of cloud near 600 hPa while it is calm, a cold front that passes 117 E, 36.5 N at
   `front_day` with falling temperature, rising pressure and dry air behind it.
2. Heights follow from sea-level pressure and virtual temperature by the hypsometric equation, so
   every column is hydrostatic.
3. Wind is geostrophic on every pressure level (differences of height over the grid, true Coriolis
   parameter), so it obeys the thermal wind; below 850 hPa it is slowed and turned towards low
   pressure as friction does. What is left of imbalance is taken up by the mass balance of
   `prepare`.

There is no diurnal cycle in the fields: `prepare` diagnoses it, as for the reanalysis.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.common.constants import EARTH_RADIUS, GAS_CONSTANT_AIR, GRAVITY
from forecast.common.moisture import saturation_pressure
from forecast.config.meteorology import HazeWeekConfig
from forecast.fields.arrays import Float
from forecast.fields.driver import PressureLevelDriver

LEVELS = 100.0 * np.array(
    [1000, 975, 950, 925, 900, 875, 850, 800, 700, 600, 500, 400, 300, 250, 200, 150, 100.0]
)
"""Levels, Pa."""
LONGITUDE = np.arange(95.0, 145.1, 2.0)
"""Degrees east."""
LATITUDE = np.arange(20.0, 55.1, 2.0)
"""Degrees north."""
CENTRE_LONGITUDE, CENTRE_LATITUDE = 117.0, 36.5
"""The place that the front passes at `front_day`: Jinan."""
OMEGA = 7.292e-5
"""Angular velocity of the Earth, s-1."""
SCALE_HEIGHT = 8000.0
"""Height over ln(1000 hPa / p), m, for the shapes below."""
_KM = 1000.0


@dataclass(frozen=True)
class _Place:
    """Distances from the centre, m, and the Coriolis parameter, s-1; all (ny, nx)."""

    east: Float
    north: Float
    coriolis: Float

    @classmethod
    def grid(cls) -> "_Place":
        lon, lat = np.meshgrid(np.radians(LONGITUDE), np.radians(LATITUDE))
        centre = np.radians(CENTRE_LATITUDE)
        east = EARTH_RADIUS * np.cos(centre) * (lon - np.radians(CENTRE_LONGITUDE))
        return cls(east, EARTH_RADIUS * (lat - centre), 2.0 * OMEGA * np.sin(lat))


@dataclass(frozen=True)
class _Weather:
    """Where the week stands at one time.

    Attributes:
        north_west: Share of the north-westerly wind of the days before, 0 to 1.
        south_east: Share of the light south-easterly wind of the first day, 0 to 1.
        calm: 0 ventilated, 1 calm: inversion, humidity and cloud.
        front: Days since the front passed the centre.
    """

    north_west: float
    south_east: float
    calm: float
    front: float


def make(options: HazeWeekConfig) -> PressureLevelDriver:
    """Make the week.

    Args:
        options: Dates and strength.

    Returns:
        Instantaneous fields every `step_hours`, from the start of spin-up to the end.
    """
    start = np.datetime64(options.start, "s")
    offsets = np.arange(-options.spin_up_hours, options.days * 24 + 1, options.step_hours)
    if offsets[-1] < options.days * 24:
        offsets = np.append(offsets, options.days * 24)
    times = start + offsets * np.timedelta64(3600, "s")
    place = _Place.grid()
    records = [_record(options, place, _weather(options, hour / 24.0)) for hour in offsets]
    temperature, height, east, north, humidity = (
        np.stack(field) for field in zip(*records, strict=True)
    )
    return PressureLevelDriver(
        times=times,
        valid_from=times,
        valid_to=times,
        is_daily_mean=False,
        pressure=LEVELS,
        longitude=LONGITUDE,
        latitude=LATITUDE,
        air_temperature=temperature,
        geopotential_height=height,
        eastward_wind=east,
        northward_wind=north,
        specific_humidity=humidity,
        precipitation_flux=None,
        name="haze_week",
        attribution="Made winter week of an exercise (haze_week); no real weather",
    )


def _weather(options: HazeWeekConfig, day: float) -> _Weather:
    share = day / max(options.stagnation_day, 0.1)
    return _Weather(
        north_west=1.0 - _smooth_step(2.0 * share + 0.5),
        south_east=_smooth_step(2.0 * share + 0.5) * (1.0 - _smooth_step(2.0 * share - 0.5)),
        calm=_smooth_step(share),
        front=day - options.front_day,
    )


def _record(
    options: HazeWeekConfig, place: _Place, weather: _Weather
) -> tuple[Float, Float, Float, Float, Float]:
    temperature = _temperature(options, place, weather)
    sea_level = _sea_level_pressure(place, weather)
    humidity = _humidity(options, place, weather, temperature, sea_level)
    height = _heights(sea_level, temperature * (1.0 + 0.608 * humidity))
    east, north = _wind(height, place)
    return temperature, height, east, north, humidity


def _behind_front(place: _Place, weather: _Weather) -> Float:
    """0 ahead of the front, 1 behind; it runs from south-west to north-east and moves south-east.

    Speed 11 m s-1, half-width 250 km.
    """
    ahead = 0.77 * place.east - 0.64 * place.north
    passed = 11.0 * 86400.0 * weather.front - ahead
    result: Float = 0.5 * (1.0 + np.tanh(passed / (250.0 * _KM)))
    return result


def _sea_level_pressure(place: _Place, weather: _Weather) -> Float:
    """Background, gradients of the first days, stagnant high, trough and cold high, Pa."""
    density, coriolis = 1.28, 2.0 * OMEGA * np.sin(np.radians(CENTRE_LATITUDE))
    wind_east = 3.0 * weather.north_west - 2.0 * weather.south_east
    wind_north = -5.0 * weather.north_west + 3.0 * weather.south_east
    slope = density * coriolis * (wind_north * place.east - wind_east * place.north)
    distance = np.hypot(place.east - 550.0 * _KM, place.north + 250.0 * _KM)
    high = 420.0 * np.exp(-((distance / (900.0 * _KM)) ** 2))
    # pressure falls towards east-north-east behind the front: wind from north to north-west
    ahead = 0.94 * place.east + 0.34 * place.north
    surge = 7.5 * 86400.0 * (weather.front - 0.5) - ahead
    cold = 2600.0 * 0.5 * (1.0 + np.tanh(surge / (600.0 * _KM)))
    trough = -350.0 * np.exp(-(((surge + 900.0 * _KM) / (500.0 * _KM)) ** 2))
    trough *= _smooth_step(weather.front + 1.5)
    result: Float = 102500.0 + slope + high * (0.3 + 0.7 * weather.calm) + cold + trough
    return result


def _temperature(options: HazeWeekConfig, place: _Place, weather: _Weather) -> Float:
    """Winter mean profile, warming and inversion of the calm days, cold air behind the front, K."""
    level = SCALE_HEIGHT * np.log(1.0e5 / LEVELS)[:, None, None]
    degrees = place.north / 111.0e3
    gradient = 0.40 + 0.35 * np.exp(-(((level - 5500.0) / 3000.0) ** 2))
    fade = np.clip((11000.0 - level) / 3000.0, 0.0, 1.0)
    troposphere = 274.5 - 0.0058 * level - gradient * fade * degrees
    base = np.maximum(troposphere, 214.0)
    near = np.exp(-((np.hypot(place.east, place.north) / (1300.0 * _KM)) ** 2))
    cap = np.exp(-(((level - 850.0) / np.where(level < 850.0, 420.0, 1100.0)) ** 2))
    warm = weather.calm * near * (options.inversion * cap + 1.5 * np.exp(-level / 1500.0))
    behind = _behind_front(place, weather)
    cold = options.cooling * np.exp(-((level / 3800.0) ** 2))
    result: Float = base + warm * (1.0 - behind) - cold * behind
    return result


def _humidity(
    options: HazeWeekConfig, place: _Place, weather: _Weather, temperature: Float, ground: Float
) -> Float:
    """Humid ground layer and a veil of cloud near 600 hPa when calm, dry air behind the front.

    Args:
        options: Relative humidity of the calm days at the ground.
        place: The grid.
        weather: The time.
        temperature: K, (np, ny, nx).
        ground: Sea-level pressure, Pa, (ny, nx).

    Returns:
        Specific humidity, kg kg-1, (np, ny, nx).
    """
    level = SCALE_HEIGHT * np.log(1.0e5 / LEVELS)[:, None, None]
    behind = _behind_front(place, weather)
    at_ground = 0.55 + (options.humidity - 0.55) * weather.calm
    ground_layer = np.exp(-((level / 450.0) ** 2))
    veil = 0.49 * weather.calm * np.exp(-(((level - 4100.0) / 900.0) ** 2))
    aloft = (0.35 + veil) * (1.0 - behind) + 0.25 * behind
    warmest = temperature[0] * (ground / LEVELS[0]) ** 0.19
    near = (at_ground * (1.0 - behind) + 0.35 * behind) * _saturation(warmest, ground)
    far = aloft * _saturation(temperature, LEVELS[:, None, None])
    result: Float = far + (near - far) * ground_layer
    return result


def _saturation(temperature: Float, pressure: Float) -> Float:
    """Saturation specific humidity over water, Bolton (1980), kg kg-1."""
    vapour = saturation_pressure(temperature)
    result: Float = 0.622 * vapour / (pressure - 0.378 * vapour)
    return result


def _heights(sea_level_pressure: Float, virtual: Float) -> Float:
    """Integrate the hypsometric equation from sea level, m, (np, ny, nx)."""
    height = np.empty_like(virtual)
    scale = GAS_CONSTANT_AIR / GRAVITY
    # from sea level up (or down) to the lowest level, 6.5 K km-1 in between
    step = scale * virtual[0] * np.log(sea_level_pressure / LEVELS[0])
    height[0] = step * (1.0 + 0.5 * 0.0065 * step / virtual[0])
    layers = (
        scale * 0.5 * (virtual[:-1] + virtual[1:]) * np.log(LEVELS[:-1] / LEVELS[1:])[:, None, None]
    )
    height[1:] = height[0] + np.cumsum(layers, axis=0)
    return height


def _wind(height: Float, place: _Place) -> tuple[Float, Float]:
    """Geostrophic wind, slowed by 30 % and turned by 20 degrees at 1000 hPa, less up to 850 hPa."""
    latitude = np.radians(LATITUDE)
    along = EARTH_RADIUS * np.cos(latitude)[:, None]
    slope_north = np.gradient(height, EARTH_RADIUS * latitude, axis=1)
    slope_east = np.gradient(height, np.radians(LONGITUDE), axis=2) / along
    east = -GRAVITY / place.coriolis * slope_north
    north = GRAVITY / place.coriolis * slope_east
    friction = np.clip((LEVELS - 85000.0) / 15000.0, 0.0, 1.0)[:, None, None]
    angle, speed = np.radians(20.0) * friction, 1.0 - 0.3 * friction
    cosine, sine = np.cos(angle) * speed, np.sin(angle) * speed
    return east * cosine - north * sine, east * sine + north * cosine


def _smooth_step(share: Any) -> Any:
    """3 s^2 - 2 s^3 between 0 and 1."""
    inside = np.clip(share, 0.0, 1.0)
    return inside * inside * (3.0 - 2.0 * inside)
