"""One run of a cycle at a time."""

import json
import os
import socket
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from forecast.common.errors import CycleError
from forecast.workflow.lock import Holder, RunLock, birth, read_holder


def _lock_of(path: Path, holder: Holder) -> None:
    path.write_text(json.dumps(asdict(holder)), encoding="utf-8")


def test_a_second_run_is_refused_and_told_who_runs(tmp_path: Path) -> None:
    path = tmp_path / "2022-01-01T00" / "run.lock"
    with RunLock(path):
        with pytest.raises(CycleError) as caught, RunLock(path):
            pass
        text = str(caught.value)
        holder = read_holder(path)
        assert holder is not None
        for part in ("2022-01-01T00", str(os.getpid()), socket.gethostname(), holder.since):
            assert part in text
    assert not path.exists()
    with RunLock(path) as again:
        assert again.former is None


def test_the_lock_of_a_dead_process_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    born = birth(process.pid)
    assert born is not None
    holder = Holder(socket.gethostname(), process.pid, born, "then", sessions=(7,))
    _lock_of(path, holder)
    with pytest.raises(CycleError, match=str(process.pid)), RunLock(path):
        pass
    process.communicate(b"\n")
    with RunLock(path) as lock:
        assert lock.former == holder


def test_a_process_that_got_the_same_number_later_is_another_one(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    born = birth(os.getpid())
    assert born is not None
    _lock_of(path, Holder(socket.gethostname(), os.getpid(), born - 1, "then"))
    with RunLock(path) as lock:
        assert lock.former is not None


def test_a_lock_of_another_machine_is_respected(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    _lock_of(path, Holder("elsewhere", 1, 1, "then"))
    with pytest.raises(CycleError, match=r"elsewhere.*remove"), RunLock(path):
        pass
    assert path.exists()


def test_an_unreadable_lock_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    path.write_text("{", encoding="utf-8")
    with RunLock(path) as lock:
        lock.started(4711)
        holder = read_holder(path)
        assert holder is not None
        assert (holder.pid, holder.sessions) == (os.getpid(), (4711,))


def test_leaving_does_not_remove_the_lock_of_somebody_else(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    with RunLock(path):
        _lock_of(path, Holder("elsewhere", 1, 1, "then"))
    assert path.exists()


def test_many_starts_at_once_have_one_winner(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    program = (
        "import sys, pathlib, time\n"
        "from forecast.common.errors import CycleError\n"
        "from forecast.workflow.lock import RunLock\n"
        "input()\n"
        "try:\n"
        "    with RunLock(pathlib.Path(sys.argv[1])): time.sleep(1.5)\n"
        "except CycleError: sys.exit(3)\n"
    )
    root = Path(__file__).resolve().parents[2]
    starts = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, cwd=root
        )
        for _ in range(4)
    ]
    for start in starts:
        assert start.stdin is not None
        start.stdin.write(b"\n")
        start.stdin.flush()
    codes = []
    for start in starts:
        start.communicate()
        codes.append(start.returncode)
    assert sorted(codes) == [0, 3, 3, 3]
