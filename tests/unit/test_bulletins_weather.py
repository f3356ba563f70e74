"""Wind and mixing by city and natural day."""

import datetime as dt

import numpy as np
import pytest

from forecast.bulletins.weather import city_weather
from forecast.common.cycle import Cycle
from forecast.common.errors import InputError


def test_days_are_natural_days_in_beijing_and_complete() -> None:
    labels = Cycle.parse("2021-12-31T16").hours(-6, 60)  # 18:00 local to 12:00 two days later
    hours = np.arange(labels.size, dtype=np.float64)
    wind = np.stack([hours, np.full(hours.size, 2.0)], axis=1)
    height = np.stack([hours * 10, np.full(hours.size, np.nan)], axis=1)
    found = city_weather(labels, wind, height, ["Jinan", "Heze"])
    # the labels 01:00 to 24:00 of 1 January are the positions 7 to 30
    assert set(found) == {("Jinan", dt.date(2022, 1, 1)), ("Jinan", dt.date(2022, 1, 2))}
    first = found["Jinan", dt.date(2022, 1, 1)]
    assert first.wind_speed_mean == pytest.approx(np.mean(np.arange(7, 31)))
    assert first.mixing_height_max == 300.0


def test_arrays_that_do_not_fit_are_refused() -> None:
    labels = Cycle.parse("2021-12-31T16").hours(1, 24)
    with pytest.raises(InputError, match="hours first"):
        city_weather(labels, np.ones((1, 24)), np.ones((24, 1)), ["Jinan"])
