"""Archived forecasts of anybody: read pairs, calibrate, write them back with scores."""

import csv
import io
import logging
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from forecast.common.errors import InputError
from forecast.fields.arrays import Float, Integers
from forecast.postprocess.archived import Calibrated, Pairs, calibrate
from forecast.postprocess.sample import LEVELS, at_scores, pinball
from forecast.storage.atomic import write_text
from forecast.verification.deterministic import score_pairs

logger = logging.getLogger(__name__)

REQUIRED = ("valid_date", "lead_day", "site", "pollutant", "forecast", "observed")
"""Columns that a file of pairs has; further number columns are predictors."""
WRITTEN = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Quantiles that are written."""
WRITTEN_SCORES: Float = np.array([-1.28155, -0.67449, 0.0, 0.67449, 1.28155])
"""The same as normal scores."""
HEAVY = {"pm25": 150.0, "pm10": 350.0, "aqi": 200.0}
"""From which daily value on a day is heavy (AQI > 200); others: the 90 % quantile of training."""
SCORE_COLUMNS = (
    "pollutant", "lead_day", "which", "rows", "nmb", "nme", "rmse", "r", "crps", "heavy_above",
    "heavy_days", "heavy_hits", "heavy_false",
)  # fmt: skip
"""Columns of the table of scores."""


@dataclass(frozen=True)
class CalibrationTable:
    """What a calibration gave.

    Attributes:
        rows: Number of calibrated rows.
        scores: Rows of the table of scores, under `SCORE_COLUMNS`.
    """

    rows: int
    scores: list[list[str]]


def calibrate_file(source: Path, train_until: np.datetime64, out: Path) -> CalibrationTable:
    """Calibrate a file of pairs; beside it `<stem>_scores.csv` has the scores before and after.

    Args:
        source: CSV with the columns `REQUIRED` and any further number columns as predictors.
        train_until: Last valid day of the first training.
        out: The rows after that day, with `calibrated`, quantiles and `learned` added.

    Raises:
        InputError: The file is wrong, or nothing lies after the training.
    """
    header, records = _records(source)
    further = tuple(name for name in header if name not in REQUIRED)
    written: dict[int, list[str]] = {}
    scores: list[list[str]] = []
    pollutants = sorted({record["pollutant"] for record in records})
    for pollutant in pollutants:
        place = np.array([n for n, entry in enumerate(records) if entry["pollutant"] == pollutant])
        pairs = _pairs(source, [records[n] for n in place], place, further)
        found = calibrate(pairs, train_until)
        if not found.learned.all():
            logger.warning(
                "%s: %d of %d rows pass through raw: too little was known to learn from",
                pollutant,
                int((~found.learned).sum()),
                found.learned.size,
            )
        shown = np.exp(at_scores(np.log(found.quantiles), WRITTEN_SCORES))
        for row, mean, quantiles, learned in zip(
            found.rows, found.mean, shown, found.learned, strict=True
        ):
            cells = [f"{value:.3f}" for value in (mean, *quantiles)]
            written[int(place[row])] = [*cells, str(bool(learned)).lower()]
        scores += _scores(pollutant, pairs, found, train_until)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    quantile_names = [f"q{round(100 * level)}" for level in WRITTEN]
    writer.writerow([*header, "calibrated", *quantile_names, "learned"])
    for number in sorted(written):
        writer.writerow([*(records[number][name] for name in header), *written[number]])
    write_text(out, text.getvalue())
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows([list(SCORE_COLUMNS), *scores])
    write_text(out.with_name(f"{out.stem}_scores.csv"), table.getvalue())
    return CalibrationTable(len(written), scores)


def _records(source: Path) -> tuple[list[str], list[dict[str, str]]]:
    try:
        with source.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restkey="")
            header, records = list(reader.fieldnames or ()), list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        msg = f"The pairs '{source}' cannot be read: {error}."
        raise InputError(msg) from error
    lacking = [name for name in REQUIRED if name not in header]
    ragged = [n for n, row in enumerate(records, 2) if "" in row or None in row.values()]
    if lacking or not records or ragged:
        what = f"lacks the column(s) '{', '.join(lacking)}'" if lacking else "holds no row"
        if ragged and not lacking:
            what = f"has more or fewer cells than its first line in row {ragged[0]}"
        msg = f"The pairs '{source}' cannot be used: the file {what}. Needed: {','.join(REQUIRED)}."
        raise InputError(msg)
    return header, records


def _pairs(
    source: Path, records: list[dict[str, str]], place: Integers, further: tuple[str, ...]
) -> Pairs:
    """Check the rows of one pollutant."""
    problems: list[str] = []

    def number(row: int, name: str, *, needed: bool = False) -> float:
        text = records[row][name].strip()
        try:
            value = float(text or "nan")
        except ValueError:
            value = np.inf
        if np.isinf(value) or (needed and np.isnan(value)):
            problems.append(f"row {place[row] + 2}: {name} '{text}' is not a number")
        return value

    def day(row: int) -> str:
        text = records[row]["valid_date"].strip()[:10]
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            problems.append(f"row {place[row] + 2}: valid_date '{text}' is not YYYY-MM-DD")
            return "1970-01-01"

    count = range(len(records))
    sites = sorted({record["site"] for record in records})
    leads = np.array([number(row, "lead_day", needed=True) for row in count])
    columns = [[number(row, name) for name in further] for row in count]
    forecast = np.array([number(row, "forecast", needed=True) for row in count])
    observed = np.array([number(row, "observed") for row in count])
    valid = np.array([day(row) for row in count], dtype="datetime64[D]")
    if np.any(leads != np.rint(leads)) or np.any(leads < 0):
        problems.append("lead_day must be a whole number from 0")
    if problems:
        shown = "\n  ".join(problems[:20])
        msg = f"The pairs '{source}' have {len(problems)} error(s):\n  {shown}"
        raise InputError(msg)
    return Pairs(
        valid=valid,
        lead=leads.astype(np.int64),
        site=np.array([sites.index(record["site"]) for record in records], dtype=np.int64),
        forecast=forecast,
        observed=observed,
        further=np.array(columns, dtype=np.float64).reshape(len(records), len(further)),
        further_names=further,
    )


def _scores(
    pollutant: str, pairs: Pairs, found: Calibrated, train_until: np.datetime64
) -> list[list[str]]:
    """Scores by lead, before and after, on the same rows."""
    past = pairs.observed[pairs.valid <= train_until]
    past = past[np.isfinite(past)]
    heavy = HEAVY.get(pollutant, float(np.quantile(past, 0.9)) if past.size else np.inf)
    observed, lead = pairs.observed[found.rows], pairs.lead[found.rows]
    raw = pairs.forecast[found.rows]
    sharp = np.tile(raw[:, None], LEVELS.size)
    rows = []
    for number in np.unique(lead):
        inside = (lead == number) & np.isfinite(observed)
        for which, value, quantiles in (
            ("raw", raw, sharp),
            ("calibrated", found.mean, found.quantiles),
        ):
            told = _line(value[inside], quantiles[inside], observed[inside], heavy)
            rows.append([pollutant, str(number), which, *told])
    return rows


def _line(value: Float, quantiles: Float, observed: Float, heavy: float) -> list[str]:
    if not observed.size:
        return ["0", *[""] * 9]
    scores = score_pairs(value, observed)
    told, came = value > heavy, observed > heavy
    numbers = (scores.nmb, scores.nme, scores.rmse, scores.r, pinball(quantiles, observed).mean())
    counts = (int(came.sum()), int((told & came).sum()), int((told & ~came).sum()))
    return [
        str(observed.size),
        *(f"{float(entry):.3f}" for entry in numbers),
        f"{heavy:g}",
        *map(str, counts),
    ]
