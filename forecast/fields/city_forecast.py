"""City forecasts: hourly and daily values of every member, and their summary over the members.

Concentrations in ug m-3, CO in mg m-3; gases at 298.15 K and 1013.25 hPa, particles at actual
temperature and pressure (GB 3095). NaN marks what is absent in arrays, None in records.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import numpy as np

from forecast.common.errors import InputError
from forecast.fields.arrays import Booleans, Float, Integers, Times

AQI_POLLUTANTS = ("pm25", "pm10", "so2", "no2", "co", "o3")
"""The six pollutants of the index, in the order of every array axis "pollutant"."""
SYMBOLS = {
    "pm25": "PM2.5",
    "pm10": "PM10",
    "so2": "SO2",
    "no2": "NO2",
    "co": "CO",
    "o3": "O3",
}
"""How a product prints them."""
DAY_QUANTITIES = (
    "pm25_mean",
    "pm10_mean",
    "so2_mean",
    "no2_mean",
    "co_mean",
    "o3_mda8",
    "o3_max_1h",
)
"""Daily values of a city, in the order of the axis "quantity"."""
ABSENT = -1
"""Index value where there is none."""


@dataclass(frozen=True)
class CityName:
    """A city as products name it.

    Attributes:
        code: Administrative code (GB/T 2260).
        name_en: English name.
        name_zh: Chinese name.
    """

    code: str
    name_en: str
    name_zh: str


@dataclass(frozen=True)
class CityHourly:
    """Hourly means of every city and member.

    Attributes:
        cycle: Name of the cycle.
        cities: Third axis of `concentration`.
        members: First axis.
        labels: Ends of the hours, UTC, consecutive, (nt,); the last axis.
        concentration: (member, pollutant, city, hour) in the order of `AQI_POLLUTANTS`, NaN
            where a member is out or a pollutant is not modelled.
    """

    cycle: str
    cities: tuple[CityName, ...]
    members: tuple[str, ...]
    labels: Times
    concentration: Float

    def __post_init__(self) -> None:
        shape = (len(self.members), len(AQI_POLLUTANTS), len(self.cities), self.labels.size)
        if self.concentration.shape != shape:
            msg = (
                f"City concentrations have the shape '{self.concentration.shape}'; members, "
                f"pollutants, cities and hours ask for {shape}."
            )
            raise InputError(msg)
        steps = np.diff(self.labels.astype("datetime64[s]"))
        if self.labels.size == 0 or np.any(steps != np.timedelta64(1, "h")):
            msg = (
                f"The hour labels of the city forecast of '{self.cycle}' are not consecutive full "
                "hours; pass every hour once, missing values as NaN."
            )
            raise InputError(msg)

    def series(self, pollutant: str) -> Float:
        """Return one pollutant, (member, city, hour)."""
        chosen: Float = self.concentration[:, AQI_POLLUTANTS.index(pollutant)]
        return chosen

    def select(self, members: Integers) -> "CityHourly":
        """Keep some members, by position."""
        names = tuple(self.members[int(index)] for index in members)
        return replace(self, members=names, concentration=self.concentration[members])

    def settled(self, spinning_up: Mapping[str, int]) -> "CityHourly":
        """Take away the hours in which members still spin up.

        Args:
            spinning_up: How many of the first hours that is, by member.
        """
        first = np.array([spinning_up.get(member, 0) for member in self.members])
        young = np.arange(self.labels.size)[None, :] < first[:, None]
        values = np.where(young[:, None, None, :], np.nan, self.concentration)
        return replace(self, concentration=values)


@dataclass(frozen=True)
class CityDaily:
    """Daily values and AQI of every city and member.

    Attributes:
        cycle: Name of the cycle.
        cities: City axis.
        members: Member axis.
        dates: Natural days, Asia/Shanghai, datetime64[D], (nd,).
        lead_days: 1 is the first complete local day, (nd,).
        standards: Identity of the AQI standard of each day.
        concentration: (member, quantity, city, day) in the order of `DAY_QUANTITIES`.
        aqi: Index of the pollutants that are there, `ABSENT` where there is none, (member, city,
            day); whether it may be published is decided on the ensemble's value.
        primary: True for primary pollutants, (member, pollutant, city, day).
        missing: True for pollutants without an index, (member, pollutant, city, day).
    """

    cycle: str
    cities: tuple[CityName, ...]
    members: tuple[str, ...]
    dates: Times
    lead_days: Integers
    standards: tuple[str, ...]
    concentration: Float
    aqi: Integers
    primary: Booleans
    missing: Booleans


@dataclass(frozen=True)
class CityDay:
    """One city on one day over all members: a line of `cities_daily.csv` and more.

    Attributes:
        city_code: Administrative code.
        city_en: English name.
        city_zh: Chinese name.
        date: Natural day, Asia/Shanghai.
        lead_day: 1 is the first complete local day.
        members: How many members cover the day.
        standard: Identity of the AQI standard.
        pm25_mean: Ensemble mean of the daily mean, ug m-3.
        pm25_p10: 10th percentile of the members' daily means (linear between order statistics).
        pm25_p50: Median.
        pm25_p90: 90th percentile.
        pm10_mean: Ensemble mean, ug m-3.
        so2_mean: Ensemble mean, ug m-3.
        no2_mean: Ensemble mean, ug m-3.
        co_mean: Ensemble mean, mg m-3.
        o3_mda8: Ensemble mean of the greatest 8-hour mean, ug m-3.
        aqi_p10: 10th percentile, rounded up; None where the standard publishes no AQI.
        aqi_p50: Median, rounded up; None where the standard publishes no AQI.
        aqi_p90: 90th percentile, rounded up; None where the standard publishes no AQI.
        primary_pollutants: Pollutants that are primary in most members; empty up to AQI 50.
        missing_pollutants: Pollutants without a value in any member.
        p_aqi_gt100: Share of members with an AQI (of the pollutants that are there) above 100;
            None without PM2.5.
        p_aqi_gt150: Share of members with an AQI above 150.
        p_aqi_gt200: Share of members with an AQI above 200.
        p_aqi_gt300: Share of members with an AQI above 300.
        category_probability: Share of members in each of the six categories, best first; empty
            without PM2.5.
        category: 1 (excellent) to 6 (severe) of the median; None where there is no AQI.
        category_zh: Its official name.
        colour: Its official colour, #RRGGBB.
        level: Warning level in force on the day, by the recommended episodes.
        level_probability: Share of members that support it (see `WarningDay`).
    """

    city_code: str
    city_en: str
    city_zh: str
    date: date
    lead_day: int
    members: int
    standard: str
    pm25_mean: float | None
    pm25_p10: float | None
    pm25_p50: float | None
    pm25_p90: float | None
    pm10_mean: float | None
    so2_mean: float | None
    no2_mean: float | None
    co_mean: float | None
    o3_mda8: float | None
    aqi_p10: int | None
    aqi_p50: int | None
    aqi_p90: int | None
    primary_pollutants: tuple[str, ...]
    missing_pollutants: tuple[str, ...]
    p_aqi_gt100: float | None
    p_aqi_gt150: float | None
    p_aqi_gt200: float | None
    p_aqi_gt300: float | None
    category_probability: tuple[float, ...]
    category: int | None
    category_zh: str
    colour: str
    level: str = "none"
    level_probability: float | None = None


@dataclass(frozen=True)
class CityHour:
    """One city in one hour over all members: a line of `cities_hourly.csv`.

    Attributes:
        city_code: Administrative code.
        city_en: English name.
        city_zh: Chinese name.
        time: End of the hour, Asia/Shanghai.
        lead_hour: Hours from the cycle's start to that end.
        members: How many members cover the hour.
        pm25_mean: Ensemble mean, ug m-3.
        pm25_p10: 10th percentile.
        pm25_p50: Median.
        pm25_p90: 90th percentile.
        pm10_mean: Ensemble mean, ug m-3.
        so2_mean: Ensemble mean, ug m-3.
        no2_mean: Ensemble mean, ug m-3.
        co_mean: Ensemble mean, mg m-3.
        o3_mean: Ensemble mean, ug m-3.
        aqi_p50: Median of the real-time AQI, rounded up; None where the standard publishes none.
        primary_pollutants: Pollutants that are primary in most members.
        p_aqi_gt150: Share of members with a real-time AQI above 150.
        p_aqi_gt200: Share of members with a real-time AQI above 200.
        p_aqi_gt300: Share of members with a real-time AQI above 300.
    """

    city_code: str
    city_en: str
    city_zh: str
    time: datetime
    lead_hour: int
    members: int
    pm25_mean: float | None
    pm25_p10: float | None
    pm25_p50: float | None
    pm25_p90: float | None
    pm10_mean: float | None
    so2_mean: float | None
    no2_mean: float | None
    co_mean: float | None
    o3_mean: float | None
    aqi_p50: int | None
    primary_pollutants: tuple[str, ...]
    p_aqi_gt150: float | None
    p_aqi_gt200: float | None
    p_aqi_gt300: float | None


@dataclass(frozen=True)
class CityForecast:
    """Everything about the cities of one cycle, as the index stage writes it.

    Attributes:
        cycle: Name of the cycle.
        members: Names of the members counted.
        days: Cities in their order, days within a city.
        hours: Cities in their order, hours within a city.
    """

    cycle: str
    members: tuple[str, ...]
    days: tuple[CityDay, ...]
    hours: tuple[CityHour, ...]


DAILY_COLUMNS = (
    "city_en", "city_zh", "date", "lead_day", "pm25_mean", "pm25_p10", "pm25_p50", "pm25_p90",
    "pm10_mean", "so2_mean", "no2_mean", "co_mean", "o3_mda8", "aqi_p50", "primary_pollutant",
    "p_aqi_gt150", "p_aqi_gt200", "p_aqi_gt300", "level", "level_probability",
)  # fmt: skip
"""Columns of `cities_daily.csv`."""
HOURLY_COLUMNS = (
    "city_en", "city_zh", "time", "lead_hour", "pm25_mean", "pm25_p10", "pm25_p50", "pm25_p90",
    "pm10_mean", "so2_mean", "no2_mean", "co_mean", "o3_mean", "aqi_p50", "primary_pollutant",
    "p_aqi_gt150", "p_aqi_gt200", "p_aqi_gt300",
)  # fmt: skip
"""Columns of `cities_hourly.csv`."""


def product_row(record: CityDay | CityHour) -> dict[str, Any]:
    """Return a record under the names and with the rounding of the product files.

    Concentrations keep 1 decimal, CO 2 (as statistics do, GB/T 8170), probabilities 3. Several
    primary pollutants are joined by ";", as "PM2.5;PM10". Times are ISO 8601 in Asia/Shanghai.

    Returns:
        Column -> value, None where empty, in the order of the columns.
    """
    columns = DAILY_COLUMNS if isinstance(record, CityDay) else HOURLY_COLUMNS
    return {column: _product_value(record, column) for column in columns}


def _product_value(record: CityDay | CityHour, column: str) -> Any:
    if column == "primary_pollutant":
        return ";".join(record.primary_pollutants) or None
    value = getattr(record, column)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        if column.startswith(("p_", "level_")):
            return round(value, 3)
        return round(value, 2 if column.startswith("co_") else 1)
    return value
