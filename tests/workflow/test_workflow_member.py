"""Drills with one member on real ranks: killed, asked to stop, out of disk, taken over, wrong.

Everything that the rule `run_member` does happens here without Snakemake: the ranks are started,
and `close_member` is asked when they end with an error.
"""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from forecast.config.load import resolve
from forecast.config.run import RunPaths
from forecast.fields.limit import MemberLimit
from forecast.fields.status import STOPPED
from forecast.storage.member_limit import write_limit
from forecast.storage.member_output import read_variable, written_pollutants
from forecast.storage.restart import complete_restarts, read_restart, verify_restart
from forecast.workflow.session import prepare_folder

pytestmark = [pytest.mark.workflow, pytest.mark.slow, pytest.mark.mpi]

ROOT = Path(__file__).resolve().parents[2]
CYCLE = "2022-01-09T16"
MEMBER = "m01"
SPIN_UP, HORIZON = 24, 24
SETTINGS = [
    f"forecast.horizon_hours={HORIZON}",
    "forecast.hourly_hours=24",
    f"forecast.spin_up_hours={SPIN_UP}",
    "ensemble.members=2",
    "workflow.checkpoint_hours=7",
    "workflow.heartbeat_seconds=0.05",
    "workflow.attempts=2",
]
LADDER = [SPIN_UP + 12, SPIN_UP + 24]
PYTHON = shlex.quote(sys.executable)
MPIEXEC = shlex.quote(str(Path(sys.executable).with_name("mpiexec")))
# the limit comes after the start of MPI, which needs larger files of its own
LIMITED = """
import resource, runpy, sys
from mpi4py import MPI
limit = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
runpy.run_module("mpi4py", run_name="__main__", alter_sys=True)
"""
PATIENCE = 300
"""Longest time that anything may take, s; a member takes five on an idle machine."""
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_NUM_THREADS": "1"}


@dataclass
class Member:
    """The member of one run, and the rules that were started for it."""

    run: RunPaths
    rules: "list[subprocess.Popen[str]]" = field(default_factory=list)

    def begin(
        self, ranks: int = 2, launch: str = "a", *, asked: int | None = None, limit: int = 0
    ) -> "subprocess.Popen[str]":
        """Start what the rule starts; `limit` is the size to which its files may grow, bytes."""
        stage = f"-m forecast stage %s --run . --member {MEMBER} --launch {launch}"
        run, close = (stage % name for name in ("run_member", "close_member"))
        log = self.run.log("run_member", MEMBER)
        log.parent.mkdir(parents=True, exist_ok=True)
        start = f"{PYTHON} -c {shlex.quote(LIMITED)} {limit}" if limit else f"{PYTHON} -m mpi4py"
        line = (
            f"{MPIEXEC} -n {ranks} {start} {run} "
            f"--ranks {ranks if asked is None else asked} >> {log} 2>&1 "
            f"|| {PYTHON} {close} --exit-code $? >> {log} 2>&1"
        )
        rule = subprocess.Popen(
            ["/bin/bash", "-c", line], cwd=self.run.folder, env=ENVIRONMENT, text=True
        )
        self.rules.append(rule)
        return rule

    def go(self, *arguments: Any, **options: Any) -> int:
        """Run it to its end; returns the exit code of the rule."""
        return self.begin(*arguments, **options).wait(timeout=PATIENCE)

    @property
    def status(self) -> dict[str, Any]:
        """What it says about itself."""
        path = self.run.status(MEMBER)
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}

    @property
    def log(self) -> str:
        """Its log."""
        return self.run.log("run_member", MEMBER).read_text(encoding="utf-8")

    def wait_for(self, hours: int, *, attempt: int = 1) -> dict[str, Any]:
        """Wait until it has done so many hours; returns its status."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            status = self.status
            if status.get("attempt") == attempt and status["hours_done"] >= hours:
                return status
            time.sleep(0.02)
        pytest.fail(f"it did not come to hour {hours}: {self.status}")

    def ranks(self) -> list[int]:
        """Process ids of its ranks; that of rank 0 first."""
        first = int(self.status["pid"])
        parent = _parent(first)
        found = [
            int(p.name) for p in Path("/proc").glob("[0-9]*") if _parent(int(p.name)) == parent
        ]
        return [first, *sorted(set(found) - {first})]


def _parent(pid: int) -> int | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return None
    return int(stat.rpartition(")")[2].split()[1])


def _stage(run: RunPaths, name: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "forecast", "stage", name, "--run", str(run.folder)],
        env=ENVIRONMENT, check=True, capture_output=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Member:
    """The member of a run without any trouble."""
    run = RunPaths(tmp_path_factory.mktemp("straight") / CYCLE)
    prepare_folder(run, resolve("drill", settings=SETTINGS), restart=False)
    for name in ("start", "prepare", "perturb", "warm"):
        _stage(run, name)
    member = Member(run)
    assert member.go() == 0, member.log
    return member


@pytest.fixture
def member(straight: Member, tmp_path: Path) -> Iterator[Member]:
    """The member of a run of which everything is prepared; whatever is left of it is ended."""
    run = RunPaths(tmp_path / CYCLE)
    for name in ("prepared", "perturbation"):
        shutil.copytree(straight.run.folder / name, run.folder / name)
    for path in (straight.run.configuration, straight.run.start_plan):
        shutil.copy(path, run.folder)
    made = Member(run)
    yield made
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == run.folder:
                os.kill(int(entry.name), signal.SIGKILL)
        except OSError:
            continue
    for rule in made.rules:
        rule.wait()


def _same(one: Member, other: Member) -> None:
    """Everything that a member leaves: hourly fields, checkpoints for later cycles, accounts."""
    for name in written_pollutants(one.run.output(MEMBER)):
        np.testing.assert_array_equal(
            read_variable(one.run.output(MEMBER), name),
            read_variable(other.run.output(MEMBER), name),
            err_msg=name,
        )
    folders = [complete_restarts(m.run.restart_folder, MEMBER) for m in (one, other)]
    assert [list(found) for found in folders] == [LADDER, LADDER]
    for paths in zip(*(found.values() for found in folders), strict=True):
        first, second = (read_restart(path, slice(None), slice(None)) for path in paths)
        np.testing.assert_array_equal(first.mixing_ratio, second.mixing_ratio)
        np.testing.assert_array_equal(first.air_mass, second.air_mass)
        assert first.numbers["ledger"] == second.numbers["ledger"]
        assert first.numbers["steps"] == second.numbers["steps"]
        assert first.origin == second.origin
    records = [
        json.loads(m.run.stage_record("run_member", MEMBER).read_text(encoding="utf-8"))["facts"]
        for m in (one, other)
    ]
    assert records[0]["mass_closure"] == records[1]["mass_closure"]


def test_a_member_leaves_checkpoints_for_later_cycles_and_no_others(straight: Member) -> None:
    status = straight.status
    assert (status["state"], status["attempt"], status["start"]) == ("finished", 1, "cold")
    assert (status["ranks"], status["ranks_asked"]) == (2, 2)
    found = complete_restarts(straight.run.restart_folder, MEMBER)
    assert list(found) == LADDER
    time_of_first = np.datetime64("2022-01-10T04")
    marker = verify_restart(found[LADDER[0]], valid_time=time_of_first)
    assert marker.origin.cycle == CYCLE
    names = {entry.name for entry in (straight.run.folder / "status").iterdir()}
    assert not any("reserve" in name or "partial" in name for name in names)


def test_asked_to_stop_it_saves_and_goes_on_with_the_same_bits_on_other_ranks(
    straight: Member, member: Member
) -> None:
    process = member.begin(2)
    member.wait_for(10)
    os.kill(member.ranks()[1], signal.SIGTERM)  # one rank is enough
    assert process.wait(timeout=PATIENCE) == STOPPED
    status = member.status
    assert (status["state"], status["exit_code"]) == ("waiting", STOPPED)
    assert "asked to stop (" in status["reason"]
    assert status["hours_saved"] == status["hours_done"] >= 10
    assert not member.run.stamp(MEMBER).exists()
    assert max(complete_restarts(member.run.restart_folder, MEMBER)) == status["hours_done"]
    assert member.go(3, "b") == 0, member.log
    again = member.status
    assert (again["state"], again["attempt"], again["ranks"]) == ("finished", 2, 3)
    assert again["continued_from"] == status["hours_done"]
    _same(straight, member)


def test_a_rank_that_is_killed_is_started_again_from_the_checkpoint(
    straight: Member, member: Member
) -> None:
    process = member.begin(2)
    member.wait_for(30)
    os.kill(member.ranks()[1], signal.SIGKILL)
    assert process.wait(timeout=PATIENCE) == STOPPED
    assert member.status["state"] == "waiting"
    assert "exit code" in member.status["reason"]
    assert member.go(2, "b") == 0, member.log
    assert member.status["continued_from"] >= 28
    assert member.status["attempt"] == 2
    _same(straight, member)


def test_a_member_that_is_killed_again_and_again_is_closed(member: Member) -> None:
    for attempt, code in ((1, STOPPED), (2, 0)):
        process = member.begin(2, f"launch{attempt}")
        member.wait_for(9, attempt=attempt)
        os.kill(member.ranks()[0], signal.SIGKILL)
        assert process.wait(timeout=PATIENCE) == code
    assert member.status["state"] == "failed"
    assert member.run.stamp(MEMBER).read_text(encoding="utf-8").startswith("failed")


def test_a_disk_that_is_full_ends_the_member_with_the_reason_and_leaves_older_files_whole(
    straight: Member, member: Member
) -> None:
    process = member.begin(2)
    member.wait_for(20)
    os.kill(member.ranks()[0], signal.SIGTERM)
    assert process.wait(timeout=PATIENCE) == STOPPED
    before = complete_restarts(member.run.restart_folder, MEMBER)
    # no file may grow beyond that: a checkpoint is larger, status files are not
    assert member.go(2, "b", limit=100_000) == 0
    status = member.status
    assert status["state"] == "failed"
    assert "could not be written" in status["reason"]
    assert member.run.stamp(MEMBER).exists()
    after = complete_restarts(member.run.restart_folder, MEMBER)
    assert list(after) == list(before)
    for path in after.values():
        verify_restart(path)
    # by hand, once there is room: it goes on where it was
    member.run.stamp(MEMBER).unlink()
    assert member.go(2, "c") == 0, member.log
    assert member.status["continued_from"] == max(before)
    _same(straight, member)


def test_a_value_that_is_no_number_fails_this_member_and_says_where(member: Member) -> None:
    with netCDF4.Dataset(member.run.perturbation(MEMBER), "r+") as file:
        file["diffusivity_factor"][3, 4] = np.nan
    assert member.go() == 0
    status = member.status
    assert status["state"] == "failed"
    assert "not finite" in status["reason"]
    assert member.run.stamp(MEMBER).exists()
    assert "started again" not in member.log


def test_ranks_that_do_not_find_each_other_are_refused_at_once(member: Member) -> None:
    assert member.go(1, asked=2) == 0
    status = member.status
    assert status["state"] == "failed"
    assert "run on '2' ranks and '1' started together" in status["reason"]
    assert "believes that it is alone" in status["reason"]
    assert "MPICH" in status["reason"]
    assert not member.run.output(MEMBER).exists()


def test_a_limit_ends_it_in_good_order_after_that_hour(straight: Member, member: Member) -> None:
    member.run.limit(MEMBER).parent.mkdir(parents=True, exist_ok=True)
    write_limit(member.run.limit(MEMBER), MemberLimit(11, "it would come after the cutoff"))
    assert member.go() == 0
    status = member.status
    assert (status["state"], status["hours_available"]) == ("incomplete", 11)
    assert status["reason"] == "it would come after the cutoff"
    assert member.run.stamp(MEMBER).read_text(encoding="utf-8").startswith("incomplete")
    found = read_variable(member.run.output(MEMBER), "pm25")
    expected = read_variable(straight.run.output(MEMBER), "pm25")
    np.testing.assert_array_equal(found[:11], expected[:11])
    assert np.isnan(found[11:]).all()
    # asked to do all hours after all, it goes on
    for path in (member.run.limit(MEMBER), member.run.stamp(MEMBER)):
        path.unlink()
    assert member.go(2, "b") == 0
    assert member.status["continued_from"] == SPIN_UP + 11
    _same(straight, member)


def test_a_second_process_takes_the_member_over_and_the_first_writes_nothing_more(
    straight: Member, member: Member
) -> None:
    first = member.begin(2, "a")
    member.wait_for(10)
    second = member.begin(1, "b")
    assert first.wait(timeout=PATIENCE) == STOPPED, "its rule may not close the member"
    assert "this process ends and writes nothing" in member.log
    assert not member.run.stamp(MEMBER).exists()
    assert second.wait(timeout=PATIENCE) == 0, member.log
    assert (member.status["state"], member.status["ranks"]) == ("finished", 1)
    _same(straight, member)


def test_a_member_that_is_done_is_not_computed_again(straight: Member) -> None:
    before = straight.run.output(MEMBER).stat().st_mtime_ns
    assert straight.go(2, "again") == 0
    assert "all hours were written before" in straight.log
    assert straight.run.output(MEMBER).stat().st_mtime_ns == before
