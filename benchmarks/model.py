"""Speed and size of the whole transport model, all processes on, on the domains of the project.

`python -m benchmarks.model` runs the made case (see `benchmarks.made_model`) with the species,
mechanism and steps of the default configuration on the 27 km and the 9 km domain. One rank and two
MPI ranks take turns, `--rounds` times; in a job the domains take turns hour by hour. What is given
is the median of the rounds. `--hours` sets the length of a round, `--domains` leaves domains out,
`--inert` switches chemistry off. The last line is one JSON object, with an object a domain:

* `cell_hours_per_core_second`: cells x model hours over seconds on the processor, on one rank;
  `by_the_clock`: the same over seconds that passed, less where the machine has other work;
* `share`: of each process in the time of one rank, percent; preparing an hour is with its process;
* `microseconds_per_cell_hour`: the same in time;
* `two_ranks_by_the_clock`, `speed_up`, `exchange_share`: on two ranks, by the clock, for each of
  them; the last with the wait for the other rank, percent of the time;
* `bytes_per_cell`: all that the model keeps and needs at most, on one rank; `state_bytes_per_cell`:
  of the state alone.

and over all domains `largest_domain_24GB`: cells for which 24 GB are enough on two ranks, with
`bytes_per_rank` for each process before it has any cell.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.made_model import (
    DOMAINS,
    MeasuredModel,
    composition,
    count_processor_time,
    domain_config,
    made_case,
    options,
    resident_bytes,
)
from forecast.ctm.horizontal import AGREEMENT, EXCHANGE
from forecast.ctm.warm import warm
from forecast.parallel.comm import Communicator, SerialComm
from forecast.parallel.decomposition import Decomposition
from forecast.parallel.mpi import world

MEMORY = 24.0e9
"""Of the machine whose largest domain is asked for, bytes."""
RANKS = (1, 2)
SMALL = (8, 8)
"""Cells of a model that loads all compiled kernels before memory is counted."""

Figures = dict[str, Any]


def measure(comm: Communicator, domains: Sequence[str], hours: int, inert: bool) -> Figures:
    """Run all domains on these ranks, hour by hour in turn; returns the figures of this rank."""
    if comm.size == 1:
        count_processor_time()
    small = made_case(domain_config(domains[0]), SMALL)
    MeasuredModel(small, SerialComm(), Decomposition(*SMALL, 1, 1), options(inert))
    empty = resident_bytes()
    models = {}
    for name in domains:
        case = made_case(domain_config(name))
        layout = Decomposition.choose(case.ny, case.nx, comm.size)
        models[name] = MeasuredModel(case, comm, layout, options(inert))
    seconds, core_seconds = dict.fromkeys(domains, 0.0), dict.fromkeys(domains, 0.0)
    processes: dict[str, dict[str, float]] = {name: {} for name in domains}
    for _ in range(hours):
        for name, model in models.items():
            spent = model.run(1)
            seconds[name] += spent.seconds
            core_seconds[name] += spent.core_seconds
            for process, value in spent.processes.items():
                processes[name][process] = processes[name].get(process, 0.0) + value
    return {
        name: {
            "cells": model.cells,
            "hours": hours,
            "seconds": seconds[name],
            "core_seconds": core_seconds[name],
            "processes": processes[name],
            "grown": model.grown,
            "empty": empty,
            "state_bytes": model.model.state.bytes_per_cell,
            "closure": float(model.model.ledger.closure().max()),
            "species": len(model.model.ledger.species),
        }
        for name, model in models.items()
    }


def on_ranks(ranks: int, domains: Sequence[str], hours: int, inert: bool) -> Figures:
    """Measure on MPI ranks in a job of its own; the figures of rank 0."""
    launcher = str(Path(sys.executable).with_name("mpiexec"))
    program = [sys.executable, "-m", "benchmarks.model", "--worker", "--hours", str(hours)]
    program += ["--domains", *domains, *(["--inert"] if inert else [])]
    done = subprocess.run(
        [launcher, "-n", str(ranks), *program], stdout=subprocess.PIPE, text=True, check=True
    )
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def median(runs: Sequence[Figures], name: str, key: str) -> float:
    """Median over the runs of a figure of a domain."""
    return float(statistics.median(run[name][key] for run in runs))


def shares(runs: Sequence[Figures], name: str) -> dict[str, float]:
    """Seconds of each process, preparing an hour included, the median over runs."""
    sums: dict[str, list[float]] = {}
    for place, run in enumerate(runs):
        for process, value in run[name]["processes"].items():
            whole = sums.setdefault(process.removesuffix(": hourly"), [0.0] * len(runs))
            whole[place] += value
    return {process: statistics.median(values) for process, values in sums.items()}


def summary(one: Sequence[Figures], two: Sequence[Figures], name: str) -> Figures:
    """Figures of one domain from the runs on one rank and on two."""
    cells, hours = one[0][name]["cells"], one[0][name]["hours"]
    work = cells * hours
    alone, both = median(one, name, "seconds"), median(two, name, "seconds")
    busy = median(one, name, "core_seconds")
    parts, parts_two = shares(one, name), shares(two, name)
    together = sum(parts_two.get(key, 0.0) for key in (EXCHANGE, AGREEMENT))
    return {
        "cells": cells,
        "species": one[0][name]["species"],
        "cell_hours_per_core_second": round(work / busy),
        "runs": [round(work / run[name]["core_seconds"]) for run in one],
        "by_the_clock": round(work / alone),
        "share": {
            key: round(100.0 * value / sum(parts.values()), 1) for key, value in parts.items()
        },
        "microseconds_per_cell_hour": {
            key: round(1.0e6 * value / work, 3) for key, value in parts.items()
        },
        "two_ranks_by_the_clock": round(work / (2.0 * both)),
        "speed_up": round(alone / both, 2),
        "exchange_share": round(100.0 * together / both, 1),
        "bytes_per_cell": round(median(one, name, "grown") / cells),
        "state_bytes_per_cell": round(one[0][name]["state_bytes"], 1),
        "mass_closure": one[0][name]["closure"],
    }


def tell(name: str, found: Figures) -> None:
    """Print the figures of a domain."""
    print(f"\n{name}: {found['cells']} cells, {found['species']} species")
    for process, share in found["share"].items():
        spent = found["microseconds_per_cell_hour"][process]
        print(f"  {process:12} {share:5.1f} %  {spent:8.3f} us a cell and hour")
    print(
        f"  {found['cell_hours_per_core_second']} cell-hours a core-second on one rank, by the "
        f"clock {found['by_the_clock']}, on each of two {found['two_ranks_by_the_clock']} (speed-up"
        f" {found['speed_up']}, {found['exchange_share']} % with the other rank), "
        f"{found['bytes_per_cell']} bytes a cell"
    )


def main(domains: Sequence[str], hours: int, rounds: int, inert: bool) -> None:
    """Measure and print."""
    start = time.perf_counter()
    warm(composition(), options(inert))
    print(f"kernels ready after {time.perf_counter() - start:.1f} s", flush=True)
    runs: dict[int, list[Figures]] = {ranks: [] for ranks in RANKS}
    for _ in range(rounds):
        for ranks in RANKS:
            runs[ranks].append(on_ranks(ranks, domains, hours, inert))
    result = {name: summary(runs[1], runs[2], name) for name in domains}
    for name in domains:
        tell(name, result[name])
    largest = max(domains, key=lambda name: int(result[name]["cells"]))
    empty = median(runs[2], largest, "empty")
    fits = round((MEMORY - 2.0 * empty) / result[largest]["bytes_per_cell"])
    print(f"24 GB hold {fits} cells on two ranks")
    memory = {"largest_domain_24GB": fits, "bytes_per_rank": round(empty)}
    print(json.dumps({**result, **memory}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--domains", nargs="+", default=list(DOMAINS))
    parser.add_argument("--inert", action="store_true", help="species that do not react")
    parser.add_argument("--worker", action="store_true", help="be one of the MPI ranks")
    chosen = parser.parse_args()
    if chosen.worker:
        ranks = world()
        found = measure(ranks, chosen.domains, chosen.hours, chosen.inert)
        if ranks.rank == 0:
            print(json.dumps(found))
    else:
        main(chosen.domains, chosen.hours, chosen.rounds, chosen.inert)
