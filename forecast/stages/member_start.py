"""From where a member begins: the newest checkpoint of this run, another cycle's, or cold."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from forecast.common.errors import InputError
from forecast.ctm.checkpoint import Checkpoint
from forecast.fields.start import MemberStart, StartKind
from forecast.parallel.comm import Communicator
from forecast.stages.member_model import MemberModel
from forecast.stages.start_plan import read_start_plan
from forecast.stages.task import Task
from forecast.storage.member_output import OutputFrame, output_matches
from forecast.storage.restart import (
    RestartOrigin,
    RestartState,
    complete_restarts,
    read_restart,
    remove_restarts,
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Beginning:
    """From where a member begins.

    Attributes:
        hour: Model hour at which it begins.
        continued: True when it goes on from a checkpoint of this run.
        start: What the plan of the cycle says.
    """

    hour: int
    continued: bool
    start: MemberStart


def begin_member(
    task: Task, comm: Communicator, member: MemberModel, frame: OutputFrame
) -> Beginning:
    """Set the model's state; every rank calls this.

    The newest checkpoint of this run that all ranks can read is taken. Without one the member
    begins as the plan of the cycle says. That decision was taken for all members together: a state
    that cannot be read is an error here and never a silent cold start.

    Raises:
        InputError: The state of the plan cannot be read, on any rank.
        ModelError: The state is not plausible.
    """
    plan = read_start_plan(task.run, task.configuration)
    start = _analysed(task, plan.of(task.name))
    hour = _continue(task, comm, member, frame)
    if hour is not None:
        return Beginning(hour, True, start)
    if comm.rank == 0:
        remove_restarts(task.run.restart_folder, task.name)
        logger.info("start: %s%s", start.kind, f" from '{start.source}'" if start.source else "")
    path = start.path(task.run.folder)
    if path is None:
        member.model.start(member.initial, start.first_hour)
    else:
        _start_from(task, comm, member, start, path)
    return Beginning(start.first_hour, False, start)


def _analysed(task: Task, start: MemberStart) -> MemberStart:
    """The same start from the state after the analysis, where there is one."""
    path = task.run.analysis(task.name)
    if not (task.configuration.assimilation.enabled and start.kind.warm and path.is_dir()):
        return start
    return replace(start, source=path.relative_to(task.run.folder).as_posix())


def origin(task: Task, member: MemberModel, hour: int) -> RestartOrigin:
    """Where and when the state of a model hour of this run belongs."""
    return RestartOrigin(
        task.cycle.name,
        member.window.bounds[hour].astype("datetime64[s]"),
        member.domain.fingerprint,
    )


def _continue(
    task: Task, comm: Communicator, member: MemberModel, frame: OutputFrame
) -> int | None:
    """Go on from the newest checkpoint of this run that all ranks can read, if there is one."""
    found: list[int] = []
    folder = task.run.restart_folder
    if comm.rank == 0 and output_matches(task.run.output(task.name), frame):
        last = member.window.total_hours
        hours = complete_restarts(folder, task.name)
        found = sorted((hour for hour in hours if hour <= last), reverse=True)
    for hour in comm.gather_all(found)[0]:
        wanted = origin(task, member, hour)
        state, problem = _read(task.run.restart(task.name, hour), member, _same_place(wanted))
        if any(comm.gather_all(problem)) or state is None:
            continue
        member.model.restore(
            Checkpoint(hour, state.species, state.mixing_ratio, state.air_mass, {**state.numbers})
        )
        if comm.rank == 0:
            logger.info("continuing from the checkpoint of hour %d", hour)
        return int(hour)
    return None


def _start_from(
    task: Task, comm: Communicator, member: MemberModel, start: MemberStart, path: Path
) -> None:
    """Begin from what another run has left."""
    wanted = origin(task, member, start.first_hour)

    def fits(found: RestartOrigin) -> str:
        if start.kind is StartKind.CLIMATOLOGY:  # it is of no one time
            return ""
        if found.valid_time != wanted.valid_time:
            return f"it is of {found.valid_time} UTC, expected {wanted.valid_time}"
        return "" if found.grid == wanted.grid else "it is on other cells or layers"

    state, problem = _read(path, member, fits)
    problems = [text for text in comm.gather_all(problem) if text]
    if problems or state is None:
        msg = (
            f"'{task.name}' was to begin from '{path}', as the plan of the cycle says, but it "
            f"cannot be used: {problems[0]} Decide anew: remove '{task.run.start_plan.name}' "
            "and the folder 'prepared' of the run and start the cycle again."
        )
        raise InputError(msg)
    task.record.read(path)
    member.model.start(state.mixing_ratio, start.first_hour)


def _same_place(wanted: RestartOrigin) -> Callable[[RestartOrigin], str]:
    def fits(found: RestartOrigin) -> str:
        return "" if found == wanted else f"it belongs to {found}, expected {wanted}"

    return fits


def _read(
    path: Path, member: MemberModel, fits: Callable[[RestartOrigin], str]
) -> tuple[RestartState | None, str]:
    """Read a tile of a checkpoint; returns it, or what is wrong with it."""
    try:
        state = read_restart(path, member.tile.rows, member.tile.columns)
    except InputError as error:
        logger.warning("%s", error)
        return None, str(error)
    problem = fits(state.origin)
    if not problem and state.species != member.model.species:
        problem = "it holds the species of another mechanism"
    if problem:
        logger.warning("the checkpoint '%s' cannot be used: %s", path, problem)
        return None, f"{problem}."
    return state, ""
