"""`forecast operations`: how the service has run over the last days."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from forecast.cli.app import RunsOption, app
from forecast.cli.survey import living
from forecast.stages.operations import keep_page, period_of
from forecast.workflow.operations import operations_page, operations_text
from forecast.workflow.paths import RUNS


@app.command()
def operations(
    days: Annotated[int, typer.Option(min=1, help="Counted back from the newest cycle.")] = 30,
    grace: Annotated[
        float, typer.Option(min=0, help="Minutes after the cutoff that still count as in time.")
    ] = 5.0,
    page: Annotated[
        Path | None, typer.Option(help="Write a page as well, such as runs/operations.html.")
    ] = None,
    runs: RunsOption = RUNS,
) -> None:
    """Say how cycles went: in time or not, with which members, what went wrong, at what cost."""
    period = period_of(runs, days, timedelta(minutes=grace), lambda run: living(run) is not None)
    typer.echo(operations_text(period))
    if page is not None:
        keep_page(page, operations_page(period))
        typer.echo(f"Page: {page}")
