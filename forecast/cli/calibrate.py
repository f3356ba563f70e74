"""Archived forecasts of anybody, calibrated: `forecast calibrate`."""

from pathlib import Path
from typing import Annotated

import typer

from forecast.cli.app import app
from forecast.cli.statistical import day_of
from forecast.common.log import start_log


@app.command()
def calibrate(
    pairs: Annotated[
        Path,
        typer.Option(
            help="CSV valid_date,lead_day,site,pollutant,forecast,observed and any predictors."
        ),
    ],
    train_until: Annotated[str, typer.Option(help="Last valid day of the first training.")],
    out: Annotated[Path, typer.Option(help="Table it writes; <stem>_scores.csv beside it.")],
) -> None:
    """Calibrate archived forecasts in time order and score them before and after."""
    from forecast.stages.calibrate import SCORE_COLUMNS, calibrate_file

    start_log("calibrate")
    found = calibrate_file(pairs, day_of(train_until, "--train-until"), out)
    widths = [max(10, len(name)) for name in SCORE_COLUMNS]
    for row in (list(SCORE_COLUMNS), *found.scores):
        typer.echo("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))
    typer.echo(f"{found.rows} rows in '{out}'.")
