"""The diurnal column and the boundary-layer height against analytic growth and limits."""

import numpy as np
import pytest

from forecast.config.meteorology import BoundaryLayerConfig
from forecast.fields.arrays import Float
from forecast.prepare import boundary_layer as layer
from forecast.prepare.boundary_layer import HEIGHTS, THICKNESS, ColumnAir, ColumnState
from forecast.prepare.diagnose import minimum_diffusivity, vertical_diffusivity
from forecast.prepare.surface_energy import SurfaceFluxes

OPTIONS = BoundaryLayerConfig()
CORIOLIS = np.full((1, 1), 8.6e-5)


def column(gradient: float, base: float = 280.0) -> Float:
    profile: Float = (base + gradient * HEIGHTS).reshape(-1, 1, 1)
    return profile


def content(theta: Float) -> float:
    return float(np.sum(theta[:, 0, 0] * THICKNESS))


def fluxes(friction: float, inverse: float, flux: float) -> SurfaceFluxes:
    return SurfaceFluxes(*(np.full((1, 1), v) for v in (friction, inverse, flux, flux)))


@pytest.mark.parametrize("heat", [50.0, 400.0, 1500.0])
def test_heat_is_conserved_and_grows_a_layer_as_encroachment_says(heat: float) -> None:
    before = column(0.005)
    after = layer.warm(before, np.full((1, 1), heat))
    assert content(after) - content(before) == pytest.approx(heat, rel=1e-9)
    depth = np.sqrt(2.0 * heat / 0.005)
    mixed = after[0, 0, 0]
    assert mixed - 280.0 == pytest.approx(0.005 * depth, rel=0.15)
    below, above = depth * 0.8 > HEIGHTS, depth * 1.2 < HEIGHTS
    np.testing.assert_allclose(after[below, 0, 0], mixed)
    np.testing.assert_array_equal(after[above], before[above])


def test_heating_in_steps_equals_heating_at_once() -> None:
    at_once = layer.warm(column(0.004), np.full((1, 1), 800.0))
    steps = column(0.004)
    for _ in range(16):
        steps = layer.warm(steps, np.full((1, 1), 50.0))
    np.testing.assert_allclose(steps, at_once, atol=1e-9)


def test_no_heat_leaves_a_stable_column_alone_and_mixes_an_unstable_one() -> None:
    stable = column(0.003)
    np.testing.assert_allclose(layer.warm(stable, np.zeros((1, 1))), stable, rtol=1e-14)
    unstable = stable.copy()
    unstable[0] += 5.0
    mixed = layer.warm(unstable, np.zeros((1, 1)))
    assert np.all(np.diff(mixed[:, 0, 0]) >= -1e-9)
    assert content(mixed) == pytest.approx(content(unstable))


def test_cooling_takes_out_the_given_heat_with_an_exponential_profile() -> None:
    before = column(0.003)
    after = layer.cool(before, np.full((1, 1), 120.0), np.full((1, 1), 100.0))
    assert content(before) - content(after) == pytest.approx(120.0)
    drop = (before - after)[:, 0, 0]
    assert drop[6] / drop[3] == pytest.approx(np.exp(-(HEIGHTS[6] - HEIGHTS[3]) / 100.0))


def test_richardson_height_of_a_linear_profile() -> None:
    # Ri = g/theta gamma z^2 / U^2 = 0.25 at z = U (0.25 theta / (g gamma))^(1/2)
    air = ColumnAir(column(0.005), np.full((HEIGHTS.size, 1, 1), 36.0))
    found = layer.richardson_height(air, fluxes(0.1, 0.01, -0.01), np.full((1, 1), 100.0), OPTIONS)
    expected = 6.0 * np.sqrt(0.25 * 280.0 / (9.80665 * 0.005))
    assert float(found[0, 0]) == pytest.approx(expected, rel=0.06)


def test_thermals_raise_the_height_and_a_neutral_column_reaches_its_top() -> None:
    air = ColumnAir(column(0.005), np.full((HEIGHTS.size, 1, 1), 36.0))
    before = np.full((1, 1), 400.0)
    calm = layer.richardson_height(air, fluxes(0.3, -0.01, 0.0), before, OPTIONS)
    hot = layer.richardson_height(air, fluxes(0.3, -0.01, 0.1), before, OPTIONS)
    # an excess of 8.5 x 0.1 / w_m K lifts the level of no buoyancy by 200 m per K
    assert 80.0 < float((hot - calm)[0, 0]) < 250.0
    neutral = ColumnAir(column(0.0), air.speed_squared)
    top = layer.richardson_height(neutral, fluxes(0.3, 0.0, 0.0), before, OPTIONS)
    assert float(top[0, 0]) == pytest.approx(HEIGHTS[-1])


def test_equilibrium_height_has_the_neutral_and_the_stable_limit() -> None:
    neutral = layer.equilibrium_height(fluxes(0.3, 0.0, 0.0), CORIOLIS)
    assert float(neutral[0, 0]) == pytest.approx(0.3 * 0.3 / 8.6e-5, rel=1e-2)
    stable = layer.equilibrium_height(fluxes(0.1, 0.2, -0.01), CORIOLIS)
    assert float(stable[0, 0]) == pytest.approx(0.4 * np.sqrt(0.1 * 5.0 / 8.6e-5), rel=0.15)


def test_a_clear_day_grows_a_layer_and_the_night_takes_it_down() -> None:
    air = ColumnAir(column(0.004), np.full((HEIGHTS.size, 1, 1), 25.0))
    state = ColumnState.start((1, 1), OPTIONS)
    heights, surface, lowest = [], [], []
    for hour in range(120):
        sun = np.sin(np.pi * ((hour % 24) - 8.0) / 9.0) if 8 <= hour % 24 <= 17 else 0.0
        now = fluxes(0.3, -0.02, 0.1 * sun) if sun > 0.01 else fluxes(0.1, 0.05, -0.006)
        state = layer.advance(state, air, now, np.ones((1, 1)), CORIOLIS, OPTIONS)
        heights.append(float(state.height[0, 0]))
        surface.append(float(state.departure[0, 0, 0]))
        lowest.append(float(state.departure[HEIGHTS < 1000.0].mean()))
    last = np.array(heights[96:])
    assert 700.0 < last.max() < 1500.0
    assert 12 <= last.argmax() <= 17
    assert last[3:7].max() < 300.0
    assert last.min() >= OPTIONS.minimum_height
    assert np.ptp(surface[96:]) > 2.0
    # a steady cycle that keeps the driver's mean of the lowest kilometre
    np.testing.assert_allclose(last, heights[72:96], rtol=0.1)
    assert abs(np.mean(lowest[96:])) < 0.2 * np.ptp(surface[96:])


def test_sea_has_no_diurnal_cycle() -> None:
    air = ColumnAir(column(0.004), np.full((HEIGHTS.size, 1, 1), 25.0))
    state = ColumnState.start((1, 1), OPTIONS)
    state = layer.advance(state, air, fluxes(0.2, -0.02, 0.05), np.zeros((1, 1)), CORIOLIS, OPTIONS)
    np.testing.assert_allclose(state.departure, 0.0, atol=1e-9)


def diffusivity(inverse: float, **settings: float) -> tuple[Float, Float]:
    z = np.linspace(0.0, 2000.0, 401).reshape(-1, 1, 1)
    h, friction = np.full((1, 1), 600.0), np.full((1, 1), 0.3)
    found = vertical_diffusivity(z, h, friction, np.full((1, 1), inverse), **settings)
    return z.ravel(), np.asarray(found, np.float64).ravel()


def test_neutral_diffusivity_peaks_at_a_third_of_the_layer() -> None:
    z, k = diffusivity(0.0, minimum=0.0)
    inside = z <= 600.0
    assert z[inside][k[inside].argmax()] == pytest.approx(200.0, abs=5.0)
    assert k[inside].max() == pytest.approx(4.0 / 27.0 * 0.4 * 0.3 * 600.0, rel=1e-3)


def test_diffusivity_is_closed_at_both_ends_and_keeps_its_floors() -> None:
    z, k = diffusivity(0.05, minimum=0.5, background=0.2)
    assert k[0] == 0.0
    assert k[-1] == 0.0
    inner = slice(1, -1)
    assert k[inner][z[inner] < 500.0].min() >= 0.5
    np.testing.assert_allclose(k[inner][z[inner] > 600.0], 0.2)


def test_diffusivity_in_the_surface_layer_follows_similarity() -> None:
    z, stable = diffusivity(0.01, minimum=0.0)
    _, unstable = diffusivity(-0.02, minimum=0.0)
    at = int(np.flatnonzero(z == 50.0)[0])
    neutral = 0.4 * 0.3 * 50.0 * (1.0 - 50.0 / 600.0) ** 2
    assert stable[at] == pytest.approx(neutral / (1.0 + 5.0 * 0.5), rel=1e-6)
    assert unstable[at] == pytest.approx(neutral * np.sqrt(1.0 + 15.0 * 1.0), rel=1e-6)


def test_diffusivity_keeps_single_precision() -> None:
    z = np.linspace(0.0, 1000.0, 17, dtype=np.float32).reshape(-1, 1, 1)
    single = np.ones((1, 1), np.float32)
    found = vertical_diffusivity(z, 500 * single, 0.2 * single, 0.01 * single)
    assert found.dtype == np.float32


def test_towns_keep_more_mixing_by_night() -> None:
    np.testing.assert_allclose(minimum_diffusivity(np.array([0.0, 1.0])), [0.01, 1.0])
