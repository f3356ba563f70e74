"""Which hours one run computes."""

import numpy as np

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
