"""A cycle opened as xarray: what is in the files, where it belongs, and only when asked for."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import forecast
from forecast.common.errors import CycleError, InputError
from forecast.config.retention import ArchivedRestarts
from forecast.config.run import RunPaths
from forecast.fields.membership import Membership
from forecast.fields.observations import Flag, Readings, ReferenceState, StationRecord
from forecast.fields.start import MemberStart, StartKind, StartPlan
from forecast.fields.variables import POLLUTANTS
from forecast.grid.domain import Domain
from forecast.stages import entry, open_arrays
from forecast.stages.archive import archive_of, archive_run
from forecast.stages.entry import run_stage
from forecast.storage.city_values import read_city_hourly, write_city_hourly
from forecast.storage.member_output import read_variable
from forecast.storage.observation_store import ObservationStore
from forecast.storage.records import read_record, write_record
from tests.unit.made_run import HOURS, made_run, value

CYCLE, NEXT = "2021-12-31T16", "2022-01-01T16"
PM25, SO2 = POLLUTANTS.index("pm25"), POLLUTANTS.index("so2")


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunPaths]:
    """A run with its products: m00 whole, m01 after 30 hours, m02 never ran, m03 whole."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entry, "start_log", lambda *_: None)
        run = made_run(tmp_path_factory.mktemp("nights"), CYCLE)
        starts = [
            MemberStart("m00", StartKind.COLD, unsettled_hours=6),
            MemberStart("m01", StartKind.COLD, unsettled_hours=2),
            MemberStart("m03", StartKind.WARM),
        ]
        write_record(run.start_plan, StartPlan(CYCLE, 24, tuple(starts)))
        for stage in ("gate", "combine", "index", "warn", "publish"):
            assert run_stage(stage, run.folder) == 0, stage
        yield run


@pytest.fixture
def runs(night: RunPaths, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    folder = tmp_path / "runs"
    shutil.copytree(night.folder.parent, folder, symlinks=True)
    return folder


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import sys, forecast; assert 'open_cycle' in dir(forecast);"
        "print(sorted({'numpy', 'xarray', 'pydantic'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


def test_opening_reads_no_field(night: RunPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("a field was read")

    monkeypatch.setattr(open_arrays, "read_variable", refuse)
    monkeypatch.setattr(open_arrays, "_outer", refuse)
    cycle = forecast.open_cycle(CYCLE, night.folder.parent)
    for data in (cycle.city, cycle.grid, cycle.ensemble):
        assert data.attrs["quality"] == "reduced"
        repr(data.isel(lead_time=slice(3, None, 2)))
    assert "3 of 4 members" in repr(cycle)


def test_a_part_of_the_grid_opens_its_chunks_only(
    night: RunPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def note(path: Path, name: str, hours: slice, rows: slice) -> np.ndarray:
        asked.append((path.stem, name, hours, rows))
        return read_variable(path, name, hours, rows)

    monkeypatch.setattr(open_arrays, "read_variable", note)
    grid = forecast.open_cycle(CYCLE, night.folder.parent).grid
    found = grid["so2"].sel(member="m03", lead_time="25h").isel(y=[4, 1], x=slice(0, 6, 2)).values
    assert asked == [("m03", "so2", slice(24, 25), slice(1, 5))]
    np.testing.assert_array_equal(found, value("m03", SO2, 24)[[4, 1]][:, ::2])


def test_hours_that_do_not_count_are_nan_and_spin_up_is_marked(night: RunPaths) -> None:
    cycle = forecast.open_cycle(CYCLE, night.folder.parent)
    grid = cycle.grid
    assert grid["pm25"].dims == ("member", "lead_time", "y", "x")
    counted = np.isfinite(grid["pm25"]).all(("y", "x"))
    assert counted.sum("lead_time").values.tolist() == [48, 30, 48]
    np.testing.assert_array_equal(grid["pm25"][1, 29], value("m01", PM25, 29))
    # a single place at which a member does not count
    assert np.isnan(grid["pm25"].sel(member="m01", lead_time="31h")[2, 3].item())
    assert cycle.city["spin_up"].sum("lead_time").values.tolist() == [6, 2, 0]
    assert cycle.city["spin_up"].values[0, :7].tolist() == [True] * 6 + [False]


def test_city_values_are_those_of_the_file(night: RunPaths) -> None:
    city = forecast.open_cycle(CYCLE, night.folder.parent).city
    hourly = read_city_hourly(night.cities)
    assert city["no2"].dims == ("member", "lead_time", "city")
    expected = hourly.series("no2").transpose(0, 2, 1)
    np.testing.assert_array_equal(city["no2"], expected)
    some = city["no2"].sel(city=["Qingdao", "Jinan"], member="m00").isel(lead_time=[5, 2])
    np.testing.assert_array_equal(some, expected[0][np.ix_([5, 2], [1, 0])])
    assert city["city_zh"].values.tolist() == ["济南", "青岛"]


def test_times_and_metadata(night: RunPaths) -> None:
    city = forecast.open_cycle(CYCLE, night.folder.parent).city
    at = city.sel(lead_time="24h")
    # 16 UTC is midnight in Beijing: hour 24 ends the first day
    assert str(at["valid_time"].values) == "2022-01-01T16:00:00"
    assert str(at["local_time"].values) == "2022-01-02T00:00:00"
    assert str(at["local_date"].values)[:10] == "2022-01-01"
    assert at["lead_day"].item() == 1
    assert str(city["init_time"].values) == "2021-12-31T16:00:00"
    assert city["lead_time"].attrs["standard_name"] == "forecast_period"
    assert city["co"].attrs["units"] == "mg m-3"
    assert city["co"].attrs["standard_name"] == "mass_concentration_of_carbon_monoxide_in_air"
    assert {"commit", "configuration_sha256", "warning_rules"} <= set(city.attrs)
    assert "it met a wall" in city.attrs["degradations"]


def test_the_ensemble_and_the_records(night: RunPaths) -> None:
    cycle = forecast.open_cycle(CYCLE, night.folder.parent)
    drawn = cycle.ensemble
    # members add 10, 20 and 40, or 10 and 40 once the second has ended
    np.testing.assert_allclose(drawn["so2_p50"][47], value("m00", SO2, 47) + 15, rtol=1e-6)
    assert drawn["member_count"].values.tolist() == [3] * 30 + [2] * 18
    assert drawn["pm25_exceedance"].dims == ("threshold", "lead_time", "y", "x")
    mapping = drawn[cycle.grid["pm25"].attrs["grid_mapping"]]
    assert mapping.attrs["grid_mapping_name"] == "lambert_conformal_conic"
    assert [city.name_en for city in cycle.warnings.cities] == ["Jinan", "Qingdao"]
    assert cycle.forecasts.days[0].lead_day == 1
    assert cycle.config.ensemble.members == 4
    assert (cycle.revision, cycle.revisions) == (0, (0,))


def test_what_was_opened_can_be_saved_and_read_elsewhere(night: RunPaths, tmp_path: Path) -> None:
    cycle = forecast.open_cycle(CYCLE, night.folder.parent)
    for name in ("city", "grid", "ensemble"):
        path = tmp_path / f"{name}.nc"
        getattr(cycle, name).to_netcdf(path)
        with xr.open_dataset(path, decode_timedelta=True) as back:
            assert back["valid_time"].values[0] == np.datetime64("2021-12-31T17:00")
            assert back.attrs["cycle"] == CYCLE
            assert back["lead_time"].values[-1] == np.timedelta64(HOURS, "h")


def test_members_of_an_earlier_cycle_are_shifted(runs: Path) -> None:
    """A cycle without members shows those of the cycle before, from the hour at which it begins."""
    later = runs / "2022-01-01T04"
    shutil.copytree(runs / CYCLE, later, symlinks=True)
    shutil.rmtree(later / "member")
    run = RunPaths(later)
    decided = read_record(Membership, run.members)
    left = tuple(replace(v, hours=max(0, v.hours - 12)) for v in decided.verdicts)
    shifted = replace(decided, cycle=later.name, verdicts=left, origin=CYCLE, origin_shift=12)
    write_record(run.members, shifted)
    grid = forecast.open_cycle(later.name, runs).grid
    np.testing.assert_array_equal(grid["pm25"][0, 0], value("m00", PM25, 12))
    assert np.isfinite(grid["pm25"][1]).all(("y", "x")).sum().item() == 18
    assert not grid["spin_up"].any()
    assert grid.attrs["members_of"] == CYCLE


def test_an_archived_cycle(runs: Path, tmp_path: Path) -> None:
    run = RunPaths(runs / CYCLE)
    archive_run(run, archive_of(tmp_path / "kept"), ArchivedRestarts.NONE)
    shutil.rmtree(runs)
    cycle = forecast.open_cycle(CYCLE, tmp_path / "kept")
    assert cycle.city.sizes == {"member": 3, "lead_time": 48, "city": 2}
    assert cycle.city["spin_up"].sum().item() == 8
    assert cycle.ensemble["member_count"][0].item() == 3
    assert cycle.config.domain.nx == 6
    with pytest.raises(InputError, match="an archive keeps none"):
        _ = cycle.grid
    assert forecast.open_archive(tmp_path / "kept").sizes["init_time"] == 1


def add_night(runs: Path) -> None:
    """Add the next night: Jinan is gone, Zibo is new, m00 and m01 only, 24 hours."""
    run = RunPaths(runs / NEXT)
    shutil.copytree(runs / CYCLE, run.folder, symlinks=True)
    hourly = read_city_hourly(run.cities)
    zibo = replace(hourly.cities[0], name_en="Zibo", name_zh="淄博", code="370300")
    write_city_hourly(
        run.cities,
        replace(
            hourly,
            cycle=NEXT,
            cities=(zibo, hourly.cities[1]),
            members=hourly.members[:2],
            labels=hourly.labels[:24] + np.timedelta64(24, "h"),
            concentration=hourly.concentration[:2, ..., :24] + 1000.0,
        ),
    )
    decided = read_record(Membership, run.members)
    verdicts = tuple(
        replace(v, hours=min(v.hours, 24) if v.member in {"m00", "m01"} else 0)
        for v in decided.verdicts
    )
    write_record(run.members, replace(decided, cycle=NEXT, verdicts=verdicts))


def test_cycles_are_stacked_by_their_names(runs: Path) -> None:
    add_night(runs)
    stacked = forecast.open_archive(runs)
    assert stacked["pm25"].dims == ("init_time", "member", "lead_time", "city")
    assert stacked["city"].values.tolist() == ["Zibo", "Qingdao", "Jinan"]
    assert stacked["member_count"].values.tolist() == [3, 2]
    first = read_city_hourly(RunPaths(runs / CYCLE).cities).series("pm25")
    pm25 = stacked["pm25"].sel(city="Qingdao")
    np.testing.assert_array_equal(pm25[0], first[:, 1])
    np.testing.assert_array_equal(pm25[1, :2, :24], first[:2, 1, :24] + 1000.0)
    assert np.isnan(pm25[1, :, 24:]).all()
    assert np.isnan(pm25[1, 2]).all()
    assert np.isfinite(stacked["pm25"].sel(city="Jinan")[:, 0, 0]).values.tolist() == [True, False]
    assert np.isfinite(stacked["pm25"].sel(city="Zibo")[:, 0, 0]).values.tolist() == [False, True]
    valid = stacked["valid_time"].sel(init_time="2022-01-01T16", lead_time="1h")
    assert str(valid.values) == "2022-01-01T17:00:00"


def test_a_period_of_an_archive(runs: Path, caplog: pytest.LogCaptureFixture) -> None:
    add_night(runs)
    assert forecast.open_archive(runs, start="2022-01-01").sizes["init_time"] == 1
    assert forecast.open_archive(runs, end="2021-12-31").sizes["init_time"] == 1
    assert forecast.open_archive(runs, CYCLE, NEXT).sizes["init_time"] == 2
    with pytest.raises(InputError, match="no cycle with products between '2023-01-01'"):
        forecast.open_archive(runs, start="2023-01-01")
    with pytest.raises(CycleError, match="'soon' is neither a cycle"):
        forecast.open_archive(runs, start="soon")
    (runs / NEXT / "latest").unlink()
    assert forecast.open_archive(runs).sizes["init_time"] == 1
    assert f"left out, for they have no complete product: {NEXT}" in caplog.text


def test_a_city_that_comes_and_goes_is_not_lost(runs: Path) -> None:
    add_night(runs)
    shutil.copytree(runs / CYCLE, runs / "2022-01-02T16", symlinks=True)
    stacked = forecast.open_archive(runs)
    with pytest.raises(InputError, match="has the cities Zibo, which neither"):
        stacked["pm25"].mean()


def test_cycles_that_cannot_be_opened_are_told(runs: Path) -> None:
    with pytest.raises(InputError, match=f"no cycle '{NEXT}' in .*; it has {CYCLE}"):
        forecast.open_cycle(NEXT, runs)
    with pytest.raises(InputError, match="no complete revision 2; it has 0"):
        forecast.open_cycle(CYCLE, runs, revision=2)
    with pytest.raises(InputError, match="is no folder"):
        forecast.open_cycle(CYCLE, runs / "nowhere")
    with pytest.raises(CycleError, match="is not of the form"):
        forecast.open_cycle("2022-01-01", runs)
    (runs / CYCLE / "latest").unlink()
    with pytest.raises(InputError, match="no complete product yet"):
        forecast.open_cycle(CYCLE, runs)


def test_the_same_cycle_in_two_versions_is_refused(runs: Path, tmp_path: Path) -> None:
    for version in ("1", "2"):
        archive_run(RunPaths(runs / CYCLE), archive_of(tmp_path, version=version))
    with pytest.raises(InputError, match="name the folder of one version"):
        forecast.open_cycle(CYCLE, tmp_path)
    assert forecast.open_cycle(CYCLE, tmp_path / "shandong" / "2").name == CYCLE


def test_damaged_files_are_told(runs: Path) -> None:
    run = RunPaths(runs / CYCLE)
    cycle = forecast.open_cycle(CYCLE, runs)
    grid, city = cycle.grid, cycle.city
    chunk = next((run.output("m03") / "pm25").rglob("c*[0-9]"))
    chunk.write_bytes(chunk.read_bytes()[:-9])
    with pytest.raises(InputError, match=r"m03\.zarr' is damaged"):
        grid["pm25"].max()
    with run.cities.open("r+b") as file:
        file.truncate(run.cities.stat().st_size // 2)
    with pytest.raises(InputError, match="cut off"):
        city["pm25"].max()
    with pytest.raises(InputError, match="cut off"):
        _ = forecast.open_cycle(CYCLE, runs).city
    shutil.rmtree(run.output("m00"))
    with pytest.raises(InputError, match="forecast prune"):
        _ = forecast.open_cycle(CYCLE, runs).grid
    run.members.write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="members.json"):
        forecast.open_cycle(CYCLE, runs)


def land(folder: Path, domain: Domain) -> None:
    """Two stations: one in cell (1, 2), of the old reference state; one far away."""
    grid = domain.horizontal
    stations = (
        StationRecord("0001A", "甲", "Jinan", grid.longitude[1, 2], grid.latitude[1, 2]),
        StationRecord("0002A", "乙", "", 10.0, 50.0),
    )
    begin = np.datetime64("2021-12-31T16:00:00", "s")
    # hour 0 lies before the forecast; hour 3 is doubted; SO2 as it was given before 2018
    rows = [(0, 0, h, 50.0 + h, 0, Flag.STUCK if h == 3 else Flag.OK) for h in range(6)]
    rows += [(0, 1, 2, 100.0, int(ReferenceState.AT_273K), Flag.OK), (1, 0, 2, 7.0, 0, Flag.OK)]
    station, pollutant, hour, values, state, flag = (np.array(c) for c in zip(*rows, strict=True))
    time = begin + hour.astype("timedelta64[h]")
    ObservationStore(folder).land(
        Readings(
            stations, ("pm25", "so2"), station.astype(np.int32), pollutant.astype(np.int16),
            time, np.full(time.size, 3600, np.int32), values.astype(np.float32),
            state.astype(np.uint8), time, flag.astype(np.uint16),
        )
    )  # fmt: skip


def test_stations_stand_beside_their_cells(night: RunPaths, tmp_path: Path) -> None:
    cycle = forecast.open_cycle(CYCLE, night.folder.parent)
    store = tmp_path / "store"
    land(store, Domain.from_config(cycle.config.domain))
    pairs = cycle.station_pairs(store)
    assert pairs["station"].values.tolist() == ["0001A"]
    assert pairs["pm25"].dims == ("member", "lead_time", "station")
    expected = [value("m03", PM25, record)[1, 2] for record in range(HOURS)]
    np.testing.assert_array_equal(pairs["pm25"].sel(member="m03")[:, 0], expected)
    observed = pairs["pm25_observed"][:, 0].values
    np.testing.assert_array_equal(observed[:5], [51.0, 52.0, np.nan, 54.0, 55.0])
    assert np.isnan(observed[5:]).all()
    # 273.15 / 298.15 of the mass in the warmer volume
    assert pairs["so2_observed"][1, 0].item() == pytest.approx(100.0 * 273.15 / 298.15)
    assert pairs["so2_observed"].attrs["units"] == "ug m-3"
    error = (pairs["pm25"] - pairs["pm25_observed"]).mean(("lead_time", "station"))
    assert error.sel(member="m03").item() == pytest.approx(
        np.mean([expected[h] - (51.0 + h) for h in (0, 1, 3, 4)])
    )


def test_pairs_without_observations_are_refused(night: RunPaths, tmp_path: Path) -> None:
    cycle = forecast.open_cycle(CYCLE, night.folder.parent)
    with pytest.raises(InputError, match="no observation store"):
        cycle.station_pairs(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no station of the domain"):
        cycle.station_pairs(tmp_path / "empty")
