"""The statistical member from the command line: `forecast hindcast --member statistical`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from forecast.common.errors import InputError
from forecast.common.log import start_log

STATISTICAL = "statistical"
"""Name of the member that needs no transport model."""


@dataclass(frozen=True)
class StatisticalRequest:
    """What the statistical member shall forecast, as the options say it."""

    observations: Path
    start: np.datetime64
    end: np.datetime64
    leads: int
    out: Path
    train_until: np.datetime64 | None

    def run(self) -> None:
        """Forecast every day of the period from daily city observations and write the table."""
        from forecast.stages.statistical import StatisticalPlan, statistical_hindcast

        start_log("hindcast")
        plan = StatisticalPlan(self.start, self.end, leads=self.leads, train_until=self.train_until)
        count = statistical_hindcast(self.observations, plan, self.out, typer.echo)
        typer.echo(f"{count} rows in '{self.out}'.")


def statistical_request(
    member: Annotated[
        str, typer.Option(help="'statistical': from daily observations alone, to a table.")
    ] = "",
    observations: Annotated[
        Path | None, typer.Option(help="Daily city file of the statistical member.")
    ] = None,
    start: Annotated[str, typer.Option(help="First local day it forecasts on.")] = "",
    end: Annotated[str, typer.Option(help="Last local day it forecasts on.")] = "",
    leads: Annotated[int, typer.Option(min=1, max=14, help="Its lead days.")] = 7,
    out: Annotated[Path | None, typer.Option(help="Table it writes.")] = None,
    train_until: Annotated[
        str, typer.Option(help="Last day it learns from; by default the eve, anew every 31 days.")
    ] = "",
) -> StatisticalRequest | None:
    """Read the options of the statistical member; None when it is not asked for.

    Raises:
        InputError: An option is missing or wrong.
    """
    if member not in {"", STATISTICAL}:
        msg = f"There is no member '{member}' that a hindcast can run alone; take {STATISTICAL}."
        raise InputError(msg)
    if not member:
        return None
    if observations is None or out is None or not start or not end:
        msg = (
            "`forecast hindcast --member statistical` needs --observations FILE (daily city "
            "file), --start YYYY-MM-DD, --end YYYY-MM-DD and --out FILE; at least one is missing."
        )
        raise InputError(msg)
    until = day_of(train_until, "--train-until") if train_until else None
    first, last = day_of(start, "--start"), day_of(end, "--end")
    return StatisticalRequest(observations, first, last, leads, out, until)


def day_of(text: str, option: str) -> np.datetime64:
    """Read a day.

    Raises:
        InputError: It has another form.
    """
    try:
        if len(text) != len("2015-11-01"):
            raise ValueError
        return np.datetime64(text, "D")
    except ValueError as error:
        msg = f"{option} '{text}' is not a day of the form YYYY-MM-DD; correct it."
        raise InputError(msg) from error
