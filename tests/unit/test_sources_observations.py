"""Readers of observations: clocks, units, reference states, files that are not what they say."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from forecast.common.errors import InputError
from forecast.config.observations import CsvLayout, Label, State, Unit
from forecast.fields.observations import Readings, ReferenceState, StationRecord
from forecast.sources.observations.national import read_hours, read_sites
from forecast.sources.observations.openaq import read_openaq
from forecast.sources.observations.plain_csv import read_csv
from forecast.sources.observations.uci_beijing import read_uci_beijing

JINAN = StationRecord("1299A", "科干所", "Jinan", 116.988, 36.6114)
KNOWN = {"1299A": JINAN}


def rows(found: Readings) -> dict[tuple[str, str, str], float]:
    """Values by station, pollutant and label (UTC)."""
    return {
        (found.stations[s].code, found.pollutants[p], str(t)[:16]): round(float(v), 3)
        for s, p, t, v in zip(found.station, found.pollutant, found.time, found.value, strict=True)
    }


def written(path: Path, text: str) -> Path:
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8-sig")
    return path


SITES = """date,hour,type,1299A,1300A
20180901,0,AQI,50,60
20180901,0,PM2.5,35,
20180901,0,CO,0.8,1.1
20180901,1,PM2.5,36,40
20180901,1,PM2.5_24h,99,99
20180901,1,O3,-1,120
"""


@pytest.mark.parametrize("name", ["china_sites_20180901.csv", "china_sites_20180901.csv.gz"])
def test_a_day_of_all_sites(tmp_path: Path, name: str) -> None:
    found = read_sites(written(tmp_path / name, SITES), KNOWN)

    assert rows(found) == {
        ("1299A", "pm25", "2018-08-31T16:00"): 35.0,
        ("1299A", "pm25", "2018-08-31T17:00"): 36.0,
        ("1300A", "pm25", "2018-08-31T17:00"): 40.0,
        ("1299A", "co", "2018-08-31T16:00"): 0.8,
        ("1300A", "co", "2018-08-31T16:00"): 1.1,
        ("1300A", "o3", "2018-08-31T17:00"): 120.0,
    }
    assert found.stations[0] == JINAN
    states = {
        (found.pollutants[p], str(t)[11:13]): ReferenceState(s)
        for p, t, s in zip(found.pollutant, found.time, found.state, strict=True)
    }
    # the hour that ends at midnight of 1 September is the last of the old kind
    assert states == {
        ("pm25", "16"): ReferenceState.AT_273K,
        ("pm25", "17"): ReferenceState.ACTUAL,
        ("co", "16"): ReferenceState.AT_273K,
        ("o3", "17"): ReferenceState.AT_298K,
    }
    assert set((found.received - found.time).astype(int)) == {3600}


HEADINGS = (
    "timepoint,stationcode,longitude,latitude,area,positionname,primarypollutant,aqi,pm10,pm10_24h,"
    "pm2_5,pm2_5_24h,o3,o3_24h,o3_8h,o3_8h_24h,no2,no2_24h,so2,so2_24h,co,co_24h"
)


def hour_file(now: int, greatest: int, count: int = 30) -> str:
    lines = [
        f"2018-05-13 10:00:00,{3000 + i}A,117.0,36.6,济南,站{i},,50,80,81,40,41,{greatest},{now},"
        "90,91,20,21,10,11,0.7,0.8"
        for i in range(count)
    ]
    return "\n".join([HEADINGS, *lines]) + "\n"


def test_an_hour_of_all_stations_takes_the_ozone_of_the_hour(tmp_path: Path) -> None:
    found = read_hours(written(tmp_path / "h.csv", hour_file(60, 130)), {})

    own = {name: value for (code, name, _), value in rows(found).items() if code == "3000A"}
    assert own == {"pm25": 40, "pm10": 80, "so2": 10, "no2": 20, "co": 0.7, "o3": 60}
    assert {str(t) for t in found.time} == {"2018-05-13T02:00:00"}
    assert (found.stations[0].name, found.stations[0].longitude) == ("站0", 117.0)
    assert set(found.state) == {ReferenceState.AT_273K}


def test_ozone_headings_that_are_not_swapped_are_noticed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(InputError, match="greatest hour of the day, is less"):
        read_hours(written(tmp_path / "h.csv", hour_file(130, 60)), {})
    read_hours(written(tmp_path / "few.csv", hour_file(60, 130, 3)), {})
    assert "too few to check" in caplog.text


def test_any_csv_by_its_layout(tmp_path: Path) -> None:
    layout = CsvLayout(
        time="when",
        time_format="%d/%m/%Y %H:%M",
        utc_offset_hours=0.0,
        label=Label.START,
        station="id",
        columns={"pm25": "PM2_5", "co": "CO", "no2": "NO2"},
        units={"co": Unit.PPM, "no2": Unit.PPB},
        state=State.ACTUAL,
    )
    text = "id,when,PM2_5,CO,extra\n1299A,01/02/2022 08:00,12.5,1,x\n1299A,01/02/2022 09:00,NA,,x\n"

    found = read_csv(written(tmp_path / "a.csv", text), KNOWN, layout, np.datetime64("2022-02-02"))

    # 1 ppm of CO at 25 degrees Celsius is 1.145 mg m-3 (WHO's conversion factor)
    assert rows(found) == {
        ("1299A", "pm25", "2022-02-01T09:00"): 12.5,
        ("1299A", "co", "2022-02-01T09:00"): pytest.approx(1.145, abs=2e-3),
    }
    assert [ReferenceState(s).name for s in found.state] == ["ACTUAL", "AT_298K"]
    assert set(found.received) == {np.datetime64("2022-02-02")}


def test_times_that_name_their_zone_need_no_offset(tmp_path: Path) -> None:
    text = "station,time,co\nA,2022-02-01T08:00:00+09:00,2\nA,2022-02-01 08:00,3\n"
    found = read_csv(written(tmp_path / "a.csv", text), {}, CsvLayout())
    assert rows(found) == {
        ("A", "co", "2022-01-31T23:00"): 2.0,
        ("A", "co", "2022-02-01T00:00"): 3.0,
    }


V2 = {
    "locationId": 7, "location": "Jinan", "city": "Jinan", "country": "CN", "parameter": "no2",
    "value": 41.0, "unit": "µg/m³", "date": {"utc": "2017-01-01T04:00:00Z"},
    "coordinates": {"latitude": 36.6, "longitude": 117.0},
}  # fmt: skip
V3 = {
    "location": "Seoul", "country": "KR", "value": 0.05,
    "parameter": {"name": "o3", "units": "ppm"},
    "period": {"interval": "01:00:00", "datetimeTo": {"utc": "2022-01-01T04:00:00Z"}},
}  # fmt: skip


@pytest.mark.parametrize(
    "form",
    [
        lambda records: json.dumps({"results": records}),
        lambda records: "\n".join(json.dumps(record) for record in records),
    ],
)
def test_openaq_of_both_versions(
    tmp_path: Path, form: Callable[[list[dict[str, object]]], str]
) -> None:
    daily = {**V2, "averagingPeriod": {"value": 24, "unit": "hours"}}
    text = form([V2, V3, daily, {**V2, "parameter": "bc"}])

    found = read_openaq(written(tmp_path / "a.json", text), {})

    # 1 ppm of O3 at 25 degrees Celsius is 1962 ug m-3
    assert rows(found) == {
        ("7", "no2", "2017-01-01T04:00"): 41.0,
        ("Seoul", "o3", "2022-01-01T04:00"): pytest.approx(98.1, abs=0.2),
    }
    assert [ReferenceState(s).name for s in found.state] == ["AT_273K", "AT_298K"]
    assert (found.stations[0].city_en, found.stations[0].latitude) == ("Jinan", 36.6)


UCI = """No,year,month,day,hour,PM2.5,PM10,SO2,NO2,CO,O3,TEMP,PRES,DEWP,RAIN,wd,WSPM,station
1,2013,3,1,0,4.0,NA,4.0,7.0,300.0,77.0,-0.7,1023.0,-18.8,3.6,NNW,4.4,Dingling
"""


def test_a_site_of_beijing_with_its_weather(tmp_path: Path) -> None:
    found = read_uci_beijing(written(tmp_path / "a.csv", UCI))

    values = {name: value for (_, name, _), value in rows(found).items()}
    assert values == {
        "pm25": 4.0, "so2": 4.0, "no2": 7.0, "co": 0.3, "o3": 77.0, "air_temperature_2m": 272.45,
        "dew_point_2m": 254.35, "surface_pressure": 102300.0, "precipitation_flux": 0.001,
        "wind_speed_10m": 4.4, "wind_from_direction": 337.5,
    }  # fmt: skip
    assert set(found.time) == {np.datetime64("2013-02-28T16:00")}
    assert found.stations[0].latitude == pytest.approx(40.2865)
    weather = found.pollutant > 5
    assert set(found.state[weather]) == {ReferenceState.NONE}


@pytest.mark.parametrize(
    ("read", "text", "words"),
    [
        (lambda p: read_sites(p, {}), "date,hour\n1,2\n", "lacks the column"),
        (lambda p: read_sites(p, {}), "date,hour,type,1A\n20180901,0,PM2.5\n", "line 2 has 3"),
        (lambda p: read_sites(p, {}), "date,hour,type,1A\n20180901,0,PM2.5,x\n", "line 2: "),
        (lambda p: read_sites(p, {}), "date,hour,type,1A\n2018,0,PM2.5,1\n", "line 2: "),
        (lambda p: read_sites(p, {}), "date,hour,type,1A,1A\n20180901,0,CO,1,1\n", "there twice"),
        (lambda p: read_sites(p, {}), "date,hour,type,1A\n20180901,0,AQI,1\n", "no row"),
        (lambda p: read_hours(p, {}), SITES, "lacks the column"),
        (lambda p: read_csv(p, {}, CsvLayout()), "time,station\n", "no column of a pollutant"),
        (lambda p: read_csv(p, {}, CsvLayout()), "time,station,co\nx,1,1\n", "line 2: "),
        (lambda p: read_csv(p, {}, CsvLayout(units={"pm25": Unit.PPB})),
         "time,station,pm25\n2022-01-01,1,1\n", "is no gas"),
        (lambda p: read_openaq(p, {}), "{]", "no JSON"),
        (lambda p: read_openaq(p, {}), json.dumps([{**V2, "unit": "grain"}]), "unit 'grain'"),
        (lambda p: read_openaq(p, {}), json.dumps({"results": [{}]}), "record 1: KeyError"),
        (read_uci_beijing, UCI.replace("2013,3,1", "2013,13,1"), "line 2: "),
        (read_uci_beijing, UCI + UCI.splitlines()[1].replace("Dingling", "Other"), "2 sites"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(
    tmp_path: Path, read: Callable[[Path], Readings], text: str, words: str
) -> None:
    path = written(tmp_path / "bad.csv", text)
    with pytest.raises(InputError, match=words) as problem:
        read(path)
    assert "bad.csv" in str(problem.value)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(b"no gzip")
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe\x00")
    for name in ("a.csv.gz", "b.csv", "missing.csv"):
        with pytest.raises(InputError, match="cannot be used"):
            read_uci_beijing(tmp_path / name)
