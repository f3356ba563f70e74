"""One member: the transport model on all ranks, from a cold start or the newest checkpoint.

The stage ends with the stamp of the member when all hours are written. When the model fails, the
rank that met the error writes the reason into the status file and ends the others; the rule then
calls `close_member`, so that the workflow goes on.
"""

import logging
import traceback
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from forecast.common.errors import ForecastError, InputError
from forecast.ctm.checkpoint import Checkpoint
from forecast.ctm.model import Sinks, TransportModel
from forecast.fields.status import MemberState, MemberStatus
from forecast.parallel.comm import Communicator
from forecast.parallel.mpi import world
from forecast.stages.member_model import MemberModel, build_member
from forecast.stages.member_outputs import CheckpointStore, Heartbeat, SurfaceSink
from forecast.stages.task import Task
from forecast.storage.atomic import write_text
from forecast.storage.member_output import (
    MemberOutput,
    OutputFrame,
    ensure_output,
    output_matches,
)
from forecast.storage.restart import (
    complete_restarts,
    read_restart,
    remove_restarts,
)
from forecast.storage.status import read_statuses

logger = logging.getLogger(__name__)


def run(task: Task) -> int:
    """Run the member that the task names; returns the exit code."""
    comm = world()
    if comm.rank:
        logging.getLogger().setLevel(logging.ERROR)
    return run_on(task, comm)


def run_on(task: Task, comm: Communicator) -> int:
    """Run the member on a set of ranks.

    Returns:
        0 when all hours are written, 1 after an error whose reason is in the status file.
    """
    heart = _heartbeat(task, comm)
    try:
        _integrate(task, comm, heart)
    except ForecastError as error:
        logger.error("%s", error)  # noqa: TRY400  (the sentence says it all; no traceback)
        reason = str(error)
    except Exception as error:
        logger.exception("the member stopped with an error of the program")
        where = traceback.extract_tb(error.__traceback__)[-1]
        reason = f"error of the program: {type(error).__name__}: {error} ({where.name})"
    else:
        return 0
    with suppress(ForecastError):  # the disk may be full: the log has the reason
        heart.end(MemberState.FAILED, reason, 1)
    comm.abort()
    return 1


def _heartbeat(task: Task, comm: Communicator) -> Heartbeat:
    path = task.run.status(task.name)
    former = read_statuses([(task.name, path)])[0]
    begun = MemberStatus(
        member=task.name,
        state=MemberState.RUNNING,
        ranks=comm.size,
        log=str(task.run.log("run_member", task.name)),
        started=former.started if former.state is MemberState.RUNNING else datetime.now(UTC),
    )
    return Heartbeat(path, begun, comm.rank, task.configuration.workflow.heartbeat_seconds)


@dataclass(frozen=True)
class _CheckpointSink:
    """Writes checkpoints after the output up to the same hour."""

    store: CheckpointStore
    output: MemberOutput

    def write(self, checkpoint: Checkpoint) -> None:
        """Store the tile."""
        self.store.write(checkpoint, self.output)


def _integrate(task: Task, comm: Communicator, heart: Heartbeat) -> None:
    member = build_member(task, comm)
    window, run, options = member.window, task.run, task.configuration.workflow
    grid = member.domain.horizontal
    frame = OutputFrame(window.labels, grid.y_centre, grid.x_centre, task.name, member.products)
    hour = _start_or_continue(task, comm, member, frame)
    heart.begin(window.total_hours, window.spin_up_hours, hour)
    path = run.output(task.name)
    if comm.rank == 0:
        ensure_output(path, frame, member.tile, fresh=hour is None)
    comm.barrier()
    output = MemberOutput(path, member.tile)
    store = CheckpointStore(
        run.restart_folder, task.name, member.tile, comm, options.keep_checkpoints
    )
    every = options.checkpoint_hours
    sinks = Sinks(
        output=SurfaceSink(output, window, heart),
        checkpoints=_CheckpointSink(store, output),
        checkpoint_hours=range(every, window.total_hours + 1, every),
    )
    member.model.run(window.total_hours, sinks)
    output.flush()
    comm.barrier()
    heart.beat(window.total_hours)
    counted = member.model.summaries()
    if comm.rank == 0:
        _finish(task, heart, member.model, counted)


def _finish(
    task: Task, heart: Heartbeat, model: TransportModel, counted: dict[str, dict[str, Any]]
) -> None:
    """Write the record, the last status and the stamp; for rank 0."""
    species = model.ledger.species
    task.record.wrote(task.run.output(task.name))
    task.record.note(
        hours=model.hour,
        continued_from=heart.status.continued_from,
        ranks=heart.status.ranks,
        seconds_by_process={name: round(value, 2) for name, value in model.timings.items()},
        mass_closure=dict(zip(species, model.ledger.closure().tolist(), strict=True)),
        counted_by_process=counted,
    )
    task.record.write(task.run.stage_record("run_member", task.name))
    heart.end(MemberState.FINISHED)
    now = datetime.now(UTC)
    write_text(task.run.stamp(task.name), f"finished {now:%Y-%m-%dT%H:%M:%SZ}\n")
    logger.info("all %d hours are written", model.hour)


def _start_or_continue(
    task: Task, comm: Communicator, member: MemberModel, frame: OutputFrame
) -> int | None:
    """Set the model's state: from the newest checkpoint that all ranks can read, or cold.

    Returns:
        Hour of the checkpoint, None after a cold start.
    """
    found: list[int] = []
    folder = task.run.restart_folder
    if comm.rank == 0 and output_matches(task.run.output(task.name), frame):
        found = sorted(complete_restarts(folder, task.name), reverse=True)
    for hour in comm.gather_all(found)[0]:
        problem = _restore(task, member, hour)
        if not any(comm.gather_all(problem)):
            if comm.rank == 0:
                logger.info("continuing from the checkpoint of hour %d", hour)
            return int(hour)
    if comm.rank == 0:
        remove_restarts(folder, task.name)
        logger.info("cold start")
    member.model.start(member.initial)
    return None


def _restore(task: Task, member: MemberModel, hour: int) -> str:
    """Read a checkpoint into the model; returns what is wrong with it, or nothing."""
    tile = member.tile
    try:
        state = read_restart(task.run.restart(task.name, hour), tile.rows, tile.columns)
    except InputError as error:
        logger.warning("%s", error)
        return str(error)
    member.model.restore(
        Checkpoint(state.hour, state.species, state.mixing_ratio, state.air_mass, {**state.numbers})
    )
    return ""
