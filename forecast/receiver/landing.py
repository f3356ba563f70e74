"""The journal's way into the observation store."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from forecast.common.errors import ForecastError
from forecast.fields.observations import Readings
from forecast.receiver.journal import Cursor, Journal, Position, Record
from forecast.receiver.readings import Reader
from forecast.receiver.stations import Sender

logger = logging.getLogger(__name__)

MOST_RECORDS = 20_000
"""Packets that go into one table."""


class Store(Protocol):
    """Where readings go."""

    def land(self, readings: Readings) -> object:
        """Add a table; when this returns it is on the disk."""


@dataclass
class Landing:
    """Takes packets from the journal to the store, each at least once.

    A crash between the store and the cursor brings rows twice; they are the same rows, and the
    store gives one of them.

    Attributes:
        journal: Whence.
        cursor: How far.
        store: Whither.
        reader: How packets become readings.
        senders: Gives the stations that are known now.
        rows: Values that were landed since the start.
        problem: Why the last attempt failed; empty when it did not.
    """

    journal: Journal
    cursor: Cursor
    store: Store
    reader: Reader
    senders: Callable[[], Mapping[str, Sender]]
    rows: int = 0
    problem: str = ""

    _place: Position | None = None
    _again: bool = False
    _alone: threading.Lock = field(default_factory=threading.Lock)

    async def run(self, seconds: float) -> None:
        """Land every so many seconds, without end."""
        while True:
            await asyncio.sleep(seconds)
            try:
                await self.land_all()
            except ForecastError as error:
                self.problem = str(error)
                logger.error("Nothing was landed; it is tried again. %s", error)  # noqa: TRY400

    async def land_all(self) -> None:
        """Land what there is.

        Raises:
            ForecastError: The store or the disk refuses it; the packets stay in the journal.
        """
        more = True
        while more:
            place = self._place or self.cursor.position
            records: list[Record] = []
            more = False
            while len(records) < MOST_RECORDS:
                found, place = self.journal.read(place)
                if not found and not self.journal.committed > place:
                    break
                records += found
                more = True
            await self._land(records)
            self._place = place
            self.cursor.position = self.reader.joiner.oldest(place)
            self.cursor.save()
        self.problem = ""

    async def _land(self, records: list[Record]) -> None:
        """Land some packets; after a failure they are read again, with all parts."""
        try:
            self.rows += await asyncio.to_thread(self._store, records)
        except BaseException:
            self._place, self._again = None, True
            raise

    def _store(self, records: list[Record]) -> int:
        """Runs in a thread, which may outlive a call that was cancelled: one at a time."""
        with self._alone:
            if self._again:
                self.reader.joiner.clear()
                self._again = False
            table = self.reader.table(records, self.senders(), time.time_ns())
            self.store.land(table)
        return table.size
