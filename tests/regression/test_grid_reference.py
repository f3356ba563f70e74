"""The grid and the static files against the data that they are compared with or made from.

Needs the folder of the reference data (environment variable FORECAST_REFERENCE_DATA).
"""

import csv
import json
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from forecast.config.domain import DomainConfig
from forecast.config.yaml_file import read_yaml
from forecast.grid.horizontal import LambertGrid
from forecast.grid.land import read_land_raster
from forecast.grid.regions import read_regions
from forecast.grid.static import terrain_on
from forecast.grid.stations import read_stations

MCIP = "static/GRIDCRO2D_27km_east_china.nc"


def test_cells_lie_where_mcip_puts_them(reference_data: Path) -> None:
    with netCDF4.Dataset(reference_data / MCIP) as file:
        grid = LambertGrid(
            name="mcip", latitude_1=file.P_ALP, latitude_2=file.P_BET, latitude_0=file.YCENT,
            longitude_0=file.XCENT, cell_size=file.XCELL, nx=int(file.NCOLS),
            ny=int(file.NROWS), x_west=file.XORIG, y_south=file.YORIG,
        )  # fmt: skip
        lat, lon, squared = (np.asarray(file[name][0, 0]) for name in ("LAT", "LON", "MSFX2"))
    # float32 in the file: 1e-5 degrees is its last digit
    np.testing.assert_allclose(grid.latitude, lat, atol=5e-5)
    np.testing.assert_allclose(grid.longitude, lon, atol=5e-5)
    np.testing.assert_allclose(grid.map_factor**2, squared, rtol=2e-6)


def test_the_land_raster_is_a_true_crop(reference_data: Path, project_root: Path) -> None:
    raster = read_land_raster(project_root / "data/static/land_27km.nc")
    with netCDF4.Dataset(reference_data / MCIP) as file:
        rows = slice(int(file.NROWS) - raster.grid.ny, None)
        lat = np.asarray(file["LAT"][0, 0, rows])
        urban = np.asarray(file["LUFRAC_13"][0, 0, rows])
        percent = np.asarray(file["PURB"][0, 0, rows])
        land = np.asarray(file["LWMASK"][0, 0, rows])
        height = np.asarray(file["HT"][0, 0, rows])
    np.testing.assert_allclose(raster.grid.latitude, lat, atol=5e-5)
    np.testing.assert_allclose(raster.land_use[12], urban, atol=2e-3)
    np.testing.assert_allclose(raster.terrain_height, height, atol=0.1)
    # urban percent is of the land of the cell
    dry = land > 0.5
    per_land = raster.land_use[12] / np.maximum(1.0 - raster.land_use[16], 1e-6)
    assert np.corrcoef(per_land[dry], percent[dry])[0, 1] > 0.95


@pytest.mark.parametrize(("name", "error"), [("shandong_27km", 40.0), ("shandong_9km", 80.0)])
def test_terrain_agrees_with_a_fine_elevation_model(
    reference_data: Path, project_root: Path, name: str, error: float
) -> None:
    content = read_yaml(project_root / f"configs/domains/{name}.yaml")
    grid = LambertGrid.from_config(DomainConfig.model_validate(content))
    path = reference_data / "static/dem_30s_112p5-124p5E_32p5-40N.nc"
    with netCDF4.Dataset(path) as file:
        lon, lat = np.asarray(file["lon"][:]), np.asarray(file["lat"][:])
        height = np.asarray(file["elevation"][:], np.float64)
    height = np.where(height < -200.0, 0.0, height)
    lon, lat = np.meshgrid(lon, lat)
    inside = grid.contains(lon, lat)
    row, column = grid.cell_of(lon[inside], lat[inside])
    cell = row * grid.nx + column
    count = np.bincount(cell, minlength=grid.nx * grid.ny)
    mean = np.bincount(cell, height[inside], grid.nx * grid.ny) / np.maximum(count, 1)
    point_area = (6.37e6 * np.radians(1.0 / 120.0)) ** 2 * np.cos(np.radians(grid.latitude))
    full = count > 0.95 * (grid.cell_area / point_area).ravel()
    found = terrain_on(project_root / "data/static/terrain_0p2deg.nc", grid).ravel()
    assert full.sum() > 500
    assert np.sqrt(np.mean((found - mean)[full] ** 2)) < error
    assert abs(np.mean((found - mean)[full])) < 10.0


def test_simplified_cities_lie_on_the_full_ones(reference_data: Path, project_root: Path) -> None:
    folder = reference_data / "static/shandong_boundaries"
    for region in read_regions(project_root / "data/static/shandong_cities.geojson"):
        content = json.loads((folder / f"{region.code}.geojson").read_text(encoding="utf-8"))
        full = shape(content)
        apart = shapely.symmetric_difference(full, region.polygon).area / full.area
        assert apart < 0.015, region.name_en


def test_the_station_table_holds_the_listed_sites(reference_data: Path, project_root: Path) -> None:
    path = reference_data / "observations/shandong_sites.csv"
    with path.open(encoding="utf-8-sig") as file:
        listed = {
            row["ID"]: (float(row["lon"]), float(row["lat"]), row["area"])
            for row in csv.DictReader(file)
        }
    ours = read_stations(project_root / "configs/stations.csv")
    assert {s.code: (s.longitude, s.latitude, s.area) for s in ours} == listed
