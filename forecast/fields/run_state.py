"""Where one run stands: its stages, its members, what went wrong and what was replaced."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from forecast.common.degradation import Degradation
from forecast.fields.decision import DriverRecord
from forecast.fields.status import MemberStatus


class StageState(StrEnum):
    """Where a stage stands."""

    WAITING = "waiting"
    """Not started."""
    RUNNING = "running"
    """Started and not ended, as far as its file says."""
    INTERRUPTED = "interrupted"
    """Its file says running, but nobody runs the cycle."""
    FINISHED = "finished"
    """All its files are written."""
    FAILED = "failed"
    """Stopped with an error."""


@dataclass(frozen=True)
class StageStatus:
    """What a stage says about itself.

    Attributes:
        stage: Name.
        state: Where it stands.
        title: What it does, in words.
        reason: Why it failed, a sentence; empty otherwise.
        host: Machine.
        pid: Process id.
        started: Start, UTC.
        finished: End, UTC; None while it runs.
        log: Path of its log.
    """

    stage: str
    state: StageState
    title: str = ""
    reason: str = ""
    host: str = ""
    pid: int = 0
    started: datetime | None = None
    finished: datetime | None = None
    log: str = ""


@dataclass(frozen=True)
class RunState:
    """Everything that `forecast status` tells.

    Attributes:
        cycle: Name of the cycle.
        title: Case and domain, in words.
        folder: Folder of the run.
        stages: Those that run once, in order; the members come between "warm" and "gate".
        members: One a planned member.
        held: True when somebody runs the cycle now.
        left_out: Member and reason, for those that the gate left out or cut short.
        degradations: Fallbacks taken so far.
        manifest: The merged manifest of the revision, None before it is complete.
        revision: Number of the newest decision whose products were begun.
        driver: What the driver has decided; None before its first look.
        published: Number of the newest revision whose products are complete; None before.
        scheduler_away: Since when the batch system gives no answer, UTC; None when it does.
        products: False when the run only keeps the chain of restarts alive and makes none.
    """

    cycle: str
    title: str
    folder: Path
    stages: tuple[StageStatus, ...]
    members: tuple[MemberStatus, ...]
    held: bool = True
    left_out: tuple[tuple[str, str], ...] = ()
    degradations: tuple[Degradation, ...] = ()
    manifest: Path | None = None
    revision: int = 0
    driver: DriverRecord | None = None
    published: int | None = None
    scheduler_away: datetime | None = None
    products: bool = True

    @property
    def complete(self) -> bool:
        """True when the last stage has finished and its manifest is there."""
        if not self.products:
            return self.members_ended and not self.failed
        return self.manifest is not None and self.stages[-1].state is StageState.FINISHED

    @property
    def failed(self) -> tuple[StageStatus, ...]:
        """Stages that stopped with an error; a failed member fails no stage."""
        return tuple(stage for stage in self.stages if stage.state is StageState.FAILED)

    @property
    def members_ended(self) -> bool:
        """True when every member has finished or failed."""
        return all(member.ended for member in self.members)
