"""Time step and limits of the transport model."""

from typing import Annotated

from pydantic import Field, field_validator

from forecast.config.base import Model

SECONDS_PER_HOUR = 3600


class TransportConfig(Model):
    """How transport is stepped and watched."""

    time_step: Annotated[int, Field(ge=30, le=3600)] = 600
    """Operator step, s; divides an hour. Horizontal sweeps are divided further where winds ask."""
    courant_limit: Annotated[float, Field(gt=0, lt=1)] = 0.98
    """Largest share of a cell's air that may leave it in one part of a sweep."""
    largest_parts: Annotated[int, Field(ge=1, le=1000)] = 40
    """Most parts of one sweep; a wind that needs more is an error in the meteorology."""
    pressure_tolerance: Annotated[float, Field(gt=0)] = 300.0
    """Largest difference between the surface pressure that the air mass makes and that of the
    driving meteorology before a warning is logged, Pa."""
    largest_mixing_ratio: Annotated[float, Field(gt=0, le=1)] = 1.0e-2
    """Largest plausible mixing ratio, kg kg-1; more stops the run."""

    @field_validator("time_step")
    @classmethod
    def _divides_an_hour(cls, value: int) -> int:
        if SECONDS_PER_HOUR % value:
            msg = f"'{value}' s does not divide an hour; take a divisor of 3600 such as 300 or 600"
            raise ValueError(msg)
        return value
