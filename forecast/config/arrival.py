"""Files that arrive: how a path names its date, and when a delivery counts as complete."""

from typing import Annotated

from pydantic import AfterValidator, Field

from forecast.common.dated_path import DatedPath
from forecast.common.errors import ConfigurationError
from forecast.config.base import Model


def _check(text: str) -> str:
    try:
        _ = DatedPath(text).names
    except ConfigurationError as error:
        raise ValueError(str(error)) from error
    return text


PathOfCycle = Annotated[str, AfterValidator(_check)]
"""A path; with {cycle}, {date}, {year}, {month}, {day} or {hour} (UTC) it names another file for
another cycle."""


class ArrivalConfig(Model):
    """When a file that arrives counts as complete; files without a date in their path always do."""

    stable_seconds: Annotated[float, Field(ge=0, le=3600)] = 60.0
    """Time for which neither size nor content may have changed, s."""
    done_marker: str = ""
    """Ending of a file beside the delivered one that must be there too, such as '.done'; when it
    begins with a SHA-256 (as sha256sum writes it), the content must fit. Empty: none is asked."""
