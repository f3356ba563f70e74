"""Ending a workflow ends everything that it started, wherever the signal comes from."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from forecast.common.errors import ConfigurationError
from forecast.workflow import launch
from forecast.workflow.launch import (
    Interrupted,
    Invocation,
    Running,
    clear_engine_lock,
    dry_run,
    end_leftovers,
    members_of,
    signals_raise,
    start_workflow,
)
from forecast.workflow.lock import Holder
from forecast.workflow.paths import RunPaths

CHILD = "import signal, time\n{ignore}\ntime.sleep(60)"
PARENT = (
    "import subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', sys.argv[1]])\n"
    "open('started', 'w').close()\n"
    "time.sleep(60)\n"
)
IGNORE = (
    "signal.signal(signal.SIGINT, signal.SIG_IGN); signal.signal(signal.SIGTERM, signal.SIG_IGN)"
)


@pytest.fixture
def invocation(tmp_path: Path) -> Invocation:
    folder = tmp_path / "2022-01-01T00"
    folder.mkdir()
    return Invocation(RunPaths(folder), "local", 2)


def _fake(monkeypatch: pytest.MonkeyPatch, run: RunPaths, *arguments: str) -> None:
    launcher = "import os, sys; os.chdir(sys.argv.pop(1)); exec(sys.argv.pop(1))"
    command = [sys.executable, "-c", launcher, str(run.folder), *arguments]
    monkeypatch.setattr(Invocation, "command", lambda _: command)


def _wait(running: Running) -> int:
    deadline = time.monotonic() + 30
    while running.code is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return running.code


def test_the_exit_code_comes_back_and_the_output_is_kept(
    invocation: Invocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fake(monkeypatch, invocation.run, "print('hello'); sys.exit(5)")
    running = start_workflow(invocation)
    assert _wait(running) == 5
    log = invocation.run.log_folder / "snakemake.log"
    assert "hello" in log.read_text(encoding="utf-8")
    _wait(start_workflow(invocation.of_products(3)))
    assert "hello" in invocation.run.of_revision(3).products_log.read_text(encoding="utf-8")


@pytest.mark.parametrize("ignore", ["", IGNORE])
def test_the_end_reaches_children_that_listen_and_those_that_do_not(
    invocation: Invocation, monkeypatch: pytest.MonkeyPatch, ignore: str
) -> None:
    monkeypatch.setattr(launch, "_GRACE", 1.0)
    monkeypatch.setattr(launch, "_TERM_GRACE", 0.5)
    _fake(monkeypatch, invocation.run, PARENT, CHILD.format(ignore=ignore))
    running = start_workflow(invocation)
    folder = invocation.run.folder
    while not (folder / "started").exists():
        time.sleep(0.02)
    time.sleep(0.3)
    assert len(members_of(running.session, folder)) == 2
    running.end()
    assert members_of(running.session, folder) == []
    assert running.code is not None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_interrupts_and_the_former_handlers_come_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(Interrupted, match=number.name), signals_raise():
        signal.raise_signal(number)
    assert signal.getsignal(number) is before


def test_the_products_know_their_revision_and_leave_the_lock_to_the_members(
    invocation: Invocation,
) -> None:
    members, products = invocation.command(), invocation.of_products(2).command()
    assert "members" in members
    assert "--nolock" not in members
    assert "products" in products
    assert {"--nolock", "--config", "revision=2"} <= set(products)


def test_leftovers_of_a_killed_run_are_ended_and_strangers_are_not(
    invocation: Invocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "_GRACE", 1.0)
    run = invocation.run
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    left = subprocess.Popen(sleep, cwd=run.folder, start_new_session=True)
    stranger = subprocess.Popen(sleep, cwd=run.folder.parent, start_new_session=True)
    reaper = threading.Thread(target=left.wait)
    reaper.start()
    host = socket.gethostname()
    end_leftovers(Holder("elsewhere", 1, 1, "then", (left.pid,)), run)
    assert left.poll() is None
    end_leftovers(Holder(host, 1, 1, "then", (stranger.pid,)), run)
    assert stranger.poll() is None
    end_leftovers(Holder(host, 1, 1, "then", (4, left.pid)), run)
    reaper.join(timeout=5)
    assert left.returncode is not None
    stranger.kill()
    stranger.wait()


def test_an_unknown_profile_lists_the_known_ones(invocation: Invocation) -> None:
    with pytest.raises(ConfigurationError, match="hindcast, local, operational"):
        Invocation(invocation.run, "lokal", 2).command()


def test_leftover_engine_locks_go(invocation: Invocation) -> None:
    locks = invocation.run.folder / ".snakemake" / "locks"
    locks.mkdir(parents=True)
    (locks / "0.input.lock").touch()
    clear_engine_lock(invocation.run)
    assert not locks.exists()
    clear_engine_lock(invocation.run)


def test_the_workflow_finds_the_commands_of_this_python_first(
    invocation: Invocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    seen: dict[str, str] = {}

    def note(*_: object, env: dict[str, str], **__: object) -> subprocess.CompletedProcess[str]:
        seen.update(env)
        return subprocess.CompletedProcess([], 0, "", "")

    monkeypatch.setattr(subprocess, "run", note)
    dry_run(invocation)
    assert seen["PATH"].split(os.pathsep) == [str(Path(sys.executable).parent), "/nowhere"]
