"""The journal: every packet that was taken, on the disk before it is acknowledged.

Files `NNNNNNNN.log` of lines `RECEIVED CHECKSUM SEGMENT`: nanoseconds since 1970, CRC-32 of the
rest in hexadecimal, and the data segment as it came. Packets that arrive while the disk is busy are
written together and flushed once (group commit). A line that was cut off by a crash was never
acknowledged; it is removed at the next start.
"""

import asyncio
import logging
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from forecast.common.errors import InputError, OutputError
from forecast.storage.atomic import output_error, read_json, write_json

logger = logging.getLogger(__name__)

_CHUNK = 1 << 18
"""Bytes that are read at one time."""


class Position(NamedTuple):
    """A place between two records.

    Attributes:
        number: Number of the file.
        offset: Bytes from its beginning.
    """

    number: int = 0
    offset: int = 0


class Record(NamedTuple):
    """One packet of the journal.

    Attributes:
        start: Where it begins.
        end: Where the next one begins.
        received: When it came, nanoseconds since 1970, UTC.
        segment: Data segment.
    """

    start: Position
    end: Position
    received: int
    segment: bytes


@dataclass
class Journal:
    """The journal of one receiver; one process writes it, and reads it at several places.

    Attributes:
        folder: Where its files lie.
        segment_bytes: Size at which a new file is begun.
        committed: Everything before is safe on the disk.
        damaged: Lines that were found broken.
        failures: How often it could not be written.
    """

    folder: Path
    segment_bytes: int = 1 << 26
    committed: Position = Position()
    damaged: int = 0
    failures: int = 0
    _file: int = -1
    _waiting: list[tuple[bytes, asyncio.Future[None]]] = field(default_factory=list)
    _writer: asyncio.Task[None] | None = None
    _grown: asyncio.Event = field(default_factory=asyncio.Event)

    def open(self) -> None:
        """Begin a new file, after what a crash has cut off was removed.

        Raises:
            OutputError: The disk refuses it.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            numbers = self.numbers()
            if numbers:
                _mend(self.path(numbers[-1]))
            self._begin(numbers[-1] + 1 if numbers else 1)
        except OSError as error:
            raise output_error(self.folder, error) from error

    def path(self, number: int) -> Path:
        """File of a number."""
        return self.folder / f"{number:08d}.log"

    def numbers(self) -> list[int]:
        """Numbers of the files, oldest first."""
        return sorted(int(path.stem) for path in self.folder.glob("[0-9]*.log"))

    async def append(self, segments: Sequence[bytes], received: int) -> None:
        """Add packets; when this returns they are on the disk. Without any: wait for all before.

        Raises:
            OutputError: The disk refuses it; nothing of this call counts as written.
        """
        failures = self.failures
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((b"".join(_line(received, one) for one in segments), done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all())
        await done
        if self.failures != failures:  # what this call has waited for may be what failed
            msg = f"The journal in '{self.folder}' could not be written meanwhile; see its log."
            raise OutputError(msg)

    async def _write_all(self) -> None:
        """Write whatever waits, together, until nothing waits any more."""
        while self._waiting:
            batch, self._waiting = self._waiting, []
            problem: Exception | None = None
            try:
                lines = b"".join(lines for lines, _ in batch)
                if lines:
                    await asyncio.to_thread(self._write, lines)
            except OSError as error:
                problem = output_error(self.path(self.committed.number), error)
                self.failures += 1
                logger.error("%s No packet is acknowledged meanwhile.", problem)  # noqa: TRY400
            for _, done in batch:
                if done.cancelled():
                    continue
                if problem is None:
                    done.set_result(None)
                else:
                    done.set_exception(problem)
            self._grown.set()

    def _write(self, lines: bytes) -> None:
        if self.committed.offset >= self.segment_bytes:
            self._begin(self.committed.number + 1)
        number, offset = self.committed
        try:
            view = memoryview(lines)
            while view:
                view = view[os.write(self._file, view) :]
            os.fdatasync(self._file)
        except OSError:
            os.ftruncate(self._file, offset)
            raise
        self.committed = Position(number, offset + len(lines))

    def _begin(self, number: int) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        new = os.open(self.path(number), flags, 0o600)
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self.close()
        self._file, self.committed = new, Position(number, 0)

    def close(self) -> None:
        """Close the file; everything appended is on the disk already."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    async def beyond(self, position: Position, seconds: float) -> bool:
        """Wait until there is more than what lies before a position; False when time is up."""
        try:
            async with asyncio.timeout(seconds):
                while self.committed <= position:
                    self._grown.clear()
                    await self._grown.wait()
        except TimeoutError:
            return False
        return True

    def read(self, position: Position) -> tuple[list[Record], Position]:
        """Read what follows a position, some of it at a time.

        Returns:
            Records, and where to go on; the position itself when there is no more.
        """
        number, offset = position
        found: list[Record] = []
        while number <= self.committed.number:
            path = self.path(number)
            last = number == self.committed.number
            end = self.committed.offset if last else _size(path)
            if offset < end:
                with path.open("rb") as file:
                    file.seek(offset)
                    chunk = file.read(min(_CHUNK, end - offset))
                complete = chunk[: chunk.rfind(b"\n") + 1]
                found = list(self._records(Position(number, offset), complete))
                return found, Position(number, offset + len(complete or chunk))
            if last:
                break
            later = [one for one in self.numbers() if one > number]
            number, offset = (later[0] if later else self.committed.number), 0
        return found, Position(number, offset)

    def _records(self, position: Position, lines: bytes) -> Iterator[Record]:
        number, offset = position
        for line in lines.splitlines(keepends=True):
            start, offset = Position(number, offset), offset + len(line)
            received, _, rest = line.rstrip(b"\n").partition(b" ")
            check, _, segment = rest.partition(b" ")
            if line != _line(int(received) if received.isdigit() else 0, segment):
                self.damaged += 1
                logger.error(
                    "The journal '%s' is damaged at byte %d (%s); this packet is lost: look at "
                    "the disk",
                    self.path(number),
                    start.offset,
                    check.decode("ascii", "replace"),
                )
                continue
            yield Record(start, Position(number, offset), int(received), segment)

    def backlog(self, position: Position) -> int:
        """Bytes that follow a position."""
        sizes = {number: _size(self.path(number)) for number in self.numbers()}
        return sum(size for number, size in sizes.items() if number >= position.number) - (
            position.offset if position.number in sizes else 0
        )

    def remove(self, taken: Position, older_than: float) -> list[int]:
        """Remove files that everybody has taken and that were last written before a time."""
        removed = []
        for number in self.numbers():
            path = self.path(number)
            if number >= min(taken.number, self.committed.number):
                break
            if path.stat().st_mtime >= older_than:
                break
            path.unlink()
            removed.append(number)
        return removed


@dataclass
class Cursor:
    """How far somebody has taken the journal, kept on the disk.

    Attributes:
        path: Its file.
        position: Everything before was taken.
    """

    path: Path
    position: Position = Position()
    _saved: Position | None = None

    @classmethod
    def load(cls, path: Path) -> "Cursor":
        """Read it; a new one begins with the oldest packet of the journal.

        Raises:
            InputError: The file is broken.
        """
        if not path.exists():
            return cls(path)
        content = read_json(path)
        try:
            position = Position(int(content["number"]), int(content["offset"]))
        except (KeyError, TypeError, ValueError) as error:
            msg = (
                f"'{path}' does not say how far a queue was taken ({error}); expected a number and "
                "an offset. Remove it: everything in the journal is sent again."
            )
            raise InputError(msg) from error
        return cls(path, position, position)

    def save(self) -> None:
        """Bring it to the disk if it has changed.

        Raises:
            OutputError: The disk refuses it.
        """
        if self.position != self._saved:
            write_json(self.path, self.position._asdict())
            self._saved = self.position


def _line(received: int, segment: bytes) -> bytes:
    check = zlib.crc32(b"%d %b" % (received, segment))
    return b"%d %08x %b\n" % (received, check, segment)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _mend(path: Path) -> None:
    """Remove an incomplete last line."""
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        logger.warning(
            "'%s' ended in the middle of a packet that was not acknowledged (%d bytes); removed",
            path,
            len(content) - whole,
        )
        os.truncate(path, whole)
