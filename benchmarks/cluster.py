"""What the workflow adds to the work itself on a Slurm cluster: for each job and a whole cycle.

    slurm/lab.sh up && . "$FORECAST_LAB/env"
    python -m benchmarks.cluster [--poll 1 5 10] [--members 3] [--site lab] [--rounds 1]

Cycles of the case `drill` without chemistry run one after the other, with several times between two
looks of the engine at its jobs (`site.poll_seconds`). From Slurm come start and end of each job (in
whole seconds), from the records of the run how long the work itself took. A cycle goes through jobs
that wait for each other: kernels and inputs side by side, then members, then products. The table
has, in seconds:

* `cycle`: from the start of `forecast run` to its end; `work`: of that, the work along the chain;
* `overhead`: the difference;
* `hop`: from the end of the last job that was waited for to the start of the next;
* `in job`: what a job takes beyond its work (the engine starts twice in it, Python once a stage).

The last line is the same as JSON.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from forecast.common.cycle import Cycle
from forecast.config.load import resolve
from forecast.config.run import RunPaths, member_names
from forecast.workflow.batch import ask_slurm, job_prefix

CASE = "drill"
SETTINGS = ("chemistry.scheme=none", "clock.poll_seconds=1")
_INPUTS = ("start", "prepare", "perturb")
_PRODUCTS = ("combine", "index", "warn", "publish")


@dataclass(frozen=True)
class Job:
    """One job of a cycle.

    Attributes:
        what: `warm`, `inputs`, `member` or `products`.
        begin: Start, seconds since 1970.
        end: End, likewise.
    """

    what: str
    begin: float
    end: float


@dataclass(frozen=True)
class Cost:
    """What one cycle took; all in seconds but the number of jobs."""

    poll: int
    jobs: int
    cycle: float
    work: float
    overhead: float
    hop: float
    in_job: float


def run_cycle(folder: Path, site: str, poll: int, members: int) -> Cost:
    """Run a cycle and take it apart.

    Args:
        folder: Folder of the runs; must have none yet.
        site: Name of the site.
        poll: Time between two looks at the jobs, s.
        members: How many.
    """
    run = RunPaths(folder.resolve() / Cycle.parse(resolve(CASE).case.cycle).name)
    settings = [*SETTINGS, f"site.poll_seconds={poll}", f"ensemble.members={members}"]
    command = [
        sys.executable, "-m", "forecast", "run", "--case", CASE, "--site", site,
        "--runs", str(folder), *(word for text in settings for word in ("--set", text)),
    ]  # fmt: skip
    begun = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    took = time.monotonic() - begun
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return _cost(run, _jobs(run), poll, took)


def _jobs(run: RunPaths) -> list[Job]:
    """Ask Slurm for the jobs of a run that have ended."""
    text = ask_slurm("squeue", "--noheader", "--me", "--states=all", "--format=%j|%k|%S|%e")
    found = []
    for line in text.splitlines():
        name, comment, *times = line.strip().split("|")
        if name.startswith(f"{job_prefix(run)}_"):
            begin, end = (datetime.fromisoformat(one).astimezone().timestamp() for one in times)
            found.append(Job(_kind(comment), begin, end))
    return found


def _kind(comment: str) -> str:
    """What a job does, from the rule or the group that the engine wrote down."""
    for word, kind in (("run_member", "member"), ("warm", "warm"), ("products", "products")):
        if word in comment:
            return kind
    return "inputs"


def _cost(run: RunPaths, jobs: list[Job], poll: int, took: float) -> Cost:
    kinds = {kind: [job for job in jobs if job.what == kind] for kind in ("warm", "member")}
    (inputs,) = (job for job in jobs if job.what == "inputs")
    (products,) = (job for job in jobs if job.what == "products")
    warm, members = sorted(kinds["warm"], key=lambda job: job.begin), kinds["member"]
    gate = _seconds(run.revision_folder / "manifest", "gate")
    done = {
        "inputs": sum(_seconds(run.folder / "manifest", stage) for stage in _INPUTS),
        "products": sum(_seconds(run.revision_folder / "manifest", one) for one in _PRODUCTS),
        "warm": sum(job.end - job.begin for job in warm),  # its own record is of the last one only
    }
    ranked = [
        _seconds(run.folder / "manifest", f"run_member.{name}")
        for name in member_names(len(members))
    ]
    ready = max(inputs.end, warm[-1].end)
    first = "warm" if warm[-1].end > inputs.end else "inputs"
    hops = [late.begin - early.end for early, late in zip(warm, warm[1:], strict=False)]
    hops += [job.begin - ready for job in members]
    hops.append(products.begin - max(job.end for job in members) - gate)
    inside = [job.end - job.begin - seconds for job, seconds in zip(members, ranked, strict=True)]
    inside += [one.end - one.begin - done[one.what] for one in (inputs, products)]
    work = done[first] + max(ranked) + gate + done["products"]
    return Cost(
        poll=poll,
        jobs=len(jobs),
        cycle=took,
        work=work,
        overhead=took - work,
        hop=statistics.median(hops),
        in_job=statistics.median(inside),
    )


def _seconds(folder: Path, name: str) -> float:
    """How long a stage worked, from its record."""
    record = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return float(record["seconds"])


def main() -> None:
    """Run the cycles and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--poll", type=int, nargs="+", default=[1, 5, 10])
    parser.add_argument("--members", type=int, default=3)
    parser.add_argument("--site", default="lab")
    parser.add_argument("--rounds", type=int, default=1)
    chosen = parser.parse_args()
    print("poll | jobs | cycle | work | overhead |  hop | in job")
    costs = []
    for _ in range(chosen.rounds):
        for poll in chosen.poll:
            with tempfile.TemporaryDirectory() as folder:
                cost = run_cycle(Path(folder), chosen.site, poll, chosen.members)
            costs.append(cost)
            print(
                f"{poll:4d} | {cost.jobs:4d} | {cost.cycle:5.1f} | {cost.work:4.1f} | "
                f"{cost.overhead:8.1f} | {cost.hop:4.1f} | {cost.in_job:6.1f}",
                flush=True,
            )
    print(json.dumps([asdict(cost) for cost in costs]))


if __name__ == "__main__":
    main()
