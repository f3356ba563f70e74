"""When a cycle cannot begin: nobody waits for a product that will not come."""

import getpass
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from forecast.common.errors import ForecastError, OutputError
from forecast.config.root import Configuration
from forecast.stages.alerts import AlertDesk, raise_alert
from forecast.stages.prune import prune, what_may_go
from forecast.stages.room import check_room, little_room
from forecast.workflow.detached import running
from forecast.workflow.lock import AlreadyRunsError
from forecast.workflow.paths import RunPaths


def living(run: RunPaths) -> bool:
    """Whether somebody runs a cycle now."""
    return running(run) is not None


@contextmanager
def refusals(run: RunPaths, configuration: Configuration) -> Iterator[None]:
    """Alert, through the channels that are set up, when a check refuses the cycle.

    Without channels nothing is written: somebody sits at a terminal and reads the error.
    """
    try:
        yield
    except ForecastError as error:
        options = configuration.alerts
        if run.latest_revision is None and (options.email or options.webhook or options.command):
            with AlertDesk(run, options) as desk:
                desk.raise_alert("no-product", "start", reason=str(error))
        raise


@contextmanager
def single(run: RunPaths) -> Iterator[None]:
    """Tell those who watch the cycle when it is started a second time."""
    try:
        yield
    except AlreadyRunsError:
        tell_of_second_start(run)
        raise


def tell_of_second_start(run: RunPaths) -> None:
    """Raise the alert; the driver of the first start sends it."""
    raise_alert(run, "already-running", f"{getpass.getuser()} on {socket.gethostname()}")


def make_room(run: RunPaths, configuration: Configuration) -> None:
    """Check that a run finds the room that it needs; remove what may go first, if that is wanted.

    Raises:
        OutputError: There is too little, also after that.
    """
    try:
        check_room(run, configuration)
    except OutputError:
        if not configuration.retention.automatic:
            raise
        runs = run.folder.parent
        removals = what_may_go(runs, configuration.retention, configuration.start, living)
        freed = prune(runs, removals)
        typer.echo(f"Too little room: removed {freed / 1e9:.2f} GB of old runs.")
        check_room(run, configuration)


def warn_of_room(run: RunPaths, configuration: Configuration) -> None:
    """Alert while this cycle still finds room and the next one will not."""
    facts = little_room(run, configuration)
    if facts is not None:
        raise_alert(run, "disk-short", str(run.folder.parent), **facts)
