"""Wind and mixing by city and day, printed in support of the reason of a warning."""

import datetime as dt
from collections.abc import Sequence

import numpy as np

from forecast.bulletins.content import Weather
from forecast.common.cycle import local_dates
from forecast.common.errors import InputError
from forecast.fields.arrays import Reals, Times

HOURS_A_DAY = 24


def city_weather(
    labels: Times, wind_speed: Reals, mixing_height: Reals, names: Sequence[str]
) -> dict[tuple[str, dt.date], Weather]:
    """Summarise hourly city values over natural days; incomplete days are left out.

    Args:
        labels: Times of the values, UTC, hourly; midnight counts to the day that it ends.
        wind_speed: Wind speed at 10 m, m s-1, (hour, city).
        mixing_height: Height of the boundary layer, m, (hour, city).
        names: English names of the cities.

    Returns:
        Mean wind speed and greatest height by English name and local date.

    Raises:
        InputError: The arrays do not fit the labels and names.
    """
    shape = (labels.size, len(names))
    if wind_speed.shape != shape or mixing_height.shape != shape:
        msg = (
            f"Wind speed '{wind_speed.shape}' and mixing height '{mixing_height.shape}' do not "
            f"fit the hours and cities {shape}; pass city means, hours first."
        )
        raise InputError(msg)
    dates = local_dates(labels)
    found = {}
    for day in np.unique(dates):
        inside = dates == day
        if int(inside.sum()) < HOURS_A_DAY:
            continue
        mean = wind_speed[inside].mean(axis=0, dtype=np.float64)
        top = mixing_height[inside].max(axis=0)
        for place, name in enumerate(names):
            if np.isfinite(mean[place]) and np.isfinite(top[place]):
                found[name, day.item()] = Weather(
                    wind_speed_mean=float(mean[place]), mixing_height_max=float(top[place])
                )
    return found
