"""`forecast status`: where runs stand."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from forecast.cli.app import RunsOption, app
from forecast.cli.survey import living, survey
from forecast.common.cycle import Cycle
from forecast.common.errors import InputError
from forecast.stages.describe import as_json, describe
from forecast.workflow.paths import RUNS, RunPaths
from forecast.workflow.progress import headline, report
from forecast.workflow.report import as_facts, sections


@app.command()
def status(
    cycle: Annotated[str | None, typer.Argument(help="YYYY-MM-DDTHH; all runs without it.")] = None,
    runs: RunsOption = RUNS,
    json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Say where a run stands: what ran, what failed, what is next, where the logs are."""
    if cycle is None:
        for paths in _all_runs(runs):
            holder = living(paths)
            state = describe(paths, held=holder is not None)
            typer.echo(f"{state.cycle}  {headline(state, holder)}  [{state.title}]")
        return
    seen = survey(RunPaths((runs / Cycle.parse(cycle).name).resolve()))
    if json:
        facts = as_facts(seen.outlook, seen.alerts)
        typer.echo(as_json(seen.state, headline=headline(seen.state, seen.holder), **facts))
    else:
        further = sections(seen.state, seen.outlook, seen.alerts)
        typer.echo(report(seen.state, seen.holder, further=further))


def _all_runs(runs: Path) -> Iterator[RunPaths]:
    folders = sorted(entry.parent for entry in runs.glob("*/config.yaml"))
    if not folders:
        msg = f"There is no run in '{runs}'; start one with `forecast run`, or name another --runs."
        raise InputError(msg)
    for folder in folders:
        yield RunPaths(folder.resolve())
