"""`forecast doctor` on a cluster that is well, and on one with something wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.lab import ROOT, Lab, wait_until

pytestmark = [pytest.mark.slurm, pytest.mark.slow, pytest.mark.timeout(300)]

Found = dict[str, dict[str, Any]]


def _command(runs: Path, *arguments: str) -> list[str]:
    return [
        sys.executable, "-m", "forecast", "doctor", "--case", "drill", "--site", "lab",
        "--runs", str(runs), *arguments,
    ]  # fmt: skip


def _ask(lab: Lab, runs: Path, *arguments: str, code: int) -> Found:
    done = subprocess.run(
        _command(runs, "--json", *arguments),
        cwd=ROOT, env=lab.environment, capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    assert not lab.left()
    assert not runs.exists()
    return {entry["subject"]: entry for entry in json.loads(done.stdout)["findings"]}


def _failures(found: Found) -> list[str]:
    return [subject for subject, entry in found.items() if entry["verdict"] == "fail"]


def test_all_is_well_on_the_lab(lab: Lab, tmp_path: Path) -> None:
    found = _ask(lab, tmp_path / "runs", "--nodes", "3", code=0)
    assert "started 3 of 3 ranks on n1, n2, n3 with Open MPI" in found["MPI"]["text"]
    assert found["clocks"]["verdict"] == "ok"


def test_mpirun_is_well_too(lab: Lab, tmp_path: Path) -> None:
    launcher = "site.launcher=mpirun --bind-to none"
    found = _ask(lab, tmp_path / "runs", "--set", launcher, code=0)
    assert "2 of 2 ranks on n1, n2" in found["MPI"]["text"]


def test_a_launcher_that_does_not_fit_is_named(lab: Lab, tmp_path: Path) -> None:
    launcher = "srun --mpi=none"
    found = _ask(lab, tmp_path / "runs", "--set", f"site.launcher={launcher}", code=1)
    assert _failures(found) == ["MPI"]
    assert launcher in found["MPI"]["text"]


def test_ranks_that_do_not_find_each_other(lab: Lab, tmp_path: Path) -> None:
    """The MPI beside Python, told nothing by Slurm, makes as many worlds as there are ranks."""
    own = Path(sys.executable).parent.parent / "lib" / "libmpi.so.12"
    if not own.exists():
        pytest.skip("no MPI was installed beside this Python")
    library, launcher = f"site.environment.MPI4PY_LIBMPI={own}", "site.launcher=srun --mpi=none"
    found = _ask(lab, tmp_path / "runs", "--set", library, "--set", launcher, code=1)
    assert _failures(found) == ["MPI"]
    assert "MPICH" in found["MPI"]["text"]
    assert "groups of 1" in found["MPI"]["text"]


def test_a_folder_that_only_this_machine_sees(lab: Lab) -> None:
    """Each node has shared memory of its own."""
    found = _ask(lab, Path("/dev/shm") / f"doctor.{os.getpid()}", code=1)  # noqa: S108
    assert _failures(found) == ["runs on nodes"]


def test_a_partition_that_is_not_there(lab: Lab, tmp_path: Path) -> None:
    found = _ask(lab, tmp_path / "runs", "--set", "site.partitions.members=fast", code=1)
    assert _failures(found) == ["members partition", "test job"]
    assert "low, main, high" in found["members partition"]["advice"]


def test_an_interrupted_doctor_takes_its_job_along(lab: Lab, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    wait = ["--set", "site.member_options=--begin=now+600"]
    asking = subprocess.Popen(
        _command(runs, *wait), cwd=ROOT, env=lab.environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_until(lambda: bool(lab.jobs()), "the job to be submitted", 60)
    asking.terminate()
    _, said = asking.communicate(timeout=60)
    assert asking.returncode == 130, said
    assert not lab.left()
    assert not runs.exists()


def test_a_job_that_does_not_begin(lab: Lab, tmp_path: Path) -> None:
    wait = ["--wait", "2", "--set", "site.member_options=--begin=now+600"]
    found = _ask(lab, tmp_path / "runs", *wait, code=1)
    assert _failures(found) == ["test job"]
    assert "BeginTime" in found["test job"]["text"]
