"""A launched cycle: edits, a killed driver and a second launch do it no harm."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from forecast.config.run import RunPaths
from forecast.storage.atomic import read_json
from forecast.workflow.detached import read_launch, running
from tests.workflow.checkout import clean_checkout, edit, git

pytestmark = [pytest.mark.workflow, pytest.mark.slow, pytest.mark.mpi]

ROOT = Path(__file__).resolve().parents[2]
CYCLE = "2021-12-31T16"
SMALL = """\
domain:
  name: small
  cell_size: 54000
  nx: 20
  ny: 14
  x_west: -540000
  y_south: -378000
  levels: {eta: [1.0, 0.99, 0.96, 0.9, 0.75, 0.5, 0.0]}
ensemble: {members: 2}
chemistry: {scheme: none}
forecast: {horizon_hours: 48, spin_up_hours: 24, hourly_hours: 48}
"""


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A clean checkout of what is being tested, which the test may edit."""
    return clean_checkout(tmp_path)


def _forecast(origin: Path, *arguments: str) -> subprocess.Popen[str]:
    """Call the command as somebody would who leaves at once: a session that ends with it."""
    return subprocess.Popen(
        [sys.executable, "-m", "forecast", *arguments],
        env={**os.environ, "PYTHONPATH": str(origin), "PYTHONSAFEPATH": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip


def _wait(run: RunPaths, member: str) -> int:
    """Wait until a member runs; return the process of the driver."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        holder = running(run)
        if holder is not None and run.status(member).is_file():
            return holder.pid
        if run.invocation.is_file() and read_json(run.invocation)["outcome"] == "failed":
            break
        time.sleep(0.1)
    raise AssertionError(run.launch_log.read_text())


def test_a_launched_cycle_ends_well_whatever_is_done_to_code_and_driver(
    tmp_path: Path, origin: Path
) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    run = RunPaths(tmp_path / "runs" / CYCLE)
    options = [
        "--case", "january_2022", "--config", str(tmp_path / "small.yaml"),
        "--runs", str(run.folder.parent),
    ]  # fmt: skip
    first = _forecast(origin, "launch", CYCLE, *options)
    text, _ = first.communicate(timeout=120)
    assert first.returncode == 0, text
    commit = git(origin, "rev-parse", "HEAD")
    assert commit in text
    with pytest.raises(ProcessLookupError):
        os.killpg(first.pid, signal.SIGHUP)  # nothing of the cycle is left in that session

    edit(origin)

    second = _forecast(ROOT, "launch", CYCLE, *options)
    text, _ = second.communicate(timeout=120)
    assert second.returncode == 3, text
    assert "runs already" in text

    os.kill(_wait(run, "m00"), signal.SIGKILL)  # the driver, in the middle of the members
    third = _forecast(ROOT, "launch", CYCLE, "--attach", *options)
    text, _ = third.communicate(timeout=600)
    log = run.launch_log.read_text()
    assert third.returncode == 0, text + log
    assert read_json(run.invocation)["outcome"] == "complete", log
    launch = read_launch(run)
    assert launch is not None
    assert (launch.commit, launch.starts) == (commit, 2), log
    manifest = read_json(run.manifest)
    codes = {str(record["code"]["commit"]) for record in manifest["stages"]}
    assert codes == {commit}
    assert not any(record["code"]["modified"] for record in manifest["stages"])
    assert (run.products / "bulletin.html").is_file()

    again = _forecast(ROOT, "launch", CYCLE, *options)
    text, _ = again.communicate(timeout=120)
    assert (again.returncode, "is complete; nothing was started" in text) == (0, True), text
