"""A made world of files, time and processes around the driver of a cycle."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forecast.config.load import resolve
from forecast.config.root import Configuration
from forecast.config.run import RunPaths, member_names
from forecast.fields.membership import Membership, MemberVerdict
from forecast.fields.records import to_json
from forecast.fields.run_state import RunState, StageState, StageStatus
from forecast.fields.status import MemberState, MemberStatus
from forecast.workflow import driver
from forecast.workflow.driver import Driver, Ports
from forecast.workflow.launch import Invocation, Target
from forecast.workflow.lock import RunLock
from forecast.workflow.progress import BEFORE_MEMBERS

CYCLE = "2021-12-31T16"
HOURS = 120
Make = Callable[..., tuple["World", Callable[[], RunState]]]
Script = Callable[["World"], None]


class Process:
    """A workflow or stage that ends when the script says so."""

    def __init__(self, code: int | None = None) -> None:
        self.session = 1
        self.code = code
        self.ended = False

    def end(self) -> None:
        self.ended = True
        self.code = -2


@dataclass
class World:
    """Files, time and processes as the driver sees them; the script acts at each look."""

    run: RunPaths
    script: Script
    members: dict[str, MemberStatus]
    gate_code: int = 0
    products_code: int = 0
    found: dict[str, int] = field(default_factory=dict)
    failed: str = ""
    prepared: bool = True
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    looks: int = 0
    missing: list[list[str]] = field(default_factory=list)
    started: list[str] = field(default_factory=list)
    workflows: list[Process] = field(default_factory=list)
    closed: dict[str, str] = field(default_factory=dict)

    def end(self, name: str, state: MemberState = MemberState.FINISHED, hours: int = HOURS) -> None:
        """A member ends: status and stamp."""
        self.members[name] = replace(self.members[name], state=state, hours_done=hours)
        self.run.stamp(name).touch()

    def at(self, minute: float) -> None:
        """Set the time."""
        self.now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)

    # --- what the driver is given
    def describe(self) -> RunState:
        ready = StageState.FINISHED if self.prepared else StageState.WAITING
        stages = [StageStatus(name, ready) for name in BEFORE_MEMBERS]
        if self.failed:
            stages.append(StageStatus(self.failed, StageState.FAILED, reason="no rain", log="a"))
        return RunState(CYCLE, "case", self.run.folder, tuple(stages), tuple(self.members.values()))

    def close(self, name: str, reason: str) -> None:
        self.closed[name] = reason
        self.end(name, MemberState.FAILED, 0)

    def waiting_for(self) -> Sequence[str]:
        return self.missing.pop(0) if self.missing else ()

    def ports(self) -> Ports:
        hands = (lambda *_: None, lambda *_: None)
        return Ports(self.describe, self.close, *hands, waiting_for=self.waiting_for)

    # --- what the driver starts
    def start_workflow(self, invocation: Invocation) -> Process:
        if invocation.target is Target.PRODUCTS:
            number = invocation.run.revision
            self.started.append(f"products {number}")
            if self.products_code == 0:
                invocation.run.manifest.touch()
                self.run.latest.unlink(missing_ok=True)
                self.run.latest.symlink_to(f"r{number}")
            return Process(self.products_code)
        self.started.append("members")
        self.workflows.append(Process())
        return self.workflows[-1]

    def start_stage(self, run: RunPaths, stage: str) -> Process:
        self.started.append(f"{stage} {run.revision}")
        run.revision_folder.mkdir(parents=True, exist_ok=True)
        if self.gate_code == 0:
            verdicts = tuple(MemberVerdict(name, hours) for name, hours in self.found.items())
            membership = Membership(CYCLE, tuple(self.members), HOURS, 2, verdicts, ())
            run.members.write_text(to_json(membership), encoding="utf-8")
        return Process(self.gate_code)


def world_maker(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Give a function that makes a world and what drives a cycle in it."""
    run = RunPaths(folder / CYCLE)
    run.stamp("m00").parent.mkdir(parents=True)

    def built(
        script: Script, *settings: str, **changes: object
    ) -> tuple[World, Callable[[], RunState]]:
        configuration = resolve(
            settings=["ensemble.members=3", "clock.poll_seconds=0.001", *settings]
        )
        members = {
            name: MemberStatus(name, MemberState.RUNNING, hours_total=HOURS)
            for name in member_names(3)
        }
        world = World(run, script, members, **changes)  # type: ignore[arg-type]

        def sleep(_: float) -> None:
            world.looks += 1
            assert world.looks < 200, "the driver does not come to an end"
            world.script(world)

        class Clock(datetime):
            @classmethod
            def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
                return world.now

        ticks = itertools.count()
        monkeypatch.setattr(driver, "datetime", Clock)
        monkeypatch.setattr("forecast.workflow.driver.time.sleep", sleep)
        monkeypatch.setattr("forecast.workflow.driver.time.monotonic", lambda: 10.0 * next(ticks))
        monkeypatch.setattr(driver, "start_workflow", world.start_workflow)
        monkeypatch.setattr(driver, "start_stage", world.start_stage)
        return world, lambda: drive(world, configuration)

    return built


def drive(world: World, configuration: Configuration, *, revise: bool = False) -> RunState:
    with RunLock(world.run.lock) as lock:
        made = Driver(Invocation(world.run, "local", 2), lock, world.ports(), configuration)
        if revise:
            made.revise()
        return made.drive()
