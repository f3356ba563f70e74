"""`forecast verify`: how good the forecasts of a cycle or a period were."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forecast.cli.app import RunsOption, app, configured
from forecast.common.cycle import Cycle
from forecast.common.errors import ConfigurationError
from forecast.config.root import Configuration
from forecast.workflow.paths import RUNS

if TYPE_CHECKING:
    from forecast.stages.verify import Period
    from forecast.verification.cubes import Stream
    from forecast.verification.summary import Verification


@app.command()
@configured
def verify(
    configuration: Configuration,
    cycle: Annotated[str | None, typer.Argument(help="YYYY-MM-DDTHH; or a period.")] = None,
    *,
    observations: Annotated[
        Path, typer.Option(help="Daily city file, or folder of an observation store.")
    ],
    first: Annotated[str, typer.Option("--from", help="First cycle or day of the period.")] = "",
    last: Annotated[str, typer.Option("--to", help="Last one; a day with all its cycles.")] = "",
    forecasts: Annotated[
        list[str] | None,
        typer.Option(help="Table of forecasts, as [STREAM=]FILE; repeatable."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of report and tables.")] = None,
    runs: RunsOption = RUNS,
) -> None:
    """Score forecasts against observations, persistence, climatology and the best member."""
    from forecast.stages.verify import keep_verification, verify_period

    period = _period(cycle, (first, last), forecasts or [], runs)
    found = verify_period(period, observations, configuration)
    for line in _summary(found):
        typer.echo(line)
    folder = out or Path("verification") / _name(found)
    for path in keep_verification(folder, found):
        typer.echo(f"Written: {path}")


def _period(cycle: str | None, span: tuple[str, str], tables: list[str], runs: Path) -> "Period":
    from forecast.stages.verify import Period, find_runs, one_run

    if cycle is not None and (any(span) or tables):
        msg = "Give either a cycle, or a period or tables; not both."
        raise ConfigurationError(msg)
    if cycle is not None:
        return Period(runs=(one_run(runs, Cycle.parse(cycle).name),))
    if not any(span) and not tables:
        msg = (
            "Name what is to be verified: a cycle such as 2022-01-01T00, a period with --from and "
            "--to, or a table with --forecasts FILE."
        )
        raise ConfigurationError(msg)
    named = [entry.split("=", 1) if "=" in entry else ["raw", entry] for entry in tables]
    return Period(
        runs=find_runs(runs, *span) if any(span) else (),
        tables=tuple((_stream(name), Path(path)) for name, path in named),
    )


def _stream(name: str) -> "Stream":
    from forecast.verification.cubes import Stream

    try:
        return Stream(name.strip())
    except ValueError as error:
        msg = f"There is no stream '{name}'; there are {', '.join(Stream)}."
        raise ConfigurationError(msg) from error


def _name(found: "Verification") -> str:
    days = found.axes.days
    return f"{days.min()}_{days.max()}"


def _summary(found: "Verification") -> list[str]:
    """The headline of each stream: heavy days by lead."""
    lines = [f"Note: {note}" for note in found.notes]
    for own in found.streams:
        name = own.comparison.sources[0]
        lines.append(f"{name}: days with an AQI above 200, all cities")
        lines.append("  lead day   observed   hit   missed   false alarms")
        counts = [
            own.comparison.of(name, "aqi", f"{score}_200")[:, -1]
            for score in ("observed", "hits", "misses", "false_alarms")
        ]
        for lead, *row in zip(found.axes.leads, *counts, strict=True):
            lines.append(f"  {lead:8d}   {row[0]:8.0f} {row[1]:5.0f} {row[2]:8.0f} {row[3]:14.0f}")
    return lines
