"""From files of others to inputs on the model grid."""

import logging
from dataclasses import replace

from forecast.config.load import project_path
from forecast.fields.emissions import NaturalEmissions
from forecast.fields.meteorology import MeteorologySeries
from forecast.fields.species import SpeciesTable
from forecast.grid.domain import Domain
from forecast.grid.land import season_of
from forecast.grid.overlap import city_weights
from forecast.grid.regions import Region, read_cities, read_regions
from forecast.grid.static import StaticFields, build_static
from forecast.grid.stations import read_stations
from forecast.prepare.boundary import prepare_boundary, read_background, unnamed_species
from forecast.prepare.emissions import Place, prepare_emissions
from forecast.prepare.meteorology import prepare
from forecast.prepare.natural import natural_emissions, of_species, read_tables
from forecast.sources.emissions.inventory import read_inventory
from forecast.sources.meteorology import open_driver
from forecast.stages.check import check_files
from forecast.stages.coverage import window_of
from forecast.stages.start_plan import read_start_plan
from forecast.stages.task import Task
from forecast.storage.atomic import write_text
from forecast.storage.boundary import write_boundary
from forecast.storage.emissions import write_emissions
from forecast.storage.meteorology import write_meteorology
from forecast.storage.static_fields import write_static

logger = logging.getLogger(__name__)


def run(task: Task) -> None:
    """Write static fields, meteorology, emissions, boundaries and city weights."""
    species = _species(task)
    domain = Domain.from_config(task.configuration.domain)
    places = task.configuration.places
    provinces = task.input(places.province_boundaries)
    static = build_static(
        domain,
        task.input(places.static_folder),
        season=season_of(task.cycle.time),
        provinces=provinces,
    )
    write_static(task.run.static, static, domain)
    logger.info("static fields written")
    _write_city_weights(task, domain)
    series = _meteorology(task, domain, static)
    _write_emissions(task, Place(domain, static, read_regions(provinces)), series, species)
    _write_boundary(task, domain, series, species)
    run_ = task.run
    task.record.wrote(
        run_.static, run_.city_weights, run_.meteorology, run_.emissions, run_.boundary
    )
    task.record.note(static=static.attribution)


def _species(task: Task) -> SpeciesTable:
    """Read the species of the mechanism, and see that every table knows them."""
    chemistry, options = task.configuration.chemistry, task.configuration.deposition
    files = (chemistry.mechanism, *chemistry.extension_files, chemistry.aerosol_file)
    task.record.read(*map(project_path, files))
    task.record.read(
        *map(project_path, (options.gases_file, options.particles_file, options.surfaces_file))
    )
    return check_files(task.configuration).table


def _write_city_weights(task: Task, domain: Domain) -> None:
    places = task.configuration.places
    regions: tuple[Region, ...] = read_regions(task.input(places.city_boundaries))
    weights = city_weights(
        domain.horizontal,
        read_cities(task.input(places.cities)),
        regions,
        read_stations(task.input(places.stations)),
    )
    weights.save(task.run.city_weights)
    task.record.fell_back(*weights.degradations)
    task.record.note(city_methods=dict(zip(weights.cities, weights.methods, strict=True)))


def _meteorology(task: Task, domain: Domain, static: StaticFields) -> MeteorologySeries:
    options = task.configuration.meteorology
    driver = open_driver(options, task.input)
    plan = read_start_plan(task.run, task.configuration)
    window, cut = window_of(task.cycle, task.configuration, driver, plan)
    series, degradations = prepare(
        driver, domain, static, window.bounds, options, forecast_start=task.cycle.start
    )
    write_meteorology(task.run.meteorology, series)
    task.record.fell_back(*cut, *degradations)
    task.record.note(
        driver=driver.name,
        meteorology=series.attribution,
        forecast_hours=window.horizon_hours,
        spin_up_hours=window.spin_up_hours,
    )
    logger.info("meteorology of %d + %d hours written", window.spin_up_hours, window.horizon_hours)
    return series


def _write_emissions(
    task: Task, place: Place, series: MeteorologySeries, species: SpeciesTable
) -> None:
    options = task.configuration.emissions
    inventory = read_inventory(task.input(options.inventory))
    emissions, table, degradations = prepare_emissions(inventory, place, series, species, options)
    natural = _natural(task, place, series, species)
    write_emissions(task.run.emissions, replace(emissions, natural=natural))
    write_text(task.run.emission_table, table.text())
    task.record.fell_back(*degradations)
    task.record.wrote(task.run.emission_table)
    task.record.note(emissions=emissions.attribution)
    logger.info("emissions written; totals in %s", task.run.emission_table)


def _natural(
    task: Task, place: Place, series: MeteorologySeries, species: SpeciesTable
) -> NaturalEmissions | None:
    options = task.configuration.natural
    tables = read_tables(task.input(options.tables_folder))
    found = natural_emissions(series, place.static, place.domain, options, tables)
    kept = of_species(found, species)
    if kept is not None:
        task.record.note(natural=kept.attribution, natural_species=list(kept.species))
    return kept


def _write_boundary(
    task: Task, domain: Domain, series: MeteorologySeries, species: SpeciesTable
) -> None:
    profiles = read_background(task.input(task.configuration.boundary.profiles), species)
    unnamed = unnamed_species(profiles, species)
    if unnamed:
        logger.info(
            "no profile for %s: at the boundary and at the start they are %g",
            ", ".join(unnamed),
            profiles.default,
        )
    boundary = prepare_boundary(profiles, domain, series, species)
    write_boundary(task.run.boundary, boundary)
    task.record.note(
        boundary=boundary.attribution,
        species_without_profile=list(unnamed),
    )
