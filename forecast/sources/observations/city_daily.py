"""Daily city files: one row a city and local day, any later period appended.

Columns: `city_en`, `date` and `pm25` must be there; `city`, `lon`, `lat`, `pm10`, `so2`, `no2`,
`co`, `o3_24h`, `aqi_hj633_no_o3`, `aqi_hourly_min`, `aqi_hourly_max` are read where they are;
others are ignored. A row that repeats a city and day replaces the earlier one, value by value, so
that corrections can be appended.
"""

import csv
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

from forecast.common.errors import InputError
from forecast.fields.arrays import Float
from forecast.fields.city_daily import CITY_POLLUTANTS, CityDaily

logger = logging.getLogger(__name__)

ABSENT_WORDS = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "--", "—"})
"""What a cell holds, in lower case, when the value is missing."""
GREATEST = 10_000.0
"""No daily mean is larger, ug m-3 (mg m-3) or index; larger and negative ones are missing."""
TOLD = 20
"""So many errors are told one by one."""
_SERIES = {"o3": "o3_24h"}
_COLUMNS = (
    *((name, _SERIES.get(name, name)) for name in CITY_POLLUTANTS),
    ("aqi", "aqi_hj633_no_o3"),
    ("aqi_low", "aqi_hourly_min"),
    ("aqi_high", "aqi_hourly_max"),
)
_REQUIRED = ("city_en", "date", "pm25")


@dataclass
class _Rows:
    """What was read so far."""

    path: Path
    cells: dict[tuple[str, date], list[float]] = field(default_factory=dict)
    places: dict[str, tuple[float, float]] = field(default_factory=dict)
    names_zh: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    impossible: list[str] = field(default_factory=list)


def read_city_daily(path: Path) -> CityDaily:
    """Read a daily city file.

    Values that cannot be (negative, above `GREATEST`) are taken as missing, rows that change an
    earlier one replace it; each kind is told in one warning.

    Raises:
        InputError: The file cannot be read, lacks a column or any row, or rows are wrong; the
            text names each wrong row by its line.
    """
    rows = _Rows(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            _read(rows, csv.DictReader(file, restkey="", strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        msg = f"The daily city file '{path}' cannot be read: {error}."
        raise InputError(msg) from error
    _refuse(rows)
    _tell("rows repeat a city and day with other values; the later row counts", rows.replaced)
    _tell("values cannot be and count as missing", rows.impossible)
    return _arranged(rows)


def _read(rows: _Rows, reader: "csv.DictReader[str]") -> None:
    header = list(reader.fieldnames or ())
    lacking = [name for name in _REQUIRED if name not in header]
    if lacking:
        msg = (
            f"The daily city file '{rows.path}' lacks the column(s) '{', '.join(lacking)}'; its "
            f"first line is '{','.join(header)[:200]}'. Give at least {', '.join(_REQUIRED)}."
        )
        raise InputError(msg)
    for record in reader:
        _take(rows, reader.line_num, record)


def _take(rows: _Rows, line: int, record: dict[str, str]) -> None:
    """Check one row and keep it."""
    if "" in record or None in record.values():
        rows.problems.append(f"line {line} has more or fewer cells than the first line")
        return
    if record == dict(zip(record, record, strict=True)):
        return  # the first line once more, where files were joined
    city = record["city_en"].strip()
    try:
        day = date.fromisoformat(record["date"].strip()[:10])
    except ValueError:
        rows.problems.append(f"line {line}: date '{record['date']}' is not of the form YYYY-MM-DD")
        return
    if not city:
        rows.problems.append(f"line {line}: city_en is empty")
        return
    found = [_number(rows, line, record, column) for _, column in _COLUMNS]
    earlier = rows.cells.get((city, day))
    if earlier is not None:
        merged = [old if new != new else new for new, old in zip(found, earlier, strict=True)]
        if any(old == old and old != new for new, old in zip(merged, earlier, strict=True)):
            rows.replaced.append(f"line {line} ({city}, {day})")
        found = merged
    rows.cells[city, day] = found
    place = (_number(rows, line, record, "lon"), _number(rows, line, record, "lat"))
    if place[0] == place[0] and place[1] == place[1]:
        rows.places.setdefault(city, place)
    rows.names_zh.setdefault(city, record.get("city", "").strip() or city)


def _number(rows: _Rows, line: int, record: dict[str, str], column: str) -> float:
    """One cell as a number, NaN where it is missing, absent or impossible."""
    text = record.get(column, "").strip()
    if text.lower() in ABSENT_WORDS:
        return np.nan
    try:
        value = float(text)
    except ValueError:
        rows.problems.append(f"line {line}: {column} '{text}' is not a number")
        return np.nan
    if not 0.0 <= value <= GREATEST:
        rows.impossible.append(f"line {line} ({column} '{text}')")
        return np.nan
    return value


def _refuse(rows: _Rows) -> None:
    """Raise what is wrong with the file, all at once."""
    count = len(rows.problems)
    if count:
        told = "\n  ".join(rows.problems[:TOLD])
        more = f"\n  and {count - TOLD} more" if count > TOLD else ""
        msg = f"The daily city file '{rows.path}' has {count} error(s):\n  {told}{more}"
        raise InputError(msg)
    if not rows.cells:
        msg = f"The daily city file '{rows.path}' holds no row; at least one was expected."
        raise InputError(msg)


def _tell(what: str, where: Iterable[str]) -> None:
    found = list(where)
    if found:
        logger.warning("%d %s, the first: %s", len(found), what, found[0])


def _arranged(rows: _Rows) -> CityDaily:
    """Put the rows on a calendar."""
    cities = tuple(sorted({city for city, _ in rows.cells}))
    every = [day for _, day in rows.cells]
    first = np.datetime64(min(every), "D")
    days = np.arange(first, np.datetime64(max(every), "D") + 1)
    table: Float = np.full((len(_COLUMNS), len(cities), days.size), np.nan)
    place = {city: index for index, city in enumerate(cities)}
    for (city, day), found in rows.cells.items():
        table[:, place[city], int((np.datetime64(day, "D") - first).astype(int))] = found
    nowhere = (np.nan, np.nan)
    where = np.array([rows.places.get(city, nowhere) for city in cities])
    count = len(CITY_POLLUTANTS)
    return CityDaily(
        cities=cities,
        days=days,
        values=table[:count],
        aqi=table[count],
        aqi_low=table[count + 1],
        aqi_high=table[count + 2],
        longitude=where[:, 0],
        latitude=where[:, 1],
        names_zh=tuple(rows.names_zh[city] for city in cities),
    )
