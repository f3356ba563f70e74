"""Natural days, moving means and the greatest 8-hour mean, by hand and by brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from forecast.aqi.averaging import DayTable, greatest_8h_mean, moving_mean, statistic
from forecast.aqi.standard import Statistic, Validity

VALIDITY = Validity(
    day_mean_hours=20, moving_8h_hours=6, moving_24h_hours=20, day_maximum_hours=20,
    mda8_windows=14, mda8_valid_above=160, mda8_first_end=8,
)  # fmt: skip
HOURS = hnp.arrays(
    np.float64, 30, elements=st.one_of(st.just(np.nan), st.floats(0.0, 500.0, width=32))
)


def _labels(first: str, hours: int) -> np.ndarray:
    return np.datetime64(first, "s") + np.arange(hours) * np.timedelta64(1, "h")


def test_a_natural_day_holds_the_labels_1_to_24() -> None:
    # the label 01:00 of 1 January in Beijing is 17:00 UTC of 31 December
    table = DayTable.of(_labels("2021-12-31T17", 48))
    assert [str(day) for day in table.dates] == ["2022-01-01", "2022-01-02"]
    assert table.hour.tolist() == [*range(1, 25), *range(1, 25)]
    assert table.day.tolist() == [0] * 24 + [1] * 24
    assert table.hours_present().tolist() == [24, 24]


def test_a_day_that_starts_late() -> None:
    table = DayTable.of(_labels("2022-01-01T01", 20))  # labels 09:00 of the 1st to 04:00
    assert table.hours_present().tolist() == [16, 4]
    days = table.split(np.arange(20.0))
    assert np.isnan(days[0, :8]).all()
    assert days[0, 8] == 0.0
    assert days[1, 3] == 19.0


def test_daily_mean_needs_20_hours() -> None:
    table = DayTable.of(_labels("2021-12-31T17", 24))
    values = np.full(24, 50.0)
    values[:4] = np.nan
    values[23] = 70.0
    assert statistic(Statistic.DAY_MEAN, values, table, VALIDITY).tolist() == [51.0]
    values[4] = np.nan
    assert np.isnan(statistic(Statistic.DAY_MEAN, values, table, VALIDITY)).all()
    assert np.isnan(statistic(Statistic.DAY_MAXIMUM, values, table, VALIDITY)).all()


@given(HOURS)
def test_moving_means_equal_brute_force(values: np.ndarray) -> None:
    for window, least in ((8, 6), (24, 20)):
        found = moving_mean(values, window, least)
        for hour in range(values.size):
            part = values[max(0, hour - window + 1) : hour + 1]
            part = part[np.isfinite(part)]
            if part.size >= least:
                assert found[hour] == pytest.approx(part.mean(), abs=1e-9)
            else:
                assert np.isnan(found[hour])


def test_windows_of_mda8_end_at_8_to_24() -> None:
    day = np.zeros(24)
    day[0] = 800.0  # label 01:00: only the window ending 08:00 holds it
    assert greatest_8h_mean(day[None], VALIDITY).tolist() == [100.0]
    day[:] = 0.0
    day[23] = 800.0  # label 24:00: only the window ending 24:00 holds it
    assert greatest_8h_mean(day[None], VALIDITY).tolist() == [100.0]


def test_mda8_needs_14_windows_or_a_value_above_the_limit() -> None:
    # hours 4 to 24 give the windows ending 09:00 (6 valid hours) to 24:00: 16 windows
    day = np.full(24, 100.0)
    day[:3] = np.nan
    assert greatest_8h_mean(day[None], VALIDITY).tolist() == [100.0]
    # hours 7 to 24: windows ending 12:00 to 24:00, 13 of them
    day[:6] = np.nan
    assert np.isnan(greatest_8h_mean(day[None], VALIDITY)).all()
    day[6:] = 160.4  # rounds to the limit, not above it
    assert np.isnan(greatest_8h_mean(day[None], VALIDITY)).all()
    day[6:] = 161.0
    assert greatest_8h_mean(day[None], VALIDITY).tolist() == [161.0]


def test_an_empty_day_has_no_value() -> None:
    assert np.isnan(greatest_8h_mean(np.full((2, 24), np.nan), VALIDITY)).all()
