"""Latency and bandwidth between MPI ranks as the model sees them, through its own communicator.

`python -m benchmarks.network` starts two ranks. They exchange messages as halos are exchanged: both
post a receive, send, and wait. The sizes are those of halos of real decompositions. Then come the
collective calls of a step and of an hour. Each figure is the median of rounds in which all sizes
take turns. The last line is one JSON object:

* `exchange`: (bytes each way, s) of every size; `latency` s and `bandwidth` bytes s-1 fitted to it;
* `collectives`: s of each call.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import nnls

from forecast.fields.arrays import Float
from forecast.parallel.collect import agree, exact_sum
from forecast.parallel.comm import Communicator
from forecast.parallel.decomposition import HALO
from forecast.parallel.mpi import world

SPECIES, LAYERS = 85, 16
LENGTHS = (3, 6, 12, 24, 48, 96)
"""Cells along the edge of a tile."""
ENTRIES = 7
"""Rows of the ledger that are summed each hour, for every species."""
ROUNDS, CALLS = 15, 20


@dataclass(frozen=True)
class Network:
    """What a message costs.

    Attributes:
        name: Of the network.
        latency: s.
        bandwidth: Of one rank, bytes s-1.
    """

    name: str
    latency: float
    bandwidth: float

    def seconds(self, messages: float, size: float) -> float:
        """Time of some messages of `size` bytes in all."""
        return messages * self.latency + size / self.bandwidth


def words_of(length: int, layers: int = LAYERS, species: int = SPECIES) -> int:
    """Length of a halo message of an edge of `length` cells, float64 words."""
    return layers * length + (species * layers * length * HALO + 1) // 2


def swap(comm: Communicator, size: int) -> Callable[[], None]:
    """Return a function that exchanges messages of `size` words with the other rank."""
    incoming, outgoing = np.zeros(size), np.ones(size)
    other = 1 - comm.rank

    def call() -> None:
        received = comm.receive(incoming, other, 1)
        comm.send(outgoing, other, 1).wait()
        received.wait()

    return call


def seconds_each(comm: Communicator, calls: dict[str, Callable[[], None]]) -> dict[str, float]:
    """Time of one call of each function, the median over rounds in which they take turns."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            comm.barrier()
            start = time.perf_counter()
            for _ in range(CALLS):
                call()
            taken[name].append((time.perf_counter() - start) / CALLS)
    return {name: statistics.median(values) for name, values in taken.items()}


def line(points: list[tuple[float, float]]) -> tuple[float, float]:
    """Latency and bandwidth of (bytes, s), each point with the same relative weight."""
    sizes, times = np.array(points).T
    rows: Float = np.stack([1.0 / times, sizes / times], axis=1)
    (latency, each), _ = nnls(rows, np.ones(len(points)))
    return float(latency), float(1.0 / each)


def measure(comm: Communicator) -> dict[str, Any]:
    """Measure on two ranks."""
    sizes = (1, 128, *(words_of(length) for length in LENGTHS))
    swaps = seconds_each(comm, {str(8 * size): swap(comm, size) for size in sizes})
    courant, counts = np.zeros((2, LAYERS)), np.arange(ENTRIES * SPECIES)
    collectives: dict[str, Callable[[], None]] = {
        "maximum": lambda: void(comm.maximum(courant)),
        "exact_sum": lambda: void(exact_sum(comm, counts)),
        "agree": lambda: agree(comm, None),
        "barrier": comm.barrier,
    }
    points = [(float(size), value) for size, value in swaps.items()]
    latency, bandwidth = line(points)
    return {
        "exchange": points,
        "latency": latency,
        "bandwidth": bandwidth,
        "collectives": seconds_each(comm, collectives),
    }


def void(_: object) -> None:
    """Take a result and drop it."""


def on_two_ranks() -> dict[str, Any]:
    """Measure in a job of two MPI ranks."""
    launcher = str(Path(sys.executable).with_name("mpiexec"))
    program = [sys.executable, "-m", "benchmarks.network", "--worker"]
    done = subprocess.run(
        [launcher, "-n", "2", *program], stdout=subprocess.PIPE, text=True, check=True
    )
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def tell(found: dict[str, Any]) -> None:
    """Print the figures."""
    for size, value in found["exchange"]:
        print(f"{size:10.0f} bytes each way {1e6 * value:9.1f} us {1e-9 * size / value:7.2f} GB/s")
    for name, value in found["collectives"].items():
        print(f"{name:26} {1e6 * value:9.1f} us")
    print(
        f"latency {1e6 * found['latency']:.1f} us, bandwidth {1e-9 * found['bandwidth']:.2f} GB/s"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worker", action="store_true", help="be one of the MPI ranks")
    if parser.parse_args().worker:
        ranks = world()
        figures = measure(ranks)
        if ranks.rank == 0:
            print(json.dumps(figures))
    else:
        figures = on_two_ranks()
        tell(figures)
        print(json.dumps(figures))
