"""A season of daily values, played once more: which warnings there would have been, and when.

Two ways: as a perfect forecast, which knows an episode from its first to its last day and is issued
with the notice that the rules ask for; and as monitoring alone, which knows each day at its end.
Daily values stand for natural days, whatever the rules say about 24 hours across midnight.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from forecast.aqi.index import individual_index
from forecast.aqi.standard import StandardSet
from forecast.fields.arrays import Booleans, Integers
from forecast.fields.city_daily import CityDaily
from forecast.fields.city_forecast import ABSENT
from forecast.fields.warnings import WarningLevel
from forecast.warning.daily_aqi import WINDOW
from forecast.warning.episodes import Air, Episode, episodes
from forecast.warning.rules import WarningRules

HEAVY = 200
"""Daily AQI above which air is heavily polluted (HJ 633)."""


@dataclass(frozen=True)
class ReplayedWarning:
    """One warning of one city.

    Attributes:
        city_en: English name of the city.
        level: Its highest level.
        issued: Local day on which it was issued.
        start: First local day under warning.
        end: Last local day under warning.
        max_daily_aqi: Greatest daily AQI of the pollutants that count, over its pollution.
        days: Days from the first to the last, both counted.
    """

    city_en: str
    level: WarningLevel
    issued: date
    start: date
    end: date
    max_daily_aqi: int
    days: int


@dataclass(frozen=True)
class Tally:
    """What the warnings of one city come to, against its daily AQI.

    Attributes:
        city_en: English name.
        levels: Number of warnings by level, those of the rules.
        days: Days under warning.
        heavy: Days with a daily AQI above 200.
        hit: Of those, the ones under warning.
        calm: Days under warning with a daily AQI of at most 200.
    """

    city_en: str
    levels: dict[WarningLevel, int]
    days: int
    heavy: int
    hit: int
    calm: int


@dataclass(frozen=True)
class DailyIndex:
    """Daily AQI of the pollutants that count, as the rules see it.

    Attributes:
        cities: English names.
        days: Local days without gaps, (day,).
        daily: AQI, `ABSENT` where there is none, (city, day).
        hourly: Greatest AQI of an hour of the day, likewise.
    """

    cities: tuple[str, ...]
    days: tuple[date, ...]
    daily: Integers
    hourly: Integers


def daily_index(
    observed: CityDaily, pollutants: Sequence[str], standards: StandardSet
) -> DailyIndex:
    """Form the AQI of natural days from daily means.

    Args:
        observed: Daily means of the cities.
        pollutants: Those that count, each with 24-hour breakpoints.
        standards: The AQI standards by local date; days before the first one take the first.

    Returns:
        The index; a day without any of the pollutants has none.
    """
    days = tuple(day.astype(object) for day in observed.days)
    holds = [standards.on(max(day, standards.begin)) for day in days]
    daily = np.full((len(observed.cities), len(days)), ABSENT, dtype=np.int64)
    for standard in {entry.id: entry for entry in holds}.values():
        here = np.array([entry is standard for entry in holds])
        for name in pollutants:
            column = standard.columns[f"{name}_24h"]
            found, _ = individual_index(column, standard.iaqi, observed.of(name)[:, here])
            daily[:, here] = np.maximum(daily[:, here], found)
    high = np.where(np.isfinite(observed.aqi_high), observed.aqi_high, ABSENT)
    return DailyIndex(observed.cities, days, daily, high.astype(np.int64))


def replay(
    index: DailyIndex, rules: WarningRules, *, as_forecast: bool
) -> tuple[ReplayedWarning, ...]:
    """Play the season.

    Args:
        index: Daily AQI of the cities.
        rules: The rules, applied to every day and city whether they bound it or not.
        as_forecast: True for a perfect forecast issued with the rules' notice, False for
            monitoring alone.

    Returns:
        The warnings, city by city, in time.
    """
    play = _forecast if as_forecast else _monitored
    return tuple(
        warning
        for city, daily, hourly in zip(index.cities, index.daily, index.hourly, strict=True)
        for warning in play(_City(city, index.days, daily, hourly), rules)
    )


@dataclass(frozen=True)
class _City:
    """One city of a `DailyIndex`."""

    name: str
    days: tuple[date, ...]
    daily: Integers
    hourly: Integers

    def air(self, first: int, known: int) -> Air:
        """Some of its days as hourly series: a daily value stands at the last label of its day."""
        daily = np.full((known - first, WINDOW), ABSENT, dtype=np.int64)
        daily[:, -1] = self.daily[first:known]
        return Air(daily.ravel(), np.repeat(self.hourly[first:known], WINDOW))

    def peak(self, first: int, last: int) -> int:
        """Greatest daily AQI from one day to another, both counted."""
        return int(self.daily[first : last + 1].max())


def _forecast(city: _City, rules: WarningRules) -> Iterable[ReplayedWarning]:
    """Every episode is known beforehand from its first to its last day."""
    notice = timedelta(days=-(-rules.notice_hours // WINDOW))
    for episode in episodes(city.air(0, len(city.days)), rules):
        first, last = _days(episode)
        yield ReplayedWarning(
            city_en=city.name,
            level=episode.level,
            issued=city.days[first] - notice,
            start=city.days[first],
            end=city.days[last],
            max_daily_aqi=city.peak(first, last),
            days=last - first + 1,
        )


def _days(episode: Episode) -> tuple[int, int]:
    return episode.start // WINDOW, (episode.stop - 1) // WINDOW


def _monitored(city: _City, rules: WarningRules) -> Iterable[ReplayedWarning]:
    """Each day is known at its end.

    A warning begins the day after its conditions were met, rises with the level, and is lifted once
    the air has been below the lowest level for long enough.
    """
    quiet = city.daily < min(rule.least for rule in rules.levels.values())
    rest = rules.lift_hours // WINDOW + 1
    begin, opened, reached, spell = 0, None, WarningLevel.NONE, (0, 0)
    for known in range(1, len(city.days)):
        found = episodes(city.air(begin, known), rules)
        if found and begin * WINDOW + found[-1].stop + rules.lift_hours > known * WINDOW:
            opened = known if opened is None else opened
            reached = max(reached, found[-1].level, key=lambda level: level.rank)
            first, last = _days(found[-1])
            spell = (begin + first, begin + last)
        elif opened is not None:
            yield _warning(city, reached, (opened, known - 1), spell)
            opened, reached = None, WarningLevel.NONE
        if opened is None and quiet[max(0, known - rest) : known].all():
            begin = known  # what comes later has nothing to do with what was before
    if opened is not None:
        yield _warning(city, reached, (opened, len(city.days) - 1), spell)


def _warning(
    city: _City, level: WarningLevel, under: tuple[int, int], spell: tuple[int, int]
) -> ReplayedWarning:
    first, last = under
    return ReplayedWarning(
        city_en=city.name,
        level=level,
        issued=city.days[first],
        start=city.days[first],
        end=city.days[last],
        max_daily_aqi=city.peak(*spell),
        days=last - first + 1,
    )


def tally(
    index: DailyIndex, warnings: Sequence[ReplayedWarning], rules: WarningRules
) -> tuple[Tally, ...]:
    """Hold the warnings against the daily AQI.

    Args:
        index: The AQI that was observed.
        warnings: Those of all its cities.
        rules: The rules that they follow.
    """
    found = []
    for city, daily in zip(index.cities, index.daily, strict=True):
        own = [warning for warning in warnings if warning.city_en == city]
        under = _under(index.days, own)
        heavy = daily > HEAVY
        found.append(
            Tally(
                city_en=city,
                levels={lv: sum(w.level is lv for w in own) for lv in rules.levels},
                days=int(under.sum()),
                heavy=int(heavy.sum()),
                hit=int((heavy & under).sum()),
                calm=int((under & ~heavy).sum()),
            )
        )
    return tuple(found)


def _under(days: Sequence[date], warnings: Iterable[ReplayedWarning]) -> Booleans:
    """Mark the days under any of some warnings."""
    marked = np.zeros(len(days), dtype=np.bool_)
    for warning in warnings:
        first, last = ((day - days[0]).days for day in (warning.start, warning.end))
        marked[max(0, first) : last + 1] = True
    return marked
