"""The horizontal sweeps against a slow NumPy version in double precision, and their symmetries."""

from typing import Any

import numpy as np
import pytest

from forecast.ctm.kernels import sweeps
from forecast.ctm.kernels.layout import HALO, mass_array, ratio_array

SPECIES, LAYERS = 2, 2
LAYER_LIST = np.arange(LAYERS)
STEP = 0.7


def _parabola_edges(row: Any) -> Any:
    """Left and right edge of Lin's parabolas, relative to the mean; ends are left flat."""
    slope = np.zeros_like(row)
    for i in range(1, row.size - 1):
        near = row[i - 1 : i + 2]
        s = (row[i + 1] - row[i - 1]) / 4
        slope[i] = np.sign(s) * min(abs(s), near.max() - row[i], row[i] - near.min())
    left, right = np.zeros_like(row), np.zeros_like(row)
    for i in range(2, row.size - 2):
        west = (row[i - 1] + row[i]) / 2 + (slope[i - 1] - slope[i]) / 3
        east = (row[i] + row[i + 1]) / 2 + (slope[i] - slope[i + 1]) / 3
        left[i] = -np.sign(slope[i]) * min(2 * abs(slope[i]), abs(west - row[i]))
        right[i] = np.sign(slope[i]) * min(2 * abs(slope[i]), abs(east - row[i]))
    return left, right


def _reference_row(row: Any, mass: Any, flux: Any) -> Any:
    """Advance the inner cells of one row with a halo of 3; flux through their n + 1 faces."""
    left, right = _parabola_edges(row)
    n = flux.size - 1
    face = np.zeros(n + 1)
    for i in range(n + 1):
        up = HALO - 1 + i if flux[i] > 0 else HALO + i
        share = abs(flux[i]) / mass[up]
        edge = right[up] if flux[i] > 0 else left[up]
        # mean of the parabola over the part that leaves the cell
        face[i] = row[up] + (1 - share) * (edge - share * (left[up] + right[up]))
    inner, air = row[HALO : HALO + n], mass[HALO : HALO + n]
    new_air = air + flux[:-1] - flux[1:]
    content = inner * air + flux[:-1] * face[:-1] - flux[1:] * face[1:]
    return content / new_air, new_air


def _fields(rng: np.random.Generator, ny: int, nx: int) -> Any:
    ratio = ratio_array(SPECIES, LAYERS, ny, nx)
    own = (..., slice(0, ny + 2 * HALO), slice(0, nx + 2 * HALO))
    steps = rng.choice([0.0, 0.3, 1.0], ratio[own].shape)
    ratio[own] = steps + 0.2 * rng.random(ratio[own].shape)
    mass = mass_array(LAYERS, ny, nx)
    mass[own] = 1.0 + rng.random(mass[own].shape)
    return ratio, mass


@pytest.mark.parametrize(("ny", "nx"), [(4, 5), (3, 40)])
def test_x_sweep_follows_the_reference(rng: np.random.Generator, ny: int, nx: int) -> None:
    ratio, mass = _fields(rng, ny, nx)
    flux = rng.uniform(-0.5, 0.5, (LAYERS, ny, nx + 1)).astype(np.float32)
    steps = np.array([STEP, 0.5 * STEP])
    before, air = ratio.astype(np.float64), mass.copy()
    sweeps.sweep_x(ratio, mass, flux, LAYER_LIST, steps, nx, sweeps.sweep_work(ny, nx))
    for layer in range(LAYERS):
        for j in range(ny):
            for species in range(SPECIES):
                expected, new_air = _reference_row(
                    before[species, layer, HALO + j], air[layer, HALO + j],
                    steps[layer] * flux[layer, j].astype(np.float64),
                )  # fmt: skip
                got = ratio[species, layer, HALO + j, HALO : HALO + nx]
                np.testing.assert_allclose(got, expected, rtol=2e-6, atol=2e-7)
            np.testing.assert_allclose(mass[layer, HALO + j, HALO : HALO + nx], new_air, rtol=1e-14)


@pytest.mark.parametrize(("ny", "nx"), [(4, 5), (7, 34)])
def test_y_sweep_is_the_x_sweep_of_the_transposed_field(
    rng: np.random.Generator, ny: int, nx: int
) -> None:
    ratio, mass = _fields(rng, ny, nx)
    turned, turned_mass = ratio_array(SPECIES, LAYERS, nx, ny), mass_array(LAYERS, nx, ny)
    height, width = ny + 2 * HALO, nx + 2 * HALO
    turned[..., :width, :height] = np.swapaxes(ratio[..., :height, :width], 2, 3)
    turned_mass[:, :width, :height] = np.swapaxes(mass[:, :height, :width], 1, 2)
    flux = rng.uniform(-0.5, 0.5, (LAYERS, ny + 1, nx)).astype(np.float32)
    steps = np.full(LAYERS, STEP)
    sweeps.sweep_y(ratio, mass, flux, LAYER_LIST, steps, nx, sweeps.sweep_work(ny, nx))
    across = np.ascontiguousarray(np.swapaxes(flux, 1, 2))
    sweeps.sweep_x(turned, turned_mass, across, LAYER_LIST, steps, ny, sweeps.sweep_work(nx, ny))
    own = ratio[..., HALO : HALO + ny, HALO : HALO + nx]
    other = np.swapaxes(turned[..., HALO : HALO + nx, HALO : HALO + ny], 2, 3)
    np.testing.assert_array_equal(own, other)


def test_only_the_layers_asked_for_change(rng: np.random.Generator) -> None:
    ny, nx = 3, 4
    ratio, mass = _fields(rng, ny, nx)
    before, air = ratio.copy(), mass.copy()
    flux = rng.uniform(0.1, 0.5, (LAYERS, ny, nx + 1)).astype(np.float32)
    sweeps.sweep_x(
        ratio, mass, flux, np.array([1]), np.full(LAYERS, STEP), nx, sweeps.sweep_work(ny, nx)
    )
    np.testing.assert_array_equal(ratio[:, 0], before[:, 0])
    np.testing.assert_array_equal(mass[0], air[0])
    assert np.any(ratio[:, 1] != before[:, 1])


@pytest.mark.parametrize("value", [1.0, 0.1, 3.3e-9])
def test_a_uniform_mixing_ratio_stays_bit_for_bit(rng: np.random.Generator, value: float) -> None:
    ny, nx = 5, 6
    ratio, mass = _fields(rng, ny, nx)
    ratio[:] = value
    for sweep, shape in (
        (sweeps.sweep_x, (LAYERS, ny, nx + 1)),
        (sweeps.sweep_y, (LAYERS, ny + 1, nx)),
    ):
        flux = rng.uniform(-0.4, 0.4, shape).astype(np.float32)
        sweep(ratio, mass, flux, LAYER_LIST, np.full(LAYERS, STEP), nx, sweeps.sweep_work(ny, nx))
        own = ratio[..., HALO : HALO + ny, HALO : HALO + nx]
        assert np.all(own == np.float32(value))


def test_the_outflow_numbers_bound_every_part_of_a_sweep(rng: np.random.Generator) -> None:
    ny, nx = 4, 5
    _, mass = _fields(rng, ny, nx)
    flux_x = rng.uniform(-0.5, 0.5, (LAYERS, ny, nx + 1)).astype(np.float32)
    flux_y = rng.uniform(-0.5, 0.5, (LAYERS, ny + 1, nx)).astype(np.float32)
    own = mass[:, HALO : HALO + ny, HALO : HALO + nx]
    for x_first in (True, False):
        numbers = np.zeros((2, LAYERS))
        sweeps.outflow_numbers(mass, flux_x, flux_y, STEP, x_first, numbers)
        x, y = flux_x.astype(np.float64), flux_y.astype(np.float64)
        gain_x, gain_y = STEP * (x[..., :-1] - x[..., 1:]), STEP * (y[:, :-1] - y[:, 1:])
        out_x = STEP * (np.maximum(x[..., 1:], 0) + np.maximum(-x[..., :-1], 0))
        out_y = STEP * (np.maximum(y[:, 1:], 0) + np.maximum(-y[:, :-1], 0))
        after_first = own + (gain_x if x_first else gain_y)
        end = own + gain_x + gain_y
        first, second = np.minimum(own, after_first), np.minimum(after_first, end)
        around_x, around_y = (first, second) if x_first else (second, first)
        np.testing.assert_allclose(numbers[0], (out_x / around_x).max(axis=(1, 2)), rtol=1e-12)
        np.testing.assert_allclose(numbers[1], (out_y / around_y).max(axis=(1, 2)), rtol=1e-12)
