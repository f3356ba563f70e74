"""Frames and packets of HJ 212, against packets of the standard and of real stations."""

import pytest

from forecast.receiver.framing import Refusal, Splitter, crc16, framed
from forecast.receiver.packet import Packet, Version, asking, parse

ANNEX_A = (
    b"##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;"
    b"CP=&&RtdInterval=30&&1C80\r\n"
)
"""HJ 212-2017, annex A."""
MINUTE = (
    b"##0411QN=20220513162608370;ST=22;CN=2051;PW=123456;MN=JLYP01_AIR01_0001;Flag=4;"
    b"CP=&&DataTime=20220513162600;a21004-Avg=4,a21004-Flag=N;a05024-Avg=63,a05024-Flag=N;"
    b"a21026-Avg=6,a21026-Flag=N;a21005-Avg=0.427,a21005-Flag=N;a34004-Avg=14,a34004-Flag=N;"
    b"a34002-Avg=31,a34002-Flag=N;a01007-Avg=1,a01007-Flag=N;a01008-Avg=11,a01008-Flag=N;"
    b"a01001-Avg=17,a01001-Flag=N;a01002-Avg=85,a01002-Flag=N;a01006-Avg=95,a01006-Flag=N&&D641\r\n"
)
"""A packet in public code."""
REAL_TIME = (
    b"##0317QN=20191018104952418;ST=22;CN=2011;PW=123456;MN=ZX00001;Flag=5;"
    b"CP=&&DataTime=20191018104900;a34002-Rtd=30,a34002-Flag=N;a34004-Rtd=25,a34004-Flag=N;"
    b"a01001-Rtd=13.5,a01001-Flag=N;a01002-Rtd=43.8,a01002-Flag=N;a01008-Rtd=30,a01008-Flag=N;"
    b"a01007-Rtd=3.5,a01007-Flag=N;a34001-Rtd=132,a34001-Flag=N;LA-Rtd=66.8,LA-Flag=N&&AF01\r\n"
)
"""A packet in public code."""
HOUR = (
    b"##0280QN=20261122090001001;ST=22;CN=2061;PW=123456;MN=3701000000A00001F0000001;Flag=5;"
    b"CP=&&DataTime=20261122080000;a34004-Avg=86,a34004-Flag=N;a34002-Avg=141,a34002-Flag=N;"
    b"a21026-Avg=12,a21026-Flag=N;a21004-Avg=58,a21004-Flag=N;a21005-Avg=1.1,a21005-Flag=N;"
    b"a05024-Avg=17,a05024-Flag=N&&B681\r\n"
)
"""Made for tests; length and checksum were computed apart from this code."""
ANSWER = (
    b"##0087QN=20261122090001001;ST=91;CN=9014;PW=123456;MN=3701000000A00001F0000001;Flag=4;"
    b"CP=&&&&60C0\r\n"
)
"""The answer to `HOUR`."""
PART = (
    b"##0151QN=20261122090002001;ST=22;CN=2061;PW=123456;MN=3701000000A00001F0000001;Flag=7;"
    b"PNUM=2;PNO=1;CP=&&DataTime=20261122080000;a34004-Avg=86,a34004-Flag=N&&7D00\r\n"
)
"""The first of two."""


def packet(frame: bytes) -> Packet:
    """Read one frame that must be sound."""
    (segment,) = Splitter().feed(frame)
    assert isinstance(segment, bytes)
    found = parse(segment)
    assert isinstance(found, Packet), found
    return found


def refused(segment: bytes) -> Refusal:
    """Read a segment that must be refused."""
    found = parse(segment)
    assert isinstance(found, Refusal)
    return found


def test_the_checksum_is_that_of_the_standard_and_not_that_of_modbus() -> None:
    assert crc16(b"123456789") == 0x2F80


@pytest.mark.parametrize("frame", [ANNEX_A, MINUTE, REAL_TIME, HOUR, ANSWER, PART])
def test_frames_of_others_are_read_and_made_alike(frame: bytes) -> None:
    assert framed(packet(frame).segment) == frame


def test_an_hour_is_read() -> None:
    found = packet(HOUR)
    assert (found.number, found.system, found.command) == ("20261122090001001", "22", 2061)
    assert (found.station, found.password) == ("3701000000A00001F0000001", "123456")
    assert found.data_time == "20261122080000"
    assert found.groups[5] == {"a21005-Avg": "1.1", "a21005-Flag": "N"}
    assert found.version is Version.HJ2017
    assert found.wants_answer
    assert framed(found.answer()) == ANSWER


def test_a_part_says_which_it_is() -> None:
    assert (packet(PART).part, packet(PART).parts) == (1, 2)


@pytest.mark.parametrize(
    ("flag", "version", "answer"),
    [(1, Version.HJ2005, b"0"), (5, Version.HJ2017, b"4"), (9, Version.HJ2025, b"8")],
)
def test_the_flag_tells_the_edition_and_the_answer_keeps_it(
    flag: int, version: Version, answer: bytes
) -> None:
    found = parse(packet(HOUR).segment.replace(b"Flag=5", b"Flag=%d" % flag))
    assert isinstance(found, Packet)
    assert found.version is version
    assert b"Flag=" + answer + b";" in found.answer()


def test_a_packet_of_2005_without_flag_is_read_and_wants_no_answer() -> None:
    found = parse(packet(HOUR).segment.replace(b"Flag=5;", b""))
    assert isinstance(found, Packet)
    assert found.version is Version.HJ2005
    assert not found.wants_answer
    assert asking(found).wants_answer


def test_passing_on_asks_for_an_answer() -> None:
    assert b"Flag=5;" in asking(packet(MINUTE)).segment
    assert asking(packet(HOUR)) == packet(HOUR)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_chinese_text_is_read_in_both_encodings(encoding: str) -> None:
    segment = "QN=1;ST=22;CN=3020;PW=1;MN=A;Flag=8;CP=&&Info=故障&&".encode(encoding)
    found = parse(segment)
    assert isinstance(found, Packet)
    assert found.groups == ({"Info": "故障"},)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ((b"CN=2061", b"CN=20x1"), "four digits"),
        ((b"CN=2061;", b""), "four digits"),
        ((b"MN=3701000000A00001F0000001", b"MN="), "MN=''"),
        ((b"MN=3701000000A00001F0000001", b"MN=../../x"), "MN='../../x'"),
        ((b"QN=20261122090001001", b"QN=1\r\n2"), "control characters"),
        ((b"Flag=5", b"Flag=99"), "Flag='99'"),
        ((b"Flag=5", b"Flag=-1"), "Flag='-1'"),
        ((b"Flag=5", b"Flag=7;PNUM=2;PNO=3"), "packet 3 of 2"),
        ((b"&&DataTime", b"DataTime"), "CP=&&"),
        ((b"Flag=N;a34002", b"Flag=\xff;a34002"), "neither UTF-8 nor GB 18030"),
    ],
)
def test_what_is_wrong_is_said(change: tuple[bytes, bytes], words: str) -> None:
    found = refused(packet(HOUR).segment.replace(*change))
    assert found.kind == "malformed"
    assert words in found.reason


@pytest.mark.parametrize("cipher", [b"68B3F4A09C21D7", b"aLP0oJwh1w=="])
def test_encrypted_content_is_refused_with_the_reason(cipher: bytes) -> None:
    found = refused(b"QN=1;ST=22;CN=2061;PW=1;MN=A;Flag=9;CP=&&" + cipher + b"&&")
    assert found.kind == "encrypted"
    assert "SM4" in found.reason


def test_a_wrong_checksum_loses_this_frame_only() -> None:
    broken = HOUR.replace(b"a34004-Avg=86", b"a34004-Avg=87")
    found = list(Splitter().feed(broken + MINUTE))
    assert isinstance(found[0], Refusal)
    assert found[0].kind == "checksum"
    assert found[-1] == packet(MINUTE).segment


def test_a_length_that_is_too_long_swallows_one_frame_at_most() -> None:
    wrong = HOUR.replace(b"##0280", b"##0300")
    found = list(Splitter().feed(wrong + MINUTE + ANSWER))
    assert [one for one in found if isinstance(one, bytes)][-1] == packet(ANSWER).segment
    assert packet(MINUTE).segment in found


def test_an_oversized_frame_ends_the_connection_before_it_is_kept() -> None:
    splitter = Splitter(largest=1024)
    (found,) = splitter.feed(b"##9999" + b"x" * 5000 + HOUR)
    assert isinstance(found, Refusal)
    assert (found.kind, found.fatal) == ("oversized", True)
    assert not splitter.part


def test_empty_lines_between_frames_are_no_error() -> None:
    assert list(Splitter().feed(b"\r\n" + HOUR + b"\r\n")) == [packet(HOUR).segment]
