"""How much the receiver takes: simulated stations over loopback, answers timed, the store counted.

    python -m benchmarks.receiver [--stations 5000] [--rate 760] [--seconds 60] [--folder DIR]

Every station keeps a connection of its own, as data loggers do, and sends packets of six values
with a wish for an answer. First all of them together send so many readings a second (ten times the
average of a network of 2.4 billion readings a year), then each as fast as it is answered. At the
end everything that was answered must be in the observation store.
"""

import argparse
import asyncio
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from forecast.receiver.framing import Splitter, framed
from forecast.storage.observation_store import ObservationStore

CODES = ("a34004", "a34002", "a21026", "a21004", "a21005", "a05024")
HEAD = "mn,password,code,name,city_en,longitude,latitude,kind,units\n"


@dataclass
class Phase:
    """What one phase has seen.

    Attributes:
        waits: From sending to the answer, s.
        seconds: How long it lasted.
    """

    waits: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def told(self, name: str) -> str:
        """One line of figures."""
        waits = np.array(self.waits) * 1e3
        packets = len(self.waits) / self.seconds
        middle, late, last = np.percentile(waits, [50, 99, 100])
        return (
            f"{name:12} {packets:8.0f} packets/s {packets * len(CODES):9.0f} readings/s   answer "
            f"{middle:7.1f} ms median, {late:7.1f} ms 99 %, {last:7.1f} ms longest"
        )


class Station:
    """A data logger: one connection, one packet on its way at a time."""

    def __init__(self, mn: str) -> None:
        """Name it; its hours begin with the year."""
        self.mn, self.sent = mn, 0

    async def connect(self, port: int) -> None:
        """Open its connection."""
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)

    def frame(self) -> bytes:
        """Its next five minutes."""
        begin = np.datetime64("2025-12-31T16:00:00") + np.timedelta64(300 * self.sent, "s")
        when = str(begin + np.timedelta64(8, "h")).translate(str.maketrans("", "", "-:T"))
        self.sent += 1
        items = ";".join(
            f"{code}-Avg={(self.sent * 7 + place) % 90 + 1},{code}-Flag=N"
            for place, code in enumerate(CODES)
        )
        text = (
            f"QN={when}{self.sent % 1000:03d};ST=22;CN=2051;PW=123456;MN={self.mn};Flag=5;"
            f"CP=&&DataTime={when};{items}&&"
        )
        return framed(text.encode())

    async def send(self, phase: Phase) -> None:
        """Send a packet and wait for its answer."""
        began = time.perf_counter()
        self.writer.write(self.frame())
        splitter = Splitter()
        while not list(splitter.feed(await self.reader.readuntil(b"\r\n"))):
            pass
        phase.waits.append(time.perf_counter() - began)


async def steady(stations: list[Station], rate: float, seconds: float) -> Phase:
    """Let stations in turn send so many readings a second together."""
    phase, began = Phase(), time.perf_counter()
    tasks = []
    for number in range(int(rate * seconds / len(CODES))):
        due = began + number * len(CODES) / rate
        if (pause := due - time.perf_counter()) > 0:
            await asyncio.sleep(pause)
        tasks.append(asyncio.create_task(stations[number % len(stations)].send(phase)))
    await asyncio.gather(*tasks)
    phase.seconds = time.perf_counter() - began
    return phase


async def fastest(stations: list[Station], seconds: float) -> Phase:
    """Let every station send as soon as it is answered."""
    phase, began = Phase(), time.perf_counter()

    async def one(station: Station) -> None:
        while time.perf_counter() - began < seconds:
            await station.send(phase)

    await asyncio.gather(*map(one, stations))
    phase.seconds = time.perf_counter() - began
    return phase


def settings(folder: Path, port: int) -> Iterator[str]:
    """The receiver's settings as options of the command."""
    for setting in (
        f"receiver.folder={folder / 'receiver'}",
        f"receiver.stations={folder / 'stations.csv'}",
        "receiver.host=127.0.0.1",
        f"receiver.port={port}",
        "receiver.land_seconds=10",
        "receiver.limits.connections_per_address=20000",
        "receiver.limits.packets_per_second=10000",
        f"observations.store={folder / 'store'}",
    ):
        yield from ("--set", setting)


async def started(folder: Path, port: int) -> tuple[asyncio.subprocess.Process, float]:
    """Start the receiver; give it and the seconds until it listened."""
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "forecast",
        "receive",
        *settings(folder, port),
        stderr=asyncio.subprocess.DEVNULL,
    )
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        return process, time.perf_counter() - began


def usage(process: int) -> tuple[float, float]:
    """Processor seconds and resident memory, MB, of a process."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    ticks = int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def measure(options: argparse.Namespace, folder: Path) -> None:
    """Run both phases and count the store."""
    names = [f"MADE{number:05d}" for number in range(options.stations)]
    rows = (f"{mn},123456,S{mn},Made,Jinan,117,36.6,city,\n" for mn in names)
    (folder / "stations.csv").write_text(HEAD + "".join(rows), encoding="utf-8")
    free = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = free.sockets[0].getsockname()[1]
    free.close()
    process, seconds = await started(folder, port)
    print(f"listening after {seconds:.1f} s")
    stations = [Station(mn) for mn in names]
    began = time.perf_counter()
    for station in stations:
        await station.connect(port)
    print(f"{len(stations)} connections in {time.perf_counter() - began:.1f} s")
    answered = 0
    for name, phase in (
        ("steady", steady(stations, options.rate, options.seconds)),
        ("fastest", fastest(stations, options.seconds / 3)),
    ):
        before, _ = usage(process.pid)
        done = await phase
        cpu, memory = usage(process.pid)
        answered += len(done.waits)
        print(done.told(name))
        print(f"{'':12} receiver: {(cpu - before) / done.seconds:.0%} of a core, {memory:.0f} MB")
    for station in stations:
        station.writer.close()
    began = time.perf_counter()
    process.send_signal(signal.SIGTERM)
    await process.wait()
    print(f"stopped after {time.perf_counter() - began:.1f} s, everything landed")
    size = sum(path.stat().st_size for path in (folder / "receiver" / "journal").iterdir())
    print(f"journal: {size / answered:.0f} bytes a packet")
    process, seconds = await started(folder, port)
    print(f"listening again after {seconds:.1f} s, {answered} packets known")
    process.send_signal(signal.SIGTERM)
    await process.wait()
    stored = ObservationStore(folder / "store").read().size
    print(f"answered {answered * len(CODES)} readings, in the store {stored}")
    if stored != answered * len(CODES):
        raise SystemExit("the store does not hold what was answered")


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description="Measure the receiver.")
    parser.add_argument("--stations", type=int, default=5000)
    parser.add_argument("--rate", type=float, default=760.0, help="readings a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--folder", type=Path, help="a folder on the disk to be measured")
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        asyncio.run(measure(options, Path(folder)))


if __name__ == "__main__":
    main()
