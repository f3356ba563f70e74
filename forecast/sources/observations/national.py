"""The national hourly releases, in the two layouts that archives of them use.

* `sites`: one file a day, `date,hour,type` and one column a station code; types such as PM2.5.
* `hours`: one file an hour, one row a station.

Labels are Beijing time and the end of the hour: after each full hour the network reports the hour
before. Concentrations in ug m-3, CO in mg m-3; they refer to the state in force at their date.
Other types (24-hour means, index) are not read: they follow from the hours.
"""

import csv
import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from forecast.fields.arrays import Single, Times
from forecast.fields.observations import Readings, StationRecord
from forecast.sources.observations.dense import LOCAL, readings_of
from forecast.sources.observations.reading import broken, number, opened, require_columns

logger = logging.getLogger(__name__)

SITE_TYPES = {"PM2.5": "pm25", "PM10": "pm10", "SO2": "so2", "NO2": "no2", "CO": "co", "O3": "o3"}
"""Types of the layout `sites` that are hourly means."""
HOUR_COLUMNS = {
    "pm2_5": "pm25",
    "pm10": "pm10",
    "so2": "so2",
    "no2": "no2",
    "co": "co",
    "o3_24h": "o3",
}
"""Columns of the layout `hours`. Its four ozone headings are swapped: the hour stands below
`o3_24h`, and below `o3` stands the greatest hour of the day so far."""
_GREATEST_HOUR = "o3"
_SOME = 20
"""So many rows with both ozone columns are needed to tell which of them is the maximum."""
_TOLERATED = 0.02
"""Share of rows in which the maximum may lie below the hour, through corrections."""
_EXPECTED = "dates and numbers"
Known = Mapping[str, StationRecord]


def read_sites(path: Path, known: Known, received: np.datetime64 | None = None) -> Readings:
    """Read a file of the layout `sites`.

    Args:
        path: `china_sites_YYYYMMDD.csv`, packed or not.
        known: Stations by code, for their places; others get a record with their code only.
        received: From when all of it was known, UTC; None: an hour after each hour's end.

    Raises:
        InputError: It is not such a file, or a row is wrong.
    """
    blocks: dict[tuple[str, np.datetime64], list[float]] = {}
    with opened(path) as file:
        reader = csv.reader(file)
        header = next(reader, [])
        require_columns(path, header, ("date", "hour", "type"))
        day, hour, kind = (header.index(name) for name in ("date", "hour", "type"))
        columns = [i for i, name in enumerate(header) if i not in {day, hour, kind} and name]
        for line in reader:
            if len(line) != len(header):
                what = f"line {reader.line_num} has {len(line)} cells and not {len(header)}"
                raise broken(path, what, "as many cells in every line as in the first")
            if line[kind] not in SITE_TYPES:
                continue
            try:
                time = _label(line[day], line[hour])
                blocks[SITE_TYPES[line[kind]], time] = [number(line[i]) for i in columns]
            except ValueError as error:
                raise broken(path, f"line {reader.line_num}: {error}", _EXPECTED) from error
    names = list(dict.fromkeys(name for name, _ in blocks))
    times = np.unique(np.array([time for _, time in blocks], "datetime64[s]"))
    values = {name: np.full((len(columns), times.size), np.nan, np.float32) for name in names}
    for (name, time), numbers in blocks.items():
        values[name][:, np.searchsorted(times, time)] = numbers
    return _table(path, [header[i].strip() for i in columns], times, values, known, received)


def read_hours(path: Path, known: Known, received: np.datetime64 | None = None) -> Readings:
    """Read a file of the layout `hours`; arguments as of `read_sites`.

    The place and city that a row gives are taken for stations that are not known.

    Raises:
        InputError: It is not such a file, a row is wrong, or its ozone headings are not swapped
            in the way that is known.
    """
    told = dict(known)
    rows: dict[tuple[str, np.datetime64], dict[str, float]] = {}
    with opened(path) as file:
        reader = csv.DictReader(file)
        columns = (*HOUR_COLUMNS, _GREATEST_HOUR)
        require_columns(path, list(reader.fieldnames or ()), ("timepoint", "stationcode", *columns))
        for row in reader:
            if None in row or None in row.values():
                what = f"line {reader.line_num} has too many or too few cells"
                raise broken(path, what, "as many cells in every line as in the first")
            code = row["stationcode"].strip()
            try:
                cells = {name: number(row[name]) for name in columns}
                rows[code, _timepoint(row["timepoint"])] = cells
            except ValueError as error:
                raise broken(path, f"line {reader.line_num}: {error}", _EXPECTED) from error
            told.setdefault(code, _described(code, row))
    _check_ozone(path, [cells[_GREATEST_HOUR] - cells["o3_24h"] for cells in rows.values()])
    codes = list(dict.fromkeys(code for code, _ in rows))
    times = np.unique(np.array([time for _, time in rows], "datetime64[s]"))
    shape = (len(codes), times.size)
    values = {name: np.full(shape, np.nan, np.float32) for name in HOUR_COLUMNS.values()}
    place = {code: index for index, code in enumerate(codes)}
    for (code, time), cells in rows.items():
        for column, name in HOUR_COLUMNS.items():
            values[name][place[code], np.searchsorted(times, time)] = cells[column]
    return _table(path, codes, times, values, told, received)


def _check_ozone(path: Path, differences: list[float]) -> None:
    """Make sure that the maximum of the day is not below the hour now."""
    both = [value for value in differences if value == value]
    below = sum(value < 0.0 for value in both)
    if len(both) >= _SOME and below > _TOLERATED * len(both):
        what = (
            f"in {below} of {len(both)} rows the ozone below 'o3', which in this layout is the "
            "greatest hour of the day, is less than that of the hour now below 'o3_24h'"
        )
        raise broken(path, what, "the swapped ozone headings of this layout, and no others")
    if len(both) < _SOME:
        logger.warning(
            "'%s' has %d rows with ozone, too few to check which column is the hour",
            path,
            len(both),
        )


def _table(
    path: Path,
    codes: list[str],
    times: Times,
    values: Mapping[str, Single],
    known: Known,
    received: np.datetime64 | None,
) -> Readings:
    if not values or not times.size:
        raise broken(path, "it holds no row of an hourly mean", "at least one hour")
    if len(set(codes)) < len(codes):
        twice = next(code for code in codes if codes.count(code) > 1)
        raise broken(path, f"the station '{twice}' is there twice", "each station once")
    kept = {name: np.where(block < 0.0, np.nan, block) for name, block in values.items()}
    stations = [known.get(code, StationRecord(code)) for code in codes]
    return readings_of(stations, times, kept, received)


def _label(day: str, hour: str) -> np.datetime64:
    """Label of a date YYYYMMDD and an hour 0 to 24 in Beijing, UTC."""
    date = np.datetime64(f"{day[:4]}-{day[4:6]}-{day[6:8]}", "s")
    return date + np.timedelta64(int(hour), "h") - LOCAL


def _timepoint(text: str) -> np.datetime64:
    """Label such as `2018-05-13 10:00:00` or `2018-05-13T10:00:00Z`, Beijing time, as UTC."""
    return np.datetime64(text.strip().replace(" ", "T").rstrip("Z"), "s") - LOCAL


def _described(code: str, row: Mapping[str, str]) -> StationRecord:
    def place(name: str) -> float:
        try:
            return number(row.get(name, ""))
        except ValueError:
            return float("nan")

    name = row.get("positionname", "").strip()
    return StationRecord(code, name, "", place("longitude"), place("latitude"))
