"""What may go of old runs, and what must stay."""

import json
from pathlib import Path

import pytest

from forecast.common.errors import ConfigurationError, OutputError
from forecast.config.load import resolve, write_resolved
from forecast.config.retention import RetentionConfig
from forecast.config.run import RunPaths
from forecast.config.start import StartConfig
from forecast.fields.records import to_json
from forecast.fields.start import MemberStart, StartKind, StartPlan
from forecast.stages.room import check_room, needed_room
from forecast.storage.retention import Keeping, Removal, kept_runs, remove_all

STEP_HOURS = 12
CYCLES = (
    "2022-12-31T04", "2022-12-31T16", "2023-01-01T04", "2023-01-01T16", "2023-01-02T04",
    "2023-01-02T16",
)  # fmt: skip
START = StartConfig()


def _run(runs: Path, cycle: str, *, complete: bool = True) -> RunPaths:
    run = RunPaths(runs / cycle)
    for path in (
        run.configuration, run.meteorology, run.perturbation("m00"), run.output("m00") / "a",
        run.restart("m00", 12) / "complete.json", run.ensemble, run.fields_hourly,
        run.products / "bulletin.html", run.cities, run.members,
    ):  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    if complete:
        run.manifest.write_text("{}")
        run.latest.symlink_to("r0")
    return run


def _removals(runs: Path, living: str = "", **options: int) -> dict[str, set[str]]:
    retention = RetentionConfig(**{"restart_cycles": 3, "field_cycles": 2, **options})
    kept = kept_runs(runs, lambda run: run.folder.name == living)
    found: dict[str, set[str]] = {}
    for removal in Keeping(kept, retention, START).removals():
        found.setdefault(removal.cycle, set()).add(removal.kind)
    return found


def test_the_newest_successful_cycles_keep_what_the_ladder_and_the_fallback_read(
    tmp_path: Path,
) -> None:
    for cycle in CYCLES:
        _run(tmp_path, cycle)
    assert _removals(tmp_path, grid_cycles=5) == {
        CYCLES[0]: {"restart", "fields", "grid"},
        CYCLES[1]: {"restart", "fields"},
        CYCLES[2]: {"restart", "fields"},
        CYCLES[3]: {"fields"},
    }


def test_failed_cycles_do_not_count(tmp_path: Path) -> None:
    for cycle in CYCLES[:3]:
        _run(tmp_path, cycle)
    for cycle in CYCLES[3:]:
        _run(tmp_path, cycle, complete=False)
    assert _removals(tmp_path) == {CYCLES[0]: {"fields"}}


def test_a_cycle_whose_following_one_failed_is_kept_for_a_while(tmp_path: Path) -> None:
    for number, cycle in enumerate(CYCLES):
        _run(tmp_path, cycle, complete=number != 1)
    assert CYCLES[0] not in _removals(tmp_path)
    for day in range(15, 17):
        _run(tmp_path, f"2023-01-{day}T16")
    assert "fields" in _removals(tmp_path)[CYCLES[0]]


def test_nothing_is_taken_from_a_running_cycle_or_from_those_it_may_begin_from(
    tmp_path: Path,
) -> None:
    """Somebody repeats the second cycle while later ones are there."""
    for cycle in ("2022-12-30T04", "2022-12-30T16", *CYCLES):
        _run(tmp_path, cycle)
    found = _removals(tmp_path, living=CYCLES[1])
    assert CYCLES[1] not in found
    assert CYCLES[0] not in found
    assert "2022-12-30T16" not in found  # its fields would stand in, its restarts are a rung
    assert found["2022-12-30T04"] == {"fields"}  # a rung of the ladder, but no stand-in


def test_the_checkpoint_that_an_interrupted_cycle_began_from_stays(tmp_path: Path) -> None:
    for cycle in CYCLES:
        _run(tmp_path, cycle)
    open_run = _run(tmp_path, "2022-12-31T05", complete=False)
    source = RunPaths(tmp_path / CYCLES[0]).restart("m00", 12)
    plan = StartPlan("2022-12-31T05", 0, (MemberStart("m00", StartKind.WARM, source=str(source)),))
    open_run.start_plan.write_text(to_json(plan))
    assert "restart" not in _removals(tmp_path)[CYCLES[0]]


def test_products_stay_and_what_went_is_written_down(tmp_path: Path) -> None:
    runs = [_run(tmp_path, cycle) for cycle in CYCLES]
    retention = RetentionConfig(restart_cycles=3, field_cycles=2, grid_cycles=1)
    removals = Keeping(kept_runs(tmp_path, lambda _: False), retention, START).removals()
    assert remove_all(tmp_path, removals) > 0
    first = runs[0]
    assert not first.meteorology.exists()
    assert not list(first.restart_folder.iterdir())
    assert not first.ensemble.exists()
    for path in (first.products / "bulletin.html", first.cities, first.members, first.manifest):
        assert path.is_file()
    noted = {entry["path"] for entry in json.loads(first.pruned.read_text())}
    assert {"restart/m00.f012.zarr", "prepared", "member", "r0/ensemble.nc"} <= noted
    assert Keeping(kept_runs(tmp_path, lambda _: False), retention, START).removals() == ()


def test_a_removal_that_was_interrupted_is_ended_by_the_next(tmp_path: Path) -> None:
    run = _run(tmp_path, CYCLES[0])
    leftover = run.restart_folder / ".m00.f012.zarr.old"
    leftover.mkdir()
    path = run.restart("m00", 12)
    remove_all(tmp_path, (Removal(CYCLES[0], path, "restart", "test"),))
    assert not list(run.restart_folder.iterdir())


def test_restarts_are_kept_at_least_as_long_as_the_ladder_reaches() -> None:
    with pytest.raises(ConfigurationError, match="restart_cycles '2' is less than the 3 cycles"):
        resolve(settings=["retention.restart_cycles=2"])
    resolve(settings=["retention.restart_cycles=2", "start.ladder=[1, 2]"])


def test_a_run_without_room_is_refused_before_it_begins(tmp_path: Path) -> None:
    run = RunPaths(tmp_path / CYCLES[0])
    check_room(run, resolve("january_2022"))
    with pytest.raises(OutputError, match=r"has room for .* GB .*retention\.free_gb"):
        check_room(run, resolve("january_2022", settings=["retention.free_gb=1e6"]))
    with pytest.raises(OutputError, match=r"disk_budget_gb.* `forecast prune`"):
        check_room(run, resolve("january_2022", settings=["retention.disk_budget_gb=0.01"]))


def test_what_is_there_is_not_asked_for_again(tmp_path: Path) -> None:
    """A run that was interrupted near its end continues on a disk that is nearly full."""
    configuration = resolve("january_2022")
    need = needed_room(configuration).total
    budget = resolve("january_2022", settings=[f"retention.disk_budget_gb={need / 1e9 + 0.001}"])
    run = RunPaths(tmp_path / CYCLES[0])
    run.folder.mkdir()
    (run.folder / "written").write_bytes(b"0" * 3_000_000)
    check_room(run, budget)
    run.configuration.write_text(write_resolved(budget))
    (tmp_path / "other").write_bytes(b"0" * 3_000_000)
    with pytest.raises(OutputError, match="disk_budget_gb"):
        check_room(run, budget)
