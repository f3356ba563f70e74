"""`forecast observations`: files into the store, and what is in it."""

from pathlib import Path
from typing import Annotated

import typer

from forecast.cli.app import app, configured
from forecast.common.errors import InputError
from forecast.common.log import start_log
from forecast.config.root import Configuration

observations_app = typer.Typer(no_args_is_help=True, help="What stations measured.")
app.add_typer(observations_app, name="observations")

_First = Annotated[str, typer.Option("--from", help="First local day, YYYY-MM-DD.")]
_Last = Annotated[str, typer.Option("--to", help="Last local day, YYYY-MM-DD.")]
_Cities = Annotated[
    list[str] | None, typer.Option("--city", help="English name of a city; repeatable.")
]


@observations_app.command()
@configured
def load(
    configuration: Configuration,
    files: Annotated[list[Path], typer.Argument(help="Files of one format, packed or not.")],
    form: Annotated[
        str, typer.Option("--format", help="sites, hours, csv, openaq or uci-beijing.")
    ],
    received: Annotated[
        str,
        typer.Option(
            help="From when all of it was known, YYYY-MM-DDTHH:MM UTC; by default an hour after "
            "each hour's end. Corrections need it: what was received last counts."
        ),
    ] = "",
) -> None:
    """Read files into the store; compact it afterwards."""
    from forecast.stages import observations as stage

    start_log("observations")
    loaded = stage.load(files, form, configuration, received)
    typer.echo(f"{loaded.rows} values of {loaded.files} files are in the store.")
    if loaded.refused:
        msg = f"{len(loaded.refused)} of {len(files)} files could not be used; see above."
        raise InputError(msg)


@observations_app.command()
@configured
def compact(configuration: Configuration) -> None:
    """Sort what was landed into its months; for cron, once an hour or a day."""
    from forecast.stages import observations as stage

    done = stage.compact(configuration.observations)
    typer.echo(f"{done.files} landed files compacted, {done.rows} rows written.")
    if done.damaged:
        msg = f"Damaged files were set aside in 'damaged': {', '.join(done.damaged)}."
        raise InputError(msg)


@observations_app.command()
@configured
def query(
    configuration: Configuration,
    first: _First,
    last: _Last,
    cities: _Cities = None,
    stations: Annotated[
        list[str] | None, typer.Option("--station", help="Code of a station; repeatable.")
    ] = None,
    pollutants: Annotated[
        list[str] | None, typer.Option("--pollutant", help="Such as pm25; repeatable.")
    ] = None,
    history: Annotated[bool, typer.Option("--history", help="Every version of a value.")] = False,
    out: Annotated[Path | None, typer.Option(help="File; the terminal by default.")] = None,
) -> None:
    """Write readings of some local days as CSV, as the source gave them."""
    from forecast.stages import observations as stage

    wanted = stage.wanted_days(first, last, pollutants, stations)
    store = stage.store_of(configuration.observations)
    _show(stage.table_text(store.read(wanted, cities=cities, history=history)), out)


@observations_app.command()
@configured
def daily(
    configuration: Configuration,
    first: _First,
    last: _Last,
    cities: _Cities = None,
    out: Annotated[Path | None, typer.Option(help="File; the terminal by default.")] = None,
) -> None:
    """Write daily means of cities from what passes the checks, as verify and hindcast read them."""
    from forecast.fields.observations import OBSERVED
    from forecast.stages import observations as stage

    store = stage.store_of(configuration.observations)
    found = store.read(stage.wanted_days(first, last, OBSERVED, None), cities=cities)
    _show(stage.daily_text(found, configuration), out)


@observations_app.command()
@configured
def check(configuration: Configuration, first: _First, last: _Last, cities: _Cities = None) -> None:
    """Say what the quality checks think of some local days."""
    from forecast.stages import observations as stage

    store = stage.store_of(configuration.observations)
    found = store.read(stage.wanted_days(first, last, None, None), cities=cities)
    for line in stage.check_lines(found, configuration.observations):
        typer.echo(line)


def _show(text: str, out: Path | None) -> None:
    """Write a table to a file, or to the terminal."""
    from forecast.stages import observations as stage

    if out is None:
        typer.echo(text, nl=False)
    else:
        stage.write_table(out, text)
        typer.echo(f"Written: {out}.")
