"""What the driver does to members: ends those that hang, shortens those that come too late."""

import logging
import os
import signal
import socket
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path

from forecast.config.clock import ClockConfig
from forecast.fields.decision import DriverRecord, Intervention
from forecast.fields.history import History
from forecast.fields.run_state import RunState
from forecast.fields.status import MemberStatus
from forecast.workflow import clock
from forecast.workflow.batch import BatchSystemError, cancel, member_jobs
from forecast.workflow.clock import ProductPlan, Shortening
from forecast.workflow.eta import estimates
from forecast.workflow.paths import RunPaths

logger = logging.getLogger(__name__)


class Tending:
    """Interventions on the members of one run."""

    def __init__(
        self,
        run: RunPaths,
        close: Callable[[str, str], None],
        limit: Callable[[str, int, str], None],
        alert: Callable[..., None],
        places: int | None = None,
        *,
        batch: bool = False,
    ) -> None:
        """Take what the driver was given.

        Args:
            run: Files of the run.
            close: Notes that a member has ended, with the reason.
            limit: Tells a member after how many forecast hours to stop, with the reason.
            alert: Raises an alert.
            places: How many members run at a time; None when each gets its nodes by itself.
            batch: True when a batch system runs the members.
        """
        self._run = run
        self._close = close
        self._limit = limit
        self._alert = alert
        self._places = places
        self._batch = batch
        self._released: set[str] = set()

    def tend(
        self,
        state: RunState,
        ended: Collection[str],
        products: Sequence[ProductPlan],
        record: DriverRecord,
        options: ClockConfig,
        history: History,
        now: datetime,
    ) -> DriverRecord:
        """Look after the members that have not ended.

        Returns:
            The record with what was done.
        """
        living = [status for status in state.members if status.member not in ended]
        for status in clock.hung(living, now, options.stall_seconds):
            record = self._end_hung(status, record, now)
        if options.shorten and living:
            expected = estimates(state.members, history, now, self._places)
            for told in clock.shortenings(products, living, expected, record, now):
                record = self._shorten(told, record, now)
        return record

    def _end_hung(self, status: MemberStatus, record: DriverRecord, now: datetime) -> DriverRecord:
        """Cancel the job of a member that hangs, once for each sign of life that it gave."""
        done = any(
            entry.member == status.member
            and entry.action == "cancelled"
            and status.updated is not None
            and entry.time > status.updated
            for entry in record.interventions
        )
        if done:
            return record
        silent = (now - (status.updated or now)).total_seconds()
        problem = end_jobs(status, self._run) if self._batch else self._end_process(status)
        done_now = f"its job could not be cancelled: {problem}" if problem else "it was cancelled"
        reason = (
            f"it gave no sign of life for {silent:.0f} s after model hour {status.hours_done}; "
            f"{done_now}"
        )
        logger.warning("member %s: %s", status.member, reason)
        subject = f"{status.member} try {status.attempt} hour {status.hours_done}"
        facts = {"done": reason} if problem else {}
        self._alert("member-hung", subject, seconds=round(silent), log=status.log, **facts)
        return record.with_intervention(
            Intervention(status.member, "cancelled", reason, now, attempt=status.attempt)
        )

    def _end_process(self, status: MemberStatus) -> str:
        return end_process(status, self._run.folder)

    def _shorten(self, told: Shortening, record: DriverRecord, now: datetime) -> DriverRecord:
        end = "at an unknown time" if told.finish is None else f"at {told.finish:%H:%M:%S} UTC"
        why = f"it would end {end}, after the hard cutoff at {told.deadline:%H:%M:%S} UTC"
        if told.hours:
            reason = f"{why}: it stops after {told.hours} forecast hours"
            self._limit(told.member, told.hours, reason)
        else:
            reason = f"{why}, without one whole day: it can only come in late, as a revision"
        logger.warning("member %s: %s", told.member, reason)
        action = "shortened" if told.hours else "late"
        code = "member-shortened" if told.hours else "member-dropped"
        self._alert(code, told.member, finish=end, hours=told.hours, done=reason)
        return record.with_intervention(
            Intervention(told.member, action, reason, now, hours=told.hours)
        )

    def close(self, member: str, reason: str) -> None:
        """Note that a member has ended."""
        logger.warning("member %s: %s", member, reason)
        self._close(member, reason)

    def release(self, member: str) -> None:
        """Let a member run again that has ended."""
        release(self._run, member)
        self._released.add(member)

    def released(self, missing: Collection[str]) -> bool:
        """Tell, once, whether one of these members was released."""
        found = self._released & set(missing)
        self._released -= found
        return bool(found)


def release(run: RunPaths, member: str) -> None:
    """Take away the stamp, the status and the limit of a member, so that it runs again."""
    for path in (run.stamp(member), run.status(member), run.limit(member)):
        path.unlink(missing_ok=True)


def end_process(status: MemberStatus, folder: Path) -> str:
    """End the process of a member on this machine.

    Args:
        status: What the member says.
        folder: Folder of the run; a process that works elsewhere is none of the member's.

    Returns:
        Why it could not be ended; empty when it was.
    """
    if status.host != socket.gethostname() or not status.pid:
        return f"it runs on '{status.host}', out of reach"
    try:
        if Path(f"/proc/{status.pid}/cwd").readlink() != folder:
            return f"process {status.pid} is not one of this run"
        os.kill(status.pid, signal.SIGKILL)
    except OSError as error:
        return str(error)
    return ""


def end_jobs(status: MemberStatus, run: RunPaths) -> str:
    """End the batch jobs of a member.

    Returns:
        Why they could not be ended; empty when they were.
    """
    try:
        jobs = member_jobs(run, status.member)
        cancel(jobs)
    except BatchSystemError as error:
        return str(error)
    return "" if jobs else "the batch system has no job of it"
