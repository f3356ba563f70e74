"""Partitioning of organic matter: equilibrium, mass, independent lanes."""

from typing import Any

import numpy as np
import pytest

from forecast.chemistry.kernels import organics as kernel
from forecast.chemistry.lanes import LANES
from forecast.chemistry.organics import SATURATION

N = 3 * LANES
ENTHALPY = 30.0e3
FACTORS = np.array([0.18, 0.17, 0.16, 0.15, 0.18, 0.18, 0.18, 0.18]) * 1e15 / 6.02214076e23


def _table() -> kernel.Volatility:
    return kernel.Volatility(
        gases=np.array([3, 4, 5, 6, 8, 9, 10, 11]),
        particles=np.array([1, 2, 3, 4, 5, 6, 7, 8]),
        factors=FACTORS.astype(np.float32),
        saturation=np.array(SATURATION, np.float32),
        warmth=np.float32(ENTHALPY / 8.314462618),
    )


def _cells(rng: np.random.Generator) -> Any:
    density = np.zeros((12, N), np.float32)
    density[_table().gases] = 10 ** rng.uniform(-3, 2, (8, N)) / FACTORS[:, None]
    mass = (10 ** rng.uniform(-3, 2, (9, N))).astype(np.float32)
    mass[0, :8] = 0.0  # cells without primary matter
    temperature = rng.uniform(235.0, 310.0, N).astype(np.float32)
    return density, mass, temperature


def _run(density: Any, mass: Any, temperature: Any) -> None:
    work = np.zeros(kernel.WORK, np.float32)
    kernel.partition(density, mass, mass[0].copy(), temperature, _table(), work)


def _reference(density: Any, mass: Any, temperature: Any) -> tuple[Any, Any]:
    """Totals and particles in double precision, the absorbing mass by bisection."""
    gases = density[_table().gases].astype(float) * FACTORS[:, None]
    total = gases + mass[1:].astype(float)
    warm = temperature.astype(float)
    saturation = np.array(SATURATION)[:, None] * 298.0 / warm
    saturation = saturation * np.exp(ENTHALPY / 8.314462618 * (1 / 298.0 - 1 / warm))
    classes = total[:4] + total[4:]
    low, high = np.full(N, 1e-9), total.sum(axis=0) + mass[0] + 1.0
    for _ in range(200):
        middle = np.sqrt(low * high)
        above = middle - mass[0] - (classes * middle / (middle + saturation)).sum(axis=0) > 0
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return total, total * np.tile(high / (high + saturation), (2, 1))


def test_particles_follow_the_reference_and_mass_is_kept(rng: np.random.Generator) -> None:
    density, mass, temperature = _cells(rng)
    total, expected = _reference(density, mass, temperature)
    _run(density, mass, temperature)
    # the seed of 1e-4 ug m-3 that the kernel always has
    np.testing.assert_allclose(mass[1:], expected, rtol=1e-3, atol=2e-3)
    after = density[_table().gases].astype(float) * FACTORS[:, None] + mass[1:]
    np.testing.assert_allclose(after, total, rtol=4e-7)
    assert (mass >= 0).all()
    assert (density >= 0).all()


def test_one_class_at_its_saturation_is_half_in_particles() -> None:
    density = np.zeros((12, LANES), np.float32)
    density[_table().gases[1]] = 1.0 / FACTORS[1]
    mass = np.zeros((9, LANES), np.float32)
    mass[0] = 9.5  # with half of the 1 ug m-3 that is 10 ug m-3, the saturation of the class
    _run(density, mass, np.full(LANES, 298.0, np.float32))
    np.testing.assert_allclose(mass[2], 0.5, rtol=1e-4)


def test_cold_air_holds_more_in_particles(rng: np.random.Generator) -> None:
    density, mass, _ = _cells(rng)
    other = density.copy(), mass.copy()
    _run(density, mass, np.full(N, 298.0, np.float32))
    _run(*other, np.full(N, 268.0, np.float32))
    assert (other[1][1:].sum(axis=0) > mass[1:].sum(axis=0)).all()


def test_a_second_time_changes_nothing(rng: np.random.Generator) -> None:
    density, mass, temperature = _cells(rng)
    _run(density, mass, temperature)
    again = mass.copy()
    _run(density, again, temperature)
    np.testing.assert_allclose(again, mass, rtol=2e-4, atol=2e-5)


def test_a_cell_does_not_see_its_neighbours(rng: np.random.Generator) -> None:
    density, mass, temperature = _cells(rng)
    order = rng.permutation(N)
    shuffled = density[:, order].copy(), mass[:, order].copy(), temperature[order].copy()
    _run(density, mass, temperature)
    _run(*shuffled)
    np.testing.assert_array_equal(shuffled[0], density[:, order])
    np.testing.assert_array_equal(shuffled[1], mass[:, order])


@pytest.mark.parametrize(("absorbing", "expected"), [(10.0, 0.117), (40.0, 0.237)])
def test_the_table_gives_the_yields_of_toluene(absorbing: float, expected: float) -> None:
    """Mass yields of high NOx (Murphy and Pandis 2009) add up as a chamber would see them."""
    yields = np.array([0.003, 0.165, 0.3, 0.435])
    density = np.zeros((12, LANES), np.float32)
    density[_table().gases[:4]] = (1e-3 * yields / FACTORS[:4])[:, None]
    mass = np.zeros((9, LANES), np.float32)
    mass[0] = absorbing
    _run(density, mass, np.full(LANES, 298.0, np.float32))
    assert mass[1:, 0].sum() / 1e-3 == pytest.approx(expected, rel=0.01)
