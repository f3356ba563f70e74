"""The turn of a member: the right number of ranks, and one process at a time."""

import logging
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from forecast.common.errors import ConfigurationError
from forecast.fields.status import MemberState, MemberStatus
from forecast.parallel.comm import Communicator
from forecast.stages.task import Task
from forecast.storage.claim import Claim, read_claim, require_claim, take_claim

logger = logging.getLogger(__name__)

_LOOK = 0.2
"""Time between two looks at a former process, s."""
_LAUNCHERS = {
    "OMPI_COMM_WORLD_SIZE": "Open MPI's mpirun",
    "PMIX_RANK": "a launcher that speaks PMIx",
    "PMI_SIZE": "a launcher that speaks PMI, such as MPICH's mpiexec",
    "SLURM_STEP_ID": "Slurm's srun",
}
"""Variables by which a launcher makes itself known, the surest first."""


def check_ranks(comm: Communicator, asked: int, library: str) -> None:
    """Refuse to run on another number of ranks than the workflow has asked for.

    A launcher that does not fit the MPI library starts so many processes that each believe that
    they are alone; they would all write the same files.

    Args:
        comm: The ranks.
        asked: How many the workflow has asked for; 0 when it did not say.
        library: Name and version of the MPI library.

    Raises:
        ConfigurationError: There are more or fewer.
    """
    if asked in (0, comm.size):
        return
    launcher = next((words for name, words in _LAUNCHERS.items() if name in os.environ), "")
    alone = ": each of its processes believes that it is alone" if comm.size == 1 else ""
    msg = (
        f"The member was to run on '{asked}' ranks and '{comm.size}' started together{alone}. It "
        f"was started by {launcher or 'no launcher that is known here'}; Python has loaded the MPI "
        f"library '{library}'. Expected a launcher of that library: change the launcher in the "
        "site file (such as 'srun --mpi=pmix' for Open MPI), or the library with MPI4PY_LIBMPI; "
        "`forecast doctor` tries both."
    )
    raise ConfigurationError(msg)


def take_turn(task: Task, comm: Communicator, former: MemberStatus) -> Callable[[], None]:
    """Claim the member for these ranks, and let a former process of it end first.

    Args:
        task: The stage.
        comm: The ranks; all of them call this.
        former: The member's status as it was found.

    Returns:
        A check to be made before anything is written; it raises `TakenOverError`.

    Raises:
        OutputError: The disk refuses the claim.
    """
    path, token = task.run.claim(task.name), ""
    if comm.rank == 0:
        before = read_claim(path)
        token = take_claim(path, task.launch).token
        if before is not None and former.state is MemberState.RUNNING:
            _wait_for_end(before, former, task.configuration.workflow.handover_seconds)
    token = comm.gather_all(token)[0]
    return _Fence(path, token)


class _Fence:
    """Looks whether the member is still claimed by these ranks."""

    def __init__(self, path: Path, token: str) -> None:
        self._path, self._token = path, token

    def __call__(self) -> None:
        require_claim(self._path, self._token)


def _wait_for_end(before: Claim, former: MemberStatus, patience: float) -> None:
    """Wait until a former process has ended, or has been silent for long enough.

    It finds our claim before its next write and ends by itself; a dead one is not waited for.
    """
    begun = time.monotonic()
    while time.monotonic() - begun < patience:
        alive = before.alive
        if alive is False or (alive is None and _silent(former) > patience):
            return
        time.sleep(_LOOK)
    logger.warning(
        "process %d on '%s' had this member before and may still be there; it can no longer write",
        before.pid, before.host,
    )  # fmt: skip


def _silent(former: MemberStatus) -> float:
    """Time since the last sign of life of a process, s."""
    if former.updated is None:
        return float("inf")
    return (datetime.now(UTC) - former.updated).total_seconds()
