"""The Lambert grid against Snyder's worked example, PROJ and exact geometry of the sphere."""

import numpy as np
import pytest
from pyproj import Geod, Proj

from forecast.common.constants import EARTH_RADIUS
from forecast.common.errors import ConfigurationError, InputError
from forecast.config.domain import DomainConfig, ProjectionConfig
from forecast.grid.horizontal import LambertGrid

SPHERE = Geod(a=EARTH_RADIUS, b=EARTH_RADIUS)


@pytest.fixture(scope="module")
def grid() -> LambertGrid:
    return LambertGrid.from_config(DomainConfig())


@pytest.fixture(scope="module")
def proj() -> Proj:
    p = ProjectionConfig()
    return Proj(
        proj="lcc", lat_1=p.latitude_1, lat_2=p.latitude_2, lat_0=p.latitude_0,
        lon_0=p.longitude_0, R=EARTH_RADIUS,
    )  # fmt: skip


def test_snyders_worked_example_is_met() -> None:
    # Snyder (1987), p. 295: parallels 33 and 45 N, origin 23 N 96 W, point 35 N 75 W, radius 1
    x, y = 0.2966785 * EARTH_RADIUS, 0.2462112 * EARTH_RADIUS
    example = LambertGrid("example", 33.0, 45.0, 23.0, -96.0, 2.0, 3, 3, x - 3.0, y - 3.0)
    assert example.map_factor[1, 1] == pytest.approx(0.9970040, abs=1e-6)
    found = example.project(-75.0, 35.0)
    assert found[0] / EARTH_RADIUS == pytest.approx(0.2966785, abs=1e-7)
    assert found[1] / EARTH_RADIUS == pytest.approx(0.2462112, abs=1e-7)


def test_map_factors_are_those_of_proj(grid: LambertGrid, proj: Proj) -> None:
    places = {
        "map_factor": (grid.x_centre, grid.y_centre),
        "map_factor_x": (grid.x_edge, grid.y_centre),
        "map_factor_y": (grid.x_centre, grid.y_edge),
    }
    for name, (x, y) in places.items():
        lon, lat = proj(*np.meshgrid(x, y), inverse=True)
        factors = proj.get_factors(lon, lat)
        found = getattr(grid, name)
        assert found.shape == lon.shape
        np.testing.assert_allclose(found, factors.meridional_scale, rtol=1e-9)
        np.testing.assert_allclose(found, factors.parallel_scale, rtol=1e-9)


def test_convergence_is_that_of_proj(grid: LambertGrid, proj: Proj) -> None:
    expected = proj.get_factors(grid.longitude, grid.latitude).meridian_convergence
    np.testing.assert_allclose(np.degrees(grid.convergence), expected, atol=1e-9)


def test_a_tangent_cone_has_the_scale_one_on_its_parallel() -> None:
    tangent = LambertGrid("tangent", 36.0, 36.0, 36.0, 118.0, 100.0, 3, 3, -150.0, -150.0)
    assert tangent.cone == pytest.approx(np.sin(np.radians(36.0)))
    assert tangent.map_factor[1, 1] == pytest.approx(1.0, abs=1e-12)


def test_cells_cover_the_area_of_their_outline(grid: LambertGrid) -> None:
    x, y = grid.x_edge, grid.y_edge
    ring_x = np.concatenate([x[:-1], np.full(grid.ny, x[-1]), x[:0:-1], np.full(grid.ny, x[0])])
    ring_y = np.concatenate([np.full(grid.nx, y[0]), y[:-1], np.full(grid.nx, y[-1]), y[:0:-1]])
    area, _ = SPHERE.polygon_area_perimeter(*grid.unproject(ring_x, ring_y))
    assert grid.cell_area.sum() == pytest.approx(area, rel=2e-5)


def test_centres_lie_in_their_own_cells(grid: LambertGrid) -> None:
    row, column = grid.cell_of(grid.longitude, grid.latitude)
    j, i = np.indices(grid.shape)
    assert np.array_equal(row, j)
    assert np.array_equal(column, i)
    assert grid.contains(grid.longitude, grid.latitude).all()


def test_the_origin_lies_where_the_configuration_puts_it(grid: LambertGrid) -> None:
    # x_west = -837 km is 31 cells, y_south = -756 km is 28 cells from the origin
    assert tuple(map(int, grid.cell_of(118.501, 36.401))) == (28, 31)


def test_a_point_outside_is_named(grid: LambertGrid) -> None:
    assert grid.contains([118.0, 90.0], [36.0, 36.0]).tolist() == [True, False]
    with pytest.raises(InputError, match=r"1 point.*'90\.0000 E, 36\.0000 N'"):
        grid.cell_of([118.0, 90.0], [36.0, 36.0])


def test_wind_turns_as_the_displacement_of_a_parcel(grid: LambertGrid) -> None:
    u, v, seconds = 3.0, -7.0, 1.0
    north = np.degrees(v * seconds / EARTH_RADIUS)
    east = np.degrees(u * seconds / (EARTH_RADIUS * np.cos(np.radians(grid.latitude))))
    x0, y0 = grid.project(grid.longitude, grid.latitude)
    x1, y1 = grid.project(grid.longitude + east, grid.latitude + north)
    along_x, along_y = grid.rotate_to_grid(np.full(grid.shape, u), np.full(grid.shape, v))
    np.testing.assert_allclose((x1 - x0) / grid.map_factor, along_x, atol=1e-4)
    np.testing.assert_allclose((y1 - y0) / grid.map_factor, along_y, atol=1e-4)


def test_rotation_keeps_the_precision_of_the_wind(grid: LambertGrid) -> None:
    u = np.ones((2, *grid.shape), np.float32)
    assert [part.dtype for part in grid.rotate_to_grid(u, u)] == [np.float32, np.float32]


def test_cell_polygons_run_row_by_row(grid: LambertGrid) -> None:
    box = grid.cell_polygons()[2 * grid.nx + 5]
    assert box.bounds == (grid.x_edge[5], grid.y_edge[2], grid.x_edge[6], grid.y_edge[3])


def test_the_fingerprint_sees_every_number_but_not_the_name() -> None:
    first = LambertGrid.from_config(DomainConfig())
    other_name = LambertGrid.from_config(DomainConfig(name="other"))
    moved = LambertGrid.from_config(DomainConfig(x_west=-864000.0))
    assert first.fingerprint == other_name.fingerprint != moved.fingerprint


def test_a_rectangle_past_the_pole_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="past the pole"):
        LambertGrid.from_config(DomainConfig(ny=500))
