"""Bytes of a connection to frames of HJ 212, and back.

A frame is `##`, four digits of length, the data segment, four hexadecimal digits of its CRC, and
CR LF (HJ/T 212-2005, HJ 212-2017, HJ 212-2025, annex A).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

HEAD = b"##"
TAIL = b"\r\n"
DIGITS = 4
LARGEST = 9999
"""The most that four digits of length can say, bytes."""
_AROUND = len(HEAD) + DIGITS + DIGITS
_HEX = re.compile(rb"[0-9A-Fa-f]{4}")


def _table() -> tuple[int, ...]:
    table = []
    for low in range(256):
        register = low
        for _ in range(8):
            register = (register >> 1) ^ (0xA001 if register & 1 else 0)
        table.append(register)
    return tuple(table)


_SHIFTED = _table()


def crc16(data: bytes) -> int:
    """Checksum of a data segment.

    Unlike that of Modbus a byte meets the upper half of the register, moved down, and nothing of
    the lower half (HJ 212-2017, annex A): "123456789" gives 0x2F80.
    """
    register = 0xFFFF
    for byte in data:
        register = _SHIFTED[(register >> 8 ^ byte) & 0xFF] ^ (register >> 8 ^ byte) >> 8
    return register


def framed(segment: bytes) -> bytes:
    """Put a data segment, at most 9999 bytes, into a frame."""
    return b"##%04d%b%04X\r\n" % (len(segment), segment, crc16(segment))


@dataclass(frozen=True)
class Refusal:
    """Bytes that are no frame, or a packet that is not taken.

    Attributes:
        kind: One word for counting.
        reason: A sentence.
        fatal: Nothing more can be read from this connection.
    """

    kind: str
    reason: str
    fatal: bool = False


@dataclass
class Splitter:
    """Cuts a stream of bytes into data segments, however it arrives.

    Attributes:
        largest: Longest data segment that is taken, bytes.
        part: What has arrived of the next frame.
    """

    largest: int = LARGEST
    part: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> Iterator[bytes | Refusal]:
        """Take bytes; give each data segment that is now complete, and what was wrong."""
        self.part += data
        while (found := self._next()) is not None:
            yield found
            if isinstance(found, Refusal) and found.fatal:
                self.part.clear()
                return

    def _next(self) -> bytes | Refusal | None:
        lost = self._skip()
        if lost:
            return Refusal("garbage", f"{lost} bytes before the head '##' of a frame")
        if len(self.part) < len(HEAD) + DIGITS:
            return None
        digits = bytes(self.part[len(HEAD) : len(HEAD) + DIGITS])
        if not digits.isdigit():
            del self.part[0]
            return Refusal("length", f"the length '{_shown(digits)}' is no number of four digits")
        length = int(digits)
        if length > self.largest:
            reason = f"a data segment of {length} bytes; at most {self.largest} are taken"
            return Refusal("oversized", reason, fatal=True)
        if len(self.part) < _AROUND + length:
            return None
        return self._checked(length)

    def _skip(self) -> int:
        """Throw away what cannot begin a frame; empty lines between frames are no error."""
        start = self.part.find(HEAD)
        if start < 0:
            start = len(self.part) - int(self.part.endswith(b"#"))
        lost = bytes(self.part[:start])
        del self.part[:start]
        return len(lost.strip(b"\r\n"))

    def _checked(self, length: int) -> bytes | Refusal:
        start = len(HEAD) + DIGITS
        segment = bytes(self.part[start : start + length])
        told = bytes(self.part[start + length : start + length + DIGITS])
        if not _HEX.fullmatch(told) or int(told, 16) != crc16(segment):
            del self.part[0]  # the length may be what is wrong: look for the next head
            reason = f"the checksum is {crc16(segment):04X}, the frame says '{_shown(told)}'"
            return Refusal("checksum", reason)
        del self.part[: start + length + DIGITS]
        return segment


def _shown(data: bytes) -> str:
    return data.decode("ascii", "backslashreplace")
