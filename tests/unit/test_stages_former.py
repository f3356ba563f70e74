"""A cycle without members: the forecast before it, shifted and marked, or none, said aloud."""

import shutil
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array

from forecast.config.load import resolve, write_resolved
from forecast.config.run import RunPaths
from forecast.ensemble.former import shifted
from forecast.fields.city_forecast import CityForecast
from forecast.fields.membership import LeadDayMembers, Membership, MemberVerdict, Quality
from forecast.fields.meteorology import MeteorologyHour, MeteorologySeries
from forecast.fields.run_state import StageState, StageStatus
from forecast.fields.status import MemberState, MemberStatus
from forecast.fields.variables import POLLUTANTS, REGISTRY
from forecast.fields.window import RunWindow
from forecast.grid.domain import Domain
from forecast.grid.overlap import CityWeights
from forecast.stages import combine, gate, index, publish, warn
from forecast.stages.task import Task
from forecast.storage.atomic import point, read_json
from forecast.storage.city_values import read_city_hourly
from forecast.storage.ensemble_fields import read_ensemble
from forecast.storage.member_output import MemberOutput, OutputFrame, ensure_output
from forecast.storage.meteorology import write_meteorology
from forecast.storage.records import read_record, write_record
from forecast.storage.stage_status import write_stage_status
from forecast.storage.status import write_status
from forecast.storage.tiles import Tile
from forecast.workflow.product_files import product_files

NY, NX, HOURS = 5, 6, 96
FORMER, CYCLE = "2021-12-31T16", "2022-01-01T04"
"""Beijing midnight that begins the year, and noon of its first day."""


class Night:
    """A folder of runs with two cities on a small grid."""

    def __init__(self, folder: Path, project: Path) -> None:
        self.folder = folder
        lines = (project / "configs" / "cities.csv").read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if line.startswith(("#", "code")) or ",Jinan," in line
                or ",Qingdao," in line]  # fmt: skip
        self.cities = folder / "cities.csv"
        self.cities.write_text("\n".join(kept) + "\n", encoding="utf-8")

    def run(self, cycle: str, *settings: str, case: str = "january_2022") -> RunPaths:
        """Make the folder of a run."""
        run = RunPaths(self.folder / cycle)
        run.folder.mkdir()
        configuration = resolve(
            case,
            settings=[
                "domain.nx=6", "domain.ny=5", "ensemble.members=3", "forecast.spin_up_hours=0",
                f"forecast.horizon_hours={HOURS}", "forecast.hourly_hours=24",
                "domain.levels.eta=[1,0.9,0.5,0]", f"places.cities={self.cities}", *settings,
            ],
        )  # fmt: skip
        run.configuration.write_text(write_resolved(configuration), encoding="utf-8")
        return run

    def made(self, cycle: str, hours: tuple[int, ...] = (HOURS, HOURS, 60)) -> RunPaths:
        """Make a run with members that ended and a product."""
        run = self.run(cycle)
        domain = Domain.from_config(resolve(settings=["domain.nx=6", "domain.ny=5"]).domain)
        window = RunWindow(run.cycle, 0, HOURS)
        _meteorology(run, window)
        _weights(run, domain)
        grid = domain.horizontal
        frame = OutputFrame(window.labels, grid.y_centre, grid.x_centre, "any")
        for number, count in enumerate(hours):
            _member(run, f"m{number:02d}", count, frame)
        gate.run(Task.create("gate", run.folder))
        run.forecasts.write_text("{}", encoding="utf-8")
        point(run.latest, run.revision_folder)
        return run


def _meteorology(run: RunPaths, window: RunWindow) -> None:
    sizes = {"time": HOURS + 1, "z": 3, "y": NY, "x": NX, "y_edge": NY + 1, "x_edge": NX + 1}
    values = {
        field.name: np.zeros([sizes[dim] for dim in REGISTRY[field.name].dims], np.float32)
        for field in fields(MeteorologyHour)
    }
    hour = np.arange(HOURS + 1)[:, None, None]
    values["wind_speed_10m"] = np.broadcast_to(hour, (HOURS + 1, NY, NX)).astype(np.float32)
    series = MeteorologySeries(window.bounds, MeteorologyHour(**values), False, "made weather")
    write_meteorology(run.meteorology, series)


def _weights(run: RunPaths, domain: Domain) -> None:
    rows = np.zeros((2, NY * NX))
    rows[0, 8] = rows[1, 0] = 1.0
    names = ("Jinan", "Qingdao"), ("济南", "青岛"), ("stations", "stations")
    CityWeights(*names, csr_array(rows), domain.horizontal.fingerprint).save(run.city_weights)


def _value(member: str, hour: int) -> np.ndarray:
    """Tells member, hour of the former cycle and cell."""
    return (10 * (int(member[1:]) + 1) + 0.1 * hour + np.arange(NY * NX)).reshape(NY, NX)


def _member(run: RunPaths, member: str, hours: int, frame: OutputFrame) -> None:
    ensure_output(run.output(member), frame, Tile.whole((NY, NX)), fresh=True)
    output = MemberOutput(run.output(member), Tile.whole((NY, NX)))
    for hour in range(1, hours + 1):
        surface = [_value(member, hour) + place for place in range(len(frame.pollutants))]
        output.write(hour - 1, np.stack(surface).astype(np.float32))
    output.flush()
    state = MemberState.FINISHED if hours == HOURS else MemberState.FAILED
    status = MemberStatus(
        member, state, hours_total=HOURS, hours_done=hours, hours_saved=hours,
        reason="" if hours == HOURS else "it met a wall",
    )  # fmt: skip
    write_status(run.status(member), status)
    run.stamp(member).touch()


@pytest.fixture
def night(tmp_path: Path, project_root: Path) -> Night:
    """A folder of runs."""
    return Night(tmp_path, project_root)


def _decide(run: RunPaths) -> tuple[Membership, Task]:
    task = Task.create("gate", run.folder)
    gate.run(task)
    task.record.write(run.stage_record("gate"))
    return read_record(Membership, run.members), task


def _publish(run: RunPaths) -> None:
    for stage in (combine, index, warn, publish):
        name = stage.__name__.rpartition(".")[2]
        task = Task.create(name, run.folder)
        stage.run(task)
        if name != "publish":
            task.record.write(run.stage_record(name))


# --- the decision


def test_the_forecast_before_is_taken_over_and_its_lead_days_are_counted_anew(night: Night) -> None:
    night.made(FORMER)
    membership, task = _decide(night.run(CYCLE))
    assert (membership.origin, membership.origin_shift) == (FORMER, 12)
    assert membership.quality is Quality.FALLBACK
    assert membership.horizon_hours == HOURS - 12
    assert [v.hours for v in membership.verdicts] == [84, 84, 48]
    # from noon of 1 January: 2, 3 and 4 January end 36, 60 and 84 hours later
    assert [(day.lead_day, day.end_hour, len(day.members)) for day in membership.days] == [
        (1, 36, 3), (2, 60, 2), (3, 84, 2),
    ]  # fmt: skip
    assert {day.quality for day in membership.days} == {Quality.FALLBACK}
    (fallback,) = membership.degradations
    assert fallback.code == "product-shifted"
    assert "2022年01月01日00时" in fallback.effect
    assert "m00" in fallback.what
    assert [entry.code for entry in task.record.degradations] == ["product-shifted"]


def test_a_failed_preparation_is_the_reason_that_is_given(night: Night) -> None:
    night.made(FORMER)
    run = night.run(CYCLE)
    failed = StageStatus("prepare", StageState.FAILED, reason="no source of the meteorology")
    write_stage_status(run.stage_status("prepare"), failed)
    membership, _ = _decide(run)
    assert "no source of the meteorology" in membership.degradations[0].what
    assert "准备阶段失败" in membership.degradations[0].effect


def test_members_that_cover_no_day_are_no_forecast(night: Night) -> None:
    """A bulletin is daily: ten hours of one member are less than the forecast before."""
    night.made(FORMER)
    run = night.made("2022-01-01T16", hours=(10, 0, 0))
    membership = read_record(Membership, run.members)
    assert membership.origin == FORMER
    assert "only" in membership.degradations[0].what or "failed" in membership.degradations[0].what


@pytest.mark.parametrize(
    ("cycle", "settings", "case", "problem"),
    [
        ("2022-01-03T04", (), "january_2022", "older than 48 h"),
        (CYCLE, ("fallback.earlier_forecast=false",), "january_2022", "is off"),
        (CYCLE, ("domain.cell_size=54000",), "january_2022", "were made for the grid"),
        ("2022-01-01T16", (), "haze_week", "case 'january_2022'"),
        ("2021-12-31T10", (), "january_2022", "there is none"),
        ("2022-01-04T05", ("fallback.oldest_hours=168",), "january_2022", "no complete local day"),
    ],
)
def test_what_cannot_stand_in_is_not_taken(
    night: Night, cycle: str, settings: tuple[str, ...], case: str, problem: str
) -> None:
    night.made(FORMER)
    membership, _ = _decide(night.run(cycle, *settings, case=case))
    assert membership.quality is Quality.NONE
    assert not membership.origin
    assert not membership.days
    (record,) = [entry for entry in membership.degradations if entry.code == "no-product"]
    assert problem in record.what


def test_age_is_counted_from_the_forecast_itself_over_several_cycles(night: Night) -> None:
    """Two bad nights in a row: the second goes back to the forecast, not to its shifted copy."""
    night.made(FORMER)
    first = night.run(CYCLE)
    _decide(first)
    point(first.latest, first.revision_folder)
    membership, _ = _decide(night.run("2022-01-01T16"))
    assert (membership.origin, membership.origin_shift) == (FORMER, 24)


def test_an_output_that_is_gone_is_found_before_the_decision(night: Night) -> None:
    run = night.made(FORMER)
    older = night.made("2021-12-31T04")
    shutil.rmtree(run.output("m01"))
    membership, _ = _decide(night.run(CYCLE))
    assert membership.origin == older.folder.name


# --- the products


def test_every_hour_stays_what_it_was(night: Night) -> None:
    night.made(FORMER)
    run = night.run(CYCLE)
    _decide(run)
    _publish(run)
    hourly = read_city_hourly(run.cities)
    assert hourly.cycle == CYCLE
    assert hourly.labels[0] == np.datetime64("2022-01-01T05:00:00")
    # the first hour of this cycle is the thirteenth of the former one
    place = POLLUTANTS.index("pm25")
    expected = [_value(member, 13)[1, 2] + place for member in ("m00", "m01", "m02")]
    np.testing.assert_allclose(hourly.series("pm25")[:, 0, 0], expected, rtol=1e-5)
    last = hourly.series("pm25")[:, 0, -1]
    np.testing.assert_allclose(last[0], _value("m00", HOURS)[1, 2] + place, rtol=1e-5)
    assert np.isnan(last[2])
    fields_ = read_ensemble(run.ensemble)
    assert fields_.labels.size == HOURS - 12
    forecast = read_record(CityForecast, run.forecasts)
    assert [str(day.date) for day in forecast.days if day.city_en == "Jinan"] == [
        "2022-01-02", "2022-01-03", "2022-01-04",
    ]  # fmt: skip


def test_every_page_and_table_says_that_it_is_not_updated(night: Night) -> None:
    night.made(FORMER)
    run = night.run(CYCLE)
    _decide(run)
    _publish(run)
    banner = "未更新，沿用北京时间2022年1月1日00时起报的预报"
    for page in ("bulletin.html", "cities/Jinan.html", "cities/Qingdao.html"):
        assert banner in (run.products / page).read_text(encoding="utf-8")
    for name in ("cities_daily.json", "cities_hourly.json"):
        table = read_json(run.products / name)
        assert table["origin"] == FORMER
        assert table["quality"] == "fallback"
    manifest = read_json(run.manifest)
    assert manifest["members"]["origin"] == FORMER
    assert manifest["members"]["origin_shift"] == 12
    assert run.latest_revision == 0


def test_a_forecast_of_its_own_carries_no_banner(night: Night) -> None:
    run = night.made(FORMER)
    _publish(run)
    assert "未更新" not in (run.products / "bulletin.html").read_text(encoding="utf-8")
    assert read_json(run.products / "cities_daily.json")["origin"] == ""


def test_without_any_forecast_the_product_says_so(night: Night) -> None:
    run = night.run("2022-01-03T04")
    _decide(run)
    assert product_files(run) == (run.members,)
    publish.run(Task.create("publish", run.folder))
    for page in ("bulletin.html", "cities/Jinan.html"):
        text = (run.products / page).read_text(encoding="utf-8")
        assert "本时次无预报" in text
        assert "m00未启动" in text
    record = read_json(run.products / "no_forecast.json")
    assert record["quality"] == "none"
    assert [city["name_en"] for city in record["cities"]] == ["Jinan", "Qingdao"]
    assert record["last"] is None
    # a table without rows would be taken for a forecast
    assert not list(run.products.glob("*.csv"))
    assert not run.fields_hourly.exists()
    assert read_json(run.manifest)["members"]["quality"] == "none"
    assert run.latest_revision == 0


def test_the_products_wait_for_everything_else_otherwise(night: Night) -> None:
    run = night.made(FORMER)
    everything = (run.members, run.ensemble, run.cities, run.forecasts, run.warnings)
    assert product_files(run) == everything
    assert product_files(run.of_revision(1))[0] == run.of_revision(1).members


# --- the calendar


@pytest.mark.parametrize(
    ("former", "cycle", "ends"),
    [
        # midnight of Beijing, month and leap day, year
        ("2022-01-09T16", "2022-01-10T04", [36, 60, 84]),
        ("2024-02-28T16", "2024-02-29T16", [24, 48, 72]),
        ("2021-12-31T04", "2021-12-31T16", [24, 48, 72]),
    ],
)
def test_days_follow_the_calendar(former: str, cycle: str, ends: list[int]) -> None:
    day = LeadDayMembers(1, 24, ("m00",), Quality.NORMAL)
    whole = Membership(former, ("m00",), 96, 1, (MemberVerdict("m00", 96),), (day,))
    own = replace(whole, cycle=cycle, verdicts=(MemberVerdict("m00", 0, "gone", "缺"),), days=())
    found = shifted(own, whole, "gone", "缺")
    assert [entry.end_hour for entry in found.days] == ends
    assert found.cycle == cycle


def test_a_member_whose_hours_are_over_is_out(night: Night) -> None:
    verdicts = (MemberVerdict("m00", 96), MemberVerdict("m01", 10, "it failed", "中断"))
    former = Membership(FORMER, ("m00", "m01"), 96, 1, verdicts, ())
    found = shifted(replace(former, cycle=CYCLE, verdicts=()), former, "gone", "缺")
    assert found.members == ("m00",)
    assert "over" in found.verdicts[1].reason
    write_record(night.folder / "a.json", found)
    assert read_record(Membership, night.folder / "a.json") == found
