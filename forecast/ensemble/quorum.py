"""How many members, of how many kinds of model, each lead day of a product needs."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from forecast.common.cycle import Cycle, day_ends
from forecast.config.clock import ClockConfig, ProductClock
from forecast.fields.membership import LeadDayMembers, MemberVerdict, judge

HOURLY = "hourly"
"""The product that makes the first revision."""
TREND = "trend"
"""The product over the whole horizon."""


@dataclass(frozen=True)
class DayQuorum:
    """What one lead day of a product needs.

    Attributes:
        lead_day: 1 is the first complete local day.
        end_hour: Forecast hour at which it ends.
        members: Fewest members that cover it to its end.
        kinds: Fewest kinds of model among them.
    """

    lead_day: int
    end_hour: int
    members: int
    kinds: int

    def met(self, kinds: Iterable[str]) -> bool:
        """Tell whether members are enough that cover the day, given the kind of each."""
        found = list(kinds)
        return len(found) >= self.members and len(set(found)) >= self.kinds

    def judge(self, verdicts: Iterable[MemberVerdict], planned: int) -> LeadDayMembers:
        """Name who covers the day, and how good that is."""
        inside = [verdict for verdict in verdicts if verdict.hours >= self.end_hour]
        kinds = len({verdict.kind for verdict in inside})
        return LeadDayMembers(
            lead_day=self.lead_day,
            end_hour=self.end_hour,
            members=tuple(verdict.member for verdict in inside),
            quality=judge(len(inside), planned, self.members, kinds, self.kinds),
            quorum=self.members,
            kinds=kinds,
            least_kinds=self.kinds,
        )


def fewest(share: float, planned: int) -> int:
    """Fewest members that are a share of the planned ones; at least one."""
    return max(1, math.ceil(share * planned - 1e-9))


def day_quorums(
    cycle: Cycle, options: ProductClock, planned: int, hours: int
) -> tuple[DayQuorum, ...]:
    """What the complete local days inside a product need.

    Args:
        cycle: The cycle.
        options: The product's quorums.
        planned: Number of planned members.
        hours: Length of the product, forecast hours.
    """
    found = []
    for lead_day, end in enumerate(day_ends(cycle, hours), start=1):
        quorum = options.of_day(lead_day)
        found.append(DayQuorum(lead_day, end, fewest(quorum.share, planned), quorum.kinds))
    return tuple(found)


def products_of(options: ClockConfig) -> tuple[tuple[str, ProductClock], ...]:
    """The products by name, in the order in which they are decided."""
    return ((HOURLY, options.hourly), (TREND, options.trend))
