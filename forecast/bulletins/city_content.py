"""The content of one city: days, hours and the proposed warning, checked.

Concentrations: ug m-3, CO mg m-3. Times: Asia/Shanghai, with their offset. Days: natural days.
Missing numbers are None; NaN is refused.
"""

import datetime as dt
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Self

from pydantic import AwareDatetime, Field, model_validator

from forecast.config.base import Model

LOCAL = dt.timezone(dt.timedelta(hours=8), "Asia/Shanghai")
"""Beijing time; no daylight saving since 1992."""
ROUNDING = 0.006
"""How far a rounded probability may stand from the count it came from."""

Text = Annotated[str, Field(min_length=1)]
Concentration = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Aqi = Annotated[int, Field(ge=0, le=500)]


class Level(StrEnum):
    """Warning levels in the order of their severity."""

    NONE = "none"
    BLUE = "blue"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"

    @property
    def rank(self) -> int:
        """0 for none up to 4 for red."""
        return list(Level).index(self)


class Spread(Model):
    """One quantity over the members."""

    mean: Concentration | None = None
    """Ensemble mean."""
    p10: Concentration | None = None
    """10th percentile."""
    p50: Concentration | None = None
    """Median."""
    p90: Concentration | None = None
    """90th percentile."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _check_order("PM2.5", self.p10, self.p50, self.p90)
        return self


class AqiSpread(Model):
    """The AQI over the members, whole numbers."""

    p10: Aqi
    """10th percentile."""
    p50: Aqi
    """Median."""
    p90: Aqi
    """90th percentile."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _check_order("AQI", self.p10, self.p50, self.p90)
        return self


class Weather(Model):
    """What the air did on one day, in support of the reason. Means over the members' driver."""

    wind_speed_mean: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """Mean wind speed at 10 m, m s-1."""
    mixing_height_max: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """Greatest hourly height of the boundary layer, m."""


class DayValues(Model):
    """The forecast of one city for one natural day."""

    members: Annotated[int, Field(ge=1)]
    """How many members it rests on."""
    pm25: Spread
    """Daily mean PM2.5."""
    pm10_mean: Concentration | None = None
    """Daily mean PM10, ensemble mean."""
    so2_mean: Concentration | None = None
    """Daily mean SO2, ensemble mean."""
    no2_mean: Concentration | None = None
    """Daily mean NO2, ensemble mean."""
    co_mean: Concentration | None = None
    """Daily mean CO, ensemble mean, mg m-3."""
    o3_mda8: Concentration | None = None
    """Greatest 8-hour mean of O3, ensemble mean; None while O3 is not modelled."""
    aqi: AqiSpread | None = None
    """AQI; None where the standard publishes none (a pollutant is missing and AQI <= 100)."""
    primary: tuple[str, ...] = ()
    """Primary pollutants (ties all), as `PM2.5`; empty up to AQI 50."""
    p_aqi_gt150: Probability | None = None
    """Probability of a daily AQI above 150."""
    p_aqi_gt200: Probability | None = None
    """Probability of a daily AQI above 200."""
    p_aqi_gt300: Probability | None = None
    """Probability of a daily AQI above 300."""
    level: Level = Level.NONE
    """Warning level proposed for this day."""
    level_probability: Probability | None = None
    """Share of members that reach at least this level (or none of them, for `none`)."""
    weather: Weather | None = None
    """Wind and mixing of the day, where known."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        chances = [self.p_aqi_gt150, self.p_aqi_gt200, self.p_aqi_gt300]
        known = [chance for chance in chances if chance is not None]
        if known != sorted(known, reverse=True):
            msg = f"the probabilities of AQI > 150, 200 and 300 rise with the threshold: {chances}"
            raise ValueError(msg)
        if self.level is not Level.NONE and not self.level_probability:
            msg = f"level '{self.level}' has the probability '{self.level_probability}'"
            raise ValueError(msg)
        if self.aqi is not None and self.aqi.p50 > 50 and not self.primary:
            msg = f"AQI {self.aqi.p50} is above 50 but no primary pollutant is named"
            raise ValueError(msg)
        return self


class Day(Model):
    """One natural day of one city; without values when the data do not reach it."""

    date: dt.date
    """The day, Asia/Shanghai."""
    lead_day: Annotated[int, Field(ge=1)]
    """1 is the first complete local day."""
    values: DayValues | None = None
    """The forecast; None means that the data end before this day does."""


class Hours(Model):
    """Hourly series of one city; entry i is the mean over the hour that ends at `times[i]`."""

    times: tuple[AwareDatetime, ...]
    """Ends of the hours, Asia/Shanghai."""
    lead_hours: tuple[Annotated[int, Field(ge=1)], ...]
    """Hours since the cycle's start."""
    pm25_mean: tuple[Concentration | None, ...]
    """PM2.5, ensemble mean."""
    pm25_p10: tuple[Concentration | None, ...]
    """PM2.5, 10th percentile."""
    pm25_p50: tuple[Concentration | None, ...]
    """PM2.5, median."""
    pm25_p90: tuple[Concentration | None, ...]
    """PM2.5, 90th percentile."""
    pm10_mean: tuple[Concentration | None, ...]
    """PM10, ensemble mean."""
    so2_mean: tuple[Concentration | None, ...]
    """SO2, ensemble mean."""
    no2_mean: tuple[Concentration | None, ...]
    """NO2, ensemble mean."""
    co_mean: tuple[Concentration | None, ...]
    """CO, ensemble mean, mg m-3."""
    o3_mean: tuple[Concentration | None, ...]
    """O3, ensemble mean; all None while O3 is not modelled."""
    aqi_p50: tuple[Aqi | None, ...]
    """Hourly AQI, median."""
    primary: tuple[tuple[str, ...], ...]
    """Primary pollutants of the hour."""

    @model_validator(mode="after")
    def _same_length(self) -> Self:
        lengths = {name: len(getattr(self, name)) for name in type(self).model_fields}
        if len(set(lengths.values())) > 1:
            msg = f"the hourly series differ in length: {lengths}"
            raise ValueError(msg)
        if any(b - a != dt.timedelta(hours=1) for a, b in pairwise(self.times)):
            msg = "the hours of the series do not follow each other"
            raise ValueError(msg)
        for spread in zip(self.pm25_p10, self.pm25_p50, self.pm25_p90, strict=True):
            _check_order("hourly PM2.5", *spread)
        return self


class LevelChance(Model):
    """How likely a level is."""

    level: Level
    """The level."""
    probability: Probability
    """Share of the members whose trajectory reaches at least this level."""


class CityWarning(Model):
    """The warning proposed for one city."""

    level: Level
    """Highest level proposed."""
    probability: Probability | None
    """Share of members that reach at least `level`; None when nothing could be counted."""
    chances: tuple[LevelChance, ...] = ()
    """Every level of the rules, mildest first."""
    start: AwareDatetime | None = None
    """Start of the conditions, Asia/Shanghai."""
    end: AwareDatetime | None = None
    """End of the conditions, Asia/Shanghai; None with `open_ended`."""
    open_ended: bool = False
    """True when the conditions last to the end of the data."""
    reason: Text
    """Why, in Chinese words."""
    decidable: bool = True
    """False when the data end too early to decide whether a higher level is met."""
    remark: str = ""
    """What cannot be decided, in Chinese words; needed when not decidable."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.level is Level.NONE:
            if self.start or self.end:
                msg = f"there is no warning, yet it runs from '{self.start}' to '{self.end}'"
                raise ValueError(msg)
        else:
            self._check_times()
            if not self.probability:
                msg = f"level '{self.level}' has the probability '{self.probability}'"
                raise ValueError(msg)
        if not self.decidable and not self.remark:
            msg = "the warning is marked as not decidable, but no remark says why"
            raise ValueError(msg)
        self._check_chances()
        return self

    def _check_times(self) -> None:
        if self.start is None or self.end is None:
            msg = f"level '{self.level}' has the start '{self.start}' and the end '{self.end}'"
            raise ValueError(msg)
        if self.end <= self.start:
            msg = f"the warning ends at '{self.end}', not after its start '{self.start}'"
            raise ValueError(msg)

    def _check_chances(self) -> None:
        ranks = [chance.level.rank for chance in self.chances]
        if ranks != sorted(set(ranks)):
            msg = f"the level probabilities are not in the order of severity: {self.chances}"
            raise ValueError(msg)
        values = [chance.probability for chance in self.chances]
        if values != sorted(values, reverse=True):
            msg = f"a more severe level is more likely than a milder one: {self.chances}"
            raise ValueError(msg)
        for chance in self.chances:
            same = chance.level is self.level and self.probability is not None
            if same and abs(chance.probability - (self.probability or 0.0)) > ROUNDING:
                msg = (
                    f"level '{self.level}' has the probability {self.probability} in the warning "
                    f"and {chance.probability} among the level probabilities"
                )
                raise ValueError(msg)


class City(Model):
    """Everything about one city."""

    code: Text
    """Administrative code."""
    name_en: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z' -]*$")]
    """English name; also the stem of its page."""
    name_zh: Text
    """Chinese name."""
    days: tuple[Day, ...]
    """The trend, one entry a day."""
    hours: Hours
    """The hourly forecast."""
    warning: CityWarning
    """The proposed warning."""
    method: Text
    """How the city's value is made from cells, in Chinese words."""

    @model_validator(mode="after")
    def _days_follow(self) -> Self:
        for number, day in enumerate(self.days):
            if day.lead_day != number + 1 or (day.date - self.days[0].date).days != number:
                msg = f"{self.name_en}: day {number + 1} is '{day.date}', lead day {day.lead_day}"
                raise ValueError(msg)
        if not any(day.values for day in self.days):
            msg = f"{self.name_en}: no day has a forecast"
            raise ValueError(msg)
        worst = max((d.values.level.rank for d in self.days if d.values), default=0)
        if worst > self.warning.level.rank:
            level = self.warning.level
            msg = f"{self.name_en}: a day has a higher level than the warning '{level}'"
            raise ValueError(msg)
        return self

    @property
    def page(self) -> str:
        """File name of its page."""
        return "".join(c for c in self.name_en if c.isalnum()) + ".html"


def _check_order(what: str, *values: float | None) -> None:
    known = [value for value in values if value is not None]
    if known != sorted(known):
        msg = f"the quantiles of {what} are not in order: {values}"
        raise ValueError(msg)
