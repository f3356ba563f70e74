"""`forecast explain`: why a product is as it is."""

from typing import Annotated

import typer

from forecast.cli.app import RunsOption, app
from forecast.cli.survey import living
from forecast.common.cycle import Cycle
from forecast.common.errors import InputError
from forecast.stages.describe import describe
from forecast.stages.evidence import evidence_of
from forecast.workflow.explain import as_text
from forecast.workflow.explain import explain as explain_product
from forecast.workflow.paths import RUNS, RunPaths


@app.command()
def explain(
    cycle: Annotated[str, typer.Argument(help="YYYY-MM-DDTHH, UTC.")],
    runs: RunsOption = RUNS,
    revision: Annotated[
        int | None, typer.Option(help="Number of the revision; the newest by default.")
    ] = None,
) -> None:
    """Say in sentences why the product of a cycle is as it is."""
    run = RunPaths((runs / Cycle.parse(cycle).name).resolve())
    newest = run.newest_revision
    wanted = run.of_revision(newest if revision is None else revision)
    if revision is not None and not wanted.revision_folder.is_dir():
        msg = f"The cycle '{cycle}' has no revision {revision}; the newest is {newest}."
        raise InputError(msg)
    state = describe(run, held=living(run) is not None)
    typer.echo(as_text(explain_product(evidence_of(wanted, state))))
