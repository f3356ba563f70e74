"""From the values of every member to the lines of the city products."""

from datetime import date, datetime, timezone
from typing import Any

import numpy as np

from forecast.aqi.city import city_daily, city_hourly_index
from forecast.aqi.index import publishable
from forecast.aqi.standard import AqiStandard, StandardSet
from forecast.common.cycle import LOCAL_OFFSET, LOCAL_ZONE_NAME, Cycle, local_dates
from forecast.ensemble.combine import count, exceedance, mean, quantiles
from forecast.fields.arrays import Booleans, Float, Integers, Times
from forecast.fields.city_forecast import (
    ABSENT,
    AQI_POLLUTANTS,
    DAY_QUANTITIES,
    SYMBOLS,
    CityDaily,
    CityDay,
    CityForecast,
    CityHour,
    CityHourly,
)

LOCAL = timezone(LOCAL_OFFSET, LOCAL_ZONE_NAME)
QUANTILES = (0.1, 0.5, 0.9)
THRESHOLDS = (100, 150, 200, 300)
PM25 = AQI_POLLUTANTS.index("pm25")


def city_forecast(hourly: CityHourly, standards: StandardSet, hours: int) -> CityForecast:
    """Make the city products of one cycle.

    Args:
        hourly: Hourly city means of the members that are in.
        standards: The dated standards.
        hours: How many hours the hourly product shows.

    Returns:
        Days and hours, city by city; the days carry no warning level yet.
    """
    return CityForecast(
        cycle=hourly.cycle,
        members=hourly.members,
        days=summarise_days(city_daily(hourly, standards), standards),
        hours=summarise_hours(hourly, standards, hours),
    )


def summarise_days(daily: CityDaily, standards: StandardSet) -> tuple[CityDay, ...]:
    """Summarise the members, city by city and day by day."""
    quantity = {
        name: mean(daily.concentration[:, index])
        for index, name in enumerate(DAY_QUANTITIES)
        if name != "o3_max_1h"
    }
    spread = quantiles(daily.concentration[:, DAY_QUANTITIES.index("pm25_mean")], QUANTILES)
    index = _IndexOverMembers(daily.aqi, daily.primary, daily.missing)
    days = []
    for place, city in enumerate(daily.cities):
        for day, when in enumerate(_dates(daily.dates)):
            at = (place, day)
            standard = standards.on(when)
            fields = index.at(at, standard)
            days.append(
                CityDay(
                    city_code=city.code,
                    city_en=city.name_en,
                    city_zh=city.name_zh,
                    date=when,
                    lead_day=int(daily.lead_days[day]),
                    standard=standard.id,
                    **_numbers(quantity, at),
                    **_pm25_spread(spread, at),
                    **fields,
                )
            )
    return tuple(days)


def summarise_hours(hourly: CityHourly, standards: StandardSet, hours: int) -> tuple[CityHour, ...]:
    """Summarise the members, city by city and hour by hour, for the first hours of the cycle."""
    result = city_hourly_index(hourly, standards)
    index = _IndexOverMembers(
        result.available, np.moveaxis(result.primary, 0, 1), np.moveaxis(result.missing, 0, 1)
    )
    quantity = {f"{name}_mean": mean(hourly.series(name)) for name in AQI_POLLUTANTS}
    spread = quantiles(hourly.series("pm25"), QUANTILES)
    lead = (hourly.labels - Cycle.parse(hourly.cycle).start) // np.timedelta64(1, "h")
    dates = _dates(local_dates(hourly.labels))
    chosen = []
    for place, city in enumerate(hourly.cities):
        for hour in np.flatnonzero((lead >= 1) & (lead <= hours)):
            at = (place, int(hour))
            fields = index.at(at, standards.on(dates[int(hour)]))
            chosen.append(
                CityHour(
                    city_code=city.code,
                    city_en=city.name_en,
                    city_zh=city.name_zh,
                    time=_local_time(hourly.labels[hour]),
                    lead_hour=int(lead[hour]),
                    **_numbers(quantity, at),
                    **_pm25_spread(spread, at),
                    **{name: fields[name] for name in _HOURLY_INDEX},
                )
            )
    return tuple(chosen)


_HOURLY_INDEX = (
    "members", "aqi_p50", "primary_pollutants", "p_aqi_gt150", "p_aqi_gt200", "p_aqi_gt300",
)  # fmt: skip


class _IndexOverMembers:
    """Statistics of the index over the members, place by place."""

    def __init__(self, aqi: Integers, primary: Booleans, missing: Booleans) -> None:
        """Compute everything at once.

        Args:
            aqi: Index of the pollutants that are there, (member, city, time).
            primary: (member, pollutant, city, time).
            missing: (member, pollutant, city, time).
        """
        present = aqi != ABSENT
        self._aqi = np.where(present, aqi.astype(np.float64), np.nan)
        self._count = count(self._aqi)
        # an index is a whole number that is rounded up; so is a quantile of indices
        self._quantiles = np.ceil(np.round(quantiles(self._aqi, QUANTILES), 9))
        self._above = {limit: exceedance(self._aqi, float(limit)) for limit in THRESHOLDS}
        self._votes = np.sum(primary, axis=0)
        there = present[:, None]
        self._missing_anywhere = np.any(missing & there, axis=0)
        self._missing_everywhere = np.all(missing | ~there, axis=0)

    def at(self, at: tuple[int, int], standard: AqiStandard) -> dict[str, Any]:
        """Return the fields of a record that come from the index, at (city, time)."""
        number = int(self._count[at])
        low, middle, high = (self._quantiles[(k, *at)] for k in range(3))
        published = number > 0 and self._is_published(at, standard)
        category = standard.category(int(middle)) if published else None
        missing = self._missing_everywhere[(slice(None), *at)]
        # without PM2.5 the index of the others says nothing about the chance of polluted air
        known = published or (number > 0 and not self._missing_anywhere[(PM25, *at)])
        return {
            "members": number,
            "aqi_p10": int(low) if published else None,
            "aqi_p50": int(middle) if published else None,
            "aqi_p90": int(high) if published else None,
            "primary_pollutants": self._primary(at) if published and middle > 50 else (),
            "missing_pollutants": tuple(
                SYMBOLS[name]
                for name, absent in zip(AQI_POLLUTANTS, missing, strict=True)
                if absent
            ),
            **{
                f"p_aqi_gt{limit}": _number(share[at]) if known else None
                for limit, share in self._above.items()
            },
            "category_probability": self._categories(at, standard) if known else (),
            "category": category.level if category else None,
            "category_zh": category.name_zh if category else "",
            "colour": category.colour if category else "",
        }

    def _is_published(self, at: tuple[int, int], standard: AqiStandard) -> bool:
        """Apply the rule of missing pollutants to the median of the members."""
        middle = np.array(self._quantiles[(1, *at)], dtype=np.int64)
        missing = self._missing_anywhere[(slice(None), *at)]
        return int(publishable(standard, middle, missing)) != ABSENT

    def _primary(self, at: tuple[int, int]) -> tuple[str, ...]:
        """Pollutants that are primary in most members, ties all."""
        votes = self._votes[(slice(None), *at)]
        return tuple(
            SYMBOLS[name]
            for name, number in zip(AQI_POLLUTANTS, votes, strict=True)
            if number > 0 and number == votes.max()
        )

    def _categories(self, at: tuple[int, int], standard: AqiStandard) -> tuple[float, ...]:
        """Share of the members in each category."""
        values = self._aqi[(slice(None), *at)]
        values = values[np.isfinite(values)]
        place = np.searchsorted(np.array(standard.category_ends), values, side="left")
        counted = np.bincount(place, minlength=len(standard.category_ends))
        return tuple(float(number) / values.size for number in counted)


def _numbers(quantity: dict[str, Float], at: tuple[int, int]) -> dict[str, Any]:
    return {name: _number(values[at]) for name, values in quantity.items()}


def _pm25_spread(spread: Float, at: tuple[int, int]) -> dict[str, Any]:
    return {f"pm25_p{round(100 * p)}": _number(spread[(k, *at)]) for k, p in enumerate(QUANTILES)}


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _dates(days: Times) -> list[date]:
    return [date.fromisoformat(str(day)) for day in days]


def _local_time(label: np.datetime64) -> datetime:
    text = str((label + np.timedelta64(8, "h")).astype("datetime64[s]"))
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)
