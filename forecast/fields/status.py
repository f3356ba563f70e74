"""State and progress of one ensemble member, as its status file says it."""

from dataclasses import KW_ONLY, dataclass
from datetime import datetime
from enum import StrEnum


class MemberState(StrEnum):
    """Where a member stands."""

    WAITING = "waiting"
    """Not started, or no status file."""
    RUNNING = "running"
    """Started and not ended, as far as its file says."""
    FINISHED = "finished"
    """All hours are written."""
    INCOMPLETE = "incomplete"
    """Ended in good order before its last hour, because it was asked to."""
    FAILED = "failed"
    """Stopped with an error before all hours were written."""
    TIMEOUT = "timeout"
    """Its time was over before all hours were written."""
    ABSENT = "absent"
    """Never came: no job ran, or an external model delivered nothing."""


STOPPED = 75
"""Exit code of a member that was asked to end and can go on from its checkpoint."""
ENDED = frozenset(MemberState) - {MemberState.WAITING, MemberState.RUNNING}
"""States in which nothing more is to come."""


@dataclass(frozen=True)
class MemberStatus:
    """What a member says about itself.

    Attributes:
        member: Name, such as "m02".
        state: Where it stands.
        kind: Kind of model; a forecast of many members of one kind says less than of several.
        attempt: Which try of the member this is, from 1.
        hours_total: Model hours to do, spin-up included.
        hours_done: Model hours done, spin-up included; once a member has failed, those whose
            output is on the disk.
        hours_saved: Model hours whose output is on the disk, spin-up included.
        spin_up_hours: Model hours before the cycle; they never reach products.
        ranks: MPI ranks it runs or ran on.
        ranks_asked: MPI ranks that the workflow asked for.
        job: Id of its batch job; empty outside a batch system.
        start: How it began, such as "own restart" or "cold"; see `forecast.fields.start`.
        host: Machine of rank 0.
        pid: Process id of rank 0.
        reason: Why it failed, a sentence; empty otherwise.
        exit_code: True exit code of the model, None while it runs.
        log: Path of its log.
        continued_from: Hour of the checkpoint that it continued from; None for a cold start.
        started: First start, UTC.
        updated: Time of this record, UTC.
        finished: End, UTC; None while it runs.
        seconds_left: Estimate by its own pace, s; None when unknown.
    """

    member: str
    state: MemberState
    _: KW_ONLY
    kind: str = "ctm"
    attempt: int = 1
    hours_total: int = 0
    hours_done: int = 0
    hours_saved: int = 0
    spin_up_hours: int = 0
    ranks: int = 0
    ranks_asked: int = 0
    job: str = ""
    start: str = ""
    host: str = ""
    pid: int = 0
    reason: str = ""
    exit_code: int | None = None
    log: str = ""
    continued_from: int | None = None
    started: datetime | None = None
    updated: datetime | None = None
    finished: datetime | None = None
    seconds_left: float | None = None

    @property
    def ended(self) -> bool:
        """True when nothing more is to come of it."""
        return self.state in ENDED

    @property
    def hours_available(self) -> int:
        """Forecast hours written, spin-up not counted."""
        return max(0, self.hours_done - self.spin_up_hours)

    @property
    def progress(self) -> float:
        """Share of the hours done, 0 to 1."""
        return self.hours_done / self.hours_total if self.hours_total else 0.0
