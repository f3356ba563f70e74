"""The typer application and what its commands share.

Only light modules are imported here; a stage imports what it needs when it runs.
"""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from forecast.common.cycle import Cycle
from forecast.config.load import resolve
from forecast.config.root import Configuration

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Ensemble air-quality forecasts and heavy-pollution warnings for Shandong.",
)

RunsOption = Annotated[Path, typer.Option("--runs", help="Folder of all runs.")]


def _layers(
    case: Annotated[str | None, typer.Option("--case", help="A case of configs/cases.")] = None,
    domain: Annotated[
        str | None, typer.Option("--domain", help="A domain of configs/domains.")
    ] = None,
    site: Annotated[
        str | None,
        typer.Option(
            "--site", envvar="FORECAST_SITE", help="A site of configs/sites, or such a file."
        ),
    ] = None,
    config: Annotated[
        list[Path] | None,
        typer.Option("--config", help="YAML file with what differs; repeatable."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="One setting, such as ensemble.members=6; repeatable."),
    ] = None,
) -> Configuration:
    """Resolve the configuration from the options that several commands share."""
    return resolve(case, domain=domain, site=site, files=config or (), settings=settings or ())


def configured(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `_layers`, and their result as its first argument."""
    shared = inspect.signature(_layers).parameters

    def wrapped(**options: Any) -> None:
        layers = {name: options.pop(name) for name in shared}
        command(_layers(**layers), **options)

    own = list(inspect.signature(command).parameters.values())[1:]
    parameters = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in (*own, *shared.values())
    ]
    wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
    wrapped.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    wrapped.__annotations__ = {entry.name: entry.annotation for entry in parameters}
    return wrapped


def check_science(configuration: Configuration, cycle: Cycle | None = None) -> None:
    """Check that species and tables fit together, and that the meteorology reaches a cycle."""
    from forecast.stages.check import check_files
    from forecast.stages.coverage import check_cycle

    times = None if cycle is None else check_cycle(cycle, configuration).bounds
    check_files(configuration, times)
