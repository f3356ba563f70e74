"""The command `forecast`: the same entry for people, Snakemake, Slurm and tests.

Only light modules are imported here; a stage imports what it needs when it runs.
"""

import contextlib
import inspect
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from forecast.common.cycle import Cycle
from forecast.common.errors import ForecastError, InputError
from forecast.common.log import start_log
from forecast.config.inputs import check_inputs
from forecast.config.load import PROJECT, case_names, resolve, write_resolved
from forecast.config.root import Configuration
from forecast.config.schema import schema_json, write_generated
from forecast.fields.dictionary import data_dictionary
from forecast.fields.run_state import RunState
from forecast.stages.close_member import close_member
from forecast.stages.describe import as_json, describe
from forecast.stages.entry import run_stage
from forecast.workflow.display import Display
from forecast.workflow.launch import Interrupted, Invocation, dry_run
from forecast.workflow.lock import Holder, RunLock, read_holder
from forecast.workflow.paths import RUNS, RunPaths
from forecast.workflow.progress import headline, products_line, report
from forecast.workflow.session import (
    Ports,
    prepare_folder,
    release_failed_members,
    run_cycle,
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Ensemble air-quality forecasts and heavy-pollution warnings for Shandong.",
)
config_app = typer.Typer(no_args_is_help=True, help="Look at the configuration.")
app.add_typer(config_app, name="config")

RunsOption = Annotated[Path, typer.Option("--runs", help="Folder of all runs.")]


def _layers(
    case: Annotated[str | None, typer.Option("--case", help="A case of configs/cases.")] = None,
    domain: Annotated[
        str | None, typer.Option("--domain", help="A domain of configs/domains.")
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
    return resolve(case, domain=domain, files=config or (), settings=settings or ())


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


@app.command()
@configured
def run(
    configuration: Configuration,
    cycle: Annotated[
        str | None, typer.Argument(help="Start, YYYY-MM-DDTHH in UTC; the case's by default.")
    ] = None,
    runs: RunsOption = RUNS,
    profile: Annotated[str, typer.Option(help="A profile of slurm/.")] = "local",
    dry: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="Remove an older run of the cycle first.")
    ] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Run failed members again.")] = False,
) -> None:
    """Run a cycle, or continue an interrupted one."""
    start = Cycle.parse(cycle or configuration.case.cycle)
    start_log("run")
    check_inputs(configuration)
    _check_science(configuration, start)
    paths = RunPaths((runs / start.name).resolve())
    if dry:
        _say_what_would_be_done(paths, configuration, profile)
        return
    invocation = Invocation(paths, profile, configuration.workflow.ranks)
    invocation.command()
    with RunLock(paths.lock) as lock:
        prepare_folder(paths, configuration, restart=restart)
        if retry:
            release_failed_members(paths, describe(paths, held=False))
        with Display(_slots(configuration)) as display:
            state = run_cycle(invocation, lock, _ports(paths, display), sys.argv)
    _conclude(state)


def _check_science(configuration: Configuration, cycle: Cycle | None = None) -> None:
    """Check that species and tables fit together, and that the meteorology reaches a cycle."""
    from forecast.stages.check import check_files
    from forecast.stages.coverage import check_cycle

    times = None if cycle is None else check_cycle(cycle, configuration).bounds
    check_files(configuration, times)


def _ports(paths: RunPaths, display: Display) -> Ports:
    def read() -> RunState:
        return describe(paths, held=True)

    def close(member: str) -> None:
        close_member(paths, member, "its job was killed before it could say why")

    return Ports(read, close, display.show)


def _slots(configuration: Configuration) -> int:
    """How many members run at a time on this machine."""
    return max(1, len(os.sched_getaffinity(0)) // configuration.workflow.ranks)


def _say_what_would_be_done(paths: RunPaths, configuration: Configuration, profile: str) -> None:
    with contextlib.ExitStack() as stack:
        if paths.configuration.is_file():
            prepare_folder(paths, configuration, restart=False)
            place = paths
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            place = RunPaths(Path(folder).resolve() / paths.folder.name)
            prepare_folder(place, configuration, restart=False)
        typer.echo(dry_run(Invocation(place, profile, configuration.workflow.ranks, dry_run=True)))


def _conclude(state: RunState) -> None:
    typer.echo(f"The run {state.cycle} is complete.")
    for member, reason in state.left_out:
        typer.echo(f"Member {member} is left out or cut short: {reason}")
    for entry in state.degradations:
        typer.echo(f"Fallback in {entry.stage}: {entry.what}; took {entry.replacement}")
    typer.echo(f"Bulletin: {products_line(state.folder)}")


@app.command()
def status(
    cycle: Annotated[str | None, typer.Argument(help="YYYY-MM-DDTHH; all runs without it.")] = None,
    runs: RunsOption = RUNS,
    json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Say where a run stands: what ran, what failed, what is next, where the logs are."""
    if cycle is None:
        for paths in _all_runs(runs):
            holder = _living(paths)
            state = describe(paths, held=holder is not None)
            typer.echo(f"{state.cycle}  {headline(state, holder)}  [{state.title}]")
        return
    paths = RunPaths((runs / Cycle.parse(cycle).name).resolve())
    holder = _living(paths)
    state = describe(paths, held=holder is not None)
    if json:
        typer.echo(as_json(state, headline=headline(state, holder)))
    else:
        typer.echo(report(state, holder))


def _living(paths: RunPaths) -> Holder | None:
    holder = read_holder(paths.lock)
    return holder if holder is not None and holder.alive else None


def _all_runs(runs: Path) -> Iterator[RunPaths]:
    folders = sorted(entry.parent for entry in runs.glob("*/config.yaml"))
    if not folders:
        msg = f"There is no run in '{runs}'; start one with `forecast run`, or name another --runs."
        raise InputError(msg)
    for folder in folders:
        yield RunPaths(folder.resolve())


@app.command()
def stage(
    name: Annotated[str, typer.Argument(help="Name of a stage.")],
    run: Annotated[Path, typer.Option("--run", help="Folder of the run.")],
    member: Annotated[str | None, typer.Option(help="For stages of one member.")] = None,
    exit_code: Annotated[int, typer.Option(help="How the member's process ended.")] = 0,
) -> None:
    """Run one stage; the workflow's rules call this."""
    raise typer.Exit(run_stage(name, run, member, exit_code))


@app.command()
def cases() -> None:
    """List the cases."""
    for name in case_names():
        case = resolve(name).case
        typer.echo(f"{name:<16} {case.cycle}  {case.title}")


@config_app.command("show")
@configured
def config_show(configuration: Configuration) -> None:
    """Print the whole configuration, every default included."""
    typer.echo(write_resolved(configuration), nl=False)


@config_app.command("check")
@configured
def config_check(configuration: Configuration) -> None:
    """Check keys, values and input files without running anything."""
    check_inputs(configuration)
    _check_science(configuration)
    typer.echo("The configuration is right, and all files that it names fit together.")


@config_app.command("schema")
def config_schema() -> None:
    """Print the JSON schema of the configuration."""
    typer.echo(schema_json(), nl=False)


@config_app.command("write")
def config_write() -> None:
    """Write default.yaml, all schemas and the data dictionary anew; for developers."""
    from forecast.bulletins.feed import write_schemas  # heavier than a command should be

    write_generated()
    write_schemas(PROJECT / "configs" / "products")
    (PROJECT / "docs" / "data_dictionary.md").write_text(data_dictionary(), encoding="utf-8")


def main() -> None:
    """Run the command; an expected error is one message and exit code 1, never a traceback."""
    logging.captureWarnings(capture=True)
    try:
        app()
    except ForecastError as error:
        Console(stderr=True).print(
            f"Error: {error}", style="red", markup=False, highlight=False, soft_wrap=True
        )
        raise SystemExit(1) from None
    except Interrupted as signal:
        message = f"Stopped by {signal}. The same command continues the run."
        Console(stderr=True).print(message, markup=False, soft_wrap=True)
        raise SystemExit(130) from None
