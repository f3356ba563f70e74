"""Drills: more members than the cluster can run at a time, and members combined on its nodes."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from benchmarks.many_members import make_run
from forecast.config.run import RunPaths, member_names
from forecast.fields.ensemble import EnsembleFields
from forecast.stages.entry import run_stage
from forecast.storage.ensemble_fields import read_ensemble
from tests.cluster.lab import QUICK, ROOT, Drill, Lab, wait_until

pytestmark = [pytest.mark.slurm, pytest.mark.slow, pytest.mark.timeout(900)]

Make = Callable[..., Drill]
MEMBERS = 20
_RUNNING = ("RUNNING", "COMPLETING")


def test_twenty_members_of_two_ranks_queue_on_four_nodes(drill: Make) -> None:
    cycle = drill(f"ensemble.members={MEMBERS}", "site.jobs=40", QUICK)
    assert run_stage("perturb", cycle.run.folder) == 0  # the template has fewer members
    for name in member_names(MEMBERS):
        cycle.run.perturbation(name).touch()
    driver = cycle.start()
    seen: list[tuple[int, int]] = []

    def all_ended() -> bool:
        jobs = [job for job in cycle.jobs() if job.member]
        running = sum(job.state in _RUNNING for job in jobs)
        seen.append((running, len(jobs) - running))
        return all(cycle.run.stamp(name).exists() for name in member_names(MEMBERS))

    wait_until(all_ended, "all members to end", 700)
    cycle.finish(driver)
    assert max(waiting for _, waiting in seen) >= MEMBERS - 8, "the others wait in the queue"
    assert 2 <= max(running for running, _ in seen) <= 8, "no node takes more than it has room for"
    verdicts = cycle.verdicts()
    assert [verdict["state"] for verdict in verdicts.values()] == ["finished"] * MEMBERS
    assert {cycle.status(name)["ranks"] for name in member_names(MEMBERS)} == {2}
    assert cycle.decision()["trigger"] == "all ended"
    assert not cycle.left()


def _combine(run: RunPaths, lab: Lab) -> EnsembleFields:
    """Run the stage as the workflow does."""
    done = subprocess.run(
        [sys.executable, "-m", "forecast", "stage", "combine", "--run", str(run.folder)],
        cwd=ROOT, env=lab.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return read_ensemble(run.ensemble)


def test_workers_on_the_nodes_combine_to_the_same_file(lab: Lab, tmp_path: Path) -> None:
    run = make_run(tmp_path, "drill", 6, [])
    assert run_stage("gate", run.folder) == 0
    alone = _combine(run, lab)
    # the nodes of the lab share the address of this machine
    settings = [
        "combine.engine=dask", "combine.piece_mb=0.2", "combine.dask.cluster=slurm",
        "combine.dask.workers=2", "combine.dask.memory_mb=1000", "combine.dask.minutes=5",
        "combine.dask.host=127.0.0.1", "combine.dask.partition=main",
    ]  # fmt: skip
    make_run(tmp_path, "drill", 6, settings)
    together = _combine(run, lab)
    for field in fields(EnsembleFields):
        np.testing.assert_array_equal(
            getattr(together, field.name), getattr(alone, field.name), strict=True
        )
    record = json.loads(run.stage_record("combine").read_text(encoding="utf-8"))
    assert (record["facts"]["engine"], record["degradations"]) == ("dask", [])
    wait_until(lambda: not lab.jobs(), "the workers to be gone", 60)
