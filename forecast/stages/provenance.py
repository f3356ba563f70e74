"""Where a product comes from: code, environment, configuration, inputs, members, rules."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from forecast.config.load import PROJECT
from forecast.config.run import RunPaths
from forecast.fields.membership import Membership
from forecast.fields.start import MemberStart
from forecast.fields.warnings import WarningSet
from forecast.stages.source_run import source_plan, source_records, source_run
from forecast.stages.task import Task
from forecast.storage.atomic import read_json
from forecast.storage.environment import record_environment
from forecast.storage.manifest import code_version, digest
from forecast.storage.records import read_record
from forecast.storage.status import read_statuses


def provenance(task: Task, membership: Membership) -> dict[str, Any]:
    """Gather what the manifest says about the origin of a revision.

    Of a product that rests on the members of an earlier cycle, inputs and members are those of
    that cycle.

    Args:
        task: The stage that publishes, its own record written.
        membership: The decision who is in.
    """
    run, options = task.run, task.configuration
    source = source_run(task, membership)
    records = source_records(task, membership)
    return {
        "revision": run.revision,
        "decided_at": membership.decided_at.isoformat() if membership.decided_at else None,
        "trigger": membership.trigger.value,
        "quality": membership.quality.value,
        "members_of": membership.origin or run.folder.name,
        "code": code_version(PROJECT),
        "launch": _optional(run.launch),
        "command": _optional(run.invocation),
        "environment": asdict(record_environment(PROJECT)),
        "configuration": {
            "file": run.configuration.name,
            "sha256": digest(run.configuration),
            "case": options.case.name,
            "domain": options.domain.name,
        },
        "inputs": _inputs(source, records),
        "files_of_others": _others(source, records),
        "members": _members(task, membership, records),
        **_rules(task, records),
        "calibration": "none: raw ensemble",
    }


def _rules(task: Task, records: list[dict[str, Any]]) -> dict[str, Any]:
    """Warning rules and standards that were applied; empty for a product without a forecast."""
    options = task.configuration
    if not task.run.warnings.is_file():
        return {"rules": None, "standards": None}
    warnings = read_record(WarningSet, task.run.warnings)
    return {
        "rules": {
            "id": warnings.rules,
            "title": warnings.rules_title,
            "reference": warnings.rules_reference,
            "folder": options.warning.folder,
            "sha256": _sha256(records, options.warning.folder),
        },
        "standards": {
            "ids": list(warnings.standards),
            "folder": options.aqi.folder,
            "sha256": _sha256(records, options.aqi.folder),
        },
    }


def _optional(path: Path) -> Any:
    return read_json(path) if path.is_file() else None


def _inputs(run: RunPaths, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The ladders' choices; of a run without their record, the meteorology that was read."""
    found = _optional(run.inputs_record)
    if found is not None:
        return list(found["inputs"])
    facts: dict[str, Any] = next(
        (record["facts"] for record in records if record["stage"] == "prepare"), {}
    )
    return [
        {"name": name, "attribution": facts[name]}
        for name in ("meteorology", "emissions", "boundary")
        if name in facts
    ]


def _others(run: RunPaths, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every file that a stage read and none of the run has made, once, with its readers."""
    made = {entry["path"] for record in records for entry in record["outputs"]}
    found: dict[tuple[str, str], set[str]] = {}
    for record in records:
        for entry in record["inputs"]:
            path = entry["path"]
            if path not in made and not (run.folder / path).exists():
                found.setdefault((path, entry["sha256"]), set()).add(record["stage"])
    return [
        {"path": path, "sha256": checksum, "read_by": sorted(stages)}
        for (path, checksum), stages in sorted(found.items())
    ]


def _members(
    task: Task, membership: Membership, records: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    source, plan = source_run(task, membership), source_plan(task, membership)
    statuses = read_statuses((name, source.status(name)) for name in membership.planned)
    runs = {record["member"]: record for record in records if record["stage"] == "run_member"}
    return [
        {
            "member": status.member,
            "hours": membership.hours_of(status.member),
            "state": status.state.value,
            "kind": status.kind,
            "attempt": status.attempt,
            "ranks": status.ranks,
            "host": status.host,
            "job": status.job,
            "start": _start(plan.of(status.member), runs.get(status.member)),
        }
        for status in statuses
    ]


def _start(start: MemberStart, record: dict[str, Any] | None) -> dict[str, Any]:
    """From what a member began, with the checksum of the checkpoint as the member read it."""
    name = start.source.lstrip("./")
    read = record["inputs"] if record is not None and name else []
    return {
        "kind": start.kind.value,
        "source": start.source,
        "cycle": start.source_cycle,
        "hour": start.source_hour,
        "unsettled_hours": start.unsettled_hours,
        "sha256": next((e["sha256"] for e in read if str(e["path"]).endswith(name)), ""),
    }


def _sha256(records: list[dict[str, Any]], path: str) -> str:
    """Checksum of a file or folder as a stage has noted it."""
    noted = (entry for record in records for entry in record["inputs"])
    return next((str(entry["sha256"]) for entry in noted if entry["path"] == path), "")
