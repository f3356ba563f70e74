"""What follows when the process of a member has ended with an error: another start, or the end.

A model that stops with an error is never started again: it would meet the same error. A process
that was killed, or that was asked to stop, goes on from its newest checkpoint when it is started
again; the stage then ends with the exit code `STOPPED` and without a stamp, so that the workflow
starts the rule again.
"""

import logging
from dataclasses import replace
from datetime import UTC, datetime

from forecast.config.run import RunPaths
from forecast.fields.status import STOPPED, MemberState, MemberStatus
from forecast.stages.task import Task
from forecast.storage.atomic import write_text
from forecast.storage.claim import Claim, batch_job, read_claim
from forecast.storage.status import read_statuses, write_last_status, write_status

logger = logging.getLogger(__name__)

_SIGNALLED = 128
"""A shell's exit code of a process that a signal has ended, less the number of the signal."""


def run(task: Task) -> int:
    """Decide about another start after a process of the member has ended with an error.

    Returns:
        0 when the member is closed, `STOPPED` when it is to be started again, or another process
        has it.
    """
    claim = read_claim(task.run.claim(task.name))
    if claim is not None and task.launch and claim.overtaken(task.launch):
        logger.warning("process %d on '%s' has the member now", claim.pid, claim.host)
        return STOPPED
    status = read_statuses([(task.name, task.run.status(task.name))])[0]
    if not status.ended:
        status = _count(status, claim, task)
        write_status(task.run.status(task.name), status)
        if _go_on(status, task.configuration.workflow.attempts):
            logger.warning("%s; it is started again", status.reason)
            return STOPPED
    close_member(task.run, task.name, status.reason, task.exit_code)
    return 0


def close_member(
    run: RunPaths,
    member: str,
    reason: str,
    exit_code: int | None = None,
    state: MemberState | None = None,
) -> None:
    """Write the last status and the stamp of a member that has ended.

    Args:
        run: Files of the run.
        member: Name.
        reason: Why it ended, a sentence; one that the member gave at its end is kept.
        exit_code: Of its process, None when it is not known.
        state: How it ended, for a caller who knows more than the files, such as a batch system
            that has ended the job at its time limit.

    Raises:
        OutputError: The disk refuses the files.
    """
    status = read_statuses([(member, run.status(member))])[0]
    now = datetime.now(UTC)
    if not status.ended:
        status = replace(
            status,
            state=state or _how_it_ended(status),
            reason=reason or status.reason,
            hours_done=status.hours_saved,
            updated=now,
            finished=now,
            seconds_left=None,
        )
    code = status.exit_code if exit_code is None else exit_code
    log = status.log or str(run.log("run_member", member))
    write_last_status(run.status(member), replace(status, exit_code=code, log=log))
    write_text(run.stamp(member), f"{status.state} {now:%Y-%m-%dT%H:%M:%SZ}\n")


def _how_it_ended(status: MemberStatus) -> MemberState:
    if status.state is MemberState.WAITING and status.updated is None:
        return MemberState.ABSENT
    return MemberState.TIMEOUT if status.exit_code == STOPPED else MemberState.FAILED


def _count(status: MemberStatus, claim: Claim | None, task: Task) -> MemberStatus:
    """The status after a process that ended without a last word, or was asked to stop."""
    paused = status.state is MemberState.WAITING and status.exit_code == STOPPED
    mine = claim is not None and claim.launch == task.launch
    if paused and mine:
        return status
    first = status.updated is None
    return replace(
        status,
        state=MemberState.WAITING,
        attempt=status.attempt if first or mine else status.attempt + 1,
        reason=_reason(task.exit_code),
        exit_code=task.exit_code,
        job=batch_job(),
        hours_done=status.hours_saved,
        updated=datetime.now(UTC),
        seconds_left=None,
        log=status.log or str(task.run.log("run_member", task.name)),
    )


def _go_on(status: MemberStatus, attempts: int) -> bool:
    """Whether the member is started again.

    One that was asked to stop and came further counts as no failure, however often.
    """
    further = status.hours_done > (status.continued_from or 0)
    return (status.exit_code == STOPPED and further) or status.attempt < attempts


def _reason(exit_code: int) -> str:
    text = f"its process ended with exit code {exit_code}"
    if exit_code > _SIGNALLED:
        number = exit_code - _SIGNALLED
        text += f" (signal {number}): it was killed, by hand, with its node, or for want of memory"
    return text
