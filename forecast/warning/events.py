"""From the members' episodes to the events of a city, by counting members.

Members' episodes that overlap, or have a gap too short to lift a warning, are one event: members
that disagree by some hours speak of the same air. The level of an event is the highest that enough
members reach in it. Worse air in any member can only widen events and raise counts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from forecast.fields.warnings import WarningLevel
from forecast.warning.episodes import Episode, Span, joined, runs

Enough = Callable[[int], bool]
"""Tells whether so many members recommend a level."""


@dataclass(frozen=True)
class Event:
    """One spell of polluted air over all members, with the level recommended for it.

    Attributes:
        level: Recommended level.
        members: Positions of the members that reach at least this level in it.
        spans: First and last hour bound of those members' episodes of at least this level.
    """

    level: WarningLevel
    members: tuple[int, ...]
    spans: tuple[Span, ...]

    @property
    def start(self) -> int:
        """Median start; the earlier one of an even number of members."""
        return sorted(start for start, _ in self.spans)[(len(self.spans) - 1) // 2]

    @property
    def stop(self) -> int:
        """Median end; the later one of an even number of members."""
        return sorted(stop for _, stop in self.spans)[len(self.spans) // 2]


def events(
    members: Sequence[Sequence[Episode]], lift_hours: int, enough: Enough
) -> tuple[Event, ...]:
    """Find the events of a city that a level is recommended for, in time.

    Args:
        members: Episodes of each member.
        lift_hours: Gap from which on a warning could be lifted, hours.
        enough: The decision rule.
    """
    found = []
    for window in _windows(members, lift_hours):
        inside = [[e for e in own if _overlap((e.start, e.stop), window)] for own in members]
        event = _event(inside, enough)
        if event is not None:
            found.append(event)
    return tuple(found)


def _windows(members: Sequence[Sequence[Episode]], lift_hours: int) -> list[Span]:
    """Join the hours in which any member has an episode."""
    last = max((e.stop for own in members for e in own), default=0)
    touched = np.zeros(last, dtype=np.bool_)
    for own in members:
        for episode in own:
            touched[episode.start : episode.stop] = True
    return joined(runs(touched), lift_hours)


def _event(inside: Sequence[Sequence[Episode]], enough: Enough) -> Event | None:
    """Take the highest level that enough members reach; None when there is none.

    It is always a level of the rules: more members reach it than the next one, so that one of them
    has an episode of just this level.
    """
    for level in reversed(WarningLevel):
        if level is WarningLevel.NONE:
            return None
        spans = {}
        for member, own in enumerate(inside):
            reached = [e for e in own if e.level.rank >= level.rank]
            if reached:
                spans[member] = (reached[0].start, reached[-1].stop)
        if enough(len(spans)):
            return Event(level, tuple(spans), tuple(spans.values()))
    return None


def reaching(members: Sequence[Sequence[Episode]], level: WarningLevel) -> int:
    """Count the members with an episode of at least a level."""
    return sum(any(e.level.rank >= level.rank for e in own) for own in members)


def touching(members: Sequence[Sequence[Episode]], level: WarningLevel, hours: Span) -> int:
    """Count the members with an episode of at least a level that touches some hours."""
    return sum(
        any(e.level.rank >= level.rank and _overlap((e.start, e.stop), hours) for e in own)
        for own in members
    )


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]
