"""Telling a member to stop before its last hour."""

from forecast.config.run import RunPaths
from forecast.fields.limit import MemberLimit
from forecast.storage.member_limit import write_limit


def limit_member(run: RunPaths, member: str, hours: int, reason: str) -> None:
    """Ask a member to end in good order after so many forecast hours.

    Raises:
        OutputError: The disk refuses the file.
    """
    write_limit(run.limit(member), MemberLimit(hours, reason))
