"""The inventory beside data of others that may not be shipped."""

from pathlib import Path

import netCDF4
import numpy as np
import pytest

from forecast.config.domain import DomainConfig
from forecast.grid.domain import Domain
from forecast.grid.horizontal import LambertGrid
from forecast.grid.overlap import overlap_shares, raster_cell_polygons
from forecast.grid.regions import read_regions
from forecast.grid.static import StaticFields, build_static
from forecast.prepare.emissions import area_emission
from forecast.prepare.spread import spread_provinces
from forecast.prepare.trend import scale_to_year
from forecast.sources.emissions import read_inventory
from tools.make_emission_tables import coal_rows, reas_rows


def test_the_shipped_totals_are_those_of_reas(project_root: Path, reference_data: Path) -> None:
    rows = [",".join(map(str, row)) for row in reas_rows(reference_data / "emissions/reas_v3.2")]
    table = (project_root / "data/emissions/provincial_totals.csv").read_text(encoding="utf-8")
    assert rows == [line for line in table.splitlines() if not line.startswith("#")][1:]


def test_the_shipped_units_are_those_of_the_tracker(
    project_root: Path, reference_data: Path
) -> None:
    source = reference_data / "emissions/coal_power_units_gem_2023-07.csv"
    capacity = [float(str(row[2])) for row in coal_rows(source)]
    inventory = read_inventory(project_root / "data/emissions")
    assert capacity == inventory.units.capacity.tolist()


@pytest.fixture(scope="module")
def place() -> Domain:
    return Domain.from_config(DomainConfig())


@pytest.fixture(scope="module")
def static(project_root: Path, place: Domain) -> StaticFields:
    return build_static(place, project_root / "data/static")


def test_co_lies_where_another_inventory_puts_it(
    project_root: Path, reference_data: Path, place: Domain, static: StaticFields
) -> None:
    """CMAQ-ready CO of another project, 27 km, January 2010: pattern, not amount."""
    inventory = read_inventory(project_root / "data/emissions")
    totals = scale_to_year(inventory.totals, inventory.trend, 2022)
    regions = read_regions(project_root / "data/static/provinces.geojson")
    spread, _ = spread_provinces(inventory, place, static, regions)
    ours = area_emission(totals.annual, spread, place)[:, 0].sum(axis=0)

    source = reference_data / "emissions/co_27km_east_asia_hourly_20100117.ncf"
    with netCDF4.Dataset(source) as file:
        theirs = np.asarray(file["CO"][:24, 0], np.float64).mean(axis=0)
    raster = LambertGrid(
        "reference", 30.0, 60.0, 38.0, 126.0, 27000.0, 174, 128, -2349000.0, -1728000.0
    )
    shares = overlap_shares(
        raster_cell_polygons(raster, place.horizontal), place.horizontal.cell_polygons()
    )
    moved = (shares @ theirs.ravel()).reshape(ours.shape)
    land = np.asarray(static.province_shares.sum(axis=0)).reshape(ours.shape) > 0.99
    found = np.corrcoef(ours[land], moved[land])[0, 1]
    assert found > 0.75, f"spatial correlation of CO is {found:.3f}"
