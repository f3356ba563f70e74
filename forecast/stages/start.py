"""From which state each member begins: decided once, for all of them, before anything is made."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from forecast.chemistry.composition import composition_of
from forecast.common.errors import ForecastError, InputError
from forecast.config.load import project_path, read_resolved
from forecast.config.run import RunPaths, member_names
from forecast.ensemble.start import (
    Finding,
    Rung,
    cold_allowed,
    plan_start,
    start_degradations,
)
from forecast.fields.start import StartPlan
from forecast.grid.domain import Domain
from forecast.stages.start_plan import read_start_plan
from forecast.stages.task import Task
from forecast.storage.atomic import read_json
from forecast.storage.climatology import climatology_basis
from forecast.storage.records import write_record
from forecast.storage.restart import verify_restart

logger = logging.getLogger(__name__)


def run(task: Task) -> None:
    """Look at the restarts of earlier cycles and write the plan."""
    configuration = task.configuration
    exercise = configuration.case.exercise
    domain = Domain.from_config(configuration.domain)
    species = composition_of(configuration.chemistry).table.names
    places = StatePlaces(task, species, domain.fingerprint)
    plan = plan_start(
        task.cycle,
        task.members,
        configuration.start,
        places.look,
        spin_up_hours=configuration.forecast.spin_up_hours,
        cold=cold_allowed(configuration.start, exercise=exercise, asked=_permission(task.run)),
    )
    plan = replace(plan, known_until=task.as_of.text, species=species, grid=domain.fingerprint)
    for degradation in start_degradations(plan, exercise=exercise):
        task.record.fell_back(degradation.announce())
    write_record(task.run.start_plan, plan)
    task.record.wrote(task.run.start_plan)
    _note(task, plan)


def _note(task: Task, plan: StartPlan) -> None:
    """Put the plan on record, and the states that it takes among the inputs."""
    for start in plan.members:
        path = start.path(task.run.folder)
        logger.info(
            "%s begins %s%s", start.member, start.kind, "" if path is None else f" from '{path}'"
        )
    task.record.note(
        start={kind.value: count for kind, count in plan.kinds.items()},
        spin_up_hours=plan.spin_up_hours,
        sources=sorted({start.source for start in plan.members if start.source}),
    )


def _permission(run: RunPaths) -> str:
    """Who allowed a cold start of this cycle; nothing when nobody did."""
    if not run.cold_permission.is_file():
        return ""
    return str(read_json(run.cold_permission)["why"])


@dataclass(frozen=True)
class StatePlaces:
    """Where the states of the rungs lie, and what is wrong with them.

    Attributes:
        task: The stage of the cycle that begins.
        species: Names that a state must hold, in this order.
        grid: Fingerprint of the domain that it must be on.
    """

    task: Task
    species: tuple[str, ...]
    grid: str

    def look(self, rung: Rung) -> Finding:
        """Look at one rung."""
        if rung.cycle is None:
            return self._climatology()
        run = RunPaths(self.task.run.folder.parent / rung.cycle.name)
        if not run.configuration.is_file():
            return Finding(f"../{rung.cycle.name}", "this cycle has not been run", expected=True)
        return self._restart(run, rung)

    def _restart(self, run: RunPaths, rung: Rung) -> Finding:
        """Look at a restart that another cycle has left, or should have."""
        known = self.task.as_of
        try:
            source = read_resolved(run.configuration)
            plan = read_start_plan(run, source)
        except ForecastError as error:
            return Finding(f"../{run.folder.name}", str(error))
        path = run.restart(rung.member, plan.spin_up_hours + rung.hour)
        where = f"../{run.folder.name}/{path.relative_to(run.folder).as_posix()}"
        if rung.member not in member_names(source.ensemble.members):
            return Finding(where, "that cycle had no such member", expected=True)
        if not known.admits(run.cycle.start):
            return Finding(where, known.refusal("it", run.cycle.start))
        return Finding(where, self._problem(path, self.task.cycle.start))

    def _climatology(self) -> Finding:
        """Look at the mean state of this month and hour of day."""
        time, known = self.task.cycle.time, self.task.as_of
        template = self.task.configuration.start.climatology
        path = project_path(template.format(month=f"{time:%m}", hour=f"{time:%H}"))
        try:
            last = climatology_basis(path).last
        except InputError as error:
            return Finding(str(path), str(error))
        if not known.admits(last):
            return Finding(str(path), known.refusal("its last state", last))
        return Finding(str(path), self._problem(path, None))

    def _problem(self, path: Path, time: np.datetime64 | None) -> str:
        """Say why a state cannot be begun from; nothing when all of it can be read."""
        try:
            verify_restart(path, valid_time=time, species=self.species, grid=self.grid)
        except InputError as error:
            return str(error)
        return ""
