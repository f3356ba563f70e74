"""Daily means of cities, as they were observed: what the statistical forecast learns from.

Days are local (Asia/Shanghai) calendar days. Concentrations in ug m-3, CO in mg m-3, in the
reference state of the source. NaN marks what is missing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from forecast.common.as_of import AsOf
from forecast.common.errors import InputError
from forecast.fields.arrays import Float

CITY_POLLUTANTS = ("pm25", "pm10", "so2", "no2", "co", "o3")
"""Pollutants of the first axis; o3 is the mean of 24 hours, not the greatest 8-hour mean."""
BEIJING_HOURS = 8
"""Asia/Shanghai is so many hours ahead of UTC, all year."""
Days = np.ndarray[Any, np.dtype[np.datetime64]]
"""Array of datetime64[D], local days."""


@dataclass(frozen=True)
class CityDaily:
    """Observed daily values of cities on a calendar without gaps.

    Attributes:
        cities: English names.
        days: Every local day from the first to the last, (nday).
        values: Daily means, (pollutant, city, day) in the order of `CITY_POLLUTANTS`.
        aqi: Daily index, (city, day).
        aqi_low: Least index of the hours of the day, (city, day).
        aqi_high: Greatest index of the hours of the day, (city, day).
        longitude: Degrees east, (city).
        latitude: Degrees north, (city).
        names_zh: Chinese names.
    """

    cities: tuple[str, ...]
    days: Days
    values: Float
    aqi: Float
    aqi_low: Float
    aqi_high: Float
    longitude: Float
    latitude: Float
    names_zh: tuple[str, ...]

    def of(self, pollutant: str) -> Float:
        """Daily means of one pollutant, (city, day).

        Raises:
            InputError: There is no such pollutant.
        """
        if pollutant not in CITY_POLLUTANTS:
            msg = f"There is no pollutant '{pollutant}'; there are {', '.join(CITY_POLLUTANTS)}."
            raise InputError(msg)
        series: Float = self.values[CITY_POLLUTANTS.index(pollutant)]
        return series

    def index(self, day: np.datetime64) -> int:
        """Place of a day on the calendar, which may lie outside of it."""
        return int((day.astype("datetime64[D]") - self.days[0]).astype(int))

    def until(self, day: np.datetime64) -> "CityDaily":
        """What was observed up to and including a day.

        Raises:
            InputError: Nothing was.
        """
        count = self.index(day) + 1
        if count < 1:
            msg = (
                f"The daily observations begin on '{self.days[0]}'; nothing is known on '{day}'. "
                "Take a later day, or observations that begin earlier."
            )
            raise InputError(msg)
        if count >= self.days.size:
            return self
        return replace(
            self,
            days=self.days[:count],
            values=self.values[..., :count],
            aqi=self.aqi[:, :count],
            aqi_low=self.aqi_low[:, :count],
            aqi_high=self.aqi_high[:, :count],
        )

    def of_cities(self, cities: Sequence[str]) -> "CityDaily":
        """Some of the cities, in the order given.

        Raises:
            InputError: One is not there.
        """
        unknown = sorted(set(cities) - set(self.cities))
        if unknown:
            msg = (
                f"The daily observations hold no city '{', '.join(unknown)}'; they hold "
                f"{', '.join(self.cities)}."
            )
            raise InputError(msg)
        rows = [self.cities.index(name) for name in cities]
        return replace(
            self,
            cities=tuple(cities),
            values=self.values[:, rows],
            aqi=self.aqi[rows],
            aqi_low=self.aqi_low[rows],
            aqi_high=self.aqi_high[rows],
            longitude=self.longitude[rows],
            latitude=self.latitude[rows],
            names_zh=tuple(self.names_zh[row] for row in rows),
        )

    def require_known(self, clock: AsOf, user: str) -> None:
        """Refuse observations of days that had not ended by a clock.

        Raises:
            LookAheadError: The last day ends later.
        """
        clock.require(
            f"the daily observations of {self.days[-1]} ({user})", known_at(self.days[-1])
        )


def known_at(day: np.datetime64) -> np.datetime64:
    """From when the mean of a local day can be known: its end, UTC."""
    end = day.astype("datetime64[D]") + np.timedelta64(1, "D")
    moment: np.datetime64 = end.astype("datetime64[s]") - np.timedelta64(BEIJING_HOURS, "h")
    return moment
