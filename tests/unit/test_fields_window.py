"""Which hours one run computes."""

import numpy as np
import pytest

from forecast.common.cycle import Cycle
from forecast.fields.window import RunWindow


def test_bounds_labels_and_records() -> None:
    window = RunWindow(Cycle.parse("2021-12-31T16"), 48, 72)
    assert window.bounds[0] == np.datetime64("2021-12-29T16")
    assert window.bounds.size == window.total_hours + 1 == 121
    assert window.labels[0] == np.datetime64("2021-12-31T17")
    assert window.labels[-1] == window.bounds[-1]
    assert (window.record(47), window.record(48)) == (-1, 0)
    assert RunWindow.of_bounds(window.cycle, window.bounds) == window


@pytest.mark.parametrize(
    ("cycle", "hours", "days"),
    [("2021-12-31T16", 72, 3), ("2022-01-01T00", 72, 2), ("2022-01-05T00", 24, 0)],
)
def test_only_whole_local_days_are_counted(cycle: str, hours: int, days: int) -> None:
    assert RunWindow(Cycle.parse(cycle), 48, hours).complete_days == days
