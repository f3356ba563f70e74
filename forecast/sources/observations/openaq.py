"""JSON in the style of OpenAQ: one document with `results`, or one record a line.

Records of version 2 (`parameter`, `value`, `unit`, `date.utc`, `location`) and of version 3
(`parameter.name`, `parameter.units`, `value`, `period.datetimeTo.utc`) are read; OpenAQ labels
values by the end of their period. Concentrations from China refer to the state in force at their
date; those of other countries to 298.15 K, as most of their networks do (the records do not say).
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from forecast.config.observations import State, Unit
from forecast.fields.observations import OBSERVED, Readings, StationRecord
from forecast.sources.observations.reading import broken, opened
from forecast.sources.observations.rows import Rows

UNITS = {
    "µg/m³": Unit.UG, "μg/m³": Unit.UG, "ug/m3": Unit.UG, "mg/m³": Unit.MG, "mg/m3": Unit.MG,
    "ppm": Unit.PPM, "ppb": Unit.PPB,
}  # fmt: skip
"""Units as they are written (with the micro sign, and with the Greek letter)."""
_EXPECTED = "records with parameter, value, unit, the end of the hour and a location"


def read_openaq(
    path: Path, known: Mapping[str, StationRecord], received: np.datetime64 | None = None
) -> Readings:
    """Read a file; what is not an hourly mean of an observed pollutant is left out.

    Args:
        path: The file, packed by gzip or not.
        known: Stations by code, for their cities.
        received: From when all of it was known, UTC; None: an hour after each hour's end.

    Raises:
        InputError: It is no such JSON, or a record is wrong.
    """
    rows = Rows.of(known)
    for place, record in enumerate(_records(path), start=1):
        try:
            _take(rows, record)
        except (KeyError, TypeError, ValueError) as error:
            what = f"record {place}: {type(error).__name__} {error}"
            raise broken(path, what, _EXPECTED) from error
    return rows.table(received)


def _records(path: Path) -> Iterator[dict[str, Any]]:
    with opened(path) as file:
        text = file.read()
    try:
        content = json.loads(text)
    except ValueError:
        try:
            yield from [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError as error:
            raise broken(path, f"it is no JSON ({error})", _EXPECTED) from error
        return
    found = content.get("results", [content]) if isinstance(content, dict) else content
    if not isinstance(found, list):
        raise broken(path, "its 'results' is no list", _EXPECTED)
    yield from found


def _take(rows: Rows, record: dict[str, Any]) -> None:
    parameter = record["parameter"]
    if isinstance(parameter, dict):
        name, unit = parameter["name"], parameter["units"]
        end = record["period"]["datetimeTo"]["utc"]
        hourly = record["period"].get("interval", "01:00:00") == "01:00:00"
    else:
        name, unit = parameter, record["unit"]
        end = record["date"]["utc"]
        length = record.get("averagingPeriod") or {"value": 1, "unit": "hours"}
        seconds = {"hours": 3600, "minutes": 60, "seconds": 1}[length["unit"]]
        hourly = length["value"] * seconds == 3600  # noqa: PLR2004
    if not hourly or name not in OBSERVED or record["value"] is None:
        return
    if unit not in UNITS:
        msg = f"the unit '{unit}' is none of {', '.join(UNITS)}"
        raise ValueError(msg)
    code = str(record.get("locationId") or record.get("locationsId") or record["location"])
    where = record.get("coordinates") or {}
    nan = float("nan")
    rows.describe(
        StationRecord(
            code=code,
            name=str(record.get("location") or ""),
            city_en=str(record.get("city") or ""),
            longitude=float(where.get("longitude", nan)),
            latitude=float(where.get("latitude", nan)),
        )
    )
    time = datetime.fromisoformat(end).astimezone(UTC).replace(tzinfo=None)
    state = State.PUBLISHED if record.get("country", "CN") == "CN" else State.AT_298K
    moment = np.datetime64(time, "s")
    rows.add(code, name, moment, float(record["value"]), UNITS[unit], state)
