"""Wind and mixing over cities by natural day, in support of a bulletin's reasons."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from forecast.common.cycle import local_dates
from forecast.fields.arrays import Float, Times


@dataclass(frozen=True)
class CityDayWeather:
    """The air over one city on one day.

    Attributes:
        city_en: English name.
        date: Natural day, Asia/Shanghai.
        wind_speed_mean: Mean wind speed at 10 m, m s-1.
        mixing_height_max: Greatest hourly height of the boundary layer, m.
    """

    city_en: str
    date: date
    wind_speed_mean: float
    mixing_height_max: float


def daily_weather(
    cities: tuple[str, ...], labels: Times, wind_speed: Float, mixing_height: Float
) -> tuple[CityDayWeather, ...]:
    """Summarise the hours of each complete natural day.

    Args:
        cities: English names, last axis of the fields.
        labels: Ends of the hours, UTC, (nt,).
        wind_speed: At 10 m, m s-1, (nt, ncity).
        mixing_height: Height of the boundary layer, m, (nt, ncity).

    Returns:
        One record a city and day; days with fewer than 24 labels are left out.
    """
    dates = local_dates(labels)
    found = []
    for day in np.unique(dates):
        hours = dates == day
        if np.count_nonzero(hours) < 24:
            continue
        wind, height = wind_speed[hours].mean(axis=0), mixing_height[hours].max(axis=0)
        found += [
            CityDayWeather(city, day.astype(object), float(wind[place]), float(height[place]))
            for place, city in enumerate(cities)
        ]
    return tuple(found)
