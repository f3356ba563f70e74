"""From files through the store to a run: the commands, and the stage that a cycle calls."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from forecast.cli import app
from forecast.config.load import resolve, write_resolved
from forecast.config.run import RunPaths
from forecast.fields.observations import Flag, ReferenceState
from forecast.sources.observations.city_daily import read_city_daily
from forecast.stages import observe
from forecast.stages.task import Task
from forecast.storage.reading_table import read_readings

HEAD = "time,station,pm25,pm10,co\n"


def station_file(path: Path, station: str, level: float, days: int = 2) -> Path:
    """Hours of some days from 2021-12-30 01:00 on, Beijing time."""
    first = np.datetime64("2021-12-30T01:00")
    lines = [
        f"{first + np.timedelta64(hour, 'h')},{station},{level + hour % 24},{2 * level},0.8"
        for hour in range(24 * days)
    ]
    path.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def setting(tmp_path: Path) -> list[str]:
    return ["--set", f"observations.store={tmp_path / 'store'}"]


def called(*arguments: object) -> str:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def test_files_go_in_and_days_of_cities_come_out(tmp_path: Path, setting: list[str]) -> None:
    files = [
        station_file(tmp_path / f"{code}.csv", code, level)
        for code, level in (("1299A", 50.0), ("1300A", 60.0))
    ]
    said = called("observations", "load", *files, "--format", "csv", *setting)
    assert "288 values of 2 files" in said
    assert "1 landed files compacted, 288 rows" in called("observations", "compact", *setting)

    period = ["--from", "2021-12-30", "--to", "2021-12-30"]
    rows = called(
        "observations", "query", *period, "--station", "1299A", "--pollutant", "pm25", *setting
    ).splitlines()
    assert rows[1].startswith("1299A,科干所,Jinan,pm25,2021-12-30T01:00,50,ACTUAL,2021-12-29T18:00")
    assert (len(rows), rows[-1].split(",")[4]) == (25, "2021-12-31T00:00")

    out = tmp_path / "days.csv"
    called("observations", "daily", "--from", "2021-12-30", "--to", "2021-12-31", "--out", out,
           *setting)  # fmt: skip
    days = read_city_daily(out)
    assert (days.cities, [str(day) for day in days.days]) == (
        ("Jinan",), ["2021-12-30", "2021-12-31"],
    )  # fmt: skip
    assert days.of("pm25").tolist() == [[66.5, 66.5]]
    assert np.isnan(days.of("so2")).all()


def test_a_wrong_file_is_named_and_the_others_go_in(tmp_path: Path, setting: list[str]) -> None:
    good = station_file(tmp_path / "good.csv", "1299A", 50.0)
    (tmp_path / "bad.csv").write_text(HEAD + "yesterday,1299A,1,2,3\n", encoding="utf-8")

    done = CliRunner().invoke(
        app, ["observations", "load", str(tmp_path / "bad.csv"), str(good), "--format", "csv",
              *setting],
    )  # fmt: skip

    assert done.exit_code != 0
    assert "1 of 2 files could not be used" in str(done.exception)
    assert "144 values of 1 files" in done.output


def test_checks_are_told_by_number_and_station(tmp_path: Path, setting: list[str]) -> None:
    path = station_file(tmp_path / "a.csv", "1299A", 50.0)
    text = path.read_text(encoding="utf-8").replace(",0.8", ",99")
    path.write_text(text, encoding="utf-8")
    called("observations", "load", path, "--format", "csv", *setting)

    said = called("observations", "check", "--from", "2021-12-30", "--to", "2021-12-31", *setting)
    assert "48 outside of what can be" in " ".join(said.split())
    assert "1299A" in said


def task(folder: Path, store: Path | str, as_of: str = "") -> Task:
    run = RunPaths(folder / "2021-12-31T16")
    run.folder.mkdir(parents=True)
    told = {"observations.store": store, "case.as_of": as_of}
    settings = [f"{name}={value}" for name, value in told.items() if str(value)]
    configuration = resolve("january_2022", settings=settings)
    run.configuration.write_text(write_resolved(configuration), encoding="utf-8")
    return Task.create("observe", run.folder)


def test_a_run_takes_what_was_known_with_flags(tmp_path: Path, setting: list[str]) -> None:
    path = station_file(tmp_path / "a.csv", "1299A", 50.0, days=3)
    called("observations", "load", path, "--format", "csv", *setting)

    own = task(tmp_path / "runs", tmp_path / "store", as_of="2021-12-31T12:00")
    observe.run(own)
    found = read_readings(own.run.observations)

    # labels up to 12:00 UTC that were known an hour later at the latest
    assert str(found.time.max()) == "2021-12-31T11:00:00"
    assert {ReferenceState(s).name for s in found.state} == {"ACTUAL", "AT_298K"}
    coarse = found.pollutant == found.pollutants.index("pm10")
    assert ((found.flag[coarse] & Flag.STUCK) != 0).all()
    assert not own.record.degradations
    assert own.record.facts["readings"] == found.size


@pytest.mark.parametrize("there", [True, False])
def test_a_run_without_observations_says_so_and_goes_on(tmp_path: Path, there: bool) -> None:
    store = tmp_path / "store"
    if there:
        store.mkdir()
    own = task(tmp_path / "runs", store)
    observe.run(own)

    assert [entry.code for entry in own.record.degradations] == ["no-observations"]
    assert read_readings(own.run.observations).size == 0


def test_the_rule_is_there_when_a_store_is(tmp_path: Path) -> None:
    from forecast.workflow.plan import Plan

    with_store = task(tmp_path / "a", tmp_path / "store").run
    without = task(tmp_path / "b", "").run
    assert Plan.read(with_store.folder, 0).observations == ["observations.parquet"]
    assert Plan.read(without.folder, 0).observations == []
