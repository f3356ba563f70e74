"""`forecast launch`: a cycle that runs by itself, from a frozen checkout."""

import contextlib
import json
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from forecast.cli.app import RunsOption, app
from forecast.cli.refusal import tell_of_second_start
from forecast.common.cycle import Cycle
from forecast.common.errors import CycleError, ForecastError
from forecast.common.log import start_log
from forecast.config.load import PROJECT, read_resolved
from forecast.workflow.detached import (
    ALREADY_RUNS,
    await_start,
    parse_launch,
    running,
    start_detached,
    supervise,
)
from forecast.workflow.frozen import Frozen, freeze, lead_to, sweep
from forecast.workflow.lock import Holder, RunLock
from forecast.workflow.paths import RUNS, RunPaths

INTERRUPTED = 130
"""Exit code of a driver that somebody asked to stop."""
KILLED = 128
"""Exit codes above it name a signal: the driver was killed, every time."""
FAILED_BEFORE = 4
"""Exit code when the cycle had failed and a person was to look at it first."""
_AGAIN = {"--retry", "--restart"}
"""Options of `forecast run` that give a complete cycle something to do."""
_REST = {"allow_extra_args": True, "ignore_unknown_options": True}


@app.command(context_settings=_REST)
def launch(
    context: typer.Context,
    cycle: Annotated[str, typer.Argument(help="Start, YYYY-MM-DDTHH in UTC; before all options.")],
    runs: RunsOption = RUNS,
    attach: Annotated[
        bool, typer.Option("--attach", help="Follow the run, also one that runs already.")
    ] = False,
    allow_modified: Annotated[
        bool, typer.Option("--allow-modified", help="Take changes of the code along: for cases.")
    ] = False,
    unless_failed: Annotated[
        bool, typer.Option("--unless-failed", help="Do not repeat a cycle that has failed.")
    ] = False,
    patience: Annotated[float, typer.Option(help="How long to wait for its start, s.")] = 60.0,
) -> None:
    """Start a cycle that survives a logout; all other options are those of `forecast run`.

    The code is frozen as committed, so that nobody's edits reach the cycle. A cycle that runs
    already is not started twice: exit code 3, or follow it with --attach.
    """
    run = RunPaths((runs / _parse(cycle).name).resolve())
    holder = running(run)
    if holder is None:
        if _nothing_to_do(run, context.args, unless_failed=unless_failed):
            return
        started = _start(run, context.args, allow_modified=allow_modified, patience=patience)
        holder = None if started else running(run)
    if holder is not None and not attach:
        tell_of_second_start(run)
        typer.echo(_refusal(run, holder), err=True)
        raise typer.Exit(ALREADY_RUNS)
    if attach:
        _follow(run)


def _parse(text: str) -> Cycle:
    try:
        return Cycle.parse(text)
    except CycleError as error:
        msg = f"{error} With `forecast launch` the cycle comes first, before all options."
        raise CycleError(msg) from error


def _nothing_to_do(run: RunPaths, arguments: list[str], *, unless_failed: bool) -> bool:
    """Whether a cycle needs no start, said in a sentence."""
    outcome = _outcome(run)
    if outcome == "complete" and not _AGAIN.intersection(arguments):
        typer.echo(f"The cycle {run.folder.name} is complete; nothing was started.")
        return True
    if outcome == "failed" and unless_failed:
        typer.echo(
            f"The cycle {run.folder.name} has failed; `forecast status {run.folder.name} --runs "
            f"{run.folder.parent}` says why. Launch it again without --unless-failed.",
            err=True,
        )
        raise typer.Exit(FAILED_BEFORE)
    return False


def _outcome(run: RunPaths) -> str:
    try:
        return str(json.loads(run.invocation.read_text(encoding="utf-8"))["outcome"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _refusal(run: RunPaths, holder: Holder) -> str:
    return (
        f"The cycle {run.folder.name} runs already: process {holder.pid} on {holder.host} since "
        f"{holder.since}. Nothing was started. Follow it with --attach, or look with `forecast "
        f"status {run.folder.name} --runs {run.folder.parent}`."
    )


def _start(run: RunPaths, arguments: list[str], *, allow_modified: bool, patience: float) -> bool:
    """Start a cycle; False when somebody else was quicker."""
    frozen = freeze(PROJECT, run.folder.parent, allow_modified=allow_modified)
    command = [run.folder.name, "--runs", str(run.folder.parent), *arguments]
    supervisor = start_detached(run, frozen, command)
    happened = await_start(run, supervisor, patience)
    if happened is None:
        return False
    typer.echo(happened)
    changed = f" with {len(frozen.changes)} changed file(s)" if frozen.changes else ""
    typer.echo(f"Code: commit {frozen.commit}{changed} in {frozen.folder}")
    typer.echo(f"Log: {run.launch_log}")
    typer.echo(f"Look: forecast status {run.folder.name} --runs {run.folder.parent}")
    return True


def _follow(run: RunPaths) -> None:
    """Show a run until it ends; leaving it does not harm it."""
    from forecast.stages.describe import describe
    from forecast.workflow.display import Display
    from forecast.workflow.progress import report

    try:
        with Display(slots=1) as display:
            while (holder := running(run)) is not None:
                if run.configuration.is_file():
                    display.show(describe(run, held=True), holder)
                time.sleep(0.5)
    except KeyboardInterrupt:
        typer.echo("You have left; the cycle goes on.")
        return
    if run.configuration.is_file():
        typer.echo(report(describe(run, held=False), None))
    if _outcome(run) != "complete":
        raise typer.Exit(1)


@app.command("supervise", hidden=True)
def supervise_launched(folder: Path, told: str) -> None:
    """Run a launched cycle and what follows its success; `forecast launch` starts this."""
    from forecast.stages.alerts import raise_alert

    start_log("launch")
    run, found = RunPaths(folder), parse_launch(told)
    if found is None:
        msg = f"'{told}' does not say how the cycle is launched; use `forecast launch`."
        raise ForecastError(msg)
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(RunLock(run.launch_lock))
        except CycleError as error:
            typer.echo(str(error))
            sys.exit(ALREADY_RUNS)
        lead_to(run.code, Frozen(Path(found.code), found.commit, found.changes))
        if found.changes:
            raise_alert(run, "code-modified", found.code)
        code = supervise(run, found)
        if code == 0:
            _conclude(run)
        elif code > KILLED and code != INTERRUPTED:
            _alert(run, "driver-gone", str(run.launch), log=str(run.launch_log))
        sys.exit(code)


def _conclude(run: RunPaths) -> None:
    """Archive a cycle that has succeeded and remove what may go, where that is wanted."""
    from forecast.cli.refusal import living
    from forecast.stages.archive import archive_after
    from forecast.stages.prune import prune_after

    retention = read_resolved(run.configuration).retention
    try:
        place = archive_after(run)
    except ForecastError as error:
        typer.echo(f"Error: {error}")
        _alert(run, "archive-failed", retention.archive, reason=str(error))
        return  # what is not in the archive is not removed
    if place is not None:
        typer.echo(f"Archived in {place}")
    if retention.automatic:
        freed = prune_after(run, living)
        swept = sweep(run.folder.parent)
        typer.echo(f"Removed {freed / 1e9:.2f} GB of old runs and {len(swept)} old checkouts.")


def _alert(run: RunPaths, code: str, subject: str, **facts: str) -> None:
    """Raise an alert and send it: no driver does it any more."""
    from forecast.stages.alerts import AlertDesk

    if run.configuration.is_file():
        with AlertDesk(run, read_resolved(run.configuration).alerts) as desk:
            desk.raise_alert(code, subject, **facts)
