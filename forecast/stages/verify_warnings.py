"""Warnings of runs, tables and observations as spells that can be compared."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from forecast.aqi.standard import StandardSet
from forecast.common.cycle import Cycle
from forecast.fields.city_daily import CityDaily
from forecast.fields.city_forecast import ABSENT
from forecast.fields.warnings import WarningSet
from forecast.verification.cubes import DayForecast
from forecast.verification.summary import ObservedWarnings
from forecast.verification.warnings import Proposals, Spell, local_hour
from forecast.warning.replay import DailyIndex, ReplayedWarning, daily_index, replay
from forecast.warning.rules import WarningRules


def observed_warnings(
    daily: CityDaily, rules: WarningRules, standards: StandardSet
) -> ObservedWarnings:
    """Find the spells in daily observations: the warnings that a perfect forecast would give."""
    index = daily_index(daily, rules.pollutants, standards)
    return ObservedWarnings(
        rules=rules.title,
        levels=tuple(rules.levels),
        notice_hours=rules.notice_hours,
        spells=tuple(_spell(own) for own in replay(index, rules, as_forecast=True)),
    )


def proposals_of(warnings: WarningSet) -> Proposals:
    """What a run proposed: its episodes with the median start and end over their members."""
    return Proposals(
        time=local_hour(Cycle.parse(warnings.cycle).start),
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
    rows: Sequence[DayForecast], rules: WarningRules
) -> tuple[Proposals, ...] | None:
    """Apply the rules to the median AQI of each cycle, day by day.

    Returns:
        None when no row has an AQI.
    """
    by_cycle: dict[np.datetime64, list[DayForecast]] = {}
    for row in rows:
        if np.isfinite(row.aqi):
            by_cycle.setdefault(row.cycle, []).append(row)
    return tuple(_proposal(own, rules) for own in by_cycle.values()) or None


def _proposal(rows: Sequence[DayForecast], rules: WarningRules) -> Proposals:
    cities = tuple(dict.fromkeys(row.city for row in rows))
    first = min(row.day for row in rows)
    count = int((max(row.day for row in rows) - first).astype(int)) + 1
    daily = np.full((len(cities), count), ABSENT, dtype=np.int64)
    for row in rows:
        place = int((row.day - first).astype(int))
        daily[cities.index(row.city), place] = int(np.ceil(row.aqi))
    begin = first.astype(object)
    days = tuple(begin + timedelta(days=place) for place in range(count))
    index = DailyIndex(cities, days, daily, np.full_like(daily, ABSENT))
    return Proposals(
        time=local_hour(rows[0].cycle),
        until=(first + count).astype("datetime64[h]"),
        spells=tuple(_spell(own) for own in replay(index, rules, as_forecast=True)),
    )


def _spell(own: ReplayedWarning) -> Spell:
    return Spell(
        city=own.city_en,
        level=own.level,
        start=np.datetime64(own.start, "D").astype("datetime64[h]"),
        end=(np.datetime64(own.end, "D") + 1).astype("datetime64[h]"),
    )
