"""A request to a member to end before its last hour."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MemberLimit:
    """Where a member shall end in good order.

    Attributes:
        hours: Forecast hours after which it ends, spin-up not counted. A member that is further
            already ends after the hour that it computes.
        reason: Why, a sentence; the member gives it as the reason of its end.
    """

    hours: int
    reason: str
