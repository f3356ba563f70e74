"""Who is in the ensemble."""

import logging
from collections.abc import Iterator
from pathlib import Path

from forecast.common.errors import InputError
from forecast.ensemble.gate import ContentReport, decide, inspect
from forecast.fields.arrays import Single
from forecast.fields.status import MemberState
from forecast.fields.window import RunWindow
from forecast.stages.task import Task
from forecast.storage.member_output import read_variable, written_pollutants
from forecast.storage.meteorology import read_times
from forecast.storage.records import write_record
from forecast.storage.status import read_statuses

logger = logging.getLogger(__name__)


def run(task: Task) -> None:
    """Read what the members say and what their output holds; write the decision."""
    window = RunWindow.of_bounds(task.cycle, read_times(task.run.meteorology))
    statuses = read_statuses((name, task.run.status(name)) for name in task.members)
    reports = [
        report
        for status in statuses
        if status.state is not MemberState.WAITING
        for report in _look_into(task, status.member)
    ]
    membership = decide(
        task.cycle,
        task.members,
        window.horizon_hours,
        statuses,
        reports,
        task.configuration.ensemble.gate,
    )
    write_record(task.run.members, membership)
    task.record.fell_back(*membership.degradations)
    task.record.note(members=list(membership.members), hours_covered=membership.hours_covered)
    task.record.wrote(task.run.members)


def _look_into(task: Task, member: str) -> Iterator[ContentReport]:
    """Report on one member's output; an unreadable one gives no report."""
    path = task.run.output(member)
    try:
        yield inspect(member, _variables(path), task.configuration.ensemble.gate)
    except InputError as error:
        logger.warning("%s", error)


def _variables(path: Path) -> Iterator[tuple[str, Single]]:
    for name in written_pollutants(path):
        yield name, read_variable(path, name)
