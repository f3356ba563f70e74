"""Any CSV with one row a station and hour; the configuration says what its columns mean."""

import csv
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np

from forecast.config.observations import CsvLayout, Label, Unit
from forecast.fields.observations import HOUR, Readings, StationRecord
from forecast.sources.observations.reading import broken, number, opened, require_columns
from forecast.sources.observations.rows import Rows


def read_csv(
    path: Path,
    known: Mapping[str, StationRecord],
    layout: CsvLayout,
    received: np.datetime64 | None = None,
) -> Readings:
    """Read a file.

    Args:
        path: The file, packed by gzip or not.
        known: Stations by code, for their places.
        layout: What its columns mean.
        received: From when all of it was known, UTC; None: an hour after each hour's end.

    Raises:
        InputError: It lacks columns, or a row is wrong.
    """
    rows = Rows.of(known)
    with opened(path) as file:
        reader = csv.DictReader(file)
        header = list(reader.fieldnames or ())
        require_columns(path, header, (layout.time, layout.station))
        columns = {name: column for name, column in layout.columns.items() if column in header}
        if not columns:
            wanted = ", ".join(layout.columns.values())
            raise broken(path, "it has no column of a pollutant", f"one of {wanted}")
        for row in reader:
            try:
                end = _end(row[layout.time], layout)
                for name, column in columns.items():
                    unit = layout.units.get(name, Unit.UG)
                    value = number(row[column])
                    rows.add(row[layout.station].strip(), name, end, value, unit, layout.state)
            except (ValueError, AttributeError) as error:
                raise broken(
                    path, f"line {reader.line_num}: {error}",
                    "times and numbers as observations.csv of the configuration says",
                ) from error  # fmt: skip
    return rows.table(received)


def _end(text: str, layout: CsvLayout) -> np.datetime64:
    """End of the hour that a time names, UTC."""
    text = text.strip()
    form = layout.time_format
    time = datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007
    if time.tzinfo is None:
        time = time.replace(tzinfo=timezone(timedelta(hours=layout.utc_offset_hours)))
    end = np.datetime64(time.astimezone(UTC).replace(tzinfo=None), "s")
    return end if layout.label is Label.END else end + np.timedelta64(HOUR, "s")
