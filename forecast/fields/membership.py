"""Who is in the ensemble, for how long, and why the others are not."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from forecast.common.degradation import Degradation
from forecast.fields.arrays import Booleans


class Quality(StrEnum):
    """How good the basis of a product is."""

    NORMAL = "normal"
    """Every planned member is in."""
    REDUCED = "reduced"
    """Members are missing, the quorum is met."""
    BELOW_QUORUM = "below_quorum"
    """Fewer members than the quorum: a guidance, no ensemble."""
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
    """

    member: str
    hours: int
    reason: str = ""
    reason_zh: str = ""
    log: str = ""


@dataclass(frozen=True)
class LeadDayMembers:
    """Who covers one natural day to its end.

    Attributes:
        lead_day: 1 is the first complete local day.
        end_hour: Forecast hour at which the day ends.
        members: Names.
        quality: How good that is.
    """

    lead_day: int
    end_hour: int
    members: tuple[str, ...]
    quality: Quality


@dataclass(frozen=True)
class Membership:
    """The decision of the gate, taken once for a cycle; every later product carries it.

    Attributes:
        cycle: Name of the cycle.
        planned: Members that were to run.
        horizon_hours: Forecast hours that were to be made.
        quorum: Fewest members that count as an ensemble.
        verdicts: One a planned member, in that order.
        days: One a complete local day inside the horizon.
        degradations: What the gate recorded.
    """

    cycle: str
    planned: tuple[str, ...]
    horizon_hours: int
    quorum: int
    verdicts: tuple[MemberVerdict, ...]
    days: tuple[LeadDayMembers, ...]
    degradations: tuple[Degradation, ...] = ()

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


def judge(present: int, planned: int, quorum: int) -> Quality:
    """Name the quality of an ensemble of `present` out of `planned` members."""
    if present == 0:
        return Quality.NONE
    if present < quorum:
        return Quality.BELOW_QUORUM
    return Quality.NORMAL if present >= planned else Quality.REDUCED
