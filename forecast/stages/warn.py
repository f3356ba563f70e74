"""Proposed warning levels."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from forecast.common.cycle import local_dates
from forecast.fields.city_forecast import CityHourly
from forecast.stages.members_in import read_membership
from forecast.stages.source_run import source_plan
from forecast.stages.standards import read_standards
from forecast.stages.task import Task
from forecast.storage.city_values import read_city_hourly
from forecast.storage.records import write_record
from forecast.warning.evaluate import evaluate
from forecast.warning.rules import select_rules
from forecast.warning.timeline import LOCAL


def run(task: Task) -> None:
    """Judge every member's trajectory in every city and write the proposals.

    Hours in which a member still spins up are no ground for a warning.
    """
    task.record.read(task.run.cities)
    hourly = read_city_hourly(task.run.cities)
    plan = source_plan(task, read_membership(task))
    end = data_end(hourly)
    if plan.unsettled_hours:
        hourly = hourly.settled({start.member: start.unsettled_hours for start in plan.members})
    options = task.configuration.warning
    first = np.min(local_dates(hourly.labels)).astype(object)
    rules = select_rules(task.input(options.folder), options.rules, first)
    warnings = evaluate(hourly, rules, read_standards(task), options)
    # also when nobody has come to rest before the data end
    warnings = replace(warnings, data_end=end)
    write_record(task.run.warnings, warnings)
    task.record.wrote(task.run.warnings)
    task.record.note(rules=warnings.rules, standards=list(warnings.standards))


def data_end(hourly: CityHourly) -> datetime:
    """End of the last hour in which any member has any value, Asia/Shanghai."""
    known = np.flatnonzero(np.any(np.isfinite(hourly.concentration), axis=(0, 1, 2)))
    last = hourly.labels[known[-1] if known.size else 0]
    time: datetime = last.astype("datetime64[s]").item()
    return time.replace(tzinfo=UTC).astimezone(LOCAL)
