"""Speed and size of the whole transport model on the grid of the default case, one rank and two.

`python -m benchmarks.model` runs the made case (`forecast.ctm.idealised`: jet, waves, rising air,
rain, towns) on the domain and layers of the default case with the simple chemistry, everything
included but files: meteorology is made from formulas, and the time for that is not counted, as
reading is not. `--hours N` sets the length. The last line is one JSON object:

* `cell_hours_per_core_second`: cells x model hours over (ranks x seconds), on one rank;
* `share`: of each process in the time of one rank, percent;
* `state_bytes_per_cell`, `resident_bytes_per_cell`: of the state, and of all that the model keeps;
* `two_ranks_cell_hours_per_core_second`, `speed_up`: the same on two MPI ranks.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from forecast.chemistry.composition import composition_of
from forecast.config.chemistry import ChemistryConfig
from forecast.config.domain import DomainConfig
from forecast.ctm.build import ModelOptions
from forecast.ctm.idealised import IdealisedCase, idealised_model
from forecast.ctm.model import NoOutput, Sinks
from forecast.ctm.warm import warm
from forecast.grid.domain import Domain
from forecast.parallel.comm import Communicator, SerialComm
from forecast.parallel.decomposition import Decomposition
from forecast.parallel.mpi import world

MADE = "input"
"""Timing of making or reading meteorology, not counted."""
PAGE = 4096


def resident_bytes() -> int:
    """Memory of this process, bytes; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE
    except OSError:
        return 0


def run(comm: Communicator, hours: int) -> dict[str, Any]:
    """Run on these ranks; returns the figures of this rank."""
    domain = Domain.from_config(DomainConfig())
    nz, ny, nx = domain.shape
    composition = composition_of(ChemistryConfig())
    case = IdealisedCase(ny, nx, domain.levels, composition, domain.horizontal.cell_size)
    layout = Decomposition.choose(ny, nx, comm.size)
    before = resident_bytes()
    model = idealised_model(case, comm, layout, ModelOptions())
    model.run(1, Sinks(NoOutput()))
    grown = resident_bytes() - before
    comm.barrier()
    first, start = model.timings, time.perf_counter()
    model.run(hours + 1, Sinks(NoOutput()))
    comm.barrier()
    seconds = time.perf_counter() - start
    spent = {name: value - first[name] for name, value in model.timings.items()}
    counted = seconds - spent.pop(MADE)
    tile = layout.tile(comm.rank)
    return {
        "cells": nz * ny * nx,
        "seconds": counted,
        "hours": hours,
        "spent": spent,
        "state_bytes": model.state.bytes_per_cell,
        "resident_bytes": grown / (nz * tile.ny * tile.nx),
        "closure": float(model.ledger.closure().max()),
    }


def on_ranks(ranks: int, hours: int) -> dict[str, Any]:
    """Run on MPI ranks and return the figures of rank 0."""
    launcher = str(Path(sys.executable).with_name("mpiexec"))
    program = [sys.executable, "-m", "benchmarks.model", "--hours", str(hours), "--worker"]
    done = subprocess.run(
        [launcher, "-n", str(ranks), *program], capture_output=True, text=True, check=True
    )
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def rate(figures: dict[str, Any], ranks: int) -> float:
    """Cell hours a core second."""
    return float(figures["cells"] * figures["hours"] / (ranks * figures["seconds"]))


def main(hours: int) -> None:
    """Measure and print."""
    composition = composition_of(ChemistryConfig())
    start = time.perf_counter()
    warm(composition, ModelOptions())
    print(f"kernels ready after {time.perf_counter() - start:.1f} s")
    one = run(SerialComm(), hours)
    two = on_ranks(2, hours)
    total = sum(one["spent"].values())
    share = {name: round(100.0 * value / total, 1) for name, value in one["spent"].items()}
    for name, part in share.items():
        print(f"{name:22} {part:5.1f} %  {1e3 * one['spent'][name] / hours:7.2f} ms an hour")
    result = {
        "cell_hours_per_core_second": round(rate(one, 1)),
        "milliseconds_per_hour": round(1e3 * one["seconds"] / hours, 1),
        "share": share,
        "state_bytes_per_cell": round(one["state_bytes"], 1),
        "resident_bytes_per_cell": round(one["resident_bytes"]),
        "mass_closure": one["closure"],
        "two_ranks_cell_hours_per_core_second": round(rate(two, 2)),
        "speed_up": round(one["seconds"] / two["seconds"], 2),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--worker", action="store_true", help="be one of several MPI ranks")
    arguments = parser.parse_args()
    if arguments.worker:
        ranks = world()
        found = run(ranks, arguments.hours)
        if ranks.rank == 0:
            print(json.dumps(found))
    else:
        main(arguments.hours)
