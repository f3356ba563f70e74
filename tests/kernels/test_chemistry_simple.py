"""The simple scheme against a cell-by-cell version in double precision."""

from typing import Any

import numpy as np

from forecast.chemistry.kernels import simple

HALO = simple.HALO
NZ, NY, NX = 2, 2, 35
MOLAR = np.array([64.0638, 30.0061, 46.0055, 17.0305, 96.0626, 62.0049, 18.0385]) * 1e-3
STEP, OXIDISED = 600.0, 0.15


def _setup(rng: np.random.Generator) -> Any:
    width = HALO + 2 * simple.LANES + HALO
    ratio = np.zeros((9, NZ, NY + 2 * HALO, width), np.float32)
    own = (..., slice(HALO, HALO + NY), slice(HALO, HALO + NX))
    ratio[own] = 1e-8 * rng.random(ratio[own].shape)
    ratio[4][own] *= rng.choice([0.0, 1.0], ratio[4][own].shape)  # cells without ammonia
    mass = np.ones(ratio.shape[1:])
    mass[own] = 1e9 * (1 + rng.random(mass[own].shape))
    rates = [np.zeros((NZ, NY, 2 * simple.LANES), np.float32) for _ in range(4)]
    for rate, scale in zip(rates, (1e-5, 1e3, 1e-4, 3e3), strict=True):
        rate[..., :NX] = scale * rng.random((NZ, NY, NX))
    table = simple.Substances(
        places=np.array([1, 2, 3, 4, 6, 7, 8]),
        fine=np.array([5, 6, 7, 8]),
        inverse_molar=(1 / MOLAR).astype(np.float32),
        molar=MOLAR.astype(np.float32),
        oxidised=np.float32(OXIDISED),
    )
    return ratio, mass, simple.Rates(*rates), table, own


def _reference(cell: Any, rates: Any) -> Any:
    """One cell: mixing ratios of the nine species to their new values."""
    new = cell.astype(np.float64)
    so2, no, no2, nh3, so4, no3, nh4 = new[[1, 2, 3, 4, 6, 7, 8]] / MOLAR
    fine = new[5:].sum()
    lost = OXIDISED * no
    no, no2 = no - lost, no2 + lost
    x = STEP * (rates[0] + rates[1] * fine)
    lost = so2 * x / (1 + x)
    so2, so4 = so2 - lost, so4 + lost
    wanted = 2 * so4 + no3 - nh4
    x = STEP * (rates[2] + rates[3] * fine)
    formed = min(no2 * x / (1 + x), max(nh3 - wanted, 0.0))
    bound = min(max(wanted + formed, 0.0), nh3)
    moles = so2, no, no2 - formed, nh3 - bound, so4, no3 + formed, nh4 + bound
    new[[1, 2, 3, 4, 6, 7, 8]] = np.array(moles) * MOLAR
    return new


def test_the_scheme_follows_the_reference(rng: np.random.Generator) -> None:
    ratio, mass, rates, table, own = _setup(rng)
    before = ratio.copy()
    changed = np.zeros((9, NY, NX))
    work = np.zeros(simple.WORK, np.float32)
    simple.react(ratio, mass, rates, table, np.float32(STEP), changed, work)
    for layer in range(NZ):
        for j in range(NY):
            for i in range(NX):
                here = [float(rate[layer, j, i]) for rate in rates]
                expected = _reference(before[:, layer, HALO + j, HALO + i], here)
                got = ratio[:, layer, HALO + j, HALO + i]
                np.testing.assert_allclose(got, expected, rtol=3e-6, atol=1e-15)
    made = ((ratio[own].astype(np.float64) - before[own]) * mass[own]).sum(axis=1)
    np.testing.assert_allclose(changed, made, rtol=1e-6, atol=1e-7)
    outside = np.ones(ratio.shape, bool)
    outside[own] = False
    np.testing.assert_array_equal(ratio[outside], before[outside])
