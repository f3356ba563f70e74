"""Jobs of a run in a batch system: which there are, how they stand, and how they are ended.

All jobs of a run have names that begin with a prefix made of the cycle and the folder of the run.
So a run ends its own jobs only: never those of another run, not even of the same cycle in another
folder.
"""

import hashlib
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass

from forecast.common.errors import ForecastError
from forecast.workflow.paths import RunPaths

_PATIENCE = 60.0
"""Longest time that one command of Slurm may take, s; it waits itself for a busy controller."""
_FIELDS = "%i|%T|%j|%N|%k"
_MEMBER = "_wildcards_"


class BatchSystemError(ForecastError):
    """The batch system does not answer, or refuses."""


@dataclass(frozen=True)
class BatchJob:
    """One job.

    Attributes:
        id: Its number.
        state: Word of Slurm, such as PENDING or RUNNING.
        name: Its name; begins with the prefix of the run.
        nodes: Nodes that it runs on, in Slurm's short form; empty while it waits.
        comment: What it does, as the workflow engine wrote it down.
    """

    id: str
    state: str
    name: str
    nodes: str
    comment: str

    @property
    def member(self) -> str:
        """The member that it computes; empty for other work."""
        rule, mark, wildcards = self.comment.partition(_MEMBER)
        return wildcards if mark and rule == "rule_run_member" else ""


def job_prefix(run: RunPaths) -> str:
    """Beginning of the names of all jobs of a run, such as 'fc-20220109T16-1f0c5e2a'."""
    folder = str(run.folder.resolve()).encode()
    cycle = run.folder.name.replace("-", "")
    return f"fc-{cycle}-{hashlib.sha256(folder).hexdigest()[:8]}"


def own_jobs(run: RunPaths) -> tuple[BatchJob, ...]:
    """Jobs of a run that wait, run or are being ended.

    Raises:
        BatchSystemError: Slurm does not answer.
    """
    text = ask_slurm("squeue", "--noheader", "--me", f"--format={_FIELDS}")
    return tuple(job for job in _jobs(text) if job.name.startswith(f"{job_prefix(run)}_"))


def member_jobs(run: RunPaths, member: str) -> tuple[BatchJob, ...]:
    """Jobs of one member."""
    return tuple(job for job in own_jobs(run) if job.member == member)


def job_state(job: str) -> str:
    """Ask for the state of a job, also of one that has ended a while ago.

    Returns:
        Slurm's word, such as RUNNING, COMPLETED, FAILED, TIMEOUT, NODE_FAIL, CANCELLED or
        PREEMPTED; empty when nobody knows the job any more.

    Raises:
        BatchSystemError: Slurm does not answer.
    """
    try:
        text = ask_slurm("squeue", "--noheader", "--states=all", f"--jobs={job}", "--format=%T")
    except BatchSystemError as error:
        if "Invalid job id" not in str(error):
            raise
        text = ""
    if not text.strip():
        try:  # the accounting remembers, where there is one
            text = ask_slurm(
                "sacct", "--noheader", "--allocations", f"--jobs={job}", "--format=State%30"
            )
        except BatchSystemError:
            text = ""
    return text.split()[0] if text.split() else ""


def cancel(jobs: Iterable[BatchJob | str]) -> None:
    """End jobs; those that have ended meanwhile are no error.

    Raises:
        BatchSystemError: Slurm does not answer.
    """
    numbers = [job if isinstance(job, str) else job.id for job in jobs]
    if numbers:
        ask_slurm("scancel", "--quiet", *numbers)


def reap(run: RunPaths, patience: float = 120.0) -> tuple[BatchJob, ...]:
    """End all jobs of a run and wait until they are gone.

    Args:
        run: The run.
        patience: How long to wait, s.

    Returns:
        The jobs that were ended.

    Raises:
        BatchSystemError: Slurm does not answer, or jobs do not go away.
    """
    found = left = own_jobs(run)
    cancel(found)
    deadline = time.monotonic() + patience
    while left := own_jobs(run) if left else ():
        if time.monotonic() > deadline:
            msg = (
                f"{len(left)} job(s) of the run '{run.folder.name}' are still there "
                f"{patience:.0f} s after they were cancelled: "
                f"{', '.join(f'{job.id} ({job.state})' for job in left)}. Ask the operators of "
                "the cluster to remove them, then start the run again."
            )
            raise BatchSystemError(msg)
        time.sleep(0.5)
    return found


def _jobs(text: str) -> Iterable[BatchJob]:
    for line in text.splitlines():
        parts = line.strip().split("|", 4)
        if len(parts) == 5:  # noqa: PLR2004  (as many as _FIELDS)
            yield BatchJob(*parts)


def ask_slurm(*command: str) -> str:
    """Run a command of Slurm and return what it prints.

    Raises:
        BatchSystemError: It is not there, does not answer or refuses.
    """
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_PATIENCE
        )
    except FileNotFoundError:
        msg = (
            f"The command '{command[0]}' is not there: this machine cannot talk to Slurm. Start "
            "the forecast on a login node, or with a site whose scheduler is 'local'."
        )
        raise BatchSystemError(msg) from None
    except subprocess.TimeoutExpired:
        msg = f"'{command[0]}' did not answer within {_PATIENCE:.0f} s; is slurmctld down?"
        raise BatchSystemError(msg) from None
    if done.returncode:
        msg = f"'{command[0]}' says: {(done.stderr or done.stdout).strip()}"
        raise BatchSystemError(msg)
    return done.stdout
