"""Names of the files by which `forecast doctor` and its test job understand each other."""

TOKEN = "token"  # noqa: S105  (the name of a file)
"""A word of the doctor's that the ranks must be able to read."""
REPORTS = "rank.*.json"
"""What the ranks write."""


def report_name(host: str, process: int) -> str:
    """Name of the report of one rank.

    Args:
        host: Name of its node.
        process: Its process number there.
    """
    return f"rank.{host}.{process}.json"
