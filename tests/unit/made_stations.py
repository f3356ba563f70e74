"""Stations that send, receivers that answer, and a receiver's folder, for tests of the receiver."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forecast.config.receiver import ReceiverConfig
from forecast.fields.observations import Readings
from forecast.receiver.framing import Splitter, framed
from forecast.receiver.journal import Journal, Position
from forecast.receiver.packet import Packet, parse
from forecast.receiver.service import Receiver

HEAD = "mn,password,code,name,city_en,longitude,latitude,kind,units\n"
MN = "3701000000A00001F0000001"


def write_table(path: Path, *, count: int = 1, key: str = "123456", units: str = "") -> Path:
    """Write a table of stations; the first one is `MN`."""
    names = [MN, *(f"MADE{number:04d}" for number in range(1, count))]
    rows = (
        f"{mn},{key},{1000 + place}A,Made,Jinan,117.0,36.6,city,{units}\n"
        for place, mn in enumerate(names)
    )
    path.write_text(HEAD + "".join(rows), encoding="utf-8")
    return path


def hour(  # noqa: PLR0913
    number: int,
    *,
    mn: str = MN,
    value: float = 86,
    time: str = "20261122080000",
    flag: int = 5,
    extra: str = "",
) -> bytes:
    """Make a frame with one value of PM2.5 of an hour."""
    text = (
        f"QN={20261122090000000 + number};ST=22;CN=2061;PW=123456;MN={mn};Flag={flag};{extra}"
        f"CP=&&DataTime={time};a34004-Avg={value:g},a34004-Flag=N&&"
    )
    return framed(text.encode())


@dataclass
class MadeStore:
    """Keeps what is landed."""

    tables: list[Readings] = field(default_factory=list)

    def land(self, readings: Readings) -> None:
        """Keep a table."""
        self.tables.append(readings)

    @property
    def all(self) -> Readings:
        """Everything, one version of each value."""
        return Readings.joined(self.tables).newest()


@dataclass
class MadeReceiver:
    """A receiver of others, which answers as it is told.

    Attributes:
        answers: Gives how often a packet is answered.
        packets: What came, in order.
        delay: Before an answer, s.
    """

    answers: Callable[[Packet], int] = lambda _: 1
    packets: list[Packet] = field(default_factory=list)
    delay: float = 0.0
    port: int = 0
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if task := asyncio.current_task():
            self.tasks.add(task)
        splitter = Splitter()
        try:
            while data := await reader.read(65536):
                for segment in splitter.feed(data):
                    assert isinstance(segment, bytes)
                    packet = parse(segment)
                    assert isinstance(packet, Packet)
                    self.packets.append(packet)
                    await asyncio.sleep(self.delay)
                    writer.write(framed(packet.answer()) * self.answers(packet))
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen while the block lasts; a second time on the same port."""
        server = await asyncio.start_server(self._client, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            for task in self.tasks:
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)


@asynccontextmanager
async def receiving(config: ReceiverConfig, store: MadeStore) -> AsyncIterator[Receiver]:
    """Let a receiver run while the block lasts."""
    receiver = Receiver(config, store)
    task = asyncio.create_task(receiver.run())
    await until(lambda: receiver.port > 0 or task.done())
    try:
        yield receiver
    finally:
        receiver.stop()
        await asyncio.wait_for(task, 20)


async def until(met: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while not met():
            await asyncio.sleep(0.01)


async def send(port: int, data: bytes, answers: int, seconds: float = 10.0) -> list[Packet]:
    """Send bytes on a connection of their own and wait for some answers, or for its end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    splitter = Splitter()
    found: list[Packet] = []
    try:
        writer.write(data)
        await writer.drain()
        async with asyncio.timeout(seconds):
            while len(found) < answers and (got := await reader.read(65536)):
                found += [one for one in map(_packet, splitter.feed(got)) if one]
    except ConnectionError:
        pass
    finally:
        await closed(writer)
    return found


async def closed(writer: asyncio.StreamWriter) -> None:
    """End a connection."""
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


def _packet(segment: object) -> Packet | None:
    packet = parse(segment) if isinstance(segment, bytes) else None
    return packet if isinstance(packet, Packet) else None


def journalled(folder: Path) -> list[Packet]:
    """Every packet of a journal, read as a new start reads it."""
    journal = Journal(folder / "journal")
    journal.open()
    place, found = Position(), []
    while place < journal.committed:
        records, place = journal.read(place)
        found += [one for record in records if (one := _packet(record.segment))]
    journal.close()
    return found
