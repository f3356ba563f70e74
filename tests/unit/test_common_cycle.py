"""Times: the form of a cycle, the natural day of the regulation, the numbering of lead days."""

import numpy as np
import pytest

from forecast.common.cycle import Cycle, lead_days, local_dates, local_labels
from forecast.common.errors import CycleError


@pytest.mark.parametrize("text", ["2022-01-01", "2022-01-01T00Z", "2022-13-01T00", "2022-02-30T00"])
def test_a_malformed_cycle_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(CycleError, match=text):
        Cycle.parse(text)


def test_a_cycle_keeps_its_name() -> None:
    assert Cycle.parse("2021-12-31T16").name == "2021-12-31T16"


def test_the_label_of_midnight_belongs_to_the_day_it_ends() -> None:
    labels = np.array(["2021-12-31T16:00:00", "2021-12-31T17:00:00"], dtype="datetime64[s]")
    assert local_labels(labels).tolist()[0].hour == 0
    assert local_dates(labels).astype(str).tolist() == ["2021-12-31", "2022-01-01"]


def test_a_cycle_at_beijing_midnight_has_whole_days_from_the_first() -> None:
    cycle = Cycle.parse("2021-12-31T16")
    dates = local_dates(cycle.hours(1, 120))
    days, counts = np.unique(dates, return_counts=True)
    assert counts.tolist() == [24] * 5
    assert lead_days(cycle, days).tolist() == [1, 2, 3, 4, 5]


def test_a_cycle_in_the_morning_has_day_nought_for_today() -> None:
    cycle = Cycle.parse("2022-01-01T00")
    days, counts = np.unique(local_dates(cycle.hours(1, 120)), return_counts=True)
    assert lead_days(cycle, days).tolist() == [0, 1, 2, 3, 4, 5]
    assert counts.tolist() == [16, 24, 24, 24, 24, 8]
