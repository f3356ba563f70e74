"""What the members say together on the grid."""

from datetime import date

import numpy as np

from forecast.common.cycle import local_dates
from forecast.ensemble.combine import count, exceedance, mean, quantiles
from forecast.fields.arrays import Float, Single
from forecast.fields.ensemble import EnsembleFields
from forecast.fields.membership import Membership
from forecast.fields.variables import PERCENTILES, REGISTRY
from forecast.grid.domain import Domain
from forecast.stages.members_in import modelled, read_membership, stack
from forecast.stages.standards import pm25_limits, read_standards
from forecast.stages.task import Task
from forecast.storage.ensemble_fields import write_ensemble


def run(task: Task) -> None:
    """Write mean, percentiles and exceedance of the members that are in."""
    membership = read_membership(task)
    labels = task.cycle.hours(1, membership.hours_covered)
    day: date = local_dates(labels)[0].astype(object)
    limits = pm25_limits(read_standards(task).on(day))
    fields = combine_fields(task, membership, np.array(limits))
    grid = Domain.from_config(task.configuration.domain).horizontal
    write_ensemble(task.run.ensemble, fields, grid, {"title": "ensemble fields, hourly"})
    task.record.read(*(task.run.output(member) for member in membership.members))
    task.record.wrote(task.run.ensemble)


def combine_fields(task: Task, membership: Membership, thresholds: Float) -> EnsembleFields:
    """Combine one variable after the other, so that one at a time is in memory."""
    means: list[Single] = []
    ranked: list[Single] = []
    above: list[Single] = []
    present = np.zeros(membership.hours_covered, dtype=np.int64)
    probabilities = tuple(percent / 100 for percent in PERCENTILES)
    names = modelled(task, membership)
    with_ranks = tuple(name for name in names if f"{name}_p50" in REGISTRY)
    for name in names:
        values = stack(task, membership, name, lambda field: field)
        means.append(mean(values).astype(np.float32))
        if name in with_ranks:
            ranked.append(quantiles(values, probabilities).astype(np.float32))
        if name == "pm25":
            above = [exceedance(values, limit).astype(np.float32) for limit in thresholds]
            present = count(values[:, :, 0, 0])
    return EnsembleFields(
        cycle=task.cycle.name,
        members=membership.members,
        labels=task.cycle.hours(1, membership.hours_covered),
        member_count=present,
        pollutants=names,
        mean=np.stack(means),
        ranked=with_ranks,
        percentiles=np.stack(ranked),
        thresholds=thresholds,
        exceedance=np.stack(above),
    )
