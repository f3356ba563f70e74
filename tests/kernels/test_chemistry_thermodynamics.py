"""The kernels of the inorganic equilibrium against slow solutions in float64."""

from typing import Any

import numpy as np
import pytest

from forecast.chemistry.kernels import thermodynamics as wet
from forecast.chemistry.kernels import thermodynamics_solids as solids
from forecast.chemistry.lanes import LANES
from forecast.chemistry.thermodynamics import ONSET, WATER
from tests.kernels.thermodynamics_reference import draw, reference, stable_reference


def solve(cells: Any, stable: bool) -> Any:
    """The six results of a kernel; whatever was in the work array must not matter."""
    results = np.zeros((6, cells.shape[1]), np.float32)
    work = np.full(solids.WORK, np.nan, np.float32)
    if stable:
        solids.equilibrate_stable(cells, WATER, ONSET, work, results)
    else:
        wet.equilibrate_metastable(cells, WATER, work, results)
    return results


def test_few_sweeps_in_single_precision_reach_the_solution(rng: np.random.Generator) -> None:
    cells = draw(rng, 60 * LANES)
    results, expected = solve(cells, stable=False), reference(cells)
    assert np.isfinite(results).all()
    for row, total in ((0, 4), (1, 3), (2, 6)):
        share = np.maximum(cells[total], 1e-14)
        error = np.abs(results[row] - expected[row]) / share
        assert np.quantile(error, 0.99) < 1e-3
        assert error.max() < 0.06  # near the onset of particles each sweep gains little
    wet_cells = expected[3] > 1e-5 * cells[2:].sum(0)
    water = np.abs(results[3, wet_cells] / expected[3, wet_cells] - 1)
    acidity = np.abs(np.log10(results[4, wet_cells] / expected[4, wet_cells]))
    assert np.quantile(water, 0.99) < 2e-3
    assert np.quantile(acidity, 0.99) < 0.02


def test_solids_come_near_the_solution_too(rng: np.random.Generator) -> None:
    cells = draw(rng, 30 * LANES)
    cells[0] = np.maximum(cells[0], 250)
    results, expected = solve(cells, stable=True), stable_reference(cells)
    assert np.isfinite(results).all()
    for row, total in ((0, 4), (1, 3)):
        error = np.abs(results[row] - expected[row]) / np.maximum(cells[total], 1e-14)
        assert np.median(error) < 1e-5
        assert np.quantile(error, 0.9) < 1e-2  # the rest is at the humidities where salts dissolve
    assert np.mean((results[3] > 0) == (expected[3] > 0)) > 0.95
    both = (results[3] > 0) & (expected[3] > 1e-4 * cells[2:].sum(0))
    assert np.quantile(np.abs(results[3, both] / expected[3, both] - 1), 0.95) < 1e-2


@pytest.mark.parametrize("stable", [False, True])
def test_a_cell_gives_the_same_bits_wherever_it_stands(
    stable: bool, rng: np.random.Generator
) -> None:
    cells = draw(rng, 6 * LANES)
    together = solve(cells, stable)
    order = rng.permutation(cells.shape[1])
    shuffled = solve(np.ascontiguousarray(cells[:, order]), stable)
    np.testing.assert_array_equal(shuffled, together[:, order])
    alone = np.repeat(cells[:, 7:8], LANES, axis=1)
    np.testing.assert_array_equal(solve(alone, stable), np.repeat(together[:, 7:8], LANES, axis=1))
