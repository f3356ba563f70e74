"""What must hold for any weights, grid and layers."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from forecast.config.domain import DomainConfig, LevelsConfig, ProjectionConfig
from forecast.grid.horizontal import LambertGrid
from forecast.grid.overlap import bilinear_weights, exact_rows
from forecast.grid.vertical import HybridLevels

weights = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 6), st.integers(1, 40)),
    elements=st.one_of(st.just(0.0), st.floats(1e-12, 1e12)),
)


@given(weights, st.randoms(use_true_random=False))
def test_exact_rows_sum_to_one_in_any_order(matrix: np.ndarray, shuffler: object) -> None:
    matrix[:, 0] += 1.0
    exact = exact_rows(matrix).toarray()
    order = list(range(matrix.shape[1]))
    shuffler.shuffle(order)  # type: ignore[attr-defined]
    assert np.all(exact.sum(axis=1) == 1.0)
    assert np.all(np.cumsum(exact[:, order], axis=1)[:, -1] == 1.0)
    assert exact.min() >= 0.0
    np.testing.assert_allclose(exact, matrix / matrix.sum(axis=1)[:, None], atol=1e-13)


@given(
    st.floats(5.0, 40.0),
    st.floats(0.0, 35.0),
    st.floats(-120.0, 120.0),
    st.floats(-1.0, 1.0),
    st.floats(-1.0, 1.0),
)
def test_points_return_from_the_map(
    south: float, between: float, longitude: float, east: float, north: float
) -> None:
    projection = ProjectionConfig(
        latitude_1=south, latitude_2=south + between, latitude_0=south, longitude_0=longitude
    )
    grid = LambertGrid.from_config(DomainConfig(projection=projection))
    lon, lat = longitude + 30.0 * east, 40.0 + 25.0 * north
    back_lon, back_lat = grid.unproject(*grid.project(lon, lat))
    assert abs(back_lon - lon) < 1e-8
    assert abs(back_lat - lat) < 1e-8


@given(st.floats(-40.0, 40.0), st.floats(-40.0, 40.0))
def test_rotation_keeps_the_speed_of_the_wind(u: float, v: float) -> None:
    grid = LambertGrid.from_config(DomainConfig(nx=5, ny=4))
    along_x, along_y = grid.rotate_to_grid(np.full(grid.shape, u), np.full(grid.shape, v))
    np.testing.assert_allclose(np.hypot(along_x, along_y), np.hypot(u, v), rtol=1e-12, atol=1e-12)


@given(
    st.lists(st.integers(1, 99), min_size=1, max_size=30, unique=True),
    st.floats(50000.0, 105000.0),
    st.floats(0.0, 0.2),
)
def test_any_accepted_layers_have_mass_and_height(
    hundredths: list[int], surface: float, eta_pressure: float
) -> None:
    eta = (1.0, *(n / 100.0 for n in sorted(hundredths, reverse=True)), 0.0)
    levels = HybridLevels.from_config(LevelsConfig(eta=eta, eta_pressure=eta_pressure))
    ps = np.array([surface])
    assert levels.layer_mass(ps).min() > 0.0
    temperature = np.full((levels.nz, 1), 260.0)
    z_half, z_full = levels.heights(ps, temperature, np.zeros_like(temperature))
    assert np.all(np.diff(z_half, axis=0) > 0.0)
    assert np.all((z_full > z_half[:-1]) & (z_full < z_half[1:]))


@given(
    hnp.arrays(np.float64, (3,), elements=st.floats(-5.0, 5.0)),
    st.lists(st.tuples(st.floats(100.0, 130.0), st.floats(20.0, 50.0)), min_size=1, max_size=8),
)
def test_bilinear_interpolation_keeps_planes_and_bounds(
    plane: np.ndarray, targets: list[tuple[float, float]]
) -> None:
    lon, lat = np.linspace(100.0, 130.0, 7), np.linspace(20.0, 50.0, 13)
    field = plane[0] + plane[1] * lon[None, :] + plane[2] * lat[:, None]
    x, y = np.array(targets).T
    found = bilinear_weights(lon, lat, x, y) @ field.ravel()
    np.testing.assert_allclose(found, plane[0] + plane[1] * x + plane[2] * y, atol=1e-9)
    assert np.all(found <= field.max() + 1e-9)
    assert np.all(found >= field.min() - 1e-9)
