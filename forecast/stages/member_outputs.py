"""What a member writes: surface fields, checkpoints and its status."""

import logging
import os
import platform
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from forecast.ctm.checkpoint import Checkpoint
from forecast.ctm.monitor import SurfaceFields
from forecast.fields.status import MemberState, MemberStatus
from forecast.fields.window import RunWindow
from forecast.parallel.comm import Communicator
from forecast.storage.member_output import MemberOutput
from forecast.storage.restart import (
    RestartState,
    begin_restart,
    finish_restart,
    prune_restarts,
    write_restart_tile,
)
from forecast.storage.status import write_status
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

    def begin(self, hours_total: int, spin_up_hours: int, continued_from: int | None) -> None:
        """Note how long the run is and where it begins.

        Raises:
            OutputError: The disk refuses the file.
        """
        self._first_hour = continued_from or 0
        self._begun = time.monotonic()
        self.status = replace(
            self.status,
            hours_total=hours_total,
            spin_up_hours=spin_up_hours,
            continued_from=continued_from,
        )
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
            write_status(self._path, self.status)


class SurfaceSink:
    """Takes the surface fields of each hour; those of the spin-up are not kept."""

    def __init__(self, output: MemberOutput, window: RunWindow, heartbeat: Heartbeat) -> None:
        """Write to an open store and keep the status fresh."""
        self._output = output
        self._window = window
        self._heartbeat = heartbeat

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
        self._heartbeat.beat(index + 1, self._output.pending)


class CheckpointStore:
    """Writes checkpoints with all ranks and removes old ones."""

    def __init__(
        self, folder: Path, member: str, tile: Tile, comm: Communicator, keep: int
    ) -> None:
        """Remember where checkpoints go.

        Args:
            folder: Folder of all checkpoints.
            member: Name.
            tile: Of this rank.
            comm: All ranks.
            keep: How many of the newest are kept.
        """
        self._folder = folder
        self._member = member
        self._tile = tile
        self._comm = comm
        self._keep = keep

    def write(self, checkpoint: Checkpoint, output: MemberOutput) -> None:
        """Write one checkpoint; the output up to its hour is brought to the disk before.

        Raises:
            OutputError: The disk refuses the files.
        """
        path = self._folder / f"{self._member}.f{checkpoint.hour:03d}.zarr"
        state = RestartState(
            checkpoint.hour,
            checkpoint.species,
            checkpoint.mixing_ratio,
            checkpoint.air_mass,
            checkpoint.numbers,
        )
        output.flush()
        if self._comm.rank == 0:
            begin_restart(path, state, self._tile)
        self._comm.barrier()
        write_restart_tile(path, state, self._tile)
        self._comm.barrier()
        if self._comm.rank == 0:
            finish_restart(path, state)
            prune_restarts(self._folder, self._member, self._keep)
            logger.info("checkpoint of hour %d written", checkpoint.hour)
