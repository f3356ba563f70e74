"""Who is in the ensemble, for how long, and why the others are not."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np

from forecast.common.degradation import Degradation
from forecast.fields.arrays import Booleans
from forecast.fields.decision import Intervention, Trigger


class Quality(StrEnum):
    """How good the basis of a product is."""

    NORMAL = "normal"
    """Every planned member is in."""
    REDUCED = "reduced"
    """Members are missing, the quorum is met."""
    BELOW_QUORUM = "below_quorum"
    """Fewer members, or kinds of model, than the quorum: a guidance, no ensemble."""
    FALLBACK = "fallback"
    """The forecast of an earlier cycle, shifted and marked."""
    NONE = "none"
    """No member."""


@dataclass(frozen=True)
class MemberVerdict:
    """What the gate found about one member.

    Attributes:
        member: Name, such as "m02".
        hours: Forecast hours of it that count, from the cycle's start; 0 when it is out.
        reason: Why hours are missing, an English sentence; empty when all count.
        reason_zh: The same in Chinese, as the bulletin prints it.
        log: Path of the member's log.
        state: How the member stood when it was decided.
        kind: Kind of its model.
        attempt: Which try of the member it was.
        start: How it began, such as "warm" or "cold"; empty when unknown.
        fingerprints: One a full day of its PM2.5, from the first hour on; equal for equal fields.
    """

    member: str
    hours: int
    reason: str = ""
    reason_zh: str = ""
    log: str = ""
    state: str = ""
    kind: str = "ctm"
    attempt: int = 1
    start: str = ""
    fingerprints: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeadDayMembers:
    """Who covers one natural day to its end.

    Attributes:
        lead_day: 1 is the first complete local day.
        end_hour: Forecast hour at which the day ends.
        members: Names.
        quality: How good that is.
        quorum: Fewest members that count as an ensemble.
        kinds: Kinds of model among the members.
        least_kinds: Fewest kinds that count.
    """

    lead_day: int
    end_hour: int
    members: tuple[str, ...]
    quality: Quality
    quorum: int = 0
    kinds: int = 1
    least_kinds: int = 1


@dataclass(frozen=True)
class ProductMembers:
    """What one product rests on.

    Attributes:
        product: "hourly" or "trend".
        days: Its lead days.
        final: False when the clock still waits for more members, so that another revision follows
            unless nothing comes.
        soft: Soft cutoff, UTC; None without one.
        hard: Hard cutoff, UTC; None without one.
    """

    product: str
    days: tuple[LeadDayMembers, ...]
    final: bool = True
    soft: datetime | None = None
    hard: datetime | None = None

    @property
    def quality(self) -> Quality:
        """The worst of its days; a day that nobody covers makes it no better than guidance."""
        found = {day.quality for day in self.days}
        if not found or found == {Quality.NONE}:
            return Quality.NONE
        if Quality.NONE in found:
            found.add(Quality.BELOW_QUORUM)
        order = (Quality.FALLBACK, Quality.BELOW_QUORUM, Quality.REDUCED, Quality.NORMAL)
        return next(quality for quality in order if quality in found)


@dataclass(frozen=True)
class Membership:
    """The decision of the gate, taken once for a revision; every later product carries it.

    Attributes:
        cycle: Name of the cycle.
        planned: Members that were to run.
        horizon_hours: Forecast hours that were to be made.
        quorum: Fewest members that count as an ensemble.
        verdicts: One a planned member, in that order.
        days: One a complete local day inside the horizon.
        degradations: What the gate recorded.
        revision: Number of the decision, from 0.
        trigger: Why it was taken then.
        decided_at: When, UTC.
        products: What each product rests on.
        interventions: What the driver has done to members.
        origin: Cycle whose members are used because this one has none; empty for its own.
        origin_shift: Hours from the start of that cycle to the start of this one.
    """

    cycle: str
    planned: tuple[str, ...]
    horizon_hours: int
    quorum: int
    verdicts: tuple[MemberVerdict, ...]
    days: tuple[LeadDayMembers, ...]
    degradations: tuple[Degradation, ...] = ()
    revision: int = 0
    trigger: Trigger = Trigger.ALL_ENDED
    decided_at: datetime | None = None
    products: tuple[ProductMembers, ...] = ()
    interventions: tuple[Intervention, ...] = ()
    origin: str = ""
    origin_shift: int = 0

    @property
    def members(self) -> tuple[str, ...]:
        """Members that are in for at least one hour."""
        return tuple(verdict.member for verdict in self.verdicts if verdict.hours > 0)

    @property
    def hours_covered(self) -> int:
        """Forecast hours that at least one member covers."""
        return max((verdict.hours for verdict in self.verdicts), default=0)

    @property
    def missing(self) -> tuple[MemberVerdict, ...]:
        """Verdicts of members that are out or end early."""
        return tuple(v for v in self.verdicts if v.hours < self.horizon_hours)

    @property
    def quality(self) -> Quality:
        """Quality of the first day, or of the cycle when it has no complete day."""
        if self.origin:
            return Quality.FALLBACK
        if self.days:
            return self.days[0].quality
        return judge(len(self.members), len(self.planned), self.quorum)

    def hours_of(self, member: str) -> int:
        """Forecast hours of one member that count; 0 for a stranger."""
        return next((v.hours for v in self.verdicts if v.member == member), 0)

    def mask(self, hours: int) -> Booleans:
        """Tell who is in at each forecast hour.

        Args:
            hours: Number of hours wanted.

        Returns:
            True where a member of `members` counts, (member, hours); entry h - 1 is the hour that
            ends h hours after the cycle's start.
        """
        counts = np.array([self.hours_of(member) for member in self.members], dtype=np.int64)
        mask: Booleans = np.arange(hours)[None, :] < counts[:, None]
        return mask


def judge(present: int, planned: int, quorum: int, kinds: int = 1, least_kinds: int = 1) -> Quality:
    """Name the quality of an ensemble.

    Args:
        present: Members that are there.
        planned: Members that were to be there.
        quorum: Fewest that count as an ensemble.
        kinds: Kinds of model among those that are there.
        least_kinds: Fewest kinds that count.
    """
    if present == 0:
        return Quality.NONE
    if present < quorum or kinds < least_kinds:
        return Quality.BELOW_QUORUM
    return Quality.NORMAL if present >= planned else Quality.REDUCED
