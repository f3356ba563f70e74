"""A table of readings as a Parquet file; what it tells about its stations is in its metadata."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.common.errors import InputError
from forecast.fields.observations import COLUMNS, Readings, StationRecord
from forecast.grid.stations import StationKind
from forecast.storage.atomic import missing_file, replacing

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP = 122_880
"""Rows that are read together; small enough that a few stations need few of them."""
_STATIONS = b"stations"


def write_readings(
    path: Path, readings: Readings, described: Sequence[StationRecord] | None = None
) -> None:
    """Write a table whole or not at all, sorted by pollutant, station and time.

    Args:
        path: The file.
        readings: The table.
        described: Stations that the file describes; None: all of the table.

    Raises:
        OutputError: The disk is full or refuses it.
    """
    import pyarrow.parquet as pq

    told = readings.stations if described is None else described
    table = to_arrow(readings).replace_schema_metadata(
        {_STATIONS: json.dumps(records_of(told), ensure_ascii=False).encode()}
    )
    with replacing(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", row_group_size=ROW_GROUP)


def read_readings(path: Path) -> Readings:
    """Read such a file.

    Raises:
        InputError: It is missing, damaged or not ours.
    """
    import pyarrow.parquet as pq

    if not path.exists():
        raise missing_file(path, "a table of readings")
    try:
        return from_arrow(pq.read_table(path, partitioning=None), told_stations(path))
    except (OSError, ValueError, KeyError) as error:
        msg = (
            f"'{path}' is no readable table of readings ({error}); expected a Parquet file with "
            f"the columns {', '.join(COLUMNS)}. Make it anew with the stage 'observe'."
        )
        raise InputError(msg) from error


def told_stations(path: Path) -> dict[str, StationRecord]:
    """Stations that a file describes, by code; none when it cannot be read or tells none."""
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_schema(path).metadata or {}
    except (OSError, ValueError):
        return {}  # whoever reads the rows says what is wrong with the file
    return records_from(json.loads(metadata.get(_STATIONS, b"[]")))


def records_of(stations: Iterable[StationRecord]) -> list[dict[str, Any]]:
    """Put stations as plain data; a place that is not known is null, for JSON has no NaN."""
    return [
        {name: None if value != value else value for name, value in asdict(record).items()}
        for record in stations
    ]


def records_from(content: Iterable[dict[str, Any]]) -> dict[str, StationRecord]:
    """Read what `records_of` made, by code."""
    found: dict[str, StationRecord] = {}
    for record in content:
        places = {
            name: float("nan") if record[name] is None else float(record[name])
            for name in ("longitude", "latitude")
        }
        kind = StationKind(record["kind"])
        found[record["code"]] = StationRecord(**{**record, **places, "kind": kind})
    return found


def to_arrow(readings: Readings) -> "pa.Table":
    """Make an Arrow table with codes and names instead of places, sorted."""
    import pyarrow as pa

    codes = np.array([record.code for record in readings.stations], dtype=object)
    names = np.array(readings.pollutants, dtype=object)
    by_code = np.argsort(np.argsort(codes))
    by_name = np.argsort(np.argsort(names))
    keys = (
        readings.received,
        readings.time,
        by_code[readings.station],
        by_name[readings.pollutant],
    )
    rows = readings.take(np.lexsort(keys))
    columns: dict[str, Any] = {}
    for name, dtype in COLUMNS.items():
        values = getattr(rows, name)
        if dtype.startswith("datetime"):
            values = values.astype("datetime64[ms]")
        columns[name] = pa.array(values)
    for name, texts in (("station", codes), ("pollutant", names)):
        words = pa.array(texts, type=pa.string())
        columns[name] = pa.DictionaryArray.from_arrays(columns[name], words)
    return pa.table(columns)


def from_arrow(table: "pa.Table", known: dict[str, StationRecord]) -> Readings:
    """Make a table of readings of an Arrow table.

    Args:
        table: With the columns of `COLUMNS`, station and pollutant as text.
        known: What is known of stations; the others get a record with their code only.
    """
    codes, station = _encoded(table, "station")
    names, pollutant = _encoded(table, "pollutant")
    found: dict[str, Any] = {"station": station, "pollutant": pollutant}
    for name, dtype in COLUMNS.items():
        if name not in found:
            found[name] = table.column(name).to_numpy()
        found[name] = found[name].astype(dtype, copy=False)
    return Readings(
        stations=tuple(known.get(code, StationRecord(code)) for code in codes),
        pollutants=tuple(names),
        **found,
    )


def _encoded(table: "pa.Table", name: str) -> tuple[list[str], Any]:
    """Texts of a column, and the place of each row among them."""
    import pyarrow as pa

    column = table.column(name).combine_chunks()
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    if isinstance(column, pa.ChunkedArray):
        column = column.unify_dictionaries().combine_chunks()
    return column.dictionary.to_pylist(), column.indices.to_numpy(zero_copy_only=False)
