"""From files of others to inputs on the model grid."""

import logging
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from forecast.common.degradation import Degradation
from forecast.config.boundary import BackgroundProfiles
from forecast.config.load import project_path
from forecast.config.meteorology import MeteorologyFormat
from forecast.fields.boundary import BoundarySeries
from forecast.fields.driver import PressureLevelDriver
from forecast.fields.emissions import EmissionSet, NaturalEmissions
from forecast.fields.inputs import InputsRecord, InputUse
from forecast.fields.meteorology import MeteorologySeries
from forecast.fields.species import SpeciesTable
from forecast.fields.window import RunWindow
from forecast.grid.domain import Domain
from forecast.grid.land import season_of
from forecast.grid.overlap import city_weights
from forecast.grid.regions import Region, read_cities, read_regions
from forecast.grid.static import StaticFields, build_static
from forecast.grid.stations import read_stations
from forecast.prepare.boundary import prepare_boundary, read_background, unnamed_species
from forecast.prepare.emission_table import EmissionTable
from forecast.prepare.emissions import Place, prepare_emissions
from forecast.prepare.meteorology import prepare
from forecast.prepare.natural import natural_emissions, of_species, read_tables
from forecast.sources.emissions.inventory import read_inventory
from forecast.sources.meteorology import open_driver
from forecast.stages.check import check_files
from forecast.stages.coverage import require_reach, window_of
from forecast.stages.input_ladders import (
    boundary_ladder,
    emissions_ladder,
    input_use,
    locate,
    meteorology_ladder,
)
from forecast.stages.ladder import Climb, Rung, climb
from forecast.stages.start_plan import read_start_plan
from forecast.stages.task import Task
from forecast.storage.atomic import write_text
from forecast.storage.boundary import write_boundary
from forecast.storage.emissions import write_emissions
from forecast.storage.meteorology import write_meteorology
from forecast.storage.records import read_record, write_record
from forecast.storage.static_fields import write_static

logger = logging.getLogger(__name__)


def run(task: Task) -> None:
    """Write static fields, meteorology, emissions, boundaries and city weights."""
    species = _species(task)
    domain = Domain.from_config(task.configuration.domain)
    places = task.configuration.places
    provinces = task.input(places.province_boundaries)
    task.run.inputs_record.unlink(missing_ok=True)
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
    task.record.wrote(run_.inputs_record)
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
    ladder = meteorology_ladder(task.configuration, task.cycle)
    plan = read_start_plan(task.run, task.configuration)

    def use(rung: Rung) -> _Driven:
        options = task.configuration.meteorology.model_copy(
            update={"path": rung.path, "format": MeteorologyFormat(rung.format)}
        )
        file = locate(task, rung, ladder)
        driver = open_driver(options, lambda _: file)
        require_reach(task.configuration, task.cycle, driver, rung)
        window, cut = window_of(task.cycle, task.configuration, driver, plan)
        series, degradations = prepare(
            driver, domain, static, window.bounds, options, forecast_start=task.cycle.start
        )
        return _Driven(series, window, driver, [*cut, *degradations])

    climbed = climb(ladder, use)
    series, window, driver, degradations = climbed.found
    write_meteorology(task.run.meteorology, series)
    valid = (driver.first, driver.last)
    _taken(task, climbed, series.attribution, valid)
    task.record.fell_back(*degradations)
    task.record.note(
        driver=driver.name,
        meteorology=series.attribution,
        forecast_hours=window.horizon_hours,
        spin_up_hours=window.spin_up_hours,
    )
    logger.info("meteorology of %d + %d hours written", window.spin_up_hours, window.horizon_hours)
    return series


class _Driven(NamedTuple):
    """What a rung of the meteorology gave."""

    series: MeteorologySeries
    window: RunWindow
    driver: PressureLevelDriver
    degradations: list[Degradation]


def _taken(
    task: Task,
    climbed: Climb[Any],
    attribution: str,
    valid: tuple[np.datetime64 | None, np.datetime64 | None] = (None, None),
) -> None:
    """Put on record which source of an input was used, and why not those before it."""
    use = input_use(climbed, attribution, valid)
    if use.path:
        task.record.read(project_path(use.path))
    task.record.fell_back(*climbed.degradations())
    former: tuple[InputUse, ...] = ()
    if task.run.inputs_record.is_file():
        former = read_record(InputsRecord, task.run.inputs_record).inputs
    others = tuple(entry for entry in former if entry.name != use.name)
    write_record(task.run.inputs_record, InputsRecord(task.cycle.name, (*others, use)))


def _write_emissions(
    task: Task, place: Place, series: MeteorologySeries, species: SpeciesTable
) -> None:
    options = task.configuration.emissions
    ladder = emissions_ladder(task.configuration, task.cycle)

    def use(rung: Rung) -> tuple[EmissionSet, EmissionTable, list[Degradation]]:
        inventory = read_inventory(locate(task, rung, ladder))
        return prepare_emissions(inventory, place, series, species, options)

    climbed = climb(ladder, use)
    emissions, table, degradations = climbed.found
    natural = _natural(task, place, series, species)
    write_emissions(task.run.emissions, replace(emissions, natural=natural))
    write_text(task.run.emission_table, table.text())
    _taken(task, climbed, emissions.attribution)
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
    ladder = boundary_ladder(task.configuration, task.cycle)

    def use(rung: Rung) -> tuple[BackgroundProfiles, BoundarySeries]:
        profiles = read_background(locate(task, rung, ladder), species)
        return profiles, prepare_boundary(profiles, domain, series, species)

    climbed = climb(ladder, use)
    profiles, boundary = climbed.found
    unnamed = unnamed_species(profiles, species)
    if unnamed:
        logger.info(
            "no profile for %s: at the boundary and at the start they are %g",
            ", ".join(unnamed),
            profiles.default,
        )
    write_boundary(task.run.boundary, boundary)
    _taken(task, climbed, boundary.attribution)
    task.record.note(
        boundary=boundary.attribution,
        species_without_profile=list(unnamed),
    )
