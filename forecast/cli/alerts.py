"""`forecast alerts`: what people were told, and whether it reached them."""

from typing import Annotated

import typer

from forecast.cli.app import RunsOption, app, configured
from forecast.cli.survey import living
from forecast.common.cycle import Cycle
from forecast.common.errors import ForecastError, InputError
from forecast.common.log import start_log
from forecast.config.load import read_resolved
from forecast.config.root import Configuration
from forecast.delivery.alerts import message
from forecast.stages.alerts import (
    alerts_of_run,
    raise_alert,
    send_waiting,
    taken_by_channels,
    try_channels,
)
from forecast.stages.describe import describe
from forecast.workflow.lock import read_holder
from forecast.workflow.paths import RUNS, RunPaths


class ChannelsFailedError(ForecastError):
    """A channel does not take alerts."""


@app.command()
@configured
def alerts(
    configuration: Configuration,
    cycle: Annotated[
        str | None, typer.Argument(help="YYYY-MM-DDTHH, UTC; the newest run by default.")
    ] = None,
    runs: RunsOption = RUNS,
    test: Annotated[
        bool, typer.Option("--test", help="Send a test through every channel of the options.")
    ] = False,
    send: Annotated[
        bool, typer.Option("--send", help="Try again to send what has not been taken.")
    ] = False,
    check: Annotated[
        bool,
        typer.Option("--check", help="For cron: an alert when nobody drives an unfinished cycle."),
    ] = False,
) -> None:
    """Show the alerts of a cycle; test the channels, send again, or watch over the driver."""
    if test:
        _test(configuration)
        return
    run = _run(runs, cycle)
    if check:
        start_log("alerts")
        _check(run)
    if send or check:
        _send(run)
        return
    found = alerts_of_run(run)
    typer.echo(message(found).text if found else "No alerts.", nl=not found)
    for name, keys in taken_by_channels(run).items():
        typer.echo(f"Channel {name} has taken {len(keys)} of {len(found)}.")


def _run(runs: RunsOption, cycle: str | None) -> RunPaths:
    if cycle is not None:
        return RunPaths((runs / Cycle.parse(cycle).name).resolve())
    folders = sorted(entry.parent for entry in runs.glob("*/config.yaml"))
    if not folders:
        msg = f"There is no run in '{runs}'; name another --runs."
        raise InputError(msg)
    return RunPaths(folders[-1].resolve())


def _test(configuration: Configuration) -> None:
    found = try_channels(configuration.alerts, "test")
    if not found:
        typer.echo("No channel is configured: nobody is told of anything. See docs/runbook.md.")
    for name, problem in found:
        typer.echo(f"Channel {name}: {problem or 'took the message'}")
    if any(problem for _, problem in found):
        msg = "At least one channel does not take alerts."
        raise ChannelsFailedError(msg)


def _check(run: RunPaths) -> None:
    """Raise an alert when the driver of a cycle is gone before its products were there."""
    if living(run) is not None:
        return
    state = describe(run, held=False)
    if state.complete:
        return
    holder = read_holder(run.lock)
    subject = "forecast run" if holder is None else f"process {holder.pid} on {holder.host}"
    raise_alert(run, "driver-gone", subject, log=str(run.log_folder / "snakemake.log"))


def _send(run: RunPaths) -> None:
    options = read_resolved(run.configuration).alerts
    states = send_waiting(run, options)
    for state in states:
        problem = f": {state.problem}" if state.problem else ""
        typer.echo(f"Channel {state.name}: {state.waiting} alert(s) not taken{problem}")
    if any(state.waiting for state in states):
        msg = "At least one channel does not take alerts."
        raise ChannelsFailedError(msg)
