"""The made week is hydrostatic, geostrophic aloft, and follows its parameters."""

import numpy as np
import pytest
from pydantic import ValidationError

from forecast.config.meteorology import HazeWeekConfig
from forecast.fields.driver import PressureLevelDriver
from forecast.sources.meteorology import haze_week

OPTIONS = HazeWeekConfig(step_hours=6)


@pytest.fixture(scope="module")
def week() -> PressureLevelDriver:
    return haze_week.make(OPTIONS)


def at_jinan(driver: PressureLevelDriver, name: str, level: int) -> np.ndarray:
    j = int(np.argmin(np.abs(driver.latitude - 36.5)))
    i = int(np.argmin(np.abs(driver.longitude - 117.0)))
    values: np.ndarray = getattr(driver, name)[:, level, j, i]
    return values


def test_it_covers_spin_up_and_all_seven_days(week: PressureLevelDriver) -> None:
    assert str(week.first) == "2022-01-07T16:00:00"
    assert str(week.last) == "2022-01-16T16:00:00"
    assert not week.is_daily_mean


def test_a_step_that_does_not_divide_the_week_still_reaches_its_end() -> None:
    driver = haze_week.make(HazeWeekConfig(step_hours=5, spin_up_hours=0))
    assert str(driver.last) == "2022-01-16T16:00:00"


def test_columns_are_hydrostatic(week: PressureLevelDriver) -> None:
    virtual = week.air_temperature * (1.0 + 0.608 * week.specific_humidity)
    middle = 0.5 * (virtual[:, 1:] + virtual[:, :-1])
    step = np.log(week.pressure[:-1] / week.pressure[1:])[None, :, None, None]
    np.testing.assert_allclose(
        np.diff(week.geopotential_height, axis=1), 287.06 / 9.80665 * middle * step, rtol=1e-4
    )


def test_wind_aloft_is_geostrophic(week: PressureLevelDriver) -> None:
    level = int(np.argmin(np.abs(week.pressure - 50000.0)))
    height = week.geopotential_height[:, level]
    j, i = 8, 12
    f = 2.0 * 7.292e-5 * np.sin(np.radians(week.latitude[j]))
    span = 6370000.0 * np.radians(4.0)
    slope = (height[:, j + 1, i] - height[:, j - 1, i]) / span
    np.testing.assert_allclose(week.eastward_wind[:, level, j, i], -9.80665 / f * slope, rtol=1e-6)


def test_friction_turns_the_low_wind_towards_low_pressure(week: PressureLevelDriver) -> None:
    # cross-isobar flow at 1000 hPa: wind has a part down the slope of height everywhere
    height = week.geopotential_height[-4, 0]
    slope_north, slope_east = np.gradient(height)
    slope_east /= np.cos(np.radians(week.latitude))[:, None]
    down = -(week.eastward_wind[-4, 0] * slope_east + week.northward_wind[-4, 0] * slope_north)
    assert np.all(down[1:-1, 1:-1] >= 0.0)


def test_humidity_never_exceeds_saturation_much(week: PressureLevelDriver) -> None:
    celsius = week.air_temperature - 273.15
    vapour = 611.2 * np.exp(17.67 * celsius / (celsius + 243.5))
    saturation = 0.622 * vapour / week.pressure[None, :, None, None]
    assert (week.specific_humidity / saturation).max() < 1.1
    assert week.specific_humidity.min() > 0.0


@pytest.mark.parametrize("front_day", [4.0, 5.5])
def test_the_front_passes_jinan_on_its_day(front_day: float) -> None:
    driver = haze_week.make(HazeWeekConfig(front_day=front_day))
    temperature = at_jinan(driver, "air_temperature", 1)
    steepest = driver.times[int(np.argmin(np.diff(temperature)))]
    start = np.datetime64(HazeWeekConfig().start, "s")
    passed = (steepest - start) / np.timedelta64(86400, "s")
    assert passed == pytest.approx(front_day, abs=0.25)


def test_stronger_settings_make_a_stronger_week() -> None:
    weak = haze_week.make(HazeWeekConfig(cooling=4.0, inversion=2.0, humidity=0.6))
    strong = haze_week.make(HazeWeekConfig(cooling=16.0, inversion=9.0, humidity=0.95))
    calm, after = 16 + 3 * 8, -4
    for driver, fall in ((weak, 4.0), (strong, 16.0)):
        temperature = at_jinan(driver, "air_temperature", 0)
        assert temperature[calm] - temperature[after] == pytest.approx(fall + 1.5, abs=1.5)
    cap = int(np.argmin(np.abs(weak.pressure - 90000.0)))
    lift = (
        at_jinan(strong, "air_temperature", cap)[calm]
        - at_jinan(weak, "air_temperature", cap)[calm]
    )
    assert lift == pytest.approx(7.0, abs=0.7)


def test_a_front_before_the_calm_is_refused() -> None:
    with pytest.raises(ValidationError, match="front_day '1.0' is not after"):
        HazeWeekConfig(front_day=1.0)
    with pytest.raises(ValidationError, match="time zone"):
        HazeWeekConfig.model_validate({"start": "2022-01-09T16:00:00+08:00"})
