"""Tables, fields, bulletins and the merged manifest."""

from dataclasses import asdict, replace
from typing import Any

from forecast.bulletins import feed, html
from forecast.bulletins.advice import read_advice
from forecast.bulletins.assemble import Results, assemble
from forecast.bulletins.changes import Edition
from forecast.bulletins.content import Bulletin
from forecast.bulletins.maps import outlines
from forecast.config.load import PROJECT
from forecast.ensemble.former import covers_a_day
from forecast.fields.city_forecast import CityForecast
from forecast.fields.membership import Membership
from forecast.fields.start import MemberStart
from forecast.fields.warnings import WarningSet
from forecast.grid.domain import Domain
from forecast.grid.overlap import CityWeights
from forecast.grid.regions import read_regions
from forecast.stages.absence import publish_absence
from forecast.stages.circumstances import gather
from forecast.stages.index import city_names
from forecast.stages.members_in import read_membership
from forecast.stages.provenance import provenance
from forecast.stages.revision import note_changes
from forecast.stages.source_run import source_plan, source_run
from forecast.stages.task import Task
from forecast.storage.atomic import point, write_text
from forecast.storage.ensemble_fields import copy_first_hours
from forecast.storage.manifest import read_stage_records, write_manifest
from forecast.storage.records import read_record
from forecast.warning.record import with_levels


def run(task: Task) -> None:
    """Write everything that leaves the house, then the manifest; show it as the latest last."""
    membership = read_membership(task)
    if covers_a_day(membership):
        _publish_forecast(task, membership)
    else:
        publish_absence(task, membership)
    task.record.write(task.run.stage_record("publish"))
    _write_manifest(task, membership)
    point(task.run.latest, task.run.revision_folder)


def _publish_forecast(task: Task, membership: Membership) -> None:
    results = _results(task, membership)
    grid = Domain.from_config(task.configuration.domain).horizontal
    weights = CityWeights.load(source_run(task, membership).city_weights, grid)
    around = gather(task, membership, weights)
    places = city_names(task, weights)
    bulletin = assemble(results, places, task.configuration.bulletins, around)
    _write_texts(task, bulletin)
    _write_fields(task, around.attributions)


def _results(task: Task, membership: Membership) -> Results:
    task.record.read(task.run.forecasts, task.run.warnings)
    forecast = read_record(CityForecast, task.run.forecasts)
    warnings = read_record(WarningSet, task.run.warnings)
    levelled = replace(forecast, days=with_levels(forecast.days, warnings))
    changes = note_changes(task, Edition(membership, forecast, warnings))
    return Results(levelled, warnings, membership, changes)


def _write_texts(task: Task, bulletin: Bulletin) -> None:
    """Write tables, schemas and pages."""
    options = task.configuration.bulletins
    grid = Domain.from_config(task.configuration.domain).horizontal
    shapes = outlines(
        read_regions(task.input(task.configuration.places.city_boundaries)),
        grid.project,
        [city.name_en for city in bulletin.cities],
    )
    advice = read_advice(task.input(options.advice_file))
    texts = feed.files(bulletin) | html.pages(bulletin, advice, shapes)
    for name, text in texts.items():
        path = task.run.products / name
        write_text(path, text)
        task.record.wrote(path)


def _write_fields(task: Task, attributions: tuple[str, ...]) -> None:
    """Write the hourly fields for delivery."""
    task.record.read(task.run.ensemble)
    configuration = task.configuration
    grid = Domain.from_config(configuration.domain).horizontal
    attrs = {
        "title": f"Hourly ensemble air-quality forecast, {configuration.case.title}",
        "institution": configuration.bulletins.issuing_body,
        "references": "docs/science",
        "comment": (
            "Times are UTC and label the end of the hour. Gases at 298.15 K and 1013.25 hPa, "
            "particles at actual temperature and pressure. Probabilities are shares of members, "
            "not calibrated."
        ),
        "attribution": "; ".join(attributions),
    }
    hours = configuration.forecast.hourly_hours
    copy_first_hours(task.run.ensemble, task.run.fields_hourly, hours, grid, attrs)
    task.record.wrote(task.run.fields_hourly)


def _write_manifest(task: Task, membership: Membership) -> None:
    """Merge the records of all stages."""
    members: list[dict[str, Any]] = [asdict(verdict) for verdict in membership.verdicts]
    plan = source_plan(task, membership)
    write_manifest(
        task.run.manifest,
        task.cycle.name,
        read_stage_records(*task.run.manifest_folders),
        PROJECT,
        provenance=provenance(task, membership),
        members={
            "revision": membership.revision,
            "trigger": membership.trigger,
            "quality": membership.quality,
            "origin": membership.origin,
            "origin_shift": membership.origin_shift,
            "verdicts": members,
        },
        start={
            "kinds": {kind.value: count for kind, count in plan.kinds.items()},
            "members": {start.member: _from(start) for start in plan.members},
            "spin_up_hours": plan.spin_up_hours,
            "spin_up_in_products": plan.unsettled_hours > 0,
            "unsettled_hours": plan.unsettled_hours,
            "cold_allowed": plan.cold_allowed,
        },
    )


def _from(start: MemberStart) -> dict[str, str | int]:
    """From what a member began, as the manifest keeps it."""
    return {
        "kind": start.kind.value,
        "source": start.source,
        "cycle": start.source_cycle,
        "hour": start.source_hour,
    }
