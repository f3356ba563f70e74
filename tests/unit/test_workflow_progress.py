"""A run's state in plain words, and its estimate of the end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forecast.common.degradation import Degradation
from forecast.fields.run_state import RunState, StageState, StageStatus
from forecast.fields.status import MemberState, MemberStatus
from forecast.workflow.lock import Holder
from forecast.workflow.progress import (
    duration,
    headline,
    next_step,
    report,
    seconds_left,
    share_done,
)

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
NAMES = ("prepare", "perturb", "warm", "gate", "combine", "index", "warn", "publish")
HOLDER = Holder("vm", 4711, 1, "2026-01-01T11:59:00+00:00")


def _stage(name: str, done: bool) -> StageStatus:
    state = StageState.FINISHED if done else StageState.WAITING
    return StageStatus(name, state, title=f"the work of {name}", log=f"/runs/log/{name}.log")


def _state(*members: MemberStatus, done: int = 3) -> RunState:
    stages = tuple(_stage(name, place < done) for place, name in enumerate(NAMES))
    folder = Path("/runs/2021-12-31T16")
    manifest = folder / "manifest.json" if done == len(NAMES) else None
    return RunState(folder.name, "a case", folder, stages, members, manifest=manifest)


def _running(name: str, hours: int, seconds: float) -> MemberStatus:
    """A running member at a steady pace over 100 hours."""
    return MemberStatus(
        name,
        MemberState.RUNNING,
        hours_total=100,
        hours_done=hours,
        ranks=2,
        started=NOW - timedelta(seconds=seconds),
        updated=NOW,
        seconds_left=seconds * (100 - hours) / hours,
    )


WAITING = MemberStatus("m09", MemberState.WAITING)
FINISHED = replace(
    _running("m00", 100, 40.0), state=MemberState.FINISHED, finished=NOW, seconds_left=None
)
FAILED = replace(
    _running("m01", 20, 8.0),
    state=MemberState.FAILED, reason="it met a wall", log="/a.log", job="77", host="n2",
)  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3.4, "3 s"), (65, "1 min 5 s"), (3600, "1 h 0 min"), (59.7, "1 min 0 s")],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_the_end_is_not_known_before_a_member_has_a_pace() -> None:
    state = _state(WAITING, WAITING)
    assert seconds_left(state) is None
    assert "not known yet" in headline(state, HOLDER)


def test_the_estimate_counts_members_that_wait_for_a_place() -> None:
    # a member takes 40 s; one has 30 s left, two wait: 110 s one after another, 55 s in pairs
    state = _state(_running("m00", 25, 10.0), WAITING, WAITING)
    closing = seconds_left(_state(FINISHED, FAILED))
    assert closing is not None
    assert seconds_left(state, 1) == pytest.approx(110.0 + closing)
    assert seconds_left(state, 2) == pytest.approx(55.0 + closing)


def test_a_complete_run_has_nothing_left() -> None:
    state = _state(FINISHED, done=len(NAMES))
    assert (seconds_left(state), share_done(state)) == (0.0, 1.0)
    assert headline(state, None) == "complete"


def test_the_share_grows_with_every_step() -> None:
    steps = [
        _state(WAITING, WAITING, done=0),
        _state(WAITING, WAITING, done=3),
        _state(_running("m00", 50, 20.0), WAITING),
        _state(FINISHED, WAITING),
        _state(FINISHED, FAILED),
        _state(FINISHED, FAILED, done=6),
    ]
    shares = [share_done(step) for step in steps]
    assert shares == sorted(set(shares))
    assert shares[0] == 0.0
    assert shares[-1] < 1.0


def test_what_is_next() -> None:
    assert next_step(_state(WAITING, done=1)).startswith("perturb")
    assert next_step(_state(FINISHED, WAITING)) == "run_member m09"
    assert next_step(_state(_running("m00", 5, 2.0), WAITING)) == "run_member m00, m09"
    assert next_step(_state(FINISHED, FAILED)).startswith("gate")
    assert "nothing" in next_step(_state(FINISHED, done=len(NAMES)))


def test_a_failed_stage_is_named_with_its_reason_and_log() -> None:
    state = _state(FINISHED, done=4)
    broken = replace(state.stages[4], state=StageState.FAILED, reason="no space")
    state = replace(state, stages=(*state.stages[:4], broken, *state.stages[5:]))
    text = report(state, None)
    for part in ("stopped at", "combine failed", "no space", "/runs/log/combine.log"):
        assert part in text


def test_the_report_tells_members_reasons_fallbacks_and_logs() -> None:
    fallback = Degradation("prepare", "no rain", "rain", "none", "无降水资料")
    state = replace(_state(FINISHED, FAILED), degradations=(fallback,))
    text = report(state, HOLDER)
    for part in (
        "2022-01-01 00:00",
        "running on 'vm' as process 4711",
        "it met a wall",
        "/a.log",
        "20 of 100 h on 2 rank(s), job 77 on n2",
        "wanted rain, took none",
        "/runs/2021-12-31T16/log",
    ):
        assert part in text


def test_a_member_that_nobody_runs_is_interrupted() -> None:
    state = _state(_running("m00", 25, 10.0))
    assert "running     m00" in report(state, HOLDER)
    assert "interrupted m00" in report(replace(state, held=False), None)


def test_an_idle_run_says_how_to_go_on() -> None:
    text = headline(_state(_running("m00", 25, 10.0), WAITING), None)
    assert "not running" in text
    assert "continues" in text
