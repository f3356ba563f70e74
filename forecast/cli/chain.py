"""Chains of cycles: `forecast hindcast`, `forecast catch-up`, `forecast climatology`."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from forecast.cli.app import RunsOption, app, configured
from forecast.cli.statistical import StatisticalRequest, statistical_request
from forecast.common.cycle import Cycle
from forecast.common.errors import CycleError, ForecastError, InputError
from forecast.common.log import start_log
from forecast.config.inputs import check_inputs
from forecast.config.load import read_resolved, resolve, write_resolved
from forecast.config.root import Configuration
from forecast.fields.records import to_json
from forecast.workflow.catch_up import catch_up_jobs, put_aside
from forecast.workflow.hindcast import HindcastPlan, hindcast_jobs
from forecast.workflow.lock import read_holder
from forecast.workflow.paths import RUNS, RunPaths
from forecast.workflow.series import Frame, Job, Outcome, Series
from forecast.workflow.session import differences

climatology_app = typer.Typer(no_args_is_help=True, help="Mean states to begin from.")
app.add_typer(climatology_app, name="climatology")

ProfileOption = Annotated[
    str | None, typer.Option(help="A profile of slurm/; by default that of the site.")
]


def _period(
    first: Annotated[str, typer.Option("--from", help="First cycle, YYYY-MM-DDTHH in UTC.")] = "",
    last: Annotated[str, typer.Option("--to", help="Last cycle.")] = "",
    every: Annotated[int, typer.Option(help="Hours from one cycle to the next.")] = 12,
    chains: Annotated[
        int, typer.Option(help="Cut the period into so many parts that begin anew.")
    ] = 1,
    allow_gaps: Annotated[
        bool, typer.Option("--allow-gaps", help="Go on from an older restart after a failure.")
    ] = False,
    warm: Annotated[
        bool, typer.Option("--warm", help="Begin the first cycles from restarts that are there.")
    ] = False,
    known_hours: Annotated[
        float, typer.Option(help="What was known so long after a cycle may be used, hours.")
    ] = 0.0,
) -> HindcastPlan | None:
    """Read from the options what a hindcast runs; None without a period."""
    if not first and not last:
        return None
    start, end = Cycle.parse(first), Cycle.parse(last)
    return HindcastPlan(start, end, every, chains, allow_gaps, warm, known_hours)


def _with(
    gather: Callable[..., Any], name: str
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of another function, and its result as an argument."""
    shared = inspect.signature(gather).parameters

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        def wrapped(configuration: Configuration, **options: Any) -> None:
            found = {key: options.pop(key) for key in shared}
            command(configuration, **{name: gather(**found)}, **options)

        own = [p for key, p in inspect.signature(command).parameters.items() if key != name]
        rest = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own[1:]]
        given = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in shared.values()]
        wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
        signature = inspect.Signature([own[0], *given, *rest])
        wrapped.__signature__ = signature  # type: ignore[attr-defined]
        return wrapped

    return decorate


@app.command()
@configured
@_with(_period, "plan")
@_with(statistical_request, "statistical")
def hindcast(
    configuration: Configuration,
    plan: HindcastPlan | None,
    statistical: StatisticalRequest | None,
    parallel: Annotated[int, typer.Option(min=1, help="Chains that run at a time.")] = 1,
    runs: RunsOption = RUNS,
    profile: ProfileOption = None,
) -> None:
    """Run past cycles as if each had been run in its time; again, to continue.

    Inside a chain each cycle begins from the restarts of the one before, which must be there.
    With --member statistical no cycle is run: a table of forecasts is made from observations.
    """
    if statistical is not None:
        statistical.run()
        return
    if plan is None:
        msg = "A hindcast needs --from and --to, or --member statistical; give one of them."
        raise InputError(msg)
    start_log("hindcast")
    check_inputs(configuration)
    jobs = hindcast_jobs(plan, configuration)
    name = f"hindcast_{plan.first.name}_{plan.last.name}"
    _run_series(_frame(runs, name, configuration, profile), jobs, parallel)


@app.command("catch-up")
@configured
def catch_up(
    configuration: Configuration,
    cycle: Annotated[str, typer.Argument(help="The newest cycle, whose product is wanted.")],
    longest: Annotated[int, typer.Option(help="How many cycles back to look for a restart.")] = 28,
    runs: RunsOption = RUNS,
    profile: ProfileOption = None,
) -> None:
    """Run what an outage has left out: older cycles for their restarts only, the newest in full."""
    from forecast.stages.chain import left_restarts

    start_log("catch-up")
    check_inputs(configuration)
    hours = configuration.start.cycle_hours

    def left(earlier: Cycle) -> bool:
        return left_restarts(RunPaths((runs / earlier.name).resolve()), hours)

    jobs = catch_up_jobs(Cycle.parse(cycle), hours, longest, left)
    frame = _frame(runs, f"catch_up_{cycle}", configuration, profile)
    for job in jobs[:-1]:
        _clear(frame, job)
    _run_series(frame, [jobs], parallel=1)


def _clear(frame: Frame, job: Job) -> None:
    """Put aside what was begun of a superseded cycle in another way.

    Raises:
        CycleError: It still runs.
    """
    run = frame.run(job)
    holder = read_holder(run.lock)
    if holder is not None and holder.alive:
        msg = (
            f"The cycle '{run.folder.name}' still runs (process {holder.pid} on '{holder.host}'). "
            "Let it end, or stop it, and start again."
        )
        raise CycleError(msg)
    if not run.configuration.is_file():
        return
    wanted = resolve(files=[frame.base], settings=job.settings)
    if differences(read_resolved(run.configuration), wanted):
        typer.echo(f"What was begun of {run.folder.name} lies in '{put_aside(run)}' now.")


def _frame(runs: Path, name: str, configuration: Configuration, profile: str | None) -> Frame:
    """Keep the common configuration beside the logs of a series."""
    folder = (runs / ".series" / name).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    base = folder / "base.yaml"
    base.write_text(write_resolved(configuration), encoding="utf-8")
    return Frame(runs.resolve(), base, folder, ("--profile", profile) if profile else ())


def _run_series(frame: Frame, chains: list[list[Job]], parallel: int) -> None:
    """Run a series, tell each outcome as it comes, and write the summary.

    Raises:
        ForecastError: Some cycle has failed.
    """
    count = sum(len(jobs) for jobs in chains)
    typer.echo(f"{count} cycle(s) in {len(chains)} chain(s); logs in '{frame.folder}'.")
    outcomes = Series(frame, chains, parallel, lambda outcome: typer.echo(_line(outcome))).run()
    summary = frame.folder / "summary.json"
    summary.write_text(to_json(outcomes), encoding="utf-8")
    bad = [outcome for outcome in outcomes if not outcome.good]
    typer.echo(f"{count - len(bad)} of {count} cycles are complete; summary in '{summary}'.")
    if bad:
        reasons = "\n".join(f"  {o.cycle}: {o.word}: {o.reason}" for o in bad)
        msg = f"{len(bad)} cycle(s) are not complete:\n{reasons}\nStart again to go on with them."
        raise ForecastError(msg)


def _line(outcome: Outcome) -> str:
    start = ", ".join(f"{count} {kind}" for kind, count in outcome.start)
    quality = f", quality {outcome.quality}" if outcome.quality else ""
    return (
        f"{outcome.cycle}  chain {outcome.chain}  {outcome.word:<8}  {outcome.seconds:6.0f} s"
        f"  start: {start or '-'}{quality}"
    )


@climatology_app.command("build")
def climatology_build(
    to: Annotated[
        str, typer.Option(help="Where to write, such as 'climatology/{month}/{hour}.zarr'.")
    ],
    month: Annotated[
        list[int] | None, typer.Option(help="Month, 1 to 12; repeatable; all without it.")
    ] = None,
    members: Annotated[
        bool, typer.Option("--members", help="Average all members, not only the control.")
    ] = False,
    runs: RunsOption = RUNS,
) -> None:
    """Average the restarts of past runs by hour of day, as a state that a member can begin from."""
    from forecast.stages.chain import build_climatologies

    if "{hour}" not in to:
        msg = f"'{to}' does not say where the hour of day stands; write {{hour}} into it."
        raise InputError(msg)
    months = tuple(month or range(1, 13))
    written = 0
    for path, basis in build_climatologies(runs, to, months, members=members):
        typer.echo(f"'{path}': mean of {basis.count} states from {basis.first} to {basis.last}")
        written += 1
    if not written:
        msg = f"No run in '{runs}' has left a restart; nothing was written."
        raise InputError(msg)
