"""From the files of many members to the product: time and memory of every stage after them.

    python -m benchmarks.many_members [--members 1000] [--case drill] [--set KEY=VALUE] [--keep DIR]

Members are not computed but made: smooth fields that differ from member to member, in files as two
ranks write them. Then the stages from the decision on run one after the other, each in a process of
its own, as the workflow starts them. The last line is one JSON object with the seconds and the peak
memory of each stage; where other work runs, the seconds on the processor tell more. `--engine dask`
combines on workers; `--stages` names the stages to time.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import google_crc32c
import numpy as np
from numcodecs.zstd import Zstd

from forecast.config.load import project_path, resolve, write_resolved
from forecast.config.root import Configuration
from forecast.config.run import PRODUCT_STAGES, RunPaths, member_names
from forecast.fields.arrays import Single
from forecast.fields.meteorology import MeteorologyHour, MeteorologySeries
from forecast.fields.status import MemberState, MemberStatus
from forecast.fields.variables import POLLUTANTS, REGISTRY
from forecast.fields.window import RunWindow
from forecast.grid.domain import Domain
from forecast.grid.overlap import city_weights
from forecast.grid.regions import read_cities, read_regions
from forecast.grid.stations import read_stations
from forecast.parallel.decomposition import Decomposition
from forecast.storage.member_output import OutputFrame, ensure_output
from forecast.storage.meteorology import write_meteorology
from forecast.storage.status import write_status
from forecast.storage.tiles import CHUNK_SEPARATOR, Tile

RANKS = 2
"""Ranks whose tiles the stubs are written in."""
_ZSTD = Zstd(level=1)


def make_run(folder: Path, case: str, members: int, settings: list[str]) -> RunPaths:
    """Make a run folder in which all members have ended, or tell one that is there its settings.

    Args:
        folder: Folder of all runs.
        case: Name of the case whose cycle, domain and hours are taken.
        members: How many.
        settings: Further settings, "key=value".
    """
    configuration = resolve(case, settings=[*settings, f"ensemble.members={members}"])
    run = RunPaths(folder / configuration.case.cycle)
    known = run.folder.exists()
    run.folder.mkdir(parents=True, exist_ok=True)
    run.configuration.write_text(write_resolved(configuration), encoding="utf-8")
    if known:
        return run
    domain = Domain.from_config(configuration.domain)
    forecast = configuration.forecast
    window = RunWindow(run.cycle, forecast.spin_up_hours, forecast.horizon_hours)
    _write_meteorology(run, domain, window)
    _write_weights(run, configuration, domain)
    _write_members(run, domain, window, member_names(members))
    return run


def _write_meteorology(run: RunPaths, domain: Domain, window: RunWindow) -> None:
    """Write still air: the stages after the members want its axis and the weather of cities."""
    nz, ny, nx = domain.shape
    sizes = {"time": window.total_hours + 1, "z": nz, "y": ny, "x": nx}
    sizes |= {"y_edge": ny + 1, "x_edge": nx + 1}
    values = {
        field.name: np.zeros([sizes[dim] for dim in REGISTRY[field.name].dims], np.float32)
        for field in fields(MeteorologyHour)
    }
    series = MeteorologySeries(window.bounds, MeteorologyHour(**values), False, "made")
    write_meteorology(run.meteorology, series)


def _write_weights(run: RunPaths, configuration: Configuration, domain: Domain) -> None:
    places = configuration.places
    city_weights(
        domain.horizontal,
        read_cities(project_path(places.cities)),
        read_regions(project_path(places.city_boundaries)),
        read_stations(project_path(places.stations)),
    ).save(run.city_weights)


def _write_members(
    run: RunPaths, domain: Domain, window: RunWindow, names: tuple[str, ...]
) -> None:
    """Write all members; arrays are described once and copied, chunks are packed by hand."""
    _, ny, nx = domain.shape
    grid = domain.horizontal
    layout = Decomposition.choose(ny, nx, RANKS)
    frame = OutputFrame(window.labels, grid.y_centre, grid.x_centre, names[0], POLLUTANTS)
    tile = Tile(slice(0, ny), slice(0, nx), (ny, nx), layout.chunk)
    first = run.output(names[0])
    ensure_output(first, frame, tile, fresh=True)
    chunks = (min(24, window.labels.size), *layout.chunk)
    for number, name in enumerate(names):
        if number:
            shutil.copytree(first, run.output(name), ignore=shutil.ignore_patterns("c.*"))
            _copy_axes(first, run.output(name))
        _write_fields(run.output(name), number, (window.labels.size, ny, nx), chunks)
        now = datetime(2026, 1, 1, tzinfo=UTC)
        status = MemberStatus(
            name, MemberState.FINISHED, hours_total=window.total_hours,
            hours_done=window.total_hours, hours_saved=window.total_hours, ranks=RANKS,
            ranks_asked=RANKS, spin_up_hours=window.spin_up_hours,
            log=str(run.log("run_member", name)), started=now, updated=now, finished=now,
        )  # fmt: skip
        write_status(run.status(name), status)


def _copy_axes(source: Path, target: Path) -> None:
    for axis in ("time", "y", "x"):
        shutil.copytree(source / axis, target / axis, dirs_exist_ok=True)


def _write_fields(
    store: Path, number: int, shape: tuple[int, int, int], chunks: tuple[int, int, int]
) -> None:
    """Write waves that differ between members and pollutants."""
    random = np.random.default_rng(number)
    hour, row, column = np.indices(shape, dtype=np.float32)
    for place, name in enumerate(POLLUTANTS):
        phase, slope, size = random.random(3, dtype=np.float32)
        waves = np.sin(hour / 4 + phase * 6) + np.cos((row + slope * column) / 5 + place)
        values = (20 + 60 * size) * (1.1 + 0.5 * waves).astype(np.float32)
        _write_chunks(store / name, values, chunks)


def _write_chunks(folder: Path, values: Single, chunks: tuple[int, int, int]) -> None:
    """Write the chunks of one array as the storage room packs them."""
    for index in np.ndindex(
        *(-(-size // length) for size, length in zip(values.shape, chunks, strict=True))
    ):
        part = np.full(chunks, np.nan, dtype="<f4")
        cut = tuple(slice(i * n, (i + 1) * n) for i, n in zip(index, chunks, strict=True))
        source = values[cut]
        part[tuple(slice(0, size) for size in source.shape)] = source
        body = _ZSTD.encode(part.tobytes())
        path = folder / CHUNK_SEPARATOR.join(("c", *map(str, index)))
        path.write_bytes(body + google_crc32c.value(body).to_bytes(4, "little"))


def timed(command: list[str]) -> dict[str, float]:
    """Run a command.

    Returns:
        Seconds by the clock and on the processor, and its greatest memory, MB; no less than that
        of the process that starts it.
    """
    begun = time.perf_counter()
    process = subprocess.Popen(command)
    _, code, usage = os.wait4(process.pid, 0)
    if code:
        msg = f"'{' '.join(command)}' failed with code {os.waitstatus_to_exitcode(code)}"
        raise RuntimeError(msg)
    return {
        "seconds": round(time.perf_counter() - begun, 1),
        "processor": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_mb": round(usage.ru_maxrss / 1000),
    }


def main() -> int:
    """Make the members, run the stages, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--members", type=int, default=1000)
    parser.add_argument("--case", default="drill")
    parser.add_argument("--set", action="append", default=[], dest="settings")
    parser.add_argument("--engine", default="serial")
    parser.add_argument("--stages", nargs="*", default=list(PRODUCT_STAGES))
    parser.add_argument("--keep", type=Path, help="folder of the run, used again when it is there")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="many-members-"))
    settings = [*options.settings, f"combine.engine={options.engine}"]
    begun = time.perf_counter()
    run = make_run(folder, options.case, options.members, settings)
    print(
        f"{options.members} members are there after {time.perf_counter() - begun:.0f} s", flush=True
    )
    result = {}
    for stage in options.stages:
        command = [sys.executable, "-m", "forecast", "stage", stage, "--run", str(run.folder)]
        found = result[stage] = timed(command)
        print(f"{stage:10s}", *(f"{key} {value}" for key, value in found.items()), flush=True)
    print(json.dumps({"members": options.members, **result}))
    if options.keep is None:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
