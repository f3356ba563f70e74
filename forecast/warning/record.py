"""The proposal of one city, put together from its members' episodes and events."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

import numpy as np

from forecast.config.warning import WarningConfig
from forecast.fields.arrays import Float, Integers
from forecast.fields.city_forecast import ABSENT, SYMBOLS, CityDay, CityName
from forecast.fields.warnings import (
    CityWarning,
    LevelAssessment,
    TimeSpread,
    WarningDay,
    WarningEpisode,
    WarningLevel,
    WarningSet,
)
from forecast.warning.episodes import Episode, spells
from forecast.warning.events import Enough, Event, events, reaching, touching
from forecast.warning.reason import Facts, no_warning, undecided, warning
from forecast.warning.rules import WarningRules
from forecast.warning.timeline import Timeline


@dataclass(frozen=True)
class CityView:
    """All that is known about one city.

    Attributes:
        city: Its name.
        members: Names of the members.
        aqi: Daily AQI, (member, hour).
        pollutant: Position in `pollutants` of the greatest index, (member, hour).
        pollutants: Pollutants that count.
        pm25: 24-hour mean of PM2.5, (member, hour).
        hours: Hours with data of each member, (member,).
        episodes: Episodes of each member.
        possible: Episodes of each member if the air stayed after the end of its data.
    """

    city: CityName
    members: tuple[str, ...]
    aqi: Integers
    pollutant: Integers
    pollutants: tuple[str, ...]
    pm25: Float
    hours: Integers
    episodes: tuple[tuple[Episode, ...], ...]
    possible: tuple[tuple[Episode, ...], ...]


def city_warning(
    view: CityView, rules: WarningRules, options: WarningConfig, enough: Enough, line: Timeline
) -> CityWarning:
    """Put the proposal of one city together.

    Args:
        view: The city.
        rules: The rules.
        options: How the level is recommended.
        enough: The same as a function of a number of members.
        line: The hours of the series.
    """
    found = events(view.episodes, rules.lift_hours, enough)
    level = max((e.level for e in found), key=lambda one: one.rank, default=WarningLevel.NONE)
    number = len(view.members)
    proposed = tuple(_episode(view, event, rules, line) for event in found)
    horizon = _horizon(view, line)
    assessments = _assessments(view, rules, line, horizon)
    peaks = tuple(int(own.max()) for own in view.aqi if own.max() != ABSENT)
    if level is WarningLevel.NONE:
        count = reaching(view.episodes, next(iter(rules.levels)))
        probability = (number - count) / number
        words = no_warning(rules, options, Facts(number, count, peaks))
    else:
        count = reaching(view.episodes, level)
        probability = count / number
        main = next(index for index, event in enumerate(found) if event.level is level)
        facts = Facts(number, count, peaks, _durations(view, found[main], rules))
        words = warning(rules, proposed[main], facts)
    note = _undecided(view, level, assessments, rules, enough, horizon)
    return CityWarning(
        code=view.city.code,
        name_en=view.city.name_en,
        name_zh=view.city.name_zh,
        level=level,
        probability=probability,
        assessments=assessments,
        episodes=proposed,
        days=_days(view, found, line),
        decidable=not note,
        decidable_note=note,
        reason=words,
    )


def _horizon(view: CityView, line: Timeline) -> int:
    """Hours of data after the cycle's start that half of the members have."""
    middle = np.sort(view.hours)[(view.hours.size - 1) // 2]
    return max(0, int(middle) - line.hours_before)


def _assessments(
    view: CityView, rules: WarningRules, line: Timeline, horizon: int
) -> tuple[LevelAssessment, ...]:
    number = len(view.members)
    both = [own + more for own, more in zip(view.episodes, view.possible, strict=True)]
    found = []
    for level, rule in rules.levels.items():
        starts = [e.start for own in view.episodes for e in own if e.level.rank >= level.rank]
        needed = rules.notice_hours + rule.hours
        found.append(
            LevelAssessment(
                level=level,
                probability=reaching(view.episodes, level) / number,
                possible_probability=reaching(both, level) / number,
                earliest=line.time(min(starts)) if starts else None,
                hours_needed=needed,
                decidable=horizon >= needed,
            )
        )
    return tuple(found)


def _undecided(
    view: CityView,
    level: WarningLevel,
    assessments: Sequence[LevelAssessment],
    rules: WarningRules,
    enough: Enough,
    horizon: int,
) -> str:
    """Say which higher levels the end of the data leaves open; empty when none."""
    higher = [entry for entry in assessments if entry.level.rank > level.rank]
    number = len(view.members)
    going_on = [
        entry.level.name_zh
        for entry in higher
        if entry.possible_probability > entry.probability
        and enough(round(entry.possible_probability * number))
    ]
    return undecided(rules, horizon, [e for e in higher if not e.decidable], going_on)


def _episode(view: CityView, event: Event, rules: WarningRules, line: Timeline) -> WarningEpisode:
    starts = sorted(start for start, _ in event.spans)
    stops = sorted(stop for _, stop in event.spans)
    begin = line.time(event.start)
    issue_by = begin - timedelta(hours=rules.notice_hours)
    return WarningEpisode(
        level=event.level,
        probability=len(event.members) / len(view.members),
        members=tuple(view.members[k] for k in event.members),
        start=TimeSpread(line.time(starts[0]), begin, line.time(starts[-1])),
        end=TimeSpread(line.time(stops[0]), line.time(event.stop), line.time(stops[-1])),
        open_ended=event.stop >= int(np.max(view.hours)),
        peak_aqi=_spread(int(view.aqi[k, a:b].max()) for k, a, b in _parts(event)),
        peak_pm25=_peak_pm25(view, event),
        primary_pollutant=_primary(view, event),
        issue_by=issue_by,
        notice_kept=line.start <= issue_by,
    )


def _peak_pm25(view: CityView, event: Event) -> tuple[float, float, float] | None:
    parts = [view.pm25[k, a:b] for k, a, b in _parts(event)]
    if not all(np.isfinite(part).any() for part in parts):
        return None
    return _spread(float(np.nanmax(part)) for part in parts)


def _primary(view: CityView, event: Event) -> str:
    """Pollutant of the greatest daily AQI in most members of an event."""
    votes: Counter[int] = Counter()
    for k, a, b in _parts(event):
        votes[int(view.pollutant[k, a + int(view.aqi[k, a:b].argmax())])] += 1
    winner = min(votes, key=lambda index: (-votes[index], index))
    return SYMBOLS[view.pollutants[winner]]


def _durations(view: CityView, event: Event, rules: WarningRules) -> tuple[tuple[int, int], ...]:
    """Median over the members of the longest spell above each threshold that the rules name."""
    limits = {
        condition.least - 1
        for level in rules.levels.values()
        for clause in level.any_of
        for condition in clause.all_of
    }
    found = []
    for limit in sorted(limits):
        longest = [
            max(
                (stop - start for start, stop in spells(part, limit + 1, rules.persistence)),
                default=0,
            )
            for part in (view.aqi[k, a:b] for k, a, b in _parts(event))
        ]
        found.append((limit, _spread(longest)[1]))
    return tuple(found)


def _days(view: CityView, found: Sequence[Event], line: Timeline) -> tuple[WarningDay, ...]:
    number = len(view.members)
    days = []
    for day in line.days:
        first, last = day.hours
        touched = [e.level for e in found if e.start < last and first < e.stop]
        level = max(touched, key=lambda one: one.rank, default=WarningLevel.NONE)
        count = touching(view.episodes, level, day.hours)
        if level is WarningLevel.NONE or count == 0:
            free = number - touching(view.episodes, WarningLevel.NONE, day.hours)
            days.append(WarningDay(day.date, WarningLevel.NONE, free / number))
        else:
            days.append(WarningDay(day.date, level, count / number))
    return tuple(days)


def with_levels(days: Iterable[CityDay], warnings: WarningSet) -> tuple[CityDay, ...]:
    """Write the proposed levels into the daily city forecast.

    Args:
        days: Daily records of any cities.
        warnings: The proposals.

    Returns:
        The records with `level` and `level_probability`; one without a proposal keeps its own.
    """
    found = {(city.name_en, day.date): day for city in warnings.cities for day in city.days}
    return tuple(
        replace(
            day,
            level=found[key].level.value,
            level_probability=found[key].level_probability,
        )
        if (key := (day.city_en, day.date)) in found
        else day
        for day in days
    )


Number = TypeVar("Number", int, float)


def _spread(values: Iterable[Number]) -> tuple[Number, Number, Number]:
    """Lowest, median (the greater one of an even number) and highest."""
    ordered = sorted(values)
    return ordered[0], ordered[len(ordered) // 2], ordered[-1]


def _parts(event: Event) -> Iterator[tuple[int, int, int]]:
    """Position of each member of an event with the first and last bound of its episodes."""
    for member, (start, stop) in zip(event.members, event.spans, strict=True):
        yield member, start, stop
