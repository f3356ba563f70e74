"""How good the warnings were: hit, late, missed, false; notice, start and end, and flip-flop.

An observed spell is one that the warning rules find in the observed days, so forecast and
observation are judged by the same rules. Times are local (Asia/Shanghai).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from forecast.fields.arrays import Float, Integers, Times
from forecast.fields.warnings import WarningLevel
from forecast.verification.cubes import Axes, city_key

HOUR = np.timedelta64(1, "h")
DAY_HOURS = 24
STANDING_HOURS = 24
"""A proposal that a cycle makes so shortly before its start would have been issued."""
COLOURS = (WarningLevel.BLUE, WarningLevel.YELLOW, WarningLevel.ORANGE, WarningLevel.RED)


class Outcome(StrEnum):
    """What became of an observed spell."""

    HIT = "hit"
    """Proposed before it began, and not taken back until then."""
    LATE = "late"
    """Proposed only after it had begun, or taken back just before."""
    MISS = "miss"
    """Never proposed."""


@dataclass(frozen=True)
class Spell:
    """A time under a warning level in one city.

    Attributes:
        city: English name, in one spelling throughout.
        level: The level.
        start: First hour, local, datetime64[h].
        end: Hour after the last.
    """

    city: str
    level: WarningLevel
    start: np.datetime64
    end: np.datetime64

    def meets(self, other: "Spell") -> bool:
        """Tell whether both lie in the same city and share an hour."""
        apart = self.start >= other.end or other.start >= self.end
        return self.city == other.city and not apart


@dataclass(frozen=True)
class Proposals:
    """What one cycle proposed.

    Attributes:
        time: Start of the cycle, local, datetime64[h].
        begin: Begin of what it forecast, local: a spell that starts earlier is beyond it.
        until: End of what it forecast, local.
        spells: Its spells.
    """

    time: np.datetime64
    begin: np.datetime64
    until: np.datetime64
    spells: tuple[Spell, ...]


@dataclass(frozen=True)
class SpellOutcome:
    """One observed spell and the proposals before it.

    Attributes:
        spell: The observed spell, of the level that is asked about or a higher one.
        outcome: What became of it.
        notice_hours: From the first proposal that was kept up to its start; negative when late;
            None when missed.
        start_error_hours: Start of the last proposal before it began, minus its start; None
            without one.
        end_error_hours: The same of the end.
        level_error: Rank of that proposal minus the observed one.
    """

    spell: Spell
    outcome: Outcome
    notice_hours: float | None
    start_error_hours: float | None = None
    end_error_hours: float | None = None
    level_error: int | None = None


@dataclass(frozen=True)
class WarningScores:
    """Warnings of at least one level.

    Attributes:
        level: The level.
        outcomes: Observed spells in which some cycle could have warned.
        false_alarms: Proposals without an observed spell that stood the day before their start.
        withdrawn: Proposals without an observed spell that were taken back earlier.
    """

    level: WarningLevel
    outcomes: tuple[SpellOutcome, ...]
    false_alarms: tuple[Spell, ...]
    withdrawn: tuple[Spell, ...]

    def count(self, outcome: Outcome) -> int:
        """Count the spells with one outcome."""
        return sum(entry.outcome is outcome for entry in self.outcomes)

    def mean(self, name: str, *, absolute: bool = False) -> float | None:
        """Mean of a number of the outcomes over those that have one; None when none has."""
        given = [getattr(entry, name) for entry in self.outcomes]
        known = [abs(value) if absolute else value for value in given if value is not None]
        return float(np.mean(known)) if known else None

    def in_time(self, notice_hours: float) -> int:
        """Count the hits with at least a notice."""
        return sum(
            entry.outcome is Outcome.HIT
            and entry.notice_hours is not None
            and entry.notice_hours >= notice_hours
            for entry in self.outcomes
        )


def score_warnings(
    level: WarningLevel, proposals: Sequence[Proposals], observed: Iterable[Spell]
) -> WarningScores:
    """Hold the proposals of a period against the spells that were observed.

    Args:
        level: Lower levels are not looked at.
        proposals: What each cycle proposed.
        observed: Observed spells. Those that had begun before the first cycle, or that no cycle
            looked at, do not count.
    """
    cycles = sorted(proposals, key=lambda entry: entry.time)
    seen = [spell for spell in observed if spell.level.rank >= level.rank]
    told = [
        (cycle.time, spell)
        for cycle in cycles
        for spell in cycle.spells
        if spell.level.rank >= level.rank
    ]
    outcomes = [
        _outcome(spell, cycles, told)
        for spell in seen
        if any(cycle.begin <= spell.start < cycle.until for cycle in cycles)
    ]
    false, withdrawn = _unfounded([(t, s) for t, s in told if not any(map(s.meets, seen))])
    return WarningScores(level, tuple(outcomes), tuple(false), tuple(withdrawn))


def _outcome(
    spell: Spell, cycles: Sequence[Proposals], told: Sequence[tuple[np.datetime64, Spell]]
) -> SpellOutcome:
    fitting = [(time, own) for time, own in told if own.meets(spell)]
    times = {time for time, _ in fitting}
    before = [cycle.time for cycle in cycles if cycle.begin <= spell.start < cycle.until]
    steady = None
    for time in reversed(before):
        if time not in times:
            break
        steady = time
    if steady is None:
        if not times:
            return SpellOutcome(spell, Outcome.MISS, None)
        later = [time for time in times if time >= spell.start]
        notice = (spell.start - min(later)) / HOUR if later else 0.0
        return SpellOutcome(spell, Outcome.LATE, float(notice))
    last = before[-1]
    own = max((own for time, own in fitting if time == last), key=lambda one: one.level.rank)
    return SpellOutcome(
        spell=spell,
        outcome=Outcome.HIT,
        notice_hours=float((spell.start - steady) / HOUR),
        start_error_hours=float((own.start - spell.start) / HOUR),
        end_error_hours=float((own.end - spell.end) / HOUR),
        level_error=own.level.rank - spell.level.rank,
    )


def _unfounded(told: Sequence[tuple[np.datetime64, Spell]]) -> tuple[list[Spell], list[Spell]]:
    """Join proposals that overlap, and part those that stood from those taken back."""
    false: list[Spell] = []
    withdrawn: list[Spell] = []
    for joined in _joined(told):
        level = max((own.level for _, own in joined), key=lambda one: one.rank)
        whole = Spell(
            joined[0][1].city,
            level,
            min(own.start for _, own in joined),
            max(own.end for _, own in joined),
        )
        stood = any(own.start - time <= STANDING_HOURS * HOUR for time, own in joined)
        (false if stood else withdrawn).append(whole)
    return false, withdrawn


def _joined(
    told: Sequence[tuple[np.datetime64, Spell]],
) -> list[list[tuple[np.datetime64, Spell]]]:
    groups: list[list[tuple[np.datetime64, Spell]]] = []
    for entry in sorted(told, key=lambda pair: (pair[1].city, pair[1].start)):
        if groups and any(entry[1].meets(own) for _, own in groups[-1]):
            groups[-1].append(entry)
        else:
            groups.append([entry])
    return groups


def day_ranks(spells: Iterable[Spell], cities: Sequence[str], days: Times) -> Integers:
    """Rank of the highest level on each day, 0 for none, (day, city)."""
    ranks = np.zeros((days.size, len(cities)), dtype=np.int64)
    place = {city_key(name): index for index, name in enumerate(cities)}
    for spell in spells:
        city = place.get(city_key(spell.city))
        if city is not None:
            touched = (days < spell.end) & (days + np.timedelta64(1, "D") > spell.start)
            ranks[touched, city] = np.maximum(ranks[touched, city], spell.level.rank)
    return ranks


def forecast_ranks(proposals: Sequence[Proposals], axes: Axes) -> Float:
    """Rank of each forecast day, (cycle, lead, city); NaN for cycles without proposals."""
    ranks = np.full(axes.shape, np.nan)
    by_time = {entry.time: entry for entry in proposals}
    for place, start in enumerate(axes.cycles):
        entry = by_time.get(local_hour(start))
        if entry is not None:
            ranks[place] = day_ranks(entry.spells, axes.cities, axes.days[place])
    return ranks


def local_hour(time: np.datetime64) -> np.datetime64:
    """Local time of a UTC time, datetime64[h]."""
    local: np.datetime64 = (time + np.timedelta64(8, "h")).astype("datetime64[h]")
    return local


@dataclass(frozen=True)
class FlipFlop:
    """How steady forecasts of the same day are from cycle to cycle.

    Attributes:
        number: Days and cities that every lead day has forecast.
        index: Mean flip-flop index (Griffiths et al. 2019, doi 10.1002/met.1732), in the unit of
            the values: 0 when forecasts move in one direction only.
        reversals: Share of the days whose forecasts turned back at least once.
    """

    number: int
    index: float
    reversals: float


def flip_flop(values: Float, axes: Axes) -> FlipFlop | None:
    """Follow the forecasts of each day from the longest lead to the shortest.

    Args:
        values: (cycle, lead, city), NaN where there is none.
        axes: The axes; of several cycles of a day the last one is followed.

    Returns:
        None with fewer than three lead days, or without a day that all of them have forecast.
    """
    import xarray as xr
    from scores.continuous import flip_flop_index

    if axes.leads.size < 3:
        return None
    days = np.unique(axes.days)
    table = np.full((axes.leads.size, days.size, len(axes.cities)), np.nan)
    for cycle in range(axes.cycles.size):
        place = np.searchsorted(days, axes.days[cycle])
        table[np.arange(axes.leads.size)[::-1], place] = values[cycle]
    complete = np.isfinite(table).all(axis=0)
    if not complete.any():
        return None
    chosen = table[:, complete]
    index = flip_flop_index(xr.DataArray(chosen, dims=("lead", "case")), "lead")
    steps = np.sign(np.diff(chosen, axis=0))
    turned = np.any(steps > 0, axis=0) & np.any(steps < 0, axis=0)
    return FlipFlop(int(complete.sum()), float(index.mean()), float(turned.mean()))
