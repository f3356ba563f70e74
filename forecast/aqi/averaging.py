"""Daily means, moving means and the greatest 8-hour mean, with the validity rules.

Hours are labelled by their end; a natural day holds the labels 01:00 to 24:00 in Beijing time.
The hour is the last axis of every array; NaN marks a missing value.
"""

from dataclasses import dataclass

import numpy as np

from forecast.aqi.standard import Statistic, Validity
from forecast.common.cycle import local_dates, local_labels
from forecast.fields.arrays import Float, Integers, Reals, Times


@dataclass(frozen=True)
class DayTable:
    """Which hours belong to which natural day.

    Attributes:
        dates: Natural days that the hours touch, Asia/Shanghai, datetime64[D], (nd,).
        day: Position in `dates` of each hour, (nt,).
        hour: Label of each hour within its day, 1 to 24, (nt,).
    """

    dates: Times
    day: Integers
    hour: Integers

    @classmethod
    def of(cls, labels: Times) -> "DayTable":
        """Build the table of hour-ending UTC labels."""
        dates, day = np.unique(local_dates(labels), return_inverse=True)
        clock = local_labels(labels).astype("datetime64[h]").astype(np.int64) % 24
        return cls(dates, day.astype(np.int64), np.where(clock == 0, 24, clock))

    def split(self, values: Reals) -> Float:
        """Put hourly values, (..., nt), into natural days, (..., nd, 24), NaN where none."""
        table = np.full((*values.shape[:-1], self.dates.size, 24), np.nan)
        table[..., self.day, self.hour - 1] = values
        return table

    def hours_present(self) -> Integers:
        """Count the labels of each day, (nd,)."""
        counted: Integers = np.bincount(self.day, minlength=self.dates.size).astype(np.int64)
        return counted


def moving_mean(values: Reals, window: int, least: int) -> Float:
    """Mean over the last `window` hours at each label.

    Args:
        values: Hourly means, (..., nt).
        window: Hours.
        least: Valid hours needed; hours before the first label count as missing.

    Returns:
        (..., nt), NaN where too few hours are valid.
    """
    padding = [(0, 0)] * (values.ndim - 1) + [(window - 1, 0)]
    padded = np.pad(np.asarray(values, np.float64), padding, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, window, axis=-1)
    return _mean_of_valid(windows, least)


def statistic(kind: Statistic, values: Reals, table: DayTable, validity: Validity) -> Float:
    """Compute one input of the index from hourly means.

    Args:
        kind: Which.
        values: Hourly means, (..., nt).
        table: The days of the hours.
        validity: How many values are needed.

    Returns:
        (..., nd) for statistics of a day, (..., nt) for those of an hour; NaN where invalid.
    """
    if kind is Statistic.HOUR:
        return np.asarray(values, np.float64)
    if kind is Statistic.MOVING_8H:
        return moving_mean(values, 8, validity.moving_8h_hours)
    if kind is Statistic.MOVING_24H:
        return moving_mean(values, 24, validity.moving_24h_hours)
    days = table.split(values)
    if kind is Statistic.DAY_MEAN:
        return _mean_of_valid(days, validity.day_mean_hours)
    if kind is Statistic.DAY_MAXIMUM:
        return _greatest(days, validity.day_maximum_hours)
    return greatest_8h_mean(days, validity)


def greatest_8h_mean(days: Float, validity: Validity) -> Float:
    """Greatest 8-hour moving mean of each natural day (MDA8).

    The windows end at the labels `mda8_first_end` to 24; the first of 08:00 holds the labels 01:00
    to 08:00, so that no window reaches into the day before.

    Args:
        days: Hourly means by day, (..., nd, 24).
        validity: A day with fewer valid windows than `mda8_windows` is valid only when the
            greatest mean, rounded, is above `mda8_valid_above`.

    Returns:
        (..., nd), NaN where invalid.
    """
    means = moving_mean(days, 8, validity.moving_8h_hours)[..., validity.mda8_first_end - 1 :]
    greatest = _greatest(means, 1)
    enough = np.sum(np.isfinite(means), axis=-1) >= validity.mda8_windows
    high = np.rint(np.nan_to_num(greatest)) > validity.mda8_valid_above
    valid: Float = np.where(enough | high, greatest, np.nan)
    return valid


def _mean_of_valid(windows: Float, least: int) -> Float:
    """Mean over the last axis where at least `least` values are valid."""
    valid = np.isfinite(windows)
    number = np.sum(valid, axis=-1)
    total = np.sum(np.where(valid, windows, 0.0), axis=-1)
    mean: Float = np.where(number >= least, total / np.maximum(number, 1), np.nan)
    return mean


def _greatest(windows: Float, least: int) -> Float:
    """Maximum over the last axis where at least `least` values are valid."""
    valid = np.isfinite(windows)
    greatest = np.max(np.where(valid, windows, -np.inf), axis=-1)
    found: Float = np.where(np.sum(valid, axis=-1) >= least, greatest, np.nan)
    return found
