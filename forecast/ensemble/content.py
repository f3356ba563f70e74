"""A look at what the output of a member holds, before it counts."""

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from forecast.config.ensemble import GateConfig
from forecast.fields.arrays import Reals

JUDGED = "pm25"
"""The variable by which members are compared."""
HOURS_PER_DAY = 24


@dataclass(frozen=True)
class ContentReport:
    """What a look at the output of one member found.

    Attributes:
        member: Name.
        hours: Leading hours in which every value is finite and within bounds and the model moved.
        problem: The first thing that is wrong, an English sentence; empty when nothing is.
        problem_zh: The same in Chinese, as the bulletin prints it.
        fingerprints: One a full day of PM2.5, from the first hour on; equal for equal fields.
        mean: Mean PM2.5 over domain and hours, ug m-3; NaN when there is none.
    """

    member: str
    hours: int
    problem: str = ""
    problem_zh: str = ""
    fingerprints: tuple[str, ...] = ()
    mean: float = math.nan


def inspect(
    member: str, variables: Iterable[tuple[str, Reals]], options: GateConfig
) -> ContentReport:
    """Look through the hourly output of one member.

    Args:
        member: Name.
        variables: Names and values, (hour, y, x), one after the other so that one at a time is in
            memory; the hours of the forecast only, without spin-up.
        options: Bounds.

    Returns:
        The report; a member without variables has no hours.
    """
    hours: int | None = None
    problem, judged = ("", ""), None
    marks: tuple[str, ...] = ()
    for name, values in variables:
        good, found = _good_hours(name, values, options.largest_concentration)
        if name == JUDGED:
            judged = values
            still = _first_still_hour(values[:good])
            if still is not None:
                good = still
                found = (
                    f"{name} of hour {still + 1} is in every cell the same as in the hour before",
                    f"第{still + 1}小时起结果不再变化",
                )
            marks = _fingerprints(values[:good])
        if hours is None or good < hours:
            hours, problem = good, found
    if hours is None or judged is None:
        missing = JUDGED if hours is not None else "a variable"
        return ContentReport(member, 0, f"the output does not hold {missing}", "结果文件缺少变量")
    return ContentReport(
        member, hours, *problem, marks[: hours // HOURS_PER_DAY], _mean(judged[:hours])
    )


def _good_hours(name: str, values: Reals, largest: float) -> tuple[int, tuple[str, str]]:
    """Count the leading hours that are sound and describe the first that is not."""
    flat = values.reshape(values.shape[0], -1)
    with np.errstate(invalid="ignore"):
        sound = np.all((flat >= 0.0) & (flat <= largest), axis=1)
    bad = np.flatnonzero(~sound)
    if bad.size == 0:
        return int(values.shape[0]), ("", "")
    first = int(bad[0])
    row = flat[first]
    worst = row[~((row >= 0.0) & (row <= largest))][0]
    words = f"{name} of hour {first + 1} holds '{worst}' (0 to {largest:g} was expected)"
    zh = "缺测值" if np.isnan(worst) else "超出物理范围的值"
    return first, (words, f"第{first + 1}小时出现{zh}")


def _first_still_hour(values: Reals) -> int | None:
    """Place of the first hour that equals the hour before in every cell: a model that stood."""
    if values.shape[0] < 2:
        return None
    flat = values.reshape(values.shape[0], -1)
    same = np.flatnonzero(np.all(flat[1:] == flat[:-1], axis=1))
    return int(same[0]) + 1 if same.size else None


def _fingerprints(values: Reals) -> tuple[str, ...]:
    days = values.shape[0] // HOURS_PER_DAY
    return tuple(
        hashlib.sha256(
            np.ascontiguousarray(values[day * HOURS_PER_DAY : (day + 1) * HOURS_PER_DAY]).data
        ).hexdigest()[:32]
        for day in range(days)
    )


def _mean(values: Reals) -> float:
    return float(np.mean(values, dtype=np.float64)) if values.shape[0] else math.nan
