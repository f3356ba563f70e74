"""Framing, however the bytes arrive and whatever stands between frames."""

from hypothesis import given
from hypothesis import strategies as st

from forecast.receiver.framing import Refusal, Splitter, crc16, framed
from forecast.receiver.packet import Packet, parse

SEGMENT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=60).map(
    lambda text: f"QN=1;CN=2011;MN=A;CP=&&{text.replace('#', '')}&&".encode()
)


def bit_by_bit(data: bytes) -> int:
    """Compute the checksum as the standard writes it down."""
    register = 0xFFFF
    for byte in data:
        register = (register >> 8) ^ byte
        for _ in range(8):
            low = register & 1
            register >>= 1
            if low:
                register ^= 0xA001
    return register


@given(st.binary(max_size=300))
def test_the_checksum_by_table_is_that_by_bits(data: bytes) -> None:
    assert crc16(data) == bit_by_bit(data)


@given(st.lists(SEGMENT, max_size=5), st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_frames_survive_every_way_of_cutting_the_stream(
    segments: list[bytes], sizes: list[int]
) -> None:
    stream = b"".join(map(framed, segments))
    splitter, place = Splitter(), 0
    found: list[bytes | Refusal] = []
    while place < len(stream):
        size = sizes[len(found) % len(sizes)] if len(sizes) > 1 else sizes[0]
        found += splitter.feed(stream[place : place + size])
        place += size
    assert found == segments
    assert splitter.part.strip(b"\r\n") == b""


@given(st.lists(SEGMENT, min_size=1, max_size=4), st.data())
def test_garbage_without_a_head_between_frames_loses_none(
    segments: list[bytes], data: st.DataObject
) -> None:
    garbage = st.binary(max_size=30).map(lambda noise: noise.replace(b"#", b""))
    stream = b"".join(data.draw(garbage) + framed(segment) for segment in segments)
    found = list(Splitter().feed(stream))
    assert [one for one in found if isinstance(one, bytes)] == segments


@given(st.binary(max_size=400), st.lists(SEGMENT, min_size=1, max_size=3))
def test_any_bytes_before_are_got_over(noise: bytes, segments: list[bytes]) -> None:
    """A false head may swallow as many bytes as its length says; what follows is read."""
    splitter = Splitter(largest=200)
    filler = framed(b"QN=1;CN=2011;MN=FILL;CP=&&&&")
    found = list(splitter.feed(noise + filler * 12 + b"".join(map(framed, segments))))
    fatal = any(isinstance(one, Refusal) and one.fatal for one in found)
    assert fatal or [one for one in found if isinstance(one, bytes)][-len(segments) :] == segments


@given(st.binary(max_size=300))
def test_any_segment_is_read_or_refused(segment: bytes) -> None:
    found = parse(segment)
    assert isinstance(found, Packet | Refusal)
    if isinstance(found, Packet):
        assert found.groups is not None
        assert parse(found.answer())
