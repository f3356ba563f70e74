"""Layers against the US standard atmosphere (1976) and the hydrostatic mass of a column."""

import numpy as np
import pytest
from pydantic import ValidationError

from forecast.common.constants import GRAVITY
from forecast.common.errors import ConfigurationError
from forecast.config.domain import LevelsConfig, hybrid_b
from forecast.grid.vertical import HybridLevels

# US Standard Atmosphere 1976, table I: geopotential height (m) and pressure (Pa)
STANDARD = ((1000.0, 89874.6), (2000.0, 79495.2), (5000.0, 54019.9), (10000.0, 26436.3))
SEA_LEVEL = 101325.0


def standard_temperature(height: np.ndarray) -> np.ndarray:
    return np.where(height < 11000.0, 288.15 - 0.0065 * height, 216.65)


def standard_height(pressure: np.ndarray) -> np.ndarray:
    below = 288.15 / 0.0065 * (1.0 - (pressure / SEA_LEVEL) ** (0.0065 * 287.053 / 9.80665))
    above = 11000.0 + 287.053 * 216.65 / 9.80665 * np.log(22632.06 / pressure)
    return np.where(pressure > 22632.06, below, above)


@pytest.fixture(scope="module")
def levels() -> HybridLevels:
    return HybridLevels.from_config(LevelsConfig())


def test_the_coordinate_is_sigma_at_the_ground_and_pressure_above() -> None:
    step = 1e-6
    assert hybrid_b(1.0, 0.2) == 1.0
    assert (1.0 - hybrid_b(1.0 - step, 0.2)) / step == pytest.approx(1.0, abs=1e-4)
    assert hybrid_b(0.2 + step, 0.2) == pytest.approx(0.0, abs=1e-9)
    assert hybrid_b(0.1, 0.2) == 0.0
    # etac = 0 leaves b = 2 eta**2 - eta**3 (NCAR/TN-556 with etac = 0)
    assert hybrid_b(0.5, 0.0) == pytest.approx(0.375)


def test_fine_layers_stand_at_the_heights_of_the_standard_atmosphere() -> None:
    fine = HybridLevels.from_config(LevelsConfig(eta=tuple(np.linspace(1.0, 0.0, 201))))
    ps = np.array(SEA_LEVEL)
    temperature = standard_temperature(standard_height(fine.pressure_full(ps)))
    z_half, _ = fine.heights(ps, temperature, np.zeros_like(temperature))
    pressure = fine.pressure_half(ps)
    for height, expected in STANDARD:
        found = np.interp(np.log(expected), np.log(pressure[::-1]), z_half[::-1])
        assert found == pytest.approx(height, rel=1e-3)


def test_the_default_layers_are_thin_near_the_ground(levels: HybridLevels) -> None:
    ps = np.array(SEA_LEVEL)
    temperature = standard_temperature(standard_height(levels.pressure_full(ps)))
    z_half, z_full = levels.heights(ps, temperature, np.zeros_like(temperature))
    assert levels.nz >= 14
    assert 35.0 < z_half[1] < 45.0
    assert 7 <= np.count_nonzero(z_half[1:] <= 1500.0) <= 9
    assert z_half[-1] == pytest.approx(16180.0, rel=5e-3)  # 100 hPa
    assert np.all((z_full > z_half[:-1]) & (z_full < z_half[1:]))


def test_moist_air_stands_higher_by_its_virtual_temperature(levels: HybridLevels) -> None:
    ps = np.array(SEA_LEVEL)
    warm = np.full(levels.nz, 280.0)
    dry, _ = levels.heights(ps, warm, np.zeros(levels.nz))
    moist, _ = levels.heights(ps, warm, np.full(levels.nz, 0.01))
    np.testing.assert_allclose(moist[1:] / dry[1:], 1.0 + 0.608 * 0.01, rtol=1e-5)


def test_a_column_weighs_its_pressure_difference(levels: HybridLevels) -> None:
    ps = np.linspace(50000.0, 104000.0, 28).reshape(4, 7)
    mass = levels.layer_mass(ps)
    assert mass.shape == (levels.nz, 4, 7)
    assert mass.min() > 0.0
    np.testing.assert_allclose(mass.sum(axis=0) * GRAVITY, ps - 10000.0, rtol=1e-13)


def test_the_top_is_a_surface_of_pressure(levels: HybridLevels) -> None:
    half = levels.pressure_half(np.array([50000.0, 104000.0]))
    np.testing.assert_array_equal(half[-1], 10000.0)
    np.testing.assert_array_equal(half[0], [50000.0, 104000.0])


def test_levels_compare_by_their_numbers(levels: HybridLevels) -> None:
    same = HybridLevels.from_config(LevelsConfig())
    other = HybridLevels.from_config(LevelsConfig(eta=(1.0, 0.9, 0.5, 0.0)))
    assert levels == same
    assert hash(levels) == hash(same)
    assert levels != other
    assert levels.fingerprint != other.fingerprint


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"eta": (0.99, 0.5, 0.0)}, "must start with 1"),
        ({"eta": (1.0, 0.5, 0.1)}, "end with 0"),
        ({"eta": (1.0, 0.5, 0.5, 0.0)}, "fall strictly"),
        ({"eta": (1.0, 0.5, 0.7, 0.0)}, "'0.7' follows '0.5'"),
        ({"eta": (1.0, 0.0)}, "at least 3"),
        ({"eta_pressure": 0.4}, "layer . would have the thickness"),
        ({"top_pressure": 500.0}, "greater than or equal"),
        ({"lowest_surface_presure": 1.0}, "Extra inputs"),
    ],
)
def test_wrong_levels_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        LevelsConfig.model_validate(change)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ((0.0, 100.0, 1000.0), (0.9, 0.5, 0.0), "do not run from the ground"),
        ((0.0, 100.0), (1.0, 0.0), "do not run from the ground"),
        ((0.0, 99000.0, 1000.0), (1.0, 0.5, 0.0), "Pressure does not fall"),
    ],
)
def test_wrong_coefficients_are_refused(
    a: tuple[float, ...], b: tuple[float, ...], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        HybridLevels(np.array(a), np.array(b))
