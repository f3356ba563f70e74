"""The end of the data stands, also when no member has come to rest before it."""

from dataclasses import replace
from datetime import UTC, date

import numpy as np
import pytest

from forecast.bulletins.exercise import Drill, make_hourly, standards
from forecast.config.load import project_path
from forecast.config.warning import WarningConfig
from forecast.fields.city_forecast import CityHourly
from forecast.fields.warnings import WarningLevel
from forecast.stages.warn import data_end
from forecast.warning.evaluate import evaluate
from forecast.warning.rules import select_rules


def _first(hours: int) -> CityHourly:
    whole = make_hourly(Drill.HAZE)
    return replace(
        whole, labels=whole.labels[:hours], concentration=whole.concentration[..., :hours]
    )


@pytest.mark.parametrize("hours", [1, 24, 30, 48])
def test_the_end_is_that_of_the_longest_member(hours: int) -> None:
    hourly = _first(48)
    values = hourly.concentration.copy()
    values[0, :, :, hours:] = np.nan
    values[1:, :, :, max(hours - 1, 1) :] = np.nan
    end = data_end(replace(hourly, concentration=values))
    label = hourly.labels[hours - 1].astype("datetime64[s]").item()
    assert end == label.replace(tzinfo=UTC)


def test_hours_of_spin_up_only_give_no_warning_and_no_error() -> None:
    hourly = _first(24)
    options = WarningConfig()
    rules = select_rules(project_path(options.folder), options.rules, _day(hourly))
    young = hourly.settled(dict.fromkeys(hourly.members, 48))
    found = evaluate(young, rules, standards(), options)
    assert {city.level for city in found.cities} == {WarningLevel.NONE}
    assert data_end(hourly).hour == 0


def _day(hourly: CityHourly) -> date:
    day: date = hourly.labels[0].astype("datetime64[D]").item()
    return day
