"""Proposed warning levels."""

import numpy as np

from forecast.common.cycle import local_dates
from forecast.stages.members_in import read_membership
from forecast.stages.source_run import source_plan
from forecast.stages.standards import read_standards
from forecast.stages.task import Task
from forecast.storage.city_values import read_city_hourly
from forecast.storage.records import write_record
from forecast.warning.evaluate import evaluate
from forecast.warning.rules import select_rules


def run(task: Task) -> None:
    """Judge every member's trajectory in every city and write the proposals.

    Hours in which a member still spins up are no ground for a warning.
    """
    task.record.read(task.run.cities)
    hourly = read_city_hourly(task.run.cities)
    plan = source_plan(task, read_membership(task))
    if plan.unsettled_hours:
        hourly = hourly.settled({start.member: start.unsettled_hours for start in plan.members})
    options = task.configuration.warning
    first = np.min(local_dates(hourly.labels)).astype(object)
    rules = select_rules(task.input(options.folder), options.rules, first)
    warnings = evaluate(hourly, rules, read_standards(task), options)
    write_record(task.run.warnings, warnings)
    task.record.wrote(task.run.warnings)
    task.record.note(rules=warnings.rules, standards=list(warnings.standards))
