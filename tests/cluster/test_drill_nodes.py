"""Drills: nodes that die, jobs that are preempted, a controller that goes away."""

from collections.abc import Callable

import pytest

from tests.cluster.lab import Drill

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
    assert not drill.jobs()
    assert not [alert for alert in drill.alerts() if alert["severity"] == "FATAL"]


def test_a_cycle_runs_over_two_nodes(drill: Make) -> None:
    cycle = drill("ensemble.members=2")
    driver = cycle.start()
    job = cycle.job("m00")
    assert len(cycle.nodes_of(job)) == 2
    cycle.finish(driver)
    _whole(cycle, 2)
    assert cycle.status("m00")["ranks"] == 2
