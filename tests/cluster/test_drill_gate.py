"""Drills of the gate and the clock: members that fail, hang or come late, killed drivers."""

import json
import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from tests.cluster.lab import QUICK, Drill, wait_until

pytestmark = [pytest.mark.slurm, pytest.mark.slow, pytest.mark.timeout(900)]

Make = Callable[..., Drill]
HOURS = 48
PATIENCE = 600
"""How long a driver may take, s; much longer than on a machine that has nothing else to do."""


def _complete(cycle: Drill, revision: int) -> None:
    wait_until(
        lambda: cycle.run.latest_revision == revision,
        f"revision {revision}; the driver says:\n{cycle.text()}",
        PATIENCE,
    )


def _changes(cycle: Drill, revision: int) -> dict[str, Any]:
    path = cycle.run.of_revision(revision).changes
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def test_two_of_six_members_are_missing(drill: Make) -> None:
    cycle = drill("ensemble.members=6", QUICK)
    for member in ("m01", "m04"):
        path = cycle.run.perturbation(member)
        path.write_bytes(path.read_bytes()[:1000])
    cycle.finish(cycle.start(), PATIENCE)
    verdicts = cycle.verdicts()
    assert [name for name, v in verdicts.items() if not v["hours"]] == ["m01", "m04"]
    assert {verdicts[name]["state"] for name in ("m01", "m04")} == {"failed"}
    decision = cycle.decision()
    assert decision["trigger"] == "all ended"
    assert {day["quality"] for day in decision["days"]} == {"reduced"}
    assert cycle.run.latest_revision == 0
    assert {"member-failed", "member-left-out"} <= cycle.codes()
    for words in ("计划6个成员，采用4个", "集合成员m01", "成员不全，满足最低要求"):
        assert words in cycle.bulletin()


def test_the_soft_cutoff_takes_the_quorum_and_a_late_member_makes_a_revision(drill: Make) -> None:
    cycle = drill(
        "ensemble.members=3", "clock.hourly.soft_minutes=0.05", "clock.trend.soft_minutes=0.05"
    )
    driver = cycle.start()
    cycle.hold("m02")
    _complete(cycle, 0)
    first = cycle.decision(0)
    assert first["trigger"] == "soft cutoff with quorum"
    assert cycle.verdicts(0)["m02"]["state"] == "running"
    assert cycle.verdicts(0)["m02"]["hours"] == 0
    issued = cycle.bulletin()
    assert "首次发布" in issued
    before = (cycle.run.of_revision(0).products / "bulletin.html").stat().st_mtime_ns
    cycle.let_go("m02")
    cycle.finish(driver, PATIENCE)
    assert cycle.run.latest_revision == 1
    assert cycle.decision(1)["trigger"] == "late member"
    assert cycle.verdicts(1)["m02"]["hours"] == HOURS
    changes = _changes(cycle, 1)
    assert changes["members"] == [{"member": "m02", "before": 0, "after": HOURS}]
    assert len(changes["cities"]) == 16
    for words in ("第1次修订", "新增成员m02", "与上一版相比"):
        assert words in cycle.bulletin()
    former = cycle.run.of_revision(0).products / "bulletin.html"
    assert former.stat().st_mtime_ns == before, "a revision never overwrites"
    assert {"soft-cutoff", "revision-made"} <= cycle.codes()


def test_the_hard_cutoff_takes_what_is_there(drill: Make) -> None:
    cycle = drill(
        "ensemble.members=2", "clock.hourly.hard_minutes=0.6", "clock.trend.hard_minutes=0.6",
        "clock.shorten=false",
    )  # fmt: skip
    driver = cycle.start()
    cycle.hold("m00")
    _complete(cycle, 0)
    first = cycle.decision(0)
    assert first["trigger"] == "hard cutoff"
    assert not cycle.run.stamp("m00").exists(), "the members go on while products are made"
    assert (cycle.run.latest / "products" / "bulletin.html").is_file()
    assert "hard-cutoff" in cycle.codes()
    cycle.let_go("m00")
    cycle.finish(driver, PATIENCE)
    last = cycle.run.latest_revision
    assert last is not None
    assert last >= 1
    assert cycle.decision(last)["trigger"] == "late member"
    assert {v["hours"] for v in cycle.verdicts(last).values()} == {HOURS}
    assert cycle.codes() >= {"revision-made"}


def test_the_driver_is_killed_and_another_one_goes_on(drill: Make) -> None:
    cycle = drill("ensemble.members=2")
    first = cycle.start()
    cycle.hold("m00", 8)
    memory = json.loads(cycle.run.driver.read_text(encoding="utf-8"))
    jobs = {job.id for job in cycle.jobs()}
    sessions = json.loads(cycle.run.lock.read_text(encoding="utf-8"))["sessions"]
    first.kill()
    for session in sessions:
        os.killpg(session, signal.SIGKILL)
    first.wait()
    assert jobs <= {job.id for job in cycle.jobs()}, "the jobs outlive their driver"
    cycle.finish(cycle.start(), PATIENCE)
    again = json.loads(cycle.run.driver.read_text(encoding="utf-8"))
    assert (again["origin"], again["launched"]) == (memory["origin"], memory["launched"])
    assert [d["revision"] for d in again["decisions"]] == [0]
    assert {v["hours"] for v in cycle.verdicts().values()} == {HOURS}
    assert cycle.status("m00")["continued_from"] >= 6
    assert {"driver-restarted", "orphans-ended"} <= cycle.codes()
    assert cycle.run.latest_revision == 0
    assert not cycle.left()


def test_two_starts_of_one_cycle(drill: Make) -> None:
    cycle = drill("ensemble.members=2", QUICK)
    first = cycle.start()
    wait_until(cycle.run.lock.exists, "the lock of the first start")
    text = cycle.finish(cycle.start(), code=1)
    assert f"already being run by process {first.pid}" in text
    assert "already-running" in cycle.codes()
    cycle.finish(first, PATIENCE)
    assert cycle.run.latest_revision == 0
    assert {v["hours"] for v in cycle.verdicts().values()} == {HOURS}
    assert {v["attempt"] for v in cycle.verdicts().values()} == {1}


def test_a_member_that_hangs_is_cancelled_and_goes_on(drill: Make) -> None:
    cycle = drill("ensemble.members=2", "clock.stall_seconds=20")
    driver = cycle.start()
    cycle.hold("m01", 8)
    held = cycle.job("m01").id
    wait_until(lambda: "member-hung" in cycle.codes(), "the silence to be noticed")
    wait_until(
        lambda: (
            any(job.id != held for job in cycle.jobs("m01")) or cycle.status("m01")["attempt"] > 1
        ),
        "the member to be started again",
    )
    cycle.finish(driver, PATIENCE)
    assert {v["hours"] for v in cycle.verdicts().values()} == {HOURS}
    assert cycle.status("m01")["continued_from"] >= 6
    assert cycle.status("m01")["attempt"] == 2
    assert cycle.decision()["trigger"] == "all ended"


def test_a_failed_member_is_run_again_by_hand_while_another_still_runs(drill: Make) -> None:
    cycle = drill("ensemble.members=2")
    path = cycle.run.perturbation("m01")
    whole = path.read_bytes()
    path.write_bytes(whole[:1000])
    driver = cycle.start()
    cycle.hold("m00")
    wait_until(cycle.run.stamp("m01").exists, "the damaged member to fail")
    path.write_bytes(whole)
    runs = str(cycle.run.folder.parent)
    said = cycle.forecast("rerun", cycle.run.folder.name, "m01", "--runs", runs)
    assert "runs m01 again" in said
    said = cycle.forecast("revise", cycle.run.folder.name, "--runs", runs)
    assert "decides again at once" in said
    _complete(cycle, 0)
    assert cycle.decision()["trigger"] == "asked by hand"
    cycle.let_go("m00")
    cycle.finish(driver, PATIENCE)
    last = cycle.run.latest_revision
    assert last is not None
    assert {v["hours"] for v in cycle.verdicts(last).values()} == {HOURS}
