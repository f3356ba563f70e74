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
from forecast.parallel.decomposition import HALO, Decomposition, Side
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
        bandwidth: Of one rank in shared memory, or of all ranks of a node, bytes s-1.
        node: Ranks that share memory and the way out; 0 where all share memory.
    """

    name: str
    latency: float
    bandwidth: float
    node: int = 0


@dataclass
class Traffic:
    """Messages of a tile that exchanges with itself, in one hour.

    Attributes:
        exchanges: Number of exchanges along x and along y.
        bytes: Sent to one neighbour along x a cell of the tile's west edge, and along y likewise.
        agreements: Collective calls of the steps.
    """

    exchanges: tuple[float, float]
    bytes: tuple[float, float]
    agreements: float


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


def collective(seconds: float, latency_here: float, network: Network, ranks: int) -> float:
    """Time of a collective call: measured on two ranks here, more by messages up and down a tree.

    Args:
        seconds: On two ranks here.
        latency_here: Of the network measured here, s.
        network: To predict for.
        ranks: How many.
    """
    if ranks == 1:
        return 0.0
    depth = float(np.ceil(np.log2(ranks)))
    return max(seconds - latency_here, 0.0) + depth * max(latency_here, network.latency)


def leaving(layout: Decomposition, node: int) -> tuple[int, int]:
    """Most edges along y and x (cut columns, cut rows) that ranks of one node share with others."""
    most = (0, 0)
    for first in range(0, layout.size if node else 0, node or 1):
        cut = [0, 0]
        for rank in range(first, min(first + node, layout.size)):
            for side, other in zip(Side, layout.tile(rank).neighbours, strict=True):
                if other is not None and other // node != first // node:
                    cut[side in (Side.SOUTH, Side.NORTH)] += 1
        most = max(most, (cut[0], cut[1]), key=sum)
    return most


def wire(layout: Decomposition, traffic: Traffic, network: Network, here: Network) -> float:
    """Time of the messages of an hour, s.

    Each rank sends through shared memory to neighbours on its node; all ranks of the node share
    the way out of it, and the node whose tiles have most edges to others decides.
    """
    ny, nx = layout.chunk
    beside, above = min(layout.columns - 1, 2), min(layout.rows - 1, 2)
    messages = beside * traffic.exchanges[0] + above * traffic.exchanges[1]
    sent = beside * ny * traffic.bytes[0] + above * nx * traffic.bytes[1]
    columns, rows = leaving(layout, network.node)
    if not columns + rows:
        return messages * here.latency + sent / here.bandwidth
    out = columns * ny * traffic.bytes[0] + rows * nx * traffic.bytes[1]
    slowest = max(network.latency, here.latency)
    return messages * slowest + max(out / network.bandwidth, sent / here.bandwidth)


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
