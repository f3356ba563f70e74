"""The daily AQI that warnings are judged by, hour by hour along every trajectory.

A value at an hour label stands for the 24 hours that end there. Missing hours count as clean air,
and 24 hours with too many of them have no value: missing data can hide a level, never make one.
"""

from dataclasses import dataclass

import numpy as np

from forecast.aqi.averaging import DayTable
from forecast.aqi.city import standards_of
from forecast.aqi.index import individual_index
from forecast.aqi.standard import AqiStandard, StandardSet
from forecast.fields.arrays import Booleans, Float, Integers, Reals
from forecast.fields.city_forecast import ABSENT, CityHourly
from forecast.warning.rules import Form, Period, WarningRules

WINDOW = 24
"""Hours of a daily value."""


@dataclass(frozen=True)
class DailyAqi:
    """Daily AQI of every trajectory.

    Attributes:
        aqi: `ABSENT` where there is none, (member, city, hour).
        pollutant: Position in `pollutants` of the one with the greatest index, same shape.
        pollutants: Those that count.
        pm25: 24-hour mean of PM2.5, ug m-3, NaN where there is none, same shape.
        known: True up to the last hour of each trajectory that holds data, same shape.
        hourly: AQI of the single hours, same shape; `ABSENT` where there is none, and throughout
            when the rules do not ask for it.
    """

    aqi: Integers
    pollutant: Integers
    pollutants: tuple[str, ...]
    pm25: Float
    known: Booleans
    hourly: Integers


def daily_aqi(hourly: CityHourly, rules: WarningRules, standards: StandardSet) -> DailyAqi:
    """Form the daily AQI as the rules ask.

    Args:
        hourly: Hourly city means of every member.
        rules: Which pollutants, which 24 hours, in which order.
        standards: The AQI standards by local date.

    Raises:
        ConfigurationError: No standard holds on one of the days.
    """
    table = DayTable.of(hourly.labels)
    by_day = standards_of(table.dates, standards)
    holds = [by_day[int(day)] for day in table.day]
    least = rules.daily_aqi.minimum_hours
    found, single = [], []
    for name in rules.pollutants:
        series = hourly.series(name)
        if rules.daily_aqi.form is Form.AQI_OF_MEAN:
            found.append(_indices(name, mean_of_24h(series, least), holds))
        if rules.daily_aqi.form is Form.MEAN_OF_AQI or rules.uses_hours:
            single.append(_indices(name, series, holds))
        if rules.daily_aqi.form is Form.MEAN_OF_AQI:
            index = single[-1]
            values = np.where(index == ABSENT, np.nan, index.astype(np.float64))
            mean = np.ceil(np.round(mean_of_24h(values, least), 9))
            found.append(np.where(np.isnan(mean), ABSENT, np.nan_to_num(mean)).astype(np.int64))
    indices = np.stack(found)
    if rules.daily_aqi.period is Period.NATURAL_DAY:
        indices = np.where(table.hour == WINDOW, indices, ABSENT)
    counted = np.stack([hourly.series(name) for name in rules.pollutants])
    return DailyAqi(
        aqi=np.max(indices, axis=0),
        pollutant=np.argmax(indices, axis=0).astype(np.int64),
        pollutants=rules.pollutants,
        pm25=mean_of_24h(hourly.series("pm25"), least),
        known=_known(np.any(np.isfinite(counted), axis=0)),
        hourly=np.max(single, axis=0) if single else np.full(indices.shape[1:], ABSENT),
    )


def mean_of_24h(values: Reals, least: int) -> Float:
    """Mean of the 24 hours that end at each label, missing hours counted as zero.

    Args:
        values: (..., hour), NaN where missing.
        least: Hours that must be there.

    Returns:
        (..., hour); NaN where fewer are there, and at the first 23 labels.
    """
    there = np.isfinite(values)
    padding = [(0, 0)] * (values.ndim - 1) + [(WINDOW - 1, 0)]

    def windows(array: Reals) -> Reals:
        padded = np.pad(array, padding)
        return np.lib.stride_tricks.sliding_window_view(padded, WINDOW, axis=-1)

    total = np.sum(windows(np.where(there, values, 0.0).astype(np.float64)), axis=-1)
    number = np.sum(windows(there.astype(np.float64)), axis=-1)
    complete = np.arange(values.shape[-1]) >= WINDOW - 1
    mean: Float = np.where(complete & (number >= least), total / WINDOW, np.nan)
    return mean


def _indices(name: str, values: Float, holds: list[AqiStandard]) -> Integers:
    """Put values through the 24-hour breakpoints of the standard that holds at each label."""
    result = np.full(values.shape, ABSENT, dtype=np.int64)
    for standard in {entry.id: entry for entry in holds}.values():
        index, _ = individual_index(standard.columns[f"{name}_24h"], standard.iaqi, values)
        here = np.array([entry is standard for entry in holds])
        result = np.where(here, index, result)
    return result


def _known(there: Booleans) -> Booleans:
    """Fill everything before the last True along the last axis."""
    backwards = np.logical_or.accumulate(there[..., ::-1], axis=-1)
    known: Booleans = backwards[..., ::-1]
    return known
