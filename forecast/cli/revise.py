"""`forecast rerun` and `forecast revise`: another try of a member, another decision."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from forecast.cli.app import RunsOption, app
from forecast.cli.driving import conclude, driving
from forecast.common.cycle import Cycle
from forecast.common.errors import CycleError
from forecast.common.log import start_log
from forecast.config.load import read_resolved
from forecast.stages.describe import describe
from forecast.workflow.launch import Invocation, former_profile
from forecast.workflow.lock import RunLock
from forecast.workflow.memory import RERUN, REVISE, Request
from forecast.workflow.paths import RUNS, RunPaths
from forecast.workflow.session import ask_driver, check_rerun, run_cycle
from forecast.workflow.site import default_profile
from forecast.workflow.tending import release

CycleArgument = Annotated[str, typer.Argument(help="YYYY-MM-DDTHH.")]
ProfileOption = Annotated[
    str | None, typer.Option(help="A profile of slurm/; by default that of the last start.")
]


@app.command()
def rerun(
    cycle: CycleArgument,
    member: Annotated[str, typer.Argument(help="A member that has ended, such as m03.")],
    runs: RunsOption = RUNS,
    profile: ProfileOption = None,
) -> None:
    """Run a member again from its newest checkpoint; what it adds makes a new revision."""
    run = _existing(runs, cycle)
    check_rerun(describe(run, held=False), member)
    if ask_driver(run, Request(RERUN, member)):
        typer.echo(f"The driver of {cycle} runs {member} again and makes a revision of it.")
        return
    _drive(run, profile, member=member)


@app.command()
def revise(cycle: CycleArgument, runs: RunsOption = RUNS, profile: ProfileOption = None) -> None:
    """Decide again now who is in, and make a new revision of the products."""
    run = _existing(runs, cycle)
    if ask_driver(run, Request(REVISE)):
        typer.echo(f"The driver of {cycle} decides again at once.")
        return
    _drive(run, profile)


def _existing(runs: Path, cycle: str) -> RunPaths:
    run = RunPaths((runs / Cycle.parse(cycle).name).resolve())
    if not run.configuration.is_file():
        msg = f"There is no run in '{run.folder}'; start one with `forecast run {run.folder.name}`."
        raise CycleError(msg)
    return run


def _drive(run: RunPaths, profile: str | None, member: str = "") -> None:
    """Take over as the driver of the cycle."""
    start_log("run")
    configuration = read_resolved(run.configuration)
    site = configuration.site
    known = profile or former_profile(run) or default_profile(site)
    invocation = Invocation(run, known, configuration.workflow.ranks, site=site)
    with RunLock(run.lock) as lock:
        if member:
            release(run, member)
        with driving(run, configuration) as ports:
            state = run_cycle(invocation, lock, ports, sys.argv, revise=not member)
    conclude(state)
