"""Episodes of one trajectory: spells above the thresholds, their levels, and what joins them.

Hours are counted from 0; hour h ends at label h. A daily AQI at label h stands for the hours h - 23
to h. A condition "above 200 for 48 hours" is fulfilled by a spell of 48 hours that all lie in some
24 hours with a daily AQI above 200 (`Persistence.COVERED`); two natural days in a row do it, and so
do 24-hour means at labels that are 24 hours apart, whatever the labels between say. With
`Persistence.UNBROKEN` every label between must be above the threshold too.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from forecast.fields.arrays import Booleans, Integers
from forecast.fields.city_forecast import ABSENT
from forecast.fields.warnings import WarningLevel
from forecast.warning.daily_aqi import WINDOW
from forecast.warning.rules import Clause, Condition, Measure, Persistence, WarningRules

Span = tuple[int, int]
"""First hour and the hour after the last."""


class Air(NamedTuple):
    """One trajectory, as the rules judge it.

    Attributes:
        daily: Daily AQI at each label, `ABSENT` where there is none, (hour,).
        hourly: AQI of the single hours, likewise; only rules with hourly conditions look at it.
    """

    daily: Integers
    hourly: Integers


@dataclass(frozen=True)
class Episode:
    """One spell of a trajectory that calls for one warning.

    Attributes:
        level: Highest level of the rules that it fulfils.
        start: First hour.
        stop: Hour after the last.
    """

    level: WarningLevel
    start: int
    stop: int


def spells(aqi: Integers, least: int, persistence: Persistence) -> list[Span]:
    """Find the spells with a daily AQI of at least `least`.

    Args:
        aqi: Daily AQI at each label, `ABSENT` where there is none, (hour,).
        least: Threshold.
        persistence: What makes a spell last.

    Returns:
        Spells in time; without overlap when covered.
    """
    above = aqi >= least
    if persistence is Persistence.UNBROKEN:
        return [(max(0, first - WINDOW + 1), last) for first, last in runs(above)]
    covered = np.zeros(aqi.size + 1, dtype=np.int64)
    for label in np.flatnonzero(above).tolist():
        covered[max(0, label - WINDOW + 1)] += 1
        covered[label + 1] -= 1
    return runs(np.cumsum(covered[:-1]) > 0)


def runs(mask: Booleans) -> list[Span]:
    """Find the runs of True as (first, after the last)."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def fulfilling(air: Air, clause: Clause, persistence: Persistence) -> list[Span]:
    """Find the spells that fulfil a clause: those of its lowest threshold that hold all others."""
    lowest, *others = clause.ordered
    found = _lasting(air, lowest, persistence)
    for condition in others:
        inner = _lasting(air, condition, persistence)
        found = [span for span in found if any(span[0] <= a and b <= span[1] for a, b in inner)]
    return found


def _lasting(air: Air, condition: Condition, persistence: Persistence) -> list[Span]:
    if condition.of is Measure.HOURLY:
        found = runs(air.hourly >= condition.least)
    else:
        found = spells(air.daily, condition.least, persistence)
    return [(start, stop) for start, stop in found if stop - start >= condition.hours]


def level_hours(air: Air, rules: WarningRules) -> dict[WarningLevel, Booleans]:
    """Mark the hours of spells that fulfil each level by itself, mildest first."""
    marked = {}
    for level, rule in rules.levels.items():
        hours = np.zeros(air.daily.size, dtype=np.bool_)
        for clause in rule.any_of:
            for start, stop in fulfilling(air, clause, rules.persistence):
                hours[start:stop] = True
        marked[level] = hours
    return marked


def episodes(air: Air, rules: WarningRules) -> tuple[Episode, ...]:
    """Find the episodes of one trajectory.

    An episode holds every hour of spells that fulfil any level; spells with a gap shorter than
    `lift_hours`, in which a warning could not be lifted, are one. It has the highest level that
    one of its spells fulfils (the levels of the rules are tried from the most severe down).

    Args:
        air: The trajectory.
        rules: The rules.
    """
    marked = level_hours(air, rules)
    any_level = np.logical_or.reduce(list(marked.values()))
    found = []
    for start, stop in joined(runs(any_level), rules.lift_hours):
        level = next(level for level in reversed(rules.levels) if marked[level][start:stop].any())
        found.append(Episode(level, start, stop))
    return tuple(found)


def joined(spans: list[Span], shortest_gap: int) -> list[Span]:
    """Join spans, in time, whose gap is shorter than `shortest_gap` hours."""
    result: list[Span] = []
    for start, stop in spans:
        if result and start - result[-1][1] < shortest_gap:
            result[-1] = (result[-1][0], max(stop, result[-1][1]))
        else:
            result.append((start, stop))
    return result


def if_it_stayed(air: Air, known_hours: int, rules: WarningRules) -> tuple[Episode, ...]:
    """Find the episodes that there would be if the air stayed as it is at the end of the data.

    The last values are carried on for the longest duration that the rules know. Episodes that would
    only begin after the data are left out.

    Args:
        air: The trajectory.
        known_hours: Hours with data; values after them are `ABSENT`.
        rules: The rules.
    """
    further = rules.longest_hours + WINDOW
    stayed = Air(*(_carried_on(series[:known_hours], further) for series in air))
    if stayed.daily.max(initial=ABSENT) == ABSENT:
        return ()
    return tuple(e for e in episodes(stayed, rules) if e.start < known_hours)


def _carried_on(known: Integers, hours: int) -> Integers:
    """A series with its last value repeated behind it."""
    there = np.flatnonzero(known != ABSENT)
    last = known[there[-1]] if there.size else ABSENT
    return np.concatenate([known, np.full(hours, last)])
