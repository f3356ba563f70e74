"""`forecast prune`: remove what runs need no longer."""

from typing import Annotated

import typer

from forecast.cli.app import RunsOption, app, configured
from forecast.config.root import Configuration
from forecast.workflow.paths import RUNS


@app.command()
@configured
def prune(
    configuration: Configuration,
    runs: RunsOption = RUNS,
    dry: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Remove what runs need no longer, by the rules of `retention` in the configuration."""
    from forecast.cli.refusal import living
    from forecast.stages import prune as stage
    from forecast.workflow.frozen import sweep

    found = stage.what_may_go(runs, configuration.retention, configuration.start, living)
    for removal in found:
        typer.echo(f"{removal.cycle}  {removal.kind:<8} {removal.path}: {removal.reason}")
    if dry:
        typer.echo(f"{len(found)} files and folders may go; nothing was removed.")
        return
    freed = stage.prune(runs, found)
    swept = sweep(runs)
    typer.echo(
        f"Removed {len(found)} files and folders ({freed / 1e9:.2f} GB) and {len(swept)} "
        "checkouts that no run uses."
    )
