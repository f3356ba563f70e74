"""Forecasts and observations on common axes: cycle, lead day, city.

Streams stay apart: what the models gave, what statistics made of it, what the forecaster changed
and what was issued are verified each by itself, and against each other only where all are there.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from forecast.common.errors import InputError
from forecast.fields.arrays import Booleans, Float, Integers, Times
from forecast.fields.city_forecast import AQI_POLLUTANTS

THRESHOLDS = (100, 150, 200, 300)
"""AQI above which probabilities are given."""
QUANTILES = (0.1, 0.5, 0.9)
"""Quantiles of PM2.5 that a forecast gives."""
PM25 = AQI_POLLUTANTS.index("pm25")
O3 = AQI_POLLUTANTS.index("o3")


class Stream(StrEnum):
    """Which hand a forecast has passed last."""

    RAW = "raw"
    CALIBRATED = "calibrated"
    EDITED = "edited"
    ISSUED = "issued"


def city_key(name: str) -> str:
    """Bring the spellings of a city's English name together: Tai'an and Taian."""
    return re.sub(r"[^a-z]", "", name.casefold())


@dataclass(frozen=True)
class DayForecast:
    """One city on one day as one cycle forecast it.

    Attributes:
        cycle: Start of the cycle, UTC.
        known: Last local day that had ended when the cycle started.
        lead_day: 1 is the first day of the forecast.
        day: The local day.
        city: English name.
        values: Central concentrations in the order of `AQI_POLLUTANTS` (o3: greatest 8-hour mean),
            NaN where there is none.
        aqi: Central AQI, NaN where there is none.
        primary: Pollutants named as primary, such as "pm25"; None when the forecast names none.
        probability: Of an AQI above each of `THRESHOLDS`, NaN where not given.
        pm25_quantiles: At `QUANTILES`, NaN where not given.
        pm25_members: PM2.5 of each member, NaN where a member is out; may be empty.
        aqi_members: AQI of each member; may be empty.
    """

    cycle: np.datetime64
    known: np.datetime64
    lead_day: int
    day: np.datetime64
    city: str
    values: Sequence[float]
    aqi: float
    primary: Sequence[str] | None = None
    probability: Sequence[float] = (np.nan,) * len(THRESHOLDS)
    pm25_quantiles: Sequence[float] = (np.nan,) * len(QUANTILES)
    pm25_members: Sequence[float] = ()
    aqi_members: Sequence[float] = ()


@dataclass(frozen=True)
class Axes:
    """What the arrays of all forecasts of a verification have in common.

    Attributes:
        cycles: Starts of the cycles, UTC, ascending, (n,).
        first_days: Local day of lead day 1, (n,).
        known: Last local day that had ended when the cycle started, (n,).
        leads: Lead days, ascending, (nl,).
        cities: English names, (nc,).
    """

    cycles: Times
    first_days: Times
    known: Times
    leads: Integers
    cities: tuple[str, ...]

    @classmethod
    def of(cls, rows: Sequence[DayForecast]) -> "Axes":
        """Find the axes that hold all forecasts.

        Raises:
            InputError: There is none, or two forecasts of one cycle disagree about its days.
        """
        if not rows:
            msg = "There is no forecast to verify; name cycles, or a table, that hold some."
            raise InputError(msg)
        days: dict[np.datetime64, tuple[np.datetime64, np.datetime64]] = {}
        for row in rows:
            begun = (row.day - np.timedelta64(row.lead_day - 1, "D"), row.known)
            if days.setdefault(row.cycle, begun) != begun:
                msg = (
                    f"The forecasts of the cycle '{row.cycle}' number its days in two ways: lead "
                    f"day {row.lead_day} is '{row.day}', which does not go with an earlier line; "
                    "correct the table."
                )
                raise InputError(msg)
        cycles = sorted(days)
        cities = dict.fromkeys(row.city for row in rows)
        return cls(
            cycles=np.array(cycles, dtype="datetime64[s]"),
            first_days=np.array([days[cycle][0] for cycle in cycles], dtype="datetime64[D]"),
            known=np.array([days[cycle][1] for cycle in cycles], dtype="datetime64[D]"),
            leads=np.unique([row.lead_day for row in rows]).astype(np.int64),
            cities=tuple(cities),
        )

    @property
    def shape(self) -> tuple[int, int, int]:
        """Lengths of cycle, lead and city."""
        return self.cycles.size, self.leads.size, len(self.cities)

    @property
    def days(self) -> Times:
        """Local day of each forecast, (cycle, lead)."""
        found: Times = self.first_days[:, None] + (self.leads - 1).astype("timedelta64[D]")
        return found


@dataclass(frozen=True)
class ForecastCube:
    """All forecasts of one source; NaN where it has none.

    Attributes:
        name: Name of the source: a stream, or a reference such as "persistence".
        axes: The axes.
        values: (pollutant, cycle, lead, city) in the order of `AQI_POLLUTANTS`.
        aqi: (cycle, lead, city).
        primary: (pollutant, cycle, lead, city); None when the source names none.
        probability: (threshold, cycle, lead, city).
        pm25_quantiles: (quantile, cycle, lead, city).
        pm25_members: (member, cycle, lead, city), no member for a single forecast.
        aqi_members: The same of the AQI.
        members: Names of the members.
        remark: What to know about the source.
    """

    name: str
    axes: Axes
    values: Float
    aqi: Float
    primary: Booleans | None
    probability: Float
    pm25_quantiles: Float
    pm25_members: Float
    aqi_members: Float
    members: tuple[str, ...] = ()
    remark: str = ""


def cube(
    name: str, rows: Sequence[DayForecast], axes: Axes, members: tuple[str, ...] = ()
) -> ForecastCube:
    """Put the forecasts of one source on the axes; of two for one place the later one counts.

    Args:
        name: Name of the source.
        rows: Its forecasts.
        axes: Axes that hold them.
        members: Names of the members of every row that has some.
    """
    shape = axes.shape
    empty = np.full(shape, np.nan)
    names = any(row.primary is not None for row in rows)
    made = ForecastCube(
        name=name,
        axes=axes,
        values=np.full((len(AQI_POLLUTANTS), *shape), np.nan),
        aqi=empty,
        primary=np.zeros((len(AQI_POLLUTANTS), *shape), dtype=np.bool_) if names else None,
        probability=np.full((len(THRESHOLDS), *shape), np.nan),
        pm25_quantiles=np.full((len(QUANTILES), *shape), np.nan),
        pm25_members=np.full((len(members), *shape), np.nan),
        aqi_members=np.full((len(members), *shape), np.nan),
        members=members,
    )
    place_of = {cycle: place for place, cycle in enumerate(axes.cycles)}
    lead_of = {int(lead): place for place, lead in enumerate(axes.leads)}
    city_of = {city: place for place, city in enumerate(axes.cities)}
    for row in rows:
        at = place_of[row.cycle], lead_of[row.lead_day], city_of[row.city]
        made.values[(slice(None), *at)] = row.values
        made.aqi[at] = row.aqi
        made.probability[(slice(None), *at)] = row.probability
        made.pm25_quantiles[(slice(None), *at)] = row.pm25_quantiles
        if made.primary is not None:
            told = row.primary or ()
            made.primary[(slice(None), *at)] = [name in told for name in AQI_POLLUTANTS]
        if len(row.pm25_members) == len(members):
            made.pm25_members[(slice(None), *at)] = row.pm25_members
            made.aqi_members[(slice(None), *at)] = row.aqi_members
    return made


@dataclass(frozen=True)
class ObservedDays:
    """Observed days of cities on a calendar without gaps.

    Attributes:
        cities: English names.
        days: Local days, (nd,).
        values: (pollutant, city, day) in the order of `AQI_POLLUTANTS` (o3: greatest 8-hour mean).
        aqi: Index of the pollutants that count, NaN where there is none, (city, day).
        primary: (pollutant, city, day).
        index_of: Pollutants that count in the index.
        names_zh: Chinese names of the cities; empty when not known.
    """

    cities: tuple[str, ...]
    days: Times
    values: Float
    aqi: Float
    primary: Booleans
    index_of: tuple[str, ...]
    names_zh: tuple[str, ...] = ()

    def name_zh(self, city: str) -> str:
        """Chinese name of a city; empty when it is not known."""
        both = zip(self.cities, self.names_zh, strict=False)
        return next((zh for name, zh in both if city_key(name) == city_key(city)), "")

    def at(self, axes: Axes, days: Times) -> "ObservedCube":
        """Take the observations of some days.

        Args:
            axes: Whose cities are meant; one without observations gets NaN.
            days: Local days, (cycle, lead); days outside the calendar, and NaT, get NaN.
        """
        places = {city_key(name): place for place, name in enumerate(self.cities)}
        city = np.array([places.get(city_key(name), -1) for name in axes.cities])
        inside = (days >= self.days[0]) & (days <= self.days[-1])  # never so for NaT
        day = np.where(inside, days - self.days[0], np.timedelta64(0, "D")).astype(np.int64)
        there = inside[:, :, None] & (city >= 0)
        index = day[:, :, None]
        return ObservedCube(
            values=np.where(there, self.values[:, city, index], np.nan),
            aqi=np.where(there, self.aqi[city, index], np.nan),
            primary=there & self.primary[:, city, index],
        )


@dataclass(frozen=True)
class ObservedCube:
    """Observations on the axes of forecasts.

    Attributes:
        values: (pollutant, cycle, lead, city).
        aqi: (cycle, lead, city).
        primary: (pollutant, cycle, lead, city).
    """

    values: Float
    aqi: Float
    primary: Booleans
