"""`forecast receive` and `forecast receiver status`: the monitoring network's door."""

from typing import Annotated

import typer

from forecast.cli.app import app, configured
from forecast.common.errors import ForecastError
from forecast.common.log import start_log
from forecast.config.root import Configuration

receiver_app = typer.Typer(no_args_is_help=True, help="The receiver of HJ 212 packets.")
app.add_typer(receiver_app, name="receiver")


class ReceiverTroubleError(ForecastError):
    """The receiver does not work as it should."""


@app.command()
@configured
def receive(configuration: Configuration) -> None:
    """Receive HJ 212 packets until stopped: write, answer, store, pass on (docs/receiver.md)."""
    from forecast.stages import receive as stage

    start_log("receive")
    _raise_limit()
    stage.receive(configuration)


@receiver_app.command()
@configured
def status(
    configuration: Configuration,
    send: Annotated[
        bool, typer.Option("--send", help="For cron: tell the channels of what is newly wrong.")
    ] = False,
) -> None:
    """Show what the receiver has done; exit code 1 when something is wrong."""
    from forecast.receiver.report import lines
    from forecast.stages import receive as stage

    content = stage.read_status(configuration.receiver)
    for line in lines(content):
        typer.echo(line)
    found = stage.look_for_troubles(content)
    if send:
        for problem in stage.tell(configuration, found):
            typer.echo(problem)
    if found:
        told = (f"{trouble.happened} ({trouble.code})" for trouble in found)
        msg = "The receiver needs somebody (docs/runbook.md):\n  " + "\n  ".join(told)
        raise ReceiverTroubleError(msg)


def _raise_limit() -> None:
    """Allow as many connections as the system lets this user have."""
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
