"""Whose turn a member is: the process that has claimed it last may write, all others must not.

After a requeue, a network that was cut, or a killed driver, an older process of the same member may
still be alive. The newest claim wins, always: an older process looks at the file before it writes
anything, finds another token there and ends without a word in the member's files.
"""

import logging
import os
import platform
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from forecast.common.errors import ForecastError, InputError
from forecast.storage.atomic import read_json, write_json

logger = logging.getLogger(__name__)

_KEPT = 20
"""How many earlier launches a claim remembers."""


class TakenOverError(ForecastError):
    """Another process computes this member now."""


@dataclass(frozen=True)
class Claim:
    """Who computes a member.

    Attributes:
        token: Different for every claim.
        launch: Name that the rule gave to its one start of the member; empty by hand.
        host: Machine of rank 0.
        pid: Process id of rank 0.
        born: When that process began, clock ticks since the start of its machine: process ids are
            used again.
        job: Id of the batch job; empty outside a batch system.
        time: When it was claimed, UTC, ISO 8601.
        earlier: Launches that had the member before, oldest first.
    """

    token: str
    launch: str
    host: str
    pid: int
    born: int
    job: str
    time: str
    earlier: tuple[str, ...] = ()

    @property
    def alive(self) -> bool | None:
        """Whether its process lives; None when it is on another machine and nobody can tell."""
        if self.host != platform.node():
            return None
        return _born(self.pid) == self.born

    def overtaken(self, launch: str) -> bool:
        """Tell whether a launch had the member and has lost it to this claim."""
        return launch != self.launch and launch in self.earlier


def batch_job() -> str:
    """Id of the batch job that this process belongs to; empty outside a batch system."""
    return os.environ.get("SLURM_JOB_ID", "")


def take_claim(path: Path, launch: str) -> Claim:
    """Claim a member for this process.

    Args:
        path: File of the claim.
        launch: Name of the start by the rule.

    Raises:
        OutputError: The disk refuses the file.
    """
    former = read_claim(path)
    earlier = () if former is None else (*former.earlier, former.launch)[-_KEPT:]
    claim = Claim(
        token=uuid.uuid4().hex,
        launch=launch,
        host=platform.node(),
        pid=os.getpid(),
        born=_born(os.getpid()) or 0,
        job=batch_job(),
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        earlier=tuple(name for name in earlier if name and name != launch),
    )
    write_json(path, asdict(claim))
    return claim


def read_claim(path: Path) -> Claim | None:
    """Read who computes a member; None when nobody has claimed it, or the file is damaged."""
    if not path.is_file():
        return None
    try:
        record = read_json(path)
        return Claim(**{**record, "earlier": tuple(record["earlier"])})
    except (InputError, TypeError, KeyError) as error:
        logger.warning("the claim '%s' cannot be read and is taken for none: %s", path, error)
        return None


def require_claim(path: Path, token: str) -> None:
    """Go on only as long as nobody else has claimed the member.

    Raises:
        TakenOverError: Somebody has.
    """
    found = read_claim(path)
    if found is not None and found.token != token:
        msg = (
            f"The member is computed by process {found.pid} on '{found.host}' since {found.time}"
            f"{f' (job {found.job})' if found.job else ''}; this process ends and writes nothing "
            "more. Nothing is to be done."
        )
        raise TakenOverError(msg)


def _born(pid: int) -> int | None:
    """When a process of this machine began, clock ticks; None when it is not there."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])
