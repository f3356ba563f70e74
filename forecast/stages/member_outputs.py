"""What a member writes: surface fields, checkpoints and its status."""

import logging
import os
import platform
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from forecast.ctm.checkpoint import Checkpoint
from forecast.ctm.monitor import SurfaceFields
from forecast.fields.status import STOPPED, MemberState, MemberStatus
from forecast.fields.window import RunWindow
from forecast.parallel.comm import Communicator
from forecast.storage.member_output import MemberOutput
from forecast.storage.restart import (
    RestartOrigin,
    RestartState,
    begin_restart,
    finish_restart,
    prune_restarts,
    write_restart_tile,
)
from forecast.storage.status import reserve_room, write_last_status, write_status
from forecast.storage.tiles import Tile

logger = logging.getLogger(__name__)


class Heartbeat:
    """Keeps a member's status file fresh; on ranks other than 0 it only speaks of failures."""

    def __init__(self, path: Path, status: MemberStatus, rank: int, seconds: float) -> None:
        """Remember what does not change.

        Args:
            path: Status file.
            status: First status; host, process and times are filled in.
            rank: This rank.
            seconds: Shortest time between two writes, s.
        """
        now = datetime.now(UTC)
        self._path = path
        self._rank = rank
        self._seconds = seconds
        self._first_hour = 0
        self._begun = time.monotonic()
        self._written = 0.0
        self.status = replace(
            status, host=platform.node(), pid=os.getpid(), started=status.started or now
        )

    def begin(
        self, hours_total: int, spin_up_hours: int, first_hour: int, *, continued: bool
    ) -> None:
        """Note how long the run is and where it begins.

        Args:
            hours_total: Model hours to do, those before the first one included.
            spin_up_hours: Model hours before the cycle.
            first_hour: Model hour at which it begins.
            continued: True when it goes on from a checkpoint of this run.

        Raises:
            OutputError: The disk refuses the file.
        """
        self._first_hour = first_hour
        self._begun = time.monotonic()
        self.status = replace(
            self.status,
            hours_total=hours_total,
            spin_up_hours=spin_up_hours,
            continued_from=first_hour if continued else None,
        )
        if self._rank == 0:
            reserve_room(self._path)
        self.beat(self._first_hour, force=True)

    def beat(self, hours_done: int, pending: int = 0, *, force: bool = False) -> None:
        """Note progress; written at most once in a while.

        Args:
            hours_done: Model hours done.
            pending: How many of them are in memory only.
            force: Write now.

        Raises:
            OutputError: The disk refuses the file.
        """
        now = time.monotonic()
        self.status = replace(
            self.status,
            hours_done=hours_done,
            hours_saved=hours_done - pending,
            updated=datetime.now(UTC),
            seconds_left=self._seconds_left(hours_done, now),
        )
        if self._rank == 0 and (force or now - self._written >= self._seconds):
            write_status(self._path, self.status)
            self._written = now

    def _seconds_left(self, hours_done: int, now: float) -> float | None:
        done = hours_done - self._first_hour
        if done <= 0:
            return None
        return (now - self._begun) / done * (self.status.hours_total - hours_done)

    def pause(self, reason: str) -> None:
        """Note that the process ends, and that the member waits to be started again.

        Raises:
            OutputError: The disk refuses the file.
        """
        self.status = replace(
            self.status,
            state=MemberState.WAITING,
            reason=reason,
            exit_code=STOPPED,
            updated=datetime.now(UTC),
            seconds_left=None,
        )
        if self._rank == 0:
            write_status(self._path, self.status)

    def end(self, state: MemberState, reason: str = "", exit_code: int = 0) -> None:
        """Write the last status; a failure may be written by any rank.

        Raises:
            OutputError: The disk refuses the file.
        """
        now = datetime.now(UTC)
        failed = state is MemberState.FAILED
        self.status = replace(
            self.status,
            hours_done=self.status.hours_saved if failed else self.status.hours_done,
            state=state,
            reason=reason,
            exit_code=exit_code,
            updated=now,
            finished=now,
            seconds_left=None,
        )
        if self._rank == 0 or failed:
            write_last_status(self._path, self.status)


class SurfaceSink:
    """Takes the surface fields of each hour; those of the spin-up are not kept."""

    def __init__(self, output: MemberOutput, window: RunWindow) -> None:
        """Write to an open store."""
        self._output = output
        self._window = window

    def write(self, index: int, surface: SurfaceFields) -> None:
        """Take one hour.

        Args:
            index: Model hour, counted from the start of the spin-up.
            surface: Hourly means of the tile.

        Raises:
            OutputError: The disk refuses a chunk.
        """
        record = self._window.record(index)
        if record >= 0:
            self._output.write(record, surface.values)


@dataclass(frozen=True)
class CheckpointStore:
    """Writes checkpoints with all ranks and removes old ones.

    Attributes:
        folder: Folder of all checkpoints.
        member: Name.
        tile: Of this rank.
        comm: All ranks.
        output: Of this rank; it is brought to the disk before a checkpoint.
        origin: Where and when the state of a model hour belongs.
        fence: Called before anything is written; it may refuse with an error.
        keep: How many of the newest are kept.
        always: Hours whose checkpoints are kept beside these, for later cycles.
    """

    folder: Path
    member: str
    tile: Tile
    comm: Communicator
    output: MemberOutput
    origin: Callable[[int], RestartOrigin]
    fence: Callable[[], None]
    keep: int
    always: Collection[int] = ()

    def write(self, checkpoint: Checkpoint) -> None:
        """Write one checkpoint; the output up to its hour is brought to the disk before.

        Raises:
            OutputError: The disk refuses the files.
            TakenOverError: Another process computes this member now.
        """
        path = self.folder / f"{self.member}.f{checkpoint.hour:03d}.zarr"
        state = RestartState(
            checkpoint.hour,
            checkpoint.species,
            checkpoint.mixing_ratio,
            checkpoint.air_mass,
            checkpoint.numbers,
            self.origin(checkpoint.hour),
        )
        self.output.flush()
        self.fence()
        if self.comm.rank == 0:
            begin_restart(path, state, self.tile)
        self.comm.barrier()
        write_restart_tile(path, state, self.tile)
        self.comm.barrier()
        if self.comm.rank == 0:
            finish_restart(path, state)
            prune_restarts(self.folder, self.member, self.keep, self.always)
            logger.info("checkpoint of hour %d written", checkpoint.hour)
