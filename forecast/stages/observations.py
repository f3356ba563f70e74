"""Observations from files into the store, and out of it for whoever asks."""

import csv
import io
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from forecast.aqi.standard import StandardSet
from forecast.common.errors import ConfigurationError, InputError
from forecast.config.load import project_path
from forecast.config.observations import ObservationsConfig
from forecast.config.root import Configuration
from forecast.fields.city_daily import CITY_POLLUTANTS
from forecast.fields.observations import (
    Flag,
    Readings,
    ReferenceState,
    StationRecord,
    series,
    words,
)
from forecast.grid.stations import read_stations
from forecast.observations.quality import counts, flagged
from forecast.observations.reference_state import to_product_state
from forecast.sources.observations.national import read_hours, read_sites
from forecast.sources.observations.openaq import read_openaq
from forecast.sources.observations.plain_csv import read_csv
from forecast.sources.observations.uci_beijing import read_uci_beijing
from forecast.stages.verify_observed import observed_in
from forecast.storage.atomic import write_text
from forecast.storage.observation_sql import Wanted
from forecast.storage.observation_store import Compacted, ObservationStore

logger = logging.getLogger(__name__)

FORMATS = ("sites", "hours", "csv", "openaq", "uci-beijing")
"""Formats of files: the two layouts of the national releases, any CSV, OpenAQ, UCI Beijing."""
BEIJING = np.timedelta64(8, "h")
"""Beijing time is so far ahead of UTC."""
BATCH_ROWS = 2_000_000
"""Rows of many files that are landed together."""


@dataclass(frozen=True)
class Loaded:
    """What a load brought.

    Attributes:
        files: Files read.
        rows: Values landed.
        refused: Files that could not be used, with the reason.
    """

    files: int
    rows: int
    refused: tuple[str, ...]


def store_of(options: ObservationsConfig) -> ObservationStore:
    """Find the store that the configuration names.

    Raises:
        ConfigurationError: It names none.
    """
    if not options.store:
        msg = (
            "The configuration names no observation store; set observations.store to a folder, "
            "such as --set observations.store=observations."
        )
        raise ConfigurationError(msg)
    return ObservationStore(project_path(options.store))


def load(
    files: Sequence[Path], form: str, configuration: Configuration, received: str = ""
) -> Loaded:
    """Read files and land what they hold; a file that is wrong is named and left out.

    Args:
        files: Of one format.
        form: One of `FORMATS`.
        configuration: Names the store, the stations and the layout of CSV files.
        received: From when all of it was known, `YYYY-MM-DDTHH:MM`, UTC; empty: an hour after
            each hour's end, as is right for archives.
    """
    store = store_of(configuration.observations)
    read = _reader(form, configuration, np.datetime64(received, "s") if received else None)
    refused: list[str] = []
    parts: list[Readings] = []
    rows = 0
    for path in files:
        try:
            parts.append(read(path))
        except InputError as error:
            logger.error("%s", error)  # noqa: TRY400  (the sentence says it all; no traceback)
            refused.append(str(error))
        if sum(part.size for part in parts) > BATCH_ROWS:
            rows += _land(store, parts)
    rows += _land(store, parts)
    return Loaded(len(files) - len(refused), rows, tuple(refused))


def compact(options: ObservationsConfig) -> Compacted:
    """Sort what was landed into its months."""
    return store_of(options).compact()


def good_readings(found: Readings, options: ObservationsConfig) -> Readings:
    """Bring readings to the state of the products and add the flags of all checks."""
    return flagged(to_product_state(found), options.quality)


def table_text(found: Readings) -> str:
    """Put readings as CSV: local labels, one row a value, flags in words."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    head = ("station", "name", "city_en", "pollutant", "time_beijing", "value", "state")
    writer.writerow((*head, "received_utc", "flag"))
    times = np.datetime_as_string(found.time + BEIJING, "m")
    received = np.datetime_as_string(found.received, "m")
    for row in range(found.size):
        station = found.stations[found.station[row]]
        writer.writerow(
            (
                station.code,
                station.name,
                station.city_en,
                found.pollutants[found.pollutant[row]],
                times[row],
                f"{found.value[row]:.4g}",
                ReferenceState(int(found.state[row])).name,
                received[row],
                words(int(found.flag[row])),
            )
        )
    return out.getvalue()


def daily_text(found: Readings, configuration: Configuration) -> str:
    """Put readings as a daily city file, as `forecast verify` and `hindcast` read it.

    A city's hour is the mean of its evaluation sites that have a value without doubt, its day
    needs the hours that the standard asks for. Concentrations refer to the state of the products.

    Raises:
        InputError: There is no reading of a city's evaluation site.
    """
    table = good_readings(found, configuration.observations)
    aqi = configuration.aqi
    standards = StandardSet.read(project_path(aqi.folder), aqi.standard)
    origin = project_path(configuration.observations.store)
    observed = observed_in(table.take(table.flag == 0), standards, origin)
    daily = observed.daily
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    columns = [("o3_24h" if name == "o3" else name) for name in CITY_POLLUTANTS]
    writer.writerow(("city_en", "date", *columns, "o3_mda8"))
    block = np.concatenate([daily.values, observed.mda8[np.newaxis]])
    for city, name in enumerate(daily.cities):
        for day, date in enumerate(daily.days):
            values = block[:, city, day]
            if np.isfinite(values).any():
                cells = ["" if np.isnan(value) else f"{value:.4g}" for value in values]
                writer.writerow((name, str(date), *cells))
    return out.getvalue()


def write_table(path: Path, text: str) -> None:
    """Write a table, whole or not at all."""
    write_text(path, text)


def check_lines(found: Readings, options: ObservationsConfig) -> list[str]:
    """Say how many values each check doubts, and which stations most."""
    table = good_readings(found, options)
    if not table.size:
        return ["There are no readings of that time."]
    hourly = series(table)
    lines = [f"{table.size} values of {len(table.stations)} stations"]
    lines += [f"{number:8}  {text}" for text, number in counts(hourly).items() if number]
    doubts = np.uint16(~Flag.MISSING & 0xFFFF)
    for place, station in enumerate(hourly.stations):
        there = np.isfinite(hourly.values[:, place]).sum()
        bad = ((hourly.flags[:, place] & doubts) != 0).sum()
        if there and bad > 0.1 * there:
            share = f"{100 * bad / there:.0f} %"
            lines.append(f"{station.code} {station.name}: {share} of its values are doubted")
    return lines


def known_stations(configuration: Configuration) -> dict[str, StationRecord]:
    """Stations of the table of places, by code."""
    table = read_stations(project_path(configuration.places.stations))
    return {station.code: StationRecord.of(station) for station in table}


def wanted_days(
    begin: str, end: str, pollutants: Sequence[str] | None, stations: Sequence[str] | None
) -> Wanted:
    """Rows of some local days, the first and the last included.

    Raises:
        InputError: A day is not of the form YYYY-MM-DD.
    """
    try:
        first = np.datetime64(begin, "D").astype("datetime64[s]") - BEIJING
        last = np.datetime64(end, "D").astype("datetime64[s]") - BEIJING
    except ValueError as error:
        msg = f"The days '{begin}' and '{end}' must be of the form YYYY-MM-DD ({error})."
        raise InputError(msg) from error
    hour = np.timedelta64(3600, "s")
    return Wanted(
        pollutants=pollutants,
        stations=stations,
        begin=first + hour,  # the label that ends the day before is not of this day
        end=last + np.timedelta64(1, "D"),
    )


def _land(store: ObservationStore, parts: list[Readings]) -> int:
    table = Readings.joined(parts)
    parts.clear()
    store.land(table)
    return table.size


def _reader(
    form: str, configuration: Configuration, received: np.datetime64 | None
) -> Callable[[Path], Readings]:
    known = known_stations(configuration)
    layout = configuration.observations.csv
    readers: dict[str, Callable[[Path], Readings]] = {
        "sites": lambda path: read_sites(path, known, received),
        "hours": lambda path: read_hours(path, known, received),
        "csv": lambda path: read_csv(path, known, layout, received),
        "openaq": lambda path: read_openaq(path, known, received),
        "uci-beijing": lambda path: read_uci_beijing(path, received),
    }
    if form not in readers:
        msg = f"There is no format '{form}' of observations; use one of {', '.join(FORMATS)}."
        raise InputError(msg)
    return readers[form]
