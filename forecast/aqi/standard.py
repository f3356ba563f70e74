"""AQI standards as dated data files (`configs/aqi`), read and checked at once."""

from datetime import date
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from forecast.common.errors import ConfigurationError
from forecast.config.base import Model
from forecast.config.yaml_file import read_model
from forecast.fields.city_forecast import AQI_POLLUTANTS


class Statistic(StrEnum):
    """What is put through a column of breakpoints."""

    DAY_MEAN = "day_mean"
    DAY_MAXIMUM = "day_maximum"
    MDA8 = "mda8"
    HOUR = "hour"
    MOVING_8H = "moving_8h"
    MOVING_24H = "moving_24h"


DAILY_STATISTICS = frozenset({Statistic.DAY_MEAN, Statistic.DAY_MAXIMUM, Statistic.MDA8})


class AboveRule(StrEnum):
    """What holds above the last breakpoint of a column."""

    CAP = "cap"
    FIXED = "fixed"
    NONE = "none"


class AboveTop(Model):
    """What holds above the last breakpoint."""

    rule: AboveRule
    """Which rule."""
    iaqi: Annotated[int, Field(ge=0, le=500)] | None = None
    """The index of `fixed`."""

    @model_validator(mode="after")
    def _given(self) -> Self:
        if (self.rule is AboveRule.FIXED) != (self.iaqi is not None):
            msg = f"rule 'fixed' and iaqi go together; found '{self.rule}' and '{self.iaqi}'"
            raise ValueError(msg)
        return self


class Column(Model):
    """One column of breakpoints."""

    pollutant: str
    """Pollutant, one of the six."""
    decimals: Annotated[int, Field(ge=0, le=1)]
    """Decimals that the concentration is rounded to, half to even (GB/T 8170)."""
    breakpoints: tuple[Annotated[int, Field(ge=0)], ...]
    """Concentrations of the first indices of `AqiStandard.iaqi`, ug m-3 (CO mg m-3)."""
    above_top: AboveTop
    """What holds above the last of them."""

    @model_validator(mode="after")
    def _rising(self) -> Self:
        steps = [high - low for low, high in pairwise(self.breakpoints)]
        if len(steps) < 1 or self.breakpoints[0] != 0 or min(steps) <= 0:
            msg = f"breakpoints must rise from 0; found {self.breakpoints}"
            raise ValueError(msg)
        if self.pollutant not in AQI_POLLUTANTS:
            msg = f"'{self.pollutant}' is none of {AQI_POLLUTANTS}"
            raise ValueError(msg)
        return self


class Input(Model):
    """One value that enters the index."""

    statistic: Statistic
    """How it is made from hourly means."""
    column: str
    """The column of breakpoints it goes through."""
    fallback: "Input | None" = None
    """What is taken where that column gives no index above its last breakpoint."""


class MissingRule(Model):
    """What is published when pollutants are missing."""

    tolerated: tuple[str, ...]
    """Pollutants that may be missing without consequence."""
    publish_above: Annotated[int, Field(ge=0, le=500)]
    """With any other missing, an index is published only above this value."""
    source: str
    """Where the rule comes from."""


class Validity(Model):
    """How many values a mean needs."""

    day_mean_hours: Annotated[int, Field(ge=1, le=24)]
    """Hourly values of a daily mean."""
    moving_8h_hours: Annotated[int, Field(ge=1, le=8)]
    """Hourly values of an 8-hour mean."""
    moving_24h_hours: Annotated[int, Field(ge=1, le=24)]
    """Hourly values of a 24-hour moving mean."""
    day_maximum_hours: Annotated[int, Field(ge=1, le=24)]
    """Hourly values of a daily maximum."""
    mda8_windows: Annotated[int, Field(ge=1, le=17)]
    """Valid 8-hour means of the greatest one."""
    mda8_valid_above: Annotated[int, Field(ge=0)]
    """With fewer, the greatest one is still valid above this value, ug m-3."""
    mda8_first_end: Annotated[int, Field(ge=1, le=24)]
    """Hour label at which the first 8-hour window of a day ends; the last ends at 24."""


class Category(Model):
    """One of the six categories."""

    level: Annotated[int, Field(ge=1, le=6)]
    """1 (best) to 6 (worst)."""
    aqi_to: Annotated[int, Field(ge=1, le=500)]
    """Greatest index of the category."""
    level_zh: str
    """Name of the level."""
    name_zh: str
    """Name of the category."""
    name_en: str
    """The same in English."""
    colour_zh: str
    """Name of the colour."""
    rgb: tuple[int, int, int]
    """The colour."""

    @property
    def colour(self) -> str:
        """The colour as #RRGGBB."""
        return "#{:02X}{:02X}{:02X}".format(*self.rgb)


class AqiStandard(Model):
    """One dated standard."""

    # cached_property needs a writable instance dictionary, which a frozen model keeps
    model_config = ConfigDict(ignored_types=(cached_property,))

    id: str
    """Identity, the stem of its file."""
    title: str
    """Title in Chinese."""
    source: str
    """Where it was read."""
    valid_from: date
    """First local day."""
    valid_to: date | None
    """Last local day; None while it is in force."""
    smallest_aqi: Annotated[int, Field(ge=0, le=1)]
    """Lower end of the range of the index."""
    iaqi: tuple[int, ...]
    """Indices of the breakpoints."""
    columns: dict[str, Column]
    """Breakpoints by column."""
    daily: tuple[Input, ...]
    """What enters the index of a day."""
    hourly: tuple[Input, ...]
    """What enters the real-time index of an hour."""
    missing: MissingRule
    """Missing pollutants."""
    validity: Validity
    """Missing hours."""
    categories: tuple[Category, ...]
    """The six categories, best first."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = [*self._table_problems(), *self._input_problems()]
        if self.valid_to is not None and self.valid_to < self.valid_from:
            problems.append(f"valid_to {self.valid_to} is before valid_from {self.valid_from}")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _table_problems(self) -> list[str]:
        problems = []
        if self.iaqi != tuple(sorted(set(self.iaqi))) or self.iaqi[:1] != (0,):
            problems.append(f"iaqi must rise from 0; found {self.iaqi}")
        problems += [
            f"column {name} has more breakpoints than iaqi has values"
            for name, column in self.columns.items()
            if len(column.breakpoints) > len(self.iaqi)
        ]
        ends = [category.aqi_to for category in self.categories]
        if ends != sorted(set(ends)) or ends[-1:] != list(self.iaqi[-1:]):
            problems.append(f"the categories must rise to {self.iaqi[-1:]}; found {ends}")
        strangers = sorted(set(self.missing.tolerated) - set(AQI_POLLUTANTS))
        if strangers:
            problems.append(f"missing.tolerated names {strangers}")
        return problems

    def _input_problems(self) -> list[str]:
        problems = []
        for report, inputs in (("daily", self.daily), ("hourly", self.hourly)):
            both = [*inputs, *(entry.fallback for entry in inputs if entry.fallback)]
            for entry in both:
                if entry.column not in self.columns:
                    problems.append(f"{report} uses the unknown column '{entry.column}'")
                if (entry.statistic in DAILY_STATISTICS) != (report == "daily"):
                    problems.append(f"{report} cannot use '{entry.statistic}'")
            known = {self.columns[e.column].pollutant for e in inputs if e.column in self.columns}
            lacking = sorted(set(AQI_POLLUTANTS) - known)
            if lacking:
                problems.append(f"{report} has no input for {lacking}")
        return problems

    def in_force(self, day: date) -> bool:
        """Tell whether the standard holds on a local day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def category(self, aqi: int) -> Category:
        """Find the category of an index."""
        return next(entry for entry in self.categories if aqi <= entry.aqi_to)

    @cached_property
    def category_ends(self) -> tuple[int, ...]:
        """Greatest index of each category, best first."""
        return tuple(entry.aqi_to for entry in self.categories)


class StandardSet:
    """All dated standards of a folder."""

    def __init__(self, standards: tuple[AqiStandard, ...], forced: str = "") -> None:
        """Keep standards that do not overlap in time.

        Args:
            standards: The standards.
            forced: Identity of the one to take for every day; empty: by date.

        Raises:
            ConfigurationError: Two overlap, or the forced one is not there.
        """
        self._standards = tuple(sorted(standards, key=lambda entry: entry.valid_from))
        for first, second in pairwise(self._standards):
            if first.valid_to is None or first.valid_to >= second.valid_from:
                msg = (
                    f"The AQI standards '{first.id}' and '{second.id}' both hold on "
                    f"{second.valid_from}; correct valid_to of the earlier one."
                )
                raise ConfigurationError(msg)
        known = [entry.id for entry in self._standards]
        if forced and forced not in known:
            msg = f"There is no AQI standard '{forced}'; the folder has {', '.join(known)}."
            raise ConfigurationError(msg)
        self._forced = forced

    @classmethod
    def read(cls, folder: Path, forced: str = "") -> "StandardSet":
        """Read every standard of a folder.

        Args:
            folder: Such as configs/aqi.
            forced: Identity of the one to take for every day; empty: by date.

        Raises:
            ConfigurationError: A file is wrong, or the folder holds none.
        """
        paths = sorted(folder.glob("*.yaml"))
        if not paths:
            msg = f"The folder '{folder}' holds no AQI standard (*.yaml); check aqi.folder."
            raise ConfigurationError(msg)
        return cls(tuple(read_standard(path) for path in paths), forced)

    @property
    def begin(self) -> date:
        """First local day of the first standard."""
        return self._standards[0].valid_from

    def on(self, day: date) -> AqiStandard:
        """Find the standard of a local day.

        Raises:
            ConfigurationError: None holds on that day.
        """
        for entry in self._standards:
            if entry.id == self._forced or (not self._forced and entry.in_force(day)):
                return entry
        spans = ", ".join(f"{e.id} ({e.valid_from} to {e.valid_to})" for e in self._standards)
        msg = (
            f"No AQI standard holds on {day}; the folder has {spans}. Add a dated file, or name "
            "one in aqi.standard."
        )
        raise ConfigurationError(msg)


def read_standard(path: Path) -> AqiStandard:
    """Read one standard.

    Raises:
        ConfigurationError: The file is wrong; all errors at once, each with its place.
    """
    standard = read_model(path, AqiStandard, "AQI standard")
    if standard.id != path.stem:
        msg = f"The AQI standard '{path}' names itself '{standard.id}'; name it as its file."
        raise ConfigurationError(msg)
    return standard
