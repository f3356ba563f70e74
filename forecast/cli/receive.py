"""`forecast receive` and `forecast receiver status`: the monitoring network's door."""

from typing import Any

import typer

from forecast.cli.app import app, configured
from forecast.common.errors import ConfigurationError, ForecastError, InputError
from forecast.common.log import start_log
from forecast.config.load import project_path
from forecast.config.root import Configuration

receiver_app = typer.Typer(no_args_is_help=True, help="The receiver of HJ 212 packets.")
app.add_typer(receiver_app, name="receiver")

STALE_SECONDS = 60
"""A status that is older shows that the receiver is gone, s."""


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
def status(configuration: Configuration) -> None:
    """Show what the receiver has done; exit code 1 when something is wrong, for cron."""
    import time

    from forecast.receiver.report import lines, troubles

    content = _read(configuration)
    for line in lines(content):
        typer.echo(line)
    found = troubles(content, int(time.time()), STALE_SECONDS)
    if found:
        msg = "The receiver needs somebody:\n  " + "\n  ".join(found)
        raise ReceiverTroubleError(msg)


def _read(configuration: Configuration) -> dict[str, Any]:
    import json

    if not configuration.receiver.folder:
        msg = "receiver.folder is not set; name the configuration of the receiver with --config."
        raise ConfigurationError(msg)
    path = project_path(configuration.receiver.folder) / "status.json"
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        msg = f"The receiver has left no status in '{path}' ({error}). Start `forecast receive`."
        raise InputError(msg) from error
    return content


def _raise_limit() -> None:
    """Allow as many connections as the system lets this user have."""
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
