"""A data segment of HJ 212: who sends which command, with which values; and its answer."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from forecast.receiver.framing import Refusal

DATA = range(2000, 3000)
"""Commands that bring data."""
ANSWERS = range(9000, 10000)
"""Commands that answer, and the heartbeat."""
HEARTBEAT = 9015
_ENVELOPE = re.compile(rb"(?P<head>.*?)CP=&&(?P<content>.*)&&", re.DOTALL)
_UNSEEN = re.compile(rb"[\x00-\x1f\x7f]")
_NAME = re.compile(r"[A-Za-z0-9_\-.]{1,40}")
_SHOWN = 64
_MOST_DIGITS = 4
"""The standard has no longer counts (PNUM, PNO: 4 digits)."""
ASK = 1
"""Bit of the flag: an answer is wanted."""
SPLIT = 2
"""Bit of the flag: this is one of several packets."""


class Version(StrEnum):
    """Edition of the standard, told by the upper bits of the flag."""

    HJ2005 = "2005"
    HJ2017 = "2017"
    HJ2025 = "2025"


VERSIONS = {0: Version.HJ2005, 1: Version.HJ2017, 2: Version.HJ2025}
ENCRYPTED = "SM4"


@dataclass(frozen=True)
class Packet:
    """One data segment.

    Attributes:
        segment: Its bytes as they came.
        number: QN, the time of the request and its name.
        system: ST, what is monitored; "22" is ambient air.
        command: CN.
        password: PW.
        station: MN.
        flag: As sent.
        parts: PNUM, number of packets that belong together; 1 when it stands alone.
        part: PNO, which of them, from 1.
        content: What stands between `CP=&&` and `&&`.
    """

    segment: bytes
    number: str
    system: str
    command: int
    password: str
    station: str
    flag: int
    parts: int
    part: int
    content: str

    @property
    def version(self) -> Version:
        """Edition of the standard."""
        return VERSIONS[self.flag >> 2]

    @property
    def wants_answer(self) -> bool:
        """Whether the sender waits for an answer."""
        return bool(self.flag & ASK)

    @property
    def is_data(self) -> bool:
        """Whether it brings data that must not be lost."""
        return self.command not in ANSWERS

    @property
    def groups(self) -> tuple[dict[str, str], ...]:
        """The content: items between `;`, each with its fields between `,`."""
        found = []
        for item in self.content.split(";"):
            pairs = (entry.partition("=") for entry in item.split(","))
            if fields := {name.strip(): value.strip() for name, _, value in pairs if name.strip()}:
                found.append(fields)
        return tuple(found)

    @property
    def data_time(self) -> str:
        """DataTime as sent; empty when there is none."""
        return next((group["DataTime"] for group in self.groups if "DataTime" in group), "")

    def answer(self) -> bytes:
        """Segment that says that this one was taken: 9014 for data, 9013 for notices."""
        command = 9014 if self.command in DATA else 9013
        flag = (self.flag >> 2) << 2
        text = (
            f"QN={self.number};ST=91;CN={command};PW={self.password};MN={self.station};"
            f"Flag={flag};CP=&&&&"
        )
        return text.encode("ascii", "replace")


def parse(segment: bytes) -> Packet | Refusal:
    """Read a data segment; the checksum was right, so what is wrong is the sender's fault."""
    if _UNSEEN.search(segment):
        return Refusal("malformed", "the data segment holds control characters")
    envelope = _ENVELOPE.fullmatch(segment)
    if envelope is None:
        return Refusal("malformed", "the data segment has no 'CP=&&…&&' at its end")
    text, content = _text(envelope["head"]), _text(envelope["content"])
    if text is None or content is None:
        return Refusal("malformed", "the text is neither UTF-8 nor GB 18030")
    fields = dict(item.partition("=")[::2] for item in text.strip(";").split(";"))
    fields = {name.strip(): value.strip() for name, value in fields.items()}
    if problem := _problem(fields):
        return Refusal("malformed", problem)
    packet = Packet(
        segment=segment,
        number=fields["QN"],
        system=fields.get("ST", ""),
        command=int(fields["CN"]),
        password=fields.get("PW", ""),
        station=fields["MN"],
        flag=int(fields.get("Flag") or 0),
        parts=int(fields.get("PNUM") or 1),
        part=int(fields.get("PNO") or 1),
        content=content,
    )
    if content and packet.is_data and "=" not in content.rstrip("="):
        reason = (
            f"the content of command {packet.command} is no list of NAME=VALUE: it is encrypted "
            f"({ENCRYPTED}, HJ 212-2025) or broken; let the station send it plain"
        )
        return Refusal("encrypted", reason)
    return packet


def _problem(fields: dict[str, str]) -> str:
    """Say what is wrong with the envelope; empty when nothing is."""
    if len(fields.get("CN", "")) != len("2011") or not _number(fields["CN"]):
        return f"the command CN='{fields.get('CN', '')}' is no number of four digits"
    for name in ("QN", "MN", "ST", "PW"):
        value = fields.get(name, "")
        required = name in ("QN", "MN")
        if (required or value) and not _NAME.fullmatch(value):
            return f"{name}='{value[:_SHOWN]}' is no name of 1 to 40 letters and digits"
    for name in ("Flag", "PNUM", "PNO"):
        if not _number(fields.get(name) or "0"):
            return f"{name}='{fields[name]}' is no number"
    flag = int(fields.get("Flag") or 0)
    if flag >> 2 not in VERSIONS:
        return f"Flag='{flag}' names no edition of the standard that is known (0 to 11)"
    parts, part = int(fields.get("PNUM") or 1), int(fields.get("PNO") or 1)
    if not 1 <= part <= parts:
        return f"packet {part} of {parts} cannot be"
    return ""


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


def _text(data: bytes) -> str | None:
    """Read UTF-8 (2025) or GB 18030 (before); None when it is neither."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def asking(packet: Packet) -> Packet:
    """The same packet with the wish for an answer, as it is passed on."""
    if packet.wants_answer:
        return packet
    flag = packet.flag | ASK
    head, mark, content = packet.segment.partition(b"CP=&&")
    if b"Flag=" in head:
        head = re.sub(rb"Flag=\d*", b"Flag=%d" % flag, head, count=1)
    else:
        head += b"Flag=%d;" % flag
    return replace(packet, segment=head + mark + content, flag=flag)
