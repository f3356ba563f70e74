"""Warning rules as dated data files (`configs/warning`), read and checked at once."""

from datetime import date
from enum import StrEnum
from itertools import combinations
from pathlib import Path
from typing import Annotated, Self, TypeVar

from pydantic import Field, model_validator

from forecast.common.errors import ConfigurationError
from forecast.config.base import Model
from forecast.config.yaml_file import read_model
from forecast.fields.warnings import WarningLevel

IN_FORCE = "in_force"
"""Stands for the rules in force on a day instead of an identity."""
DAY = 24
"""Hours of a daily value."""
COUNTABLE = ("pm25", "pm10", "so2", "no2", "co")
"""Pollutants with 24-hour breakpoints, which a daily AQI across midnight can be made of."""
PARTICLES = ("pm25", "pm10")
"""Pollutants whose hourly means go through the 24-hour breakpoints as well."""

Text = Annotated[str, Field(min_length=1)]


class Period(StrEnum):
    """Which 24 hours a daily AQI is formed over."""

    MOVING_24H = "moving_24h"
    """Any 24 hours in a row, hour by hour; they may cross midnight."""
    NATURAL_DAY = "natural_day"
    """The hours 01:00 to 24:00 of a natural day."""


class Form(StrEnum):
    """How 24 hours become one index."""

    AQI_OF_MEAN = "aqi_of_mean"
    """The index of the mean concentration."""
    MEAN_OF_AQI = "mean_of_aqi"
    """The mean of the hourly indices, rounded up; particles only."""


class Persistence(StrEnum):
    """When air above a threshold counts as lasting."""

    COVERED = "covered"
    """The hours that lie in some 24 hours above the threshold follow each other without a gap."""
    UNBROKEN = "unbroken"
    """Besides, the daily AQI is above the threshold at every hour label between."""


class Measure(StrEnum):
    """Which AQI a condition is about."""

    DAILY = "daily"
    """That of 24 hours."""
    HOURLY = "hourly"
    """That of single hours, inside the spell of the daily one."""


class Authority(StrEnum):
    """Who has made a set of rules."""

    NATION = "nation"
    """The ministry; provinces may be stricter."""
    PROVINCE = "province"
    """The province; goes before the nation's of the same days."""


class Binding(StrEnum):
    """Which cities a set of rules binds."""

    ALL = "all"
    """All 16."""
    KEY_REGION = "key_region"
    """Those of Beijing, Tianjin, Hebei and surroundings by the plan of 2023, 13 of the 16."""
    TWO_PLUS_26 = "two_plus_26"
    """Those of the 2+26 along the transport channel, 7 of the 16."""


Checked = TypeVar("Checked", bound=Model)


def _filled(model: Checked, *names: str) -> Checked:
    """Refuse empty lists; a check of its own, as `min_length` also counts entries with errors."""
    empty = [name for name in names if not getattr(model, name)]
    if empty:
        msg = f"{', '.join(empty)} must not be empty"
        raise ValueError(msg)
    return model


class DailyAqiRule(Model):
    """How the daily AQI of a warning is formed."""

    period: Period
    """Which 24 hours."""
    form: Form
    """Mean first or index first."""
    minimum_hours: Annotated[int, Field(ge=1, le=24)]
    """Hours that must be there; those that are not count as clean air, so that missing data never
    raise a level."""
    source: Text
    """Where this comes from."""


class Condition(Model):
    """An AQI above a threshold for some time."""

    of: Measure = Measure.DAILY
    """Which AQI."""
    above: Annotated[int, Field(ge=50, le=499)] | None = None
    """The AQI is greater than this."""
    reaches: Annotated[int, Field(ge=51, le=500)] | None = None
    """The AQI is at least this."""
    hours: Annotated[int, Field(ge=1, le=240)]
    """Shortest duration, hours; of a daily AQI 24 is one value, of an hourly one 1."""

    @model_validator(mode="after")
    def _one_threshold(self) -> Self:
        if (self.above is None) == (self.reaches is None):
            msg = f"give one of 'above' and 'reaches'; found {self.above} and {self.reaches}"
            raise ValueError(msg)
        if self.of is Measure.DAILY and self.hours < DAY:
            msg = f"a daily AQI lasts {DAY} hours at least; found {self.hours}"
            raise ValueError(msg)
        return self

    @property
    def least(self) -> int:
        """Smallest daily AQI that fulfils it."""
        return self.above + 1 if self.above is not None else self.reaches or 0

    def implies(self, other: "Condition") -> bool:
        """Tell whether whatever fulfils this one fulfils the other.

        24 hours whose mean is above a threshold hold at least one hour above it.
        """
        if self.of is other.of:
            return self.least >= other.least and self.hours >= other.hours
        return self.of is Measure.DAILY and self.least >= other.least and other.hours == 1

    @property
    def words_zh(self) -> str:
        """The condition in Chinese."""
        limit = f"大于{self.above}" if self.above is not None else f"达到{self.reaches}"
        shortest = DAY if self.of is Measure.DAILY else 1
        said = f"{'日' if self.of is Measure.DAILY else '小时'}AQI{limit}"
        return f"{said}持续{self.hours}小时及以上" if self.hours > shortest else said


class Clause(Model):
    """Conditions that one spell must fulfil together."""

    all_of: tuple[Condition, ...]
    """The conditions."""

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        _filled(self, "all_of")
        if all(entry.of is Measure.HOURLY for entry in self.all_of):
            msg = "an hourly condition needs a daily one beside it, in whose spell it must hold"
            raise ValueError(msg)
        return self

    @property
    def ordered(self) -> tuple[Condition, ...]:
        """The daily condition of the lowest threshold, then those that lie inside its spell."""
        return tuple(
            sorted(
                self.all_of,
                key=lambda entry: (entry.of is Measure.HOURLY, entry.least, -entry.hours),
            )
        )

    @property
    def hours(self) -> int:
        """Shortest spell that can fulfil it."""
        return max(entry.hours for entry in self.all_of)

    def implies(self, other: "Clause") -> bool:
        """Tell whether whatever fulfils this one fulfils the other."""
        return all(any(mine.implies(its) for mine in self.all_of) for its in other.all_of)

    @property
    def words_zh(self) -> str:
        """The clause in Chinese."""
        return "且".join(entry.words_zh for entry in self.ordered)


class LevelRule(Model):
    """One level."""

    response: Text
    """Response level that goes with it, such as Ⅲ."""
    any_of: tuple[Clause, ...]
    """Clauses, one of which is enough."""

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        return _filled(self, "any_of")

    @property
    def hours(self) -> int:
        """Shortest spell that can reach the level."""
        return min(clause.hours for clause in self.any_of)

    @property
    def least(self) -> int:
        """Smallest daily AQI that can be part of it."""
        return min(clause.ordered[0].least for clause in self.any_of)

    @property
    def words_zh(self) -> str:
        """The level's conditions in Chinese."""
        return "，或".join(clause.words_zh for clause in self.any_of)


class ExcludedCause(Model):
    """Pollution that no graded warning is issued for."""

    cause_zh: Text
    """What it is."""
    treatment_zh: Text
    """What is done instead."""


class Example(Model):
    """A worked example of the rules, run as a test."""

    name: Text
    """What it shows."""
    start_hour: Annotated[int, Field(ge=0, le=23)] = 0
    """Beijing hour at which the series starts."""
    pm25: tuple[tuple[Annotated[int, Field(ge=1)], Annotated[float, Field(ge=0)]], ...]
    """Series of PM2.5: (hours, ug m-3) one after the other."""
    pm10: tuple[tuple[Annotated[int, Field(ge=1)], Annotated[float, Field(ge=0)]], ...] = ()
    """Series of PM10; as PM2.5 when empty."""
    episodes: tuple[tuple[WarningLevel, int, int], ...]
    """Expected episodes: level, hours from the start of the series to its start and its end."""


class WarningRules(Model):
    """One dated set of rules."""

    id: Text
    """Identity, the stem of its file."""
    title: Text
    """Title of the plan in Chinese."""
    reference: Text
    """Number and date of the document."""
    region: Text
    """Where it holds, in words."""
    authority: Authority
    """Who has made it."""
    binds: Binding
    """Which cities it binds."""
    valid_from: date
    """First local day."""
    valid_to: date | None
    """Last local day; None while it is in force."""
    remark_zh: Text
    """How certain the numbers are, printed with every product."""
    sources: tuple[Text, ...]
    """Where each number was read, and with what certainty."""
    pollutants: tuple[str, ...]
    """Pollutants that count."""
    daily_aqi: DailyAqiRule
    """How the daily AQI is formed."""
    persistence: Persistence
    """When it counts as lasting."""
    levels: dict[WarningLevel, LevelRule]
    """Levels, mildest first."""
    notice_hours: Annotated[int, Field(ge=0, le=240)]
    """Hours between issue and start of a warning."""
    lift_hours: Annotated[int, Field(ge=1, le=240)]
    """Hours that the air must stay below the lowest level before a warning is lifted; two spells
    with a shorter gap are one episode."""
    excluded: tuple[ExcludedCause, ...]
    """Causes without graded warning."""
    examples: tuple[Example, ...]
    """Worked examples."""

    @model_validator(mode="after")
    def _sense(self) -> Self:
        _filled(self, "sources", "pollutants", "examples")
        problems = [*self._level_problems(), *self._forming_problems()]
        if self.valid_to is not None and self.valid_to < self.valid_from:
            problems.append(f"valid_to {self.valid_to} is before valid_from {self.valid_from}")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _level_problems(self) -> list[str]:
        ranks = [level.rank for level in self.levels]
        if not ranks or ranks != sorted(ranks) or WarningLevel.NONE in self.levels:
            return [f"levels must go from mild to severe without 'none'; found {[*self.levels]}"]
        problems = []
        for (mild, lower), (severe, higher) in combinations(self.levels.items(), 2):
            if any(one.implies(two) for one in lower.any_of for two in higher.any_of):
                problems.append(
                    f"level {mild} can never be the highest: a clause of {severe} is no stricter"
                )
        return problems

    def _forming_problems(self) -> list[str]:
        problems = []
        strangers = sorted(set(self.pollutants) - set(COUNTABLE))
        if strangers:
            problems.append(
                f"pollutants {strangers} have no 24-hour breakpoints; {COUNTABLE} can be counted"
            )
        natural = self.daily_aqi.period is Period.NATURAL_DAY
        if natural and self.persistence is Persistence.UNBROKEN:
            problems.append("natural_day has one value a day: persistence must be 'covered'")
        index_first = self.daily_aqi.form is Form.MEAN_OF_AQI
        if index_first and not set(self.pollutants) <= set(PARTICLES):
            problems.append(f"mean_of_aqi is defined for {PARTICLES} only")
        if self.uses_hours and not set(self.pollutants) <= set(PARTICLES):
            problems.append(f"hourly conditions are defined for {PARTICLES} only")
        return problems

    @property
    def uses_hours(self) -> bool:
        """True when a condition is about single hours."""
        clauses = [clause for level in self.levels.values() for clause in level.any_of]
        return any(c.of is Measure.HOURLY for clause in clauses for c in clause.all_of)

    def in_force(self, day: date) -> bool:
        """Tell whether the rules hold on a local day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    @property
    def longest_hours(self) -> int:
        """Longest duration that any condition asks for."""
        clauses = [clause for level in self.levels.values() for clause in level.any_of]
        return max(clause.hours for clause in clauses)


def read_rules(path: Path) -> WarningRules:
    """Read one rule file.

    Raises:
        ConfigurationError: The file is wrong; all errors at once, each with its place.
    """
    rules = read_model(path, WarningRules, "file of warning rules")
    if rules.id != path.stem:
        msg = f"The warning rules '{path}' name themselves '{rules.id}'; name them as their file."
        raise ConfigurationError(msg)
    return rules


def select_rules(folder: Path, wanted: str, day: date) -> WarningRules:
    """Read the rules that are wanted.

    Args:
        folder: Such as configs/warning.
        wanted: An identity, or "in_force" for the rules that hold on `day`.
        day: First local day of the forecast.

    Raises:
        ConfigurationError: No file fits, several do, or one is wrong.
    """
    paths = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
    if wanted in paths:
        return read_rules(paths[wanted])
    if wanted != IN_FORCE:
        msg = (
            f"There are no warning rules '{wanted}' in '{folder}', which has "
            f"{', '.join(paths) or 'none'}; name one of them in warning.rules."
        )
        raise ConfigurationError(msg)
    known = [read_rules(path) for path in paths.values()]
    holding = [rules for rules in known if rules.in_force(day)]
    own = [rules for rules in holding if rules.authority is Authority.PROVINCE]
    found = own or holding
    if len(found) != 1:
        spans = ", ".join(f"{r.id} ({r.valid_from} to {r.valid_to})" for r in known) or "none"
        number = "Several warning rules hold" if found else "No warning rules hold"
        msg = f"{number} on {day}; '{folder}' has {spans}. Name one in warning.rules."
        raise ConfigurationError(msg)
    return found[0]
