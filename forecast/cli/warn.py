"""`forecast warn`: the warning rules, tried on seasons that are over."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forecast.cli.app import app
from forecast.config.load import PROJECT, resolve
from forecast.fields.warnings import WarningLevel

if TYPE_CHECKING:
    from forecast.warning.replay import Tally
    from forecast.warning.rules import WarningRules

warn_app = typer.Typer(no_args_is_help=True, help="Warning rules and seasons that are over.")
app.add_typer(warn_app, name="warn")


@warn_app.command()
def replay(
    daily: Annotated[Path, typer.Option(help="Daily city file: city_en, date, pm25 and more.")],
    rules: Annotated[str, typer.Option(help="A file of configs/warning, or 'in_force'.")],
    out: Annotated[Path, typer.Option(help="CSV to write, one row a warning.")],
    as_forecast: Annotated[
        bool,
        typer.Option(
            "--as-forecast",
            help="Take the values as a perfect forecast, issued with the rules' notice; without "
            "it each day is known at its end.",
        ),
    ] = False,
) -> None:
    """Play a season of daily values: which warnings there would have been, and when."""
    from forecast.stages.warn_replay import keep_warnings, replay_season

    configuration = resolve(settings=[f"warning.rules={rules}"])
    applied, warnings, tallies = replay_season(
        daily, configuration, PROJECT, as_forecast=as_forecast
    )
    keep_warnings(out, warnings)
    for line in _table(applied, tallies):
        typer.echo(line)
    typer.echo(f"{len(warnings)} warning(s): {out}")


def _table(rules: "WarningRules", tallies: "Sequence[Tally]") -> Iterator[str]:
    yield f"{rules.id}: {rules.title}. {rules.remark_zh}"
    yield (
        f"Applied to every city and day of the file; in force from {rules.valid_from} to "
        f"{rules.valid_to or 'now'}."
    )
    levels = tuple(rules.levels)
    yield _row("city", *levels, "days", "heavy", "hit", "calm")
    for entry in (*tallies, _sum(tallies, levels)):
        numbers = (entry.levels[level] for level in levels)
        yield _row(entry.city_en, *numbers, entry.days, entry.heavy, entry.hit, entry.calm)
    yield (
        "days: under warning; heavy: daily AQI above 200; hit: heavy days under warning; "
        "calm: days under warning that were not heavy"
    )


def _sum(tallies: "Sequence[Tally]", levels: Sequence[WarningLevel]) -> "Tally":
    from forecast.warning.replay import Tally

    return Tally(
        "all",
        {level: sum(entry.levels[level] for entry in tallies) for level in levels},
        *(sum(getattr(t, name) for t in tallies) for name in ("days", "heavy", "hit", "calm")),
    )


def _row(name: str, *cells: object) -> str:
    return f"{name:<14}" + "".join(f"{cell!s:>8}" for cell in cells)
