"""Alerts of a run: kept once, by whoever raises them, and sent by the driver."""

import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from forecast.common.degradation import Degradation
from forecast.config.alerts import AlertsConfig
from forecast.config.run import RunPaths
from forecast.delivery.alerts import make_alert
from forecast.fields.run_state import RunState, StageState, StageStatus
from forecast.fields.status import MemberState, MemberStatus
from forecast.stages.alerts import (
    AlertDesk,
    alerts_of_run,
    raise_alert,
    send_waiting,
    try_channels,
)
from forecast.storage.alerts import append_alert, read_alerts, read_taken, write_taken

NOW = datetime(2026, 1, 10, 4, 30, tzinfo=UTC)
CYCLE = "2026-01-09T16"


@pytest.fixture
def run(tmp_path: Path) -> RunPaths:
    return RunPaths(tmp_path / CYCLE)


def _options(tmp_path: Path, **more: object) -> AlertsConfig:
    """One channel: a program that writes the codes it gets into a file."""
    script = tmp_path / "take.py"
    script.write_text(
        "import json, sys\n"
        f"with open({str(tmp_path / 'taken')!r}, 'a') as seen:\n"
        "    for alert in json.load(sys.stdin)['alerts']:\n"
        "        seen.write(alert['code'] + '\\n')\n",
        "utf-8",
    )
    entry = {"name": "c", "command": [sys.executable, "-I", "-S", str(script)]}
    return AlertsConfig.model_validate({"command": [entry], "gather_seconds": 0.02, **more})


def _taken(tmp_path: Path) -> list[str]:
    path = tmp_path / "taken"
    return path.read_text(encoding="utf-8").split() if path.exists() else []


def test_an_alert_is_kept_once_a_subject(run: RunPaths) -> None:
    raise_alert(run, "member-failed", "m01", reason="first")
    raise_alert(run, "member-failed", "m01", reason="second")
    raise_alert(run, "member-failed", "m02", reason="third")

    assert [(a.subject, a.happened[-5:]) for a in alerts_of_run(run)] == [
        ("m01", "first"),
        ("m02", "third"),
    ]
    assert alerts_of_run(run)[0].cycle == CYCLE


def test_a_line_that_was_cut_off_costs_only_itself(run: RunPaths) -> None:
    for member in ("m01", "m02"):
        raise_alert(run, "member-failed", member)
    whole = run.alerts.read_bytes()
    run.alerts.write_bytes(whole[:-40])

    append_alert(run.alerts, make_alert("member-failed", CYCLE, "m03", NOW))

    assert [alert.subject for alert in read_alerts(run.alerts)] == ["m01", "m03"]


def test_writers_at_the_same_time_lose_nothing(run: RunPaths) -> None:
    def write(first: int) -> None:
        for number in range(first, first + 20):
            raise_alert(run, "member-failed", f"m{number % 50:02d}")

    threads = [threading.Thread(target=write, args=(start,)) for start in (0, 10, 20, 30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(run.alerts.read_bytes().splitlines()) == 50
    assert len(read_alerts(run.alerts)) == 50


def test_raising_never_stops_the_one_who_raises(
    run: RunPaths, caplog: pytest.LogCaptureFixture
) -> None:
    run.folder.mkdir(parents=True)
    run.alerts.mkdir()  # nothing can be written there

    alert = raise_alert(run, "disk-full", "member/m01.zarr", reason="no space")

    assert alert.code == "disk-full"
    assert "not on the disk" in caplog.text


def test_what_was_taken_is_read_back_and_a_damaged_file_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "taken.json"
    taken = {"a": frozenset({("member-failed", "m01"), ("start-cold", "m02")})}
    write_taken(path, taken)
    assert read_taken(path) == taken

    path.write_text('{"a": [["only one"]]}', "utf-8")
    assert read_taken(path) == {}
    assert read_taken(tmp_path / "none") == {}


def _state(run: RunPaths) -> RunState:
    fallback = Degradation(
        "prepare", "no rain", "rain", "none", "无降水。", "precipitation-missing"
    )
    return RunState(
        CYCLE,
        "a case",
        run.folder,
        (StageStatus("publish", StageState.WAITING),),
        (MemberStatus("m01", MemberState.FAILED, reason="it met a wall"),),
        degradations=(fallback,),
    )


def test_the_desk_sends_what_a_state_gives_cause_for_once(run: RunPaths, tmp_path: Path) -> None:
    with AlertDesk(run, _options(tmp_path), {}) as desk:
        for _ in range(3):
            desk.watch(_state(run))
        raise_alert(run, "member-hung", "m00", seconds=99)  # by another process
    with AlertDesk(run, _options(tmp_path), {}) as desk:
        desk.watch(_state(run))

    assert sorted(_taken(tmp_path)) == ["member-failed", "member-hung", "precipitation-missing"]
    (channel,) = desk.channels
    assert (channel.delivered, channel.waiting, channel.problem) == (3, 0, "")


def test_an_alert_that_the_disk_refuses_is_sent_all_the_same(run: RunPaths, tmp_path: Path) -> None:
    run.folder.mkdir(parents=True)
    run.alerts.mkdir()

    with AlertDesk(run, _options(tmp_path), {}) as desk:
        desk.raise_alert("disk-full", "r0", reason="no space")
        desk.raise_alert("disk-full", "r0", reason="no space")

    assert _taken(tmp_path) == ["disk-full"]


def test_what_a_dead_channel_has_not_taken_can_be_sent_later(run: RunPaths, tmp_path: Path) -> None:
    options = _options(tmp_path)
    broken = AlertsConfig.model_validate(
        {"command": [{"name": "c", "command": ["/no/such/program"]}], "gather_seconds": 0.02}
    )
    with AlertDesk(run, broken, {}) as desk:
        desk.raise_alert("stage-failed", "gate", reason="no file")
    assert "alert-channel-dead" in {alert.code for alert in alerts_of_run(run)}

    states = send_waiting(run, options)

    assert _taken(tmp_path) == ["stage-failed"]
    assert [(state.waiting, state.problem) for state in states] == [(0, "")]


def test_channels_can_be_tried(tmp_path: Path) -> None:
    good = _options(tmp_path)
    both = AlertsConfig.model_validate(
        {
            "command": [
                {"name": "good", "command": list(good.command[0].command)},
                {"name": "bad", "command": ["/no/such/program"]},
            ]
        }
    )

    found = dict(try_channels(both, CYCLE))

    assert _taken(tmp_path) == ["alert-test"]
    assert found["good"] == ""
    assert "cannot be started" in found["bad"]
