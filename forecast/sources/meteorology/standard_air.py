"""A uniform atmosphere with an analytic profile, for tests and demonstrations."""

import numpy as np

from forecast.common.constants import GAS_CONSTANT_AIR, GRAVITY
from forecast.fields.arrays import Float, Times
from forecast.fields.driver import PressureLevelDriver

LEVELS = 100.0 * np.array([1000, 925, 850, 700, 600, 500, 400, 300, 250, 200, 150, 100.0])
"""Levels, Pa, those of the NCEP/NCAR reanalysis."""


def make(
    times: Times,
    *,
    wind: tuple[float, float] = (5.0, 0.0),
    temperature: float = 288.15,
    lapse_rate: float = 0.0065,
    sea_level_pressure: float = 101325.0,
    humidity: float = 0.0,
) -> PressureLevelDriver:
    """Make an atmosphere whose temperature falls linearly with height everywhere alike.

    p = p0 (1 - gamma z / T0)^(g / (R gamma)), so heights and temperatures of the levels are exact
    for dry air (and for moist air, when `temperature` is the virtual one).

    Args:
        times: Instants of the records, UTC.
        wind: Towards east and north, m s-1.
        temperature: At sea level, K.
        lapse_rate: K m-1, not 0.
        sea_level_pressure: Pa.
        humidity: Specific humidity of all air, kg kg-1.

    Returns:
        Instantaneous records over 95 to 145 E, 20 to 55 N.
    """
    longitude, latitude = np.arange(95.0, 145.1, 2.5), np.arange(20.0, 55.1, 2.5)
    ratio = (LEVELS / sea_level_pressure) ** (GAS_CONSTANT_AIR * lapse_rate / GRAVITY)
    height = temperature / lapse_rate * (1.0 - ratio)
    shape = (times.size, LEVELS.size, latitude.size, longitude.size)

    def spread(profile: Float) -> Float:
        return np.broadcast_to(profile[None, :, None, None], shape).copy()

    return PressureLevelDriver(
        times=times,
        valid_from=times,
        valid_to=times,
        is_daily_mean=False,
        pressure=LEVELS,
        longitude=longitude,
        latitude=latitude,
        air_temperature=spread(temperature * ratio / (1.0 + 0.608 * humidity)),
        geopotential_height=spread(height),
        eastward_wind=spread(np.full(LEVELS.size, wind[0])),
        northward_wind=spread(np.full(LEVELS.size, wind[1])),
        specific_humidity=spread(np.full(LEVELS.size, humidity)),
        precipitation_flux=None,
        name="standard_air",
        attribution="Analytic atmosphere, no real weather",
    )
