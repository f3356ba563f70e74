"""What the driver of a cycle has decided: when, why, and what it knew then.

The driver writes this record before it acts, so that a driver that is killed and started again
goes on with the same origin of its clock and the same number of the revision.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from forecast.fields.status import MemberStatus


class Trigger(StrEnum):
    """Why a decision was taken when it was taken."""

    ALL_ENDED = "all ended"
    """Every member had ended."""
    SOFT_CUTOFF = "soft cutoff with quorum"
    """The soft cutoff had passed and the quorum was there on every lead day."""
    HARD_CUTOFF = "hard cutoff"
    """The hard cutoff had come: whatever was there."""
    LATE_MEMBER = "late member"
    """A member that came in after an earlier decision."""
    NOT_PREPARED = "no members could be started"
    """The preparation failed."""
    ASKED = "asked by hand"
    """Somebody asked for it with `forecast revise`."""


@dataclass(frozen=True)
class MemberView:
    """What was known of one member when a decision was taken.

    Attributes:
        member: Name.
        kind: Kind of its model.
        ended: True when nothing more was to come of it.
        hours: Forecast hours that it had on the disk.
    """

    member: str
    kind: str
    ended: bool
    hours: int


@dataclass(frozen=True)
class Decision:
    """One decision who is in; it makes one revision of the products.

    Attributes:
        revision: Its number, from 0.
        trigger: Why it was taken then.
        products: Products whose waiting it ended.
        decided_at: When, UTC.
        members: What was known of each planned member.
        complete: True once its products are published.
    """

    revision: int
    trigger: Trigger
    products: tuple[str, ...]
    decided_at: datetime
    members: tuple[MemberView, ...]
    complete: bool = False

    def hours_of(self, member: str) -> int:
        """Forecast hours of a member at the time; 0 for a stranger."""
        return next((view.hours for view in self.members if view.member == member), 0)


@dataclass(frozen=True)
class Intervention:
    """Something that the driver did to a member.

    Attributes:
        member: Name.
        action: "shortened", "late", "cancelled", "closed" or "rerun".
        reason: Why, a sentence.
        time: When, UTC.
        hours: Forecast hours that it was told to stop at, or can have by the cutoff.
        attempt: Which try of the member it was.
    """

    member: str
    action: str
    reason: str
    time: datetime
    hours: int = 0
    attempt: int = 1


@dataclass(frozen=True)
class DriverRecord:
    """The memory of the driver of a cycle.

    Attributes:
        cycle: Name of the cycle.
        origin: From when its cutoffs are counted, UTC.
        launched: When the cycle was first started, UTC.
        decisions: Those taken so far, in order of their revision.
        interventions: What was done to members, in order of time.
        settled: Products for which nothing is waited for any more.
        over: True when late members are no longer waited for.
    """

    cycle: str
    origin: datetime
    launched: datetime
    decisions: tuple[Decision, ...] = ()
    interventions: tuple[Intervention, ...] = ()
    settled: tuple[str, ...] = ()
    over: bool = False

    @property
    def last(self) -> Decision | None:
        """The newest decision; None before the first."""
        return self.decisions[-1] if self.decisions else None

    def of_revision(self, revision: int) -> Decision | None:
        """The decision of a revision; None when it was not the driver that took it."""
        return next((d for d in self.decisions if d.revision == revision), None)

    def with_decision(self, decision: Decision) -> "DriverRecord":
        """The record with a decision added, or replaced by one of the same number."""
        others = tuple(d for d in self.decisions if d.revision != decision.revision)
        settled = tuple(dict.fromkeys((*self.settled, *decision.products)))
        return replace(self, decisions=(*others, decision), settled=settled)

    def with_intervention(self, entry: Intervention) -> "DriverRecord":
        """The record with something that was done to a member."""
        return replace(self, interventions=(*self.interventions, entry))

    def done_to(self, member: str, action: str, attempt: int | None = None) -> bool:
        """Tell whether something was done to a member, in one try of it when one is named."""
        return any(
            entry.member == member and entry.action == action and attempt in (None, entry.attempt)
            for entry in self.interventions
        )


def hours_on_disk(status: MemberStatus) -> int:
    """Forecast hours of a member that are on the disk, spin-up not counted.

    A member that still runs counts with what it has saved.
    """
    if status.ended:
        return status.hours_available
    return max(0, status.hours_saved - status.spin_up_hours)


def views(statuses: Iterable[MemberStatus], ended: Iterable[str]) -> tuple[MemberView, ...]:
    """What is known of the members now.

    Args:
        statuses: What they say.
        ended: Names of those that have left their stamp.
    """
    closed = frozenset(ended)
    return tuple(
        MemberView(status.member, status.kind, status.member in closed, hours_on_disk(status))
        for status in statuses
    )
