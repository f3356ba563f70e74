"""Which warning rules are applied and how a level is recommended from the members."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from forecast.config.base import Model


class Decision(StrEnum):
    """How a level is recommended from the members."""

    PROBABILITY = "probability"
    """The highest level that at least a given share of the members reaches in one episode."""
    UPPER_BOUND = "upper_bound"
    """The highest level that any member reaches (the national text of 2017 asks for the upper
    bound of the forecast)."""


class WarningConfig(Model):
    """The proposed warning level."""

    folder: str = "configs/warning"
    """Folder of the dated rule files."""
    rules: Annotated[str, Field(min_length=1)] = "shandong_2024"
    """Identity of the rules, or 'in_force': those in force on the first local day."""
    decision: Decision = Decision.PROBABILITY
    """How the level is recommended."""
    probability_threshold: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Share of members that must reach a level for `probability` to recommend it."""
