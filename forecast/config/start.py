"""From what a cycle begins: restarts of earlier cycles, a climatology, or cold."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from forecast.config.base import Model

Hours = Annotated[int, Field(ge=1, le=240)]


class ColdStart(StrEnum):
    """When members may begin from seasonal profiles because nothing better is there."""

    NEVER = "never"
    """Only when `forecast run --cold-start` asks for it."""
    EXERCISE = "exercise"
    """In replays and made cases (`case.exercise`), never in the daily forecast."""
    ALWAYS = "always"
    """Whenever nothing better is there."""


class StartConfig(Model):
    """The ladder of states from which a member can begin, and what it leaves for later cycles."""

    cycle_hours: Annotated[int, Field(ge=1, le=24)] = 12
    """Hours from one cycle to the next; 24 must be a multiple of it."""
    ladder: tuple[Annotated[int, Field(ge=1, le=20)], ...] = (1, 2, 3)
    """How many cycles back a restart may come from, in the order in which they are tried; empty:
    no restart of another cycle is used."""
    restart_hours: tuple[Hours, ...] = (12, 24, 36)
    """Forecast hours at which members leave a restart for later cycles, ascending."""
    other_member: bool = True
    """Whether a member without a restart may begin from that of the control."""
    climatology: str = ""
    """Mean state by hour of day, from `forecast climatology build`; `{month}` and `{hour}` stand
    for two digits of the time in UTC; empty: none."""
    climatology_spin_up_hours: Annotated[int, Field(ge=0, le=240, multiple_of=24)] = 24
    """Length of the spin-up after a start from the climatology, hours."""
    cold: ColdStart = ColdStart.EXERCISE
    """When a cold start is allowed; its spin-up is `forecast.spin_up_hours`."""
    settle_hours: Annotated[int, Field(ge=0, le=480)] = 48
    """How long after a start that is not warm a member counts as spinning up, hours. Forecast
    hours inside are flagged and reach neither scores nor warnings."""
    chain_only: bool = False
    """Only keep the chain of restarts alive: members end `cycle_hours` after the cycle, and there
    is no product."""

    @model_validator(mode="after")
    def _covers_the_ladder(self) -> Self:
        problems = []
        if 24 % self.cycle_hours:
            problems.append(f"24 is no multiple of cycle_hours '{self.cycle_hours}'")
        if list(self.restart_hours) != sorted(set(self.restart_hours)):
            problems.append(f"restart_hours '{self.restart_hours}' do not rise")
        lacking = [
            back * self.cycle_hours
            for back in self.ladder
            if back * self.cycle_hours not in self.restart_hours
        ]
        if lacking:
            problems.append(
                f"the ladder looks for restarts at the forecast hours {lacking}, which are not "
                f"among restart_hours {list(self.restart_hours)}"
            )
        if problems:
            raise ValueError("; ".join(problems))
        return self
