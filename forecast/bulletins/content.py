"""One checked content: every page, table and feed prints this and nothing else.

The models refuse what does not fit together (a warning that ends before it starts, a level that no
member reaches, a city that is missing, a day that lies beyond the data), so that a wrong bulletin
stops in `publish` instead of at a bureau's desk.
"""

import datetime as dt
from typing import Annotated, Self

from pydantic import AwareDatetime, Field, model_validator

from forecast.bulletins.city_content import LOCAL, City, Text
from forecast.config.base import Model


class MissingMember(Model):
    """A member that is not in, or not to the end."""

    name: Text
    """Name, such as m03."""
    reason: Text
    """Why, as the gate wrote it."""


class Members(Model):
    """Who the forecast rests on."""

    planned: Annotated[int, Field(ge=1)]
    """How many members were planned."""
    used: tuple[str, ...]
    """Names of those that are in on the first day."""
    missing: tuple[MissingMember, ...] = ()
    """The others, and those that drop out on the way."""

    @model_validator(mode="after")
    def _counted(self) -> Self:
        if not self.used or len(self.used) > self.planned or len(set(self.used)) < len(self.used):
            msg = f"the members used, {self.used}, do not fit the {self.planned} planned"
            raise ValueError(msg)
        if len(self.used) < self.planned and not self.missing:
            count = f"{len(self.used)} of {self.planned}"
            msg = f"{count} members are in; nothing says why the others are not"
            raise ValueError(msg)
        return self


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
    issued: AwareDatetime
    """When the bulletin was made."""
    members: Members
    """Who is in."""
    aqi_standard: Text
    """Name of the AQI standard applied."""
    warning_rules: Text
    """Name of the warning rules applied."""
    pm25_limits: tuple[Annotated[float, Field(gt=0)], ...] = Field(min_length=5, max_length=5)
    """Daily PM2.5 at AQI 50, 100, 150, 200 and 300 by that standard, ug m-3."""
    degradations: tuple[Text, ...] = ()
    """What was degraded, as effects in Chinese."""
    not_modelled: tuple[Text, ...] = ()
    """Pollutants that the model does not have, as O3."""
    notes: tuple[Text, ...] = ()
    """Further limits, in Chinese."""
    attributions: tuple[Text, ...] = ()
    """Data sources and licences."""
    boundary_note: Text
    """What is to be said about the boundaries on the maps."""

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
    city_names: tuple[str, ...]
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
        if len({tuple(day.date for day in city.days) for city in self.cities}) > 1:
            msg = "the cities do not cover the same days"
            raise ValueError(msg)
        for city in self.cities:
            self._check_city(city)
        return self

    def _check_city(self, city: City) -> None:
        end = self.issue.data_end
        for day in city.days:
            close = dt.datetime.combine(day.date, dt.time(), LOCAL) + dt.timedelta(days=1)
            if day.values is not None and close > end:
                msg = f"{city.name_en} has a forecast for {day.date}, beyond the data ({end})"
                raise ValueError(msg)
            if day.values is not None and day.values.members > self.issue.members.planned:
                msg = f"{city.name_en} counts {day.values.members} members on {day.date}"
                raise ValueError(msg)
        warning = city.warning
        if warning.end is not None and warning.end > end:
            msg = f"{city.name_en}: the warning ends at '{warning.end}', beyond the data ({end})"
            raise ValueError(msg)
