"""The door: what is answered, what is written, and what bad clients can and cannot do."""

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecast.common.errors import ConfigurationError, OutputError
from forecast.config.receiver import ReceiverConfig
from forecast.fields.observations import Readings
from forecast.receiver.journal import Journal
from forecast.receiver.service import Receiver
from tests.unit.made_stations import (
    MadeStore,
    closed,
    hour,
    journalled,
    receiving,
    send,
    until,
    write_table,
)


def config(folder: Path, **options: Any) -> ReceiverConfig:
    """Set up a receiver in a folder."""
    values = {
        "folder": str(folder / "receiver"),
        "stations": str(write_table(folder / "stations.csv", count=3)),
        "host": "127.0.0.1",
        "port": 0,
        "land_seconds": 0.05,
    }
    return ReceiverConfig.model_validate(values | options)


def test_a_packet_is_written_answered_and_landed(tmp_path: Path) -> None:
    store = MadeStore()

    async def play() -> None:
        async with receiving(config(tmp_path), store) as receiver:
            (answer,) = await send(receiver.port, hour(1), 1)
            assert (answer.command, answer.number) == (9014, "20261122090000001")
            assert receiver.server.counts.packets == 1

    asyncio.run(play())
    assert [packet.number for packet in journalled(tmp_path / "receiver")] == ["20261122090000001"]
    readings = store.all
    assert readings.value.tolist() == [86.0]
    # DataTime 08:00 in Beijing begins the hour that the network labels 09:00, 01:00 UTC
    assert readings.time[0] == np.datetime64("2026-11-22T01:00:00")


def test_what_was_sent_before_is_answered_and_not_written_again(tmp_path: Path) -> None:
    async def play() -> None:
        for _ in range(2):  # also after a restart
            async with receiving(config(tmp_path), MadeStore()) as receiver:
                for number in (1, 2):  # sent again it has another QN
                    assert len(await send(receiver.port, hour(number), 1)) == 1

    asyncio.run(play())
    assert len(journalled(tmp_path / "receiver")) == 1


def test_a_corrected_value_is_taken_and_counts(tmp_path: Path) -> None:
    store = MadeStore()

    async def play() -> None:
        async with receiving(config(tmp_path), store) as receiver:
            await send(receiver.port, hour(1), 1)
            await asyncio.sleep(1.1)  # versions are told apart by the second
            await send(receiver.port, hour(2, value=90), 1)

    asyncio.run(play())
    assert store.all.value.tolist() == [90.0]


def test_back_filled_hours_are_taken(tmp_path: Path) -> None:
    store = MadeStore()
    old = [hour(n, time=f"202611{n:02d}080000") for n in range(1, 21)]

    async def play() -> None:
        async with receiving(config(tmp_path), store) as receiver:
            assert len(await send(receiver.port, b"".join(old), 20)) == 20

    asyncio.run(play())
    assert store.all.size == 20


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (hour(1, mn="NOBODY"), "unknown"),
        (hour(1).replace(b"PW=123456", b"PW=123457"), "checksum"),
        (b"GET / HTTP/1.1\r\n##1", "garbage"),
        (b"##abcd", "length"),
    ],
)
def test_bad_packets_get_no_answer_and_end_the_connection(
    tmp_path: Path, data: bytes, kind: str
) -> None:
    async def play() -> None:
        async with receiving(config(tmp_path), MadeStore()) as receiver:
            limit = receiver.config.limits.bad_packets
            assert await send(receiver.port, data * limit, 1) == []
            counts = receiver.server.counts
            assert counts.refused[kind] >= 1
            assert counts.dropped["bad-packets"] == 1
            assert len(await send(receiver.port, hour(2), 1)) == 1

    asyncio.run(play())
    assert len(journalled(tmp_path / "receiver")) == 1


def test_a_wrong_password_is_refused(tmp_path: Path) -> None:
    from forecast.receiver.framing import framed

    wrong = framed(hour(1)[6:-6].replace(b"PW=123456", b"PW=123457"))

    async def play() -> None:
        async with receiving(config(tmp_path), MadeStore()) as receiver:
            assert await send(receiver.port, wrong * 5, 1) == []
            assert receiver.server.counts.refused["password"] == 5

    asyncio.run(play())


@pytest.mark.parametrize(
    ("data", "limits", "kind"),
    [
        (b"##9999", {}, "oversized"),
        (hour(1)[:50], {"frame_seconds": 0.3}, "slow"),
        (b"", {"first_seconds": 0.3}, "silent"),
        (hour(1, flag=4), {"idle_seconds": 0.3}, "idle"),
    ],
)
def test_oversized_slow_and_silent_clients_are_dropped_while_others_are_served(
    tmp_path: Path, data: bytes, limits: dict[str, float], kind: str
) -> None:
    async def play() -> None:
        async with receiving(config(tmp_path, limits=limits), MadeStore()) as receiver:
            bad = asyncio.create_task(send(receiver.port, data, 1))
            for number in range(5):
                assert len(await send(receiver.port, hour(number, value=number), 1)) == 1
            assert await bad == []
            assert receiver.server.counts.dropped[kind] == 1
            await until(lambda: not receiver.server.addresses)

    asyncio.run(play())


def test_one_that_trickles_bytes_is_dropped_in_time(tmp_path: Path) -> None:
    async def play() -> None:
        limits = {"frame_seconds": 0.5}
        async with receiving(config(tmp_path, limits=limits), MadeStore()) as receiver:
            _, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
            for byte in hour(1)[:40]:
                writer.write(bytes([byte]))
                await asyncio.sleep(0.05)
                if receiver.server.counts.dropped["slow"]:
                    break
            assert receiver.server.counts.dropped["slow"] == 1
            await closed(writer)

    asyncio.run(play())


def test_too_many_connections_of_one_address_are_refused(tmp_path: Path) -> None:
    async def play() -> None:
        limits = {"connections_per_address": 2}
        async with receiving(config(tmp_path, limits=limits), MadeStore()) as receiver:
            held = [await asyncio.open_connection("127.0.0.1", receiver.port) for _ in range(2)]
            assert await send(receiver.port, hour(1), 1) == []
            await closed(held[0][1])
            await until(lambda: receiver.server.addresses.total() == 1)
            assert len(await send(receiver.port, hour(1), 1)) == 1
            await closed(held[1][1])

    asyncio.run(play())


def test_one_that_sends_fast_is_slowed_and_loses_nothing(tmp_path: Path) -> None:
    async def play() -> tuple[float, float]:
        clock = asyncio.get_running_loop().time
        async with receiving(
            config(tmp_path, limits={"packets_per_second": 20}), MadeStore()
        ) as receiver:
            _, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
            writer.write(b"".join(hour(n, value=n) for n in range(40)))
            await until(lambda: receiver.server.counts.packets == 40)
            began = clock()
            writer.write(hour(99, value=99))
            assert len(await send(receiver.port, hour(98, value=98), 1)) == 1
            other = clock() - began
            await until(lambda: receiver.server.counts.packets == 42)
            await closed(writer)
            return other, clock() - began

    other, own = asyncio.run(play())
    assert own > 0.8  # 40 packets are 20 more than a second's share: one second
    assert other < own
    assert len(journalled(tmp_path / "receiver")) == 42


def test_a_disk_that_refuses_lets_nothing_be_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Journal, __: bytes) -> None:
        raise OSError(28, "No space left on device")

    async def play() -> None:
        async with receiving(config(tmp_path), MadeStore()) as receiver:
            with monkeypatch.context() as patched:
                patched.setattr(Journal, "_write", refuse)
                assert await send(receiver.port, hour(1), 1) == []
                assert receiver.server.counts.packets == 0
            assert len(await send(receiver.port, hour(1), 1)) == 1  # not taken for a duplicate

    asyncio.run(play())
    assert len(journalled(tmp_path / "receiver")) == 1


def test_a_copy_is_not_answered_when_the_first_could_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    gate = threading.Event()

    def refuse(_: Journal, __: bytes) -> None:
        gate.wait(10)
        raise OSError(28, "No space left on device")

    async def play() -> None:
        async with receiving(config(tmp_path), MadeStore()) as receiver:
            monkeypatch.setattr(Journal, "_write", refuse)
            both = [asyncio.create_task(send(receiver.port, hour(n), 1)) for n in (1, 2)]
            await asyncio.sleep(0.3)
            gate.set()
            assert [await one for one in both] == [[], []]

    asyncio.run(play())


def test_a_second_receiver_of_the_folder_is_refused(tmp_path: Path) -> None:
    async def play() -> None:
        async with receiving(config(tmp_path), MadeStore()):
            with pytest.raises(ConfigurationError, match="Another receiver"):
                await Receiver(config(tmp_path), MadeStore()).run()

    asyncio.run(play())


def test_a_changed_table_of_stations_is_taken_over_and_a_broken_one_is_not(
    tmp_path: Path,
) -> None:
    import os

    async def play() -> None:
        async with receiving(config(tmp_path), MadeStore()) as receiver:
            path = receiver.stations.path
            path.write_text("nonsense\n", encoding="utf-8")
            os.utime(path, (1, 1))
            receiver.stations.look()
            assert "nonsense" in receiver.stations.problem
            assert len(await send(receiver.port, hour(1), 1)) == 1
            write_table(path, key="other")
            os.utime(path, (2, 2))
            receiver.stations.look()
            assert receiver.stations.problem == ""
            assert await send(receiver.port, hour(2, value=7) * 5, 1) == []

    asyncio.run(play())


def test_a_journal_without_its_last_bytes_goes_on(tmp_path: Path) -> None:
    async def play() -> None:
        journal = Journal(tmp_path / "journal")
        journal.open()
        await journal.append([b"one", b"two"], 1)
        journal.close()

    asyncio.run(play())
    path = tmp_path / "journal" / "00000001.log"
    path.write_bytes(path.read_bytes()[:-3])
    journal = Journal(tmp_path / "journal")
    journal.open()
    records, place = journal.read(journal.committed._replace(number=0))
    assert [record.segment for record in records] == [b"one"]
    assert journal.read(place)[0] == []
    journal.close()


def test_a_damaged_line_costs_itself_only(tmp_path: Path) -> None:
    async def play() -> Journal:
        journal = Journal(tmp_path / "journal")
        journal.open()
        await journal.append([b"one", b"two", b"three"], 1)
        journal.close()
        return journal

    journal = asyncio.run(play())
    path = tmp_path / "journal" / "00000001.log"
    path.write_bytes(path.read_bytes().replace(b"two", b"twx"))
    records, _ = journal.read(journal.committed._replace(offset=0))
    assert [record.segment for record in records] == [b"one", b"three"]
    assert journal.damaged == 1


def test_a_receiver_without_folder_or_table_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"receiver\.folder"):
        Receiver(ReceiverConfig(), MadeStore())
    with pytest.raises(ConfigurationError, match="nowhere"):
        Receiver(config(tmp_path, stations=str(tmp_path / "nowhere.csv")), MadeStore())


def test_a_failed_append_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path / "journal")
    journal.open()
    monkeypatch.setattr("os.fdatasync", _refuse)

    async def play() -> None:
        with pytest.raises(OutputError, match="could not be written"):
            await journal.append([b"one"], 1)

    asyncio.run(play())
    journal.close()
    assert (tmp_path / "journal" / "00000001.log").read_bytes() == b""


def _refuse(_: int) -> None:
    raise OSError(5, "Input/output error")


def test_a_store_that_fails_for_a_while_gets_everything(tmp_path: Path) -> None:
    class Failing(MadeStore):
        left = 3

        def land(self, readings: Readings) -> None:
            if readings.size and self.left:
                self.left -= 1
                raise OutputError("full")
            super().land(readings)

    store = Failing()

    async def play() -> None:
        async with receiving(config(tmp_path), store) as receiver:
            parts = [hour(1, value=n, flag=7, extra=f"PNUM=2;PNO={n};") for n in (1, 2)]
            await send(receiver.port, hour(5, time="20261122090000") + parts[0], 2)
            await until(lambda: store.left < 3)
            assert receiver.landing is not None
            assert "full" in receiver.landing.problem
            await send(receiver.port, parts[1], 1)
            await until(lambda: not store.left and store.all.size == 2)
            await until(lambda: receiver.landing is None or not receiver.landing.problem)

    asyncio.run(play())
