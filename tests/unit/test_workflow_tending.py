"""What the driver does to members that hang or come too late."""

import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forecast.common.cycle import Cycle
from forecast.config.clock import ClockConfig, ProductClock
from forecast.config.run import RunPaths
from forecast.fields.decision import DriverRecord
from forecast.fields.history import History, MemberPace
from forecast.fields.run_state import RunState
from forecast.fields.status import MemberState, MemberStatus
from forecast.workflow import clock
from forecast.workflow.clock import HOURLY, TREND, ProductPlan
from forecast.workflow.tending import Tending, end_process

CYCLE = Cycle.parse("2021-12-31T16")
NOW = datetime(2026, 1, 1, 2, tzinfo=UTC)
RECORD = DriverRecord(CYCLE.name, NOW - timedelta(hours=2), NOW - timedelta(hours=2))
HISTORY = History(members=(MemberPace("2021-12-31T04", "m00", "ctm", 2, 120, 7200.0),))


def _running(hours: int, per_hour: float = 60.0, **changes: object) -> MemberStatus:
    status = MemberStatus(
        "m00", MemberState.RUNNING, hours_total=120, hours_done=hours, hours_saved=hours,
        started=NOW - timedelta(seconds=hours * per_hour), updated=NOW,
        seconds_left=(120 - hours) * per_hour,
    )  # fmt: skip
    return replace(status, **changes)  # type: ignore[arg-type]


def _plans(minutes: float) -> tuple[ProductPlan, ...]:
    """A hard cutoff so many minutes from now."""
    options = ClockConfig(
        hourly=ProductClock(hard_minutes=60), trend=ProductClock(hard_minutes=120 + minutes)
    )
    return clock.plans(CYCLE, RECORD.origin, options, 1, {HOURLY: 72, TREND: 120})


class _Hands:
    """Notes what is done to members."""

    def __init__(self) -> None:
        self.limits: list[tuple[str, int, str]] = []
        self.alerts: list[str] = []

    def tending(self, folder: Path) -> Tending:
        return Tending(
            RunPaths(folder),
            lambda *_: None,
            lambda *told: self.limits.append(told),
            lambda code, *_, **__: self.alerts.append(code),
        )


def _tend(
    folder: Path, status: MemberStatus, minutes: float, record: DriverRecord = RECORD
) -> tuple[DriverRecord, _Hands]:
    hands = _Hands()
    state = RunState(CYCLE.name, "case", folder, (), (status,))
    look = (state, (), _plans(minutes))
    tending = hands.tending(folder)
    return tending.tend(*look, record, ClockConfig(), HISTORY, NOW), hands


def test_a_member_that_will_be_late_is_told_the_last_whole_day_it_can_make(
    tmp_path: Path,
) -> None:
    """At hour 90, a minute an hour, 20 minutes before the cutoff: hour 110; day 4 ends at 96."""
    record, hands = _tend(tmp_path, _running(90), 20)
    assert hands.limits[0][:2] == ("m00", 96)
    assert "after the hard cutoff" in hands.limits[0][2]
    assert hands.alerts == ["member-shortened"]
    assert record.done_to("m00", "shortened")
    again, hands = _tend(tmp_path, _running(91), 19, record)
    assert (again, hands.limits) == (record, [])


@pytest.mark.parametrize(
    ("hours", "minutes"),
    [
        (90, 31),  # it will be in time
        (50, 40),  # it will reach hour 90, day 3 ends at 72: it is still far from there
    ],
)
def test_a_member_in_time_or_far_from_its_limit_is_left_alone(
    tmp_path: Path, hours: int, minutes: float
) -> None:
    record, hands = _tend(tmp_path, _running(hours), minutes)
    assert (record, hands.limits, hands.alerts) == (RECORD, [], [])


def test_a_member_in_the_queue_that_cannot_make_a_day_is_said_to_be_late_once(
    tmp_path: Path,
) -> None:
    waiting = MemberStatus("m00", MemberState.WAITING, hours_total=120)
    record, hands = _tend(tmp_path, waiting, 20)
    assert (hands.limits, hands.alerts) == ([], ["member-dropped"])
    assert record.done_to("m00", "late")
    _, hands = _tend(tmp_path, waiting, 19, record)
    assert hands.alerts == []


def test_nothing_is_shortened_after_the_cutoff(tmp_path: Path) -> None:
    record, hands = _tend(tmp_path, _running(90), -1)
    assert (record, hands.limits) == (RECORD, [])


def _sleeper(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], cwd=folder)


def test_a_member_that_hangs_is_ended_once_for_each_silence(tmp_path: Path) -> None:
    folder = tmp_path / CYCLE.name
    folder.mkdir()
    process = _sleeper(folder)
    silent = _running(
        30, updated=NOW - timedelta(hours=1), host=socket.gethostname(), pid=process.pid
    )
    record, hands = _tend(folder, silent, 200)
    assert process.wait(timeout=10) == -signal.SIGKILL
    assert hands.alerts == ["member-hung"]
    assert "no sign of life for 3600 s" in record.interventions[0].reason
    again, hands = _tend(folder, silent, 200, record)
    assert (again, hands.alerts) == (record, [])
    other = replace(record, interventions=())
    later = _running(31, updated=NOW - timedelta(minutes=31), host="elsewhere", pid=1)
    assert _tend(folder, later, 200, other)[1].alerts == ["member-hung"]


def test_a_process_that_is_not_of_the_run_is_never_ended(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "run", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    process = _sleeper(elsewhere)
    here = socket.gethostname()
    assert "not one of this run" in end_process(_running(3, host=here, pid=process.pid), folder)
    assert "out of reach" in end_process(_running(3, host="n1", pid=process.pid), elsewhere)
    assert "out of reach" in end_process(_running(3, host=here, pid=0), folder)
    assert process.poll() is None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
