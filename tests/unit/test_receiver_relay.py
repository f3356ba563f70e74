"""One point, many receivers: each gets everything, and none holds up another."""

import asyncio
from pathlib import Path
from typing import Any

from forecast.config.receiver import ReceiverConfig
from forecast.receiver.journal import Position
from forecast.receiver.packet import Packet
from tests.unit.made_stations import (
    MadeReceiver,
    MadeStore,
    hour,
    receiving,
    send,
    until,
    write_table,
)


def config(folder: Path, *receivers: dict[str, Any], **options: Any) -> ReceiverConfig:
    """Set up a receiver that passes on."""
    quick = {"host": "127.0.0.1", "retry_seconds": 0.05, "longest_retry_seconds": 0.1}
    values = {
        "folder": str(folder / "receiver"),
        "stations": str(write_table(folder / "stations.csv", count=3)),
        "host": "127.0.0.1",
        "port": 0,
        "relays": [quick | receiver for receiver in receivers],
    }
    return ReceiverConfig.model_validate(values | options)


def numbers(receiver: MadeReceiver) -> list[str]:
    """QN of what came, in order."""
    return [packet.number for packet in receiver.packets]


def frames(count: int, begin: int = 0, **options: Any) -> bytes:
    """Make hours with different values."""
    return b"".join(hour(n, value=n, **options) for n in range(begin, begin + count))


def wanted(count: int, begin: int = 0) -> list[str]:
    """QN of `frames`."""
    return [f"{20261122090000000 + n}" for n in range(begin, begin + count)]


def test_every_receiver_gets_everything_and_one_that_is_down_holds_up_nobody(
    tmp_path: Path,
) -> None:
    city, county = MadeReceiver(), MadeReceiver()

    async def play() -> None:
        async with county.listening():
            pass  # it has a port now, and is down
        relays = [{"name": n, "port": r.port} for n, r in (("city", city), ("county", county))]
        async with city.listening():
            relays[0]["port"] = city.port
            async with receiving(config(tmp_path, *relays), MadeStore()) as receiver:
                await send(receiver.port, frames(50), 50)
                await until(lambda: len(city.packets) == 50)
                assert county.packets == []
                assert receiver.relays[1].problem
                async with county.listening():  # back again: it gets what it has missed
                    await until(lambda: len(county.packets) == 50)
                    await until(lambda: receiver.relays[1].waiting == 0)

    asyncio.run(play())
    assert numbers(city) == numbers(county) == wanted(50)


def test_what_was_answered_is_not_sent_again_after_a_restart(tmp_path: Path) -> None:
    city = MadeReceiver()

    async def play() -> None:
        async with city.listening():
            relay = {"name": "city", "port": city.port}
            for begin in (0, 10):
                async with receiving(config(tmp_path, relay), MadeStore()) as receiver:
                    await send(receiver.port, frames(10, begin), 10)
                    await until(lambda: receiver.relays[0].waiting == 0)  # noqa: B023

    asyncio.run(play())
    assert numbers(city) == wanted(20)


def test_what_was_taken_before_a_receiver_was_named_is_sent_too(tmp_path: Path) -> None:
    city = MadeReceiver()

    async def play() -> None:
        async with receiving(config(tmp_path), MadeStore()) as receiver:
            await send(receiver.port, frames(10), 10)
        async with city.listening():
            relay = {"name": "city", "port": city.port}
            async with receiving(config(tmp_path, relay), MadeStore()):
                await until(lambda: len(city.packets) == 10)

    asyncio.run(play())
    assert numbers(city) == wanted(10)


def test_one_that_answers_twice_gets_each_packet_once_and_loses_none(tmp_path: Path) -> None:
    city = MadeReceiver(answers=lambda _: 2)

    async def play() -> None:
        async with city.listening():
            relay = {"name": "city", "port": city.port, "window": 3}
            async with receiving(config(tmp_path, relay), MadeStore()) as receiver:
                await send(receiver.port, frames(30), 30)
                await until(lambda: receiver.relays[0].waiting == 0)

    asyncio.run(play())
    assert numbers(city) == wanted(30)


def test_one_that_breaks_off_gets_what_it_had_not_answered(tmp_path: Path) -> None:
    city = MadeReceiver()

    async def play() -> None:
        async with city.listening():
            pass
        relay = {"name": "city", "port": city.port}
        async with receiving(config(tmp_path, relay), MadeStore()) as receiver:
            for begin in range(0, 50, 10):
                async with city.listening():
                    await send(receiver.port, frames(10, begin), 10)
                    await until(lambda: len(city.packets) > begin)  # noqa: B023
            async with city.listening():
                await until(lambda: receiver.relays[0].waiting == 0)

    asyncio.run(play())
    assert set(numbers(city)) == set(wanted(50))


def test_a_slow_receiver_delays_no_station(tmp_path: Path) -> None:
    slow = MadeReceiver(delay=0.5)

    async def play() -> float:
        async with slow.listening():
            relay = {"name": "city", "port": slow.port, "window": 2}
            async with receiving(config(tmp_path, relay), MadeStore()) as receiver:
                clock = asyncio.get_running_loop().time
                began = clock()
                await send(receiver.port, frames(40), 40)
                return clock() - began

    assert asyncio.run(play()) < 5  # the slow one needs 20 s for them


def test_a_packet_that_is_never_answered_is_set_aside_and_the_rest_goes_on(
    tmp_path: Path,
) -> None:
    def answers(packet: Packet) -> int:
        return 0 if packet.station == "MADE0001" else 1

    city = MadeReceiver(answers=answers)

    async def play() -> None:
        async with city.listening():
            relay = {"name": "city", "port": city.port, "answer_seconds": 0.2, "tries": 2}
            async with receiving(config(tmp_path, relay), MadeStore()) as receiver:
                await send(receiver.port, frames(5) + hour(77, mn="MADE0001") + frames(5, 5), 11)
                # it is set aside only while others are answered
                for number in range(100, 200):
                    await send(receiver.port, hour(number, value=number), 1)
                    await asyncio.sleep(0.05)
                    if receiver.relays[0].set_aside:
                        break
                assert receiver.relays[0].set_aside == 1
                await until(lambda: receiver.relays[0].waiting == 0)

    asyncio.run(play())
    assert b"MN=MADE0001" in (tmp_path / "receiver" / "aside" / "city.log").read_bytes()
    assert set(wanted(10)) <= set(numbers(city))


def test_a_receiver_that_answers_nothing_keeps_everything_waiting(tmp_path: Path) -> None:
    city = MadeReceiver(answers=lambda _: 0)

    async def play() -> None:
        async with city.listening():
            relay = {"name": "city", "port": city.port, "answer_seconds": 0.05, "tries": 1}
            async with receiving(config(tmp_path, relay), MadeStore()) as receiver:
                await send(receiver.port, frames(3), 3)
                await until(lambda: len(city.packets) >= 9)
                assert receiver.relays[0].set_aside == 0
                assert receiver.relays[0].cursor.position.offset == 0
                city.answers = lambda _: 1
                await until(lambda: receiver.relays[0].waiting == 0)

    asyncio.run(play())


def test_stations_and_password_of_a_receiver_and_the_wish_for_an_answer(tmp_path: Path) -> None:
    city = MadeReceiver()

    async def play() -> None:
        async with city.listening():
            relay = {"name": "c", "port": city.port, "stations": ["MADE*"], "password": "999999"}
            async with receiving(config(tmp_path, relay), MadeStore()) as receiver:
                await send(receiver.port, frames(3) + frames(2, 5, mn="MADE0002", flag=4), 3)
                await until(lambda: receiver.relays[0].waiting == 0)

    asyncio.run(play())
    assert [(p.station, p.password, p.flag) for p in city.packets] == [
        ("MADE0002", "999999", 5)
    ] * 2


def test_a_queue_that_is_too_long_gives_up_its_oldest_file(tmp_path: Path) -> None:
    relay = {"name": "city", "port": 9, "backlog_gb": 1e-6}

    async def play() -> None:
        options = {"segment_mb": 0.0005}
        async with receiving(config(tmp_path, relay, **options), MadeStore()) as receiver:
            for begin in range(0, 50, 10):
                await send(receiver.port, frames(10, begin), 10)
            one = receiver.relays[0]
            assert one.waiting > 1000
            one.shorten()
            assert one.cursor.position > Position(1, 0)
            assert one.waiting <= 1000 + 2000  # at most the newest file stays beyond the limit

    asyncio.run(play())
