"""The machine-readable products: columns, values, schema."""

import csv
import importlib
import io
import json
from functools import cache
from pathlib import Path

import pytest

from forecast.bulletins.exercise import Drill, make
from forecast.bulletins.feed import COLUMNS, FEEDS, Product, files, schema

jsonschema = importlib.import_module("jsonschema")  # comes with Snakemake, without types

DAILY = (
    "city_en,city_zh,date,lead_day,pm25_mean,pm25_p10,pm25_p50,pm25_p90,pm10_mean,so2_mean,"
    "no2_mean,co_mean,o3_mda8,aqi_p50,primary_pollutant,p_aqi_gt150,p_aqi_gt200,p_aqi_gt300,"
    "level,level_probability"
)
HOURLY = (
    "city_en,city_zh,time_local,lead_hour,pm25_mean,pm25_p10,pm25_p50,pm25_p90,pm10_mean,"
    "so2_mean,no2_mean,co_mean,o3_mean,aqi_p50,primary_pollutant,p_aqi_gt150,p_aqi_gt200,"
    "p_aqi_gt300"
)


@cache
def written(drill: Drill) -> dict[str, str]:
    return files(make(drill))


def rows(drill: Drill, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(written(drill)[name])))


@pytest.mark.parametrize(
    ("name", "header"), [("cities_daily.csv", DAILY), ("cities_hourly.csv", HOURLY)]
)
def test_the_columns_are_the_promised_ones(name: str, header: str) -> None:
    assert written(Drill.HAZE)[name].split("\n", 1)[0] == header


def test_the_text_is_plain_utf8_with_unix_lines() -> None:
    content = written(Drill.HAZE)["cities_daily.csv"]
    assert content.startswith("city_en")
    assert "\r" not in content
    assert content.endswith("\n")


def test_every_city_has_every_day_and_hour_that_data_reach() -> None:
    assert len(rows(Drill.HAZE, "cities_daily.csv")) == 16 * 7
    assert len(rows(Drill.DEGRADED, "cities_daily.csv")) == 16 * 5
    hours = rows(Drill.HAZE, "cities_hourly.csv")
    assert len(hours) == 16 * 72
    assert [hours[0]["time_local"], hours[0]["lead_hour"]] == ["2022-01-01T01:00:00+08:00", "1"]
    assert [hours[71]["time_local"], hours[71]["lead_hour"]] == ["2022-01-04T00:00:00+08:00", "72"]


def test_what_is_not_modelled_is_empty_and_nothing_says_nan() -> None:
    assert {row["o3_mda8"] for row in rows(Drill.HAZE, "cities_daily.csv")} == {""}
    assert {row["o3_mean"] for row in rows(Drill.HAZE, "cities_hourly.csv")} == {""}
    for content in written(Drill.HAZE).values():
        assert "nan" not in content.lower().replace("jinan", "")
        assert "None" not in content


def test_values_are_those_of_the_content_rounded_as_stated() -> None:
    city = make(Drill.HAZE).cities[0]
    day = city.known_days[2]
    row = rows(Drill.HAZE, "cities_daily.csv")[2]
    assert (row["city_en"], row["city_zh"], row["date"]) == ("Jinan", "济南", "2022-01-03")
    assert float(row["pm25_mean"]) == pytest.approx(day.pm25_mean, abs=0.05)
    assert float(row["co_mean"]) == pytest.approx(day.co_mean, abs=0.005)
    assert len(row["pm25_mean"].split(".")[1]) == 1
    assert row["aqi_p50"] == str(day.aqi_p50)
    assert (row["level"], row["primary_pollutant"]) == ("red", "PM2.5")


@pytest.mark.parametrize("product", Product)
@pytest.mark.parametrize("drill", Drill)
def test_the_json_twin_fits_its_schema_and_says_the_same(product: Product, drill: Drill) -> None:
    content = json.loads(written(drill)[f"{product}.json"])
    rules = json.loads(written(drill)[f"{product}.schema.json"])
    jsonschema.Draft202012Validator.check_schema(rules)
    jsonschema.validate(content, rules)
    table = rows(drill, f"{product}.csv")
    assert len(content["rows"]) == len(table)
    for entry, line in zip(content["rows"], table, strict=True):
        assert tuple(entry) == COLUMNS[product]
        assert [("" if v is None else str(v)) for v in entry.values()] == list(line.values())


@pytest.mark.parametrize("product", Product)
def test_the_schema_refuses_a_stranger_and_a_missing_column(product: Product) -> None:
    rules = json.loads(schema(product))
    for change in ("add", "drop"):
        content = json.loads(written(Drill.QUIET)[f"{product}.json"])
        if change == "add":
            content["rows"][0]["ozone"] = 1.0
        else:
            del content["rows"][0]["pm25_mean"]
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(content, rules)


@pytest.mark.parametrize("product", Product)
def test_the_published_schema_is_in_step(product: Product, project_root: Path) -> None:
    path = project_root / "configs" / "products" / f"{product}.schema.json"
    assert path.read_text(encoding="utf-8") == schema(product), (
        "write it again with forecast.bulletins.feed.write_schemas(Path('configs/products')); "
        "raise feed.VERSION when a column changes its meaning or goes"
    )


def test_what_was_degraded_stands_before_the_rows() -> None:
    head = json.loads(written(Drill.DEGRADED)["cities_daily.json"])
    assert head["members_used"] == ["m00"]
    assert head["members_planned"] == 4
    assert len(head["degradations"]) == 3
    assert head["mark"] == "演练，非真实预报"
    assert head["not_modelled"] == ["O3"]


def test_the_models_name_exactly_the_columns() -> None:
    for product, kind in FEEDS.items():
        row = kind.model_fields["rows"].annotation.__args__[0]  # type: ignore[union-attr]
        assert tuple(row.model_fields) == COLUMNS[product]
