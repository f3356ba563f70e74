"""Looking for the forecast of an earlier cycle where this one has none."""

import logging
from collections.abc import Iterator
from datetime import timedelta

from forecast.common.cycle import Cycle
from forecast.common.errors import ConfigurationError, CycleError, InputError
from forecast.config.load import read_resolved
from forecast.config.run import RunPaths
from forecast.ensemble.former import covers_a_day, shifted, without_forecast
from forecast.fields.membership import Membership
from forecast.fields.run_state import StageState
from forecast.grid.domain import Domain
from forecast.grid.overlap import CityWeights
from forecast.grid.regions import read_cities
from forecast.stages.task import Task
from forecast.storage.member_output import written_pollutants
from forecast.storage.meteorology import read_times
from forecast.storage.records import read_record
from forecast.storage.stage_status import read_stage_status

logger = logging.getLogger(__name__)

BEFORE_MEMBERS = ("start", "prepare", "perturb", "warm")
"""Stages without which no member runs."""


def or_former(task: Task, membership: Membership) -> Membership:
    """Keep a decision that covers a day; else take an earlier forecast, or say there is none."""
    if covers_a_day(membership):
        return membership
    why, why_zh = _reasons(task, membership)
    refusals = []
    for run in _runs_before(task.run):
        try:
            found = _take(task, membership, run, (why, why_zh))
        except (InputError, ConfigurationError, CycleError) as error:
            logger.warning("the forecast of %s cannot stand in: %s", run.folder.name, error)
            refusals.append(f"{run.folder.name}: {error}")
        else:
            task.record.read(run.of_revision(run.latest_revision or 0).members)
            return found
    tried = "no earlier forecast can stand in: " + ("; ".join(refusals) or "there is none")
    return without_forecast(membership, why, why_zh, tried)


def _reasons(task: Task, membership: Membership) -> tuple[str, str]:
    """Why this cycle has no member: the stage that failed before them, or what each says."""
    for stage in BEFORE_MEMBERS:
        try:
            status = read_stage_status(task.run.stage_status(stage), stage)
        except InputError as error:
            return f"the stage '{stage}': {error}", "准备阶段失败"
        if status.state is StageState.FAILED:
            return f"the stage '{stage}' failed: {status.reason}", "准备阶段失败"
    verdicts = membership.verdicts
    english = "; ".join(f"{v.member}: {v.reason or f'{v.hours} h only'}" for v in verdicts)
    chinese = "；".join(f"{v.member}{v.reason_zh or f'只有{v.hours}小时'}" for v in verdicts)
    return english, chinese


def _runs_before(run: RunPaths) -> Iterator[RunPaths]:
    """Runs of earlier cycles in the same folder, newest first."""
    found = []
    for folder in run.folder.parent.glob("*/"):
        try:
            cycle = Cycle.parse(folder.name)
        except CycleError:
            continue
        if cycle < run.cycle:
            found.append((cycle, RunPaths(folder)))
    yield from (earlier for _, earlier in sorted(found, key=lambda pair: pair[0], reverse=True))


def _take(task: Task, own: Membership, run: RunPaths, why: tuple[str, str]) -> Membership:
    """Take over the forecast of a run.

    Raises:
        InputError: It has none of its own, it is too old or too short, or a file is damaged.
        ConfigurationError: Its configuration cannot be read.
    """
    options = task.configuration.fallback
    if not options.earlier_forecast:
        msg = "fallback.earlier_forecast is off."
        raise InputError(msg)
    age = task.cycle.time - run.cycle.time
    if age > timedelta(hours=options.oldest_hours):
        msg = f"It is older than {options.oldest_hours} h (fallback.oldest_hours)."
        raise InputError(msg)
    revision = run.latest_revision
    if revision is None:
        msg = "It has no product."
        raise InputError(msg)
    former = read_record(Membership, run.of_revision(revision).members)
    if former.origin or not former.members:
        msg = "It has no members of its own either."
        raise InputError(msg)
    _require_alike(task, run)
    found = shifted(own, former, *why)
    if not covers_a_day(found):
        msg = "What is left of it covers no complete local day."
        raise InputError(msg)
    for member in found.members:
        written_pollutants(run.output(member))
    read_times(run.meteorology)
    return found


def _require_alike(task: Task, run: RunPaths) -> None:
    """Refuse the run of another case, on another grid, or for other cities."""
    mine, other = task.configuration, read_resolved(run.configuration)
    if mine.case.name != other.case.name:
        msg = f"It is of the case '{other.case.name}', not of '{mine.case.name}'."
        raise InputError(msg)
    grid = Domain.from_config(mine.domain).horizontal
    weights = CityWeights.load(run.city_weights, grid)
    wanted = tuple(city.name_en for city in read_cities(task.input(mine.places.cities)))
    if weights.cities != wanted:
        msg = "It was made for other cities."
        raise InputError(msg)
