"""How well the model would use more ranks: a model of its time, from what is measured here.

`python -m benchmarks.scaling` measures, on this machine,

* the time of an hour on single tiles of many shapes (one rank, neighbours on all sides: the tile
  exchanges with itself, so that copies to and from messages count), on the processor, in the
  median of rounds in which all shapes take turns, and fits to each process a time that does not
  depend on size, a time a cell and a time a padded cell (rows of whole lane groups with halos, or
  whole chemistry lanes);
* how often a tile exchanges and agrees in an hour, and the bytes it sends;
* messages and collective calls between two MPI ranks (`benchmarks.network`).

It adds this up for the largest tile of the real decomposition of the 9 km domain and of the same
area in cells of 3 km, on 1 to 1,024 ranks (or as many as fit), for the network measured here and
for those given by `--network NAME LATENCY_US GIGABYTES_PER_SECOND RANKS_A_NODE`, and sets the
prediction for two ranks beside a run on two ranks (`--no-check` leaves it out). The last line is
one JSON object. Nothing is counted for files, for waiting on ranks that the system disturbs, nor
for cells that need the slow solver.
"""

import argparse
import json
import statistics
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.optimize import nnls

from benchmarks.made_model import (
    MeasuredModel,
    count_processor_time,
    domain_config,
    made_case,
    options,
)
from benchmarks.model import on_ranks
from benchmarks.network import Network, Traffic, collective, on_two_ranks, tell, wire
from forecast.chemistry.lanes import padded_length
from forecast.common.errors import DecompositionError
from forecast.config.domain import DomainConfig
from forecast.ctm.build import ModelOptions
from forecast.ctm.horizontal import AGREEMENT, EXCHANGE
from forecast.ctm.kernels.layout import BLOCK, block_count, row_width
from forecast.fields.arrays import Float
from forecast.parallel.comm import Buffer, Request, SerialComm
from forecast.parallel.decomposition import Decomposition, Side

RANKS = tuple(2**power for power in range(11))
SHAPES = ((3, 4), (6, 8), (3, 32), (9, 12), (12, 32), (18, 24), (24, 32), (36, 48), (48, 63))
"""(ny, nx) of tiles: those of many ranks, and some for the fit."""
HOURS, ROUNDS, CHECKS = 2, 3, 4
TYPICAL = (
    Network("nodes of 32 ranks, 100 Gb/s InfiniBand", 2.0e-6, 12.5e9, 32),
    Network("nodes of 32 ranks, 25 Gb/s Ethernet", 15.0e-6, 3.1e9, 32),
)
"""Order of magnitude of usual clusters, not measured: nominal rates of a node's way out."""
HOURLY = {"exact_sum": 1, "agree": 1, "maximum": 1}
"""Collective calls at the end of an hour."""
PADDED = ("transport", "mixing")

Figures = dict[str, Any]


class CountingComm(SerialComm):
    """One rank that counts what it sends to itself."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = np.zeros((4, 2))
        self.asked = 0

    def send(self, values: Buffer, destination: int, tag: int) -> Request:
        """Count and keep."""
        self.sent[tag] += (1, values.nbytes)
        return super().send(values, destination, tag)

    def maximum(self, values: Buffer) -> Buffer:
        """Count and return."""
        self.asked += 1
        return super().maximum(values)


@dataclass(frozen=True)
class Domain:
    """A domain to predict for.

    Attributes:
        name: For the report.
        config: Cells and layers.
        options: Of the model.
    """

    name: str
    config: DomainConfig
    options: ModelOptions


def domains() -> tuple[Domain, Domain]:
    """The 9 km domain, and its area in cells of 3 km with a step of half the length."""
    nine = domain_config("shandong_9km")
    size = {"nx": 3 * nine.nx, "ny": 3 * nine.ny, "cell_size": nine.cell_size / 3.0}
    three = nine.model_copy(update={"name": "shandong_3km", **size})
    chosen = options()
    half = chosen.transport.model_copy(update={"time_step": chosen.transport.time_step // 2})
    shorter = ModelOptions(half, chosen.chemistry, chosen.deposition)
    return Domain("9 km", nine, chosen), Domain("3 km", three, shorter)


def padded_cells(layers: int, ny: int, nx: int) -> int:
    """Cells that transport and mixing work on for a tile."""
    return layers * block_count(ny * row_width(nx)) * BLOCK


def features(process: str, layers: int, ny: int, nx: int) -> tuple[float, float, float]:
    """What the time of a process on a tile depends on: 1, cells, padded cells."""
    cells = layers * ny * nx
    if process.startswith("chemistry"):
        return 1.0, 0.0, float(layers * padded_length(ny * nx))
    if process in PADDED:
        return 1.0, float(cells), float(padded_cells(layers, ny, nx))
    return 1.0, float(cells), 0.0


class TileTimes:
    """Measured times of tiles and what is fitted to them.

    Attributes:
        seconds: Of an hour, by shape and process, s.
        weights: Of `features`, by process; of exchange: of messages and bytes.
        traffic: Messages of a tile.
    """

    def __init__(self, domain: Domain) -> None:
        """Measure all shapes in turn, and fit."""
        self.layers = len(domain.config.levels.eta) - 1
        count_processor_time()
        models = {}
        comms = {shape: CountingComm() for shape in SHAPES}
        for ny, nx in SHAPES:
            layout = Decomposition(ny, nx, 1, 1, periodic_x=True, periodic_y=True)
            case = made_case(domain.config, (ny, nx))
            models[ny, nx] = MeasuredModel(case, comms[ny, nx], layout, domain.options)
        taken: dict[tuple[int, int], list[dict[str, float]]] = {shape: [] for shape in SHAPES}
        for comm in comms.values():
            comm.sent[:], comm.asked = 0.0, 0
        for _ in range(ROUNDS):
            for shape, model in models.items():
                spent = model.run(HOURS).processes
                taken[shape].append({name: value / HOURS for name, value in spent.items()})
        self.seconds = {
            shape: {name: statistics.median(run[name] for run in runs) for name in runs[0]}
            for shape, runs in taken.items()
        }
        hours = HOURS * ROUNDS
        self.sent = {shape: comm.sent / hours for shape, comm in comms.items()}
        self.traffic = self._traffic(comms[SHAPES[-1]], hours)
        names = next(iter(self.seconds.values()))
        self.weights = {
            name: self._fit(name) for name in names if name not in (EXCHANGE, AGREEMENT)
        }
        self.weights[EXCHANGE] = self._fit_exchange()

    @staticmethod
    def _traffic(comm: CountingComm, hours: int) -> Traffic:
        """Count by axis; the bytes of a message are proportional to the edge."""
        ny, nx = SHAPES[-1]
        west, south = comm.sent[Side.WEST] / hours, comm.sent[Side.SOUTH] / hours
        hourly = HOURLY["agree"] + HOURLY["maximum"]
        return Traffic(
            (float(west[0]), float(south[0])),
            (float(west[1] / ny), float(south[1] / nx)),
            comm.asked / hours - hourly,
        )

    def _fit(self, name: str) -> tuple[float, ...]:
        """Times of a process, each shape with the same relative weight."""
        rows = np.array([features(name, self.layers, *shape) for shape in SHAPES])
        return solve(rows, np.array([self.seconds[shape][name] for shape in SHAPES]))

    def _fit_exchange(self) -> tuple[float, ...]:
        """Times of packing and unpacking: a message, a byte to the side, a byte north or south."""
        rows = []
        for shape in SHAPES:
            sent = self.sent[shape]
            rows.append((sent[:, 0].sum(), sent[:2, 1].sum(), sent[2:, 1].sum()))
        return solve(np.array(rows), np.array([self.seconds[s][EXCHANGE] for s in SHAPES]))

    def compute(self, ny: int, nx: int) -> dict[str, float]:
        """Time of each process on a tile without neighbours, s an hour."""
        return {
            name: float(np.dot(weights, features(name, self.layers, ny, nx)))
            for name, weights in self.weights.items()
            if name != EXCHANGE
        }

    def error(self) -> float:
        """Largest difference of the fit from a measured shape, relative."""
        return max(
            abs(sum(self.compute(*shape).values()) / self._measured(shape) - 1.0)
            for shape in SHAPES
        )

    def _measured(self, shape: tuple[int, int]) -> float:
        times = self.seconds[shape]
        return sum(value for name, value in times.items() if name not in (EXCHANGE, AGREEMENT))


def solve(rows: Float, times: Float) -> tuple[float, ...]:
    """Weights, none negative, that fit times with the same relative weight each."""
    weights, _ = nnls(rows / times[:, None], np.ones(times.size))
    return tuple(float(weight) for weight in weights)


def fitting(ny: int, nx: int, ranks: int) -> Decomposition:
    """Return the decomposition for as many ranks as fit, at most so many."""
    for count in range(ranks, 0, -1):
        try:
            return Decomposition.choose(ny, nx, count)
        except DecompositionError:
            continue
    return Decomposition(ny, nx, 1, 1)


def predict(
    domain: Domain, tiles: TileTimes, network: Network, measured: Figures, ranks: int
) -> Figures:
    """Parts of the time of an hour on the largest tile, s, and what they mean."""
    layout = fitting(domain.config.ny, domain.config.nx, ranks)
    ny, nx = layout.chunk
    beside, above = min(layout.columns - 1, 2), min(layout.rows - 1, 2)
    traffic = tiles.traffic
    here = Network("here", measured["latency"], measured["bandwidth"])
    copied = (
        beside * traffic.exchanges[0] + above * traffic.exchanges[1],
        beside * ny * traffic.bytes[0],
        above * nx * traffic.bytes[1],
    )
    calls = {"maximum": traffic.agreements}
    for name, count in HOURLY.items():
        calls[name] = calls.get(name, 0.0) + count
    agreeing = sum(
        count * collective(measured["collectives"][name], here.latency, network, layout.size)
        for name, count in calls.items()
    )
    parts = {
        "compute": sum(tiles.compute(ny, nx).values()),
        "copies": float(np.dot(tiles.weights[EXCHANGE], copied)),
        "messages": wire(layout, traffic, network, here),
        "collectives": agreeing,
    }
    total, own = sum(parts.values()), tiles.layers * ny * nx
    whole = sum(tiles.compute(domain.config.ny, domain.config.nx).values())
    return {
        "ranks": layout.size,
        "tile": [ny, nx],
        "seconds_an_hour": total,
        "efficiency": whole / (layout.size * total),
        "imbalance": ny * nx * layout.size / (domain.config.ny * domain.config.nx),
        "padding": padded_cells(tiles.layers, ny, nx) / own,
        "fixed": sum(w[0] for name, w in tiles.weights.items() if name != EXCHANGE),
        **parts,
    }


def table(name: str, network: Network, rows: list[Figures]) -> None:
    """Print predictions for one domain and network."""
    print(f"\n{name}, {network.name}: of an hour on the largest tile, ms")
    print("ranks   tile     total    fixed  compute   copies messages  collect  imbal  padd  eff %")
    for row in rows:
        times = [
            1.0e3 * row[key]
            for key in (
                "seconds_an_hour", "fixed", "compute", "copies", "messages", "collectives",
            )
        ]  # fmt: skip
        tile = f"{row['tile'][0]}x{row['tile'][1]}"
        numbers = " ".join(f"{value:8.1f}" for value in times)
        print(
            f"{row['ranks']:5d} {tile:>7} {numbers}  {row['imbalance']:5.2f} "
            f"{row['padding']:5.1f} {100 * row['efficiency']:6.1f}"
        )


def check(name: str, predictions: list[Figures]) -> Figures:
    """Set the prediction for two ranks beside runs; the shortest counts, other work only adds."""
    times: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(CHECKS):
        for ranks, taken in times.items():
            taken.append(on_ranks(ranks, [name], HOURS, False)[name]["seconds"] / HOURS)
    one, two = min(times[1]), min(times[2])
    found = {
        "measured_one_rank": one,
        "measured_two_ranks": two,
        "measured_efficiency": one / (2.0 * two),
        "predicted_one_rank": predictions[0]["seconds_an_hour"],
        "predicted_two_ranks": predictions[1]["seconds_an_hour"],
        "predicted_efficiency": predictions[1]["efficiency"],
    }
    for key, value in found.items():
        print(f"{key:22} {value:8.3f}")
    return found


def main(networks: tuple[Network, ...], checked: bool) -> None:
    """Measure, predict and print."""
    measured = on_two_ranks()
    tell(measured)
    here = Network("shared memory, measured here", measured["latency"], measured["bandwidth"])
    result: Figures = {"network": measured}
    for domain in domains():
        tiles = TileTimes(domain)
        print(f"\n{domain.name}: fit within {100 * tiles.error():.0f} % of the measured tiles")
        rows = {}
        for network in (here, *networks):
            rows[network.name] = [
                predict(domain, tiles, network, measured, ranks) for ranks in RANKS
            ]
            table(domain.name, network, rows[network.name])
        result[domain.name] = {
            "fit_error": tiles.error(),
            "weights": tiles.weights,
            "traffic": asdict(tiles.traffic),
            "tiles": {f"{ny}x{nx}": times for (ny, nx), times in tiles.seconds.items()},
            "predictions": rows,
        }
        if checked and domain.config.name == "shandong_9km":
            result["check"] = check(domain.config.name, rows[here.name])
    print(json.dumps(result))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--network",
        nargs=4,
        action="append",
        metavar=("NAME", "LATENCY_US", "GIGABYTES_PER_SECOND", "RANKS_A_NODE"),
        help="a network to predict for, instead of the usual ones",
    )
    parser.add_argument("--no-check", action="store_true", help="no run on two ranks")
    chosen = parser.parse_args()
    given = tuple(
        Network(name, 1.0e-6 * float(latency), 1.0e9 * float(bandwidth), int(node))
        for name, latency, bandwidth, node in chosen.network or ()
    )
    main(given or TYPICAL, not chosen.no_check)
