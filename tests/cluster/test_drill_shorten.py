"""Drills of members that cannot end before the hard cutoff."""

import json
from collections.abc import Callable

import pytest

from tests.cluster.lab import Drill, wait_until

pytestmark = [pytest.mark.slurm, pytest.mark.slow, pytest.mark.timeout(900)]

Make = Callable[..., Drill]
HARD = 1.25
"""Hard cutoff, minutes after the start: a machine that has nothing else to do makes a day and a
spin-up in a sixth of that."""
SPIN_UP, DAY, HOURS, PATIENCE = 24, 24, 48, 600


def test_late_members_are_shortened_to_whole_days_or_come_in_as_a_revision(drill: Make) -> None:
    """One has nearly done its first day when it stands still, the other one has hardly begun."""
    cycle = drill(
        "ensemble.members=3", "clock.poll_seconds=0.3",
        f"clock.hourly.hard_minutes={HARD}", f"clock.trend.hard_minutes={HARD}",
    )  # fmt: skip
    driver = cycle.start()
    cycle.hold("m02", 4)
    cycle.hold("m01", SPIN_UP + DAY - 5)
    wait_until(cycle.run.limit("m01").exists, f"m01 to be told; driver:\n{cycle.text()}", 150)
    cycle.let_go("m01")
    wait_until(lambda: cycle.run.latest_revision == 0, "the product at the cutoff", PATIENCE)
    assert cycle.decision(0)["trigger"] == "hard cutoff"
    first = cycle.verdicts(0)
    assert (first["m01"]["hours"], first["m02"]["hours"]) == (DAY, 0)
    assert "仅前24小时参加集合" in cycle.bulletin()
    cycle.let_go("m02")
    cycle.finish(driver, PATIENCE)
    status = cycle.status("m01")
    assert (status["state"], status["hours_available"], status["attempt"]) == ("incomplete", DAY, 1)
    assert cycle.run.latest_revision == 1
    hours = {name: entry["hours"] for name, entry in cycle.verdicts(1).items()}
    assert (hours["m01"], hours["m02"]) == (DAY, HOURS)
    assert hours["m00"] in (DAY, HOURS), "nobody holds it; a slow machine may"
    told = json.loads(cycle.run.driver.read_text(encoding="utf-8"))["interventions"]
    done = {(entry["member"], entry["action"]) for entry in told}
    assert {("m01", "shortened"), ("m02", "late")} <= done
    assert ("m02", "shortened") not in done
    alerts = {(alert["code"], alert["subject"]) for alert in cycle.alerts()}
    assert {("member-shortened", "m01"), ("member-dropped", "m02")} <= alerts
    assert not cycle.left()
