"""Readings as a long table and as series: versions, clocks, calendars."""

from datetime import UTC, datetime

import numpy as np
import pytest

from forecast.common.as_of import AsOf
from forecast.common.errors import InputError
from forecast.fields.observations import (
    HOUR,
    Flag,
    Readings,
    ReferenceState,
    StationRecord,
    series,
    words,
)

FIRST = np.datetime64("2022-01-01T00:00:00", "s")
A = StationRecord("1299A", "科干所", "Jinan", 116.988, 36.6114)
B = StationRecord("1300A", "农科所", "Jinan", 116.93, 36.67)


def table(*rows: tuple[int, int, int, float, int], stations: tuple[StationRecord, ...]) -> Readings:
    """Make hourly PM2.5 and O3 from rows (station, pollutant, hour, value, received hour)."""
    station, pollutant, hour, value, received = (np.array(c) for c in zip(*rows, strict=True))
    hours = np.timedelta64(HOUR, "s")
    return Readings(
        stations=stations,
        pollutants=("pm25", "o3"),
        station=station.astype(np.int32),
        pollutant=pollutant.astype(np.int16),
        time=FIRST + hour * hours,
        period_seconds=np.full(hour.size, HOUR, np.int32),
        value=value.astype(np.float32),
        state=np.full(hour.size, ReferenceState.ACTUAL, np.uint8),
        received=FIRST + received * hours,
        flag=np.zeros(hour.size, np.uint16),
    )


def test_the_version_received_last_counts_whatever_the_order_of_rows() -> None:
    rows = table((0, 0, 1, 50.0, 9), (0, 0, 1, 40.0, 1), (1, 1, 2, 7.0, 2), stations=(A, B))

    found = series(rows, FIRST, FIRST + np.timedelta64(3, "h"))

    assert found.of("pm25")[0].tolist()[1] == 50.0
    assert found.of("o3")[1].tolist()[2] == 7.0
    assert np.isfinite(found.values).sum() == 2
    assert (found.flags[np.isnan(found.values)] == Flag.MISSING).all()


def test_a_clock_shows_the_version_that_was_known_then() -> None:
    rows = table((0, 0, 1, 50.0, 9), (0, 0, 1, 40.0, 1), stations=(A, B))

    then = rows.newest(AsOf(datetime(2022, 1, 1, 8, tzinfo=UTC)))

    assert then.value.tolist() == [40.0]
    assert rows.newest(AsOf(datetime(2022, 1, 1, 0, 30, tzinfo=UTC))).size == 0


def test_rows_beside_the_hour_and_of_other_periods_are_left_out() -> None:
    rows = table((0, 0, 1, 50.0, 9), (0, 0, 2, 40.0, 9), stations=(A, B))
    rows.time[0] += np.timedelta64(600, "s")
    rows.period_seconds[1] = 86400

    found = series(rows, FIRST, FIRST + np.timedelta64(3, "h"))

    assert np.isnan(found.values).all()


def test_joining_maps_stations_by_code() -> None:
    first = table((0, 0, 1, 1.0, 1), (1, 0, 1, 2.0, 1), stations=(A, B))
    second = table((0, 0, 2, 3.0, 2), stations=(B,))

    both = Readings.joined([first, second])

    assert [both.stations[i].code for i in both.station] == ["1299A", "1300A", "1300A"]
    assert Readings.joined([]).size == Readings.empty().size == 0


def test_good_leaves_out_what_is_doubted() -> None:
    rows = table((0, 0, 0, 1.0, 1), (0, 0, 1, 2.0, 1), stations=(A,))
    rows.flag[1] = Flag.STEP | Flag.SPATIAL

    found = series(rows)

    assert np.isnan(found.good()[0, 0]).tolist() == [False, True]
    assert np.isnan(found.good(Flag.RANGE)[0, 0]).tolist() == [False, False]
    assert words(int(rows.flag[1])) == "a jump that no neighbour shares; far from the neighbours"


def test_broken_tables_are_refused() -> None:
    good = table((0, 0, 0, 1.0, 1), stations=(A,))
    with pytest.raises(InputError, match="station that it does not list"):
        Readings(**{**vars(good), "station": np.array([1], np.int32)})
    with pytest.raises(InputError, match="differ in length"):
        Readings(**{**vars(good), "flag": np.zeros(2, np.uint16)})
    with pytest.raises(InputError, match="first and last time"):
        series(Readings.empty())
