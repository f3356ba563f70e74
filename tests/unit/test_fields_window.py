"""Which hours are computed, and what happens where the meteorology ends."""

import numpy as np
import pytest

from forecast.common.cycle import Cycle
from forecast.common.errors import CycleError
from forecast.fields.window import RunWindow

FIRST, LAST = np.datetime64("2022-01-01T00", "s"), np.datetime64("2022-01-06T00", "s")


def _window(cycle: str, horizon: int = 168) -> RunWindow:
    return RunWindow(Cycle.parse(cycle), 48, horizon)


def test_bounds_labels_and_records() -> None:
    window = _window("2021-12-31T16", 72)
    assert window.bounds[0] == np.datetime64("2021-12-29T16")
    assert window.bounds.size == window.total_hours + 1 == 121
    assert window.labels[0] == np.datetime64("2021-12-31T17")
    assert window.labels[-1] == window.bounds[-1]
    assert (window.record(47), window.record(48)) == (-1, 0)
    assert RunWindow.of_bounds(window.cycle, window.bounds) == window


@pytest.mark.parametrize(
    ("cycle", "hours"),
    [
        ("2021-12-31T16", 120),  # local midnight: five complete local days
        ("2022-01-01T00", 112),  # 08 local: to the same end
        ("2021-12-31T12", 124),  # as early as it may be held
        ("2022-01-04T16", 24),  # one day is left
    ],
)
def test_a_forecast_is_cut_at_the_last_complete_local_day(cycle: str, hours: int) -> None:
    window, fallbacks = _window(cycle).within(FIRST, LAST, 12)
    assert window.horizon_hours == hours
    assert window.bounds[-1] == np.datetime64("2022-01-05T16")
    assert len(fallbacks) == 1
    assert f"{hours} hours" in fallbacks[0].replacement


def test_a_forecast_that_fits_is_left_alone() -> None:
    window, fallbacks = _window("2021-12-31T16", 120).within(FIRST, LAST, 12)
    assert (window.horizon_hours, fallbacks) == (120, ())


@pytest.mark.parametrize(
    "cycle", ["2021-12-31T11", "2021-12-20T00", "2022-01-04T17", "2022-01-10T00"]
)
def test_a_cycle_outside_the_meteorology_is_refused(cycle: str) -> None:
    with pytest.raises(CycleError, match=rf"{cycle}.*2022-01-01T00.*choose another"):
        _window(cycle).within(FIRST, LAST, 12)
