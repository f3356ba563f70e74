"""Packets to readings: units, flags, times, and parts put together."""

from pathlib import Path

import numpy as np
import pytest

from forecast.common.errors import ConfigurationError
from forecast.fields.observations import Flag, ReferenceState
from forecast.receiver.framing import Splitter
from forecast.receiver.journal import Position, Record
from forecast.receiver.readings import Joiner, Reader, local_time
from forecast.receiver.seen import Seen
from forecast.receiver.stations import read_senders
from forecast.receiver.units import QUANTITIES, quantities
from tests.unit.made_stations import HEAD, MN, write_table
from tests.unit.test_receiver_packets import HOUR, MINUTE, PART, packet

CAME = int(np.datetime64("2026-11-22T01:01:00", "ns").astype(np.int64))
"""A minute after the hour of `HOUR` has ended."""
REAL_TIME = (
    b"##0166QN=20261122083000123;ST=22;CN=2011;PW=123456;MN=3701000000A00001F0000001;Flag=4;"
    b"CP=&&DataTime=20261122083000;a34004-Rtd=91,a34004-Flag=N;a05024-Rtd=16,a05024-Flag=C&&0280\r\n"
)
MINUTES = (
    b"##0222QN=20261122083501000;ST=22;CN=2051;PW=123456;MN=3701000000A00001F0000001;Flag=4;"
    b"CP=&&DataTime=20261122083000;a34004-Min=84,a34004-Avg=88,a34004-Max=93,a34004-Flag=N;"
    b"a21004-Min=51,a21004-Avg=55,a21004-Max=60,a21004-Flag=D&&6B80\r\n"
)


def record(segment: bytes, place: int = 0, received: int = CAME) -> Record:
    """A record of the journal."""
    return Record(Position(1, place), Position(1, place + 1), received, segment)


def segment(frame: bytes) -> bytes:
    """The segment of a frame."""
    (found,) = Splitter().feed(frame)
    assert isinstance(found, bytes)
    return found


def reader(*commands: int) -> Reader:
    """Read some commands."""
    wanted = frozenset(commands or (2011, 2051, 2061))
    return Reader(QUANTITIES, wanted, 300, Joiner(600))


def test_an_hour_has_all_values_in_the_units_of_the_products(tmp_path: Path) -> None:
    senders = read_senders(write_table(tmp_path / "stations.csv"))
    found = reader().table([record(segment(HOUR))], senders, CAME)
    values = dict(zip(found.pollutants, found.value.tolist(), strict=True))
    expected = {"pm25": 86, "pm10": 141, "so2": 12, "no2": 58, "co": 1.1, "o3": 17}
    assert values == pytest.approx(expected)
    assert set(found.time) == {np.datetime64("2026-11-22T01:00:00")}
    assert set(found.period_seconds) == {3600}
    assert set(found.flag) == {Flag.OK}
    states = dict(zip(found.pollutants, found.state.tolist(), strict=True))
    assert states["pm25"] == ReferenceState.ACTUAL
    assert states["so2"] == ReferenceState.AT_298K
    assert found.stations[0].code == "1000A"


def test_values_that_the_sender_marks_are_kept_and_doubted(tmp_path: Path) -> None:
    senders = read_senders(write_table(tmp_path / "stations.csv"))
    found = reader().table([record(segment(MINUTES))], senders, CAME)
    assert found.pollutants == ("pm25", "no2")
    assert found.value.tolist() == [88, 55]
    assert found.flag.tolist() == [Flag.OK, Flag.SOURCE]
    assert found.time[0] == np.datetime64("2026-11-22T00:35:00")
    assert set(found.period_seconds) == {300}
    moment = reader().table([record(segment(REAL_TIME))], senders, CAME)
    assert moment.flag.tolist() == [Flag.OK, Flag.SOURCE]
    assert set(moment.period_seconds) == {0}
    assert reader(2061).table([record(segment(REAL_TIME))], senders, CAME).size == 0


def test_units_of_a_station_differ(tmp_path: Path) -> None:
    units = "a34004=ng m-3;a21005=ug m-3;a01006=hPa"
    senders = read_senders(write_table(tmp_path / "stations.csv", units=units))
    text = segment(MINUTE).replace(b"JLYP01_AIR01_0001", MN.encode())
    text = text.replace(b"a34004-Avg=14", b"a34004-Avg=75600.000")
    found = reader().table([record(text)], senders, CAME)
    values = dict(zip(found.pollutants, found.value.tolist(), strict=True))
    assert values["pm25"] == pytest.approx(75.6)
    assert values["co"] == pytest.approx(0.427e-3)
    assert values["surface_pressure"] == pytest.approx(9500)
    assert values["air_temperature_2m"] == pytest.approx(290.15)


def test_a_unit_of_another_kind_gives_no_value(tmp_path: Path) -> None:
    senders = read_senders(write_table(tmp_path / "stations.csv", units="a34004=hPa"))
    found = reader().table([record(segment(HOUR))], senders, CAME)
    assert found.flag[found.pollutants.index("pm25")] == Flag.MISSING


def test_a_table_with_an_unknown_unit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="a34004=g"):
        read_senders(write_table(tmp_path / "stations.csv", units="a34004=g"))
    path = tmp_path / "twice.csv"
    path.write_text(
        HEAD + "A,1,1A,,Jinan,117,36,city,\nA,1,2A,,Jinan,117,36,city,\n", encoding="utf-8"
    )
    with pytest.raises(ConfigurationError, match="twice"):
        read_senders(path)


def test_no_number_is_a_missing_value(tmp_path: Path) -> None:
    senders = read_senders(write_table(tmp_path / "stations.csv"))
    text = segment(HOUR).replace(b"a34004-Avg=86", b"a34004-Avg=nan")
    text = text.replace(b"a34002-Avg=141", b"a34002-Avg=--")
    found = reader().table([record(text)], senders, CAME)
    assert found.flag.tolist() == [Flag.MISSING, Flag.MISSING, 0, 0, 0, 0]
    assert np.isnan(found.value[:2]).all()


def test_parts_are_joined_in_any_order_and_the_cursor_waits_for_them(tmp_path: Path) -> None:
    senders = read_senders(write_table(tmp_path / "stations.csv"))
    first = segment(PART)
    second = first.replace(b"PNO=1", b"PNO=2").replace(
        b"DataTime=20261122080000;a34004-Avg=86,a34004-Flag=N", b"a34002-Avg=141,a34002-Flag=N"
    )
    one = reader()
    assert one.table([record(second, 10)], senders, CAME).size == 0
    assert one.joiner.oldest(Position(1, 99)) == Position(1, 10)
    found = one.table([record(first, 20)], senders, CAME)
    assert dict(zip(found.pollutants, found.value.tolist(), strict=True)) == {
        "pm25": 86,
        "pm10": 141,
    }
    assert one.joiner.oldest(Position(1, 99)) == Position(1, 99)


def test_a_part_that_stays_alone_is_used_in_the_end(tmp_path: Path) -> None:
    senders = read_senders(write_table(tmp_path / "stations.csv"))
    one = reader()
    assert one.table([record(segment(PART))], senders, CAME).size == 0
    assert one.table([], senders, CAME + 601 * 10**9).value.tolist() == [86]
    assert sum(one.unreadable.values()) == 1


def test_a_clock_that_is_ahead_is_doubted(tmp_path: Path) -> None:
    senders = read_senders(write_table(tmp_path / "stations.csv"))
    early = CAME - 3 * 3600 * 10**9
    found = reader().table([record(segment(HOUR), received=early)], senders, early)
    assert set(found.flag) == {Flag.SOURCE}


@pytest.mark.parametrize("text", ["", "20261322080000", "2026112208", "２０261122080000", "0" * 14])
def test_what_is_no_time(text: str) -> None:
    assert local_time(text) is None


def test_the_memory_knows_values_and_forgets_in_time() -> None:
    seen, hour = Seen(100), packet(HOUR)
    assert seen.add(hour, 0)
    assert not seen.add(hour, 50)
    assert not seen.add(hour, 150)
    assert not seen.add(hour, 199)
    assert seen.add(hour, 500)
    seen.forget(hour)
    assert seen.add(hour, 501)


def test_further_codes_must_stand_for_something_known() -> None:
    assert quantities({"02": "so2"})["02"].name == "so2"
    with pytest.raises(ConfigurationError, match="'02'"):
        quantities({"02": "sulphur"})
