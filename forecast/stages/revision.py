"""What a revision changes, compared with the one before it."""

from forecast.bulletins.changes import Edition, compare
from forecast.config.run import RunPaths
from forecast.fields.changes import Changes
from forecast.fields.city_forecast import CityForecast
from forecast.fields.membership import Membership
from forecast.fields.warnings import WarningSet
from forecast.stages.task import Task
from forecast.storage.records import read_record, write_record


def note_changes(task: Task, edition: Edition) -> Changes | None:
    """Compare a revision with the newest complete one before it and write what is another.

    Args:
        task: The stage.
        edition: The revision.

    Returns:
        The changes; None for the first issue.
    """
    before = [number for number in task.run.revisions() if number < task.run.revision]
    if not before:
        return None
    former = task.run.of_revision(max(before))
    changes = compare(_read(former), edition)
    write_record(task.run.changes, changes)
    task.record.read(former.members)
    task.record.wrote(task.run.changes)
    return changes


def _read(run: RunPaths) -> Edition:
    """The records of a revision; one that said that there is no forecast has but its decision."""
    membership = read_record(Membership, run.members)
    if not (run.forecasts.is_file() and run.warnings.is_file()):
        return Edition(membership, None, None)
    return Edition(
        membership, read_record(CityForecast, run.forecasts), read_record(WarningSet, run.warnings)
    )
