"""Overlap weights: hand-made cases, exact sums on both domains, city means, files."""

import logging
from pathlib import Path

import numpy as np
import pytest
import shapely

from forecast.common.constants import EARTH_RADIUS
from forecast.common.errors import ConfigurationError, InputError
from forecast.config.domain import DomainConfig
from forecast.config.yaml_file import read_yaml
from forecast.grid.horizontal import LambertGrid
from forecast.grid.overlap import (
    CityWeights,
    bilinear_from_lonlat,
    bilinear_weights,
    city_weights,
    exact_rows,
    lonlat_cell_polygons,
    overlap_areas,
    overlap_shares,
    overlap_weights,
    raster_cell_polygons,
    region_shares,
    regrid_from_lonlat_cells,
    regrid_from_raster,
)
from forecast.grid.regions import City, Region, read_cities, read_regions
from forecast.grid.stations import Station, StationKind, read_stations

NAMES = ("shandong_27km", "shandong_9km")
Places = tuple[tuple[City, ...], tuple[Region, ...], tuple[Station, ...]]


@pytest.fixture(scope="module", params=NAMES)
def grid(request: pytest.FixtureRequest, project_root: Path) -> LambertGrid:
    content = read_yaml(project_root / f"configs/domains/{request.param}.yaml")
    return LambertGrid.from_config(DomainConfig.model_validate(content))


@pytest.fixture(scope="module")
def small() -> LambertGrid:
    """Twelve by ten cells of 27 km around the origin."""
    config = DomainConfig(name="small", nx=12, ny=10, x_west=-162000.0, y_south=-135000.0)
    return LambertGrid.from_config(config)


@pytest.fixture(scope="module")
def places(project_root: Path) -> Places:
    return (
        read_cities(project_root / "configs/cities.csv"),
        read_regions(project_root / "data/static/shandong_cities.geojson"),
        read_stations(project_root / "configs/stations.csv"),
    )


def sums_are_one(matrix: object) -> bool:
    """Whether rows sum to 1 by product, by scipy's sum, densely, and backwards."""
    dense = matrix.toarray()  # type: ignore[attr-defined]
    ways = (
        matrix @ np.ones(dense.shape[1]),
        matrix.sum(axis=1),  # type: ignore[attr-defined]
        dense.sum(axis=1),
        dense[:, ::-1].cumsum(axis=1)[:, -1],
    )
    return all(bool(np.all(way == 1.0)) for way in ways)


def test_areas_of_shifted_squares() -> None:
    source = shapely.box([0.0, 2.0], 0.0, [2.0, 4.0], 2.0)
    target = shapely.box([1.0, 10.0], 0.0, [3.0, 12.0], 1.0)
    assert overlap_areas(source, target).toarray().tolist() == [[1.0, 1.0], [0.0, 0.0]]
    assert overlap_shares(source, target).toarray().tolist() == [[0.25, 0.25], [0.0, 0.0]]
    assert overlap_weights(source, target[:1]).toarray().tolist() == [[0.5, 0.5]]


def test_touching_squares_do_not_overlap() -> None:
    source, target = shapely.box([0.0], 0.0, 1.0, 1.0), shapely.box([1.0], 0.0, 2.0, 1.0)
    assert overlap_areas(source, target).nnz == 0


def test_a_source_that_leaves_a_gap_is_refused() -> None:
    source, target = shapely.box([0.0], 0.0, 1.0, 1.0), shapely.box([0.0], 0.0, 1.1, 1.0)
    with pytest.raises(InputError, match=r"covers only '0\.9091' of target 0"):
        overlap_weights(source, target)
    assert overlap_weights(source, target, min_cover=0.9).toarray().tolist() == [[1.0]]


def test_a_target_without_source_is_refused() -> None:
    with pytest.raises(InputError, match="every target needs a source"):
        exact_rows(np.array([[1.0, 2.0], [0.0, 0.0]]))


def test_thirds_sum_to_exactly_one() -> None:
    matrix = exact_rows(np.ones((1, 3)))
    assert sums_are_one(matrix)
    np.testing.assert_allclose(matrix.toarray(), 1.0 / 3.0, rtol=2e-15)


# --- from grids of others


def test_a_grid_onto_itself_is_the_identity(small: LambertGrid) -> None:
    weights = regrid_from_raster(small, small)
    np.testing.assert_allclose(weights.toarray(), np.eye(small.nx * small.ny), atol=1e-9)


def test_fine_cells_average_to_the_coarse_one() -> None:
    coarse = LambertGrid.from_config(DomainConfig(nx=3, ny=3, x_west=0.0, y_south=0.0))
    fine = LambertGrid.from_config(
        DomainConfig(cell_size=9000.0, nx=9, ny=9, x_west=0.0, y_south=0.0)
    )
    weights = overlap_weights(fine.cell_polygons(), coarse.cell_polygons())
    field = np.arange(81.0).reshape(9, 9)
    expected = field.reshape(3, 3, 3, 3).mean(axis=(1, 3))
    np.testing.assert_allclose((weights @ field.ravel()).reshape(3, 3), expected, rtol=1e-14)


def test_rows_sum_to_exactly_one_on_both_domains(grid: LambertGrid) -> None:
    lon_edges, lat_edges = np.arange(105.0, 133.1, 0.7), np.arange(27.0, 46.1, 0.6)
    assert sums_are_one(regrid_from_lonlat_cells(lon_edges, lat_edges, grid))
    lon, lat = np.arange(70.0, 150.1, 2.5), np.arange(10.0, 65.1, 2.5)
    assert sums_are_one(bilinear_from_lonlat(lon, lat, grid))
    raster = LambertGrid("raster", 25.0, 40.0, 30.0, 112.0, 54000.0, 62, 80, -1660500.0, -1.8e6)
    assert sums_are_one(regrid_from_raster(raster, grid))


def test_cells_between_parallels_have_their_spherical_area(small: LambertGrid) -> None:
    lon_edges, lat_edges = np.array([117.0, 119.5, 122.0]), np.array([34.5, 37.0])
    polygons = lonlat_cell_polygons(lon_edges, lat_edges, small)
    assert polygons.shape == (2,)
    fine = LambertGrid.from_config(
        DomainConfig(cell_size=3000.0, nx=240, ny=160, x_west=-200000.0, y_south=-240000.0)
    )
    areas = overlap_areas(polygons, fine.cell_polygons())
    found = (areas / fine.map_factor.ravel()[:, None] ** 2).sum()
    exact = EARTH_RADIUS**2 * np.radians(5.0) * np.diff(np.sin(np.radians(lat_edges)))[0]
    assert found == pytest.approx(exact, rel=2e-5)


def test_amounts_are_kept_when_spread(small: LambertGrid) -> None:
    lon_edges, lat_edges = np.arange(117.0, 119.01, 0.5), np.arange(35.5, 37.01, 0.5)
    shares = overlap_shares(
        lonlat_cell_polygons(lon_edges, lat_edges, small), small.cell_polygons()
    )
    persons = np.arange(1.0, 13.0)
    assert (shares @ persons).sum() == pytest.approx(persons.sum(), rel=1e-9)


def test_raster_cells_join_without_gaps(small: LambertGrid) -> None:
    raster = LambertGrid("raster", 25.0, 40.0, 30.0, 112.0, 27000.0, 9, 8, 500000.0, 650000.0)
    cells = raster_cell_polygons(raster, small)
    assert shapely.union_all(cells).area == pytest.approx(shapely.area(cells).sum(), rel=1e-9)


def test_bilinear_weights_meet_a_bilinear_function(small: LambertGrid) -> None:
    lon, lat = np.array([110.0, 117.3, 119.0, 130.0]), np.array([30.0, 36.0, 36.7, 45.0])
    field = 2.0 + 0.5 * lon[None, :] - 3.0 * lat[:, None]
    found = bilinear_from_lonlat(lon, lat, small) @ field.ravel()
    expected = 2.0 + 0.5 * small.longitude - 3.0 * small.latitude
    np.testing.assert_allclose(found.reshape(small.shape), expected, rtol=1e-12)


def test_bilinear_weights_hit_the_source_points() -> None:
    lon, lat = np.array([0.0, 1.0, 3.0]), np.array([0.0, 2.0])
    weights = bilinear_weights(lon, lat, [0.0, 3.0, 1.0], [0.0, 2.0, 1.0]).toarray()
    assert np.flatnonzero(weights[0]).tolist() == [0]
    assert np.flatnonzero(weights[1]).tolist() == [5]
    assert weights[2].tolist() == [0.0, 0.5, 0.0, 0.0, 0.5, 0.0]


@pytest.mark.parametrize(
    ("lon", "lat", "message"),
    [
        (np.arange(112.0, 120.0), np.arange(20.0, 50.0), "in longitude, outside the source"),
        (np.arange(110.0, 130.0), np.arange(20.0, 36.5), "in latitude, outside the source"),
        (np.arange(130.0, 110.0, -1.0), np.arange(20.0, 50.0), "longitude of the source"),
        (np.arange(110.0, 130.0), np.array([36.0]), "latitude of the source"),
    ],
)
def test_a_source_that_cannot_serve_is_refused(
    small: LambertGrid, lon: np.ndarray, lat: np.ndarray, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        bilinear_from_lonlat(lon, lat, small)


def test_a_small_source_of_cells_is_refused(small: LambertGrid) -> None:
    with pytest.raises(InputError, match="Take a source that covers"):
        regrid_from_lonlat_cells(np.arange(117.0, 119.0), np.arange(35.0, 37.0), small)


# --- cities and provinces


def test_city_rows_sum_to_exactly_one(grid: LambertGrid, places: Places) -> None:
    weights = city_weights(grid, *places)
    assert weights.methods == ("stations",) * 16
    assert sums_are_one(weights.matrix)
    np.testing.assert_array_equal(weights.mean(np.full((2, *grid.shape), 7.0)), 7.0)
    polygons = city_weights(grid, places[0], places[1], ())
    assert polygons.methods == ("polygon",) * 16
    assert sums_are_one(polygons.matrix)


def test_each_urban_station_counts_once(grid: LambertGrid, places: Places) -> None:
    cities, _, stations = places
    weights = city_weights(grid, *places)
    rng = np.random.default_rng(5)
    field = rng.random(grid.shape)
    for index, city in enumerate(cities):
        own = [s for s in stations if s.city_en == city.name_en and s.kind is StationKind.CITY]
        values = [field[grid.cell_of(s.longitude, s.latitude)] for s in own]
        assert weights.mean(field)[index] == pytest.approx(np.mean(values), rel=1e-13)


def test_the_polygon_mean_is_the_stated_fallback(
    small: LambertGrid, places: Places, caplog: pytest.LogCaptureFixture
) -> None:
    cities, regions, stations = places
    zibo = [city for city in cities if city.name_en == "Zibo"]
    others = [station for station in stations if station.city_en != "Zibo"]
    with caplog.at_level(logging.WARNING):
        weights = city_weights(small, zibo, regions, others)
    assert weights.methods == ("polygon",)
    assert len([r for r in caplog.records if r.levelno == logging.WARNING]) == 1
    (degradation,) = weights.degradations
    assert "淄博" in degradation.effect
    # the mean of the projected x is the centroid of the polygon
    polygon = next(r.polygon for r in regions if r.name_en == "Zibo")
    x_mean = weights.mean(np.broadcast_to(small.x_centre, small.shape))[0]
    centroid = shapely.transform(
        polygon, lambda c: np.column_stack(small.project(c[:, 0], c[:, 1]))
    ).centroid
    assert x_mean == pytest.approx(centroid.x, abs=1500.0)


def test_weights_come_back_from_their_file(
    small: LambertGrid, places: Places, tmp_path: Path
) -> None:
    cities = [city for city in places[0] if city.name_en in ("Zibo", "Jinan")]
    weights = city_weights(small, cities, places[1], places[2])
    path = tmp_path / "prepared" / "city_weights.npz"
    weights.save(path)
    weights.save(path)
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    back = CityWeights.load(path, small)
    assert (back.cities, back.cities_zh, back.methods) == (
        ("Jinan", "Zibo"), ("济南", "淄博"), ("stations", "stations")
    )  # fmt: skip
    assert (back.matrix != weights.matrix).nnz == 0


def test_weights_of_another_grid_are_refused(
    small: LambertGrid, places: Places, tmp_path: Path
) -> None:
    path = tmp_path / "city_weights.npz"
    zibo = [city for city in places[0] if city.name_en == "Zibo"]
    city_weights(small, zibo, places[1], places[2]).save(path)
    other = LambertGrid.from_config(DomainConfig())
    with pytest.raises(InputError, match="not for 'shandong_27km'.*run 'prepare' again"):
        CityWeights.load(path, other)


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 broken", b"text"])
def test_a_broken_file_is_refused(
    small: LambertGrid, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "city_weights.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match="cannot be read"):
        CityWeights.load(path, small)


def test_a_city_outside_the_domain_is_refused(small: LambertGrid, places: Places) -> None:
    cities, regions, stations = places
    weihai = [city for city in cities if city.name_en == "Weihai"]
    with pytest.raises(InputError, match="outside the domain 'small'"):
        city_weights(small, weihai, regions, stations)
    with pytest.raises(InputError, match="'Weihai' reaches out"):
        city_weights(small, weihai, regions, ())
    with pytest.raises(ConfigurationError, match="twice"):
        city_weights(small, weihai * 2, regions, stations)
    with pytest.raises(ConfigurationError, match="no polygon with the code"):
        city_weights(small, weihai, regions[:1], ())


def test_region_shares_split_cells_among_provinces(grid: LambertGrid, project_root: Path) -> None:
    provinces = read_regions(project_root / "data/static/provinces.geojson")
    shares = region_shares(grid, provinces)
    per_cell = shares.sum(axis=0).reshape(grid.shape)
    assert per_cell.max() <= 1.0 + 1e-9
    codes = [region.code for region in provinces]
    jinan = np.ravel_multi_index(tuple(map(int, grid.cell_of(117.0, 36.67))), grid.shape)
    assert shares[[codes.index("SD")], :].toarray()[0, jinan] == pytest.approx(1.0)
    assert per_cell[grid.cell_of(122.5, 35.0)] == 0.0  # Yellow Sea
    area = (shares @ grid.cell_area.ravel())[codes.index("SD")] / 1e6
    assert area == pytest.approx(157_900.0, rel=0.005)
