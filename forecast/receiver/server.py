"""The TCP door: connections of stations, their limits, and the answers they get."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from forecast.common.errors import OutputError
from forecast.config.receiver import LimitsConfig
from forecast.receiver.framing import Refusal, Splitter, framed
from forecast.receiver.journal import Journal
from forecast.receiver.packet import Packet, parse
from forecast.receiver.seen import Seen
from forecast.receiver.stations import Sender

logger = logging.getLogger(__name__)

_CHUNK = 1 << 16
Result = TypeVar("Result")


class _Dropped(Exception):  # noqa: N818
    """The connection is closed by us.

    Attributes:
        kind: One word for counting.
    """

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind


@dataclass
class Counts:
    """What has happened since the start.

    Attributes:
        packets: Packets taken, without duplicates.
        duplicates: Packets that brought nothing new.
        refused: Packets refused, by kind.
        dropped: Connections closed by us, by kind.
        heard: When each station last sent a packet that was taken, s since 1970.
    """

    packets: int = 0
    duplicates: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    heard: dict[str, float] = field(default_factory=dict)


@dataclass
class _Client:
    """One connection."""

    address: str
    splitter: Splitter
    bad: int = 0
    known: bool = False
    frame_began: float | None = None
    next_packet: float = 0.0


@dataclass
class Server:
    """Takes packets of known stations, writes them down, and answers then.

    Attributes:
        limits: What a client may do.
        journal: Where packets are written before they are answered.
        seen: What was taken already.
        senders: Gives the stations that are known now.
        counts: What has happened.
        addresses: Open connections by address.
        tasks: The tasks that serve them.
    """

    limits: LimitsConfig
    journal: Journal
    seen: Seen
    senders: Callable[[], Mapping[str, Sender]]
    counts: Counts = field(default_factory=Counts)
    addresses: Counter[str] = field(default_factory=Counter)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    _told: set[tuple[str, str]] = field(default_factory=set)

    async def client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends; whatever it does harms no other."""
        address = str((writer.get_extra_info("peername") or ("?",))[0])
        self.addresses[address] += 1
        if (task := asyncio.current_task()) is not None:
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        writer.transport.set_write_buffer_limits(0)  # so that drain waits for every answer
        try:
            self._admit(address)
            await self._serve(
                _Client(address, Splitter(self.limits.largest_packet)), reader, writer
            )
        except _Dropped as error:
            self.counts.dropped[error.kind] += 1
            self._tell(address, error.kind, f"connection closed: {error}")
        except (OSError, OutputError) as error:  # the client is gone, or our disk refuses it
            self._tell(address, "broken", f"connection broken: {error}")
        except asyncio.CancelledError:  # the receiver ends, and this task with it
            logger.debug("%s: closed", address)
        finally:
            self.addresses[address] -= 1
            if not self.addresses[address]:
                del self.addresses[address]
            writer.transport.abort()

    def quiet(self) -> None:
        """Begin a new period: the log tells each kind of trouble of an address once in it."""
        self._told.clear()

    def _admit(self, address: str) -> None:
        if self.addresses.total() > self.limits.connections:
            raise _Dropped("connections", f"more than {self.limits.connections} connections")
        most = self.limits.connections_per_address
        if self.addresses[address] > most:
            raise _Dropped("connections", f"more than {most} connections from one address")

    async def _serve(
        self, client: _Client, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        loop = asyncio.get_running_loop()
        while data := await self._read(client, reader):
            found = list(client.splitter.feed(data))
            answers = await self._take(client, found)
            if found or not client.splitter.part:
                client.frame_began = None
            if client.splitter.part and client.frame_began is None:
                client.frame_began = loop.time()
            if answers:
                writer.write(b"".join(answers))
                await self._within(self.limits.answer_seconds, "slow", writer.drain())
            if client.bad >= self.limits.bad_packets:
                raise _Dropped("bad-packets", f"{client.bad} packets that could not be taken")
            if (pause := client.next_packet - loop.time()) > 0:
                await asyncio.sleep(pause)

    async def _read(self, client: _Client, reader: asyncio.StreamReader) -> bytes:
        if client.frame_began is not None:
            left = (
                client.frame_began + self.limits.frame_seconds - asyncio.get_running_loop().time()
            )
            return await self._within(max(left, 0.0), "slow", reader.read(_CHUNK))
        if client.known:
            return await self._within(self.limits.idle_seconds, "idle", reader.read(_CHUNK))
        return await self._within(self.limits.first_seconds, "silent", reader.read(_CHUNK))

    async def _within(self, seconds: float, kind: str, awaited: Awaitable[Result]) -> Result:
        try:
            async with asyncio.timeout(seconds):
                return await awaited
        except TimeoutError:
            what = {
                "slow": "a packet or an answer was not taken in time",
                "idle": "nothing came for too long",
                "silent": "no packet of a known station came",
            }[kind]
            raise _Dropped(kind, f"{what} ({seconds:.0f} s)") from None

    async def _take(self, client: _Client, found: Sequence[bytes | Refusal]) -> list[bytes]:
        """Take what one read has brought; give the answers, which are due now."""
        good: list[Packet] = []
        for one in found:
            packet = parse(one) if isinstance(one, bytes) else one
            refusal = packet if isinstance(packet, Refusal) else self._stranger(packet)
            if refusal is None and isinstance(packet, Packet):
                good.append(packet)
            elif refusal is not None:
                self._refuse(client, refusal)
        if good:
            client.known = True
            await self._write(good)
            self._pace(client, len(good))
        return [framed(packet.answer()) for packet in good if packet.wants_answer]

    def _stranger(self, packet: Packet) -> Refusal | None:
        sender = self.senders().get(packet.station)
        if sender is None:
            return Refusal("unknown", f"the station MN '{packet.station}' is not in the table")
        if not sender.accepts(packet.password):
            return Refusal("password", f"the station MN '{packet.station}' sends a wrong PW")
        return None

    def _refuse(self, client: _Client, refusal: Refusal) -> None:
        self.counts.refused[refusal.kind] += 1
        client.bad += 1
        if refusal.fatal:
            raise _Dropped(refusal.kind, refusal.reason)
        self._tell(client.address, refusal.kind, f"refused: {refusal.reason}")

    async def _write(self, packets: Sequence[Packet]) -> None:
        """Write what is new; what is known waits until its first copy is on the disk."""
        now = time.time_ns()
        data = [packet for packet in packets if packet.is_data]
        new = [packet for packet in data if self.seen.add(packet, now / 1e9)]
        try:
            if data:
                await self.journal.append([packet.segment for packet in new], now)
        except OutputError:
            for packet in new:
                self.seen.forget(packet)
            raise
        self.counts.packets += len(new)
        self.counts.duplicates += len(data) - len(new)
        self.counts.heard |= dict.fromkeys((packet.station for packet in packets), now / 1e9)

    def _pace(self, client: _Client, packets: int) -> None:
        """Let one that sends fast wait, without a pause for what it sends in one second."""
        now, share = asyncio.get_running_loop().time(), packets / self.limits.packets_per_second
        client.next_packet = max(client.next_packet, now - 1.0) + share

    def _tell(self, address: str, kind: str, what: str) -> None:
        if (address, kind) not in self._told:
            self._told.add((address, kind))
            logger.warning("%s: %s", address, what)


async def ended(tasks: set[asyncio.Task[Any]]) -> None:
    """Cancel tasks until all have ended: one that just meets an error may miss the first call."""
    left = tasks
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=1.0)
