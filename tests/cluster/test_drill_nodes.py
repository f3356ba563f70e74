"""Drills: nodes that die, jobs that are preempted, a controller that goes away."""

import time
from collections.abc import Callable

import pytest

from forecast.workflow.batch import job_state
from tests.cluster.lab import CYCLE, SLOW, Drill, wait_until

pytestmark = [pytest.mark.slurm, pytest.mark.slow, pytest.mark.timeout(600)]

Make = Callable[..., Drill]
HOURS, SPIN_UP = 48, 24


def _whole(drill: Drill, members: int) -> None:
    """Check that a product was made of all members with all their hours, and nothing is left."""
    assert drill.run.latest_revision == 0
    verdicts = drill.verdicts()
    assert len(verdicts) == members
    for member, verdict in verdicts.items():
        assert verdict["state"] == "finished", verdict
        assert verdict["hours"] == HOURS, verdict
        assert drill.hours(member) == HOURS + SPIN_UP
    assert drill.decision()["trigger"] == "all ended"
    assert "演练" in drill.bulletin()
    assert not drill.left()
    assert not [alert for alert in drill.alerts() if alert["severity"] == "FATAL"]


def test_a_cycle_runs_over_two_nodes(drill: Make) -> None:
    cycle = drill("ensemble.members=2")
    driver = cycle.start()
    job = cycle.job("m00")
    assert len(cycle.nodes_of(job)) == 2
    cycle.finish(driver)
    _whole(cycle, 2)
    status = cycle.status("m00")
    assert (status["ranks"], status["job"]) == (2, job.id)
    said = cycle.forecast("status", CYCLE, "--runs", str(cycle.run.folder.parent))
    assert f"job {job.id} on n" in said


def test_a_cycle_runs_with_mpirun_over_two_nodes(drill: Make) -> None:
    cycle = drill("ensemble.members=2", "site.launcher=mpirun --bind-to none")
    driver = cycle.start()
    job = cycle.job("m00")
    assert len(cycle.nodes_of(job)) == 2
    cycle.finish(driver)
    _whole(cycle, 2)
    assert (cycle.status("m00")["ranks"], cycle.status("m00")["job"]) == (2, job.id)


def test_a_node_is_lost_in_the_middle_of_a_member(drill: Make) -> None:
    cycle = drill("ensemble.members=2", SLOW)
    driver = cycle.start()
    cycle.wait_for_hours("m00", 8)
    job = cycle.job("m00")
    cycle.lab.crash(cycle.nodes_of(job)[-1])
    # Slurm misses the node after some time and queues the job again, under the same number
    wait_until(lambda: cycle.jobs("m00")[0].state != "RUNNING", "the job to be queued again")
    wait_until(lambda: cycle.jobs("m00")[0].state == "RUNNING", "the job to start again")
    assert cycle.job("m00").id == job.id
    cycle.finish(driver)
    _whole(cycle, 2)
    assert cycle.status("m00")["continued_from"] >= 6
    assert cycle.status("m00")["attempt"] == 2
    assert "member-continued" in cycle.codes()


def test_members_give_way_to_more_important_jobs_and_go_on(drill: Make) -> None:
    cycle = drill("ensemble.members=2", "site.partitions.members=low", SLOW)
    driver = cycle.start()
    cycle.wait_for_hours("m00", 8)
    cycle.wait_for_hours("m01", 8)
    number = cycle.lab.run(
        "sbatch", "--parsable", "-p", "high", "-N", "4", "--exclusive", "-t", "5",
        "-o", "/dev/null", "--wrap", "sleep 10",
    ).strip()  # fmt: skip
    wait_until(lambda: all(job.state == "PENDING" for job in cycle.jobs()), "members to give way")
    wait_until(lambda: job_state(number) == "COMPLETED", "the other job to end")
    cycle.finish(driver)
    _whole(cycle, 2)
    for member in ("m00", "m01"):
        assert cycle.status(member)["continued_from"] >= 6
    assert "member-continued" in cycle.codes()


def test_the_controller_is_away_for_a_while(drill: Make) -> None:
    """A member ends while it is away, another one is to be submitted."""
    cycle = drill("ensemble.members=3", "site.jobs=2")
    driver = cycle.start()
    cycle.wait_for_hours("m00", 6)
    cycle.lab.crash("slurmctld")
    time.sleep(45)
    assert driver.poll() is None, cycle.text()
    cycle.lab.start("slurmctld")
    cycle.finish(driver)
    _whole(cycle, 3)
    engine = (cycle.run.log_folder / "snakemake.log").read_text(encoding="utf-8")
    assert "asking again" in engine
    assert "scheduler-unreachable" in cycle.codes()
    assert not cycle.run.scheduler_away.exists()
