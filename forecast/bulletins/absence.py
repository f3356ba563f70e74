"""The product when there is no forecast: it says so, why, and what was issued last.

It takes the place of the bulletin under the same names, so that nobody who opens them finds an
empty page or the page of yesterday; tables and fields are not written.
"""

import json
from typing import Annotated

from pydantic import AwareDatetime, Field

from forecast.bulletins.content import Text
from forecast.config.base import Model


class Place(Model):
    """A city without a forecast."""

    name_en: Annotated[str, Field(pattern=r"^[A-Za-z]+$")]
    """English name; also the stem of its page."""
    name_zh: Text
    """Chinese name."""


class Absence(Model):
    """That there is no forecast."""

    region: Text
    """Name of the region in Chinese."""
    issuing_body: Text
    """Who stands behind it."""
    contact: str = ""
    """Whom to ask."""
    mark: str = ""
    """Mark of an exercise or replay; empty for an operational forecast."""
    case_title: Text
    """Title of the case in Chinese."""
    cycle: Text
    """Name of the cycle, YYYY-MM-DDTHH in UTC."""
    revision: Annotated[int, Field(ge=0)] = 0
    """Number of the decision."""
    start: AwareDatetime
    """Start of the cycle, Asia/Shanghai."""
    issued: AwareDatetime
    """When this was written."""
    reasons: Annotated[tuple[Text, ...], Field(min_length=1)]
    """Why, in Chinese."""
    last: AwareDatetime | None = None
    """Start of the last forecast that was published; None when none is known."""
    cities: Annotated[tuple[Place, ...], Field(min_length=1)]
    """Cities that have no forecast."""

    @property
    def not_updated(self) -> str:
        """What pages say of an earlier forecast; there is none here either."""
        return ""


def record(absence: Absence) -> str:
    """Write it for programs."""
    content = {"product": "no_forecast", "quality": "none"} | absence.model_dump(mode="json")
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"
