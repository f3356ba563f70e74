"""Daily values of made cities: a season, weather that lasts some days, and a share of each city."""

import csv
from pathlib import Path

import numpy as np

from forecast.fields.city_daily import CITY_POLLUTANTS, CityDaily

_HEADER = (
    "city", "city_en", "province_group", "lon", "lat", "date", "pm25", "pm10", "so2", "no2", "co",
    "o3_24h", "aqi_hj633_no_o3", "aqi_hourly_mean", "aqi_hourly_min", "aqi_hourly_max",
)  # fmt: skip


def made_cities(days: int, cities: int = 4, seed: int = 1, memory: float = 0.85) -> CityDaily:
    """Make cities whose logarithm is a season plus a regional AR(1) plus noise of their own.

    Args:
        days: Number of days from 1 November 2013.
        cities: Number of cities, in a row from west to east.
        seed: Seed.
        memory: Correlation of the regional part from day to day.
    """
    rng = np.random.default_rng(seed)
    dates = np.datetime64("2013-11-01") + np.arange(days)
    turn = 2.0 * np.pi * (dates - np.datetime64("2014-01-15")).astype(float) / 365.25
    weather = np.zeros(days)
    for day in range(1, days):
        weather[day] = memory * weather[day - 1] + np.sqrt(1 - memory**2) * rng.normal()
    own = 0.15 * rng.normal(size=(cities, days))
    pm25 = np.exp(4.1 + 0.4 * np.cos(turn) + 0.55 * weather + own)
    factors = {"pm25": 1.0, "pm10": 1.6, "so2": 0.5, "no2": 0.6, "co": 0.015, "o3": 0.7}
    aqi = np.clip(1.3 * pm25, 15.0, 500.0)
    return CityDaily(
        cities=tuple(f"City{number}" for number in range(cities)),
        days=dates,
        values=np.stack([factors[name] * pm25 for name in CITY_POLLUTANTS]),
        aqi=aqi,
        aqi_low=0.6 * aqi,
        aqi_high=np.minimum(1.4 * aqi, 500.0),
        longitude=np.linspace(116.0, 118.4, cities),
        latitude=np.full(cities, 36.5),
        names_zh=tuple(f"城{number}" for number in range(cities)),
    )


def write_daily(path: Path, daily: CityDaily) -> Path:
    """Write a daily city file; what is missing is an empty cell."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADER)
        for city, name in enumerate(daily.cities):
            place = (daily.longitude[city], daily.latitude[city])
            for day, date in enumerate(daily.days):
                low, high, aqi = (
                    series[city, day] for series in (daily.aqi_low, daily.aqi_high, daily.aqi)
                )
                found = [*daily.values[:, city, day], aqi, aqi, low, high]
                cells = ["" if np.isnan(value) else f"{value:.3f}" for value in found]
                writer.writerow([daily.names_zh[city], name, "made", *place, date, *cells])
    return path
