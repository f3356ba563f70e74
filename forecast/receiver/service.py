"""The whole receiver: door, journal, ways into the store and to further receivers, status."""

import asyncio
import fcntl
import logging
import signal
import time
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from forecast.common.errors import ConfigurationError, ForecastError
from forecast.config.load import project_path
from forecast.config.receiver import ReceiverConfig
from forecast.receiver.journal import Cursor, Journal, Position
from forecast.receiver.landing import Landing, Store
from forecast.receiver.packet import Packet, parse
from forecast.receiver.readings import Joiner, Reader
from forecast.receiver.relay import Relay
from forecast.receiver.seen import Seen
from forecast.receiver.server import Server, ended
from forecast.receiver.stations import Sender, read_senders
from forecast.receiver.units import quantities
from forecast.storage.atomic import write_json

logger = logging.getLogger(__name__)

ROUND_SECONDS = 1.0
"""Cursors are saved so often, s."""
STATUS_ROUNDS = 10
"""Status is written and the table of stations looked at once in so many rounds."""
BACKLOG = 512


@dataclass
class Stations:
    """The table of stations, read again when its file changes."""

    path: Path
    senders: Mapping[str, Sender] = field(default_factory=dict)
    problem: str = ""
    _changed: float = 0.0

    def look(self) -> None:
        """Read the table if it has changed; a broken one leaves the former in force, loudly.

        Raises:
            ConfigurationError: There is no former one.
        """
        try:
            changed = self.path.stat().st_mtime
            if changed == self._changed:
                return
            self._changed = changed
            self.senders, self.problem = read_senders(self.path), ""
        except (OSError, ConfigurationError) as error:
            problem = f"The table of stations '{self.path}' cannot be used: {error}"
            if not self.senders:
                raise ConfigurationError(problem) from error
            if problem != self.problem:
                logger.error("%s The former one stays in force.", problem)  # noqa: TRY400
            self.problem = problem


class Receiver:
    """The receiver of one folder.

    Attributes:
        config: How it is set up.
        folder: Where its files lie.
        journal: Every packet.
        server: The door.
        relays: Further receivers.
        landing: The way into the store; None without a store.
        port: Where it listens, once it does.
    """

    def __init__(self, config: ReceiverConfig, store: Store | None) -> None:
        """Put the parts together; nothing is opened yet.

        Raises:
            ConfigurationError: The folder or the table of stations is not named, or wrong.
        """
        if not config.folder or not config.stations:
            msg = (
                "receiver.folder and receiver.stations must be named before anything can be "
                "received; docs/receiver.md shows how it is set up."
            )
            raise ConfigurationError(msg)
        self.config, self.folder = config, project_path(config.folder)
        self.stations = Stations(project_path(config.stations))
        self.stations.look()
        self.journal = Journal(self.folder / "journal", int(config.segment_mb * 1e6))
        self.server = Server(
            config.limits, self.journal, Seen(config.duplicates_hours * 3600), self._senders
        )
        self.relays = [
            Relay(
                relay,
                self.journal,
                Cursor.load(self.folder / "queues" / f"{relay.name}.json"),
                self.folder / "aside" / f"{relay.name}.log",
            )
            for relay in config.relays
        ]
        self.landing = None if store is None else self._landing(store)
        self.port = 0
        self._stop = asyncio.Event()
        self._began = time.time()

    def _senders(self) -> Mapping[str, Sender]:
        return self.stations.senders

    def _landing(self, store: Store) -> Landing:
        reader = Reader(
            quantities(self.config.codes),
            frozenset(self.config.land_commands),
            self.config.minute_seconds,
            Joiner(self.config.join_seconds),
        )
        cursor = Cursor.load(self.folder / "queues" / "store.json")
        return Landing(self.journal, cursor, store, reader, self._senders)

    async def run(self) -> None:
        """Receive until SIGTERM or SIGINT.

        Raises:
            ForecastError: Another receiver has this folder, the port is taken, or the disk fails.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            _alone(lock, self.folder)
            await asyncio.to_thread(self._open)
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, self.stop)
            listening = await self._listen()
            work = [asyncio.create_task(self._rounds())]
            work += [asyncio.create_task(relay.run()) for relay in self.relays]
            if self.landing is not None:
                work.append(asyncio.create_task(self.landing.run(self.config.land_seconds)))
            stopping = asyncio.create_task(self._stop.wait())
            done, _ = await asyncio.wait([stopping, *work], return_when=asyncio.FIRST_COMPLETED)
            listening.close()
            await self._end([*work, stopping])
            for task in done - {stopping}:
                task.result()

    def stop(self) -> None:
        """Let `run` end."""
        self._stop.set()

    def _open(self) -> None:
        """Open the journal, and learn from it what was taken in the last hours."""
        self.journal.open()
        since, place, known = time.time() - self.config.duplicates_hours * 3600, Position(), 0
        while place < self.journal.committed:
            records, place = self.journal.read(place)
            for record in records:
                packet = parse(record.segment)
                if record.received / 1e9 >= since and isinstance(packet, Packet):
                    self.server.seen.add(packet, record.received / 1e9)
                    known += 1
        logger.info("%d packets of the last %g h known", known, self.config.duplicates_hours)

    async def _listen(self) -> asyncio.Server:
        try:
            listening = await asyncio.start_server(
                self.server.client, self.config.host, self.config.port, backlog=BACKLOG
            )
        except OSError as error:
            msg = (
                f"The receiver cannot listen on '{self.config.host}:{self.config.port}' ({error}); "
                "expected a free port. Stop whoever has it, or change receiver.port."
            )
            raise ConfigurationError(msg) from error
        self.port = listening.sockets[0].getsockname()[1]
        logger.info("listening on %s:%d", self.config.host, self.port)
        write_json(self.folder / "status.json", self.status())
        return listening

    async def _end(self, tasks: list[asyncio.Task[Any]]) -> None:
        await ended({*tasks, *self.server.tasks})
        if self.landing is not None:
            await _tried(self.landing.land_all())
        self._save()
        write_json(self.folder / "status.json", self.status() | {"running": False})
        self.journal.close()

    async def _rounds(self) -> None:
        rounds = 0
        while True:
            await asyncio.sleep(ROUND_SECONDS)
            rounds += 1
            try:
                self._save()
                if rounds % STATUS_ROUNDS == 0:
                    self._tidy()
            except (ForecastError, OSError) as error:
                logger.error("%s", error)  # noqa: TRY400

    def _save(self) -> None:
        for relay in self.relays:
            relay.cursor.save()

    def _tidy(self) -> None:
        self.server.quiet()
        self.stations.look()
        for relay in self.relays:
            relay.shorten()
        cursors = [relay.cursor for relay in self.relays]
        cursors += [] if self.landing is None else [self.landing.cursor]
        taken = min((cursor.position for cursor in cursors), default=self.journal.committed)
        self.journal.remove(taken, time.time() - self.config.keep_hours * 3600)
        write_json(self.folder / "status.json", self.status())

    def status(self) -> dict[str, Any]:
        """What there is to know, as plain data."""
        counts, now = self.server.counts, time.time()
        silence = now - self.config.silent_hours * 3600
        heard = {mn: counts.heard.get(mn, self._began) for mn in self.stations.senders}
        silent = sorted(mn for mn, when in heard.items() if when < silence)
        return {
            "running": True,
            "written": round(now),
            "began": round(self._began),
            "port": self.port,
            "connections": self.server.addresses.total(),
            "stations": len(heard),
            "silent": silent,
            "packets": counts.packets,
            "duplicates": counts.duplicates,
            "refused": dict(counts.refused),
            "dropped": dict(counts.dropped),
            "journal_failures": self.journal.failures,
            "journal_damaged": self.journal.damaged,
            "table_of_stations": self.stations.problem,
            "relays": [
                {
                    "name": relay.config.name,
                    "answered": relay.sent,
                    "waiting_bytes": relay.waiting,
                    "set_aside": relay.set_aside,
                    "problem": relay.problem,
                }
                for relay in self.relays
            ],
            "store": self._store_status(),
        }

    def _store_status(self) -> dict[str, Any] | None:
        if self.landing is None:
            return None
        return {
            "values": self.landing.rows,
            "waiting_bytes": self.journal.backlog(self.landing.cursor.position),
            "unreadable": self.landing.reader.unreadable,
            "problem": self.landing.problem,
        }


async def _tried(work: Awaitable[None]) -> None:
    try:
        await work
    except ForecastError as error:
        logger.error("Not everything was landed; the next start goes on. %s", error)  # noqa: TRY400


def _alone(lock: IO[str], folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        msg = (
            f"Another receiver works in '{folder}'; stop it first, or give this one a folder of "
            "its own with receiver.folder."
        )
        raise ConfigurationError(msg) from error
