"""The implicit vertical solve against dense matrices in double precision."""

from typing import Any

import numpy as np
import pytest

from forecast.ctm.kernels import diffusion
from forecast.ctm.kernels.layout import HALO, flat_rows, mass_array, ratio_array

NZ, SPECIES, STEP = 6, 3, 600.0


def _columns(rng: np.random.Generator, ny: int, nx: int) -> Any:
    ratio = ratio_array(SPECIES, NZ, ny, nx)
    own = (..., slice(HALO, HALO + ny), slice(HALO, HALO + nx))
    ratio[own] = rng.random(ratio[own].shape)
    mass = mass_array(NZ, ny, nx)
    mass[own] = 1e9 * (1.0 + rng.random(mass[own].shape))
    conductance = np.zeros((NZ + 1, ny, nx))
    conductance[1:-1] = 10.0 ** rng.uniform(2.0, 8.0, (NZ - 1, ny, nx))
    emission = 1e5 * rng.random((SPECIES, 2, ny, nx))
    emission[0] = 0.0
    velocity = 1e-4 * rng.random((SPECIES, ny, nx))
    return ratio, mass, conductance, emission, velocity


def _solve(q: Any, mass: Any, conductance: Any, source: Any, loss: Any) -> Any:
    """Backward Euler of one column with a dense matrix."""
    matrix = np.diag(mass / STEP)
    for k in range(NZ - 1):
        g = conductance[k + 1]
        matrix[k : k + 2, k : k + 2] += g * np.array([[1.0, -1.0], [-1.0, 1.0]])
    matrix[0, 0] += loss * mass[0]
    return np.linalg.solve(matrix, mass / STEP * q + source)


@pytest.mark.parametrize(("ny", "nx"), [(2, 4), (2, 33), (7, 3), (1, 140)])
def test_the_solve_follows_the_reference(rng: np.random.Generator, ny: int, nx: int) -> None:
    """Also on tiles of several blocks, the last of them not full."""
    ratio, mass, conductance, emission, velocity = _columns(rng, ny, nx)
    before = ratio.astype(np.float64)
    exchange = diffusion.SurfaceExchange(
        flat_rows(emission), np.array([0, 2, 2]), flat_rows(velocity)
    )
    deposited = np.zeros((SPECIES, ny, nx))
    diffusion.mix_columns(
        ratio, mass, flat_rows(conductance), exchange, STEP, deposited, diffusion.diffusion_work(NZ)
    )
    for species in range(SPECIES):
        for j in range(ny):
            for i in range(nx):
                place = (slice(None), HALO + j, HALO + i)
                source = np.zeros(NZ)
                source[:2] = emission[species, :, j, i]
                loss = velocity[species, j, i]
                new = _solve(
                    before[(species, *place)], mass[place], conductance[:, j, i], source, loss
                )
                np.testing.assert_allclose(ratio[(species, *place)], new, rtol=2e-5)
                np.testing.assert_allclose(
                    deposited[species, j, i], STEP * loss * mass[place][0] * new[0], rtol=2e-5
                )


def test_a_uniform_mixing_ratio_without_source_stays_bit_for_bit(rng: np.random.Generator) -> None:
    ratio, mass, conductance, emission, velocity = _columns(rng, 2, 3)
    ratio[:] = np.float32(0.7)
    nothing = diffusion.SurfaceExchange(
        flat_rows(0.0 * emission), np.zeros(SPECIES, np.int64), flat_rows(0.0 * velocity)
    )
    diffusion.mix_columns(
        ratio, mass, flat_rows(conductance), nothing, STEP, np.zeros((SPECIES, 2, 3)),
        diffusion.diffusion_work(NZ),
    )  # fmt: skip
    assert np.all(ratio == np.float32(0.7))
