"""The supervisor of a launched cycle."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from forecast.workflow import detached
from forecast.workflow.detached import (
    Launch,
    LaunchFailedError,
    await_start,
    read_launch,
    running,
    supervise,
)
from forecast.workflow.lock import RunLock
from forecast.workflow.paths import RunPaths

_DRIVER = """\
import os, signal, sys, time
from pathlib import Path
count = Path(sys.argv[-1])
starts = int(count.read_text()) + 1 if count.exists() else 1
count.write_text(str(starts))
{body}
"""


@pytest.fixture
def run(tmp_path: Path) -> RunPaths:
    paths = RunPaths(tmp_path / "2022-01-01T00")
    paths.folder.mkdir()
    return paths


def _launch(*command: str) -> Launch:
    return Launch("here", 0, 0, "c0ffee", (), "/code", command, "2022-01-01T00:00:00+00:00")


def _supervise(run: RunPaths, body: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Supervise a driver with this body; return its last exit code and how often it started."""
    package = run.folder / "fake" / "forecast"
    package.mkdir(parents=True)
    (package / "__main__.py").write_text(_DRIVER.format(body=body))
    monkeypatch.setitem(os.environ, "PYTHONPATH", str(package.parent))
    monkeypatch.setitem(os.environ, "PYTHONSAFEPATH", "1")
    count = run.folder / "count"
    code = supervise(run, _launch(str(count)), pause=0.01)
    return code, int(count.read_text())


def test_a_driver_that_was_killed_is_started_again(
    run: RunPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "if starts < 3: os.kill(os.getpid(), signal.SIGKILL)"
    assert _supervise(run, body, monkeypatch) == (0, 3)
    launch = read_launch(run)
    assert launch is not None
    assert launch.starts == 3
    assert launch.supervisor == os.getpid()


def test_a_driver_that_is_killed_every_time_is_given_up(
    run: RunPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "os.kill(os.getpid(), signal.SIGKILL)"
    assert _supervise(run, body, monkeypatch) == (137, detached.RESTARTS + 1)


def test_a_driver_that_said_why_it_ended_is_not_started_again(
    run: RunPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _supervise(run, "sys.exit(1)", monkeypatch) == (1, 1)


def test_a_request_to_stop_reaches_the_driver_and_ends_the_supervisor(
    run: RunPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = run.folder / "count"

    def ask() -> None:
        while not count.exists() or not count.read_text():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

    asking = threading.Thread(target=ask)
    asking.start()
    body = "time.sleep(60)"  # without a handler: SIGTERM kills it, and that was asked for
    assert _supervise(run, body, monkeypatch) == (128 + signal.SIGTERM, 1)
    asking.join()


def test_a_start_is_believed_when_the_driver_holds_the_lock(run: RunPaths) -> None:
    supervisor = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with RunLock(run.lock):
        stranger = _launch().__dict__ | {"driver": os.getpid(), "supervisor": supervisor.pid + 1}
        run.launch.write_text(json.dumps(stranger))
        assert "has not said more for 0 s" in (await_start(run, supervisor, 0.2) or "")
        own = stranger | {"supervisor": supervisor.pid}
        run.launch.write_text(json.dumps(own))
        assert f"process {os.getpid()}" in (await_start(run, supervisor, 5.0) or "")
    assert "has not said more for 0 s" in (await_start(run, supervisor, 0.2) or "")
    supervisor.communicate(b"\n")
    assert "has ended already" in (await_start(run, supervisor, 5.0) or "")


def test_a_launch_that_comes_second_says_so(run: RunPaths) -> None:
    supervisor = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    assert await_start(run, supervisor, 30.0) is None


def test_a_cycle_runs_as_long_as_its_supervisor_lives(run: RunPaths) -> None:
    assert running(run) is None
    with RunLock(run.launch_lock):
        holder = running(run)
        assert holder is not None
        assert holder.pid == os.getpid()
    assert running(run) is None


def test_a_start_that_fails_shows_the_end_of_its_log(run: RunPaths) -> None:
    run.launch_log.write_text("Error: the file 'data/wind.nc' does not exist\n")
    supervisor = subprocess.Popen([sys.executable, "-c", "raise SystemExit(1)"])
    with pytest.raises(LaunchFailedError, match=r"exit code 1.*\n.*data/wind\.nc"):
        await_start(run, supervisor, 30.0)


def test_a_damaged_record_of_a_launch_counts_as_none(run: RunPaths) -> None:
    assert read_launch(run) is None
    run.launch.write_text("{")
    assert read_launch(run) is None
    run.launch.write_text('{"host": "here"}')
    assert read_launch(run) is None
