"""The driver: decisions at the right time, revisions, restarts, and a memory that survives it."""

import itertools
from datetime import timedelta
from pathlib import Path

import pytest

from forecast.config.run import RunPaths
from forecast.fields.decision import Trigger
from forecast.fields.run_state import RunState
from forecast.fields.status import MemberState
from forecast.workflow import driver
from forecast.workflow.driver import WorkflowFailedError
from forecast.workflow.launch import Interrupted
from forecast.workflow.memory import REVISE, Request, ask, read_memory
from tests.unit.driver_world import HOURS, Make, World, world_maker


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    return world_maker(tmp_path, monkeypatch)


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
