"""From member files to the decision, the ensemble and the cities, with members that are missing."""

from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array

from forecast.config.load import resolve, write_resolved
from forecast.config.run import RunPaths
from forecast.fields.city_forecast import CityForecast
from forecast.fields.membership import Membership, Quality
from forecast.fields.meteorology import MeteorologyHour, MeteorologySeries
from forecast.fields.status import MemberState, MemberStatus
from forecast.fields.variables import POLLUTANTS, REGISTRY
from forecast.fields.warnings import WarningSet
from forecast.fields.window import RunWindow
from forecast.grid.domain import Domain
from forecast.grid.overlap import CityWeights
from forecast.stages import combine, entry, gate, index, warn
from forecast.stages.entry import run_stage
from forecast.stages.task import Task
from forecast.storage.atomic import read_json
from forecast.storage.city_values import read_city_hourly
from forecast.storage.ensemble_fields import read_ensemble
from forecast.storage.member_output import MemberOutput, OutputFrame, ensure_output
from forecast.storage.meteorology import write_meteorology
from forecast.storage.records import read_record
from forecast.storage.status import write_status
from forecast.storage.tiles import Tile

NY, NX, HOURS, SPIN_UP = 5, 6, 48, 24
SETTINGS = [
    "domain.nx=6", "domain.ny=5", "ensemble.members=4", "forecast.spin_up_hours=24",
    "forecast.horizon_hours=48", "forecast.hourly_hours=24", "domain.levels.eta=[1,0.9,0.5,0]",
]  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> RunPaths:
    """A run whose members have ended: m00 whole, m01 after 30 hours, m02 never ran, m03 whole."""
    run = RunPaths(tmp_path / "2021-12-31T16")
    run.folder.mkdir()
    configuration = resolve("january_2022", settings=SETTINGS)
    run.configuration.write_text(write_resolved(configuration), encoding="utf-8")
    domain = Domain.from_config(configuration.domain)
    window = RunWindow(run.cycle, SPIN_UP, HOURS)
    _write_meteorology(run, domain, window)
    _write_weights(run, domain)
    frame = OutputFrame(
        window.labels, domain.horizontal.y_centre, domain.horizontal.x_centre, "any"
    )
    for member, hours in (("m00", 48), ("m01", 30), ("m03", 48)):
        _write_member(run, member, hours, frame)
    return run


def _write_meteorology(run: RunPaths, domain: Domain, window: RunWindow) -> None:
    nz, ny, nx = domain.shape
    sizes = {"time": window.total_hours + 1, "z": nz, "y": ny, "x": nx}
    sizes |= {"y_edge": ny + 1, "x_edge": nx + 1}
    values = {
        field.name: np.zeros([sizes[dim] for dim in REGISTRY[field.name].dims], np.float32)
        for field in fields(MeteorologyHour)
    }
    series = MeteorologySeries(window.bounds, MeteorologyHour(**values), False, "made")
    write_meteorology(run.meteorology, series)


def _write_weights(run: RunPaths, domain: Domain) -> None:
    """Jinan is the cell (1, 2), Qingdao the mean of (0, 0) and (4, 5)."""
    rows = np.zeros((2, NY * NX))
    rows[0, 1 * NX + 2] = 1.0
    rows[1, 0] = rows[1, -1] = 0.5
    CityWeights(
        ("Jinan", "Qingdao"),
        ("济南", "青岛"),
        ("stations", "polygon"),
        csr_array(rows),
        domain.horizontal.fingerprint,
    ).save(run.city_weights)


def _value(member: str, pollutant: int, record: int) -> np.ndarray:
    """A field that differs between members, pollutants, hours and cells."""
    base = 10.0 * (int(member[1:]) + 1) + pollutant + 0.1 * record
    return (base + np.arange(NY * NX).reshape(NY, NX)).astype(np.float32)


def _write_member(run: RunPaths, member: str, hours: int, frame: OutputFrame) -> None:
    tile = Tile.whole((NY, NX))
    ensure_output(run.output(member), frame, tile, fresh=True)
    output = MemberOutput(run.output(member), tile)
    for record in range(hours):
        surface = [_value(member, place, record) for place in range(len(frame.pollutants))]
        output.write(record, np.stack(surface))
    output.flush()
    now = datetime(2026, 1, 1, tzinfo=UTC)
    whole = hours == HOURS
    status = MemberStatus(
        member,
        MemberState.FINISHED if whole else MemberState.FAILED,
        hours_total=SPIN_UP + HOURS,
        hours_done=SPIN_UP + hours,
        spin_up_hours=SPIN_UP,
        reason="" if whole else "it met a wall",
        log="a.log",
        started=now,
        updated=now,
        finished=now,
    )
    write_status(run.status(member), status)


@pytest.fixture(autouse=True)
def _no_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave pytest's own handlers where they are."""
    monkeypatch.setattr(entry, "start_log", lambda *_: None)


def _gate(run: RunPaths) -> Membership:
    gate.run(Task.create("gate", run.folder))
    return read_record(Membership, run.members)


def test_the_gate_says_who_is_in_and_why_not(run: RunPaths) -> None:
    membership = _gate(run)
    assert membership.members == ("m00", "m01", "m03")
    assert [verdict.hours for verdict in membership.verdicts] == [48, 30, 0, 48]
    assert [day.members for day in membership.days] == [("m00", "m01", "m03"), ("m00", "m03")]
    assert membership.days[1].quality is Quality.BELOW_QUORUM
    assert "it met a wall" in membership.verdicts[1].reason


def test_a_damaged_output_is_left_out_and_the_others_go_on(run: RunPaths) -> None:
    (run.output("m03") / "no2" / "zarr.json").write_text("{", encoding="utf-8")
    assert _gate(run).members == ("m00", "m01")


def test_hours_of_a_member_that_ended_early_do_not_count(run: RunPaths) -> None:
    _gate(run)
    combine.run(Task.create("combine", run.folder))
    found = read_ensemble(run.ensemble)
    np.testing.assert_array_equal(found.member_count, [3] * 30 + [2] * 18)
    place = POLLUTANTS.index("so2")
    # members add 10, 20 and 40, or 10 and 40 once the second has ended
    first, last = (_value("m00", place, record) for record in (0, 47))
    np.testing.assert_allclose(found.mean[place, 0], first + 40 / 3, rtol=1e-6)
    np.testing.assert_allclose(found.mean[place, 47], last + 15, rtol=1e-6)
    median = found.percentiles[found.ranked.index("so2"), 1]
    np.testing.assert_allclose(median[0], first + 10, rtol=1e-6)
    np.testing.assert_allclose(median[47], last + 15, rtol=1e-6)
    # PM2.5 of m03 in the first hour is 40 + cell number: above 35 everywhere, the others are not
    assert found.thresholds[0] == 35.0
    assert found.exceedance[0, 0, 0, 0] == pytest.approx(1 / 3)


def test_cities_follow_their_cells_and_keep_the_gaps(run: RunPaths) -> None:
    _gate(run)
    index.run(Task.create("index", run.folder))
    hourly = read_city_hourly(run.cities)
    assert hourly.members == ("m00", "m01", "m03")
    assert [city.name_zh for city in hourly.cities] == ["济南", "青岛"]
    pm25 = hourly.series("pm25")
    assert pm25[0, 0, 0] == pytest.approx(10.0 + 8)
    assert pm25[2, 1, 10] == pytest.approx(40.0 + 1.0 + 14.5, rel=1e-6)
    assert np.isnan(pm25[1, :, 30:]).all()
    assert np.isfinite(pm25[1, :, :30]).all()
    place = POLLUTANTS.index("o3")
    assert hourly.series("o3")[0, 0, 0] == pytest.approx(10.0 + place + 8)
    forecast = read_record(CityForecast, run.forecasts)
    assert {(day.lead_day, day.members) for day in forecast.days} == {(1, 3), (2, 2)}
    assert {hour.lead_hour for hour in forecast.hours} == set(range(1, 25))


def test_what_no_member_makes_is_in_no_product(run: RunPaths) -> None:
    """Ozone is a matter of the mechanism; with one that has none it is absent everywhere."""
    domain = Domain.from_config(resolve("january_2022", settings=SETTINGS).domain).horizontal
    without = tuple(name for name in POLLUTANTS if name not in ("o3", "water"))
    labels = RunWindow(run.cycle, SPIN_UP, HOURS).labels
    frame = OutputFrame(labels, domain.y_centre, domain.x_centre, "any", without)
    for member in ("m00", "m01", "m03"):
        _write_member(run, member, HOURS, frame)
    _gate(run)
    index.run(Task.create("index", run.folder))
    combine.run(Task.create("combine", run.folder))
    assert np.isnan(read_city_hourly(run.cities).series("o3")).all()
    found = read_ensemble(run.ensemble)
    assert found.pollutants == without
    assert "o3" not in found.ranked
    assert read_record(CityForecast, run.forecasts).days[0].missing_pollutants == ("O3",)


def test_warnings_are_proposed_for_every_city(run: RunPaths) -> None:
    _gate(run)
    index.run(Task.create("index", run.folder))
    warn.run(Task.create("warn", run.folder))
    warnings = read_record(WarningSet, run.warnings)
    assert [city.name_en for city in warnings.cities] == ["Jinan", "Qingdao"]
    assert warnings.members == ("m00", "m01", "m03")


def test_a_stage_leaves_its_status_and_record(run: RunPaths) -> None:
    assert run_stage("gate", run.folder) == 0
    assert read_json(run.stage_status("gate"))["state"] == "finished"
    record = read_json(run.stage_record("gate"))
    assert record["outputs"][0]["path"] == "r0/members.json"
    assert any("m02" in entry["what"] for entry in record["degradations"])


def test_a_stage_that_fails_says_why(run: RunPaths) -> None:
    assert run_stage("combine", run.folder) == 1
    status = read_json(run.stage_status("combine"))
    assert status["state"] == "failed"
    assert "members.json" in status["reason"]
    assert not run.stage_record("combine").exists()
