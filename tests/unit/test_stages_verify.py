"""From run folders and tables to the report: streams apart, members that come and go."""

import csv
import json
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from forecast.aqi.standard import StandardSet
from forecast.aqi.summary import city_forecast
from forecast.cli import app
from forecast.common.cycle import Cycle
from forecast.common.errors import InputError
from forecast.config.load import resolve
from forecast.config.run import RunPaths
from forecast.config.warning import WarningConfig
from forecast.fields.city_forecast import AQI_POLLUTANTS, CityHourly, CityName
from forecast.stages.verify import Period, find_runs, keep_verification, one_run, verify_period
from forecast.stages.verify_rows import known_day
from forecast.storage.atomic import point, write_text
from forecast.storage.city_values import read_city_hourly, write_city_hourly
from forecast.storage.forecast_table import read_forecast_table
from forecast.storage.records import write_record
from forecast.verification.cubes import Stream
from forecast.verification.warnings import Outcome
from forecast.warning.evaluate import evaluate
from forecast.warning.rules import select_rules

CITIES = (CityName("370100", "Jinan", "济南"), CityName("370900", "Tai'an", "泰安"))
HEADINGS = "city,city_en,date,pm25,pm10,so2,no2,co"
FIRST = date(2022, 1, 1)
PM25 = [60.0, 90.0, 200.0, 220.0, 180.0, 50.0, 40.0, 30.0]
"""Observed days in Jinan: heavy (above 150) on the third to fifth."""


@pytest.fixture(scope="module")
def standards(project_root: Path) -> StandardSet:
    return StandardSet.read(project_root / "configs" / "aqi")


@pytest.fixture
def observations(tmp_path: Path) -> Path:
    """Jinan as above; Tai'an, in the spelling of the release, at half of it; December clean."""
    lines = [HEADINGS]
    days = [FIRST + timedelta(days=k) for k in range(-10, len(PM25))]
    for day in days:
        place = (day - FIRST).days
        value = PM25[place] if place >= 0 else 50.0
        lines.append(f"济南,Jinan,{day},{value},{value + 20},10,20,0.5")
        lines.append(f"泰安,Taian,{day},{value / 2},{value / 2 + 20},10,20,0.5")
    path = tmp_path / "observed.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_run(
    folder: Path, cycle: str, standards: StandardSet, root: Path, members: tuple[str, ...]
) -> RunPaths:
    """A run whose member m00 is right, m01 20 % too high, m02 half of it."""
    run = RunPaths(folder / cycle)
    labels = Cycle.parse(cycle).hours(1, 96)
    factor = {"m00": 1.0, "m01": 1.2, "m02": 0.5}
    place = ((labels + np.timedelta64(8, "h") - np.timedelta64(1, "s")).astype("datetime64[D]")
             - np.datetime64(FIRST)).astype(int)  # fmt: skip
    truth = np.array(PM25)[place]
    values = np.full((len(members), len(AQI_POLLUTANTS), 2, labels.size), np.nan)
    for row, member in enumerate(members):
        for city, share in enumerate((1.0, 0.5)):
            values[row, 0, city] = factor[member] * share * truth
            values[row, 1, city] = factor[member] * share * truth + 20
            values[row, 2:5, city] = np.array([10.0, 20.0, 0.5])[:, None]
    hourly = CityHourly(cycle, CITIES, members, labels, values)
    write_city_hourly(run.cities, hourly)
    write_record(run.forecasts, city_forecast(hourly, standards, 24))
    rules = select_rules(root / "configs" / "warning", "shandong_2020", FIRST)
    write_record(run.warnings, evaluate(hourly, rules, standards, WarningConfig()))
    write_text(run.manifest, "{}")
    point(run.latest, run.revision_folder)
    return run


@pytest.fixture
def runs(tmp_path: Path, standards: StandardSet, project_root: Path) -> Path:
    folder = tmp_path / "runs"
    for cycle, members in (
        ("2021-12-31T16", ("m00", "m01")),
        ("2022-01-01T16", ("m00", "m01", "m02")),
        ("2022-01-02T16", ("m00", "m02")),
    ):
        write_run(folder, cycle, standards, project_root, members)
    return folder


SETTINGS = ["warning.rules=shandong_2020"]


def test_runs_with_members_that_change(runs: Path, observations: Path) -> None:
    period = Period(runs=find_runs(runs, "2021-12-31", "2022-01-03"))
    found = verify_period(period, observations, resolve(settings=SETTINGS))
    (raw,) = found.streams
    assert found.axes.shape == (3, 4, 2)
    assert raw.comparison.sources[:2] == ("raw", "persistence")
    # the forecast is the mean of the members: 1.1, 0.9 and 0.75 of what came
    errors = [(share - 1) * PM25[k] for k, share in enumerate((1.1, 0.9, 0.75))]
    jinan = raw.comparison.of("raw", "pm25", "bias")[0, 0]
    assert jinan == pytest.approx(np.mean(errors), abs=0.05)
    # fair CRPS with two, three and two members: m00 is right
    crps = [
        slow_crps([s * PM25[k] for s in shares], PM25[k])
        for k, shares in enumerate(((1.0, 1.2), (1.0, 1.2, 0.5), (1.0, 0.5)))
    ]
    assert raw.comparison.of("raw", "pm25", "crps")[0, 0] == pytest.approx(np.mean(crps), rel=1e-3)
    assert (raw.ranks[0].fewest, raw.ranks[0].most) == (2, 3)
    # one member alone is there in every cycle: no best one can be told
    assert "best member" not in raw.comparison.sources


def slow_crps(members: list[float], seen: float) -> float:
    m = len(members)
    spread = sum(abs(x - y) for x in members for y in members) / (2 * m * (m - 1))
    return sum(abs(x - seen) for x in members) / m - spread


def test_heavy_days_and_warnings_of_runs(runs: Path, observations: Path) -> None:
    found = verify_period(
        Period(runs=find_runs(runs, "", "")), observations, resolve(settings=SETTINGS)
    )
    (raw,) = found.streams
    # Jinan, above 200 on 3 to 5 January: leads 3, 4 of the first cycle, 2 to 4 of the second, …
    observed = raw.comparison.of("raw", "aqi", "observed_200")[:, 0]
    assert observed.tolist() == [1, 2, 3, 2]
    assert raw.warnings is not None
    yellow = raw.warnings.scores[0]
    (entry,) = yellow.outcomes
    assert entry.spell.city == "Jinan"
    assert (str(entry.spell.start), str(entry.spell.end)) == ("2022-01-03T00", "2022-01-06T00")
    assert entry.outcome is Outcome.HIT
    assert entry.notice_hours is not None
    assert entry.notice_hours > 0


def test_warnings_of_cities_that_nobody_observed_do_not_count(
    runs: Path, observations: Path, tmp_path: Path
) -> None:
    lines = observations.read_text(encoding="utf-8").splitlines()
    observations.write_text("\n".join(line for line in lines if "Jinan" not in line) + "\n")
    found = verify_period(
        Period(runs=find_runs(runs, "", "")), observations, resolve(settings=SETTINGS)
    )
    assert found.notes[-2] == "Not observed and so not scored: Jinan."
    (raw,) = found.streams
    assert raw.warnings is not None
    for own in raw.warnings.scores:
        assert (own.outcomes, own.false_alarms, own.withdrawn) == ((), (), ())
    assert np.isnan(raw.warnings.days[0].far).all()


def test_streams_stay_apart(
    runs: Path, observations: Path, standards: StandardSet, project_root: Path
) -> None:
    run = one_run(runs, "2022-01-01T16")
    hourly = write_run(runs, "2022-01-01T16", standards, project_root, ("m00",))
    issued = run.stream_of(run.forecasts, Stream.ISSUED)
    issued.write_text(hourly.forecasts.read_text(encoding="utf-8"), encoding="utf-8")
    write_run(runs, "2022-01-01T16", standards, project_root, ("m01", "m02"))
    found = verify_period(
        Period(runs=find_runs(runs, "", "")), observations, resolve(settings=SETTINGS)
    )
    assert [own.comparison.sources[0] for own in found.streams] == ["raw", "issued"]
    raw, given = found.streams
    # the issued stream has one cycle; it does not make the sample of the raw one smaller
    assert raw.comparison.of("raw", "pm25", "number")[0, -1] == 6
    assert given.comparison.of("issued", "pm25", "number")[0, -1] == 2
    assert given.comparison.of("issued", "pm25", "rmse")[0, 0] == pytest.approx(0.0, abs=0.01)
    assert found.together is not None
    assert found.together.of("raw", "pm25", "number")[0, -1] == 2


def test_ozone_that_nobody_observed_is_left_out_of_the_index(
    runs: Path, observations: Path, standards: StandardSet
) -> None:
    run = one_run(runs, "2022-01-01T16")
    hourly = read_city_hourly(run.cities)
    values = hourly.concentration.copy()
    values[:, AQI_POLLUTANTS.index("o3")] = 500.0  # an AQI far above 200 by itself
    with_ozone = replace(hourly, concentration=values)
    write_city_hourly(run.cities, with_ozone)
    write_record(run.forecasts, city_forecast(with_ozone, standards, 24))
    found = verify_period(Period(runs=(run,)), observations, resolve(settings=SETTINGS))
    assert found.index_of == ("pm25", "pm10", "so2", "no2", "co")
    # the middle member is right
    told = found.streams[0].comparison.cubes[0]
    assert told.aqi[0, :, 0].tolist() == found.observed.aqi[0, :, 0].tolist()
    assert told.probability[2, 0, :, 0].tolist() == [0.0, 2 / 3, 2 / 3, 2 / 3]
    assert told.primary is not None
    assert not told.primary[AQI_POLLUTANTS.index("o3")].any()


TABLE = "cycle,city_en,lead_day,valid_date,pm25_mean,pm25_p10,pm25_p50,pm25_p90,aqi_p50,"
TABLE += "p_aqi_gt150,p_aqi_gt200,p_aqi_gt300"


def write_table(path: Path, changes: str = "") -> Path:
    """Made each day from what was known the day before; lead day 1 is the next day."""
    lines = [TABLE]
    for made in range(4):
        for lead in (1, 2, 3):
            day = FIRST + timedelta(days=made + lead)
            pm25 = PM25[made + lead]
            aqi = round(np.interp(pm25, [0, 35, 75, 115, 150, 250], [0, 50, 100, 150, 200, 300]))
            lines.append(
                f"{FIRST + timedelta(days=made)},Jinan,{lead},{day},{pm25},{pm25 - 10},{pm25},"
                f"{pm25 + 10},{aqi},{int(aqi > 150)},{int(aqi > 200)},{int(aqi > 300)}"
            )
    path.write_text("\n".join(lines) + "\n" + changes, encoding="utf-8")
    return path


def test_a_table_of_a_hindcast(tmp_path: Path, observations: Path) -> None:
    table = write_table(tmp_path / "table.csv")
    period = Period(tables=((Stream.RAW, table),))
    found = verify_period(period, observations, resolve(settings=SETTINGS))
    (raw,) = found.streams
    assert raw.comparison.of("raw", "pm25", "rmse")[:, 0] == pytest.approx([0.0, 0.0, 0.0])
    # made on 1 January: the last known day is 31 December, at 50
    errors = [50.0 - PM25[1], *(PM25[k - 1] - PM25[k + 1] for k in (1, 2, 3))]
    told = raw.comparison.of("persistence", "pm25", "rmse")[0, 0]
    assert told == pytest.approx(np.sqrt(np.mean(np.square(errors))))
    assert raw.comparison.of("raw", "aqi", "brier_200")[0, 0] == 0.0
    assert raw.comparison.of("raw", "aqi", "hits_200_p50")[0, 0] == 3
    # quantiles without members: their own score, 10 ug m-3 off at both ends, and no CRPS
    expected = 2 * (0.1 * 10 + 0.0 + 0.1 * 10) / 3
    assert raw.comparison.of("raw", "pm25", "quantile_score")[0, 0] == pytest.approx(expected)
    assert np.isnan(raw.comparison.of("raw", "pm25", "crps")).all()
    assert raw.ranks == ()
    assert raw.warnings is not None
    (entry,) = raw.warnings.scores[0].outcomes
    assert entry.outcome is Outcome.HIT
    assert (entry.notice_hours, entry.start_error_hours) == (40, 0)


def test_streams_without_a_common_case_can_be_told(
    runs: Path, observations: Path, tmp_path: Path
) -> None:
    table = write_table(tmp_path / "table.csv")  # made at 08:00, the runs at midnight
    period = Period(runs=find_runs(runs, "", ""), tables=((Stream.CALIBRATED, table),))
    found = verify_period(period, observations, resolve(settings=SETTINGS))
    assert len(found.streams) == 2
    assert found.together is not None
    assert not found.together.sample.any()
    assert keep_verification(tmp_path / "out", found)[0].is_file()


def test_files_of_a_verification(runs: Path, observations: Path, tmp_path: Path) -> None:
    found = verify_period(
        Period(runs=find_runs(runs, "", "")), observations, resolve(settings=SETTINGS)
    )
    report, scores, spells = keep_verification(tmp_path / "out", found)
    text = report.read_text(encoding="utf-8")
    assert not re.search(
        r"""(src|href)\s*=|@import|url\(|fetch\(|https?://(?!www\.w3\.org)""", text
    )
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)
    assert data is not None
    content = json.loads(data.group(1), parse_constant=pytest.fail)
    assert content["cities"] == ["济南 Jinan", "泰安 Tai'an"]
    hits = content["streams"]["raw"]["comparison"]["scores"]["aqi:hits_200"]["values"]
    assert hits[0][1][0] == found.streams[0].comparison.of("raw", "aqi", "hits_200")[1, 0]
    told = found.streams[0].comparison.of("raw", "aqi", "cma_composite")[:3, -1]
    weighted = content["streams"]["raw"]["comparison"]["weighted"][0]
    assert weighted == pytest.approx(np.dot([0.5, 0.3, 0.2], told), rel=1e-3)
    assert content["observed"]["pm25"][0] == PM25[: len(content["days"])]
    with scores.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    wanted = {"source": "raw", "quantity": "pm25", "score": "number", "lead_day": "1"}
    chosen = [row for row in rows if wanted.items() <= row.items()]
    assert [row["city"] for row in chosen] == ["Jinan", "Tai'an", "all"]
    assert [row["value"] for row in chosen] == ["3", "3", "6"]
    assert "hit" in spells.read_text(encoding="utf-8")


def test_forecasts_that_nobody_observed(tmp_path: Path, observations: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text(f"{TABLE}\n2031-01-01,Jinan,1,2031-01-02,80,,,,107,,,\n", encoding="utf-8")
    with pytest.raises(InputError, match="No forecast day was observed"):
        verify_period(Period(tables=((Stream.RAW, table),)), observations, resolve())


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("2022-01-01,Jinan,0,2022-01-02,80,,,,107,,,", "lead_day is '0'"),
        ("2022-01-01,Jinan,1,2022-13-02,80,,,,107,,,", "month must be in 1..12"),
        ("2022-01-01,Jinan,1,2022-01-02,-80,,,,107,,,", "pm25_mean is '-80'"),
        ("2022-01-01,Jinan,1,2022-01-02,80,,,,107,1.5,,", "p_aqi_gt150 is '1.5'"),
        ("2022-01-01T,Jinan,1,2022-01-02,80,,,,107,,,", "cycle '2022-01-01T'"),
    ],
)
def test_wrong_lines_of_a_table_are_told(tmp_path: Path, line: str, complaint: str) -> None:
    path = write_table(tmp_path / "table.csv", changes=f"{line}\n")
    with pytest.raises(InputError, match=re.escape(complaint)) as told:
        read_forecast_table(path)
    assert "line 14" in str(told.value)


def test_a_table_without_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("cycle,city,lead_day\n", encoding="utf-8")
    with pytest.raises(InputError, match="city_en, valid_date, aqi_p50 or pm25_mean"):
        read_forecast_table(path)


@pytest.mark.parametrize(
    ("cycle", "last"),
    [
        ("2021-12-31T16", "2021-12-31"),
        ("2022-01-01T00", "2021-12-31"),
        ("2022-01-01T15", "2021-12-31"),
        ("2022-01-01T16", "2022-01-01"),
    ],
)
def test_the_last_day_that_was_known(cycle: str, last: str) -> None:
    assert str(known_day(Cycle.parse(cycle))) == last


def test_the_command_tells_the_heavy_days(
    runs: Path, observations: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(
        app,
        ["verify", "2021-12-31T16", "--observations", str(observations), "--runs", str(runs)],
    )
    assert result.exit_code == 0, result.output
    assert re.search(r"^\s+3\s+1\s+1\s+0\s+0$", result.output, re.M)
    assert (tmp_path / "verification" / "2022-01-01_2022-01-04" / "report.html").is_file()


def test_a_run_without_products_is_refused(runs: Path) -> None:
    (runs / "2022-01-02T16" / "latest").unlink()
    with pytest.raises(InputError, match="has no products to verify"):
        one_run(runs, "2022-01-02T16")
    with pytest.raises(InputError, match="no run with products between '2023' and"):
        find_runs(runs, "2023", "")
