"""What past runs tell about time: gathered once, when a cycle begins, and kept beside it."""

import logging
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from forecast.common.errors import ForecastError
from forecast.config.load import read_resolved
from forecast.config.root import Configuration
from forecast.config.run import RunPaths, member_names
from forecast.fields.history import History, MemberPace, ProductTime, StageTime
from forecast.fields.run_state import StageState, StageStatus
from forecast.fields.status import MemberState, MemberStatus
from forecast.stages.table import STAGES
from forecast.storage.records import read_record, write_record
from forecast.storage.stage_status import read_stage_status
from forecast.storage.status import read_statuses

logger = logging.getLogger(__name__)

MOST_CYCLES = 20
"""Newest past cycles that are looked at: machines and mechanisms change."""

_SAME = ("domain", "transport", "chemistry", "deposition", "natural", "computing")
"""Components of the configuration that decide how long a model hour takes."""
_CLOCK = re.compile(r"^\[(\w{3} \w{3} +\d+ \d\d:\d\d:\d\d \d{4})\]$")
_RULE = re.compile(r"^(?:local)?rule (\w+):$")
_MEMBER = re.compile(r"^ +wildcards:.*\bmember=(m\d\d+)\b")


def history_of(run: RunPaths, configuration: Configuration) -> History:
    """Give the history of a run: what was known when it began.

    Args:
        run: Files of the run; its siblings are the past runs.
        configuration: Of this run; only runs on the same domain with the same model and the same
            number of ranks count.

    Returns:
        The history, which is kept beside the run; an empty one when nothing can be read. Time
        estimates are a help, so nothing here ever stops a run.
    """
    try:
        if run.history.is_file():
            return read_record(History, run.history)
    except ForecastError as error:
        logger.warning("%s The history is gathered anew.", error)
    history = gather(run.folder.parent, run.folder.name, configuration)
    try:
        write_record(run.history, history)
    except ForecastError as error:
        logger.warning("%s", error)
    return history


def gather(runs: Path, cycle: str, configuration: Configuration) -> History:
    """Read the times of past runs.

    Args:
        runs: Folder of all runs.
        cycle: Name of the cycle that asks; it does not count.
        configuration: Of the cycle that asks.

    Returns:
        What the newest runs of the same kind tell.
    """
    members: list[MemberPace] = []
    stages: list[StageTime] = []
    products: list[ProductTime] = []
    for run in _alike(runs, cycle, configuration):
        try:
            members += _paces(run, configuration.ensemble.members)
            stages += _stage_times(run)
            products += _product_times(run)
        except (ForecastError, OSError) as error:
            logger.info("the run '%s' tells nothing about time: %s", run.folder.name, error)
    return History(datetime.now(UTC), tuple(members), tuple(stages), tuple(products))


def _alike(runs: Path, cycle: str, configuration: Configuration) -> Iterator[RunPaths]:
    """The newest runs of the same kind, newest first."""
    found = sorted((path.parent for path in runs.glob("*/config.yaml")), reverse=True)
    count = 0
    for folder in found:
        if folder.name == cycle:
            continue
        try:
            other = read_resolved(folder / "config.yaml")
        except ForecastError:
            continue  # of another version
        if other.workflow.ranks != configuration.workflow.ranks or any(
            getattr(other, name) != getattr(configuration, name) for name in _SAME
        ):
            continue
        yield RunPaths(folder)
        count += 1
        if count == MOST_CYCLES:
            return


def _paces(run: RunPaths, count: int) -> Iterator[MemberPace]:
    """Members that ran without a break."""
    submitted = _submissions(run.log_folder / "snakemake.log")
    whole = (MemberState.FINISHED, MemberState.INCOMPLETE)
    for status in read_statuses((name, run.status(name)) for name in member_names(count)):
        unbroken = status.continued_from is None and status.attempt == 1
        if status.state not in whole or not unbroken or not status.hours_done:
            continue
        seconds = _seconds(status)
        if seconds is not None:
            yield MemberPace(
                cycle=run.folder.name,
                member=status.member,
                kind=status.kind,
                ranks=status.ranks,
                hours=status.hours_done,
                seconds=seconds,
                wait=_wait(status, submitted),
            )


def _seconds(status: MemberStatus | StageStatus) -> float | None:
    if status.started is None or status.finished is None:
        return None
    seconds = (status.finished - status.started).total_seconds()
    return seconds if seconds > 0.0 else None


def _wait(status: MemberStatus, submitted: dict[str, datetime]) -> float | None:
    given = submitted.get(status.member)
    if given is None or status.started is None:
        return None
    return max(0.0, (status.started - given).total_seconds())


def _submissions(log: Path) -> dict[str, datetime]:
    """When Snakemake gave each member to the machine for the first time; none without its log."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    found: dict[str, datetime] = {}
    moment, rule = None, ""
    for line in text.splitlines():
        if match := _CLOCK.match(line):
            local = time.mktime(time.strptime(match[1], "%a %b %d %H:%M:%S %Y"))
            moment, rule = datetime.fromtimestamp(local, UTC), ""
        elif match := _RULE.match(line):
            rule = match[1]
        elif rule == "run_member" and moment and (match := _MEMBER.match(line)):
            found.setdefault(match[1], moment)
    return found


def _stage_times(run: RunPaths) -> Iterator[StageTime]:
    for stage in STAGES.values():
        if stage.per_member:
            continue
        status = read_stage_status(run.stage_status(stage.name), stage.name)
        seconds = _seconds(status)
        if status.state is StageState.FINISHED and seconds is not None:
            yield StageTime(run.folder.name, stage.name, seconds)


def _product_times(run: RunPaths) -> Iterator[ProductTime]:
    """From the decision to the last product of the first revision."""
    first = read_stage_status(run.stage_status("gate"), "gate")
    last = read_stage_status(run.stage_status("publish"), "publish")
    if last.state is StageState.FINISHED and first.started and last.finished:
        seconds = (last.finished - first.started).total_seconds()
        if seconds > 0.0:
            yield ProductTime(run.folder.name, seconds)
