"""Ozone in the products: there when the members have it, named as missing when they have not."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest

from forecast.aqi.summary import city_forecast
from forecast.bulletins import feed, html
from forecast.bulletins.advice import read_advice
from forecast.bulletins.assemble import Results, assemble
from forecast.bulletins.content import Bulletin
from forecast.bulletins.exercise import (
    HOURLY,
    Drill,
    make,
    make_circumstances,
    make_hourly,
    make_results,
    places,
    standards,
)
from forecast.config.bulletins import BulletinConfig
from forecast.config.load import project_path
from forecast.fields.city_forecast import AQI_POLLUTANTS

NIGHT, NOON = 60.0, 190.0
"""ug m-3."""


@pytest.fixture(scope="module")
def bulletin() -> Bulletin:
    """The quiet week with ozone that peaks for eight hours a day, from noon to 20:00."""
    hourly = make_hourly(Drill.QUIET)
    local = (hourly.labels + np.timedelta64(8, "h")).astype("datetime64[h]").astype(int) % 24
    values = hourly.concentration.copy()
    values[:, AQI_POLLUTANTS.index("o3")] = np.where((local >= 13) & (local <= 20), NOON, NIGHT)
    results = make_results(Drill.QUIET)
    forecast = city_forecast(replace(hourly, concentration=values), standards(), HOURLY)
    whole = Results(forecast, results.warnings, results.membership)
    options = BulletinConfig(exercise_mark="演练，非真实预报")
    return assemble(whole, places(), options, make_circumstances(Drill.QUIET))


def test_columns_are_filled_and_nothing_is_named_as_missing(bulletin: Bulletin) -> None:
    written = feed.files(bulletin)
    assert json.loads(written["cities_daily.json"])["not_modelled"] == []
    days = list(csv.DictReader(io.StringIO(written["cities_daily.csv"])))
    assert {day["o3_mda8"] for day in days} == {"190.0"}
    hours = list(csv.DictReader(io.StringIO(written["cities_hourly.csv"])))
    assert {hour["o3_mean"] for hour in hours} == {"60.0", "190.0"}


def test_ozone_decides_the_index_of_a_day_that_is_clean_otherwise(bulletin: Bulletin) -> None:
    """An 8-hour mean of 190 lies between 160 (IAQI 100) and 215 (IAQI 150): 128 rounded up."""
    days = list(csv.DictReader(io.StringIO(feed.files(bulletin)["cities_daily.csv"])))
    assert {day["primary_pollutant"] for day in days} == {"O3"}
    assert {day["aqi_p50"] for day in days} == {"128"}


def test_pages_follow_the_facts(bulletin: Bulletin) -> None:
    advice = read_advice(project_path(BulletinConfig().advice_file))
    plain = make(Drill.QUIET)
    with_ozone = html.city_page(bulletin, bulletin.cities[0], advice)
    without = html.city_page(plain, plain.cities[0], advice)
    assert "未参与计算" not in with_ozone
    assert "O₃未参与计算" in without
    assert "O₃" in with_ozone
