"""Emissions on the grid: mass from table to cell, place, height and hour."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely

from forecast.chemistry.composition import Composition
from forecast.common.errors import InputError, ModelError
from forecast.config.domain import DomainConfig
from forecast.config.emissions import EmissionsConfig
from forecast.fields.arrays import Float
from forecast.fields.emissions import EmissionSet
from forecast.fields.inventory import (
    POLLUTANTS,
    SECTORS,
    Inventory,
    LayerProfiles,
    LonLatBox,
    OrganicCompound,
    OrganicProfiles,
    PowerUnits,
    ProvincialTotals,
    SpeciationNumbers,
    StackClasses,
    SurrogateCells,
    TimeProfiles,
)
from forecast.fields.meteorology import MeteorologyHour, MeteorologySeries
from forecast.fields.species import Phase, Species, SpeciesTable
from forecast.grid.domain import Domain
from forecast.grid.land import CLASSES, CROPLAND
from forecast.grid.overlap import region_shares
from forecast.grid.regions import Region, read_regions
from forecast.grid.static import StaticFields
from forecast.prepare.emission_table import EmissionTable
from forecast.prepare.emissions import Place, area_layers, emission_layers, prepare_emissions
from forecast.prepare.plants import air_over, group_stacks
from forecast.prepare.speciation import speciate
from forecast.prepare.temporal import month_rate
from forecast.sources.emissions import read_inventory

NAMES = ("CO", "SO2", "NO", "NO2", "NH3", "PAR", "AEC", "AOC", "AOTHR", "ACORS", "ASO4",
         "ANO3", "ANH4")  # fmt: skip
INNER, EDGE = "AA", "BB"
"""Province wholly inside the domain, and one that its eastern edge cuts."""


def species() -> SpeciesTable:
    return SpeciesTable(
        tuple(
            Species(
                name=name,
                long_name=name,
                molar_mass={"NO": 0.0300061, "NO2": 0.0460055}.get(name, 0.05),
                phase=Phase.FINE if name.startswith("A") else Phase.GAS,
                source="test",
            )
            for name in NAMES
        )
    )


def domain() -> Domain:
    """12 x 10 cells of 27 km about 118.5 E, 36.4 N."""
    return Domain.from_config(DomainConfig(nx=12, ny=10, x_west=-162000.0, y_south=-135000.0))


def regions() -> list[Region]:
    """From 117.2 E, 35.6 N: a box inside, and one from 119 E to far beyond the edge at 120.3 E."""
    return [
        Region(INNER, "Inner", "内省", shapely.box(117.2, 35.6, 119.0, 37.2)),
        Region(EDGE, "Edge", "边省", shapely.box(119.0, 35.6, 122.0, 37.2)),
    ]


def static(place: Domain) -> StaticFields:
    """Persons and towns grow to the east; all land, a third of it fields."""
    shape = place.horizontal.shape
    use = np.zeros((len(CLASSES), *shape), np.float32)
    use[CROPLAND] = 0.33
    east = np.broadcast_to(np.arange(1.0, shape[1] + 1.0), shape)
    return StaticFields(
        terrain_height=np.zeros(shape, np.float32),
        land_fraction=np.ones(shape, np.float32),
        urban_fraction=(east / 100.0).astype(np.float32),
        roughness_length=np.full(shape, 0.1, np.float32),
        land_use=use,
        population=east * 1000.0,
        province_codes=(EDGE, INNER, "CC"),
        province_index=np.zeros(shape, np.int64),
        province_shares=region_shares(place.horizontal, [*regions()[::-1], regions()[0]]),
        province_inside=np.array([0.4, 1.0, 1.0]),
    )


def units(
    longitude: tuple[float, ...] = (118.0, 118.0, 118.5, 120.0, 121.0),
    start: tuple[int, ...] = (2000, 2001, 2002, 2003, 0),
) -> PowerUnits:
    """Two like units of one plant, others alone, the last outside the domain."""
    return PowerUnits(
        plant=("one", "one", "two", "three", "four"),
        province=(INNER, INNER, INNER, EDGE, EDGE),
        capacity=np.array([300.0, 300.0, 600.0, 1000.0, 3000.0]),
        capacity_factor=np.full(5, 0.5),
        start_year=np.array(start, np.int64),
        longitude=np.array(longitude),
        latitude=np.full(5, 36.4),
        area=LonLatBox(117.0, 121.5, 35.0, 38.0),
    )


def inventory() -> Inventory:
    rng = np.random.default_rng(7)
    annual = rng.uniform(1.0, 100.0, (2, len(SECTORS), len(POLLUTANTS)))
    annual[..., POLLUTANTS.index("PM10")] += annual[..., POLLUTANTS.index("PM2.5")]
    lon, lat = np.meshgrid(np.arange(117.0, 122.2, 0.1), np.arange(35.4, 37.4, 0.1))
    flat = np.ones(lon.size)
    sectors = len(SECTORS)
    month = rng.uniform(0.5, 1.5, (sectors, 12))
    hour = rng.uniform(0.2, 1.8, (sectors, 24))
    week = rng.uniform(0.5, 1.5, (sectors, 7))
    return Inventory(
        totals=ProvincialTotals((INNER, EDGE), ("Inner", "Edge"), 2022, annual),
        trend=(),
        units=units(),
        stacks=StackClasses(
            *(np.array(pair) for pair in ((0.0, 500.0), (500.0, 4000.0), (150.0, 240.0),
              (323.0, 323.0), (15.0, 20.0), (4.0, 4.0), (2.0, 2.0)))
        ),
        spatial_mix=np.array([[1.0, 0, 0], [0.75, 0.25, 0], [0, 1.0, 0], [0, 0.5, 0.5], [0, 0, 1]]),
        cells=SurrogateCells(lon.ravel(), lat.ravel(), flat, flat * 0.1, flat * 0.3),
        profiles=TimeProfiles(
            month / month.sum(axis=1, keepdims=True),
            week / week.mean(axis=1, keepdims=True),
            hour / hour.mean(axis=1, keepdims=True),
        ),
        layers=LayerProfiles(
            np.array([0.0, 30.0, 300.0]),
            np.array([[0.0, 1.0], [0.6, 0.4], [1.0, 0.0], [1.0, 0.0], [1.0, 0.0]]),
        ),
        speciation=SpeciationNumbers(
            *(np.full(sectors, x) for x in (0.9, 0.008, 1.4, 0.1, 0.02, 0.03, 1.5))
        ),
        organics=OrganicProfiles(
            (OrganicCompound("butane", 0.058, 4, {"made": (("PAR", 4.0),)}),),
            np.ones((sectors, 1)), ("made",), {"PAR": 1.0, "UNR": 1.0}, "UNR",
        ),
        attribution="made for a test",
    )  # fmt: skip


def meteorology(place: Domain, hours: int = 49) -> MeteorologySeries:
    """Westerly wind of 5 m s-1, a standard lapse rate, stable nights."""
    nz, ny, nx = place.shape
    surface = np.full((ny, nx), 101325.0)
    ratio = place.levels.pressure_full(surface) / 101325.0
    width = place.horizontal.cell_size / place.horizontal.map_factor
    flux = np.zeros((nz, ny, nx + 1))
    flux[..., :-1] = place.levels.layer_mass(surface) * width * 5.0
    flux[..., -1] = flux[..., -2]
    flat = np.zeros((ny, nx))
    one = {
        "surface_pressure": surface,
        "air_temperature": 278.0 * ratio**0.19,
        "specific_humidity": np.full((nz, ny, nx), 0.002),
        "cloud_area_fraction": np.zeros((nz, ny, nx)),
        "mass_flux_x": flux,
        "mass_flux_y": np.zeros((nz, ny + 1, nx)),
        "air_temperature_2m": flat,
        "wind_speed_10m": flat,
        "friction_velocity": flat,
        "inverse_obukhov_length": flat + 0.02,
        "boundary_layer_height": flat + 300.0,
        "downwelling_shortwave": flat,
        "precipitation_flux": flat,
    }
    series = {
        name: np.broadcast_to(value.astype(np.float32), (hours, *value.shape))
        for name, value in one.items()
    }
    times = np.datetime64("2022-01-04T16", "s") + np.arange(hours) * np.timedelta64(3600, "s")
    return MeteorologySeries(times, MeteorologyHour(**series), False, "made for a test")


def prepare(
    tables: Inventory | None = None, fields: StaticFields | None = None
) -> tuple[EmissionSet, EmissionTable, list[str]]:
    place = domain()
    where = Place(place, fields or static(place), regions())
    emissions, table, fallbacks = prepare_emissions(
        tables or inventory(), where, meteorology(place), species(), EmissionsConfig()
    )
    return emissions, table, [fallback.what for fallback in fallbacks]


def annual_on_grid(emissions: EmissionSet, tables: Inventory) -> Float:
    """Undo the monthly rates: what is on the grid, kt a year, (nsector, nspecies)."""
    total = emissions.area_rate.sum(axis=(2, 3))
    total[SECTORS.index("power")] += emissions.points.rate.sum(axis=0)
    return np.asarray(total / month_rate(tables.profiles, 2022, 1)[:, None] / 1e6)


def test_mass_goes_from_the_tables_to_the_grid_to_rounding() -> None:
    tables = inventory()
    emissions, table, _ = prepare(tables)
    placed = replace(tables.totals, annual=table.placed)
    found = speciate(placed, tables.speciation, tables.organics, species())
    expected = found.annual.sum(axis=0)
    # float64 to 1e-12: the speciation is linear in the share of a province that is placed
    np.testing.assert_allclose(annual_on_grid(emissions, tables), expected, rtol=1e-12, atol=1e-13)


def test_table_is_grid_and_outside() -> None:
    _, table, _ = prepare()
    np.testing.assert_allclose(
        table.placed + table.outside, inventory().totals.annual, rtol=1e-14, atol=0.0
    )
    inner, edge = 0, 1
    assert np.abs(table.outside[inner]).max() < 1e-11
    # 1.27 of the 3 degrees of the cut province are inside, 0.4 of its persons
    share = table.placed[edge] / inventory().totals.annual[edge]
    assert share[SECTORS.index("agriculture")] == pytest.approx(1.27 / 3.0, abs=0.03)
    assert share[SECTORS.index("residential")] == pytest.approx(0.4)
    # one of its two units, 1000 of 4000 MW, stands inside; the list covers 2.5 of its 3 degrees
    assert share[SECTORS.index("power")] == pytest.approx(0.25 * 2.5 / 3.0, abs=0.02)


def test_the_table_can_be_read() -> None:
    _, table, _ = prepare()
    text = table.text()
    assert "AA Inner" in text
    assert "on the grid" in text
    assert "1 coal unit(s), 3000 MW, lie outside the domain." in text
    rows = table.csv().splitlines()
    assert rows[0] == "province,sector,pollutant,year,total_kt,placed_kt,outside_kt"
    assert len(rows) == 1 + 2 * len(SECTORS) * len(POLLUTANTS)


def test_nothing_is_emitted_where_no_listed_province_is() -> None:
    emissions, _, _ = prepare()
    nowhere = np.asarray(region_shares(domain().horizontal, regions()).sum(axis=0)) == 0.0
    assert nowhere.any()
    assert emissions.area_rate.sum(axis=(0, 1)).ravel()[nowhere].max() == 0.0


def test_households_follow_persons() -> None:
    place, (emissions, _, _) = domain(), prepare()
    inner = region_shares(place.horizontal, regions()[:1]).toarray().reshape(place.horizontal.shape)
    row, columns = np.argwhere(inner > 0.9999)[0][0], np.flatnonzero(inner[5] > 0.9999)
    rate = emissions.area_rate[SECTORS.index("residential"), 0, row]
    persons = static(place).population[row]
    left, right = columns[0], columns[-1]
    assert rate[right] / rate[left] == pytest.approx(persons[right] / persons[left])


def test_units_of_a_plant_and_class_share_stacks() -> None:
    emissions, _, _ = prepare()
    points = emissions.points
    assert points.row.size == 3  # one + one, two, three
    so2 = points.rate[:, NAMES.index("SO2")]
    same = {float(rate) for rate in so2.round(12)}
    assert len(same) == 2  # 2 x 300 MW emit as much as 600 MW of the same province


def test_units_that_start_later_are_left_out() -> None:
    late = replace(inventory(), units=units(start=(2000, 2001, 2030, 2003, 0)))
    emissions, table, _ = prepare(late)
    assert emissions.points.row.size == 2
    assert "1 coal unit(s) started after 2022 and are left out." in table.text()
    placed = table.placed[0, SECTORS.index("power")]
    assert placed == pytest.approx(late.totals.annual[0, SECTORS.index("power")], rel=1e-12)


def test_a_province_without_units_is_spread_over_towns() -> None:
    alone = replace(units(), province=(INNER,) * 5)
    _, table, _ = prepare(replace(inventory(), units=alone))
    share = table.placed[1] / inventory().totals.annual[1]
    # built-up land of the land-use cells is even: as much as lies inside
    assert share[SECTORS.index("power")] == pytest.approx(1.27 / 3.0, abs=0.03)


def test_beyond_the_area_of_the_list_towns_stand_for_units() -> None:
    short = LonLatBox(117.0, 119.6, 35.0, 38.0)
    near = replace(units((118.0, 118.0, 118.5, 119.4, 119.5)), area=short)
    tables = replace(inventory(), units=near)
    emissions, table, _ = prepare(tables)
    power = SECTORS.index("power")
    # 0.6 of the 3 degrees of the cut province are listed; of the rest, 119.6 to 122 E, 0.67 of
    # 2.4 degrees are inside the domain
    share = table.placed[1, power] / tables.totals.annual[1, power]
    assert share == pytest.approx(0.2 + 0.8 * 0.67 / 2.4, abs=0.03)
    longitude = domain().horizontal.longitude
    area = emissions.area_rate[power].sum(axis=0)
    assert area[longitude >= 119.6].sum() == pytest.approx(area.sum(), rel=1e-12)
    assert area.sum() > 0.0


def test_a_stack_carries_the_gas_of_its_units() -> None:
    groups = group_stacks(inventory(), domain(), 2022)
    pair = int(np.flatnonzero(groups.stacks.height == 150.0)[0])
    # 2 x 300 MW share one stack: 600,000 kWh x 4 m3 / 3600 s = 666.7 m3 s-1 at 15 m s-1
    assert groups.stacks.diameter[pair] == pytest.approx((4.0 * 666.667 / np.pi / 15.0) ** 0.5)
    assert groups.share.sum(axis=0) == pytest.approx([1.0, 0.25])


def test_wind_at_stacks_comes_from_both_mass_fluxes() -> None:
    place = domain()
    series = meteorology(place, 3)
    per_metre = series.hour_fields.mass_flux_x[:, :, :, :-1] / np.float32(5.0)
    northward = np.zeros_like(series.hour_fields.mass_flux_y)
    faces = np.arange(northward.shape[2] - 1, dtype=np.float32)  # 0, 1, 2 ... m s-1 to the north
    northward[:, :, :-1] = per_metre * faces[:, None]
    northward[:, :, 1:] += per_metre * (faces[:, None] + 1.0)
    northward[:, :, 1:-1] *= np.float32(0.5)
    hour = replace(series.hour_fields, mass_flux_y=northward)
    groups = group_stacks(inventory(), place, 2022)
    air = air_over(replace(series, hour_fields=hour), place, groups)
    expected = np.hypot(5.0, groups.row + 0.5)
    assert air.wind_speed.shape == (2, 3, place.levels.nz)
    np.testing.assert_allclose(air.wind_speed[0, :, 2], expected, rtol=2e-3)


def test_land_stands_in_for_towns_that_are_not_there() -> None:
    fields = static(domain())
    bare = replace(fields, urban_fraction=np.zeros_like(fields.urban_fraction))
    emissions, table, fallbacks = prepare(fields=bare)
    assert "no urban in the part of AA inside the domain, sector industry" in fallbacks
    assert np.abs(table.outside[0]).max() < 1e-11
    assert np.isfinite(emissions.area_rate).all()


def test_a_province_without_a_polygon_stops() -> None:
    tables = inventory()
    unknown = replace(tables, totals=replace(tables.totals, provinces=(INNER, "ZZ")))
    with pytest.raises(InputError, match="the province 'ZZ'"):
        prepare(unknown)


def test_persons_that_are_no_number_stop() -> None:
    fields = static(domain())
    broken = fields.population.copy()
    broken[5, 5] = np.nan
    with pytest.raises(ModelError, match="not numbers in the static fields"):
        prepare(fields=replace(fields, population=broken))


def test_an_hour_holds_rate_times_factor() -> None:
    emissions, _, _ = prepare()
    found = emissions.hour(7).sum(axis=(1, 2, 3), dtype=np.float64)
    expected = np.einsum("gsyx,g->s", emissions.area_rate, emissions.time_factor[7])
    expected += emissions.points.rate.sum(axis=0) * emissions.points.time_factor[7]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_area_sources_go_to_layers_by_height() -> None:
    levels = domain().levels
    layers = emission_layers(levels, 1000.0)
    assert layers == 7
    share = area_layers(inventory().layers, levels, layers)
    assert share.sum(axis=1) == pytest.approx(1.0)
    # sigma 0.995 below 100 hPa is 1008.7 hPa, 38.1 m in the standard atmosphere:
    # all of 0 to 30 m and 8.1 / 270 of 30 to 300 m
    assert share[SECTORS.index("residential")][0] == 1.0
    assert share[SECTORS.index("industry")][0] == pytest.approx(0.6 + 0.4 * 8.1 / 270.0, abs=3e-4)


def test_stacks_emit_above_the_ground() -> None:
    emissions, _, _ = prepare()
    fraction = emissions.points.layer_fraction
    assert fraction.shape == (48, 3, 7)
    assert fraction[..., 0].max() == 0.0
    assert fraction.sum(axis=-1) == pytest.approx(1.0, abs=1e-6)


def test_our_own_tables_give_a_whole_grid(project_root: Path, composition: Composition) -> None:
    """The shipped inventory keeps its mass on a domain that cuts provinces, with its own cells."""
    tables = read_inventory(project_root / "data" / "emissions")
    place = Domain.from_config(DomainConfig(nx=30, ny=24, x_west=-405000.0, y_south=-324000.0))
    polygons = read_regions(project_root / "data" / "static" / "provinces.geojson")
    made = static(place)
    shares = region_shares(place.horizontal, polygons)
    fields = replace(
        made,
        province_codes=tuple(region.code for region in polygons),
        province_shares=shares,
        province_inside=np.full(len(polygons), 0.5),
    )
    where, model = Place(place, fields, polygons), composition.table
    emissions, table, _ = prepare_emissions(
        tables, where, meteorology(place, 3), model, EmissionsConfig()
    )
    scaled = replace(table.totals, annual=table.placed)
    found = speciate(scaled, tables.speciation, tables.organics, model)
    expected = found.annual.sum(axis=0)
    np.testing.assert_allclose(annual_on_grid(emissions, tables), expected, rtol=1e-12, atol=1e-15)
    assert 0.3 < table.placed.sum() / table.totals.annual.sum() < 0.8
