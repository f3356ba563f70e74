"""Warnings of runs, tables and observations as spells that can be compared."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np

from forecast.common.cycle import Cycle
from forecast.fields.city_forecast import ABSENT
from forecast.fields.warnings import WarningSet
from forecast.verification.cubes import DayForecast, city_key
from forecast.verification.summary import ObservedWarnings
from forecast.verification.warnings import Proposals, Spell, local_hour
from forecast.warning.replay import DailyIndex, ReplayedWarning, replay
from forecast.warning.rules import WarningRules

MEMORY_DAYS = 6
"""Known days before a cycle that its episodes may have begun in."""


def observed_warnings(index: DailyIndex, rules: WarningRules) -> ObservedWarnings:
    """Find the spells in daily observations: the warnings that a perfect forecast would give."""
    return ObservedWarnings(
        rules=rules.title,
        levels=tuple(rules.levels),
        notice_hours=rules.notice_hours,
        spells=tuple(_spell(own) for own in replay(index, rules, as_forecast=True)),
    )


def proposals_of(warnings: WarningSet) -> Proposals:
    """What a run proposed: its episodes with the median start and end over their members."""
    start = local_hour(Cycle.parse(warnings.cycle).start)
    return Proposals(
        time=start,
        begin=start,
        until=_hour(warnings.data_end),
        spells=tuple(
            Spell(city.name_en, own.level, _hour(own.start.median), _hour(own.end.median))
            for city in warnings.cities
            for own in city.episodes
        ),
    )


def _hour(time: datetime) -> np.datetime64:
    return np.datetime64(time.replace(tzinfo=None), "h")


def proposals_of_table(
    rows: Sequence[DayForecast], rules: WarningRules, observed: DailyIndex
) -> tuple[Proposals, ...] | None:
    """Apply the rules to the median AQI of each cycle, day by day.

    The days before are those that were known when the cycle started: observed ones, and for days
    between these and the forecast what the cycle before has forecast.

    Args:
        rows: Forecasts.
        rules: The rules.
        observed: Daily AQI of the observations.

    Returns:
        None when no row has an AQI.
    """
    by_cycle: dict[np.datetime64, list[DayForecast]] = {}
    for row in rows:
        if np.isfinite(row.aqi):
            by_cycle.setdefault(row.cycle, []).append(row)
    made = []
    before: dict[tuple[str, date], int] = {}
    for cycle in sorted(by_cycle):
        own = {(row.city, _date(row.day)): int(np.ceil(row.aqi)) for row in by_cycle[cycle]}
        made.append(_proposal(by_cycle[cycle], before | own, rules, observed))
        before = own
    return tuple(made) or None


def _proposal(
    rows: Sequence[DayForecast],
    forecast: dict[tuple[str, date], int],
    rules: WarningRules,
    observed: DailyIndex,
) -> Proposals:
    cities = tuple(dict.fromkeys(row.city for row in rows))
    known, last = _date(rows[0].known), _date(max(row.day for row in rows))
    first = known - timedelta(days=MEMORY_DAYS - 1)
    days = tuple(first + timedelta(days=k) for k in range((last - first).days + 1))
    daily = np.full((len(cities), len(days)), ABSENT, dtype=np.int64)
    places = {city_key(name): place for place, name in enumerate(observed.cities)}
    for row, city in enumerate(cities):
        place = places.get(city_key(city))
        for column, day in enumerate(days):
            if day > known:
                daily[row, column] = forecast.get((city, day), ABSENT)
            elif place is not None and observed.days[0] <= day <= observed.days[-1]:
                daily[row, column] = observed.daily[place, (day - observed.days[0]).days]
    index = DailyIndex(cities, days, daily, np.full_like(daily, ABSENT))
    begin = min(row.day for row in rows).astype("datetime64[h]")
    spells = (_spell(own) for own in replay(index, rules, as_forecast=True))
    return Proposals(
        time=local_hour(rows[0].cycle),
        begin=begin,
        until=(np.datetime64(last, "D") + 1).astype("datetime64[h]"),
        spells=tuple(own for own in spells if own.end > begin),
    )


def _date(day: np.datetime64) -> date:
    found: date = day.astype("datetime64[D]").astype(object)
    return found


def _spell(own: ReplayedWarning) -> Spell:
    return Spell(
        city=own.city_en,
        level=own.level,
        start=np.datetime64(own.start, "D").astype("datetime64[h]"),
        end=(np.datetime64(own.end, "D") + 1).astype("datetime64[h]"),
    )
