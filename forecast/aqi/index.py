"""IAQI, AQI and primary pollutants, in whole numbers from the rounded concentration on.

The individual index is linear between breakpoints and rounded up (HJ 633, equation 1). Rounding up
a floating-point quotient can land one too high, so the division is done in integers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecast.aqi.averaging import DayTable, statistic
from forecast.aqi.standard import AboveRule, AqiStandard, Column, Input
from forecast.fields.arrays import Booleans, Float, Integers, Reals
from forecast.fields.city_forecast import ABSENT, AQI_POLLUTANTS


@dataclass(frozen=True)
class AqiResult:
    """The index of any number of places and times, (...).

    Attributes:
        available: Greatest individual index of the pollutants that are there, `ABSENT` where none
            is; not to be published as it stands.
        value: The index that the standard lets be published, `ABSENT` where it is NA.
        iaqi: Individual indices, (pollutant, ...), `ABSENT` where there is none.
        primary: True for pollutants of the greatest index above 50, ties all, (pollutant, ...).
        missing: True for pollutants without an index, (pollutant, ...).
    """

    available: Integers
    value: Integers
    iaqi: Integers
    primary: Booleans
    missing: Booleans


def rounded(concentration: Reals, decimals: int) -> Integers:
    """Round to a number of decimals, half to even (GB/T 8170).

    Returns:
        Whole multiples of 10 ** -decimals; `ABSENT` for NaN and for values that round below 0.
    """
    # 9 decimals take away the error of the multiplication, so that a decimal half stays a half
    scaled = np.rint(np.round(np.asarray(concentration, np.float64) * 10.0**decimals, 9))
    valid = np.isfinite(scaled) & (scaled >= 0.0)
    whole: Integers = np.where(valid, scaled, float(ABSENT)).astype(np.int64)
    return whole


def individual_index(
    column: Column, iaqi: tuple[int, ...], concentration: Reals
) -> tuple[Integers, Booleans]:
    """Individual index of one column of breakpoints.

    Args:
        column: Breakpoints.
        iaqi: Indices of the breakpoints.
        concentration: ug m-3 (CO mg m-3), any shape.

    Returns:
        Index, `ABSENT` where there is none, and True where the column gives none because the
        concentration is above its last breakpoint.
    """
    whole = rounded(concentration, column.decimals)
    edges = np.array(column.breakpoints, dtype=np.int64) * 10**column.decimals
    marks = np.array(iaqi[: edges.size], dtype=np.int64)
    upper = np.clip(np.searchsorted(edges, whole, side="left"), 1, edges.size - 1)
    width = edges[upper] - edges[upper - 1]
    rise = (marks[upper] - marks[upper - 1]) * (whole - edges[upper - 1])
    index = marks[upper - 1] - (-rise // width)
    above = whole > edges[-1]
    rule = column.above_top
    top = {AboveRule.CAP: int(marks[-1]), AboveRule.FIXED: rule.iaqi, AboveRule.NONE: ABSENT}
    index = np.where(above, top[rule.rule], index)
    index = np.where(whole == ABSENT, ABSENT, index)
    return index.astype(np.int64), above & (rule.rule is AboveRule.NONE)


def daily_index(standard: AqiStandard, hourly: Sequence[Reals], table: DayTable) -> AqiResult:
    """Index of natural days, as the daily report computes it.

    Args:
        standard: The standard.
        hourly: Hourly means of each pollutant in the order of `AQI_POLLUTANTS`, each (..., nt).
        table: The days of the hours.

    Returns:
        Arrays (..., nd).
    """
    return _index(standard, standard.daily, hourly, table)


def hourly_index(standard: AqiStandard, hourly: Sequence[Reals], table: DayTable) -> AqiResult:
    """Index of hours, as the real-time report computes it; arrays (..., nt)."""
    return _index(standard, standard.hourly, hourly, table)


def _index(
    standard: AqiStandard, inputs: tuple[Input, ...], hourly: Sequence[Reals], table: DayTable
) -> AqiResult:
    """Greatest index over the inputs of each pollutant, then over the pollutants."""
    by_pollutant: dict[str, Integers] = {}
    for entry in inputs:
        found = _input_index(standard, entry, hourly, table)
        name = standard.columns[entry.column].pollutant
        other = by_pollutant.get(name)
        by_pollutant[name] = found if other is None else np.maximum(found, other)
    return combine(standard, np.stack([by_pollutant[name] for name in AQI_POLLUTANTS]))


def _input_index(
    standard: AqiStandard, entry: Input, hourly: Sequence[Reals], table: DayTable
) -> Integers:
    column = standard.columns[entry.column]
    values: Float = statistic(
        entry.statistic,
        hourly[AQI_POLLUTANTS.index(column.pollutant)],
        table,
        standard.validity,
    )
    index, refused = individual_index(column, standard.iaqi, values)
    if entry.fallback is None:
        return index
    other = _input_index(standard, entry.fallback, hourly, table)
    chosen: Integers = np.where(refused, other, index)
    return chosen


def combine(standard: AqiStandard, iaqi: Integers) -> AqiResult:
    """Make the index of individual indices, (pollutant, ...), `ABSENT` where there is none."""
    greatest = np.max(iaqi, axis=0)
    available = np.where(greatest == ABSENT, ABSENT, np.maximum(greatest, standard.smallest_aqi))
    missing = iaqi == ABSENT
    return AqiResult(
        available=available,
        value=publishable(standard, available, missing),
        iaqi=iaqi,
        primary=(iaqi == greatest) & (greatest > 50),
        missing=missing,
    )


def publishable(standard: AqiStandard, available: Integers, missing: Booleans) -> Integers:
    """Apply the rule of missing pollutants.

    Args:
        standard: The standard.
        available: Index of the pollutants that are there, (...).
        missing: True for those that are not, (pollutant, ...).

    Returns:
        The index that may be published, `ABSENT` where it is NA.
    """
    counts = np.array([name not in standard.missing.tolerated for name in AQI_POLLUTANTS])
    lacking = np.any(missing & counts.reshape(-1, *(1,) * (missing.ndim - 1)), axis=0)
    low = available <= standard.missing.publish_above
    value: Integers = np.where(lacking & low, ABSENT, available)
    return value
