"""`forecast trace` and `forecast crate`: where a product comes from."""

import json as json_text
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from forecast.cli.app import RunsOption, app
from forecast.common.cycle import Cycle
from forecast.common.errors import ConfigurationError, CycleError, InputError
from forecast.workflow.paths import RUNS, RunPaths

RevisionOption = Annotated[
    int | None, typer.Option("--revision", min=0, help="The newest complete one by default.")
]


@app.command()
def trace(
    product: Annotated[str, typer.Argument(help="A file of a product, or a cycle with --city.")],
    city: Annotated[str, typer.Option(help="Name or code, with a cycle.")] = "",
    day: Annotated[str, typer.Option(help="Lead day or date, with a cycle.")] = "1",
    revision: RevisionOption = None,
    runs: RunsOption = RUNS,
    json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Say where a product, or one line of a bulletin, comes from."""
    from forecast.stages.trace import trace_file, trace_line
    from forecast.stages.trace_words import in_words

    cycle = _cycle(product)
    if cycle is None:
        found = trace_file(Path(product))
    elif city:
        found = trace_line(_revision(cycle, runs, revision), city, day)
    else:
        msg = f"With the cycle '{product}' name a city, such as --city Jinan --day 2."
        raise ConfigurationError(msg)
    if json:
        typer.echo(json_text.dumps(asdict(found), indent=1, ensure_ascii=False))
    else:
        typer.echo(in_words(found))


@app.command()
def crate(
    cycle: Annotated[str, typer.Argument(help="YYYY-MM-DDTHH.")],
    runs: RunsOption = RUNS,
    revision: RevisionOption = None,
) -> None:
    """Describe the products of a cycle as an RO-Crate, for archives and other programs."""
    from forecast.stages.crate import write_crate

    typer.echo(f"Written: {write_crate(_revision(Cycle.parse(cycle), runs, revision))}")


def _cycle(text: str) -> Cycle | None:
    try:
        return Cycle.parse(text)
    except CycleError:
        if Path(text).exists() or "/" in text:
            return None
        raise


def _revision(cycle: Cycle, runs: Path, revision: int | None) -> RunPaths:
    run = RunPaths((runs / cycle.name).resolve())
    newest = run.latest_revision if revision is None else revision
    if newest is None or not run.of_revision(newest).manifest.is_file():
        known = ", ".join(f"r{number}" for number in run.revisions()) or "none"
        msg = f"The cycle '{cycle.name}' has no such product in '{run.folder}'; complete: {known}."
        raise InputError(msg)
    return run.of_revision(newest)
