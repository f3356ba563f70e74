"""What is asked of the Parquet files of an observation store, in SQL.

Words that come from outside are quoted here and numbers and times are parameters, so no text of
others becomes part of a statement.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.common.as_of import AsOf
from forecast.fields.observations import COLUMNS
from forecast.storage.reading_table import ROW_GROUP

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_SELECT = ", ".join(COLUMNS)
_ORDER = "station, time, period_seconds, received"
_FILES = "read_parquet(?, hive_partitioning = false)"


@dataclass(frozen=True)
class Wanted:
    """Which rows are wanted; None: all.

    Attributes:
        pollutants: Their names.
        stations: Codes.
        begin: First label, UTC, included.
        end: Last label, UTC, included.
        as_of: Nothing that was received after this clock.
    """

    pollutants: Sequence[str] | None = None
    stations: Sequence[str] | None = None
    begin: np.datetime64 | None = None
    end: np.datetime64 | None = None
    as_of: AsOf | None = None

    def may_be_in(self, month: str, pollutant: str) -> bool:
        """Tell whether a part of the store can hold such rows."""
        first = "" if self.begin is None else str(self.begin.astype("datetime64[M]"))
        last = "9999" if self.end is None else str(self.end.astype("datetime64[M]"))
        named = self.pollutants is None or pollutant in self.pollutants
        return named and first <= month <= last

    def condition(self) -> tuple[str, list[Any]]:
        """Put it as a condition of SQL and its parameters."""
        texts, values = ["true"], []
        for column, words in (("pollutant", self.pollutants), ("station", self.stations)):
            if words is not None:
                # the words themselves: files and groups of rows without them are skipped
                texts.append(f"{column} IN ({', '.join(map(quoted, words)) or 'NULL'})")
        limit = None
        if self.as_of is not None and self.as_of.time is not None:
            limit = np.datetime64(self.as_of.time.astimezone(UTC).replace(tzinfo=None), "s")
        moments = (("time >=", self.begin), ("time <=", self.end), ("received <=", limit))
        for text, moment in moments:
            if moment is not None:
                texts.append(f"{text} ?")
                values.append(moment.astype("datetime64[us]").item())
        return " AND ".join(texts), values


def connect(folder: Path, threads: int, memory_gb: float) -> "duckdb.DuckDBPyConnection":
    """Open DuckDB without a file of its own and without the network.

    Args:
        folder: Where it may put what does not fit into memory.
        threads: Processors that it may use.
        memory_gb: Room that it may take, GB.
    """
    import duckdb

    return duckdb.connect(
        config={
            "threads": threads,
            "memory_limit": f"{memory_gb}GB",
            "temp_directory": str(folder / ".spill"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )


def select(
    connection: "duckdb.DuckDBPyConnection", files: Sequence[Path], wanted: Wanted
) -> "pa.Table":
    """Read rows, sorted by pollutant, station, time, period and arrival."""
    where, values = wanted.condition()
    statement = f"SELECT {_SELECT} FROM {_FILES} WHERE {where} ORDER BY pollutant, {_ORDER}"  # noqa: S608
    return connection.sql(statement, params=[_texts(files), *values]).to_arrow_table()


def groups(
    connection: "duckdb.DuckDBPyConnection", files: Sequence[Path]
) -> list[tuple[str, str, int]]:
    """Months (UTC, of each row's own time) and pollutants in files, with their number of rows."""
    statement = f"""
        SELECT strftime(time, '%Y-%m') AS month, pollutant, count(*)
        FROM {_FILES} GROUP BY ALL ORDER BY ALL
        """  # noqa: S608
    return connection.execute(statement, [_texts(files)]).fetchall()


def sort_into(
    connection: "duckdb.DuckDBPyConnection",
    files: Sequence[Path],
    month: str,
    pollutant: str,
    target: Path,
) -> int:
    """Write the rows of one month and pollutant, sorted; return their number.

    A row that only repeats the version before it (same value, state and flag) is left out.
    """
    first = np.datetime64(month, "M")
    begin, end = ((first + step).astype("datetime64[us]").item() for step in (0, 1))
    version = "(value, state, flag)"
    statement = f"""
        COPY (
            SELECT {_SELECT} FROM {_FILES}
            WHERE pollutant = ? AND time >= ? AND time < ?
            QUALIFY {version} IS DISTINCT FROM lag({version}) OVER (
                PARTITION BY station, time, period_seconds ORDER BY received
            )
            ORDER BY {_ORDER}
        ) TO {quoted(str(target))}
        (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP}, PARQUET_VERSION v2)
        """  # noqa: S608
    answer = connection.execute(statement, [_texts(files), pollutant, begin, end]).fetchone()
    return int(answer[0]) if answer else 0


def quoted(text: str) -> str:
    """Put a text as a word of SQL."""
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def _texts(files: Sequence[Path]) -> list[str]:
    return [str(path) for path in files]
