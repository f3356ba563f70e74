"""When it is decided who is in the ensemble, for each product, and who is waited for till then."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from forecast.config.base import Model

Minutes = Annotated[float, Field(gt=0)]


class Origin(StrEnum):
    """From when the cutoffs are counted."""

    CYCLE = "cycle"
    """From the time of the cycle: the daily forecast, which has to be there in the morning."""
    LAUNCH = "launch"
    """From the first start of the run: cases and hindcasts."""


class QuorumConfig(Model):
    """How many members, of how many kinds of model, count as an ensemble."""

    share: Annotated[float, Field(gt=0, le=1)] = 0.6
    """Share of the planned members; rounded up."""
    kinds: Annotated[int, Field(ge=1, le=20)] = 1
    """Kinds of model among them; members of one kind share its errors."""


class ProductClock(Model):
    """One product: until when it waits, and for whom."""

    soft_minutes: Minutes | None = None
    """From here on a quorum on every lead day is enough, minutes after the origin; null: the
    quorum alone is never enough, all members are waited for."""
    hard_minutes: Minutes | None = None
    """From here on whatever is there is used, or the fallback, minutes after the origin; null:
    wait for all members."""
    quorum: QuorumConfig = QuorumConfig()
    """What counts as an ensemble, on every lead day."""
    quorum_of_day: dict[Annotated[int, Field(ge=1, le=10)], QuorumConfig] = {}
    """Another quorum for single lead days, since membership falls with lead time; lead day 1 is
    the first complete local day."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        soft, hard = self.soft_minutes, self.hard_minutes
        if soft is not None and hard is not None and soft > hard:
            msg = (
                f"soft_minutes '{soft:g}' is after hard_minutes '{hard:g}'; the soft cutoff, from "
                "which a quorum is enough, comes first"
            )
            raise ValueError(msg)
        return self

    def of_day(self, lead_day: int) -> QuorumConfig:
        """The quorum of a lead day."""
        return self.quorum_of_day.get(lead_day, self.quorum)


class ClockConfig(Model):
    """The clock of a cycle."""

    origin: Origin = Origin.LAUNCH
    """From when all times below are counted."""
    hourly: ProductClock = ProductClock()
    """The hourly forecast, `forecast.hourly_hours` long (72 h); its cutoff makes the first
    revision of all products."""
    trend: ProductClock = ProductClock()
    """The daily trend over the whole horizon (7 days); when its cutoff comes later, what members
    have added until then makes another revision."""
    revise_minutes: Annotated[float, Field(ge=0)] | None = None
    """Until when late members are waited for and make revisions, minutes after the origin; null:
    until the last one has ended."""
    inputs_minutes: Annotated[float, Field(ge=0)] = 0.0
    """Until when inputs are waited for, minutes after the origin; 0: not at all."""
    poll_seconds: Annotated[float, Field(gt=0, le=120)] = 0.5
    """Time between two looks at members and clock, s; on a cluster 5 or 10."""
    stall_seconds: Annotated[float, Field(gt=0)] = 1800.0
    """A running member without a sign of life for this long is taken to hang: its job is
    cancelled, s. Much longer than a model hour takes."""
    shorten: bool = True
    """Whether members that cannot finish before the hard cutoff of the trend are told to stop at
    the last whole local day that they can."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        problems = []
        for name in ("soft_minutes", "hard_minutes"):
            hourly, trend = getattr(self.hourly, name), getattr(self.trend, name)
            if hourly is not None and trend is not None and trend < hourly:
                problems.append(f"trend.{name} '{trend:g}' is before hourly.{name} '{hourly:g}'")
        if self.trend.hard_minutes is not None and self.hourly.hard_minutes is None:
            problems.append(
                "trend.hard_minutes is set and hourly.hard_minutes is not: the first revision "
                "would wait for all members whatever the trend's cutoff says"
            )
        for name in ("hourly", "trend"):
            hard = getattr(self, name).hard_minutes
            if None not in (self.revise_minutes, hard) and self.revise_minutes < hard:
                problems.append(
                    f"revise_minutes '{self.revise_minutes:g}' is before {name}.hard_minutes "
                    f"'{hard:g}': members would be given up before the decision"
                )
        if problems:
            raise ValueError("; ".join(problems))
        return self
