"""The file that asks a member to end early; the driver writes it, the member looks every hour."""

from pathlib import Path

from forecast.common.errors import InputError
from forecast.fields.limit import MemberLimit
from forecast.storage.atomic import read_json, write_json


def write_limit(path: Path, limit: MemberLimit) -> None:
    """Ask a member to end early.

    Raises:
        OutputError: The disk refuses the file.
    """
    write_json(path, {"hours": limit.hours, "reason": limit.reason})


def read_limit(path: Path) -> MemberLimit | None:
    """Read what a member is asked; None when it may run to its end.

    Raises:
        InputError: The file is no such request.
    """
    if not path.is_file():
        return None
    record = read_json(path)
    try:
        return MemberLimit(int(record["hours"]), str(record["reason"]))
    except (KeyError, TypeError, ValueError) as error:
        msg = (
            f"'{path}' is no request to end a member early ({error!r}); expected 'hours' and "
            "'reason'. Remove it, the member then runs to its last hour."
        )
        raise InputError(msg) from error
