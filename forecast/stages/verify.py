"""Verification of the forecasts of a cycle or a period."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from forecast.aqi.standard import StandardSet
from forecast.common.cycle import Cycle
from forecast.common.errors import InputError
from forecast.config.load import PROJECT
from forecast.config.root import Configuration
from forecast.config.run import RunPaths
from forecast.fields.city_forecast import AQI_POLLUTANTS
from forecast.stages.verify_observed import read_observed
from forecast.stages.verify_rows import run_forecasts, table_forecasts
from forecast.stages.verify_warnings import observed_warnings, proposals_of_table
from forecast.storage.atomic import write_text
from forecast.verification.cubes import O3, DayForecast, Stream
from forecast.verification.observed import of_city_daily
from forecast.verification.report import report_page
from forecast.verification.scores_table import score_rows, spell_rows
from forecast.verification.summary import StreamForecasts, Verification, verify
from forecast.warning.replay import daily_index
from forecast.warning.rules import select_rules


@dataclass(frozen=True)
class Period:
    """Which forecasts are verified.

    Attributes:
        runs: Folders of the cycles' runs, oldest first.
        tables: Tables of forecasts with the stream that each belongs to.
    """

    runs: tuple[RunPaths, ...] = ()
    tables: tuple[tuple[Stream, Path], ...] = ()


def find_runs(folder: Path, first: str, last: str) -> tuple[RunPaths, ...]:
    """Find the runs of a period.

    Args:
        folder: Folder of all runs.
        first: First cycle or local day; empty: from the beginning.
        last: Last one; a day holds all its cycles; empty: to the end.

    Raises:
        InputError: There is none with products.
    """
    names = sorted(path.parent.name for path in folder.glob("*/latest"))
    end = last if "T" in last else f"{last}T99"
    chosen = [name for name in names if name >= first and (not last or name <= end)]
    if not chosen:
        msg = (
            f"There is no run with products between '{first or 'the first'}' and "
            f"'{last or 'the last'}' in '{folder}'; name another --runs or period."
        )
        raise InputError(msg)
    return tuple(_run(folder / name) for name in chosen)


def one_run(folder: Path, cycle: str) -> RunPaths:
    """The run of one cycle with its newest complete revision.

    Raises:
        InputError: It has no products.
    """
    return _run(folder / Cycle.parse(cycle).name)


def _run(folder: Path) -> RunPaths:
    run = RunPaths(folder.resolve())
    revision = run.latest_revision
    if revision is None:
        msg = (
            f"The run '{folder}' has no products to verify; finish it with `forecast run "
            f"{folder.name}`, or name another --runs."
        )
        raise InputError(msg)
    return run.of_revision(revision)


def verify_period(period: Period, observations: Path, configuration: Configuration) -> Verification:
    """Score the forecasts of a period.

    Args:
        period: Which.
        observations: A daily city file, or the folder of an observation store.
        configuration: AQI standards and warning rules.

    Raises:
        InputError: A file cannot be used, or nothing can be compared.
    """
    standards = StandardSet.read(PROJECT / configuration.aqi.folder, configuration.aqi.standard)
    observed = read_observed(observations, standards)
    counted = observed.pollutants
    runs = [run_forecasts(stream, period.runs, standards, counted) for stream in Stream]
    tables = [table_forecasts(stream, path) for stream, path in period.tables]
    rows = [row for part in (*runs, *tables) for row in part.rows]
    if not rows:
        msg = (
            "The runs hold no forecast of a stream; the raw one comes from the stage `index`. "
            "Finish them, or give a table with --forecasts."
        )
        raise InputError(msg)
    first = min(row.day for row in rows).astype(object)
    options = configuration.warning
    rules = select_rules(PROJECT / options.folder, options.rules, first)
    index = daily_index(observed.daily, rules.pollutants, standards)
    judged = [replace(own, proposals=proposals_of_table(own.rows, rules, index)) for own in tables]
    notes: list[str] = []
    if not rules.in_force(first):
        notes.append(f"Warnings are judged by {rules.title} ({rules.id}), not in force on {first}.")
    alone = any(np.isfinite(row.values[O3]) and not row.aqi_members for row in rows)
    if alone and "o3" not in counted:
        notes.append(
            "Forecasts without members may count ozone in their index, the observed one does not: "
            "daily files hold no greatest 8-hour mean. Days that ozone decides are compared "
            "unfairly."
        )
    return verify(
        _joined([*runs, *judged]),
        of_city_daily(observed.daily, observed.mda8, standards, _index_pollutants(rows, counted)),
        standards,
        observed_warnings(index, rules),
        notes,
    )


def _joined(parts: Sequence[StreamForecasts]) -> list[StreamForecasts]:
    """Join what runs and tables hold of each stream."""
    found = []
    for stream in Stream:
        own = [part for part in parts if part.stream is stream and part.rows]
        known = [entry for part in own for entry in part.proposals or ()]
        if own:
            found.append(
                StreamForecasts(
                    stream=stream,
                    rows=tuple(row for part in own for row in part.rows),
                    members=next((part.members for part in own if part.members), ()),
                    proposals=tuple(known) or None,
                )
            )
    return found


def _index_pollutants(rows: Sequence[DayForecast], observed: Sequence[str]) -> tuple[str, ...]:
    """Pollutants of the observed index: those that are forecast, as far as observed."""
    there = np.isfinite(np.array([row.values for row in rows])).any(axis=0)
    forecast = {name for name, given in zip(AQI_POLLUTANTS, there, strict=True) if given}
    if forecast <= {"pm25"}:
        # such a table gives an AQI without the other pollutants: all but ozone may be in it
        return tuple(name for name in observed if name != "o3")
    return tuple(name for name in observed if name in forecast)


def keep_verification(folder: Path, verification: Verification) -> tuple[Path, ...]:
    """Write report and tables, each whole or not at all.

    Returns:
        Their paths, the report first.

    Raises:
        OutputError: The disk refuses one.
    """
    report, scores, spells = (
        folder / name for name in ("report.html", "scores.csv", "warnings.csv")
    )
    write_text(report, report_page(verification))
    write_text(scores, _csv(score_rows(verification)))
    written = [report, scores]
    rows = list(spell_rows(verification))
    if rows:
        write_text(spells, _csv(rows))
        written.append(spells)
    return tuple(written)


def _csv(rows: Iterable[dict[str, object]]) -> str:
    text = io.StringIO()
    writer = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(text, list(row), lineterminator="\n")
            writer.writeheader()
        writer.writerow(row)
    return text.getvalue()
