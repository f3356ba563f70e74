"""`forecast stage`: what the rules of the workflow call."""

from pathlib import Path
from typing import Annotated

import typer

from forecast.cli.app import app
from forecast.stages.entry import run_stage


@app.command()
def stage(
    name: Annotated[str, typer.Argument(help="Name of a stage.")],
    run: Annotated[Path, typer.Option("--run", help="Folder of the run.")],
    member: Annotated[str | None, typer.Option(help="For stages of one member.")] = None,
    exit_code: Annotated[int, typer.Option(help="How the member's process ended.")] = 0,
    revision: Annotated[int, typer.Option(help="For the stages from the decision on.")] = 0,
    ranks: Annotated[int, typer.Option(help="MPI ranks that were asked for.")] = 0,
    launch: Annotated[str, typer.Option(help="Name of this one start of a member.")] = "",
) -> None:
    """Run one stage; the workflow's rules call this."""
    code = run_stage(name, run, member, exit_code, revision, ranks=ranks, launch=launch)
    raise typer.Exit(code)
