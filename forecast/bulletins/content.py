"""One checked content: every page, table and feed prints this and nothing else.

It holds the records of the city forecast and the warning set as they are, day by day and city by
city, and refuses what does not fit together (a warning that ends before it starts, a level that
its probability does not carry, a city that is missing, a day beyond the data), so that a wrong
bulletin stops in `publish` instead of at a bureau's desk. Missing numbers are None; NaN is refused.

Times: Asia/Shanghai, with their offset. Days: natural days.
"""

import datetime as dt
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AwareDatetime, Field, model_validator

from forecast.bulletins.checks import ROUNDING, check_day, check_hours, check_warning
from forecast.config.base import Model
from forecast.fields.city_forecast import CityDay, CityHour
from forecast.fields.decision import Trigger
from forecast.fields.membership import Quality
from forecast.fields.warnings import CityWarning, WarningLevel

LOCAL = dt.timezone(dt.timedelta(hours=8), "Asia/Shanghai")
"""Beijing time; no daylight saving since 1992."""
LEAST_OF_A_DAY = dt.timedelta(hours=20)
"""Hourly values that a valid daily mean needs (GB 3095-2026, table of validity)."""
Text = Annotated[str, Field(min_length=1)]


class Limit(StrEnum):
    """What ends where the data end."""

    METEOROLOGY = "meteorology"
    """The driving meteorology."""
    MEMBERS = "members"
    """The members, before the meteorology."""
    LENGTH = "length"
    """The forecast as it was planned."""


class Weather(Model):
    """What the air did on one day, in support of the reason; the unperturbed driver's values."""

    wind_speed_mean: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """Mean wind speed at 10 m, m s-1."""
    mixing_height_max: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """Greatest hourly height of the boundary layer, m."""


class Day(Model):
    """One natural day of one city; without values when the data do not reach it."""

    date: dt.date
    """The day, Asia/Shanghai."""
    lead_day: Annotated[int, Field(ge=1)]
    """1 is the first complete local day."""
    values: CityDay | None = None
    """The forecast; None means that the data end before this day does."""
    weather: Weather | None = None
    """Wind and mixing of the day, where known."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.values is None:
            return self
        if (self.values.date, self.values.lead_day) != (self.date, self.lead_day):
            msg = f"the record of {self.values.date} stands at {self.date}"
            raise ValueError(msg)
        check_day(self.values)
        return self


class City(Model):
    """Everything about one city."""

    code: Text
    """Administrative code."""
    name_en: Annotated[str, Field(pattern=r"^[A-Za-z]+$")]
    """English name; also the stem of its page."""
    name_zh: Text
    """Chinese name."""
    days: tuple[Day, ...]
    """The trend, one entry a day."""
    hours: tuple[CityHour, ...]
    """The hourly forecast."""
    warning: CityWarning
    """The proposed warning."""
    method: Text
    """How the city's value is made from cells, in Chinese words."""
    changes: tuple[Text, ...] = ()
    """What a revision changes here, in Chinese; empty in the first one."""

    @model_validator(mode="after")
    def _days_follow(self) -> Self:
        for number, day in enumerate(self.days):
            if day.lead_day != number + 1 or (day.date - self.days[0].date).days != number:
                msg = f"day {number + 1} is '{day.date}', lead day {day.lead_day}"
                raise ValueError(msg)
        known = [day.values is not None for day in self.days]
        if not any(known):
            msg = "no day has a forecast"
            raise ValueError(msg)
        if known != sorted(known, reverse=True):
            msg = f"day {known.index(False) + 1} has no forecast, but a later one has"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _one_city(self) -> Self:
        records: list[CityDay | CityHour] = [
            *(day.values for day in self.days if day.values),
            *self.hours,
        ]
        strangers = {record.city_en for record in records} - {self.name_en}
        if strangers or self.warning.name_en != self.name_en:
            found = sorted({*strangers, self.warning.name_en} - {self.name_en})
            msg = f"records of '{', '.join(found)}' stand with '{self.name_en}'"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _level_fits(self) -> Self:
        check_warning(self.warning)
        check_hours(self.hours)
        worst = max(
            (WarningLevel(day.values.level).rank for day in self.days if day.values), default=0
        )
        if worst > self.warning.level.rank:
            msg = f"a day has a higher level than the warning '{self.warning.level}'"
            raise ValueError(msg)
        return self

    @property
    def page(self) -> str:
        """File name of its page."""
        return f"{self.name_en}.html"

    @property
    def known_days(self) -> tuple[CityDay, ...]:
        """The records of the days that data reach."""
        return tuple(day.values for day in self.days if day.values)


class MissingMember(Model):
    """A member that is not in, or not to the end."""

    name: Text
    """Name, such as m03."""
    reason: Text
    """Why, in Chinese."""


class Members(Model):
    """Who the forecast rests on."""

    planned: Annotated[int, Field(ge=1)]
    """How many members were planned."""
    used: Annotated[tuple[str, ...], Field(min_length=1)]
    """Names of those that count."""
    missing: tuple[MissingMember, ...] = ()
    """The others, and those that drop out on the way."""

    @model_validator(mode="after")
    def _counted(self) -> Self:
        if len(self.used) > self.planned or len(set(self.used)) < len(self.used):
            msg = f"the members used, {self.used}, do not fit the {self.planned} planned"
            raise ValueError(msg)
        if len(self.used) < self.planned and not self.missing:
            count = f"{len(self.used)} of {self.planned}"
            msg = f"{count} members are in; nothing says why the others are not"
            raise ValueError(msg)
        return self


class Basis(Model):
    """What one product rests on."""

    product: Text
    """Name of the product in Chinese."""
    quality: Quality
    """How good that is."""
    final: bool
    """False when more members are waited for."""
    hard: AwareDatetime | None = None
    """Until when they are waited for; None without a cutoff."""


class Issue(Model):
    """What is common to all pages of one cycle."""

    region: Text
    """Name of the region in Chinese."""
    issuing_body: Text
    """Who stands behind it."""
    contact: str = ""
    """Whom to ask."""
    status_note: Text
    """What standing the product has."""
    mark: str = ""
    """Mark of an exercise or replay; empty for an operational forecast."""
    case_title: Text
    """Title of the case in Chinese."""
    cycle: Text
    """Name of the cycle, YYYY-MM-DDTHH in UTC."""
    start: AwareDatetime
    """Start of the forecast."""
    data_end: AwareDatetime
    """End of the last forecast hour that data cover."""
    limit: Limit = Limit.METEOROLOGY
    """What ends at `data_end`."""
    issued: AwareDatetime
    """When the bulletin was made."""
    members: Members
    """Who is in."""
    revision: Annotated[int, Field(ge=0)] = 0
    """Number of the decision who is in; 0 is the first issue."""
    trigger: Trigger = Trigger.ALL_ENDED
    """Why that was decided when it was."""
    decided: AwareDatetime | None = None
    """When it was decided; None in a made example."""
    bases: tuple[Basis, ...] = ()
    """What each product rests on."""
    interventions: tuple[Text, ...] = ()
    """What was done to members to keep the clock, in Chinese."""
    changes: tuple[Text, ...] = ()
    """What this revision changes, in Chinese; empty in the first one."""
    quality: Quality = Quality.NORMAL
    """How good the basis is."""
    origin: str = ""
    """Cycle whose forecast this is, when there was none of its own; empty otherwise."""
    not_updated: str = ""
    """Says so at the head of every page; empty for a forecast of its own."""
    aqi_standard: Text
    """Name of the AQI standard applied."""
    pm25_limits: tuple[Annotated[float, Field(gt=0)], ...] = Field(min_length=5, max_length=5)
    """Daily PM2.5 at AQI 50, 100, 150, 200 and 300 by that standard, ug m-3."""
    warning_rules: Text
    """Name of the warning rules applied, in Chinese."""
    notice_hours: Annotated[int, Field(ge=0)]
    """Notice that the rules ask for, hours."""
    least_probability: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of members that a proposed level needs; 0 when one member is enough."""
    degradations: tuple[Text, ...] = ()
    """What was degraded, as effects in Chinese."""
    not_modelled: tuple[Text, ...] = ()
    """Pollutants that no member has in any city on any day."""
    notes: tuple[Text, ...] = ()
    """Further limits, in Chinese."""
    attributions: tuple[Text, ...] = ()
    """Data sources and licences."""
    boundary_note: Text
    """What is to be said about the boundaries on the maps."""

    @model_validator(mode="after")
    def _says_that_it_is_old(self) -> Self:
        taken = self.quality is Quality.FALLBACK
        if not taken == bool(self.origin) == bool(self.not_updated):
            msg = (
                f"the quality '{self.quality}', the origin '{self.origin}' and the banner "
                f"'{self.not_updated}' do not say the same"
            )
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _says_what_changed(self) -> Self:
        if bool(self.revision) != bool(self.changes):
            msg = (
                f"revision {self.revision} with {len(self.changes)} line(s) of changes: a "
                "revision says what it changes, the first issue has nothing to change"
            )
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.data_end <= self.start:
            msg = f"the data end at '{self.data_end}', not after the start '{self.start}'"
            raise ValueError(msg)
        return self


class Bulletin(Model):
    """The whole content of one cycle."""

    issue: Issue
    """What is common."""
    city_names: Annotated[tuple[str, ...], Field(min_length=1)]
    """English names of all cities of the region, in the order they are always printed in."""
    cities: tuple[City, ...]
    """The cities, in that order."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        names = tuple(city.name_en for city in self.cities)
        if names != self.city_names:
            missing = sorted(set(self.city_names) - set(names)) or "none"
            msg = f"the cities are {names}; {self.city_names} were expected (missing: {missing})"
            raise ValueError(msg)
        spans = {tuple(day.date for day in city.days) for city in self.cities}
        if len(spans) > 1 or len({len(city.hours) for city in self.cities}) > 1:
            msg = "the cities do not cover the same days and hours"
            raise ValueError(msg)
        for city in self.cities:
            self._check_city(city)
        return self

    def _check_city(self, city: City) -> None:
        end, planned = self.issue.data_end, self.issue.members.planned
        for day in city.known_days:
            needed = dt.datetime.combine(day.date, dt.time(), LOCAL) + LEAST_OF_A_DAY
            if needed > end:
                msg = f"{city.name_en} has a forecast for {day.date}, beyond the data ({end})"
                raise ValueError(msg)
            if day.members > planned:
                msg = f"{city.name_en} counts {day.members} members on {day.date}, not {planned}"
                raise ValueError(msg)
        for episode in city.warning.episodes:
            if episode.end.latest > end:
                msg = f"{city.name_en}: an episode ends at '{episode.end.latest}', past '{end}'"
                raise ValueError(msg)
            if episode.probability < self.issue.least_probability - ROUNDING:
                msg = (
                    f"{city.name_en}: level '{episode.level}' is proposed with the probability "
                    f"{episode.probability}; {self.issue.least_probability} is the least"
                )
                raise ValueError(msg)
