"""The observation store: versions, months, clocks, crashes, and everybody at once."""

import threading
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from forecast.common.as_of import AsOf
from forecast.common.errors import InputError, OutputError
from forecast.fields.observations import HOUR, Flag, Readings, ReferenceState, StationRecord
from forecast.storage import observation_store as module
from forecast.storage.observation_sql import Wanted
from forecast.storage.observation_store import ObservationStore
from forecast.storage.reading_table import read_readings, write_readings

NAMES = ("pm25", "o3")
STATIONS = (
    StationRecord("1299A", "科干所", "Jinan", 116.988, 36.6114),
    StationRecord("1310A", "it's", "Qingdao", 120.4, 36.1),
    StationRecord("37010000001", city_en="Jinan"),
)


def hours(first: str, count: int) -> np.ndarray:
    return np.datetime64(first, "s") + np.arange(count) * np.timedelta64(HOUR, "s")


def table(first: str, count: int, value: float = 1.0, late: int = 0) -> Readings:
    """Make every pollutant of every station over some hours; received `late` hours after."""
    times = hours(first, count)
    station, pollutant, place = (
        axis.ravel() for axis in np.indices((len(STATIONS), len(NAMES), count))
    )
    time = times[place]
    return Readings(
        stations=STATIONS,
        pollutants=NAMES,
        station=station.astype(np.int32),
        pollutant=pollutant.astype(np.int16),
        time=time,
        period_seconds=np.full(time.size, HOUR, np.int32),
        value=(value + station * 100 + pollutant * 10 + place / 1000).astype(np.float32),
        state=np.full(time.size, ReferenceState.ACTUAL, np.uint8),
        received=time + np.timedelta64(late * HOUR, "s"),
        flag=np.zeros(time.size, np.uint16),
    )


def content(readings: Readings) -> Counter[tuple[object, ...]]:
    """Rows without the order of rows and lists; a missing value as None."""
    return Counter(
        (
            str(readings.stations[s]),
            readings.pollutants[p],
            t,
            float(v) if v == v else None,
            r,
            int(f),
        )
        for s, p, t, v, r, f in zip(
            readings.station.tolist(),
            readings.pollutant.tolist(),
            readings.time.tolist(),
            readings.value,
            readings.received.tolist(),
            readings.flag,
            strict=True,
        )
    )


@pytest.fixture
def store(tmp_path: Path) -> ObservationStore:
    return ObservationStore(tmp_path / "store")


def test_what_was_landed_is_read_before_and_after_compaction(store: ObservationStore) -> None:
    rows = table("2022-01-31T22:00", 5)
    rows.value[3] = np.nan
    rows.flag[3] = Flag.MISSING
    store.land(rows)
    before = store.read()
    store.compact()

    assert content(before) == content(rows)
    assert content(store.read()) == content(rows)
    assert str(store.stations()) == str(STATIONS)


def test_every_row_lies_in_the_month_of_its_own_time(store: ObservationStore) -> None:
    store.land(table("2022-01-31T20:00", 8))
    store.compact()

    found: dict[str, int] = {}
    for path in store.folder.glob("month=*/pollutant=*/*.parquet"):
        part = read_readings(path)
        assert {str(m) for m in part.time.astype("datetime64[M]")} == {path.parts[-3][6:]}
        assert part.pollutants == (path.parts[-2][10:],)
        keys = [(part.stations[s].code, t) for s, t in zip(part.station, part.time, strict=True)]
        assert keys == sorted(keys)
        found[path.parts[-3]] = found.get(path.parts[-3], 0) + part.size
    assert found == {"month=2022-01": 4 * 6, "month=2022-02": 4 * 6}
    january = store.read(Wanted(end=np.datetime64("2022-01-31T23:00:00", "s")))
    assert january.size == 4 * 6


@pytest.mark.parametrize("compactions", [(), (2,), (0, 1, 2), (1,)])
def test_corrections_replace_and_earlier_versions_stay(
    store: ObservationStore, compactions: tuple[int, ...]
) -> None:
    versions = [
        table("2022-01-01T01:00", 3, value, late) for value, late in ((1, 1), (7, 9), (5, 4))
    ]
    for place, version in enumerate(versions):
        store.land(version)
        if place in compactions:
            store.compact()

    assert content(store.read()) == content(versions[1])
    assert content(store.read(history=True)) == sum(map(content, versions), Counter())
    then = AsOf(datetime(2022, 1, 1, 8, tzinfo=UTC))
    assert content(store.read(Wanted(as_of=then))) == content(versions[2])


def test_what_comes_again_unchanged_is_kept_once(store: ObservationStore) -> None:
    first = table("2022-01-01T01:00", 3, 1.0, 1)
    for version in (
        first,
        table("2022-01-01T01:00", 3, 1.0, 2),
        table("2022-01-01T01:00", 3, 2.0, 3),
    ):
        store.land(version)
    store.land(table("2022-01-01T01:00", 3, 1.0, 4))
    store.compact()

    kept = store.read(history=True)
    assert kept.size == 3 * first.size  # 1, 2 and 1 again; not the second 1
    assert content(store.read()) == content(table("2022-01-01T01:00", 3, 1.0, 4))


def test_queries_choose_by_station_city_pollutant_time_and_flag(store: ObservationStore) -> None:
    rows = table("2022-01-01T01:00", 4)
    rows.flag[rows.station == 1] = Flag.SOURCE
    store.land(rows)
    store.compact()

    o3 = store.read(Wanted(pollutants=["o3"], stations=["1310A"]))
    assert (o3.pollutants, {o3.stations[s].name for s in o3.station}) == (("o3",), {"it's"})
    assert o3.size == 4
    jinan = store.read(cities=["Jinan"])
    assert {jinan.stations[s].code for s in jinan.station} == {"1299A", "37010000001"}
    assert store.read(cities=["Nowhere"]).size == 0
    assert store.read(Wanted(stations=["' OR true --"])).size == 0
    assert store.read(without=Flag.SOURCE | Flag.STEP).size == rows.size - 8
    begin, end = hours("2022-01-01T02:00", 2)
    assert store.read(Wanted(begin=begin, end=end)).size == 2 * 6


def test_small_loads_do_not_rewrite_a_large_month(store: ObservationStore) -> None:
    store.land(table("2022-01-01T01:00", 100))
    store.compact()
    large = set(store.folder.glob("month=*/*/*.parquet"))
    for hour in range(6):
        store.land(table(f"2022-01-20T{hour:02}:00", 1))
        store.compact()

    current = store._current()
    assert {str(path.relative_to(store.folder)) for path in large} <= {
        p.file for p in current.parts
    }
    assert len(current.parts) <= 2 * 4
    assert store.read().size == 106 * 6


def test_a_compaction_that_is_killed_changes_nothing(
    store: ObservationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = table("2022-01-01T01:00", 3)
    store.land(rows)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "write_json", killed)
        with pytest.raises(KeyboardInterrupt):
            store.compact()
    orphans = set(store.folder.glob("month=*/*/*.parquet"))

    assert len(orphans) == 2
    assert content(store.read()) == content(rows)
    store.compact()
    assert content(store.read()) == content(rows)
    assert not orphans & set(store.folder.glob("month=*/*/*.parquet"))


def test_retired_files_go_after_a_while(
    store: ObservationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    landed = store.land(table("2022-01-01T01:00", 3))
    assert landed is not None
    store.compact()
    store.compact()
    assert landed.exists()

    monkeypatch.setattr(module, "GRACE_SECONDS", -1.0)
    store.compact()
    assert not landed.exists()
    assert store.read().size == 18


def test_damaged_landing_files_are_named_and_set_aside(
    store: ObservationStore, caplog: pytest.LogCaptureFixture
) -> None:
    good = table("2022-01-01T01:00", 3)
    store.land(good)
    bad = store.land(table("2022-01-02T01:00", 3))
    assert bad is not None
    bad.write_bytes(bad.read_bytes()[:-9])

    with pytest.raises(InputError, match="observations compact"):
        store.read()
    assert store.compact().damaged == (bad.name,)
    assert bad.name in caplog.text
    assert (store.folder / "damaged" / bad.name).exists()
    assert content(store.read()) == content(good)


def test_two_compactions_at_once_are_refused(store: ObservationStore) -> None:
    store.land(table("2022-01-01T01:00", 3))
    with store._alone(), pytest.raises(OutputError, match="by another process"):
        ObservationStore(store.folder).compact()


def test_writers_readers_and_a_compaction_work_at_once(
    store: ObservationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GRACE_SECONDS", 0.0)  # the hardest case: nothing is waited for
    store.land(table("2022-01-01T01:00", 2))
    loads, stop = 12, threading.Event()
    sizes: list[int] = []

    def write() -> None:
        own = ObservationStore(store.folder)
        for day in range(2, 2 + loads):
            own.land(table(f"2022-01-{day:02}T01:00", 2))
            seen, deadline = len(sizes), time.monotonic() + 60
            while len(sizes) == seen and time.monotonic() < deadline:
                time.sleep(0.001)  # a reader has its turn between two loads, however busy the host

    def compact() -> None:
        while not stop.is_set():
            ObservationStore(store.folder).compact()

    def read() -> None:
        while not stop.is_set():
            sizes.append(ObservationStore(store.folder).read().size)

    workers = [threading.Thread(target=work) for work in (compact, read)]
    for thread in workers:
        thread.start()
    write()
    stop.set()
    for thread in workers:
        thread.join()

    assert len(sizes) >= loads
    assert sizes == sorted(sizes)
    assert {size % 12 for size in sizes} == {0}
    store.compact()
    assert store.read().size == 12 * (1 + loads)


def test_there_must_be_a_store_and_names_must_fit(tmp_path: Path, store: ObservationStore) -> None:
    with pytest.raises(InputError, match="no observation store"):
        ObservationStore(tmp_path / "nowhere").read()
    with pytest.raises(InputError, match="cannot be stored"):
        store.land(Readings(**{**vars(table("2022-01-01T01:00", 1)), "pollutants": ("../x", "o3")}))
    assert store.land(Readings.empty()) is None


def test_a_table_file_describes_its_stations(tmp_path: Path) -> None:
    rows = table("2022-01-01T01:00", 2)
    write_readings(tmp_path / "a.parquet", rows)

    again = read_readings(tmp_path / "a.parquet")
    assert content(again) == content(rows)
    assert np.isnan(again.stations[-1].longitude)
    pq.write_table(pq.read_table(tmp_path / "a.parquet").drop(["flag"]), tmp_path / "b.parquet")
    with pytest.raises(InputError, match="no readable table"):
        read_readings(tmp_path / "b.parquet")
    with pytest.raises(InputError, match="does not exist"):
        read_readings(tmp_path / "c.parquet")
