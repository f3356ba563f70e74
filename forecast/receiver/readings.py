"""Packets to readings: parts joined, units, flags, and hours labelled by their end."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import isfinite, nan

import numpy as np

from forecast.common.cycle import LOCAL_OFFSET
from forecast.fields.observations import COLUMNS, HOUR, Flag, Readings, StationRecord
from forecast.fields.reference_state import published_state
from forecast.receiver.journal import Position, Record
from forecast.receiver.packet import Packet, Version, parse
from forecast.receiver.stations import Sender
from forecast.receiver.units import Quantity, convert

AMBIENT = "22"
"""ST of ambient air."""
AT_THE_MOMENT = 2011
MINUTES = 2051
PERIODS = {2061: HOUR, 2031: 24 * HOUR}
"""Averaging periods of commands, s."""
GOOD = frozenset({"", "N", "S"})
"""Marks of sound values: none, normal, set by hand; F M D C T B are stop, maintenance, fault,
calibration, over range and lost contact (HJ 212-2017; what the letters mean: from memory)."""
GOOD_2005 = GOOD | {"1", "3"}
"""HJ/T 212-2005 has digits for ambient air: 1 weather, 3 normal (from memory)."""
AHEAD = 2 * HOUR
"""A period that ends so much later than the packet came shows a clock that is wrong, s."""


@dataclass
class Joiner:
    """Puts the parts of split packets together.

    Attributes:
        seconds: How long further parts are awaited, s.
    """

    seconds: float
    _parts: dict[tuple[str, int, str], tuple[Record, dict[int, Packet]]] = field(
        default_factory=dict
    )

    def add(self, packet: Packet, record: Record) -> Packet | None:
        """Take a packet; give the whole one when nothing of it is missing any more."""
        if packet.parts == 1:
            return packet
        key = (packet.station, packet.command, packet.number)
        _, parts = self._parts.setdefault(key, (record, {}))
        parts[packet.part] = packet
        if len(parts) < packet.parts:
            return None
        del self._parts[key]
        return _joined(parts)

    def late(self, now: int) -> Iterator[Packet]:
        """Give up waiting: what is there of packets whose parts are too old.

        Args:
            now: Nanoseconds since 1970.
        """
        for key, (first, parts) in list(self._parts.items()):
            if now - first.received > self.seconds * 1e9:
                del self._parts[key]
                yield _joined(parts)

    def clear(self) -> None:
        """Forget all parts: they are read again."""
        self._parts.clear()

    def oldest(self, otherwise: Position) -> Position:
        """Where the journal must be read from again so that no waiting part is lost."""
        return min((first.start for first, _ in self._parts.values()), default=otherwise)


def _joined(parts: Mapping[int, Packet]) -> Packet:
    ordered = [parts[number] for number in sorted(parts)]
    content = ";".join(packet.content for packet in ordered if packet.content)
    return replace(ordered[0], content=content, parts=1, part=1)


@dataclass
class Reader:
    """Makes tables of readings of the journal's packets.

    Attributes:
        quantities: What codes stand for.
        commands: Commands whose values are wanted.
        minute_seconds: Averaging period of minute data, s.
        joiner: Parts that wait for others.
        unreadable: Packets with data that could not be used, by reason.
    """

    quantities: Mapping[str, Quantity]
    commands: frozenset[int]
    minute_seconds: int
    joiner: Joiner
    unreadable: dict[str, int] = field(default_factory=dict)

    def table(self, records: list[Record], senders: Mapping[str, Sender], now: int) -> Readings:
        """Read records; values of several packets in one table.

        Args:
            records: Of the journal.
            senders: Known stations by MN.
            now: Nanoseconds since 1970, to give up waiting for parts.
        """
        rows = _Rows()
        for record in records:
            packet = parse(record.segment)
            if isinstance(packet, Packet) and self._wanted(packet):
                whole = self.joiner.add(packet, record)
                if whole is not None:
                    self._add(rows, whole, record.received, senders)
        for packet in self.joiner.late(now):
            self._count("incomplete: parts of a split packet are missing")
            self._add(rows, packet, now, senders)
        return rows.table()

    def _wanted(self, packet: Packet) -> bool:
        return packet.command in self.commands and packet.system in ("", AMBIENT)

    def _count(self, reason: str) -> None:
        self.unreadable[reason] = self.unreadable.get(reason, 0) + 1

    def _add(
        self, rows: "_Rows", packet: Packet, received: int, senders: Mapping[str, Sender]
    ) -> None:
        sender, begin = senders.get(packet.station), local_time(packet.data_time)
        if sender is None:
            self._count("the station is not in the table any more")
            return
        if begin is None:
            self._count(f"DataTime of '{packet.station}' is no time")
            return
        period = 0 if packet.command == AT_THE_MOMENT else PERIODS.get(packet.command)
        period = self.minute_seconds if period is None else period
        end, came = int(begin.timestamp()) + period, received // 10**9
        doubt = Flag.SOURCE if end > came + AHEAD else Flag.OK
        if doubt:
            self._count(f"the clock of '{packet.station}' is ahead")
        for name, value, flag in self._values(packet, sender):
            rows.add(sender.record, name, (end, period, value, came, int(flag | doubt)))

    def _values(self, packet: Packet, sender: Sender) -> Iterator[tuple[str, float, Flag]]:
        suffix = "-Rtd" if packet.command == AT_THE_MOMENT else "-Avg"
        good = GOOD_2005 if packet.version is Version.HJ2005 else GOOD
        units = sender.own_units
        for fields in packet.groups:
            for key, text in fields.items():
                code = key.removesuffix(suffix)
                quantity = self.quantities.get(code)
                if quantity is None or code == key:
                    continue
                value = _value(quantity, units.get(code, quantity.unit), text)
                flag = Flag.MISSING if value is None else Flag.OK
                if fields.get(f"{code}-Flag", "").upper() not in good:
                    flag |= Flag.SOURCE
                yield quantity.name, nan if value is None else value, flag


def _value(quantity: Quantity, unit: str, text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return convert(quantity, unit, value) if isfinite(value) else None


def local_time(text: str) -> datetime | None:
    """Read `YYYYMMDDhhmmss`, Beijing time; None when it is none. Result in UTC."""
    if len(text) != len("20261122080000") or not (text.isascii() and text.isdigit()):
        return None
    try:
        month, day, hour, minute, second = (int(text[at : at + 2]) for at in range(4, 14, 2))
        local = datetime(int(text[:4]), month, day, hour, minute, second, tzinfo=UTC)
        return local - LOCAL_OFFSET
    except (ValueError, OverflowError):
        return None


@dataclass
class _Rows:
    """A growing table of readings."""

    stations: dict[str, tuple[int, StationRecord]] = field(default_factory=dict)
    pollutants: dict[str, int] = field(default_factory=dict)
    values: list[tuple[int, int, int, int, float, int, int]] = field(default_factory=list)

    def add(
        self, station: StationRecord, pollutant: str, value: tuple[int, int, float, int, int]
    ) -> None:
        place, _ = self.stations.setdefault(station.code, (len(self.stations), station))
        name = self.pollutants.setdefault(pollutant, len(self.pollutants))
        self.values.append((place, name, *value))

    def table(self) -> Readings:
        if not self.values:
            return Readings.empty()
        station, pollutant, end, period, value, came, flag = zip(*self.values, strict=True)
        names, times = tuple(self.pollutants), np.array(end, dtype="datetime64[s]")
        columns = {
            "station": station,
            "pollutant": pollutant,
            "time": times,
            "period_seconds": period,
            "value": value,
            "state": published_state(np.array(names)[list(pollutant)], times),
            "received": np.array(came, dtype="datetime64[s]"),
            "flag": flag,
        }
        return Readings(
            stations=tuple(record for _, record in self.stations.values()),
            pollutants=names,
            **{name: np.asarray(columns[name], dtype) for name, dtype in COLUMNS.items()},
        )
