"""The driver: decisions at the right time, revisions, restarts, and a memory that survives it."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forecast.config.load import resolve
from forecast.config.root import Configuration
from forecast.config.run import RunPaths, member_names
from forecast.fields.decision import Trigger
from forecast.fields.membership import Membership, MemberVerdict
from forecast.fields.records import to_json
from forecast.fields.run_state import RunState, StageState, StageStatus
from forecast.fields.status import MemberState, MemberStatus
from forecast.workflow import driver
from forecast.workflow.driver import Driver, Ports, WorkflowFailedError
from forecast.workflow.launch import Interrupted, Invocation, Target
from forecast.workflow.lock import RunLock
from forecast.workflow.memory import REVISE, Request, ask, read_memory
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


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    run = RunPaths(tmp_path / CYCLE)
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
        return world, lambda: _drive(world, configuration)

    return built


def _drive(world: World, configuration: Configuration, *, revise: bool = False) -> RunState:
    with RunLock(world.run.lock) as lock:
        made = Driver(Invocation(world.run, "local", 2), lock, world.ports(), configuration)
        if revise:
            made.revise()
        return made.drive()


def _triggers(run: RunPaths) -> list[Trigger]:
    record = read_memory(run)
    assert record is not None
    assert all(decision.complete for decision in record.decisions)
    return [decision.trigger for decision in record.decisions]


def _all_end(world: World) -> None:
    for name in world.members:
        world.end(name)


def test_all_end_and_one_revision_is_made(
    make: Make,
) -> None:
    world, drive = make(_all_end)
    drive()
    assert world.started == ["members", "gate 0", "products 0"]
    assert _triggers(world.run) == [Trigger.ALL_ENDED]
    drive()
    assert len(world.started) == 3, "a complete run is left as it is"


def test_a_soft_cutoff_a_late_member_and_its_revision(
    make: Make,
) -> None:
    def script(world: World) -> None:
        world.at(world.looks)
        if world.looks == 2:
            world.end("m00")
            world.end("m02")
        if world.looks == 20:
            world.end("m01")

    world, drive = make(script, "clock.hourly.soft_minutes=10", "clock.trend.soft_minutes=10")
    drive()
    assert _triggers(world.run) == [Trigger.SOFT_CUTOFF, Trigger.LATE_MEMBER]
    assert world.started == ["members", "gate 0", "products 0", "gate 1", "products 1"]
    record = read_memory(world.run)
    assert record is not None
    first, second = record.decisions
    assert (first.decided_at - record.origin) == timedelta(minutes=10)
    assert (first.hours_of("m01"), second.hours_of("m01")) == (0, HOURS)


def test_what_the_gate_has_taken_in_makes_no_further_revision(make: Make) -> None:
    """A member ends between the driver's look at the hard cutoff and that of the gate."""

    def script(world: World) -> None:
        world.at(world.looks)
        if world.looks == 2:
            world.end("m00")
            world.end("m02")
        if world.looks == 12:
            world.end("m01")

    hard = ("clock.hourly.hard_minutes=10", "clock.trend.hard_minutes=10")
    world, drive = make(script, *hard, found={"m01": HOURS})
    drive()
    assert _triggers(world.run) == [Trigger.HARD_CUTOFF]


def test_a_hard_cutoff_takes_what_is_there_and_members_are_given_up_at_their_time(
    make: Make,
) -> None:
    def script(world: World) -> None:
        world.at(world.looks)
        if world.looks == 2:
            world.end("m00")

    world, drive = make(
        script, "clock.hourly.hard_minutes=10", "clock.trend.hard_minutes=10",
        "clock.revise_minutes=15",
    )  # fmt: skip
    drive()
    assert _triggers(world.run) == [Trigger.HARD_CUTOFF]
    assert world.workflows[0].ended
    assert sorted(world.closed) == ["m01", "m02"]
    assert "no longer awaited" in world.closed["m01"]


def test_the_trend_has_its_own_later_cutoff(
    make: Make,
) -> None:
    def script(world: World) -> None:
        world.at(world.looks)
        if world.looks == 2:
            world.end("m00")
        if world.looks == 15:
            world.end("m01")
        if world.looks == 25:
            world.end("m02")

    world, drive = make(script, "clock.hourly.hard_minutes=10", "clock.trend.hard_minutes=20")
    drive()
    record = read_memory(world.run)
    assert record is not None
    hard, late = Trigger.HARD_CUTOFF, Trigger.LATE_MEMBER
    assert [d.trigger for d in record.decisions] == [hard, hard, late]
    assert [d.products for d in record.decisions] == [("hourly",), ("trend",), ()]
    minutes = [(d.decided_at - record.origin).seconds // 60 for d in record.decisions]
    assert minutes == [10, 20, 25]


def test_a_killed_driver_goes_on_with_the_same_clock_and_revision(
    make: Make,
) -> None:
    world, drive = make(_all_end, gate_code=1)
    with pytest.raises(WorkflowFailedError):
        drive()
    before = read_memory(world.run)
    assert before is not None
    assert [d.complete for d in before.decisions] == [False]
    world.gate_code = 0
    world.at(300)
    drive()
    after = read_memory(world.run)
    assert after is not None
    assert after.origin == before.origin
    assert after.decisions[0].decided_at == before.decisions[0].decided_at
    assert [d.revision for d in after.decisions] == [0]
    assert world.started[-2:] == ["gate 0", "products 0"]


def test_products_are_tried_twice_and_no_product_is_an_error(
    make: Make,
) -> None:
    world, drive = make(_all_end, products_code=1, failed="combine")
    with pytest.raises(WorkflowFailedError, match="no rain"):
        drive()
    assert world.started == ["members", "gate 0", "products 0", "products 0"]


def test_a_first_product_that_fails_leaves_the_members_to_make_the_next(make: Make) -> None:
    def script(world: World) -> None:
        world.at(world.looks)
        if world.looks == 20:
            world.products_code = 0
            _all_end(world)

    world, drive = make(script, "clock.hourly.hard_minutes=10", products_code=1)
    drive()
    assert world.started[-2:] == ["gate 1", "products 1"]
    assert world.run.latest_revision == 1


def test_members_whose_workflow_breaks_off_are_started_again_and_closed_at_last(
    make: Make,
) -> None:
    def script(world: World) -> None:
        if world.looks == 2:
            world.end("m00")
        world.workflows[-1].code = 1

    world, drive = make(script)
    drive()
    assert world.started.count("members") == 1 + driver.RESTARTS
    assert sorted(world.closed) == ["m01", "m02"]
    assert "killed before it could say why" in world.closed["m01"]
    assert _triggers(world.run) == [Trigger.ALL_ENDED]


def test_members_are_not_blamed_when_the_preparation_failed_and_the_fallback_is_asked_for(
    make: Make,
) -> None:
    def script(world: World) -> None:
        world.workflows[-1].code = 1

    world, drive = make(script, failed="prepare", prepared=False)
    drive()
    assert world.started == ["members", "gate 0", "products 0"]
    assert _triggers(world.run) == [Trigger.NOT_PREPARED]
    assert world.closed == {}


def test_an_interrupted_driver_ends_the_workflow_and_closes_no_member(
    make: Make,
) -> None:
    def script(world: World) -> None:
        raise Interrupted("SIGTERM")

    world, drive = make(script)
    with pytest.raises(Interrupted):
        drive()
    assert world.workflows[0].ended
    assert world.closed == {}


def test_inputs_are_waited_for_until_their_time(make: Make) -> None:
    def script(world: World) -> None:
        world.at(world.looks)
        if world.started:
            _all_end(world)

    for waits, left in ((3, 0), (50, 44)):  # it looks at minutes 0 to 5
        world, drive = make(script, "clock.inputs_minutes=5", missing=[["the wind"]] * waits)
        world.run.driver.unlink(missing_ok=True)
        for name in world.members:
            world.run.stamp(name).unlink(missing_ok=True)
        drive()
        assert world.started[0] == "members"
        assert len(world.missing) == left


def _lose_disk(world: World, lost: range) -> None:
    read, calls = world.describe, itertools.count()

    def describe() -> RunState:
        if next(calls) in lost:
            raise OSError("Stale file handle")
        return read()

    world.describe = describe  # type: ignore[method-assign]


def test_a_disk_that_is_away_is_waited_for_but_not_for_ever(make: Make) -> None:
    world, drive = make(_all_end)
    _lose_disk(world, range(2, 5))
    drive()
    assert _triggers(world.run) == [Trigger.ALL_ENDED]
    world.run.driver.unlink()
    world.run.stamp("m01").unlink()
    _lose_disk(world, range(2, 1000))
    with pytest.raises(OSError, match="Stale"):
        drive()
    assert world.workflows[-1].ended


def test_a_revision_on_request(make: Make) -> None:
    def script(world: World) -> None:
        if world.looks == 3:
            ask(world.run, Request(REVISE), world.now)
        if world.looks == 9:
            _all_end(world)

    world, drive = make(script)
    drive()
    assert _triggers(world.run) == [Trigger.ASKED, Trigger.LATE_MEMBER]
    assert list(world.run.requests.iterdir()) == []


def test_a_member_that_is_run_again_makes_a_revision(
    make: Make,
) -> None:
    def script(world: World) -> None:
        if world.looks == 1:
            world.end("m00", MemberState.FAILED, 10)
            world.end("m01")
        if world.looks == 4:
            ask(world.run, Request("rerun", "m00"), world.now)
        if world.looks == 6:
            assert not world.run.stamp("m00").exists()
            world.end("m02")
            world.workflows[-1].code = 0
        if world.looks == 12:
            world.end("m00")

    world, drive = make(script)
    drive()
    assert world.started == ["members", "members", "gate 0", "products 0"]
    assert world.closed == {}
