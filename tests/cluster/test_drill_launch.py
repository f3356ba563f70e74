"""Drill of a launched cycle: launched twice, and the code is edited while it runs."""

import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from forecast.storage.atomic import read_json
from forecast.workflow.detached import running
from tests.cluster.lab import QUICK, Drill
from tests.workflow.checkout import clean_checkout, edit, git

pytestmark = [pytest.mark.slurm, pytest.mark.slow, pytest.mark.timeout(900)]

HOURS, PATIENCE = 48, 600
AFTER = ("run_member", "gate", "combine", "index", "warn", "publish")
"""Stages that the launched code runs; the preparation is that of the template."""


def test_an_edit_reaches_no_launched_cycle_and_a_second_launch_is_refused(
    drill: Callable[..., Drill], tmp_path: Path
) -> None:
    cycle = drill("ensemble.members=2", QUICK)
    for stamp in ("older", "newer"):  # the launched code is compiled by one job, not by every rank
        cycle.run.warm_stamp.with_suffix(f".{stamp}").unlink()
    origin = clean_checkout(tmp_path)
    commit = git(origin, "rev-parse", "HEAD")
    environment = cycle.lab.environment | {"PYTHONPATH": str(origin), "PYTHONSAFEPATH": "1"}

    def launch(code: int, *arguments: str) -> str:
        done = subprocess.run(
            cycle.command(*arguments, name="launch"), cwd=tmp_path, env=environment,
            capture_output=True, text=True, check=False, timeout=PATIENCE,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    try:
        assert commit in launch(0)
        environment["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
        edit(origin)
        assert "runs already" in launch(3)
        launch(0, "--attach")
    finally:
        while (holder := running(cycle.run)) is not None:
            with suppress(ProcessLookupError):
                os.kill(holder.pid, signal.SIGKILL)
    assert cycle.run.latest_revision == 0
    assert {entry["hours"] for entry in cycle.verdicts().values()} == {HOURS}
    records = read_json(cycle.run.of_revision(0).manifest)["stages"]
    codes = {entry["code"]["commit"] for entry in records if entry["stage"] in AFTER}
    assert codes == {commit}
    assert {"already-running", "product-ready"} <= cycle.codes()
    assert not cycle.left()
