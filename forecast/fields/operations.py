"""How the service has run: one summary a cycle, and what a month of them adds up to."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from forecast.fields.membership import Quality


@dataclass(frozen=True)
class CycleSummary:
    """What is left to say about one cycle once it is over.

    Attributes:
        cycle: Name of the cycle.
        title: Case and domain, in words.
        quality: How good the basis of its first product was.
        due: Hard cutoff of the hourly product, UTC; None where none was set.
        published: When its first product was complete, UTC; None when it never was.
        revisions: Complete revisions.
        planned: Members that were to run.
        used: Members that were in for at least one hour, in the newest revision.
        core_hours: Ranks times the time from the first start of a member to its end, breaks
            included.
        problems: Codes of the alerts that were warnings or worse, one an alert.
        problem: Why the cycle could not be read, a sentence; empty when it could.
        running: True when somebody runs it now, so that nothing of it is final.
    """

    cycle: str
    title: str = ""
    quality: Quality = Quality.NONE
    due: datetime | None = None
    published: datetime | None = None
    revisions: int = 0
    planned: int = 0
    used: int = 0
    core_hours: float = 0.0
    problems: tuple[str, ...] = ()
    problem: str = ""
    running: bool = False

    @property
    def late(self) -> timedelta | None:
        """How long after its hard cutoff the first product was complete; negative before it."""
        if self.due is None or self.published is None:
            return None
        return self.published - self.due


@dataclass(frozen=True)
class Period:
    """Cycles of a period, oldest first.

    Attributes:
        cycles: One summary each.
        grace: How long after the cutoff a product still counts as in time: at a cutoff the
            decision is taken, and the products follow.
    """

    cycles: tuple[CycleSummary, ...]
    grace: timedelta

    @property
    def missing(self) -> tuple[CycleSummary, ...]:
        """Cycles that are over and never had a product."""
        return tuple(c for c in self.cycles if c.published is None and not c.running)

    @property
    def in_time(self) -> tuple[CycleSummary, ...]:
        """Cycles with a cutoff whose product was there."""
        return tuple(c for c in self.with_cutoff if c.late is not None and c.late <= self.grace)

    @property
    def with_cutoff(self) -> tuple[CycleSummary, ...]:
        """Cycles that had a cutoff to keep; one that ended without a product has missed it."""
        return tuple(c for c in self.cycles if c.due is not None and not c.running)

    @property
    def core_hours(self) -> float:
        """Of all cycles."""
        return sum(entry.core_hours for entry in self.cycles)

    @property
    def members(self) -> tuple[int, int]:
        """Members used and planned."""
        return sum(c.used for c in self.cycles), sum(c.planned for c in self.cycles)

    def qualities(self) -> list[tuple[Quality, int]]:
        """How many cycles had which quality, best first."""
        count = Counter(entry.quality for entry in self.cycles)
        return [(quality, count[quality]) for quality in Quality if count[quality]]

    def problems(self) -> list[tuple[str, int, int]]:
        """Code of an alert, how often it was raised, in how many cycles; most cycles first."""
        raised = Counter(code for entry in self.cycles for code in entry.problems)
        cycles = Counter(code for entry in self.cycles for code in set(entry.problems))
        return sorted(
            ((code, raised[code], cycles[code]) for code in raised),
            key=lambda row: (-row[2], -row[1], row[0]),
        )


def newest(names: Sequence[tuple[str, datetime]], days: int) -> list[str]:
    """Names of the cycles of the last days, counted back from the newest one, oldest first.

    Args:
        names: Name and time of each cycle.
        days: Length of the period.
    """
    if not names:
        return []
    end = max(time for _, time in names)
    kept = [entry for entry in names if entry[1] > end - timedelta(days=days)]
    return [name for name, _ in sorted(kept, key=lambda entry: entry[1])]
