"""Tables of daily city forecasts: what `forecast hindcast --member statistical` writes.

Columns: `cycle` (the local day on which the forecast is made, from data up to the day before, or
the start of a cycle as YYYY-MM-DDTHH, UTC), `city_en`, `lead_day`, `valid_date` and `aqi_p50` or
`pm25_mean` must be there; means of the other pollutants, quantiles, probabilities and
`primary_pollutant` (several joined by ";") are read where they are; others are ignored.
"""

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from forecast.common.cycle import Cycle
from forecast.common.errors import CycleError, InputError
from forecast.fields.city_forecast import AQI_POLLUTANTS, SYMBOLS
from forecast.storage.atomic import missing_file

VALUES = (*(f"{name}_mean" for name in AQI_POLLUTANTS[:5]), "o3_mda8")
QUANTILES = ("pm25_p10", "pm25_p50", "pm25_p90")
PROBABILITIES = ("p_aqi_gt100", "p_aqi_gt150", "p_aqi_gt200", "p_aqi_gt300")
_REQUIRED = ("cycle", "city_en", "lead_day", "valid_date")
_TOLD = 10


@dataclass(frozen=True)
class TableRow:
    """One line of a table; NaN where a value is missing.

    Attributes:
        cycle: Start of the cycle; a day stands for 00 UTC, 08:00 local, so that the day before was
            the last one known and the day after is lead day 1.
        city: English name.
        lead_day: Number of the day.
        day: The local day that is forecast.
        values: In the order of `AQI_POLLUTANTS`.
        aqi: Median AQI.
        primary: Names of primary pollutants; None when the table has no such column.
        probability: Of an AQI above 100, 150, 200 and 300.
        quantiles: Of PM2.5 at 10, 50 and 90 %.
    """

    cycle: Cycle
    city: str
    lead_day: int
    day: date
    values: tuple[float, ...]
    aqi: float
    primary: tuple[str, ...] | None
    probability: tuple[float, ...]
    quantiles: tuple[float, ...]


def read_forecast_table(path: Path) -> tuple[TableRow, ...]:
    """Read a table.

    Raises:
        InputError: The file is missing, lacks a column or a row, or rows are wrong; the first
            errors at once, each with its line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            names = set(reader.fieldnames or ())
            _check_columns(path, names)
            found = list(_rows(path, reader, names))
    except FileNotFoundError as error:
        raise missing_file(path, "a table of city forecasts") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        msg = f"The forecast table '{path}' cannot be read ({error}); give a CSV file in UTF-8."
        raise InputError(msg) from error
    if not found:
        msg = f"The forecast table '{path}' holds no forecast; name one that does."
        raise InputError(msg)
    return tuple(found)


def _check_columns(path: Path, names: set[str]) -> None:
    lacking = [name for name in _REQUIRED if name not in names]
    if not names & {"aqi_p50", "pm25_mean"}:
        lacking.append("aqi_p50 or pm25_mean")
    if lacking:
        msg = (
            f"The forecast table '{path}' lacks the column(s) {', '.join(lacking)}; its first line "
            f"names {', '.join(sorted(names)) or 'nothing'}."
        )
        raise InputError(msg)


def _rows(path: Path, reader: "csv.DictReader[str]", names: set[str]) -> Iterator[TableRow]:
    problems = []
    for cells in reader:
        try:
            yield _row(cells, named="primary_pollutant" in names)
        except (ValueError, CycleError) as error:
            problems.append(f"line {reader.line_num}: {error}")
    if problems:
        more = f"; and {len(problems) - _TOLD} more" if len(problems) > _TOLD else ""
        msg = (
            f"The forecast table '{path}' has {len(problems)} wrong line(s): "
            f"{'; '.join(problems[:_TOLD])}{more}. Correct them."
        )
        raise InputError(msg)


def _row(cells: dict[str, str], *, named: bool) -> TableRow:
    text = cells["cycle"] or ""
    if "T" not in text:
        text = f"{date.fromisoformat(text)}T00"
    lead = int(cells["lead_day"])
    if lead < 1:
        msg = f"lead_day is '{lead}', which must be 1 or more"
        raise ValueError(msg)
    if not cells["city_en"]:
        msg = "city_en is empty"
        raise ValueError(msg)
    return TableRow(
        cycle=Cycle.parse(text),
        city=cells["city_en"],
        lead_day=lead,
        day=date.fromisoformat(cells["valid_date"] or ""),
        values=_numbers(cells, VALUES),
        aqi=_numbers(cells, ("aqi_p50",))[0],
        primary=_pollutants(cells["primary_pollutant"]) if named else None,
        probability=_numbers(cells, PROBABILITIES),
        quantiles=_numbers(cells, QUANTILES),
    )


def _numbers(cells: dict[str, str], names: tuple[str, ...]) -> tuple[float, ...]:
    """Read numbers; an empty cell is NaN."""
    found = []
    for name in names:
        text = (cells.get(name) or "").strip()
        value = float(text) if text else math.nan
        if math.isinf(value) or value < 0.0 or (name in PROBABILITIES and value > 1.0):
            msg = f"{name} is '{text}', which cannot be"
            raise ValueError(msg)
        found.append(value)
    return tuple(found)


def _pollutants(text: str | None) -> tuple[str, ...]:
    known = {symbol: name for name, symbol in SYMBOLS.items()}
    parts = [part.strip() for part in (text or "").split(";") if part.strip()]
    unknown = [part for part in parts if part not in known and part not in AQI_POLLUTANTS]
    if unknown:
        msg = f"primary_pollutant names '{', '.join(unknown)}'; there are {', '.join(known)}"
        raise ValueError(msg)
    return tuple(known.get(part, part) for part in parts)
