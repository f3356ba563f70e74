"""One member: the transport model on all ranks, from where the plan of the cycle lets it begin.

The stage ends with the stamp of the member when all hours are written, or when it was asked to end
early and has done so in good order. When the model fails, the rank that met the error writes the
reason into the status file and ends the others. Asked to stop by SIGTERM, all ranks save and leave
together: the member goes on when it is started again. The rule then calls `close_member`, which
decides about another start.
"""

import logging
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from forecast.common.errors import ForecastError
from forecast.ctm.model import Sinks
from forecast.fields.status import STOPPED, MemberState, MemberStatus
from forecast.parallel.comm import Communicator
from forecast.parallel.mpi import library, world
from forecast.stages.member_model import MemberModel, build_member
from forecast.stages.member_outputs import CheckpointStore, Heartbeat, SurfaceSink
from forecast.stages.member_start import Beginning, begin_member, origin
from forecast.stages.member_steering import Course, MemberSteering, StopRequest
from forecast.stages.member_turn import check_ranks, take_turn
from forecast.stages.task import Task
from forecast.storage.atomic import write_text
from forecast.storage.claim import TakenOverError, batch_job
from forecast.storage.member_output import MemberOutput, OutputFrame, ensure_output
from forecast.storage.restart import prune_restarts
from forecast.storage.status import read_statuses

logger = logging.getLogger(__name__)


def run(task: Task) -> int:
    """Run the member that the task names; returns the exit code."""
    comm = world()
    if comm.rank:
        logging.getLogger().setLevel(logging.ERROR)
    with StopRequest().listening() as request:
        return run_on(task, comm, request)


def run_on(task: Task, comm: Communicator, request: StopRequest | None = None) -> int:
    """Run the member on a set of ranks.

    Args:
        task: The stage.
        comm: The ranks.
        request: Asks for an early end; nobody does by default.

    Returns:
        0 when all hours are written that were asked for; `STOPPED` when it was asked to stop and
        has saved; 1 after an error whose reason is in the status file.
    """
    former = read_statuses([(task.name, task.run.status(task.name))])[0]
    if former.state is MemberState.FINISHED and task.run.stamp(task.name).is_file():
        logger.info("nothing to do: all hours were written before")
        return 0
    heart = Heartbeat(
        task.run.status(task.name),
        first_status(task, comm.size, former),
        comm.rank,
        task.configuration.workflow.heartbeat_seconds,
    )
    try:
        check_ranks(comm, task.ranks, library())
        fence = take_turn(task, comm, former)
        return _Run(task, comm, heart, fence).integrate(request or StopRequest())
    except TakenOverError as error:
        logger.error("%s", error)  # noqa: TRY400  (the sentence says it all; no traceback)
        comm.abort()
        return 1
    except ForecastError as error:
        logger.error("%s", error)  # noqa: TRY400
        reason = str(error)
    except Exception as error:
        logger.exception("the member stopped with an error of the program")
        where = traceback.extract_tb(error.__traceback__)[-1]
        reason = f"error of the program: {type(error).__name__}: {error} ({where.name})"
    with suppress(ForecastError):  # the disk may be full: the log has the reason
        heart.end(MemberState.FAILED, reason, 1)
    comm.abort()
    return 1


def first_status(task: Task, ranks: int, former: MemberStatus) -> MemberStatus:
    """What a member says when it is started, from what was known of it before."""
    again = former.updated is not None and not former.ended
    now = datetime.now(UTC)
    return MemberStatus(
        member=task.name,
        state=MemberState.RUNNING,
        attempt=former.attempt + 1 if again else 1,
        ranks=ranks,
        ranks_asked=task.ranks,
        job=batch_job(),
        log=str(task.run.log("run_member", task.name)),
        started=(former.started or now) if again else now,
    )


@dataclass(frozen=True)
class _Run:
    """One attempt at a member.

    Attributes:
        task: The stage.
        comm: The ranks.
        heart: Keeps the status file.
        fence: Refuses to write once another process has the member.
    """

    task: Task
    comm: Communicator
    heart: Heartbeat
    fence: Callable[[], None]

    def integrate(self, request: StopRequest) -> int:
        """Run the model to its last hour, or until it is told to stop; returns the exit code."""
        task, comm = self.task, self.comm
        member = build_member(task, comm)
        window = member.window
        grid = member.domain.horizontal
        frame = OutputFrame(window.labels, grid.y_centre, grid.x_centre, task.name, member.products)
        beginning = begin_member(task, comm, member, frame)
        self.heart.status = replace(self.heart.status, start=beginning.start.kind.value)
        self.heart.begin(
            window.total_hours,
            window.spin_up_hours,
            beginning.hour,
            continued=beginning.continued,
        )
        path = task.run.output(task.name)
        if comm.rank == 0:
            ensure_output(path, frame, member.tile, fresh=not beginning.continued)
        comm.barrier()
        output = MemberOutput(path, member.tile, self.fence)
        course = self._course(member)
        steering = MemberSteering(comm, course, request, self.fence, self.heart, output)
        sinks = Sinks(
            output=SurfaceSink(output, window),
            checkpoints=self._checkpoints(member, output),
            steering=steering,
        )
        member.model.run(course.last, sinks)
        output.flush()
        comm.barrier()
        if steering.stopped:
            self._pause(member.model.hour, request)
            return STOPPED
        self.heart.beat(member.model.hour)
        counted = member.model.summaries()
        if comm.rank == 0:
            limit = steering.limit
            reason = "" if limit is None else limit.reason
            self._finish(member, beginning, counted, reason)
        return 0

    def _course(self, member: MemberModel) -> Course:
        options, window = self.task.configuration.workflow, member.window
        regular = range(0, window.total_hours, options.checkpoint_hours)
        return Course(
            last=window.total_hours,
            spin_up=window.spin_up_hours,
            save_at=frozenset({*regular, *self._ladder(member)}),
            save_every=60.0 * options.checkpoint_minutes,
            limit=self.task.run.limit(self.task.name),
        )

    def _ladder(self, member: MemberModel) -> frozenset[int]:
        """Model hours whose checkpoints are kept, because later cycles begin from them."""
        hours = self.task.configuration.start.restart_hours
        return frozenset(member.window.spin_up_hours + hour for hour in hours)

    def _checkpoints(self, member: MemberModel, output: MemberOutput) -> CheckpointStore:
        return CheckpointStore(
            folder=self.task.run.restart_folder,
            member=self.task.name,
            tile=member.tile,
            comm=self.comm,
            output=output,
            origin=partial(origin, self.task, member),
            fence=self.fence,
            keep=self.task.configuration.workflow.keep_checkpoints,
            always=self._ladder(member),
        )

    def _pause(self, hour: int, request: StopRequest) -> None:
        """Note, after a checkpoint, that the member can be started again."""
        why = request.signal or "a signal to another rank"
        logger.warning(
            "%s: saved after hour %d; started again, the member goes on there", why, hour
        )
        self.heart.pause(
            f"it was asked to stop ({why}: its run time was over, or its node was wanted) and has "
            f"saved after model hour {hour}"
        )

    def _finish(
        self,
        member: MemberModel,
        beginning: Beginning,
        counted: dict[str, dict[str, Any]],
        shortened: str,
    ) -> None:
        """Write the record, the last status and the stamp; for rank 0."""
        task, model, status = self.task, member.model, self.heart.status
        species = model.ledger.species
        task.record.wrote(task.run.output(task.name))
        task.record.note(
            hours=model.hour,
            start=beginning.start.kind.value,
            started_from=beginning.start.source,
            continued_from=status.continued_from,
            attempts=status.attempt,
            ranks=status.ranks,
            shortened=shortened,
            seconds_by_process={name: round(value, 2) for name, value in model.timings.items()},
            mass_closure=dict(zip(species, model.ledger.closure().tolist(), strict=True)),
            counted_by_process=counted,
        )
        task.record.write(task.run.stage_record("run_member", task.name))
        state = MemberState.INCOMPLETE if shortened else MemberState.FINISHED
        kept = task.configuration.workflow.keep_checkpoints if shortened else 0
        prune_restarts(task.run.restart_folder, task.name, kept, self._ladder(member))
        self.heart.end(state, shortened)
        now = datetime.now(UTC)
        write_text(task.run.stamp(task.name), f"{state} {now:%Y-%m-%dT%H:%M:%SZ}\n")
        logger.info("%d of %d hours are written", model.hour, member.window.total_hours)
