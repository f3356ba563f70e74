"""Where a run stands, read from its files."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from forecast.common.errors import InputError
from forecast.config.load import read_resolved
from forecast.config.run import PRODUCT_STAGES, RunPaths, member_names
from forecast.fields.decision import DriverRecord
from forecast.fields.membership import Membership
from forecast.fields.records import to_json
from forecast.fields.run_state import RunState, StageState, StageStatus
from forecast.stages.table import STAGES
from forecast.storage.atomic import missing_file
from forecast.storage.manifest import degradations_of, read_stage_records
from forecast.storage.records import read_record
from forecast.storage.stage_status import read_stage_status
from forecast.storage.status import read_statuses


def describe(run: RunPaths, *, held: bool) -> RunState:
    """Read the state of a run.

    Args:
        run: Files of the run.
        held: True when somebody runs the cycle now.

    Raises:
        InputError: There is no such run.
    """
    if not run.configuration.is_file():
        raise missing_file(run.configuration, f"a run of the cycle '{run.folder.name}'")
    run = run.of_revision(run.newest_revision)
    configuration = read_resolved(run.configuration)
    members = member_names(configuration.ensemble.members)
    records = read_stage_records(*run.manifest_folders)
    return RunState(
        cycle=run.folder.name,
        title=f"{configuration.case.title}, domain {configuration.domain.name}",
        folder=run.folder,
        stages=tuple(
            _stage(run, stage.name, stage.title, held=held)
            for stage in STAGES.values()
            if not stage.per_member
            and not (configuration.start.chain_only and stage.name in PRODUCT_STAGES)
        ),
        members=read_statuses((name, run.status(name)) for name in members),
        held=held,
        left_out=_left_out(run),
        degradations=degradations_of(records),
        manifest=run.manifest if run.manifest.is_file() else None,
        revision=run.revision,
        published=run.latest_revision,
        driver=read_record(DriverRecord, run.driver) if run.driver.is_file() else None,
        scheduler_away=_away(run) if held else None,
        products=not configuration.start.chain_only,
    )


def _away(run: RunPaths) -> datetime | None:
    try:
        return datetime.fromtimestamp(run.scheduler_away.stat().st_mtime, UTC)
    except FileNotFoundError:
        return None


def _stage(run: RunPaths, name: str, title: str, *, held: bool) -> StageStatus:
    try:
        status = read_stage_status(run.stage_status(name), name)
    except InputError as error:
        status = StageStatus(name, StageState.FAILED, reason=str(error))
    if status.state is StageState.RUNNING and not held:
        status = replace(status, state=StageState.INTERRUPTED)
    return replace(status, title=title, log=str(run.log(name)))


def _left_out(run: RunPaths) -> tuple[tuple[str, str], ...]:
    if not run.members.is_file():
        return ()
    membership = read_record(Membership, run.members)
    return tuple((verdict.member, verdict.reason) for verdict in membership.missing)


def as_json(state: RunState, **facts: Any) -> str:
    """Write a run's state as JSON text, with further facts in front."""
    return json.dumps({**facts, **json.loads(to_json(state))}, indent=1, ensure_ascii=False)
