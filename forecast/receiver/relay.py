"""Passing packets on: one point, many receivers, each with a queue of its own.

The queue is the journal and a cursor: what lies between the cursor and the journal's end waits. A
receiver that is down holds up nobody, and gets everything once it answers again. A packet counts
as delivered when the receiver has answered it; after a broken connection what was not answered is
sent again, so a receiver may get a packet twice, and never not at all.
"""

import asyncio
import logging
import re
from collections import deque
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path

from forecast.config.receiver import RelayConfig
from forecast.receiver.framing import Splitter, framed
from forecast.receiver.journal import Cursor, Journal, Position, Record
from forecast.receiver.packet import Packet, asking, parse

logger = logging.getLogger(__name__)

ANSWERED = (9013, 9014)
"""Commands that say that a packet was taken."""
CONNECT_SECONDS = 15.0
BREATH = 1.0
"""So long a session waits for new packets before it looks at its answers again, s."""


class _Unanswered(Exception):  # noqa: N818
    """The receiver does not answer."""


@dataclass
class _Sent:
    """A packet on its way."""

    record: Record
    key: tuple[str, str]
    deadline: float
    answered: bool = False


@dataclass
class Relay:
    """One further receiver.

    Attributes:
        config: Who it is.
        journal: Whence packets come.
        cursor: Everything before was answered or set aside.
        aside: File of packets that it never answered, while it answered others.
        sent: Packets answered since the start.
        set_aside: Packets set aside since the start.
        problem: Why it is not connected; empty when it is.
    """

    config: RelayConfig
    journal: Journal
    cursor: Cursor
    aside: Path
    sent: int = 0
    set_aside: int = 0
    problem: str = "not yet connected"
    _way: deque[_Sent] = field(default_factory=deque)
    _tries: dict[Position, int] = field(default_factory=dict)
    _room: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Pass packets on, without end; pauses grow while nobody answers."""
        pause = self.config.retry_seconds
        while True:
            before = self.sent
            try:
                await self._session()
            except (OSError, TimeoutError, _Unanswered) as error:
                self._broken(str(error) or type(error).__name__)
            if self.sent > before:
                pause = self.config.retry_seconds
            await asyncio.sleep(pause)
            pause = min(2 * pause, self.config.longest_retry_seconds)

    def _broken(self, problem: str) -> None:
        if problem != self.problem:
            logger.warning("Receiver '%s': %s; it is tried again", self.config.name, problem)
        self.problem = problem

    async def _session(self) -> None:
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(self.config.host, self.config.port)
        self._way.clear()
        before = self.sent
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._answers(reader))
                tasks.create_task(self._send(writer))
        except* (OSError, TimeoutError, _Unanswered) as group:
            if self.sent > before:
                self._give_up()
            raise group.exceptions[0] from None
        finally:
            writer.close()

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        place = self.cursor.position
        while True:
            self._overdue()
            if not self._way:
                self.cursor.position = max(self.cursor.position, place)
            if not await self.journal.beyond(place, BREATH):
                continue
            records, place = self.journal.read(place)
            for record in records:
                await self._one(writer, record)

    async def _one(self, writer: asyncio.StreamWriter, record: Record) -> None:
        packet = self._changed(record)
        if packet is None:
            return
        key = (packet.station, packet.number)
        while len(self._way) >= self.config.window or self._awaited(key):
            self._overdue()
            self._room.clear()
            try:
                async with asyncio.timeout(BREATH):
                    await self._room.wait()
            except TimeoutError:
                continue
        deadline = asyncio.get_running_loop().time() + self.config.answer_seconds
        self._way.append(_Sent(record, key, deadline))
        writer.write(framed(packet.segment))
        async with asyncio.timeout(self.config.answer_seconds):
            await writer.drain()

    def _awaited(self, key: tuple[str, str]) -> bool:
        """An answer names station and QN only: of packets that share them one is on its way."""
        return any(sent.key == key and not sent.answered for sent in self._way)

    def _overdue(self) -> None:
        now = asyncio.get_running_loop().time()
        late = next((sent for sent in self._way if not sent.answered), None)
        if late is not None and late.deadline < now:
            msg = f"no answer within {self.config.answer_seconds:g} s"
            raise _Unanswered(msg)

    async def _answers(self, reader: asyncio.StreamReader) -> None:
        splitter = Splitter()
        while data := await reader.read(1 << 16):
            for segment in splitter.feed(data):
                answer = parse(segment) if isinstance(segment, bytes) else None
                if isinstance(answer, Packet) and answer.command in ANSWERED:
                    self._answered((answer.station, answer.number))
        msg = "it closed the connection"
        raise _Unanswered(msg)

    def _answered(self, key: tuple[str, str]) -> None:
        """Note an answer; one that came before, or that nobody waits for, changes nothing."""
        sent = next((one for one in self._way if one.key == key and not one.answered), None)
        if sent is None:
            return
        sent.answered = True
        self.sent += 1
        self.problem = ""
        self._tries.pop(sent.record.start, None)
        while self._way and self._way[0].answered:
            end = self._way.popleft().record.end
            self.cursor.position = max(self.cursor.position, end)
        self._room.set()

    def _give_up(self) -> None:
        """Set packets aside that stay unanswered while others are answered."""
        late = [sent for sent in self._way if not sent.answered]
        for sent in late:
            start = sent.record.start
            self._tries[start] = self._tries.get(start, 0) + 1
        while late and self._tries[late[0].record.start] >= self.config.tries:
            record = late.pop(0).record
            self._tries.pop(record.start)
            self._keep_aside(record)
            self.cursor.position = record.end

    def _keep_aside(self, record: Record) -> None:
        self.set_aside += 1
        logger.warning(
            "Receiver '%s' answers other packets but not this one; set aside in '%s'",
            self.config.name,
            self.aside,
        )
        self.aside.parent.mkdir(parents=True, exist_ok=True)
        with self.aside.open("ab") as file:
            file.write(framed(record.segment))

    def _changed(self, record: Record) -> Packet | None:
        """The packet as this receiver wants it; None when it is not for it."""
        packet = parse(record.segment)
        if not isinstance(packet, Packet):
            return None
        if not any(fnmatchcase(packet.station, pattern) for pattern in self.config.stations):
            return None
        packet = asking(packet)
        if self.config.password:
            word = b"PW=%b;" % self.config.password.encode()
            head, mark, content = packet.segment.partition(b"CP=&&")
            segment = re.sub(rb"PW=[^;]*;", lambda _: word, head, count=1) + mark + content
            packet = replace(packet, segment=segment)
        return packet

    @property
    def waiting(self) -> int:
        """What waits, bytes of the journal."""
        return self.journal.backlog(self.cursor.position)

    def shorten(self) -> None:
        """Give up the oldest files of a queue that has grown too long."""
        numbers = self.journal.numbers()
        while self.waiting > self.config.backlog_gb * 1e9 and len(numbers) > 1:
            first = numbers.pop(0)
            if first < self.cursor.position.number:
                continue
            self.cursor.position = Position(numbers[0], 0)
            logger.error(
                "Receiver '%s' has been away for too long: its packets of the journal file "
                "%08d.log are given up. The file stays for receiver.keep_hours.",
                self.config.name,
                first,
            )
