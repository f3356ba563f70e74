"""A whole cycle on a small domain: straight, interrupted, with a member that is killed."""

import csv
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from forecast.config.run import RunPaths
from forecast.parallel.comm import SerialComm
from forecast.stages import close_member
from forecast.stages.run_member import run_on
from forecast.stages.task import Task
from forecast.storage.member_output import read_variable, written_pollutants

pytestmark = [pytest.mark.workflow, pytest.mark.slow, pytest.mark.mpi]

ROOT = Path(__file__).resolve().parents[2]
CYCLE = "2021-12-31T16"
HOURS = 72
SMALL = f"""\
domain:
  name: small
  cell_size: 54000
  nx: 20
  ny: 14
  x_west: -540000
  y_south: -378000
  levels: {{eta: [1.0, 0.99, 0.96, 0.9, 0.75, 0.5, 0.0]}}
ensemble: {{members: 2}}
forecast: {{horizon_hours: {HOURS}, spin_up_hours: 24, hourly_hours: 48}}
workflow: {{checkpoint_hours: 6, heartbeat_seconds: 0.1}}
"""


def _start(runs: Path, *arguments: str) -> subprocess.Popen[str]:
    (runs.parent / "small.yaml").write_text(SMALL, encoding="utf-8")
    return subprocess.Popen(
        [
            sys.executable, "-m", "forecast", "run", CYCLE, "--case", "january_2022",
            "--config", str(runs.parent / "small.yaml"), "--runs", str(runs), *arguments,
        ],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def _finish(process: subprocess.Popen[str]) -> str:
    text, _ = process.communicate(timeout=600)
    assert process.returncode == 0, text
    return text


@dataclass(frozen=True)
class Whole:
    """A run without a stop, and what a second start of it was told meanwhile."""

    run: RunPaths
    pid: int
    second_code: int
    second_text: str


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """Run the cycle once, and try to run it a second time while it runs."""
    run = RunPaths(tmp_path_factory.mktemp("straight") / "runs" / CYCLE)
    first = _start(run.folder.parent)
    while not run.lock.exists() and first.poll() is None:
        time.sleep(0.02)
    second = _start(run.folder.parent)
    text, _ = second.communicate(timeout=60)
    _finish(first)
    return Whole(run, first.pid, second.returncode, text)


@pytest.fixture
def straight(whole: Whole) -> RunPaths:
    """The run without a stop."""
    return whole.run


@pytest.fixture
def prepared(straight: RunPaths, tmp_path: Path) -> RunPaths:
    """A copy of that run before its members."""
    run = RunPaths(tmp_path / "runs" / CYCLE)
    shutil.copytree(straight.folder, run.folder)
    keep = {
        "config.yaml",
        "start.json",
        "inputs.json",
        "prepared",
        "perturbation",
        ".snakemake",
        "log",
        "manifest",
        "status",
    }
    for entry in run.folder.iterdir():
        if entry.name not in keep:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    for entry in (run.folder / "status").iterdir():
        if entry.stem not in ("start", "prepare", "perturb", "warm"):
            entry.unlink()
    return run


def _wait_for(run: RunPaths, hours: int) -> str:
    """Wait until some member has run so many hours; returns its name."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for member in ("m00", "m01"):
            if run.status(member).is_file():
                status = json.loads(run.status(member).read_text(encoding="utf-8"))
                if status["state"] == "running" and status["hours_done"] >= hours:
                    return member
        time.sleep(0.02)
    pytest.fail("no member came that far")


def _same(run: RunPaths, other: RunPaths) -> None:
    for member in ("m00", "m01"):
        for name in written_pollutants(run.output(member)):
            np.testing.assert_array_equal(
                read_variable(run.output(member), name),
                read_variable(other.output(member), name),
                err_msg=f"{name} of {member}",
            )


def _status(run: RunPaths) -> dict[str, object]:
    done = subprocess.run(
        [
            sys.executable, "-m", "forecast", "status", CYCLE, "--json",
            "--runs", str(run.folder.parent),
        ],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    content: dict[str, object] = json.loads(done.stdout)
    return content


def test_a_second_start_is_refused_and_told_who_runs(whole: Whole) -> None:
    assert whole.second_code == 1
    assert f"already being run by process {whole.pid} on" in whole.second_text
    assert "Traceback" not in whole.second_text


def test_the_products_of_a_cycle(straight: RunPaths) -> None:
    for name in ("bulletin.html", "cities/Jinan.html", "cities_daily.json", "cities_hourly.csv"):
        assert (straight.products / name).stat().st_size > 1000
    with (straight.products / "cities_daily.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 16 * HOURS // 24
    assert {row["date"] for row in rows} == {"2022-01-01", "2022-01-02", "2022-01-03"}
    assert all(0 < float(row["pm25_mean"]) < 2000 for row in rows)
    assert all(0 < float(row["o3_mda8"]) < 300 for row in rows)
    with netCDF4.Dataset(straight.fields_hourly) as file:
        assert file["pm25_mean"].shape == (48, 14, 20)
        first = netCDF4.num2date(file["time"][0].item(), file["time"].units)
    assert str(first) == "2021-12-31 17:00:00", "spin-up hours are in the product"


def test_the_manifest_tells_the_way_of_the_data(straight: RunPaths) -> None:
    manifest = json.loads(straight.manifest.read_text(encoding="utf-8"))
    stages = [(record["stage"], record["member"]) for record in manifest["stages"]]
    assert set(stages) == {
        *(
            (name, None)
            for name in ("start", "prepare", "perturb", "warm", "gate", "combine", "index")
        ),
        *((name, None) for name in ("warn", "publish")),
        ("run_member", "m00"),
        ("run_member", "m01"),
    }
    assert len(manifest["configuration_sha256"]) == 1
    assert manifest["start"]["spin_up_hours"] == 24
    made = {entry["path"]: entry["sha256"] for r in manifest["stages"] for entry in r["outputs"]}
    used = {entry["path"]: entry["sha256"] for r in manifest["stages"] for entry in r["inputs"]}
    assert used["prepared/meteorology.nc"] == made["prepared/meteorology.nc"]
    assert used["member/m01.zarr"] == made["member/m01.zarr"]
    assert "data/emissions" in used
    assert any("precipitation" in entry["what"] for entry in manifest["degradations"])


def test_a_complete_run_is_left_as_it_is(straight: RunPaths) -> None:
    before = straight.manifest.stat().st_mtime_ns
    assert "complete" in _finish(_start(straight.folder.parent))
    assert straight.manifest.stat().st_mtime_ns == before
    assert _status(straight)["headline"] == "complete"


@pytest.fixture
def begun(prepared: RunPaths) -> Iterator[tuple[RunPaths, subprocess.Popen[str]]]:
    """A run whose members have just begun; whatever is left of it is ended."""
    process = _start(prepared.folder.parent)
    yield prepared, process
    if process.poll() is None:
        process.terminate()
        process.wait(timeout=60)
    assert process.stdout is not None
    process.stdout.close()


def test_a_run_goes_on_after_a_power_cut_and_ends_with_the_same_bits(
    straight: RunPaths, begun: tuple[RunPaths, subprocess.Popen[str]]
) -> None:
    run, process = begun
    member = _wait_for(run, 12)
    sessions = json.loads(run.lock.read_text(encoding="utf-8"))["sessions"]
    process.kill()
    for session in sessions:
        os.killpg(session, signal.SIGKILL)
    process.communicate(timeout=60)
    assert "not running" in str(_status(run)["headline"])
    _finish(_start(run.folder.parent))
    status = json.loads(run.status(member).read_text(encoding="utf-8"))
    assert status["continued_from"] >= 6
    _same(run, straight)


def test_an_interrupted_run_ends_at_once_and_blames_no_member(
    begun: tuple[RunPaths, subprocess.Popen[str]],
) -> None:
    run, process = begun
    member = _wait_for(run, 6)
    process.send_signal(signal.SIGTERM)
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "continues the run" in text
    assert not run.lock.exists()
    assert not run.stamp(member).exists()
    state = json.loads(run.status(member).read_text(encoding="utf-8"))["state"]
    time.sleep(0.5)
    again = json.loads(run.status(member).read_text(encoding="utf-8"))
    assert (state, again["state"]) == ("running", "running"), "it was written down as failed"
    before = again["hours_done"]
    time.sleep(0.5)
    assert json.loads(run.status(member).read_text(encoding="utf-8"))["hours_done"] == before


def test_a_killed_member_is_started_again_and_ends_with_the_same_bits(
    straight: RunPaths, begun: tuple[RunPaths, subprocess.Popen[str]]
) -> None:
    run, process = begun
    member = _wait_for(run, 30)
    os.kill(json.loads(run.status(member).read_text(encoding="utf-8"))["pid"], signal.SIGKILL)
    _finish(process)
    verdicts = json.loads(run.members.read_text(encoding="utf-8"))["verdicts"]
    assert [verdict["reason"] for verdict in verdicts] == ["", ""]
    assert json.loads(run.status(member).read_text(encoding="utf-8"))["attempt"] == 2
    log = run.log("run_member", member).read_text(encoding="utf-8")
    assert "it is started again" in log, "the log of the first try is kept"
    _same(run, straight)


def test_a_failed_member_is_left_out_and_another_try_makes_a_revision(
    straight: RunPaths, prepared: RunPaths
) -> None:
    path = prepared.perturbation("m01")
    whole, times = path.read_bytes(), path.stat()
    path.write_bytes(whole[:1000])
    assert "Member m01 is left out or cut short" in _finish(_start(prepared.folder.parent))
    first = _words(prepared)
    assert "集合成员m01" in first
    assert "首次发布" in first
    path.write_bytes(whole)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    _finish(_start(prepared.folder.parent, "--retry"))
    _same(prepared, straight)
    assert _words(prepared) == first, "a revision overwrites nothing"
    second = prepared.of_revision(1)
    assert prepared.latest_revision == 1
    assert "新增成员m01" in _words(second)
    assert "第1次修订" in _words(second)
    changes = json.loads(second.changes.read_text(encoding="utf-8"))
    assert changes["members"] == [{"member": "m01", "before": 0, "after": HOURS}]
    record = json.loads(prepared.driver.read_text(encoding="utf-8"))
    assert [d["trigger"] for d in record["decisions"]] == ["all ended", "late member"]


def _words(run: RunPaths) -> str:
    return (run.products / "bulletin.html").read_text(encoding="utf-8")


def test_a_full_disk_fails_the_member_with_the_reason_and_not_the_workflow(
    prepared: RunPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("forecast.storage.restart.settle", full)
    task = Task.create("run_member", prepared.folder, "m00")
    assert run_on(task, SerialComm()) == 1
    status = json.loads(prepared.status("m00").read_text(encoding="utf-8"))
    assert status["state"] == "failed"
    assert "free some space" in status["reason"]
    assert status["hours_done"] == 6, "the first checkpoint is due after 6 hours"
    assert not prepared.stamp("m00").exists()
    assert list(prepared.restart_folder.iterdir()) == []
    monkeypatch.undo()
    assert close_member.run(Task.create("close_member", prepared.folder, "m00", 1)) == 0
    closed = json.loads(prepared.status("m00").read_text(encoding="utf-8"))
    assert closed["reason"] == status["reason"]
    assert prepared.stamp("m00").exists()
