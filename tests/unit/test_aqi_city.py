"""City forecasts: every member by itself, statistics last, products with the agreed columns."""

from pathlib import Path
from statistics import fmean

import numpy as np
import pytest

from forecast.aqi.city import city_daily
from forecast.aqi.standard import StandardSet
from forecast.aqi.summary import city_forecast
from forecast.common.errors import InputError
from forecast.fields.city_forecast import (
    AQI_POLLUTANTS,
    CityDay,
    CityForecast,
    CityHourly,
    CityName,
    product_row,
)
from forecast.fields.records import from_json, to_json

CITIES = (CityName("370100", "Jinan", "济南"), CityName("370200", "Qingdao", "青岛"))
ISSUE = (
    "city_en,city_zh,date,lead_day,pm25_mean,pm25_p10,pm25_p50,pm25_p90,pm10_mean,so2_mean,"
    "no2_mean,co_mean,o3_mda8,aqi_p50,primary_pollutant,p_aqi_gt150,p_aqi_gt200,p_aqi_gt300,level,"
    "level_probability"
)


@pytest.fixture(scope="module")
def standards() -> StandardSet:
    return StandardSet.read(Path(__file__).resolve().parents[2] / "configs" / "aqi")


def _hourly(values: np.ndarray, cycle: str = "2021-12-31T16") -> CityHourly:
    """`values`: (member, pollutant, city, hour)."""
    start = np.datetime64(cycle, "s")
    labels = start + (np.arange(values.shape[-1]) + 1) * np.timedelta64(1, "h")
    names = tuple(f"m{k:02d}" for k in range(values.shape[0]))
    return CityHourly(cycle, CITIES, names, labels, values)


def _steady(pm25: list[float], hours: int = 48, o3: float = np.nan) -> np.ndarray:
    """Members with constant PM2.5; the other pollutants are low."""
    low = {"pm10": 40.0, "so2": 10.0, "no2": 20.0, "co": 0.5, "o3": o3}
    values = np.empty((len(pm25), len(AQI_POLLUTANTS), len(CITIES), hours))
    for member, level in enumerate(pm25):
        for index, name in enumerate(AQI_POLLUTANTS):
            values[member, index] = level if name == "pm25" else low[name]
    return values


def test_columns_are_those_agreed(standards: StandardSet) -> None:
    forecast = city_forecast(_hourly(_steady([80.0])), standards, 24)
    row = product_row(forecast.days[0])
    assert ",".join(row) == ISSUE
    assert row["date"] == "2022-01-01"
    assert row["o3_mda8"] is None
    assert row["primary_pollutant"] == "PM2.5"
    hour = product_row(forecast.hours[0])
    assert hour["time"] == "2022-01-01T01:00:00+08:00"
    assert len(forecast.hours) == 2 * 24
    assert [day.city_en for day in forecast.days] == ["Jinan"] * 2 + ["Qingdao"] * 2


def test_statistics_over_the_members(standards: StandardSet) -> None:
    # PM2.5 of 80, 120, 160, 260: IAQI 107, 158, 210, 310 by the standard of 2012
    levels = [80.0, 120.0, 160.0, 260.0]
    day = city_forecast(_hourly(_steady(levels)), standards, 24).days[0]
    assert day.pm25_mean == pytest.approx(fmean(levels))
    assert day.pm25_p10 == pytest.approx(92.0)  # 80 + 0.3 * 40
    assert day.pm25_p50 == pytest.approx(140.0)
    assert day.pm25_p90 == pytest.approx(230.0)  # 160 + 0.7 * 100
    assert day.aqi_p50 == 184  # (158 + 210) / 2
    assert day.aqi_p10 == 123  # 107 + 0.3 * 51 = 122.3, rounded up
    assert (day.p_aqi_gt100, day.p_aqi_gt150, day.p_aqi_gt200, day.p_aqi_gt300) == (
        1.0, 0.75, 0.5, 0.25,
    )  # fmt: skip
    assert day.category_probability == (0.0, 0.0, 0.25, 0.25, 0.25, 0.25)
    assert (day.category, day.category_zh, day.colour) == (4, "中度污染", "#FF0000")
    assert day.members == 4
    assert day.missing_pollutants == ("O3",)


def test_a_member_that_ends_early_counts_where_it_is(standards: StandardSet) -> None:
    values = _steady([80.0, 120.0])
    values[1, :, :, 24:] = np.nan
    first, second = city_forecast(_hourly(values), standards, 24).days[:2]
    assert (first.members, second.members) == (2, 1)
    assert second.pm25_mean == 80.0
    assert second.p_aqi_gt150 == 0.0
    assert second.missing_pollutants == ("O3",)


def test_missing_o3_by_the_standard_of_the_date(standards: StandardSet) -> None:
    """28 February 2026 is a day of HJ 633-2012, 1 March one of HJ 633-2026."""
    values = _steady([50.0])
    days = city_forecast(_hourly(values, "2026-02-27T16"), standards, 24).days[:2]
    assert [day.standard for day in days] == ["hj633_2012", "hj633_2026"]
    assert days[0].aqi_p50 == 69  # 50 + 50 * 15 / 40 = 68.75
    assert days[1].aqi_p50 is None  # O3 is missing and 80 is not above 100
    assert days[1].primary_pollutants == ()
    assert days[1].p_aqi_gt100 == 0.0
    full = city_forecast(_hourly(_steady([50.0], o3=60.0), "2026-02-27T16"), standards, 24).days[1]
    assert full.aqi_p50 == 80  # 50 + 50 * 15 / 25


def test_primary_pollutants_are_those_of_most_members(standards: StandardSet) -> None:
    values = _steady([80.0, 80.0, 80.0])
    values[0, AQI_POLLUTANTS.index("pm10")] = 250.0
    day = city_forecast(_hourly(values), standards, 24).days[0]
    assert day.primary_pollutants == ("PM2.5",)
    values[1, AQI_POLLUTANTS.index("pm10")] = 250.0
    day = city_forecast(_hourly(values), standards, 24).days[0]
    assert day.primary_pollutants == ("PM10",)
    clean = city_forecast(_hourly(_steady([20.0])), standards, 24).days[0]
    assert clean.primary_pollutants == ()


def test_only_complete_days_from_the_first_on(standards: StandardSet) -> None:
    # 2022-01-01T00 UTC is 08:00 in Beijing: 16 hours of the 1st, all of the 2nd, 12 of the 3rd
    daily = city_daily(_hourly(_steady([80.0], hours=52), "2022-01-01T00"), standards)
    assert [str(day) for day in daily.dates] == ["2022-01-02"]
    assert daily.lead_days.tolist() == [1]


def test_without_pm25_there_is_no_index_and_no_chance(standards: StandardSet) -> None:
    values = _steady([80.0])
    values[:, 0] = np.nan
    day = city_forecast(_hourly(values), standards, 24).days[0]
    assert day.aqi_p50 is None
    assert day.p_aqi_gt150 is None
    assert day.category_probability == ()
    assert day.missing_pollutants == ("PM2.5", "O3")


def test_hours_before_the_cycle_are_no_product(standards: StandardSet) -> None:
    """Hours before the start may be given, so that moving means are known from the start."""
    start = np.datetime64("2021-12-31T16", "s")
    labels = start + np.arange(-23, 25) * np.timedelta64(1, "h")
    history = CityHourly("2021-12-31T16", CITIES, ("m00",), labels, _steady([80.0], 48))
    forecast = city_forecast(history, standards, 24)
    assert [hour.lead_hour for hour in forecast.hours[:24]] == list(range(1, 25))
    assert forecast.hours[0].aqi_p50 == 107
    assert [str(day.date) for day in forecast.days[:1]] == ["2022-01-01"]


def test_the_order_of_members_does_not_matter(
    standards: StandardSet, rng: np.random.Generator
) -> None:
    values = rng.lognormal(4.5, 0.6, (5, 6, 2, 48))
    values[:, AQI_POLLUTANTS.index("co")] /= 60.0
    turned = city_forecast(_hourly(values[::-1]), standards, 24)
    straight = city_forecast(_hourly(values), standards, 24)
    for one, other in zip(straight.days, turned.days, strict=True):
        assert product_row(one) == product_row(other)


def test_records_survive_the_file(standards: StandardSet) -> None:
    forecast = city_forecast(_hourly(_steady([80.0, 120.0])), standards, 24)
    assert from_json(CityForecast, to_json(forecast), "cities.json") == forecast
    with pytest.raises(InputError, match="no_such"):
        from_json(CityDay, '{"no_such": 1}', "no_such.json")


def test_wrong_shapes_and_labels_are_refused() -> None:
    with pytest.raises(InputError, match="shape"):
        CityHourly("2021-12-31T16", CITIES, ("m00",), np.array([], "datetime64[s]"), np.zeros(3))
    values = _steady([80.0], hours=3)
    labels = np.array(["2022-01-01T01", "2022-01-01T02", "2022-01-01T04"], "datetime64[s]")
    with pytest.raises(InputError, match="consecutive"):
        CityHourly("2021-12-31T16", CITIES, ("m00",), labels, values)
