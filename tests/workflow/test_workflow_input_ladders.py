"""Inputs that are late, cut off, of the wrong date or damaged: the next rung is taken, loudly."""

import json
import shutil
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from forecast.common.errors import InputError
from forecast.config.load import resolve, write_resolved
from forecast.config.run import RunPaths
from forecast.fields.inputs import InputsRecord, RungKind
from forecast.stages import prepare
from forecast.stages.check import check_files
from forecast.stages.coverage import check_cycle
from forecast.stages.task import Task
from forecast.storage.manifest import digest
from forecast.storage.meteorology import read_times
from forecast.storage.records import read_record

CYCLE = "2022-01-01T00"
SETTINGS = [
    "domain.levels.eta=[1,0.9,0.5,0]", "forecast.spin_up_hours=0", "forecast.horizon_hours=48",
    "forecast.hourly_hours=24", "meteorology.arrival.stable_seconds=0",
    "emissions.arrival.stable_seconds=0", "boundary.arrival.stable_seconds=0",
]  # fmt: skip


@pytest.fixture
def source(project_root: Path) -> Path:
    """Daily means of 1 to 5 January 2022."""
    return project_root / "data" / "meteorology" / "ncep_reanalysis_20220101-05.nc"


def _deliver(source: Path, path: Path, days: int = 0) -> Path:
    """Deliver a copy with its dates moved; the mark makes two deliveries differ as real ones do."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, path)
    with netCDF4.Dataset(path, "a") as file:
        file["time"][:] = file["time"][:] + 24 * days
        file.mark = path.name
    return path


def _run(folder: Path, cycle: str, *settings: str, case: str = "january_2022") -> Task:
    run = RunPaths(folder / "runs" / cycle)
    run.folder.mkdir(parents=True, exist_ok=True)
    configuration = resolve(
        case, domain="drill", settings=[*SETTINGS, f"meteorology.path={folder}/met_{{cycle}}.nc",
        *settings],
    )  # fmt: skip
    run.configuration.write_text(write_resolved(configuration), encoding="utf-8")
    return Task.create("prepare", run.folder)


def _prepare(task: Task) -> tuple[InputsRecord, list[Any]]:
    prepare.run(task)
    task.record.write(task.run.stage_record("prepare"))
    found = read_record(InputsRecord, task.run.inputs_record)
    ladder = ("meteorology", "emissions", "boundary")
    fallbacks = [
        entry for entry in task.record.degradations if entry.what.partition(":")[0] in ladder
    ]
    return found, fallbacks


def test_the_input_of_the_cycle_is_taken_and_put_on_record(tmp_path: Path, source: Path) -> None:
    path = _deliver(source, tmp_path / f"met_{CYCLE}.nc")
    found, fallbacks = _prepare(_run(tmp_path, CYCLE))
    used = found.of("meteorology")
    assert used is not None
    assert (used.kind, used.rung, used.path) == (RungKind.OWN, 0, str(path))
    assert used.sha256 == digest(path)
    assert (str(used.valid_from), str(used.valid_to)) == (
        "2022-01-01 00:00:00+00:00",
        "2022-01-06 00:00:00+00:00",
    )
    assert not fallbacks
    assert [entry.name for entry in found.inputs] == ["meteorology", "emissions", "boundary"]
    assert len(found.inputs[1].sha256) == 64


def _cut_off(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def _wrong_units(path: Path) -> None:
    with netCDF4.Dataset(path, "a") as file:
        file["air"].units = "degC"


def _holes(path: Path) -> None:
    with netCDF4.Dataset(path, "a") as file:
        file["uwnd"][1, 2] = np.nan


def _wrong_date(path: Path) -> None:
    with netCDF4.Dataset(path, "a") as file:
        file["time"][:] = file["time"][:] + 24 * 365


def _remove(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(
    ("damage", "problem", "brief"),
    [
        (_remove, "is not there", "未到达"),
        (_cut_off, "cannot be read", "损坏或内容有误"),
        (_wrong_units, "'degC'", "损坏或内容有误"),
        (_holes, "misses", "损坏或内容有误"),
        (_wrong_date, "2023-01-01", "时段不符"),
    ],
)
def test_what_is_wrong_with_an_input_leads_to_the_previous_cycle(
    tmp_path: Path, source: Path, damage: Any, problem: str, brief: str
) -> None:
    """The previous cycle is that of 31 December 12 UTC: the ladder crosses month and year."""
    damage(_deliver(source, tmp_path / f"met_{CYCLE}.nc"))
    before = _deliver(source, tmp_path / "met_2021-12-31T12.nc")
    found, fallbacks = _prepare(_run(tmp_path, CYCLE))
    used = found.of("meteorology")
    assert used is not None
    assert (used.kind, used.rung, used.path) == (RungKind.PREVIOUS_CYCLE, 1, str(before))
    (attempt,) = used.tried
    assert problem in attempt.problem
    (fallback,) = fallbacks
    assert fallback.code == "meteorology-previous-cycle"
    assert (fallback.original, fallback.replacement) == (
        str(tmp_path / f"met_{CYCLE}.nc"),
        str(before),
    )
    assert brief in fallback.effect
    assert "2021年12月31日20时" in fallback.effect


def test_an_input_that_is_a_copy_of_the_one_before_is_not_new(tmp_path: Path, source: Path) -> None:
    before = _deliver(source, tmp_path / "met_2021-12-31T12.nc")
    shutil.copyfile(before, tmp_path / f"met_{CYCLE}.nc")
    found, (fallback,) = _prepare(_run(tmp_path, CYCLE))
    assert found.inputs[0].kind is RungKind.PREVIOUS_CYCLE
    assert "same content" in fallback.what
    # a link to one file for all cycles is on purpose
    (tmp_path / f"met_{CYCLE}.nc").unlink()
    (tmp_path / f"met_{CYCLE}.nc").symlink_to(before)
    assert not _prepare(_run(tmp_path, CYCLE))[1]


def test_the_second_source_is_the_last_rung(tmp_path: Path, source: Path) -> None:
    other = _deliver(source, tmp_path / "other.nc")
    second = f"meteorology.fallback.second_source={{format: ncep_reanalysis, path: '{other}'}}"
    found, fallbacks = _prepare(_run(tmp_path, CYCLE, second))
    assert found.inputs[0].kind is RungKind.SECOND_SOURCE
    # this cycle, two earlier ones: one fallback each
    assert {entry.code for entry in fallbacks} == {"meteorology-second-source"}
    assert [Path(entry.original).stem for entry in fallbacks] == [
        "met_2022-01-01T00",
        "met_2021-12-31T12",
        "met_2021-12-31T00",
    ]
    assert {entry.replacement for entry in fallbacks} == {str(other)}


def test_a_file_that_ends_early_yields_to_an_older_whole_one(tmp_path: Path, source: Path) -> None:
    short = _deliver(source, tmp_path / f"met_{CYCLE}.nc", days=-3)
    whole = _deliver(source, tmp_path / "met_2021-12-31T12.nc")
    reach = ["meteorology.fallback.reach_hours=96", "forecast.horizon_hours=72"]
    found, (fallback,) = _prepare(_run(tmp_path, CYCLE, *reach))
    assert found.inputs[0].path == str(whole)
    assert "ends at 2022-01-03" in fallback.what
    # without anything better, the hours that it has are better than none
    whole.unlink()
    found, _ = _prepare(task := _run(tmp_path, CYCLE, *reach))
    assert found.inputs[0].path == str(short)
    assert found.inputs[0].rung == 0
    assert read_times(task.run.meteorology)[-1] == np.datetime64("2022-01-02T16:00:00")


def test_without_any_usable_input_all_reasons_are_told(tmp_path: Path, source: Path) -> None:
    _cut_off(_deliver(source, tmp_path / "met_2021-12-31T12.nc"))
    with pytest.raises(InputError) as caught:
        prepare.run(_run(tmp_path, CYCLE))
    text = str(caught.value)
    assert "3 were tried" in text
    assert "met_2022-01-01T00.nc' is not there" in text
    assert "cannot be read" in text


def test_a_replay_takes_nothing_that_was_delivered_later(tmp_path: Path, source: Path) -> None:
    _deliver(source, tmp_path / f"met_{CYCLE}.nc")
    _deliver(source, tmp_path / "met_2021-12-31T12.nc")
    found, (fallback,) = _prepare(_run(tmp_path, CYCLE, "case.as_of=2021-12-31T20"))
    assert found.inputs[0].kind is RungKind.PREVIOUS_CYCLE
    assert "was known only from" in fallback.what


# --- emissions and boundary


def test_emissions_fall_back_to_earlier_versions_and_then_to_the_climatology(
    tmp_path: Path, source: Path, project_root: Path
) -> None:
    _deliver(source, tmp_path / f"met_{CYCLE}.nc")
    inventory = project_root / "data" / "emissions"
    dated = f"emissions.inventory={tmp_path}/emissions/{{year}}{{month}}"
    for month, damaged in (("202201", True), ("202112", True), ("202111", False)):
        shutil.copytree(inventory, tmp_path / "emissions" / month)
        if damaged:
            (tmp_path / "emissions" / month / "stacks.csv").unlink()
    found, fallbacks = _prepare(_run(tmp_path, CYCLE, dated))
    used = found.of("emissions")
    assert used is not None
    assert used.kind is RungKind.PREVIOUS_VERSION
    assert used.path.endswith("202111")
    assert [entry.code for entry in fallbacks] == ["emissions-previous-version"] * 2
    shutil.rmtree(tmp_path / "emissions" / "202111")
    found, fallbacks = _prepare(
        _run(tmp_path, CYCLE, dated, "emissions.fallback.climatology=data/emissions")
    )
    assert found.inputs[1].kind is RungKind.CLIMATOLOGY
    assert {entry.code for entry in fallbacks} == {"emissions-climatology"}


def test_the_boundary_falls_back_to_the_profiles_of_the_season(
    tmp_path: Path, source: Path, project_root: Path
) -> None:
    _deliver(source, tmp_path / f"met_{CYCLE}.nc")
    settings = [
        f"boundary.profiles={tmp_path}/boundary_{{date}}.yaml",
        "boundary.fallback.season_profiles=[configs/background/summer.yaml, "
        "configs/background/winter.yaml]",
    ]
    background = project_root / "configs" / "background"
    # of the wrong season
    shutil.copyfile(background / "summer.yaml", tmp_path / "boundary_20220101.yaml")
    found, fallbacks = _prepare(_run(tmp_path, CYCLE, *settings))
    used = found.of("boundary")
    assert used is not None
    assert used.path == "configs/background/winter.yaml"
    assert [entry.code for entry in fallbacks] == ["boundary-climatology"] * 2
    shutil.copyfile(background / "winter.yaml", tmp_path / "boundary_20211231.yaml")
    found, (fallback,) = _prepare(_run(tmp_path, CYCLE, *settings))
    assert fallback.code == "boundary-previous"
    assert found.inputs[2].path.endswith("boundary_20211231.yaml")


# --- before a run


def test_what_may_come_later_stops_no_run(tmp_path: Path) -> None:
    task = _run(tmp_path, CYCLE, f"boundary.profiles={tmp_path}/boundary_{{date}}.yaml")
    window = check_cycle(task.cycle, task.configuration)
    assert window.horizon_hours == 48
    check_files(task.configuration, window.bounds)


def test_a_stage_record_names_the_file_that_was_used(tmp_path: Path, source: Path) -> None:
    path = _deliver(source, tmp_path / f"met_{CYCLE}.nc")
    task = _run(tmp_path, CYCLE)
    _prepare(task)
    record = json.loads(task.run.stage_record("prepare").read_text(encoding="utf-8"))
    assert {"path": str(path), "sha256": digest(path)} in record["inputs"]
