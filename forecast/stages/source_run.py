"""The run whose members make the product: this one, or that of an earlier cycle, shifted."""

from dataclasses import replace
from typing import Any

from forecast.config.run import PRODUCT_STAGES, RunPaths
from forecast.fields.membership import Membership
from forecast.fields.start import StartPlan
from forecast.stages.start_plan import read_start_plan
from forecast.stages.task import Task
from forecast.storage.manifest import read_stage_records


def source_run(task: Task, membership: Membership) -> RunPaths:
    """The run that members, city weights and meteorology of the product are read from."""
    if not membership.origin:
        return task.run
    run = RunPaths(task.run.folder.parent / membership.origin)
    return run.of_revision(run.latest_revision or 0)


def source_plan(task: Task, membership: Membership) -> StartPlan:
    """From what the members of the product began; hours count from the start of this cycle."""
    plan = read_start_plan(source_run(task, membership), task.configuration)
    moved = (
        replace(start, unsettled_hours=max(0, start.unsettled_hours - membership.origin_shift))
        for start in plan.members
    )
    return replace(plan, members=tuple(moved))


def source_records(task: Task, membership: Membership) -> list[dict[str, Any]]:
    """Records of the stages that the product rests on, but for `publish`.

    In place of this cycle's preparation stands that of the run whose members are used.
    """
    records = read_stage_records(*task.run.manifest_folders)
    if membership.origin:
        former, _ = source_run(task, membership).manifest_folders
        records = read_stage_records(former) + [
            record for record in records if record["stage"] in PRODUCT_STAGES
        ]
    return [record for record in records if record["stage"] != "publish"]
