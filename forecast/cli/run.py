"""`forecast run`: a cycle from its inputs to its bulletins."""

import contextlib
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from forecast.cli.app import RunsOption, app, check_science, configured
from forecast.cli.driving import conclude, driving
from forecast.cli.refusal import make_room, refusals, single, warn_of_room
from forecast.common.cycle import Cycle
from forecast.common.log import start_log
from forecast.config.inputs import check_inputs
from forecast.config.root import Configuration
from forecast.stages.describe import describe
from forecast.workflow.launch import Invocation, dry_run
from forecast.workflow.lock import RunLock
from forecast.workflow.paths import RUNS, RunPaths
from forecast.workflow.session import (
    allow_cold_start,
    prepare_folder,
    release_failed_members,
    run_cycle,
)
from forecast.workflow.site import default_profile


@app.command()
@configured
def run(
    configuration: Configuration,
    cycle: Annotated[
        str | None, typer.Argument(help="Start, YYYY-MM-DDTHH in UTC; the case's by default.")
    ] = None,
    runs: RunsOption = RUNS,
    profile: Annotated[
        str | None,
        typer.Option(help="A profile of slurm/; by default that of the site."),
    ] = None,
    dry: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="Remove an older run of the cycle first.")
    ] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Run failed members again.")] = False,
    cold: Annotated[
        bool,
        typer.Option("--cold-start", help="Allow a cold start when nothing better is there."),
    ] = False,
) -> None:
    """Run a cycle, or continue an interrupted one."""
    start = Cycle.parse(cycle or configuration.case.cycle)
    start_log("run")
    paths = RunPaths((runs / start.name).resolve())
    site = configuration.site
    invocation = Invocation(
        paths, profile or default_profile(site), configuration.workflow.ranks, site=site
    )
    if dry:
        check_inputs(configuration)
        check_science(configuration, start)
        _say_what_would_be_done(invocation, configuration)
        return
    with refusals(paths, configuration):
        check_inputs(configuration)
        check_science(configuration, start)
        invocation.command()
        make_room(paths, configuration)
    with single(paths), RunLock(paths.lock) as lock:
        prepare_folder(paths, configuration, restart=restart)
        warn_of_room(paths, configuration)
        if cold:
            allow_cold_start(paths)
        if retry:
            release_failed_members(paths, describe(paths, held=False))
        with driving(paths, configuration) as ports:
            state = run_cycle(invocation, lock, ports, sys.argv)
    conclude(state)


def _say_what_would_be_done(invocation: Invocation, configuration: Configuration) -> None:
    paths = invocation.run
    with contextlib.ExitStack() as stack:
        if paths.configuration.is_file():
            prepare_folder(paths, configuration, restart=False)
            place = paths
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            place = RunPaths(Path(folder).resolve() / paths.folder.name)
            prepare_folder(place, configuration, restart=False)
        typer.echo(dry_run(replace(invocation, run=place, dry_run=True)))
