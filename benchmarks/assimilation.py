"""How long an analysis takes: 13,000 columns, 20 members, 1,500 stations of six pollutants.

    python -m benchmarks.assimilation [--threads 2]

Everything between the arrays of the members and those of the analysis: departures, checks, the
filter for each of six groups and for the factors on emissions. Reading and writing are not in it.
"""

import argparse
import time

import numpy as np

from forecast.assimilation.analysis import Columns, filter_members
from forecast.assimilation.departures import Sites, compare, joined
from forecast.config.assimilation import AssimilationConfig
from forecast.grid.stations import StationKind

NX, NY, NZ, MEMBERS, STATIONS, CELL = 130, 100, 16, 20, 1500, 9.0e3


def main() -> None:
    """Print the seconds of each part."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--threads", type=int, default=2)
    threads = parser.parse_args().threads
    rng = np.random.default_rng(1)
    options = AssimilationConfig()
    columns = Columns(
        np.linspace(0, NX * CELL, NX), np.linspace(0, NY * CELL, NY), np.linspace(1, 0, NZ)
    )
    x, y = rng.uniform(0, NX * CELL, STATIONS), rng.uniform(0, NY * CELL, STATIONS)
    sites = Sites(x, y, (StationKind.CITY,) * STATIONS, CELL)
    members = rng.normal(3.0, 0.5, (MEMBERS, NZ, NY, NX)).astype(np.float32)
    modelled = np.exp(rng.normal(4.0, 0.4, (MEMBERS, STATIONS, options.window_hours)))
    observed = np.exp(rng.normal(4.2, 0.5, (STATIONS, options.window_hours)))
    filter_members(  # compiles
        members[:, :, :2, :2].astype(np.float64),
        compare("pm25", observed, modelled, sites, options),
        Columns(columns.x[:2], columns.y[:2], columns.weight),
        np.ones((2, 2)),
        options,
    )
    begin, used = time.perf_counter(), time.process_time()
    parts = []
    for name in options.pollutants:
        parts.append(compare(name, observed, modelled, sites, options))
        filter_members(members, parts[-1], columns, np.ones((NY, NX)), options, threads)
    surface = Columns(columns.x, columns.y, np.ones(1))
    among = joined([part for part in parts if part.pollutant in options.emissions.pollutants])
    filter_members(members[:, :1], among, surface, np.ones((NY, NX)), options, threads)
    print(
        f"{NX * NY} columns, {NZ} layers, {MEMBERS} members, {STATIONS} stations of "
        f"{len(parts)} pollutants and factors on emissions, {threads} threads: "
        f"{time.perf_counter() - begin:.1f} s, {time.process_time() - used:.1f} s of processor"
    )


if __name__ == "__main__":
    main()
