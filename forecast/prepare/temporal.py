"""Variation of emissions in time: month, weekday and hour of Beijing time."""

from calendar import monthrange

import numpy as np

from forecast.fields.arrays import Float, Integers, Times
from forecast.fields.inventory import TimeProfiles

_LOCAL = np.timedelta64(8, "h")
_DAY_SECONDS = 86400.0
_EPOCH_WEEKDAY = 3
"""1 January 1970 was a Thursday; Monday is 0."""


def local_month(time: np.datetime64) -> tuple[int, int]:
    """Year and month (1 to 12) of a UTC time in Beijing."""
    months = int((time + _LOCAL).astype("datetime64[M]").astype(np.int64))
    return 1970 + months // 12, months % 12 + 1


def month_rate(profiles: TimeProfiles, year: int, month: int) -> Float:
    """Mean of a month relative to a year's total, s-1, (nsector,): share over its seconds."""
    seconds = monthrange(year, month)[1] * _DAY_SECONDS
    return np.asarray(profiles.month[:, month - 1] / seconds)


def time_factors(times: Times, profiles: TimeProfiles, year: int, month: int) -> Float:
    """Factors on the mean rate of one month for hours of that month or others.

    Weekdays count relative to the mean over the days of their own month, so the factor has mean 1
    over the hours of the month named, and a month's share of the year is exact.

    Args:
        times: Start of each hour, UTC, (nt,).
        profiles: Profiles in local time.
        year: Year of the month whose mean the factors multiply.
        month: That month, 1 to 12.

    Returns:
        Dimensionless, (nt, nsector).
    """
    local = (times + _LOCAL).astype("datetime64[h]")
    days = local.astype("datetime64[D]")
    hour = (local - days.astype("datetime64[h]")).astype(np.int64)
    months = days.astype("datetime64[M]")
    factor = profiles.hour[:, hour].T * profiles.weekday[:, weekday(days)].T
    reference = month_rate(profiles, year, month)
    for each in np.unique(months):
        y, m = local_month(each.astype("datetime64[s]"))
        week = profiles.weekday[:, weekday(_days_of(each))].mean(axis=1)
        factor[months == each] *= month_rate(profiles, y, m) / reference / week
    return np.asarray(factor)


def weekday(days: Times) -> Integers:
    """Day of the week, Monday is 0, of dates (datetime64[D])."""
    return np.asarray((days.astype(np.int64) + _EPOCH_WEEKDAY) % 7)


def _days_of(month: np.datetime64) -> Times:
    first, after = month.astype("datetime64[D]"), (month + 1).astype("datetime64[D]")
    count = int((after - first).astype(np.int64))
    days: Times = first + np.arange(count).astype("timedelta64[D]")
    return days
