"""From member files to the decision, the ensemble and the cities, with members that are missing."""

from pathlib import Path

import numpy as np
import pytest

from forecast.config.load import resolve
from forecast.config.run import RunPaths
from forecast.fields.city_forecast import CityForecast
from forecast.fields.membership import Membership, Quality
from forecast.fields.variables import POLLUTANTS
from forecast.fields.warnings import WarningSet
from forecast.fields.window import RunWindow
from forecast.grid.domain import Domain
from forecast.stages import combine, entry, gate, index, warn
from forecast.stages.entry import run_stage
from forecast.stages.task import Task
from forecast.storage.atomic import read_json
from forecast.storage.city_values import read_city_hourly
from forecast.storage.ensemble_fields import read_ensemble
from forecast.storage.member_output import OutputFrame
from forecast.storage.records import read_record
from tests.unit.made_run import HOURS, SETTINGS, SPIN_UP, made_run, value, write_member


@pytest.fixture
def run(tmp_path: Path) -> RunPaths:
    """m00 whole, m01 after 30 hours, m02 never ran, m03 whole."""
    return made_run(tmp_path)


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
    first, last = (value("m00", place, record) for record in (0, 47))
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
        write_member(run, member, HOURS, frame)
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
