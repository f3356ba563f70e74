"""How past cycles went, read from what their runs left."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from forecast.common.cycle import Cycle
from forecast.common.errors import CycleError, ForecastError, InputError
from forecast.config.load import read_resolved
from forecast.config.run import RunPaths, member_names
from forecast.fields.alert import Severity
from forecast.fields.decision import DriverRecord
from forecast.fields.membership import Membership, Quality
from forecast.fields.operations import CycleSummary, Period, newest
from forecast.fields.status import MemberStatus
from forecast.storage.alerts import read_alerts
from forecast.storage.atomic import write_text
from forecast.storage.records import read_record
from forecast.storage.stage_status import read_stage_status
from forecast.storage.status import read_statuses

_HOUR = timedelta(hours=1)
_SERIOUS = (Severity.FATAL, Severity.WARNING)


def period_of(
    runs: Path, days: int, grace: timedelta, running: Callable[[RunPaths], bool]
) -> Period:
    """Summarise the cycles of a period.

    Args:
        runs: Folder of all runs.
        days: Length of the period, counted back from the newest cycle.
        grace: How long after its cutoff a product still counts as in time.
        running: Tells whether somebody runs a cycle now.

    Returns:
        One summary a cycle that was to make products; a run that cannot be read says why.

    Raises:
        InputError: There is no run.
    """
    names = newest(_cycles(runs), days)
    if not names:
        msg = f"There is no run in '{runs}'; start one with `forecast run`, or name another --runs."
        raise InputError(msg)
    found = (_summary(RunPaths((runs / name).resolve()), running) for name in names)
    return Period(tuple(entry for entry in found if entry is not None), grace)


def keep_page(path: Path, text: str) -> None:
    """Write the page about a period, whole or not at all.

    Raises:
        OutputError: The disk refuses it.
    """
    write_text(path, text)


def _cycles(runs: Path) -> list[tuple[str, datetime]]:
    found = []
    for path in runs.glob("*/config.yaml"):
        try:
            found.append((path.parent.name, Cycle.parse(path.parent.name).time))
        except CycleError:
            continue  # no folder of a cycle
    return found


def _summary(run: RunPaths, running: Callable[[RunPaths], bool]) -> CycleSummary | None:
    """Summarise one cycle; None for one that only keeps the chain of restarts alive."""
    cycle = run.folder.name
    try:
        configuration = read_resolved(run.configuration)
        if configuration.start.chain_only:
            return None
        names = member_names(configuration.ensemble.members)
        statuses = read_statuses((name, run.status(name)) for name in names)
        first, last = _decision(run, 0), _decision(run, run.latest_revision or 0)
        return CycleSummary(
            cycle=cycle,
            title=f"{configuration.case.title}, {configuration.domain.name}",
            quality=Quality.NONE if first is None else first.quality,
            due=_due(run, first, configuration.clock.hourly.hard_minutes),
            published=_published(run),
            revisions=len(run.revisions()),
            planned=len(names),
            used=0 if last is None or last.origin else len(last.members),
            core_hours=_core_hours(statuses),
            problems=tuple(a.code for a in read_alerts(run.alerts) if a.severity in _SERIOUS),
            running=running(run),
        )
    except ForecastError as error:
        return CycleSummary(cycle, problem=str(error), running=running(run))


def _decision(run: RunPaths, revision: int) -> Membership | None:
    path = run.of_revision(revision).members
    return read_record(Membership, path) if path.is_file() else None


def _due(run: RunPaths, first: Membership | None, minutes: float | None) -> datetime | None:
    """The hard cutoff of the hourly product, also of a cycle that never came to a decision."""
    decided = [] if first is None else [p.hard for p in first.products if p.product == "hourly"]
    if decided:
        return decided[0]
    if minutes is None or not run.driver.is_file():
        return None
    return read_record(DriverRecord, run.driver).origin + timedelta(minutes=minutes)


def _published(run: RunPaths) -> datetime | None:
    """When the oldest complete revision was complete."""
    complete = run.revisions()
    if not complete:
        return None
    path = run.of_revision(complete[0]).stage_status("publish")
    return read_stage_status(path, "publish").finished


def _core_hours(statuses: Sequence[MemberStatus]) -> float:
    return sum(
        (status.finished - status.started) / _HOUR * max(status.ranks, 1)
        for status in statuses
        if status.started is not None and status.finished is not None
    )
