"""One run of a cycle at a time: the second start refuses and names the first."""

import json
import os
import socket
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from forecast.common.errors import CycleError


@dataclass(frozen=True)
class Holder:
    """Who runs a cycle.

    Attributes:
        host: Machine.
        pid: Process id of `forecast run`.
        born: Start of that process in clock ticks since the machine's start; tells a process
            from a later one with the same id.
        since: Start of the run, UTC, ISO 8601.
        sessions: Process groups of the workflows and stages that it has started.
    """

    host: str
    pid: int
    born: int
    since: str
    sessions: tuple[int, ...] = ()

    @property
    def alive(self) -> bool:
        """True when that process still works, as far as this machine can tell."""
        return self.host != socket.gethostname() or birth(self.pid) == self.born

    @property
    def here(self) -> bool:
        """True when it ran on this machine."""
        return self.host == socket.gethostname()


def birth(pid: int) -> int | None:
    """Start time of a living process in clock ticks; None when there is none (Linux)."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return None
    state, *rest = text.rpartition(")")[2].split()
    return None if state in "ZX" else int(rest[18])


def read_holder(path: Path) -> Holder | None:
    """Read who holds a lock; None when nobody does or the file is unreadable."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return Holder(**(record | {"sessions": tuple(record.get("sessions", ()))}))
    except (OSError, ValueError, TypeError):
        return None


class AlreadyRunsError(CycleError):
    """Another process runs the cycle."""


class RunLock:
    """The lock of one cycle; use it in a `with` statement.

    The file appears at once with its content (a hard link to a written file), so two starts at
    the same moment cannot both win. A lock whose process is gone is taken over.

    Attributes:
        former: Who held the lock before and is gone, None when the last run ended well.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._holder = Holder(
            socket.gethostname(),
            os.getpid(),
            birth(os.getpid()) or 0,
            datetime.now(UTC).isoformat(timespec="seconds"),
        )
        self.former: Holder | None = None

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            AlreadyRunsError: Another process runs this cycle.
        """
        for _ in range(10):
            if self._claim():
                return self
            holder = read_holder(self._path)
            if holder is not None and holder.alive:
                raise AlreadyRunsError(self._refusal(holder))
            self.former = holder or self.former
            self._path.unlink(missing_ok=True)
        msg = f"The lock '{self._path}' changes hands all the time; start the run again."
        raise CycleError(msg)

    def _refusal(self, holder: Holder) -> str:
        text = (
            f"The cycle '{self._path.parent.name}' is already being run by process {holder.pid} "
            f"on '{holder.host}' since {holder.since}. Follow it with `forecast status "
            f"{self._path.parent.name}`, or stop that process."
        )
        if not holder.here:
            text += f" If '{holder.host}' is down, remove '{self._path}' and start again."
        return text

    def _claim(self) -> bool:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        written = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        written.write_text(json.dumps(asdict(self._holder)), encoding="utf-8")
        try:
            self._path.hardlink_to(written)
        except FileExistsError:
            return False
        finally:
            written.unlink()
        return True

    def started(self, session: int) -> None:
        """Note the process group of a workflow, so that its leftovers can be found."""
        self._holder = replace(self._holder, sessions=(*self._holder.sessions, session))
        record = asdict(self._holder)
        written = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        written.write_text(json.dumps(record), encoding="utf-8")
        written.replace(self._path)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the lock back."""
        holder = read_holder(self._path)
        if holder is not None and (holder.pid, holder.host) == (
            self._holder.pid,
            self._holder.host,
        ):
            self._path.unlink(missing_ok=True)
