"""When each member will have done what, from its own pace and from past runs.

A running member is judged by its own record: time since it began to compute, divided by the hours
done since then. Its first hours say little (files are read, kernels come from the cache), so the
pace of past runs counts like a few hours of its own. A member that falls silent loses time: its
next hour cannot have ended before now. Members that wait begin when a place is free.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from forecast.fields.history import CAUTIOUS, History
from forecast.fields.status import MemberState, MemberStatus

PRIOR_HOURS = 6.0
"""Model hours of its own after which a member's pace counts as much as that of past runs."""
CAUTION = 1.25
"""Factor on the time left for the late estimate when no past run tells how paces scatter."""


class Basis(StrEnum):
    """What an estimate rests on."""

    ENDED = "ended"
    """The member has ended: nothing is estimated."""
    OWN = "own pace"
    """Its own pace, with that of past runs where there are any."""
    HISTORY = "past runs"
    """Past runs only."""
    OTHERS = "other members"
    """The pace of the members that run now."""
    NONE = "nothing yet"
    """Nobody knows."""


@dataclass(frozen=True)
class Estimate:
    """When a member will have done what.

    Attributes:
        member: Name.
        basis: What it rests on.
        begin: When the hours not yet done begin to count, UTC; None when unknown.
        hours_done: Model hours done at `begin`, spin-up included.
        hours_total: Model hours to do, spin-up included; 0 when unknown.
        spin_up_hours: Of these, hours before the cycle.
        seconds_per_hour: Expected time of a model hour, s; None when unknown.
        late_seconds_per_hour: The same on the cautious side, s.
        silent_seconds: Time without a sign of life beyond what an hour takes, s.
    """

    member: str
    basis: Basis
    begin: datetime | None = None
    hours_done: int = 0
    hours_total: int = 0
    spin_up_hours: int = 0
    seconds_per_hour: float | None = None
    late_seconds_per_hour: float | None = None
    silent_seconds: float = 0.0

    @property
    def ended(self) -> bool:
        """True when there is nothing to wait for."""
        return self.basis is Basis.ENDED

    @property
    def finish(self) -> datetime | None:
        """Expected end, UTC; None when unknown. Of a member that has ended: when it did."""
        return self._finish(self.seconds_per_hour)

    @property
    def latest_finish(self) -> datetime | None:
        """End on the cautious side, UTC; None when unknown."""
        return self._finish(self.late_seconds_per_hour)

    def _finish(self, pace: float | None) -> datetime | None:
        if self.ended:
            return self.begin
        if self.begin is None or pace is None or not self.hours_total:
            return None
        return self.begin + timedelta(seconds=pace * (self.hours_total - self.hours_done))

    def hours_by(self, deadline: datetime, *, cautious: bool = False) -> int | None:
        """Forecast hours, spin-up not counted, that will be done at a time.

        Args:
            deadline: The time, UTC.
            cautious: Take the slow pace.

        Returns:
            Whole hours; None when nothing is known. Of a member that has ended: what it has.
        """
        hours = self.hours_done
        if not self.ended:
            pace = self.late_seconds_per_hour if cautious else self.seconds_per_hour
            if self.begin is None or pace is None:
                return None
            left = max(0.0, (deadline - self.begin).total_seconds())
            hours += int(left / pace) if pace > 0 else self.hours_total
            hours = min(hours, self.hours_total) if self.hours_total else hours
        return max(0, hours - self.spin_up_hours)

    def slack(self, deadline: datetime, *, cautious: bool = False) -> timedelta | None:
        """Time between the end and a deadline; negative when it will be late."""
        finish = self.latest_finish if cautious else self.finish
        return None if finish is None else deadline - finish


def estimate(
    status: MemberStatus, history: History, now: datetime, begin: datetime | None = None
) -> Estimate:
    """Estimate one member.

    Args:
        status: What it says.
        history: Past runs.
        now: The time, UTC.
        begin: When it will start, for one that waits; by default after the usual wait.

    Returns:
        The estimate; with basis NONE when there is nothing to go by.
    """
    if status.state not in (MemberState.WAITING, MemberState.RUNNING):
        return _ended(status)
    if status.state is MemberState.RUNNING and status.updated is not None:
        return _running(status, history, now)
    pace = history.seconds_per_hour(status.kind)
    if begin is None:
        begin = now + timedelta(seconds=history.queue_wait() or 0.0)
    return Estimate(
        status.member,
        Basis.NONE if pace is None else Basis.HISTORY,
        begin,
        status.hours_done,
        status.hours_total,
        status.spin_up_hours,
        pace,
        history.seconds_per_hour(status.kind, CAUTIOUS),
    )


def _ended(status: MemberStatus) -> Estimate:
    return Estimate(
        status.member,
        Basis.ENDED,
        status.finished or status.updated,
        status.hours_done,
        status.hours_total,
        status.spin_up_hours,
    )


def _running(status: MemberStatus, history: History, now: datetime) -> Estimate:
    """Estimate a member that has said something since it began."""
    before = history.seconds_per_hour(status.kind)
    left = max(status.hours_total - status.hours_done, 0)
    own = None if status.seconds_left is None or not left else status.seconds_left / left
    pace = _blend(own, status.hours_done - (status.continued_from or 0), before)
    said = status.updated or now
    begin, done, silent = said, status.hours_done, 0.0
    if pace is not None and left and now > said + timedelta(seconds=pace):
        # its next hour is overdue: it ends now at the earliest
        begin, done = now, done + 1
        silent = (now - said).total_seconds() - pace
    return Estimate(
        status.member,
        Basis.NONE if pace is None else (Basis.HISTORY if own is None else Basis.OWN),
        begin,
        done,
        status.hours_total,
        status.spin_up_hours,
        pace,
        _late(pace, before, history.seconds_per_hour(status.kind, CAUTIOUS)),
        silent,
    )


def _blend(own: float | None, hours: int, before: float | None) -> float | None:
    """Weigh a member's own pace with that of past runs by the hours that it has done."""
    if own is None or before is None:
        return before if own is None else own
    return (own * hours + before * PRIOR_HOURS) / (hours + PRIOR_HOURS)


def _late(pace: float | None, before: float | None, cautious: float | None) -> float | None:
    """Scale a pace to the cautious side, as far as past runs scatter."""
    if pace is None:
        return None
    if not before or cautious is None:
        return pace * CAUTION
    return pace * max(cautious / before, 1.0)


def estimates(
    statuses: Iterable[MemberStatus], history: History, now: datetime, places: int | None = None
) -> dict[str, Estimate]:
    """Estimate all members of a run; those that wait take the places in turn.

    Args:
        statuses: What the members say, in the order in which they start.
        history: Past runs; where there are none, a member that waits is taken to be like those
            that run or have run.
        now: The time, UTC.
        places: How many members run at a time; None when each gets its nodes by itself.

    Returns:
        One estimate a member, by name.
    """
    everyone = tuple(statuses)
    found = {status.member: estimate(status, history, now) for status in everyone}
    running = [s for s in everyone if s.state is MemberState.RUNNING]
    waiting = [s for s in everyone if s.state is MemberState.WAITING]
    typical = _typical(everyone, [found[s.member] for s in running])
    busy = [found[s.member].finish for s in running]
    free = [now] * max(0, (places or 0) - len(running))
    ends: list[datetime] = [*free, *(max(end, now) for end in busy if end is not None)]
    heapq.heapify(ends)
    for status in waiting:
        place = None
        if places is not None:
            if not ends:
                found[status.member] = Estimate(status.member, Basis.NONE)
                continue
            place = heapq.heappop(ends)
        entry = _like_others(estimate(status, history, now, place), typical)
        found[status.member] = entry
        if place is not None:
            heapq.heappush(ends, entry.finish or place)
    return found


def _typical(everyone: tuple[MemberStatus, ...], running: list[Estimate]) -> Estimate | None:
    """What the members of this run show: hours to do, and the mean pace; None before that."""
    paces = [entry.seconds_per_hour for entry in running if entry.seconds_per_hour is not None]
    for status in everyone:
        hours = status.hours_done - (status.continued_from or 0)
        if status.state is MemberState.FINISHED and status.started and status.finished and hours:
            paces.append((status.finished - status.started).total_seconds() / hours)
    total = max((status.hours_total for status in everyone), default=0)
    spin_up = max((status.spin_up_hours for status in everyone), default=0)
    if not total:
        return None
    pace = sum(paces) / len(paces) if paces else None
    return Estimate("", Basis.OTHERS, None, 0, total, spin_up, pace)


def _like_others(entry: Estimate, typical: Estimate | None) -> Estimate:
    """Fill what a member that waits cannot know from the members that run."""
    if typical is None:
        return entry
    pace, late, basis = entry.seconds_per_hour, entry.late_seconds_per_hour, entry.basis
    if pace is None and typical.seconds_per_hour is not None:
        pace, basis = typical.seconds_per_hour, Basis.OTHERS
        late = pace * CAUTION
    return Estimate(
        entry.member,
        basis,
        entry.begin,
        entry.hours_done,
        entry.hours_total or typical.hours_total,
        entry.spin_up_hours or typical.spin_up_hours,
        pace,
        late,
    )
