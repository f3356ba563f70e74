"""Quality checks on made series in which exactly one thing is wrong, and reference states."""

import numpy as np
import pytest

from forecast.config.observations import BlockedPeriod, ObservationsConfig
from forecast.fields.observations import (
    HOUR,
    Flag,
    Readings,
    ReferenceState,
    StationRecord,
    StationSeries,
)
from forecast.fields.reference_state import published_state
from forecast.observations.quality import checked, counts, flagged, neighbours
from forecast.observations.reference_state import to_product_state

OPTIONS = ObservationsConfig().quality
FIRST = np.datetime64("2022-01-01T01:00:00", "s")
HOURS = 72
STATIONS = tuple(
    StationRecord(f"{1000 + i}A", longitude=117.0 + 0.1 * i, latitude=36.6) for i in range(6)
)


@pytest.fixture
def calm() -> StationSeries:
    """Six stations a few kilometres apart that see the same haze with small differences."""
    rng = np.random.default_rng(7)
    haze = 90.0 + 60.0 * np.sin(np.arange(HOURS) / 12.0)
    values = haze * rng.uniform(0.9, 1.1, (2, len(STATIONS), HOURS))
    values[1] *= 1.6
    return StationSeries(
        stations=STATIONS,
        pollutants=("pm25", "pm10"),
        times=FIRST + np.arange(HOURS) * np.timedelta64(HOUR, "s"),
        values=values.astype(np.float32),
        flags=np.zeros(values.shape, np.uint16),
        states=np.full(values.shape, ReferenceState.ACTUAL, np.uint8),
    )


def flagged_at(series: StationSeries, flag: Flag) -> list[tuple[int, ...]]:
    found = np.argwhere((checked(series, OPTIONS).flags & int(flag)) != 0)
    return [tuple(int(i) for i in place) for place in found]


def test_a_calm_week_is_not_doubted(calm: StationSeries) -> None:
    assert not checked(calm, OPTIONS).flags.any()


@pytest.mark.parametrize("value", [-3.0, 1501.0, 99999.0])
def test_impossible_values(calm: StationSeries, value: float) -> None:
    calm.values[0, 2, 40] = value
    assert flagged_at(calm, Flag.RANGE) == [(0, 2, 40)]


@pytest.mark.parametrize(("hour", "value"), [(40, 400.0), (HOURS - 1, 400.0)])
def test_a_jump_of_one_station(calm: StationSeries, hour: int, value: float) -> None:
    calm.values[0, 2, hour] = value
    assert flagged_at(calm, Flag.STEP) == [(0, 2, hour)]


def test_a_jump_that_the_neighbours_share_is_weather(calm: StationSeries) -> None:
    calm.values[:, :, 40] += 300.0
    calm.values[:, :, -1] += 300.0
    assert flagged_at(calm, Flag.STEP) == []


def test_a_rise_that_stays_is_no_spike(calm: StationSeries) -> None:
    calm.values[:, 2, 40:] *= 1.9
    assert flagged_at(calm, Flag.STEP) == []


@pytest.mark.parametrize(("count", "found"), [(4, 0), (5, 5), (12, 12)])
def test_equal_values_in_a_row(calm: StationSeries, count: int, found: int) -> None:
    calm.values[0, 2, 20 : 20 + count] = 88.0
    assert flagged_at(calm, Flag.STUCK) == [(0, 2, 20 + i) for i in range(found)]


@pytest.mark.parametrize(("value", "count", "found"), [(9.0, 30, 0), (9.0, 40, 40), (3.0, 60, 0)])
def test_small_equal_values_are_rounding(
    calm: StationSeries, value: float, count: int, found: int
) -> None:
    calm.values[0, :, :count] = value
    assert len([p for p in flagged_at(calm, Flag.STUCK) if p[1] == 2]) == found


def test_a_gap_ends_a_run(calm: StationSeries) -> None:
    calm.values[0, 2, 20:28] = 88.0
    calm.values[0, 2, 24] = np.nan
    assert flagged_at(calm, Flag.STUCK) == []


@pytest.mark.parametrize("factor", [6.0, 1 / 6.0])
def test_a_station_far_from_its_neighbours(calm: StationSeries, factor: float) -> None:
    calm.values[:, 2, 30:40] *= factor
    expected = [(p, 2, t) for p in (0, 1) for t in range(30, 40)]
    assert flagged_at(calm, Flag.SPATIAL) == expected


def test_two_stations_alone_are_not_compared(calm: StationSeries) -> None:
    calm.values[:, 3:] = np.nan
    calm.values[:, 2, 30:40] *= 6.0
    assert flagged_at(calm, Flag.SPATIAL) == []


def test_more_fine_than_all_particles(calm: StationSeries) -> None:
    calm.values[1, 2, 40] = 0.5 * calm.values[0, 2, 40]
    assert flagged_at(calm, Flag.RATIO) == [(0, 2, 40), (1, 2, 40)]


def test_the_block_list_holds_local_days(calm: StationSeries) -> None:
    period = BlockedPeriod(station="1002A", pollutants=("pm10",), begin="2022-01-02",
                           end="2022-01-02", reason="moved")  # fmt: skip
    options = OPTIONS.model_copy(update={"blocked": (period,)})
    flags = checked(calm, options).flags

    blocked = np.argwhere((flags & Flag.BLOCKED) != 0)
    assert set(map(tuple, blocked[:, :2].tolist())) == {(1, 2)}
    # labels 01:00 to 24:00 in Beijing are 17:00 of the day before to 16:00 in UTC
    labels = calm.times[blocked[:, 2]]
    assert [str(labels[0]), str(labels[-1])] == ["2022-01-01T17:00:00", "2022-01-02T16:00:00"]
    assert len(labels) == 24


def test_what_is_missing_is_not_doubted_and_flags_of_the_source_stay(calm: StationSeries) -> None:
    calm.flags[0, 0, 0] = Flag.SOURCE
    calm.values[0, 2, 40] = np.nan
    calm.flags[0, 2, 40] = Flag.MISSING
    found = checked(calm, OPTIONS)
    assert found.flags[0, 0, 0] == Flag.SOURCE
    assert found.flags[0, 2, 40] == Flag.MISSING
    assert counts(found)["marked by the sender"] == 1


def test_neighbours_by_distance(calm: StationSeries) -> None:
    near = neighbours(calm, OPTIONS)
    assert near[0].tolist() == [1, 2, 3, 4, 5, -1]  # 0.1 degrees are 8.9 km here
    far = OPTIONS.model_copy(update={"neighbour_distance": 9_000.0})
    assert sorted(neighbours(calm, far)[2, :2].tolist()) == [1, 3]


def test_flags_come_back_to_the_rows() -> None:
    time = FIRST + np.arange(24) * np.timedelta64(HOUR, "s")
    rows = Readings(
        stations=STATIONS[:1], pollutants=("pm25",),
        station=np.zeros(24, np.int32), pollutant=np.zeros(24, np.int16), time=time[::-1],
        period_seconds=np.full(24, HOUR, np.int32),
        value=np.where(np.arange(24) == 3, -5.0, np.arange(24) + 40.0).astype(np.float32),
        state=np.zeros(24, np.uint8), received=time, flag=np.zeros(24, np.uint16),
    )  # fmt: skip
    assert np.flatnonzero(flagged(rows, OPTIONS).flag).tolist() == [3]
    assert flagged(Readings.empty(), OPTIONS).size == 0


def test_states_at_the_change_and_their_conversion() -> None:
    times = np.array(["2018-08-31T16:00:00", "2018-08-31T17:00:00"] * 2, "datetime64[s]")
    state = published_state(["no2", "no2", "pm25", "pm25"], times)
    rows = Readings(
        stations=STATIONS[:1], pollutants=("no2", "pm25"), station=np.zeros(4, np.int32),
        pollutant=np.array([0, 0, 1, 1], np.int16), time=times,
        period_seconds=np.full(4, HOUR, np.int32), value=np.full(4, 100.0, np.float32),
        state=state, received=times, flag=np.zeros(4, np.uint16),
    )  # fmt: skip

    found = to_product_state(rows, np.full(4, 303.15), np.full(4, 100_000.0))

    # 273.15 / 298.15 for the gas; (273.15 / 303.15) (1000 / 1013.25) for the particles
    assert found.value == pytest.approx([91.61, 100.0, 88.93, 100.0], abs=0.01)
    assert set(found.state[:2]) == {ReferenceState.AT_298K}
    assert set(found.state[2:]) == {ReferenceState.ACTUAL}
    plain = to_product_state(rows).value
    assert plain[2] == pytest.approx(100.0 * 273.15 / 287.0 * 1007.0 / 1013.25, abs=0.01)
