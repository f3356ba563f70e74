"""Status files of the members: small, often written, always whole."""

from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from forecast.common.errors import InputError
from forecast.fields.status import MemberState, MemberStatus
from forecast.storage.atomic import read_json, write_bytes, write_json

_ROOM = 64 * 1024
"""Reserved for the last status of a member, bytes: it is only told when the file fits."""
_TIMES = ("started", "updated", "finished")


def write_status(path: Path, status: MemberStatus) -> None:
    """Write a member's status.

    Raises:
        OutputError: The disk refuses the file.
    """
    record: dict[str, Any] = asdict(status)
    for name in _TIMES:
        time = record[name]
        record[name] = None if time is None else time.isoformat(timespec="seconds")
    record["progress"] = round(status.progress, 4)
    record["hours_available"] = status.hours_available
    write_json(path, record)


def reserve_room(path: Path) -> None:
    """Keep some room on the disk, so that the last word about a member finds a place there.

    Raises:
        OutputError: The disk refuses it.
    """
    write_bytes(_reserve(path), b"room for the last status of this member\n".ljust(_ROOM))


def write_last_status(path: Path, status: MemberStatus) -> None:
    """Write the last status of a member, on a full disk into the room that was reserved.

    Raises:
        OutputError: The disk refuses the file.
    """
    _reserve(path).unlink(missing_ok=True)
    write_status(path, status)


def _reserve(path: Path) -> Path:
    return path.with_name(f".{path.name}.reserve")


def read_status(path: Path) -> MemberStatus | None:
    """Read a member's status; None when there is no file.

    Raises:
        InputError: The file is no status file.
    """
    if not path.is_file():
        return None
    record = read_json(path)
    try:
        known = {field.name: record[field.name] for field in fields(MemberStatus)}
        known["state"] = MemberState(known["state"])
        for name in _TIMES:
            text = known[name]
            known[name] = None if text is None else datetime.fromisoformat(text)
    except (KeyError, TypeError, ValueError) as error:
        msg = (
            f"'{path}' is no status file of a member ({error!r}); remove it, the member will "
            "write it again."
        )
        raise InputError(msg) from error
    return MemberStatus(**known)


def read_statuses(paths: Iterable[tuple[str, Path]]) -> tuple[MemberStatus, ...]:
    """Read the status of each member; without a file it is waiting, unreadable it has failed."""
    found = []
    for member, path in paths:
        try:
            status = read_status(path)
        except InputError as error:
            status = MemberStatus(member, MemberState.FAILED, reason=str(error))
        found.append(status or MemberStatus(member, MemberState.WAITING))
    return tuple(found)
