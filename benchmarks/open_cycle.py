"""Opening a cycle and an archive: seconds and memory, each in a process of its own.

    python -m benchmarks.open_cycle [--case january_2022] [--members 20] [--cycles 365] [--keep DIR]

Members are made as in `benchmarks.many_members`, the products of them are real. The archive is that
one cycle, so many times a day apart. Memory is the greatest of the process so far; the first line
of each table is what the libraries take. The last line is one JSON object.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import forecast
from forecast.common.cycle import Cycle
from forecast.config.run import PRODUCT_STAGES, RunPaths

Steps = dict[str, Callable[[dict[str, Any]], Any]]
_KEPT = ("members.json", "manifest.json", "cities.nc")


def copy_cycles(run: RunPaths, folder: Path, count: int) -> None:
    """Make an archive of many cycles of what `open_archive` reads."""
    for day in range(count):
        copy = RunPaths(folder / Cycle(run.cycle.time + timedelta(days=day)).name)
        if copy.folder.exists():
            continue
        copy.revision_folder.mkdir(parents=True)
        for name in _KEPT:
            shutil.copyfile(run.revision_folder / name, copy.revision_folder / name)
        copy.latest.symlink_to(copy.revision_folder.name)


def of_cycle(name: str, runs: str) -> Steps:
    """What is done with one cycle."""
    return {
        "libraries": lambda _: forecast.open_cycle,
        "open_cycle": lambda _: forecast.open_cycle(name, runs),
        "axes of cities": lambda got: got["open_cycle"].city,
        "all cities, PM2.5": lambda got: got["axes of cities"]["pm25"].values,
        "axes of the grid": lambda got: got["open_cycle"].grid,
        "one map of one member": lambda got: got["axes of the grid"]["pm25"][0, 30].values,
        "one map of all members": lambda got: got["axes of the grid"]["pm25"][:, 30].values,
    }


def of_archive(runs: str) -> Steps:
    """What is done with an archive."""
    return {
        "libraries": lambda _: forecast.open_archive,
        "open_archive": lambda _: forecast.open_archive(runs),
        "Jinan, a day of each cycle": lambda got: (
            got["open_archive"]["pm25"].sel(city="Jinan").isel(lead_time=slice(0, 24)).values
        ),
    }


def measure(steps: Steps) -> dict[str, dict[str, float]]:
    """Do steps one after the other; seconds and greatest memory so far, MB, of each."""
    got: dict[str, Any] = {}
    found = {}
    for name, step in steps.items():
        begun = time.perf_counter()
        got[name] = step(got)
        seconds = time.perf_counter() - begun
        found[name] = {"seconds": round(seconds, 3), "peak_mb": round(_peak())}
    return found


def _peak() -> float:
    """Greatest memory of this program so far, MB; that of its parent does not count."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM"))


def in_a_process(*arguments: str) -> dict[str, dict[str, float]]:
    """Measure in a fresh process and print the table."""
    answer = subprocess.run(
        [sys.executable, "-m", "benchmarks.open_cycle", "--measure", *arguments],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: dict[str, dict[str, float]] = json.loads(answer.stdout)
    for name, own in found.items():
        print(f"  {name:28s}{own['seconds']:8.3f} s {own['peak_mb']:6.0f} MB", flush=True)
    return found


def make(folder: Path, case: str, members: int, cycles: int) -> RunPaths:
    """Make a cycle with its products, and an archive of it."""
    from benchmarks.many_members import make_run, timed

    run = make_run(folder / "runs", case, members, [])
    if run.latest_revision is None:
        for stage in PRODUCT_STAGES:
            timed([sys.executable, "-m", "forecast", "stage", stage, "--run", str(run.folder)])
    copy_cycles(run, folder / "archive", cycles)
    return run


def main() -> int:
    """Make the cycles, open them, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", default="january_2022")
    parser.add_argument("--members", type=int, default=20)
    parser.add_argument("--cycles", type=int, default=365)
    parser.add_argument("--keep", type=Path, help="folder of the runs, used again when it is there")
    parser.add_argument("--measure", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        steps = of_archive if len(options.measure) == 1 else of_cycle
        print(json.dumps(measure(steps(*options.measure))))
        return 0
    folder = options.keep or Path(tempfile.mkdtemp(prefix="open-cycle-"))
    run = make(folder, options.case, options.members, options.cycles)
    print(f"one cycle of {options.members} members")
    one = in_a_process(run.folder.name, str(run.folder.parent))
    print(f"{options.cycles} cycles of {options.members} members")
    many = in_a_process(str(folder / "archive"))
    print(json.dumps({"cycle": one, "archive": many}))
    if options.keep is None:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
