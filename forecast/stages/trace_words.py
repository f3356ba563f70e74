"""A trace in sentences, for people."""

from collections.abc import Iterator
from typing import Any

from forecast.stages.trace import Trace

_SHORT = 12


def in_words(trace: Trace) -> str:
    """Write a trace as text, from the line to the code."""
    return "\n".join([*_product(trace), *_decision(trace), *_members(trace), *_basis(trace)])


def _product(trace: Trace) -> Iterator[str]:
    origin, line = trace.origin, trace.line
    yield trace.product
    if line is not None:
        primary = ", ".join(line["primary_pollutants"]) or "none"
        yield (
            f"  AQI of the members, 10 to 90 %: {line['aqi_p10']} to {line['aqi_p90']}; PM2.5 "
            f"{_number(line['pm25_mean'])} ug m-3 ({_number(line['pm25_p10'])} to "
            f"{_number(line['pm25_p90'])}); primary pollutant: {primary}; {line['members']} members"
        )
    if trace.warning is not None:
        yield f"  Warning: {trace.warning['level']}. {trace.warning['reason']}"
    words = {
        "as published": "unchanged since it was written",
        "changed since": "CHANGED since it was written: its checksum is another one",
        "not on record": "not on record: no stage says that it wrote this file",
    }
    yield f"File: {trace.file} ({words[trace.state]})"
    yield f"Cycle: {trace.cycle} UTC, revision {origin['revision']}, quality {origin['quality']}"


def _decision(trace: Trace) -> Iterator[str]:
    origin = trace.origin
    yield f"Decided: {origin['decided_at'] or 'time not known'}, because of: {origin['trigger']}"
    if origin["members_of"] != trace.cycle:
        yield f"  The members are those of the earlier cycle {origin['members_of']}, shifted."
    for entry in trace.fallbacks:
        yield (
            f"  Fallback in {entry['stage']}: {entry['what']}; wanted {entry['original']}, took "
            f"{entry['replacement']}"
        )
    if not trace.fallbacks:
        yield "  Fallbacks: none"


def _members(trace: Trace) -> Iterator[str]:
    used = [entry for entry in trace.origin["members"] if entry["hours"]]
    yield f"Members: {len(used)} of {len(trace.origin['members'])}"
    for entry in trace.origin["members"]:
        start = entry["start"]
        begun = start["kind"]
        if start["source"]:
            begun += (
                f" from {start['source']} (hour {start['hour']} of {start['cycle'] or 'no cycle'}"
                f"{_sum(start['sha256'])})"
            )
        job = f", job {entry['job']}" if entry["job"] else ""
        yield (
            f"  {entry['member']}: {entry['hours']} h count, {entry['state']}, attempt "
            f"{entry['attempt']}, {entry['ranks']} ranks on {entry['host'] or 'no machine'}{job}; "
            f"start: {begun}"
        )


def _basis(trace: Trace) -> Iterator[str]:
    origin = trace.origin
    yield "Inputs:"
    for entry in origin["inputs"]:
        place = entry.get("path") or "made data"
        tried = "".join(
            f"; not {rung['path']}: {rung['problem']}" for rung in entry.get("tried", ())
        )
        kind = entry.get("kind", "")
        yield f"  {entry['name']}: {place} ({kind}{_sum(entry.get('sha256', ''))}){tried}"
    others = len(origin["files_of_others"])
    yield f"  and {others} further files, each with its checksum in the manifest (or --json)"
    if origin["rules"] is not None:
        rules, standards = origin["rules"], origin["standards"]
        yield f"Warning rules: {rules['id']}, {rules['reference']}{_sum(rules['sha256'])}"
        yield f"AQI standard: {', '.join(standards['ids'])}{_sum(standards['sha256'])}"
    yield f"Calibration: {origin['calibration']}"
    yield from _code(origin)
    steps = ", ".join(step.name for step in trace.lineage.steps)
    yield f"Stages: {steps or 'none on record'}"
    broken = trace.lineage.breaks
    yield from (f"  BROKEN CHAIN: {text}" for text in broken)
    if trace.lineage.steps and not broken:
        yield "  Every file was read as it had been written."
    yield f"All of it: {trace.manifest}"


def _code(origin: dict[str, Any]) -> Iterator[str]:
    code, environment, configuration = (
        origin[name] for name in ("code", "environment", "configuration")
    )
    changed = {True: " WITH CHANGES that are not committed", False: ""}.get(code["modified"], "")
    frozen = ", frozen for this cycle" if origin["launch"] else ""
    commit = code["commit"] or "not known"
    yield f"Code: version {code['version']}, commit {commit}{changed}{frozen}"
    differs = environment["differs"]
    state = f"DIFFERS: {'; '.join(differs)}" if differs else "as locked"
    yield (
        f"Environment: Python {environment['python']}, {environment['lock']}"
        f"{_sum(environment['lock_sha256'])}, {state}"
    )
    yield (
        f"Configuration: case {configuration['case']}, domain {configuration['domain']}, "
        f"{configuration['file']}{_sum(configuration['sha256'])}"
    )
    if origin["command"] is not None:
        yield f"Command: {' '.join(origin['command']['arguments'])}"


def _sum(checksum: str) -> str:
    return f", sha256 {checksum[:_SHORT]}…" if checksum else ""


def _number(value: float | None) -> str:
    return "absent" if value is None else f"{value:.1f}"
