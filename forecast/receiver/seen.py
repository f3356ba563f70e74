"""Which values were taken already, by station, command, time and code."""

import zlib
from dataclasses import dataclass, field
from hashlib import blake2b

from forecast.receiver.packet import Packet

_WIDTH = 4


@dataclass
class Seen:
    """Memory of the values of the last hours.

    The key is (MN, CN, DataTime, code), not QN: a station that sends again makes a new QN. The
    same key with another value is a correction and counts as new.

    Attributes:
        seconds: How long at least a value is remembered, s.
    """

    seconds: float
    _since: float = float("-inf")
    _young: dict[bytes, bytes] = field(default_factory=dict)
    _old: dict[bytes, bytes] = field(default_factory=dict)

    def add(self, packet: Packet, now: float) -> bool:
        """Remember the values of a packet; False when all of them were known.

        Args:
            packet: It.
            now: Time when it came, s.
        """
        if now - self._since >= self.seconds:
            self._old, self._young, self._since = self._young, {}, now
        key, values = _marks(packet)
        known = self._old.get(key, b"") + self._young.get(key, b"")
        marks = {known[place : place + _WIDTH] for place in range(0, len(known), _WIDTH)}
        fresh = [value for value in values if value not in marks]
        if fresh:
            self._young[key] = self._young.get(key, b"") + b"".join(fresh)
        return bool(fresh)

    def forget(self, packet: Packet) -> None:
        """Forget what a packet brought: it could not be written."""
        key, _ = _marks(packet)
        self._young.pop(key, None)


def _marks(packet: Packet) -> tuple[bytes, list[bytes]]:
    time = packet.data_time
    if time:
        told = [group for group in packet.groups if "DataTime" not in group] or [{"": time}]
        items = [repr(sorted(group.items())).encode() for group in told]
    else:  # a part without its own time, or a notice: known by its number
        time = f"{packet.number} {packet.part}"
        items = [packet.content.encode()]
    name = f"{packet.station} {packet.command} {time}".encode()
    key = blake2b(name, digest_size=8).digest()
    return key, [zlib.crc32(item).to_bytes(_WIDTH, "big") for item in items]
