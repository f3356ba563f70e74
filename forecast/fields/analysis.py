"""What observations have changed before the members of a cycle began."""

from dataclasses import dataclass, field
from enum import StrEnum


class AnalysisMethod(StrEnum):
    """How the analysis was made."""

    FILTER = "letkf"
    """Local ensemble transform Kalman filter, with the statistics of the members."""
    INTERPOLATION = "interpolation"
    """Optimal interpolation, with assumed statistics, for there were too few members."""
    NONE = "none"
    """Not at all: members begin from their restarts as they are."""


@dataclass(frozen=True)
class Analysis:
    """The analysis of a cycle.

    Attributes:
        cycle: Name of the cycle.
        method: How it was made.
        reason: Why it was not made, or not by the filter; empty otherwise.
        members: Members whose own states took part.
        carried: Members that begin from another's state and got the mean change.
        departures: Statistics of observation minus forecast, by pollutant.
        emission_factors: Factor on the emissions of each region, by its code.
        inflation: Mean over the domain of the factor on the members' variance, by pollutant.
    """

    cycle: str
    method: AnalysisMethod
    reason: str = ""
    members: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()
    departures: dict[str, dict[str, float]] = field(default_factory=dict)
    emission_factors: dict[str, float] = field(default_factory=dict)
    inflation: dict[str, float] = field(default_factory=dict)
