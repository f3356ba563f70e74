"""How fast the observation store takes a bulk load, answers, and how many bytes a value needs.

    python -m benchmarks.observations [--rows 100000000] [--folder FOLDER] [--keep]

Readings are generated: 5,000 stations in 330 cities, six pollutants, every hour from 2022-01-01 on;
values follow a day, a week and a region, with noise of about a tenth, and are rounded as networks
do (ug m-3 to whole numbers, CO to a hundredth), so that they pack like real ones, not like a
constant; every station reports at its own minute of the hour, some seconds earlier or later. The
load lands a day at a time and compacts at the end of each month.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from forecast.fields.arrays import Times
from forecast.fields.observations import (
    HOUR,
    OBSERVED,
    Readings,
    ReferenceState,
    StationRecord,
)
from forecast.storage.observation_sql import Wanted
from forecast.storage.observation_store import ObservationStore

STATIONS, CITIES, DAY_HOURS = 5000, 330, 24
LEVELS = (60.0, 100.0, 12.0, 35.0, 0.9, 70.0)
BEGIN = np.datetime64("2022-01-01T01:00:00", "s")
QUERY_REPEATS = 5


def made_stations() -> tuple[StationRecord, ...]:
    """Make the stations, fifteen or so a city."""
    rng = np.random.default_rng(1)
    return tuple(
        StationRecord(
            f"{1000 + place}A", f"site {place}", f"City{place % CITIES}",
            float(rng.uniform(75, 130)), float(rng.uniform(20, 50)),
        )
        for place in range(STATIONS)
    )  # fmt: skip


def made_days(rows: int, stations: tuple[StationRecord, ...]) -> Iterator[Readings]:
    """Make days of readings until there are so many."""
    rng = np.random.default_rng(2)
    regional = rng.normal(0.0, 0.3, STATIONS)
    made, day = 0, 0
    station = np.tile(np.repeat(np.arange(STATIONS, dtype=np.int32), DAY_HOURS), len(OBSERVED))
    pollutant = np.repeat(np.arange(len(OBSERVED), dtype=np.int16), STATIONS * DAY_HOURS)
    size = station.size
    offset = rng.integers(300, 1800, STATIONS)[station]
    while made < rows:
        times = BEGIN + (day * DAY_HOURS + np.arange(DAY_HOURS)) * np.timedelta64(HOUR, "s")
        count = min(size, rows - made)
        value = _values(rng, regional, day)
        time_of = np.tile(times, STATIONS * len(OBSERVED))
        table = Readings(
            stations=stations,
            pollutants=OBSERVED,
            station=station,
            pollutant=pollutant,
            time=time_of,
            period_seconds=np.full(size, HOUR, np.int32),
            value=value,
            state=np.where(pollutant < 2, ReferenceState.ACTUAL, ReferenceState.AT_298K).astype(  # noqa: PLR2004
                np.uint8
            ),
            received=time_of + (offset + rng.integers(0, 30, size)).astype("timedelta64[s]"),
            flag=np.zeros(size, np.uint16),
        )
        yield table if count == size else table.take(slice(count))
        made, day = made + count, day + 1


def _values(rng: np.random.Generator, regional: np.ndarray, day: int) -> np.ndarray:
    hour = np.arange(DAY_HOURS)
    daily = 0.3 * np.sin((hour - 8) / 24 * 2 * np.pi) + 0.5 * np.sin(day / 7.0)
    blocks = [
        level * np.exp(regional[:, None] + daily + rng.normal(0.0, 0.1, (STATIONS, DAY_HOURS)))
        for level in LEVELS
    ]
    rounded = [
        np.round(b, 2 if level < 1.0 else 0) for b, level in zip(blocks, LEVELS, strict=True)
    ]
    return np.stack(rounded).astype(np.float32).ravel()


def timed(what: Callable[[], Readings]) -> tuple[float, int]:
    """Median time of some calls, s, and the rows of the answer."""
    seconds = []
    for _ in range(QUERY_REPEATS):
        start = time.perf_counter()
        found = what()
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds)), found.size


def load(store: ObservationStore, rows: int) -> dict[str, float]:
    """Fill a store; times of its parts, s."""
    spent = {"make": 0.0, "land": 0.0, "compact": 0.0}
    month: Times | None = None
    clock = time.perf_counter()
    for table in made_days(rows, made_stations()):
        spent["make"] += time.perf_counter() - clock
        this = table.time[0].astype("datetime64[M]")
        clock = time.perf_counter()
        if month is not None and this != month:
            store.compact()
            spent["compact"] += time.perf_counter() - clock
            clock = time.perf_counter()
        month = this
        store.land(table)
        spent["land"] += time.perf_counter() - clock
        clock = time.perf_counter()
    store.compact()
    spent["compact"] += time.perf_counter() - clock
    return spent


def main() -> None:
    """Load, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--keep", action="store_true")
    told = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="observations-", dir=told.folder))
    store = ObservationStore(folder)
    try:
        spent = load(store, told.rows)
        total = spent["land"] + spent["compact"]
        print(f"{told.rows / 1e6:.0f} M rows, made in {spent['make']:.0f} s")
        print(
            f"load: {total:.0f} s ({spent['land']:.0f} landing, {spent['compact']:.0f} "
            f"compacting), {told.rows / total / 1e6:.2f} M rows/s; "
            f"{time.process_time():.0f} s of processor in all"
        )
        parts = [path.stat().st_size for path in folder.glob("month=*/*/*.parquet")]
        print(f"{len(parts)} parts, {sum(parts) / told.rows:.2f} bytes a row")
        first = BEGIN
        last = BEGIN + np.timedelta64(31 * DAY_HOURS - 1, "h")
        for name, wanted, cities in (
            ("a month of a city, PM2.5", Wanted(["pm25"], None, first, last), ["City7"]),
            ("a month of a city, all", Wanted(None, None, first, last), ["City7"]),
            (
                "the last 96 hours of all",
                Wanted(None, None, last - np.timedelta64(95, "h"), last),
                None,
            ),
        ):
            seconds, rows = timed(lambda w=wanted, c=cities: store.read(w, cities=c))  # type: ignore[misc]
            print(f"{name}: {1000 * seconds:.0f} ms, {rows} rows")
    finally:
        if not told.keep:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
