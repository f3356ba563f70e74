"""Drills inside a member: killed, out of time, out of disk, a value that is no number, lone ranks.

What a member leaves after a break is compared bit by bit with a cycle that nothing has disturbed.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from forecast.config.run import RunPaths
from forecast.storage.member_output import read_variable, written_pollutants
from forecast.storage.restart import complete_restarts, read_restart, verify_restart
from tests.cluster.lab import Drill, Lab, Template, wait_until

pytestmark = [pytest.mark.slurm, pytest.mark.slow, pytest.mark.timeout(900)]

Make = Callable[..., Drill]
MEMBERS = "ensemble.members=2"
UNHURRIED = "chemistry.sub_steps=" + str([60] * 20)
"""Some four times as long as the drill needs: time to break something."""
HOURS, PATIENCE = 48, 600


@pytest.fixture(scope="module")
def undisturbed(
    cluster: Lab, template: Template, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunPaths]:
    """A cycle without any trouble."""
    run = RunPaths(tmp_path_factory.mktemp("undisturbed") / template.folder.name)
    template.copy_to(run, [MEMBERS, UNHURRIED])
    drill = Drill(cluster, run, ["--set", MEMBERS, "--set", UNHURRIED])
    drill.finish(drill.start(), PATIENCE)
    assert {entry["state"] for entry in drill.verdicts().values()} == {"finished"}
    yield run
    drill.end()


def _same(one: RunPaths, other: RunPaths, member: str) -> None:
    for name in written_pollutants(one.output(member)):
        np.testing.assert_array_equal(
            read_variable(one.output(member), name),
            read_variable(other.output(member), name),
            err_msg=f"{name} of {member}",
        )
    found = [complete_restarts(run.restart_folder, member) for run in (one, other)]
    assert list(found[0]) == list(found[1])
    for hour, path in found[0].items():
        first, second = (
            read_restart(place, slice(None), slice(None)) for place in (path, found[1][hour])
        )
        np.testing.assert_array_equal(first.mixing_ratio, second.mixing_ratio)
        np.testing.assert_array_equal(first.air_mass, second.air_mass)
        assert first.numbers == second.numbers, "ledger and counts"


def _whole(drill: Drill) -> None:
    assert {entry["state"] for entry in drill.verdicts().values()} == {"finished"}
    assert all(entry["hours"] == HOURS for entry in drill.verdicts().values())
    assert drill.run.latest_revision == 0
    assert not drill.left()


def test_a_rank_that_is_killed_costs_the_hours_since_the_checkpoint(
    drill: Make, undisturbed: RunPaths
) -> None:
    cycle = drill(MEMBERS, UNHURRIED)
    driver = cycle.start()
    cycle.wait_for_hours("m00", 20)
    os.kill(cycle.processes("m00")[-1], signal.SIGKILL)
    cycle.finish(driver, PATIENCE)
    _whole(cycle)
    status = cycle.status("m00")
    assert (status["attempt"], cycle.status("m01")["attempt"]) == (2, 1)
    assert status["continued_from"] >= 18
    assert {"member-killed", "member-continued"} <= cycle.codes()
    for member in ("m00", "m01"):
        _same(undisturbed, cycle.run, member)


def test_a_member_whose_time_is_up_saves_and_goes_on_in_another_job(drill: Make) -> None:
    """Slurm sends SIGTERM up to half a minute too early, so 80 to 110 s after the start.

    It wakes who is held.
    """
    cycle = drill(MEMBERS, "workflow.member_minutes=2", "site.signal_seconds=10")
    driver = cycle.start()
    cycle.hold("m00", 8)
    cycle.finish(driver, PATIENCE)
    _whole(cycle)
    status = cycle.status("m00")
    assert status["attempt"] > 1
    assert status["continued_from"] >= 8
    assert "member-continued" in cycle.codes()
    log = cycle.run.log("run_member", "m00").read_text(encoding="utf-8")
    assert "SIGTERM: saved after hour" in log
    assert "DUE TO TIME LIMIT" not in log, "it was killed before it had saved"


def test_a_member_that_is_told_to_leave_loses_no_hour_and_no_bit(
    drill: Make, undisturbed: RunPaths
) -> None:
    cycle = drill(MEMBERS, UNHURRIED)
    driver = cycle.start()
    cycle.wait_for_hours("m00", 8)
    first = cycle.job("m00").id
    cycle.lab.run("scancel", "--signal=TERM", first)
    wait_until(lambda: cycle.status("m00").get("attempt") == 2, "the second job to start")
    assert cycle.status("m00")["continued_from"] >= 8
    cycle.finish(driver, PATIENCE)
    _whole(cycle)
    assert int(cycle.status("m00")["job"]) > int(first)
    for member in ("m00", "m01"):
        _same(undisturbed, cycle.run, member)


def test_a_full_disk_ends_one_member_and_says_so(drill: Make) -> None:
    """A disk of 64 kB lies where the first checkpoint of m01 is to be written."""
    cycle = drill(MEMBERS, "site.member_nodes=1", "site.member_tasks_per_node=2")
    small = cycle.run.restart_folder / ".m01.f006.zarr.partial"
    small.mkdir(parents=True)
    nodes = str(len(cycle.lab.nodes()))
    everywhere = ["srun", "-N", nodes, "--ntasks-per-node=1"]
    cycle.lab.run(*everywhere, "mount", "-t", "tmpfs", "-o", "size=64k", "none", str(small))
    try:
        cycle.finish(cycle.start(), PATIENCE)
    finally:
        cycle.lab.run(*everywhere, "umount", "-l", str(small), check=False)
    status = cycle.status("m01")
    assert status["state"] == "failed"
    assert "No space left on device" in status["reason"]
    assert "free some space" in status["reason"]
    assert status["attempt"] == 1, "it would meet the same disk again"
    verdicts = cycle.verdicts()
    assert (verdicts["m00"]["state"], verdicts["m00"]["hours"]) == ("finished", HOURS)
    assert verdicts["m01"]["hours"] == 0
    assert "member-failed" in cycle.codes()
    assert "m01" in cycle.bulletin()
    for path in complete_restarts(cycle.run.restart_folder, "m00").values():
        verify_restart(path)


def test_a_value_that_is_no_number_ends_one_member_only(drill: Make) -> None:
    cycle = drill("ensemble.members=3")
    with netCDF4.Dataset(cycle.run.perturbation("m01"), "r+") as file:
        file["diffusivity_factor"][3, 4] = np.nan
    cycle.finish(cycle.start(), PATIENCE)
    assert cycle.status("m01")["state"] == "failed"
    assert "not finite" in cycle.status("m01")["reason"]
    assert cycle.status("m01")["attempt"] == 1, "the same model would meet the same value"
    hours = {member: entry["hours"] for member, entry in cycle.verdicts().items()}
    assert hours == {"m00": HOURS, "m01": 0, "m02": HOURS}
    failed = [alert for alert in cycle.alerts() if alert["code"] == "member-failed"]
    assert [alert["subject"] for alert in failed] == ["m01"]
    assert "m01" in cycle.bulletin()


def test_ranks_that_do_not_find_each_other_are_refused(drill: Make) -> None:
    """Launcher and library do not fit: as many lonely processes start as there should be ranks."""
    library = Path(sys.executable).parents[1] / "lib" / "libmpi.so.12"
    cycle = drill(
        MEMBERS, "site.launcher=srun --mpi=none", f"site.environment.MPI4PY_LIBMPI={library}"
    )
    cycle.start()
    for member in ("m00", "m01"):
        wait_until(lambda: cycle.status(member).get("state") == "failed", "it to be refused")  # noqa: B023
        reason = cycle.status(member)["reason"]
        assert "was to run on '2' ranks and '1' started together" in reason
        assert "Slurm's srun" in reason
        assert "MPICH" in reason
        assert cycle.status(member)["attempt"] == 1
        assert not cycle.run.output(member).exists()
    wait_until(lambda: "ranks-differ" in cycle.codes(), "the alert")
