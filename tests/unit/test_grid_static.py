"""Ground, land use and population against sources that they were not made from."""

import shutil
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from forecast.common.errors import ConfigurationError, InputError
from forecast.config.domain import DomainConfig, ProjectionConfig
from forecast.fields.variables import REGISTRY
from forecast.grid.domain import Domain
from forecast.grid.land import (
    CLASSES,
    CROPLAND,
    ROUGHNESS,
    URBAN,
    WATER,
    Season,
    read_land_raster,
    roughness_length,
    season_of,
)
from forecast.grid.overlap import region_shares, regrid_from_raster
from forecast.grid.population import (
    CountedCell,
    DensityModel,
    fit_density,
    population_on,
    read_census,
    scale_to_census,
)
from forecast.grid.regions import read_cities, read_regions
from forecast.grid.static import StaticFields, build_static
from forecast.grid.stations import StationKind, read_stations

Place = tuple[float, float]
PLACES: dict[str, Place] = {
    "BJ": (116.4, 39.9), "TJ": (117.2, 39.1), "HE": (114.5, 38.0), "HA": (113.65, 34.75),
    "SX": (112.55, 37.87), "JS": (118.8, 32.05), "AH": (117.25, 31.85), "LN": (123.4, 41.8),
    "HB": (114.3, 30.6), "SH": (121.45, 31.2), "SD": (118.0, 36.3),
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(project_root: Path) -> Path:
    return project_root / "data" / "static"


@pytest.fixture(scope="module")
def domain() -> Domain:
    return Domain.from_config(DomainConfig())


@pytest.fixture(scope="module")
def static(domain: Domain, folder: Path) -> StaticFields:
    return build_static(domain, folder)


def test_fields_are_complete_and_as_the_registry_says(static: StaticFields, domain: Domain) -> None:
    names = (
        "terrain_height", "land_fraction", "urban_fraction", "roughness_length", "population",
    )  # fmt: skip
    for name in names:
        values = getattr(static, name)
        assert values.shape == domain.horizontal.shape
        assert values.dtype == REGISTRY[name].dtype, name
        assert np.isfinite(values).all()
        assert values.min() >= 0.0
    assert static.land_use.shape == (20, *domain.horizontal.shape)
    np.testing.assert_allclose(static.land_use.sum(axis=0), 1.0, atol=1e-5)
    np.testing.assert_allclose(1.0 - static.land_use[WATER], static.land_fraction, atol=1e-6)


def test_provinces_lie_where_their_capitals_are(static: StaticFields, domain: Domain) -> None:
    grid = domain.horizontal
    for code, place in PLACES.items():
        index = static.province_index[grid.cell_of(*place)]
        assert static.province_codes[index] == code
    for place in ((122.5, 35.0), (126.98, 37.55), (119.5, 38.3)):  # sea, Seoul, Bohai
        assert static.province_index[grid.cell_of(*place)] == -1


def test_the_province_is_land(static: StaticFields, domain: Domain) -> None:
    # polygons are Amap's and reach over tidal flats, land is Natural Earth's
    shares = static.province_shares[[static.province_codes.index("SD")], :].toarray()
    area = shares.ravel() * domain.horizontal.cell_area.ravel()
    inland = shares.ravel() > 0.999
    assert area @ static.land_fraction.ravel() > 0.95 * area.sum()
    assert static.land_fraction.ravel()[inland].mean() > 0.99
    assert static.land_fraction[domain.horizontal.cell_of(122.5, 35.0)] == 0.0


def test_terrain_agrees_with_that_of_the_weather_model(
    static: StaticFields, domain: Domain, folder: Path
) -> None:
    raster = read_land_raster(folder / "land_27km.nc")
    other = regrid_from_raster(raster.grid, domain.horizontal) @ raster.terrain_height.ravel()
    difference = static.terrain_height.ravel() - other
    assert np.corrcoef(static.terrain_height.ravel(), other)[0, 1] > 0.985
    assert np.sqrt(np.mean(difference**2)) < 80.0
    assert abs(difference.mean()) < 15.0


def test_urban_stations_stand_in_urban_cells(
    static: StaticFields, domain: Domain, project_root: Path
) -> None:
    stations = read_stations(project_root / "configs/stations.csv")
    urban = [s for s in stations if s.kind is StationKind.CITY]
    cells = domain.horizontal.cell_of([s.longitude for s in urban], [s.latitude for s in urban])
    province = static.province_index == static.province_codes.index("SD")
    at_stations = static.urban_fraction[cells].mean()
    assert at_stations > 2.0 * static.urban_fraction[province].mean()


def test_persons_are_those_of_the_census(
    static: StaticFields, domain: Domain, project_root: Path
) -> None:
    cities = read_cities(project_root / "configs/cities.csv")
    regions = read_regions(project_root / "data/static/shandong_cities.geojson")
    assert [c.code for c in cities] == [r.code for r in regions]
    found = region_shares(domain.horizontal, regions) @ static.population.ravel()
    np.testing.assert_allclose(found, [c.population_2020 for c in cities], rtol=1e-4)
    assert found.sum() == pytest.approx(101_527_453, rel=1e-5)


def test_whole_provinces_lie_inside_and_inner_mongolia_does_not(static: StaticFields) -> None:
    inside = dict(zip(static.province_codes, static.province_inside, strict=True))
    for code in ("SD", "HE", "HA", "BJ", "TJ", "JS", "AH", "SX"):
        assert inside[code] == pytest.approx(1.0, abs=0.003), code
    assert 0.1 < inside["NM"] < 0.4
    assert 0.05 < inside["HN"] < 0.3


def test_census_table_and_city_table_agree(project_root: Path, folder: Path) -> None:
    census = {row.code: row.persons for row in read_census(folder / "census_2020.csv")}
    for city in read_cities(project_root / "configs/cities.csv"):
        assert census[city.code] == city.population_2020


# --- roughness


def test_pure_cells_have_the_roughness_of_the_table() -> None:
    for season, table in ROUGHNESS.items():
        pure = np.eye(len(CLASSES))[:, :, None]
        np.testing.assert_allclose(roughness_length(pure, season).ravel(), table, rtol=1e-12)


def test_a_mixed_cell_has_the_mean_drag() -> None:
    mixed = np.zeros((len(CLASSES), 1, 1))
    mixed[URBAN], mixed[WATER] = 0.5, 0.5
    drag = 0.5 * (np.log(60.0 / 0.8) ** -2 + np.log(60.0 / 0.0001) ** -2)
    expected = 60.0 / np.exp(drag**-0.5)
    assert roughness_length(mixed, Season.WINTER)[0, 0] == pytest.approx(expected)


def test_crops_are_smoother_in_winter() -> None:
    assert ROUGHNESS[Season.WINTER][CROPLAND] < ROUGHNESS[Season.SUMMER][CROPLAND]


@pytest.mark.parametrize(
    ("day", "season"),
    [
        ("2022-01-01", Season.WINTER),
        ("2022-04-14", Season.WINTER),
        ("2022-04-15", Season.SUMMER),
        ("2022-10-14", Season.SUMMER),
        ("2022-10-15", Season.WINTER),
    ],
)
def test_the_season_switches_on_days_105_and_288(day: str, season: Season) -> None:
    assert season_of(datetime.fromisoformat(day)) is season


# --- population


def test_the_model_finds_the_densities_it_was_made_with(folder: Path) -> None:
    raster = read_land_raster(folder / "land_27km.nc")
    truth = DensityModel(5000.0, 400.0, 20.0, 1.0)
    lon, lat = np.arange(113.25, 120.0, 0.5), np.arange(34.25, 38.0, 0.5)
    bare = tuple(
        CountedCell(code=f"{x}-{y}", longitude=x, latitude=y, persons=0.0)
        for x in map(float, lon) for y in map(float, lat)
    )  # fmt: skip
    made = population_on(raster.grid, raster.land_use, (), truth)
    assert made.sum() == pytest.approx(
        (truth.density(raster.land_use) * raster.grid.cell_area).sum() / 1e6
    )
    kinds = fit_density(bare, raster)
    assert (kinds.urban, kinds.cropland, kinds.other) == (0.0, 0.0, 0.0)
    persons = _count(bare, made, raster.grid)
    cells = tuple(c.model_copy(update={"persons": p}) for c, p in zip(bare, persons, strict=True))
    fitted = fit_density(cells, raster)
    assert fitted.urban == pytest.approx(5000.0, rel=0.02)
    assert fitted.cropland == pytest.approx(400.0, rel=0.02)
    assert fitted.explained > 0.999


def _count(cells: tuple[CountedCell, ...], persons: np.ndarray, grid: object) -> list[float]:
    """Count persons of a raster in cells by drawing points inside each, apart from the weights."""
    steps = (np.arange(40) + 0.5) / 80.0 - 0.25
    counts = []
    for cell in cells:
        lon, lat = np.meshgrid(cell.longitude + steps, cell.latitude + steps)
        j, i = grid.cell_of(lon, lat)  # type: ignore[attr-defined]
        density = (persons / grid.cell_area)[j, i]  # type: ignore[attr-defined]
        square = np.radians(0.5 / 40) ** 2 * 6.37e6**2 * np.cos(np.radians(lat))
        counts.append(float((density * square).sum()))
    return counts


def test_counted_persons_are_kept(domain: Domain) -> None:
    cells = tuple(
        CountedCell(code=str(x), longitude=x, latitude=36.25, persons=1000.0 * x)
        for x in (116.25, 116.75, 117.75)
    )
    nobody = DensityModel(0.0, 0.0, 0.0, 0.0)
    use = np.zeros((len(CLASSES), *domain.horizontal.shape))
    use[CROPLAND] = 1.0
    spread = population_on(domain.horizontal, use, cells, nobody)
    assert spread.sum() == pytest.approx(sum(cell.persons for cell in cells), rel=1e-9)


def test_scaling_meets_the_census_and_leaves_the_rest() -> None:
    population = np.array([[10.0, 20.0, 30.0]])
    shares = np.array([[1.0, 0.5, 0.0]])
    scaled, inside = scale_to_census(population, shares, np.array([20.0]), np.array([80.0]))
    # 20 of 40 persons inside, so 40 of 80
    assert inside[0] == pytest.approx(0.5)
    assert (shares @ scaled.ravel())[0] == pytest.approx(40.0)
    assert scaled[0, 2] == 30.0


# --- errors


def test_a_missing_file_is_named(domain: Domain, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="land_27km.nc"):
        build_static(domain, tmp_path)
    shutil.copy(folder / "land_27km.nc", tmp_path)
    with pytest.raises(ConfigurationError, match="land_natural_earth"):
        build_static(domain, tmp_path)


def test_provinces_under_other_codes_are_refused(
    domain: Domain, folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "provinces.geojson"
    text = (folder / "provinces.geojson").read_text(encoding="utf-8")
    other.write_text(text.replace('"code":"HE"', '"code":"130000"'), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"\['130000'\].*codes of the inventory"):
        build_static(domain, folder, provinces=other)


def test_a_domain_beyond_the_data_is_refused(folder: Path) -> None:
    west = ProjectionConfig(latitude_0=36.0, longitude_0=88.0)
    with pytest.raises(InputError, match="Take a source that covers the whole target"):
        build_static(Domain.from_config(DomainConfig(projection=west)), folder)
