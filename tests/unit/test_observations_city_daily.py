"""Daily city files: what is read, what is corrected, what is refused."""

import logging
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from forecast.common.as_of import AsOf, LookAheadError
from forecast.common.errors import InputError
from forecast.fields.city_daily import known_at
from forecast.sources.observations.city_daily import read_city_daily

HEADER = "city,city_en,lon,lat,date,pm25,pm10,co,o3_24h,aqi_hj633_no_o3"


def written(folder: Path, *rows: str) -> Path:
    path = folder / "daily.csv"
    path.write_text("\n".join((HEADER, *rows)) + "\n", encoding="utf-8")
    return path


def test_gaps_new_cities_and_absent_columns(tmp_path: Path) -> None:
    found = read_city_daily(
        written(
            tmp_path,
            "济南,Jinan,117.0,36.7,2015-01-01,80,120,1.5,20,107",
            "济南,Jinan,117.0,36.7,2015-01-04,,130,NaN,30,90",
            "德州,Dezhou,116.3,37.5,2015-01-04,200,—,2.5,10,250",
        )
    )
    assert found.cities == ("Dezhou", "Jinan")
    assert found.names_zh == ("德州", "济南")
    assert [str(day) for day in found.days] == [f"2015-01-0{n}" for n in (1, 2, 3, 4)]
    np.testing.assert_array_equal(found.of("pm25")[1], [80.0, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(found.of("pm10")[1], [120.0, np.nan, np.nan, 130.0])
    np.testing.assert_array_equal(found.of("o3")[1], [20.0, np.nan, np.nan, 30.0])
    np.testing.assert_array_equal(found.of("pm25")[0], [np.nan, np.nan, np.nan, 200.0])
    assert np.isnan(found.of("so2")).all()
    assert np.isnan(found.aqi_high).all()
    np.testing.assert_array_equal(found.longitude, [116.3, 117.0])


def test_later_rows_correct_earlier_ones_and_say_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = written(
        tmp_path,
        "济南,Jinan,117.0,36.7,2015-01-01,80,120,1.5,20,107",
        HEADER,
        "济南,Jinan,117.0,36.7,2015-01-01,85,,1.5,20,107",
        "济南,Jinan,117.0,36.7,2015-01-02,-9,120,1.5,20,107",
    )
    with caplog.at_level(logging.WARNING):
        found = read_city_daily(path)
    np.testing.assert_array_equal(found.of("pm25")[0], [85.0, np.nan])
    assert found.of("pm10")[0, 0] == 120.0
    assert "line 4 (Jinan, 2015-01-01)" in caplog.text
    assert "line 5 (pm25 '-9')" in caplog.text


def test_every_wrong_row_is_named_at_once(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "济南,Jinan,117.0,36.7,2015-02-30,80,120,1.5,20,107",
        "济南,Jinan,117.0,36.7,2015-01-02,many,120,1.5,20,107",
        "济南,Jinan,117.0",
        "济南,,117.0,36.7,2015-01-02,80,120,1.5,20,107",
    )
    with pytest.raises(InputError) as caught:
        read_city_daily(path)
    text = str(caught.value)
    assert "4 error(s)" in text
    assert "line 2: date '2015-02-30'" in text
    assert "line 3: pm25 'many'" in text
    assert "line 4 has more or fewer cells" in text
    assert "line 5: city_en is empty" in text


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("city,date,pm10\nx,2015-01-01,3\n", "city_en, pm25"),
        (HEADER + "\n", "holds no row"),
        ("", "city_en, date, pm25"),
    ],
)
def test_unusable_files_are_refused(tmp_path: Path, content: str, expected: str) -> None:
    path = tmp_path / "daily.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=expected):
        read_city_daily(path)


def test_a_cut_holds_nothing_later_and_the_clock_refuses(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "济南,Jinan,117.0,36.7,2015-01-01,80,120,1.5,20,107",
        "济南,Jinan,117.0,36.7,2015-01-03,90,120,1.5,20,107",
    )
    found = read_city_daily(path)
    cut = found.until(np.datetime64("2015-01-02"))
    assert cut.values.shape == (6, 1, 2)
    assert cut.days[-1] == np.datetime64("2015-01-02")
    assert found.until(np.datetime64("2016-01-01")) is found
    with pytest.raises(InputError, match="begin on '2015-01-01'"):
        found.until(np.datetime64("2014-12-31"))
    # the local day 3 January ends at 16 UTC
    assert known_at(np.datetime64("2015-01-03")) == np.datetime64("2015-01-03T16:00")
    clock = AsOf(datetime(2015, 1, 2, 16, tzinfo=UTC))
    cut.require_known(clock, "test")
    with pytest.raises(LookAheadError, match="2015-01-03"):
        found.require_known(clock, "test")


def test_the_shandong_file(reference_data: Path) -> None:
    found = read_city_daily(
        reference_data / "observations" / "shandong_cities_daily_20131202-20161031.csv"
    )
    assert len(found.cities) == 30
    assert found.days.size == 1065
    row, day = found.cities.index("Dongying"), found.index(np.datetime64("2013-12-03"))
    assert found.of("pm25")[row, day] == 295.4
    assert found.aqi[row, day] == 346.0
    assert np.isnan(found.of("pm25")).sum() == 30 * 1065 - (31548 - 12)
