"""Reading the members that are in, with NaN where one does not count."""

from collections.abc import Callable

import numpy as np

from forecast.fields.arrays import Float, Single
from forecast.fields.membership import Membership
from forecast.stages.combine_pieces import MemberPart
from forecast.stages.source_run import source_run
from forecast.stages.task import Task
from forecast.storage.member_output import read_variable, written_pollutants
from forecast.storage.records import read_record


def read_membership(task: Task) -> Membership:
    """Read the decision of the gate."""
    task.record.read(task.run.members)
    return read_record(Membership, task.run.members)


def member_parts(task: Task, membership: Membership) -> tuple[MemberPart, ...]:
    """Where the outputs of the members lie and how much of each counts, in their order."""
    source = source_run(task, membership)
    return tuple(
        MemberPart(source.output(member), membership.origin_shift, membership.hours_of(member))
        for member in membership.members
    )


def modelled(task: Task, membership: Membership) -> tuple[str, ...]:
    """Pollutants that every member in the ensemble writes, in the order of `POLLUTANTS`.

    Raises:
        InputError: An output is missing or damaged.
    """
    found = [written_pollutants(member.path) for member in member_parts(task, membership)]
    return tuple(name for name in found[0] if all(name in names for names in found))


def stack(
    task: Task, membership: Membership, name: str, reduce: Callable[[Single], Single | Float]
) -> Float:
    """Read one variable of every member that is in, reduce it, and stack.

    Args:
        task: The stage.
        membership: Who is in, for how many hours.
        name: Name of the variable.
        reduce: Applied to each member's field (hour, y, x), such as a city mean; hours first.

    Returns:
        (member, hour, ...), NaN where a member does not count.
    """
    hours = membership.hours_covered
    values: list[Single | Float] = []
    for member in member_parts(task, membership):
        span = slice(member.first, member.first + member.hours)
        found = np.asarray(reduce(read_variable(member.path, name, span)))
        whole = np.full((hours, *found.shape[1:]), np.nan, dtype=found.dtype)
        whole[: member.hours] = found
        values.append(whole)
    return np.stack(values)
