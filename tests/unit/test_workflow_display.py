"""Progress lines: every change once, nothing twice."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from forecast.fields.run_state import RunState, StageState, StageStatus
from forecast.fields.status import MemberState, MemberStatus
from forecast.workflow import display
from forecast.workflow.display import Display


def _state() -> RunState:
    stages = tuple(
        StageStatus(name, StageState.WAITING, title=f"the work of {name}")
        for name in ("prepare", "gate")
    )
    members = (MemberStatus("m00", MemberState.WAITING),)
    return RunState("2022-01-01T00", "a case", Path("/runs/2022-01-01T00"), stages, members)


def _with(state: RunState, stage: StageState, member: MemberState) -> RunState:
    first = replace(state.stages[0], state=stage)
    return replace(
        state,
        stages=(first, *state.stages[1:]),
        members=(replace(state.members[0], state=member, hours_total=10, hours_done=5),),
    )


def test_each_change_is_one_line_outside_a_terminal() -> None:
    stream = io.StringIO()
    with Display(1, Console(file=stream, width=40)) as shown:
        state = _state()
        for step in (
            state,
            _with(state, StageState.RUNNING, MemberState.WAITING),
            _with(state, StageState.RUNNING, MemberState.WAITING),
            _with(state, StageState.FINISHED, MemberState.RUNNING),
            _with(state, StageState.FINISHED, MemberState.FINISHED),
        ):
            shown.show(step, None)
    lines = stream.getvalue().splitlines()
    assert "logs in /runs/2022-01-01T00/log" in lines[0]
    assert [line.split()[1:3] for line in lines[1:]] == [
        ["running", "prepare"],
        ["finished", "prepare"],
        ["running", "m00"],
        ["finished", "m00"],
    ]


def test_the_time_left_is_told_when_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "_QUIET_SECONDS", -1.0)
    stream = io.StringIO()
    with Display(1, Console(file=stream)) as shown:
        shown.show(_state(), None)
        shown.show(_state(), None)
        shown.show(_state(), None)
    assert stream.getvalue().count("time left not known yet") == 3


def test_a_terminal_gets_the_whole_state() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=80)
    with Display(1, console) as shown:
        shown.show(_with(_state(), StageState.RUNNING, MemberState.WAITING), None)
    assert "the work of gate" in stream.getvalue()
