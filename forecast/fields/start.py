"""From what each member of a cycle begins: a checkpoint of an earlier cycle, or cold."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class StartKind(StrEnum):
    """What a member begins from, best first."""

    WARM = "warm"
    """A checkpoint that the same member left in an earlier cycle, valid at this cycle."""
    CONTROL = "control"
    """Such a checkpoint of the unperturbed control, since there is none of its own."""
    CLIMATOLOGY = "climatology"
    """A mean of many checkpoints at the same hour of day."""
    COLD = "cold"
    """Dated seasonal profiles."""

    @property
    def warm(self) -> bool:
        """True when the state is that of this very hour, so that no spin-up is needed."""
        return self in {StartKind.WARM, StartKind.CONTROL}


@dataclass(frozen=True)
class Attempt:
    """One rung of the ladder that was looked at and not taken.

    Attributes:
        kind: What it would have been.
        source: File or folder.
        problem: Why it was not taken, a sentence.
        expected: False when nothing was wrong: no cycle had run that could have left it.
    """

    kind: StartKind
    source: str
    problem: str
    expected: bool = True


@dataclass(frozen=True)
class MemberStart:
    """From what one member begins.

    Attributes:
        member: Name, such as "m02".
        kind: What it begins from.
        first_hour: Model hour at which it begins, counted from the start of the run's window:
            that of the cycle for a warm start, earlier when it needs spin-up.
        source: Checkpoint that holds the state, relative to the folder of the run or absolute;
            empty for a cold start.
        source_cycle: Cycle that left the checkpoint; empty when none did.
        source_hour: Forecast hour of that cycle at which it was written.
        unsettled_hours: First forecast hours that still count as spin-up.
        tried: Rungs above the one that was taken, in order.
    """

    member: str
    kind: StartKind
    first_hour: int = 0
    source: str = ""
    source_cycle: str = ""
    source_hour: int = 0
    unsettled_hours: int = 0
    tried: tuple[Attempt, ...] = ()

    def path(self, run: Path) -> Path | None:
        """The checkpoint to read, None for a cold start.

        Args:
            run: Folder of the run.
        """
        return (run / self.source).resolve() if self.source else None


@dataclass(frozen=True)
class StartPlan:
    """The decision from what the members begin, taken once for a cycle, before `prepare`.

    Attributes:
        cycle: Name of the cycle.
        spin_up_hours: Hours before the cycle that the run's window holds; 0 when every member
            begins warm.
        members: One a planned member, in that order.
        chain_hours: The run only keeps the chain of restarts alive and ends this many hours after
            the cycle, without a product; None for a full run.
        known_until: What was known at this time, UTC, could be used; empty for all.
        species: Names of the species of the model.
        grid: Fingerprint of cells and layers.
        cold_allowed: Why a cold start was allowed; empty when it was not.
    """

    cycle: str
    spin_up_hours: int
    members: tuple[MemberStart, ...]
    chain_hours: int | None = None
    known_until: str = ""
    species: tuple[str, ...] = ()
    grid: str = ""
    cold_allowed: str = ""

    def of(self, member: str) -> MemberStart:
        """The start of one member; a member that the plan does not know begins cold."""
        cold = MemberStart(member, StartKind.COLD)
        return next((entry for entry in self.members if entry.member == member), cold)

    @property
    def kinds(self) -> dict[StartKind, int]:
        """How many members begin in which way, best first."""
        counts = {kind: sum(entry.kind is kind for entry in self.members) for kind in StartKind}
        return {kind: count for kind, count in counts.items() if count}

    @property
    def unsettled_hours(self) -> int:
        """Forecast hours until which some member still counts as spinning up."""
        return max((entry.unsettled_hours for entry in self.members), default=0)
