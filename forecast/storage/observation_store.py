"""The observation store: every value of every station, with its versions, for years.

Below the folder of a store:

* `landing/*.parquet`: tables as they arrived, each written whole or not at all, many and small;
* `month=YYYY-MM/pollutant=NAME/*.parquet`: the same rows compacted, each in the month (UTC) of
  its own time, sorted by station, time and when it was received;
* `stations-*.json`: what is known of the stations;
* `current.json`: which of these files count. A compaction replaces this one file, so a reader
  sees what was before or what is after; whatever a killed compaction leaves behind counts for
  nobody and is removed by the next one.

Nothing is ever overwritten: a late or corrected value is a further row. Reading takes the row that
was received last; `history` gives all, and a clock gives those that were known then.
"""

import fcntl
import logging
import os
import re
import secrets
import time as clock
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.common.errors import InputError, OutputError
from forecast.fields.observations import Flag, Readings, StationRecord
from forecast.storage.atomic import read_json, replacing, write_json
from forecast.storage.observation_sql import Wanted, connect, groups, select, sort_into
from forecast.storage.reading_table import (
    from_arrow,
    records_from,
    records_of,
    told_stations,
    write_readings,
)

if TYPE_CHECKING:
    import duckdb

logger = logging.getLogger(__name__)

GRACE_SECONDS = 120.0
"""Files that no longer count stay for so long, for readers that began before."""
GROWTH = 3
"""A compaction joins its rows with those parts of a month that are smaller than this many times
them, so that every row is rewritten a few times only and parts stay few."""
_TRIES = 4
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Part:
    """One compacted file.

    Attributes:
        month: Month of all its rows, UTC, such as "2022-01".
        pollutant: Pollutant of all its rows.
        file: Path below the folder of the store.
        rows: Number of rows.
    """

    month: str
    pollutant: str
    file: str
    rows: int


@dataclass(frozen=True)
class Current:
    """Which files count.

    Attributes:
        parts: Compacted files.
        retired: Files that no longer count, below the folder of the store, with the time from
            which they do not, s since 1970; among them landed files that were compacted.
        stations: File of stations, below the folder of the store; empty when there is none.
    """

    parts: tuple[Part, ...] = ()
    retired: dict[str, float] = field(default_factory=dict)
    stations: str = ""


@dataclass(frozen=True)
class Compacted:
    """What a compaction did.

    Attributes:
        files: Landing files taken in.
        rows: Rows of the parts that were written.
        damaged: Landing files that could not be read and were set aside.
    """

    files: int
    rows: int
    damaged: tuple[str, ...] = ()


@dataclass
class ObservationStore:
    """A folder of readings; any number of processes may land and read while one compacts.

    Attributes:
        folder: Where it lies; made when something is landed.
        memory_gb: Room that queries and compaction may take, GB; beyond that they use the disk.
        threads: Processors that they may use.
    """

    folder: Path
    memory_gb: float = 2.0
    threads: int = 2
    _told: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)

    @property
    def landing(self) -> Path:
        """Folder of what was landed and not yet compacted."""
        return self.folder / "landing"

    def land(self, readings: Readings) -> Path | None:
        """Add a table; when this returns it is on the disk. None when it has no rows.

        Raises:
            InputError: A pollutant has a name that no folder can have.
            OutputError: The disk is full or refuses it.
        """
        if readings.size == 0:
            return None
        for name in readings.pollutants:
            if not _NAME.fullmatch(name):
                msg = (
                    f"The pollutant '{name}' cannot be stored; expected a name of small letters, "
                    "digits and '_', such as pm25. Correct whoever made the readings."
                )
                raise InputError(msg)
        if not self._told:
            self._told |= _described(self._stations(self._current()).values())
        described = _described(readings.stations)
        fresh = [
            record
            for record in readings.stations
            if self._told.get(record.code) != described[record.code]
        ]
        name = f"{clock.time_ns():020d}-{os.getpid()}-{secrets.token_hex(4)}.parquet"
        path = self.landing / name
        write_readings(path, readings, fresh)
        self._told |= described
        return path

    def read(
        self,
        wanted: Wanted | None = None,
        *,
        cities: Sequence[str] | None = None,
        without: Flag = Flag.OK,
        history: bool = False,
    ) -> Readings:
        """Read what was measured, sorted by pollutant, station and time.

        Args:
            wanted: Which rows; None: all.
            cities: English names of cities whose stations are wanted; None: all.
            without: Values that carry one of these flags are left out, after the newest version
                was taken.
            history: Give every version of a value, not only the newest.

        Raises:
            InputError: There is no such store, or a file of it is damaged.
        """
        wanted = wanted or Wanted()
        for _ in range(_TRIES):
            try:
                found = self._read(wanted, cities)
                break
            except FileNotFoundError as error:  # compacted meanwhile: look again
                problem = error
        else:
            raise self._damaged(problem) from problem
        found = found if history else found.newest()
        keep = (found.flag & np.uint16(without)) == 0
        return found if bool(keep.all()) else found.take(keep)

    def stations(self) -> tuple[StationRecord, ...]:
        """Every station that was ever described."""
        self._require()
        return tuple(self._stations(self._current(), landed=True).values())

    def compact(self) -> Compacted:
        """Sort what was landed into its months.

        Raises:
            OutputError: Another process compacts this store, or the disk refuses it.
        """
        with self._alone():
            current = self._current()
            self._sweep(current)
            landed, damaged = self._sound(self._landed(current))
            if not landed:
                return Compacted(0, 0, damaged)
            connection = connect(self.folder, self.threads, self.memory_gb)
            parts = list(current.parts)
            gone = [current.stations, *(f"landing/{path.name}" for path in landed)]
            written = 0
            for month, pollutant, rows in groups(connection, landed):
                joined = _joined(parts, month, pollutant, rows)
                sources = [*landed, *(self.folder / part.file for part in joined)]
                part = self._write(connection, sources, month, pollutant)
                parts = [one for one in parts if one not in joined] + [part]
                gone += [one.file for one in joined]
                written += part.rows
            stations = f"stations-{secrets.token_hex(4)}.json"
            known = self._stations(current, landed=True)
            write_json(self.folder / stations, records_of(known.values()))
            there = {f: since for f, since in current.retired.items() if (self.folder / f).exists()}
            there |= dict.fromkeys(filter(None, gone), clock.time())
            write_json(self.folder / "current.json", asdict(Current(tuple(parts), there, stations)))
            return Compacted(len(landed), written, damaged)

    def _read(self, wanted: Wanted, cities: Sequence[str] | None) -> Readings:
        """Read every version, or raise FileNotFoundError when a file went meanwhile."""
        import duckdb

        self._require()
        current = self._current()
        known = self._stations(current, landed=True)
        if cities is not None:
            codes = [code for code, record in known.items() if record.city_en in cities]
            named = wanted.stations
            chosen = [code for code in codes if named is None or code in named]
            wanted = replace(wanted, stations=chosen)
        parts = [part for part in current.parts if wanted.may_be_in(part.month, part.pollutant)]
        files = [*(self.folder / part.file for part in parts), *self._landed(current)]
        if not files:
            return Readings.empty()
        try:
            connection = connect(self.folder, self.threads, self.memory_gb)
            return from_arrow(select(connection, files, wanted), known)
        except duckdb.Error as error:
            if not all(path.exists() for path in files):
                raise FileNotFoundError(str(error)) from error
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> InputError:
        return InputError(
            f"The observation store '{self.folder}' cannot be read ({error}). Run `forecast "
            "observations compact`, which sets damaged files that were landed aside and names them."
        )

    def _write(
        self,
        connection: "duckdb.DuckDBPyConnection",
        sources: Sequence[Path],
        month: str,
        pollutant: str,
    ) -> Part:
        import duckdb

        file = f"month={month}/pollutant={pollutant}/{secrets.token_hex(6)}.parquet"
        try:
            with replacing(self.folder / file) as temporary:
                rows = sort_into(connection, sources, month, pollutant, temporary)
        except duckdb.Error as error:
            msg = (
                f"{pollutant} of {month} in the observation store '{self.folder}' could not be "
                f"compacted ({error}); nothing was replaced. Expected room on the disk and sound "
                "files: mend that, then start the same command again."
            )
            raise OutputError(msg) from error
        return Part(month, pollutant, file, rows)

    def _require(self) -> None:
        if not self.folder.is_dir():
            msg = (
                f"There is no observation store '{self.folder}'; expected a folder. Load "
                "observations with `forecast observations load`, or correct observations.store."
            )
            raise InputError(msg)

    def _current(self) -> Current:
        path = self.folder / "current.json"
        if not path.exists():
            return Current()
        content = read_json(path)
        parts = tuple(Part(**part) for part in content["parts"])
        return Current(parts, content["retired"], content["stations"])

    def _landed(self, current: Current) -> list[Path]:
        found = sorted(self.landing.glob("[!.]*.parquet"))
        return [path for path in found if f"landing/{path.name}" not in current.retired]

    def _stations(self, current: Current, *, landed: bool = False) -> dict[str, StationRecord]:
        """What is known of stations; with what is landed and not yet compacted on demand."""
        known: dict[str, StationRecord] = {}
        if current.stations:
            known |= records_from(read_json(self.folder / current.stations))
        for path in self._landed(current) if landed else ():
            known |= told_stations(path)
        return known

    def _sound(self, landed: Sequence[Path]) -> tuple[list[Path], tuple[str, ...]]:
        """Set landing files aside that cannot be read."""
        import pyarrow.parquet as pq

        good, damaged = [], []
        for path in landed:
            try:
                pq.ParquetFile(path).close()
            except (OSError, ValueError) as error:
                aside = self.folder / "damaged" / path.name
                aside.parent.mkdir(exist_ok=True)
                path.rename(aside)
                logger.warning("'%s' is damaged (%s); it was set aside as '%s'", path, error, aside)
                damaged.append(path.name)
            else:
                good.append(path)
        return good, tuple(damaged)

    def _sweep(self, current: Current) -> None:
        """Remove files that have not counted for a while, and what a killed compaction left."""
        old = clock.time() - GRACE_SECONDS
        for file, since in current.retired.items():
            if since < old:
                (self.folder / file).unlink(missing_ok=True)
        known = {part.file for part in current.parts} | {current.stations, *current.retired}
        for pattern in ("month=*/pollutant=*/*", "stations-*.json"):
            for path in self.folder.glob(pattern):
                if str(path.relative_to(self.folder)) not in known:
                    path.unlink()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._require()
        self.landing.mkdir(exist_ok=True)
        with (self.folder / "compact.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                msg = (
                    f"The observation store '{self.folder}' is being compacted by another process; "
                    "wait until it has ended."
                )
                raise OutputError(msg) from error
            yield


def _described(stations: Iterable[StationRecord]) -> dict[str, dict[str, Any]]:
    """Stations as plain data, which can be compared: an unknown place equals another."""
    return {record["code"]: record for record in records_of(stations)}


def _joined(parts: Sequence[Part], month: str, pollutant: str, rows: int) -> list[Part]:
    """Choose the parts that a number of new rows is joined with."""
    joined = []
    of_group = [part for part in parts if (part.month, part.pollutant) == (month, pollutant)]
    for part in sorted(of_group, key=lambda part: part.rows):
        if part.rows > GROWTH * rows:
            break
        joined.append(part)
        rows += part.rows
    return joined
