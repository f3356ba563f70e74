"""The machine-readable products: city tables as CSV, their twins as JSON, and the schemas of these.

The columns and the rounding are those of `fields.city_forecast.product_row`. Empty (CSV) and null
(JSON) mean: not modelled, or no value by the standard. Days beyond the data have no row. Text is
UTF-8 without a byte-order mark: programs and databases read it as it is, while the mark would
become part of the first column's name in many of them; spreadsheet programs import it as UTF-8.
"""

import csv
import datetime as dt
import io
import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, Field

from forecast.bulletins.content import Bulletin
from forecast.config.base import Model
from forecast.fields.city_forecast import (
    DAILY_COLUMNS,
    HOURLY_COLUMNS,
    CityDay,
    CityHour,
    product_row,
)
from forecast.fields.decision import Trigger
from forecast.fields.membership import Quality
from forecast.fields.warnings import WarningLevel

VERSION: Final = 1
"""Raised when a column changes its meaning or goes."""
Amount = Annotated[float, Field(ge=0)] | None
Share = Annotated[float, Field(ge=0, le=1)] | None
Index = Annotated[int, Field(ge=0, le=500)] | None


class _Row(Model):
    """What every line has."""

    city_en: str
    """English name of the city."""
    city_zh: str
    """Chinese name of the city."""


class DailyRow(_Row):
    """One city on one natural day (Asia/Shanghai)."""

    date: dt.date
    """The day."""
    lead_day: Annotated[int, Field(ge=1)]
    """1 is the first complete local day."""
    pm25_mean: Amount
    """Daily mean PM2.5, ensemble mean, ug m-3."""
    pm25_p10: Amount
    """Its 10th percentile over the members, ug m-3."""
    pm25_p50: Amount
    """Its median, ug m-3."""
    pm25_p90: Amount
    """Its 90th percentile, ug m-3."""
    pm10_mean: Amount
    """Daily mean PM10, ensemble mean, ug m-3."""
    so2_mean: Amount
    """Daily mean SO2, ensemble mean, ug m-3."""
    no2_mean: Amount
    """Daily mean NO2, ensemble mean, ug m-3."""
    co_mean: Amount
    """Daily mean CO, ensemble mean, mg m-3."""
    o3_mda8: Amount
    """Greatest 8-hour mean of O3, ensemble mean, ug m-3."""
    aqi_p50: Index
    """AQI, median over the members, rounded up."""
    primary_pollutant: str | None
    """Primary pollutants, ties joined by ';'; null up to AQI 50."""
    p_aqi_gt150: Share
    """Share of members with an AQI above 150."""
    p_aqi_gt200: Share
    """Share of members with an AQI above 200."""
    p_aqi_gt300: Share
    """Share of members with an AQI above 300."""
    level: WarningLevel
    """Warning level proposed for the day."""
    level_probability: Share
    """Share of members that support the level on this day."""


class HourlyRow(_Row):
    """One city in one hour."""

    time_local: AwareDatetime
    """End of the hour, Asia/Shanghai, with +08:00."""
    lead_hour: Annotated[int, Field(ge=1)]
    """Hours from the cycle's start to the end of the hour."""
    pm25_mean: Amount
    """PM2.5, ensemble mean, ug m-3."""
    pm25_p10: Amount
    """PM2.5, 10th percentile over the members, ug m-3."""
    pm25_p50: Amount
    """PM2.5, median, ug m-3."""
    pm25_p90: Amount
    """PM2.5, 90th percentile, ug m-3."""
    pm10_mean: Amount
    """PM10, ensemble mean, ug m-3."""
    so2_mean: Amount
    """SO2, ensemble mean, ug m-3."""
    no2_mean: Amount
    """NO2, ensemble mean, ug m-3."""
    co_mean: Amount
    """CO, ensemble mean, mg m-3."""
    o3_mean: Amount
    """O3, ensemble mean, ug m-3."""
    aqi_p50: Index
    """Real-time AQI, median over the members, rounded up."""
    primary_pollutant: str | None
    """Primary pollutants of the hour, ties joined by ';'; null up to AQI 50."""
    p_aqi_gt150: Share
    """Share of members with a real-time AQI above 150."""
    p_aqi_gt200: Share
    """Share of members with a real-time AQI above 200."""
    p_aqi_gt300: Share
    """Share of members with a real-time AQI above 300."""


class _Feed(Model):
    """What stands before the rows."""

    schema_version: Literal[1] = VERSION
    """Version of this layout."""
    cycle: str
    """Start of the forecast, YYYY-MM-DDTHH in UTC."""
    start: AwareDatetime
    """The same, Asia/Shanghai."""
    data_end: AwareDatetime
    """End of the last forecast hour, Asia/Shanghai."""
    issued: AwareDatetime
    """When the product was made."""
    mark: str
    """Mark of an exercise or replay, in Chinese; empty for an operational forecast."""
    revision: int
    """Number of the decision who is in: 0 is the first issue, each later one replaces it."""
    trigger: Trigger
    """Why it was decided when it was."""
    decided: AwareDatetime | None
    """When it was decided."""
    changes: tuple[str, ...]
    """What a revision changes, in Chinese; empty in the first issue."""
    quality: Quality
    """Basis: normal, reduced, below_quorum (guidance only), or fallback (an earlier forecast)."""
    origin: str
    """Cycle whose forecast this is, when this one has none of its own; empty otherwise."""
    members_planned: int
    """Members that were to run."""
    members_used: tuple[str, ...]
    """Members that count."""
    aqi_standard: str
    """AQI standard, in Chinese."""
    warning_rules: str
    """Warning rules, in Chinese."""
    not_modelled: tuple[str, ...]
    """Pollutants that are null everywhere."""
    degradations: tuple[str, ...]
    """What was degraded, in Chinese."""
    attributions: tuple[str, ...]
    """Data sources and licences."""


class DailyFeed(_Feed):
    """The daily city table."""

    product: Literal["cities_daily"] = "cities_daily"
    """Name of the product."""
    rows: tuple[DailyRow, ...]
    """City by city, day by day."""


class HourlyFeed(_Feed):
    """The hourly city table."""

    product: Literal["cities_hourly"] = "cities_hourly"
    """Name of the product."""
    rows: tuple[HourlyRow, ...]
    """City by city, hour by hour."""


class Product(StrEnum):
    """The products with a published schema."""

    DAILY = "cities_daily"
    HOURLY = "cities_hourly"


FEEDS: dict[Product, type[DailyFeed] | type[HourlyFeed]] = {
    Product.DAILY: DailyFeed,
    Product.HOURLY: HourlyFeed,
}
_RENAMED = {"time": "time_local"}
COLUMNS: dict[Product, tuple[str, ...]] = {
    Product.DAILY: DAILY_COLUMNS,
    Product.HOURLY: tuple(_RENAMED.get(column, column) for column in HOURLY_COLUMNS),
}
"""Columns of the CSV files, in order."""


def files(bulletin: Bulletin) -> dict[str, str]:
    """Write every machine-readable product of a cycle as text.

    Args:
        bulletin: The checked content.

    Returns:
        Text by file name: two CSV files, their JSON twins, and the schemas of these.
    """
    written = {}
    for product in Product:
        feed = _feed(bulletin, product)
        written[f"{product}.csv"] = _csv(feed, COLUMNS[product])
        written[f"{product}.json"] = feed.model_dump_json(indent=1) + "\n"
        written[f"{product}.schema.json"] = schema(product)
    return written


def schema(product: Product) -> str:
    """Write the JSON schema of a product."""
    content = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:forecast:{product}:{VERSION}",
    } | FEEDS[product].model_json_schema(mode="serialization")
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def write_schemas(folder: Path) -> None:
    """Write the published schemas, into `configs/products` of the checkout."""
    folder.mkdir(parents=True, exist_ok=True)
    for product in Product:
        path = folder / f"{product}.schema.json"
        path.write_text(schema(product), encoding="utf-8")


def _feed(bulletin: Bulletin, product: Product) -> DailyFeed | HourlyFeed:
    issue = bulletin.issue
    records: list[CityDay | CityHour] = []
    for city in bulletin.cities:
        records += city.known_days if product is Product.DAILY else city.hours
    return FEEDS[product].model_validate(
        {
            "cycle": issue.cycle,
            "start": issue.start,
            "data_end": issue.data_end,
            "issued": issue.issued,
            "mark": issue.mark,
            "revision": issue.revision,
            "trigger": issue.trigger,
            "decided": issue.decided,
            "changes": issue.changes,
            "quality": issue.quality,
            "origin": issue.origin,
            "members_planned": issue.members.planned,
            "members_used": issue.members.used,
            "aqi_standard": issue.aqi_standard,
            "warning_rules": issue.warning_rules,
            "not_modelled": issue.not_modelled,
            "degradations": issue.degradations,
            "attributions": issue.attributions,
            "rows": [_row(record) for record in records],
        }
    )


def _row(record: CityDay | CityHour) -> dict[str, Any]:
    return {_RENAMED.get(key, key): value for key, value in product_row(record).items()}


def _csv(feed: DailyFeed | HourlyFeed, columns: tuple[str, ...]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, lineterminator="\n")
    writer.writeheader()
    for row in feed.rows:
        writer.writerow(row.model_dump(mode="json"))
    return stream.getvalue()
