"""Interpolation in time, on the map and in the vertical, against formulas and displaced points."""

from dataclasses import replace

import numpy as np
import pytest

from forecast.common.constants import GAS_CONSTANT_AIR, GRAVITY
from forecast.common.errors import InputError
from forecast.config.domain import DomainConfig
from forecast.fields.driver import PressureLevelDriver
from forecast.grid.domain import Domain
from forecast.prepare.interpolate import (
    DriverOnGrid,
    mean_preserving,
    on_fixed_levels,
    surface_pressure,
    time_weight,
    to_heights,
    to_layers,
)
from forecast.sources.meteorology import standard_air

NOON = np.datetime64("2022-01-01T12", "s")
DAYS = NOON + np.arange(5) * np.timedelta64(86400, "s")


def air_pressure(height: float, temperature: float = 288.15, lapse: float = 0.0065) -> float:
    """The textbook formula of an atmosphere with a constant lapse rate."""
    exponent = GRAVITY / (GAS_CONSTANT_AIR * lapse)
    return float(101325.0 * (1.0 - lapse * height / temperature) ** exponent)


@pytest.fixture(scope="module")
def domain() -> Domain:
    return Domain.from_config(DomainConfig())


def daily(values: list[float]) -> PressureLevelDriver:
    driver = standard_air.make(DAYS)
    shape = driver.air_temperature.shape
    wind = np.broadcast_to(np.array(values).reshape(-1, 1, 1, 1), shape).copy()
    half = np.timedelta64(12, "h")
    return replace(
        driver,
        eastward_wind=wind,
        is_daily_mean=True,
        valid_from=DAYS - half,
        valid_to=DAYS + half,
    )


def test_linear_interpolation_of_the_nodes_has_the_daily_means() -> None:
    means = [3.0, -2.0, 6.0, 1.0, 1.5]
    nodes = mean_preserving(daily(means)).eastward_wind[:, 0, 0, 0]
    # a fine Riemann sum over each day of the curve that prepare will draw
    seconds = (np.arange(5 * 2880) + 0.5) * 30.0
    curve = np.interp(seconds, 43200.0 + 86400.0 * np.arange(5), nodes)
    np.testing.assert_allclose(curve.reshape(5, -1).mean(axis=1), means, atol=1e-6)


def test_humidity_stays_positive_when_means_jump() -> None:
    driver = daily([0.0] * 5)
    shape = driver.specific_humidity.shape
    jump = np.array([1e-3, 1e-5, 4e-3, 1e-5, 1e-3]).reshape(-1, 1, 1, 1)
    nodes = mean_preserving(replace(driver, specific_humidity=np.broadcast_to(jump, shape)))
    assert nodes.specific_humidity.min() >= 1e-6


def test_records_of_one_instant_are_left_alone() -> None:
    driver = standard_air.make(DAYS)
    assert mean_preserving(driver) is driver


@pytest.mark.parametrize(
    ("time", "place"),
    [
        ("2022-01-01T00", 0.0),
        ("2022-01-01T12", 0.0),
        ("2022-01-01T18", 0.25),
        ("2022-01-04T06", 2.75),
        ("2022-01-05T12", 4.0),
        ("2022-01-09T00", 4.0),
    ],
)
def test_time_weights_are_linear_and_held_outside(time: str, place: float) -> None:
    left, share = time_weight(DAYS, np.datetime64(time, "s"))
    assert left + share == pytest.approx(place)


def test_wind_is_turned_to_the_grid_as_displaced_points_turn(domain: Domain) -> None:
    grid = domain.horizontal
    fields = DriverOnGrid.build(standard_air.make(DAYS, wind=(4.0, 0.0)), grid).at(NOON)
    longitude, latitude = grid.longitude, grid.latitude
    x0, y0 = grid.project(longitude, latitude)
    x1, y1 = grid.project(longitude + 1e-4, latitude)
    length = np.hypot(x1 - x0, y1 - y0)
    np.testing.assert_allclose(fields.wind_x[0], 4.0 * (x1 - x0) / length, atol=1e-5)
    np.testing.assert_allclose(fields.wind_y[0], 4.0 * (y1 - y0) / length, atol=1e-5)
    assert np.abs(fields.wind_y[0]).max() > 0.3


def test_a_linear_field_is_interpolated_exactly(domain: Domain) -> None:
    grid, driver = domain.horizontal, standard_air.make(DAYS)
    plane = 200.0 + 0.5 * driver.longitude[None, :] + 0.25 * driver.latitude[:, None]
    temperature = np.broadcast_to(plane, driver.air_temperature.shape)
    fields = DriverOnGrid.build(replace(driver, air_temperature=temperature), grid).at(NOON)
    expected = 200.0 + 0.5 * grid.longitude + 0.25 * grid.latitude
    np.testing.assert_allclose(fields.air_temperature[3], expected, rtol=1e-12)


def test_a_driver_that_is_too_small_is_refused(domain: Domain) -> None:
    driver = standard_air.make(DAYS)
    small = {
        name: getattr(driver, name)[..., :8]
        for name in ("air_temperature", "geopotential_height", "eastward_wind", "northward_wind")
    }
    cut = replace(
        driver,
        longitude=driver.longitude[:8],
        specific_humidity=driver.specific_humidity[..., :8],
        **small,
    )
    with pytest.raises(InputError, match="'standard_air' does not surround .* 'shandong_27km'"):
        DriverOnGrid.build(cut, domain.horizontal).at(NOON)


@pytest.mark.parametrize("height", [-30.0, 0.0, 50.0, 400.0, 1234.0, 2500.0])
def test_surface_pressure_follows_the_hypsometric_equation(domain: Domain, height: float) -> None:
    driver = standard_air.make(DAYS)
    fields = DriverOnGrid.build(driver, domain.horizontal).at(NOON)
    terrain = np.full(domain.horizontal.shape, height)
    pressure = surface_pressure(fields, driver.pressure, terrain, 0.0065)
    # 925 and 850 hPa are 700 m apart: linear in ln p is good to a few Pa
    np.testing.assert_allclose(pressure, air_pressure(height), atol=3.0)


def test_below_the_lowest_level_a_winter_high_is_extrapolated(domain: Domain) -> None:
    driver = standard_air.make(DAYS, sea_level_pressure=104000.0, temperature=270.0)
    fields = DriverOnGrid.build(driver, domain.horizontal).at(NOON)
    assert fields.geopotential_height[0].min() > 300.0
    ground = np.zeros(domain.horizontal.shape)
    pressure = surface_pressure(fields, driver.pressure, ground, 0.0065)
    np.testing.assert_allclose(pressure, 104000.0, atol=0.5)


def test_layers_take_the_profile_and_extend_it_downward(domain: Domain) -> None:
    driver = standard_air.make(DAYS, sea_level_pressure=103000.0, humidity=0.004)
    fields = DriverOnGrid.build(driver, domain.horizontal).at(NOON)
    target = np.array([102500.0, 99000.0, 60000.0]).reshape(3, 1, 1)
    layers = to_layers(fields, driver.pressure, target + np.zeros((3, 56, 64)), 0.0065)
    exponent = GAS_CONSTANT_AIR * 0.0065 / GRAVITY
    virtual = 288.15 * (target / 103000.0) ** exponent
    np.testing.assert_allclose(
        layers.air_temperature, np.broadcast_to(virtual / 1.002432, (3, 56, 64)), rtol=4e-4
    )
    np.testing.assert_allclose(layers.specific_humidity, 0.004, rtol=1e-12)
    speed = np.hypot(layers.wind_x, layers.wind_y)
    np.testing.assert_allclose(speed, 5.0, rtol=1e-3)


def test_columns_are_linear_in_height_and_held_outside() -> None:
    source = np.array([20.0, 100.0, 300.0]).reshape(3, 1, 1)
    values = np.array([1.0, 3.0, -1.0]).reshape(3, 1, 1)
    found = to_heights(source, np.array([5.0, 60.0, 100.0, 200.0, 900.0]), values)
    np.testing.assert_allclose(found.ravel(), [1.0, 2.0, 3.0, 1.0, -1.0])
    back = on_fixed_levels(source.ravel(), values, np.array([60.0, 400.0]).reshape(2, 1, 1))
    np.testing.assert_allclose(back.ravel(), [2.0, -1.0])
