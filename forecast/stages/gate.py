"""Who is in the ensemble."""

import logging
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from forecast.common.cycle import Cycle
from forecast.common.errors import CycleError, InputError
from forecast.config.ensemble import GateConfig
from forecast.config.run import RunPaths
from forecast.ensemble.content import ContentReport, inspect
from forecast.ensemble.gate import CyclePlan, decide
from forecast.ensemble.occasion import on_occasion
from forecast.fields.arrays import Single
from forecast.fields.decision import Decision, DriverRecord, Trigger, hours_on_disk, views
from forecast.fields.membership import Membership
from forecast.fields.status import MemberStatus
from forecast.fields.window import RunWindow
from forecast.grid.domain import Domain
from forecast.stages.former import or_former
from forecast.stages.task import Task
from forecast.storage.member_output import (
    OutputFrame,
    axes_problem,
    read_variable,
    written_pollutants,
)
from forecast.storage.meteorology import read_times
from forecast.storage.records import read_record, write_record
from forecast.storage.status import read_statuses

logger = logging.getLogger(__name__)

EARLIER_HOURS = 48
"""How far back cycles are looked at for a member that is a copy of an old one."""
MOST_THREADS = 4
"""Members that are read at a time."""


def run(task: Task) -> None:
    """Read what the members say and what their output holds; write the decision."""
    plan = cycle_plan(task)
    statuses = read_statuses((name, task.run.status(name)) for name in task.members)
    membership = decide(plan, statuses, _reports(task, plan, statuses), _earlier(task))
    record, decision = _occasion(task, statuses)
    membership = on_occasion(membership, decision, record, plan.clock)
    membership = or_former(task, membership)
    write_record(task.run.members, membership)
    task.record.fell_back(*membership.degradations)
    task.record.note(
        members=list(membership.members),
        hours_covered=membership.hours_covered,
        revision=membership.revision,
        trigger=membership.trigger,
        quality=membership.quality,
    )
    task.record.wrote(task.run.members)


def cycle_plan(task: Task) -> CyclePlan:
    """What the cycle was to be; as long as the prepared meteorology, where there is one."""
    configuration = task.configuration
    horizon = configuration.forecast.horizon_hours
    if task.run.meteorology.is_file():
        horizon = RunWindow.of_bounds(task.cycle, read_times(task.run.meteorology)).horizon_hours
    return CyclePlan(
        cycle=task.cycle,
        members=task.members,
        horizon_hours=horizon,
        hourly_hours=configuration.forecast.hourly_hours,
        gate=configuration.ensemble.gate,
        clock=configuration.clock,
    )


@dataclass(frozen=True)
class _Look:
    """Looks into the output of members."""

    run: RunPaths
    frame: OutputFrame
    options: GateConfig

    def report(self, status: MemberStatus) -> ContentReport | None:
        """Report on one member's output; an unreadable one gives no report."""
        path, hours = self.run.output(status.member), hours_on_disk(status)
        try:
            problem = axes_problem(path, self.frame)
            if problem:
                return ContentReport(status.member, 0, problem, "结果的时间或网格不符")
            return inspect(status.member, _variables(path, hours), self.options)
        except InputError as error:
            logger.warning("%s", error)
            return None


def _reports(
    task: Task, plan: CyclePlan, statuses: tuple[MemberStatus, ...]
) -> list[ContentReport]:
    """Look into the output of every member that claims an hour."""
    grid = Domain.from_config(task.configuration.domain).horizontal
    labels = plan.cycle.hours(1, plan.horizon_hours)
    look = _Look(task.run, OutputFrame(labels, grid.y_centre, grid.x_centre, ""), plan.gate)
    claiming = [status for status in statuses if hours_on_disk(status) > 0]
    threads = min(MOST_THREADS, len(os.sched_getaffinity(0)))
    with ThreadPoolExecutor(max_workers=threads) as pool:
        found = pool.map(look.report, claiming)
        return [report for report in found if report is not None]


def _variables(path: Path, hours: int) -> Iterator[tuple[str, Single]]:
    for name in written_pollutants(path):
        yield name, read_variable(path, name, slice(0, hours))


def _earlier(task: Task) -> dict[str, str]:
    """Fingerprints of the members of the cycles before this one, in the same folder of runs."""
    known: dict[str, str] = {}
    for run in _runs_before(task.run):
        revision = run.latest_revision
        if revision is None:
            continue
        try:
            membership = read_record(Membership, run.of_revision(revision).members)
        except InputError as error:
            logger.warning("%s Its members are not compared with those of this cycle.", error)
            continue
        for verdict in membership.verdicts:
            for day, mark in enumerate(verdict.fingerprints, start=1):
                known.setdefault(mark, f"day {day} of {verdict.member} in {membership.cycle}")
    return known


def _runs_before(run: RunPaths) -> Iterator[RunPaths]:
    """Runs of the cycles of the last days, newest first."""
    oldest = run.cycle.time - timedelta(hours=EARLIER_HOURS)
    for folder in sorted(run.folder.parent.glob("*/"), reverse=True):
        try:
            time = Cycle.parse(folder.name).time
        except CycleError:
            continue
        if oldest <= time < run.cycle.time:
            yield RunPaths(folder)


def _occasion(task: Task, statuses: tuple[MemberStatus, ...]) -> tuple[DriverRecord, Decision]:
    """Why this is decided now: as the driver noted it, or because somebody asked by hand."""
    now = datetime.now(UTC)
    ended = [name for name in task.members if task.run.stamp(name).exists()]
    by_hand = Decision(task.run.revision, Trigger.ASKED, (), now, views(statuses, ended))
    if not task.run.driver.is_file():
        return DriverRecord(task.cycle.name, origin=now, launched=now), by_hand
    record = read_record(DriverRecord, task.run.driver)
    return record, record.of_revision(task.run.revision) or by_hand
