"""What vertical mixing keeps for any column."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.ctm.kernels import diffusion
from forecast.ctm.kernels.layout import HALO, flat_rows, mass_array, ratio_array
from forecast.fields.arrays import Float

NZ, NY, NX = 7, 2, 4
SEEDS = st.integers(0, 2**32 - 1)
OWN = (..., slice(HALO, HALO + NY), slice(HALO, HALO + NX))


def _mixed(seed: int, strength: float, *, sources: bool) -> tuple[Float, ...]:
    """Mix random columns once; returns before, after, mass, emitted and deposited kg."""
    rng = np.random.default_rng(seed)
    ratio = ratio_array(2, NZ, NY, NX)
    ratio[OWN] = rng.choice([0.0, 1.0], ratio[OWN].shape) * rng.random(ratio[OWN].shape)
    mass = mass_array(NZ, NY, NX)
    mass[OWN] = 1e9 * (0.1 + rng.random(mass[OWN].shape))
    conductance = np.zeros((NZ + 1, NY, NX))
    conductance[1:-1] = 10.0 ** rng.uniform(0.0, strength, (NZ - 1, NY, NX))
    emission = sources * 1e5 * rng.random((2, 3, NY, NX))
    velocity = sources * 1e-4 * rng.random((2, NY, NX))
    exchange = diffusion.SurfaceExchange(
        flat_rows(emission), np.full(2, 3 * sources), flat_rows(velocity)
    )
    before = ratio[OWN].astype(np.float64)
    deposited = np.zeros((2, NY, NX))
    diffusion.mix_columns(
        ratio,
        mass,
        flat_rows(conductance),
        exchange,
        600.0,
        deposited,
        diffusion.diffusion_work(NZ),
    )
    after = ratio[OWN].astype(np.float64)
    return before, after, mass[OWN], 600.0 * emission.astype(np.float32).sum(axis=1), deposited


@given(SEEDS, st.floats(1.0, 9.0))
@settings(max_examples=40)
def test_mixing_keeps_what_is_emitted_and_not_deposited(seed: int, strength: float) -> None:
    before, after, mass, emitted, deposited = _mixed(seed, strength, sources=True)
    was, now = (before * mass).sum(axis=1), (after * mass).sum(axis=1)
    # one column, one step of full exchange between layers of unequal mass; over a domain and
    # days such rounding cancels (tests/properties/test_ctm_ledger.py)
    np.testing.assert_allclose(now, was + emitted - deposited, rtol=1e-5)


@given(SEEDS, st.floats(1.0, 9.0))
@settings(max_examples=40)
def test_mixing_makes_no_new_extremum_and_nothing_negative(seed: int, strength: float) -> None:
    before, after, *_ = _mixed(seed, strength, sources=False)
    low, high = before.min(axis=1, keepdims=True), before.max(axis=1, keepdims=True)
    assert np.all(after >= np.maximum(low - 1e-5 * high, 0.0))
    assert np.all(after <= high * (1.0 + 1e-5))


@given(SEEDS)
@settings(max_examples=30)
def test_strong_mixing_makes_a_column_uniform(seed: int) -> None:
    before, after, mass, *_ = _mixed(seed, 1.0, sources=False)
    assert np.ptp(after, axis=1).max() > 0.0
    rng = np.random.default_rng(seed)
    ratio = ratio_array(1, NZ, NY, NX)
    ratio[OWN] = rng.random(ratio[OWN].shape)
    air = mass_array(NZ, NY, NX)
    air[OWN] = mass
    mean = (ratio[OWN] * mass).sum(axis=1) / mass.sum(axis=0)
    strong = np.zeros((NZ + 1, NY, NX))
    strong[1:-1] = 1e13
    nothing = diffusion.SurfaceExchange(
        flat_rows(np.zeros((1, 1, NY, NX))), np.zeros(1, np.int64), flat_rows(np.zeros((1, NY, NX)))
    )
    diffusion.mix_columns(
        ratio, air, flat_rows(strong), nothing, 600.0, np.zeros((1, NY, NX)),
        diffusion.diffusion_work(NZ),
    )  # fmt: skip
    np.testing.assert_allclose(
        ratio[OWN], np.broadcast_to(mean[:, None], before[:1].shape), rtol=1e-3
    )
