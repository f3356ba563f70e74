"""Sinking columns: against sums over fine slices, exact shifts, mass, positivity, any step."""

from typing import Any

import numpy as np
import pytest

from forecast.ctm.kernels.layout import HALO, mass_array, ratio_array
from forecast.ctm.kernels.settling import settle

NZ, NY, NX = 7, 2, 3
WHICH = np.array([[1, 0]])


def _state(rng: np.random.Generator) -> tuple[Any, Any]:
    ratio, mass = ratio_array(2, NZ, NY, NX), mass_array(NZ, NY, NX)
    ratio[:] = rng.uniform(0.0, 1.0, ratio.shape) ** 3
    mass[:] = rng.uniform(1.0, 5.0, mass.shape)
    return ratio, mass


def _own(array: Any) -> Any:
    return array[..., HALO : HALO + NY, HALO : HALO + NX]


def _sink(ratio: Any, mass: Any, fall: Any, species: Any = WHICH) -> Any:
    deposited = np.zeros((2, NY, NX))
    settle(ratio, mass, fall.astype(np.float32), species, deposited)
    return deposited


def _slopes(q: Any) -> Any:
    """Limited slope of each layer (van Leer), written with clipping."""
    slope = np.zeros_like(q)
    down, up = q[1:-1] - q[:-2], q[2:] - q[1:-1]
    size = np.minimum(abs(down + up) / 2, 2 * np.minimum(abs(down), abs(up)))
    slope[1:-1] = np.where(down * up > 0, np.sign(up) * size, 0.0)
    return slope


def _by_slices(q: Any, air: Any, fall: Any, slices: int = 4000) -> tuple[Any, float]:
    """Cut each layer into slices, and let each go to the layer where its fall ends."""
    places = (np.arange(slices) + 0.5) / slices
    base = np.concatenate([[0.0], np.cumsum(air)])
    start = np.concatenate([base[k] + places * air[k] for k in range(q.size)])
    tracer = np.concatenate(
        [(q[k] + _slopes(q)[k] * (places - 0.5)) * air[k] / slices for k in range(q.size)]
    )
    reach = np.maximum.accumulate(np.minimum(base[:-1] + fall, base[-1]))
    target = np.searchsorted(reach, start, side="right") - 1
    after = np.array([tracer[target == k].sum() for k in range(q.size)]) / air
    return after, float(tracer[target < 0].sum())


@pytest.mark.parametrize("strength", [0.3, 1.0, 4.0], ids=["part", "layer", "layers"])
def test_sinking_is_what_slices_of_air_do(strength: float) -> None:
    rng = np.random.default_rng(3)
    ratio, mass = _state(rng)
    before = ratio.astype(np.float64)
    fall = np.broadcast_to(
        strength * np.sort(rng.uniform(0.5, 1.5, (1, NZ, NY, NX)), axis=1), (1, NZ, NY, NX)
    )
    deposited = _sink(ratio, mass, fall)
    for j in range(NY):
        for i in range(NX):
            place = (slice(None), HALO + j, HALO + i)
            column = before[(1, *place)]
            after, down = _by_slices(column, mass[place], fall[0, :, j, i])
            np.testing.assert_allclose(ratio[(1, *place)], after, atol=2e-3)
            assert deposited[1, j, i] == pytest.approx(down, abs=5e-3)


def test_only_the_species_named_sinks() -> None:
    rng = np.random.default_rng(4)
    ratio, mass = _state(rng)
    kept = ratio[0].copy()
    deposited = _sink(ratio, mass, np.ones((1, NZ, NY, NX)))
    np.testing.assert_array_equal(ratio[0], kept)
    assert not deposited[0].any()


@pytest.mark.parametrize("strength", [1e-3, 0.5, 3.0, 1e3])
def test_mass_is_kept_and_nothing_turns_negative(strength: float) -> None:
    rng = np.random.default_rng(5)
    ratio, mass = _state(rng)
    total = (_own(ratio[1]).astype(np.float64) * _own(mass)).sum(axis=0)
    lowest, highest = ratio[1].min(), ratio[1].max()
    fall = strength * rng.uniform(0.1, 2.0, (1, NZ, NY, NX))
    deposited = _sink(ratio, mass, fall)
    left = (_own(ratio[1]).astype(np.float64) * _own(mass)).sum(axis=0)
    np.testing.assert_allclose(left + deposited[1], total, rtol=1e-6)
    assert ratio.min() >= 0.0
    assert lowest >= 0.0
    assert highest <= 1.0
    if strength > 100:
        np.testing.assert_allclose(deposited[1], total, rtol=1e-6)


def test_whole_layers_are_shifted_exactly() -> None:
    ratio, mass = ratio_array(2, NZ, NY, NX), mass_array(NZ, NY, NX)
    mass[:] = 2.0
    profile = np.array([0.0, 1.0, 0.0, 5.0, 0.0, 2.0, 0.0], np.float32)
    ratio[1] = profile[:, None, None]
    deposited = _sink(ratio, mass, np.full((1, NZ, NY, NX), 4.0))
    expected = np.concatenate([profile[2:], [0.0, 0.0]])
    np.testing.assert_allclose(_own(ratio[1])[:, 0, 0], expected, atol=1e-7)
    np.testing.assert_allclose(deposited[1], 2.0 * profile[:2].sum())


def test_nothing_sinks_without_fall() -> None:
    rng = np.random.default_rng(6)
    ratio, mass = _state(rng)
    kept = ratio.copy()
    deposited = _sink(ratio, mass, np.zeros((1, NZ, NY, NX)))
    np.testing.assert_array_equal(ratio, kept)
    assert not deposited.any()
