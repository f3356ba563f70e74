"""`kill -9` at any moment: what was answered is there, and comes through after the next start."""

import asyncio
import os
import random
import signal
import sys
from pathlib import Path

import pytest

from forecast.receiver.packet import Packet
from tests.unit.made_stations import MadeReceiver, hour, journalled, send, until, write_table

STATIONS = 8
ROUNDS = 5


async def start(settings: list[str]) -> asyncio.subprocess.Process:
    """Start the receiver as people do."""
    options = [part for setting in settings for part in ("--set", setting)]
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "forecast", "receive", *options, stderr=asyncio.subprocess.DEVNULL
    )


async def station(number: int, port: int, answered: set[tuple[str, str]]) -> None:
    """Send hours one after the other, and note which were answered."""
    mn = f"MADE{number + 1:04d}"
    for count in range(100_000):
        value = random.random()  # noqa: S311
        try:
            found: list[Packet] = await send(port, hour(count, mn=mn, value=value), 1, seconds=5)
        except (OSError, TimeoutError):
            await asyncio.sleep(0.02)
            continue
        answered |= {(packet.station, f"{value:g}") for packet in found}


def values(packets: list[Packet]) -> set[tuple[str, str]]:
    """Stations and values of packets."""
    return {(one.station, one.groups[1]["a34004-Avg"]) for one in packets}


@pytest.mark.slow
def test_no_answered_packet_is_lost_by_kill_9(tmp_path: Path) -> None:
    table = write_table(tmp_path / "stations.csv", count=STATIONS + 1)
    folder, city = tmp_path / "receiver", MadeReceiver()
    answered: set[tuple[str, str]] = set()

    async def play() -> None:
        async with city.listening():
            free = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
            port = free.sockets[0].getsockname()[1]
            free.close()
            relay = f"{{name: city, host: 127.0.0.1, port: {city.port}, retry_seconds: 0.1}}"
            settings = [
                f"receiver.folder={folder}",
                f"receiver.stations={table}",
                "receiver.host=127.0.0.1",
                f"receiver.port={port}",
                "receiver.limits.packets_per_second=1000",
                f"receiver.relays=[{relay}]",
            ]
            stations = [
                asyncio.create_task(station(number, port, answered)) for number in range(STATIONS)
            ]
            for _ in range(ROUNDS):
                before = len(answered)
                process = await start(settings)
                await until(lambda: len(answered) > before + 5, 60)  # noqa: B023
                await asyncio.sleep(random.random() / 2)  # noqa: S311
                os.kill(process.pid, signal.SIGKILL)
                await process.wait()
                assert answered <= values(journalled(folder))
            before = len(answered)
            process = await start(settings)
            await until(lambda: len(answered) > before, 60)
            for task in stations:
                task.cancel()
            await asyncio.gather(*stations, return_exceptions=True)
            # what waited for the city gets there
            await until(lambda: answered <= values(city.packets), 60)
            process.terminate()
            assert await process.wait() == 0

    asyncio.run(play())
    assert len(answered) > 5 * ROUNDS
