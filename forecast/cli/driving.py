"""What the commands that drive a cycle share: the driver's eyes and hands."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import typer

from forecast.cli.survey import PageWriter, slots
from forecast.common.errors import ForecastError
from forecast.config.root import Configuration
from forecast.ensemble.former import ABSENT
from forecast.fields.history import History
from forecast.fields.run_state import RunState
from forecast.stages.alerts import AlertDesk
from forecast.stages.arrivals import Arrivals
from forecast.stages.close_member import close_member
from forecast.stages.describe import describe
from forecast.stages.history import history_of
from forecast.stages.limit_member import limit_member
from forecast.workflow.display import Display
from forecast.workflow.driver import Ports, WorkflowFailedError
from forecast.workflow.lock import Holder
from forecast.workflow.paths import RunPaths
from forecast.workflow.progress import products_line


@contextmanager
def driving(run: RunPaths, configuration: Configuration) -> Iterator[Ports]:
    """Open the display and the desk of the alerts while a cycle is driven."""
    with (
        Display(slots(configuration)) as display,
        AlertDesk(run, configuration.alerts) as desk,
    ):

        def read() -> RunState:
            return describe(run, held=True)

        def close(member: str, reason: str) -> None:
            close_member(run, member, reason)

        def limit(member: str, hours: int, reason: str) -> None:
            limit_member(run, member, hours, reason)

        page = PageWriter(run, configuration, desk)

        def show(state: RunState, holder: Holder | None) -> None:
            display.show(state, holder)
            desk.watch(state)
            page.show(state, holder)

        def history() -> History:
            return history_of(run, configuration)

        ports = Ports(
            describe=read,
            close_member=close,
            limit_member=limit,
            show=show,
            alert=desk.raise_alert,
            waiting_for=Arrivals(run.cycle, configuration).waiting,
            history=history,
            places=None if configuration.site.batch else slots(configuration),
        )
        try:
            yield ports
            desk.watch(read(), ended=True)
        except WorkflowFailedError:
            desk.watch(read(), ended=True)
            raise
        finally:
            with suppress(ForecastError):
                page.show(describe(run, held=False), None, now=True)


def conclude(state: RunState) -> None:
    """Say how a cycle ended and where its products lie; without a forecast, exit with 1."""
    typer.echo(f"The run {state.cycle} is complete.")
    for member, reason in state.left_out:
        typer.echo(f"Member {member} is left out or cut short: {reason}")
    for entry in state.degradations:
        typer.echo(f"Fallback in {entry.stage}: {entry.what}; took {entry.replacement}")
    if any(entry.code == ABSENT for entry in state.degradations):
        typer.echo(
            f"There is no forecast; {products_line(state.folder)} says so. Remove the cause, then "
            "start the same command with --retry."
        )
        raise typer.Exit(1)
    if state.products:
        typer.echo(f"Bulletin: {products_line(state.folder)}")
    else:
        typer.echo("It was run for its restarts only; there is no product.")
