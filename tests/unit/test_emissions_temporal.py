"""Variation in time: local hours, weekdays, months, and means of one."""

import calendar

import numpy as np
import pytest

from forecast.fields.arrays import Times
from forecast.fields.inventory import SECTORS, TimeProfiles
from forecast.prepare.temporal import local_month, month_rate, time_factors, weekday


def hours(first: str, count: int) -> Times:
    times: Times = np.datetime64(first, "s") + np.arange(count) * np.timedelta64(3600, "s")
    return times


def profiles() -> TimeProfiles:
    """Profiles with a different number for every hour, day and month."""
    sectors = len(SECTORS)
    month = np.tile(np.arange(1.0, 13.0), (sectors, 1)) / 78.0
    week = np.tile([1.2, 1.1, 1.1, 1.1, 1.1, 0.8, 0.6], (sectors, 1))
    hour = np.tile(np.arange(24.0) / 11.5, (sectors, 1))
    return TimeProfiles(month, week, hour)


def test_weekdays_are_those_of_the_calendar() -> None:
    days = np.array(["2022-01-01", "2022-01-03", "2008-08-08", "1969-07-20"], "datetime64[D]")
    assert weekday(days).tolist() == [5, 0, 4, 6]  # Saturday, Monday, Friday, Sunday


def test_months_are_those_of_beijing() -> None:
    assert local_month(np.datetime64("2021-12-31T15", "s")) == (2021, 12)
    assert local_month(np.datetime64("2021-12-31T16", "s")) == (2022, 1)


def test_hours_and_weekdays_are_local() -> None:
    # 2022-01-02T17 UTC is 01:00 on Monday 3 January in Beijing. January 2022 has 5 Mondays,
    # Saturdays and Sundays and 4 of each other day.
    january = (5 * (1.2 + 0.8 + 0.6) + 4 * 4 * 1.1) / 31.0
    factor = time_factors(hours("2022-01-02T17", 1), profiles(), 2022, 1)
    assert factor[0] == pytest.approx(1.0 / 11.5 * 1.2 / january)


@pytest.mark.parametrize(("year", "month", "days"), [(2022, 1, 31), (2022, 2, 28), (2024, 2, 29)])
def test_the_mean_over_a_local_month_is_one(year: int, month: int, days: int) -> None:
    times = hours(f"{year}-{month:02d}-01T00", days * 24) - np.timedelta64(8, "h")
    factor = time_factors(times, profiles(), year, month)
    assert factor.mean(axis=0) == pytest.approx(1.0, rel=1e-13)


def test_the_year_adds_up_to_the_total() -> None:
    total = np.zeros(len(SECTORS))
    for month in range(1, 13):
        count = calendar.monthrange(2022, month)[1]
        times = hours(f"2022-{month:02d}-01T00", count * 24) - np.timedelta64(8, "h")
        factor = time_factors(times, profiles(), 2022, 1)
        total += (factor * month_rate(profiles(), 2022, 1)).sum(axis=0) * 3600.0
    assert total == pytest.approx(1.0, rel=1e-13)


def test_a_run_over_new_year_keeps_both_months() -> None:
    times = hours("2021-12-31T15", 2)
    factor = time_factors(times, profiles(), 2022, 1)
    december, january = month_rate(profiles(), 2021, 12)[0], month_rate(profiles(), 2022, 1)[0]
    own = [
        time_factors(times[:1], profiles(), 2021, 12)[0, 0],
        time_factors(times[1:], profiles(), 2022, 1)[0, 0],
    ]
    assert factor[0, 0] == pytest.approx(own[0] * december / january)
    assert factor[1, 0] == pytest.approx(own[1])
