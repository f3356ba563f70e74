"""Writing down how a member ended when it could not do so itself."""

from dataclasses import replace
from datetime import UTC, datetime

from forecast.config.run import RunPaths
from forecast.fields.status import MemberState, MemberStatus
from forecast.stages.task import Task
from forecast.storage.atomic import write_text
from forecast.storage.status import read_statuses, write_status


def run(task: Task) -> int:
    """Note that the process of a member has ended with an exit code other than zero."""
    reason = f"its process ended with exit code {task.exit_code}"
    if task.exit_code > 128:  # a shell's word for: ended by a signal
        reason += f" (signal {task.exit_code - 128}); it may have run out of memory"
    close_member(task.run, task.name, reason, task.exit_code)
    return 0


def close_member(run: RunPaths, member: str, reason: str, exit_code: int | None = None) -> None:
    """Write the last status and the stamp of a member that has ended.

    A reason that the member gave itself is kept.

    Raises:
        OutputError: The disk refuses the files.
    """
    status = read_statuses([(member, run.status(member))])[0]
    now = datetime.now(UTC)
    if status.state not in (MemberState.FINISHED, MemberState.FAILED):
        status = _failed(status, reason, now)
    log = status.log or str(run.log("run_member", member))
    write_status(run.status(member), replace(status, exit_code=exit_code, log=log))
    write_text(run.stamp(member), f"{status.state} {now:%Y-%m-%dT%H:%M:%SZ}\n")


def _failed(status: MemberStatus, reason: str, now: datetime) -> MemberStatus:
    return replace(
        status,
        state=MemberState.FAILED,
        reason=reason,
        hours_done=status.hours_saved,
        updated=now,
        finished=now,
        seconds_left=None,
    )
