"""A chain of cycles over a new year: warm from the second on, repeatable, able to climb down."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from forecast.common.errors import CycleError
from forecast.config.load import read_resolved, resolve, write_resolved
from forecast.config.run import RunPaths
from forecast.fields.start import StartKind, StartPlan
from forecast.stages import start
from forecast.stages.chain import build_climatologies, left_restarts
from forecast.stages.task import Task
from forecast.storage.manifest import digest
from forecast.storage.member_output import read_variable
from forecast.storage.records import read_record

pytestmark = [pytest.mark.workflow, pytest.mark.slow, pytest.mark.mpi]

ROOT = Path(__file__).resolve().parents[2]
CYCLES = ("2021-12-31T04", "2021-12-31T16", "2022-01-01T04")
NEXT, NEWEST = "2022-01-01T16", "2022-01-02T04"
SETTINGS = """\
ensemble: {members: 2}
workflow: {ranks: 1}
meteorology: {haze_week: {start: "2021-12-30T16:00:00"}}
"""


def _forecast(runs: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    settings = runs.parent / "chain.yaml"
    settings.write_text(SETTINGS, encoding="utf-8")
    return subprocess.run(
        [
            sys.executable, "-m", "forecast", *arguments,
            "--case", "drill", "--config", str(settings), "--runs", str(runs),
        ],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=900,
    )  # fmt: skip


def _hindcast(runs: Path, last: str = CYCLES[-1]) -> str:
    done = _forecast(runs, "hindcast", "--from", CYCLES[0], "--to", last, "--allow-gaps")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three cycles, each from the restarts of the one before."""
    runs = tmp_path_factory.mktemp("chain") / "runs"
    _hindcast(runs)
    return runs


def _plan(runs: Path, cycle: str) -> StartPlan:
    return read_record(StartPlan, RunPaths(runs / cycle).start_plan)


def test_the_first_cycle_is_cold_and_all_others_are_warm(chain: Path) -> None:
    first, *others = (_plan(chain, cycle) for cycle in CYCLES)
    assert (first.kinds, first.spin_up_hours) == ({StartKind.COLD: 2}, 24)
    for plan, before in zip(others, CYCLES, strict=False):
        assert plan.kinds == {StartKind.WARM: 2}
        assert plan.spin_up_hours == 0, "nobody spins up, so no hour before the cycle is computed"
        assert {(s.source_cycle, s.source_hour) for s in plan.members} == {(before, 12)}
    statuses = [
        json.loads(RunPaths(chain / cycle).status("m01").read_text(encoding="utf-8"))
        for cycle in CYCLES
    ]
    assert [status["hours_total"] for status in statuses] == [72, 48, 48]


@pytest.mark.parametrize("member", ["m00", "m01"])
def test_day_two_goes_on_from_day_one(chain: Path, member: str) -> None:
    one, two = (RunPaths(chain / cycle).output(member) for cycle in CYCLES[:2])
    for name in ("pm25", "o3", "no2", "co"):
        before, after = read_variable(one, name), read_variable(two, name)
        same_hour = before[12] - after[0]
        scale = float(np.sqrt(np.mean(before[12] ** 2)))
        # a perturbed member has other perturbations in each cycle
        close = 0.005 if member == "m00" else 0.05
        assert np.sqrt(np.mean(same_hour**2)) < close * scale, name
        # a cold start is nowhere near that: what day one had changed since its own first hour
        assert np.sqrt(np.mean((before[12] - before[0]) ** 2)) > 0.1 * scale, name


def test_products_and_manifest_say_how_it_began(chain: Path) -> None:
    for cycle, kind in zip(CYCLES, ("cold", "warm", "warm"), strict=True):
        run = RunPaths(chain / cycle)
        begun = json.loads(run.manifest.read_text(encoding="utf-8"))["start"]
        assert begun["kinds"] == {kind: 2}
        verdicts = json.loads(run.members.read_text(encoding="utf-8"))["verdicts"]
        assert [verdict["start"] for verdict in verdicts] == [kind, kind]
        page = (run.products / "bulletin.html").read_text(encoding="utf-8")
        words = ("廓线冷启动", "前时次预报热启动")
        assert [word in page for word in words] == [kind == "cold", kind == "warm"]
        assert ("模式调整期" in page) == (kind == "cold")


def test_a_chain_repeats_bit_for_bit_and_goes_on_where_it_stopped(
    chain: Path, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    shutil.copytree(chain, runs, symlinks=True)
    shutil.rmtree(runs / CYCLES[2])
    text = _hindcast(runs)
    assert [line.split()[3] for line in text.splitlines() if "chain 1" in line] == [
        "present", "present", "complete",
    ]  # fmt: skip
    for member in ("m00", "m01"):
        one, two = (RunPaths(place / CYCLES[2]) for place in (chain, runs))
        for name in ("pm25", "o3", "so2"):
            first, second = (
                read_variable(one.output(member), name),
                read_variable(two.output(member), name),
            )
            np.testing.assert_array_equal(first, second, strict=True)
        assert digest(one.restart(member, 36) / "mixing_ratio") == digest(
            two.restart(member, 36) / "mixing_ratio"
        )


# --- the ladder, looked at from the cycle that comes next


def _begin(
    runs: Path, cycle: str = NEXT, settings: Sequence[str] = (), *, permission: str = ""
) -> StartPlan:
    """Run the stage `start` of a cycle that does not exist yet."""
    source = runs / CYCLES[2] / "config.yaml"
    common = ("start.ladder=[1,2,3]", "start.restart_hours=[12,24,36]", "start.cold=never")
    known = f"case.as_of='{cycle}:00'"
    configuration = resolve(files=[source], settings=[*common, known, *settings])
    run = RunPaths(runs / cycle)
    run.folder.mkdir(exist_ok=True)
    run.configuration.write_text(write_resolved(configuration), encoding="utf-8")
    if permission:
        run.cold_permission.write_text(json.dumps({"why": permission}), encoding="utf-8")
    task = Task.create("start", run.folder)
    start.run(task)
    task.record.write(run.stage_record("start"))
    return read_record(StartPlan, run.start_plan)


@pytest.fixture
def copy(chain: Path, tmp_path: Path) -> Path:
    """The restarts of the chain, to be damaged."""
    runs = tmp_path / "runs"
    for cycle in CYCLES:
        run = RunPaths(chain / cycle)
        shutil.copytree(run.restart_folder, runs / cycle / "restart")
        for path in (run.configuration, run.start_plan):
            shutil.copy(path, runs / cycle / path.name)
    return runs


def _chunk(restart: Path) -> Path:
    return max((p for p in restart.rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)


def test_every_cycle_leaves_what_the_ladder_asks_for(chain: Path) -> None:
    for cycle in CYCLES:
        assert all(left_restarts(RunPaths(chain / cycle), hours) for hours in (12, 24, 36))
        assert not left_restarts(RunPaths(chain / cycle), 48)


def test_a_whole_chain_is_begun_from_warm(copy: Path) -> None:
    assert _begin(copy).kinds == {StartKind.WARM: 2}


@pytest.mark.parametrize("damage", ["cut off", "missing file", "no marker", "wrong date", "gone"])
def test_a_restart_that_is_not_whole_is_passed_over(copy: Path, damage: str) -> None:
    run = RunPaths(copy / CYCLES[2])
    restart = run.restart("m01", 12)
    if damage == "cut off":
        chunk = _chunk(restart)
        chunk.write_bytes(chunk.read_bytes()[: chunk.stat().st_size // 2])
    elif damage == "missing file":
        _chunk(restart).unlink()
    elif damage == "no marker":
        (restart / "complete.json").unlink()
    else:
        shutil.rmtree(restart)
    if damage == "wrong date":
        shutil.copytree(run.restart("m01", 24), restart)
    plan = _begin(copy)
    control, other = plan.members
    assert (control.source_cycle, control.source_hour) == (CYCLES[2], 12)
    assert (other.kind, other.source_cycle) == (StartKind.WARM, CYCLES[1])
    assert other.source_hour == 24
    assert other.tried[0].problem, "the reason is kept"
    assert plan.spin_up_hours == 0
    record = json.loads(RunPaths(copy / NEXT).stage_record("start").read_text(encoding="utf-8"))
    codes = [entry["code"] for entry in record["degradations"]]
    assert codes == ["start-older-restart"]
    assert record["degradations"][0]["original"] == f"../{CYCLES[2]}/restart/m01.f012.zarr"


def test_without_any_of_its_own_a_member_takes_that_of_the_control(copy: Path) -> None:
    for cycle in CYCLES:
        for restart in (copy / cycle / "restart").glob("m01.*"):
            shutil.rmtree(restart)
    control, other = _begin(copy).members
    assert other.kind is StartKind.CONTROL
    assert other.source == control.source
    assert len(other.tried) == 3


def test_a_restart_of_another_grid_or_mechanism_is_passed_over(copy: Path) -> None:
    with pytest.raises(CycleError, match="cold start is not allowed") as refused:
        _begin(copy, settings=["domain.x_west=-594000.0"])
    assert "domain" in str(refused.value)


def test_no_state_means_no_start_unless_a_person_allows_it(copy: Path) -> None:
    for cycle in CYCLES:
        shutil.rmtree(copy / cycle / "restart")
    with pytest.raises(CycleError, match="--cold-start"):
        _begin(copy)
    plan = _begin(copy, permission="allowed by the officer on duty")
    assert plan.kinds == {StartKind.COLD: 2}
    assert (plan.spin_up_hours, plan.unsettled_hours) == (24, 24)
    assert plan.cold_allowed == "allowed by the officer on duty"


def test_a_replay_does_not_begin_from_what_came_later(copy: Path) -> None:
    plan = _begin(copy, settings=["case.as_of='2021-12-31T12:00'"])
    first = plan.members[0]
    assert first.source_cycle == CYCLES[0], "the cycles of 16 UTC and later were not yet known"
    assert first.source_hour == 36
    assert "was known only from 2022-01-01T04:00" in first.tried[0].problem


def test_a_climatology_is_the_rung_below(copy: Path, tmp_path: Path) -> None:
    template = str(tmp_path / "mean" / "{hour}.zarr")
    built = dict(build_climatologies(copy, template, tuple(range(1, 13)), members=True))
    # restarts of hours 12, 24 and 36 of three cycles and two members
    assert {path.stem: basis.count for path, basis in built.items()} == {"04": 8, "16": 10}
    for cycle in CYCLES:
        shutil.rmtree(copy / cycle / "restart")
    wanted = [f"start.climatology={template}", "case.as_of=''"]
    plan = _begin(copy, settings=wanted)
    assert plan.kinds == {StartKind.CLIMATOLOGY: 2}
    assert plan.spin_up_hours == 24
    with pytest.raises(CycleError, match="its last state was known only"):
        _begin(copy, settings=[wanted[0], "case.as_of='2021-12-31T16:00'"])


# --- after an outage


def test_after_an_outage_the_chain_is_kept_and_the_newest_has_a_product(
    chain: Path, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    shutil.copytree(chain, runs, symlinks=True)
    done = _forecast(runs, "catch-up", NEWEST, "--set", "case.as_of=''")
    assert done.returncode == 0, done.stdout + done.stderr
    short, full = RunPaths(runs / NEXT), RunPaths(runs / NEWEST)
    assert not short.revision_folder.exists(), "a superseded cycle makes no product"
    assert left_restarts(short, 12)
    status = json.loads(short.status("m00").read_text(encoding="utf-8"))
    assert (status["state"], status["hours_total"]) == ("finished", 12)
    assert "cycle-superseded" in short.alerts.read_text(encoding="utf-8")
    assert full.latest_revision == 0
    assert {s.source_cycle for s in _plan(runs, NEWEST).members} == {NEXT}
    assert read_resolved(full.configuration).start.chain_only is False
