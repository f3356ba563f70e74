"""What the driver of a cycle remembers when it is killed, and what others ask of it.

The record is written before the driver acts. Requests are files in a folder: a command that finds
the cycle being driven leaves one, and the driver takes it at its next look.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from forecast.common.errors import ForecastError, InputError, OutputError
from forecast.fields.decision import Decision, DriverRecord
from forecast.fields.membership import Membership
from forecast.fields.records import from_json, to_json
from forecast.workflow.paths import RunPaths

RERUN = "rerun"
"""Run a member again that has ended."""
REVISE = "revise"
"""Decide again now."""


@dataclass(frozen=True)
class Request:
    """Something that somebody asks of the driver.

    Attributes:
        kind: "rerun" or "revise".
        member: The member to run again; empty for "revise".
    """

    kind: str
    member: str = ""


def read_memory(run: RunPaths) -> DriverRecord | None:
    """Read what the driver of a run remembers; None when none has driven it.

    Raises:
        InputError: The file is damaged.
    """
    try:
        text = run.driver.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        msg = f"'{run.driver}' cannot be read ({error}); mend the disk and start again."
        raise InputError(msg) from error
    return from_json(DriverRecord, text, run.driver)


def write_memory(run: RunPaths, record: DriverRecord) -> None:
    """Write what the driver remembers, whole or not at all.

    Raises:
        OutputError: The disk refuses the file.
    """
    _write(run.driver, to_json(record))


def ask(run: RunPaths, request: Request, now: datetime) -> None:
    """Leave a request for the driver that runs the cycle."""
    run.requests.mkdir(parents=True, exist_ok=True)
    name = ".".join(part for part in (request.kind, request.member) if part)
    _write(run.requests / name, f"{now:%Y-%m-%dT%H:%M:%SZ}\n")


def requests(run: RunPaths) -> Iterator[Request]:
    """Take the requests that were left, each once."""
    try:
        found = sorted(run.requests.iterdir())
    except OSError:
        return
    for path in found:
        kind, _, member = path.name.partition(".")
        if kind in (RERUN, REVISE):
            path.unlink(missing_ok=True)
            yield Request(kind, member)


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.partial")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        msg = (
            f"'{path}' could not be written ({error}); what was decided before is unchanged. Free "
            "some space or mend the disk, then start the same command again: it goes on."
        )
        raise OutputError(msg) from error


def with_gate(run: RunPaths, decision: Decision) -> Decision:
    """A decision with the hours that the gate has found, where these are more than were known."""
    try:
        text = run.members.read_text(encoding="utf-8")
        membership = from_json(Membership, text, run.members)
    except (ForecastError, OSError):
        return decision
    if membership.origin:
        return decision  # hours of the cycle before
    found = {verdict.member: verdict.hours for verdict in membership.verdicts}
    seen = (replace(v, hours=max(v.hours, found.get(v.member, 0))) for v in decision.members)
    return replace(decision, members=tuple(seen))
