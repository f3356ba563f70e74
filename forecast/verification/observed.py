"""Observed days with the index of the pollutants that the forecasts have."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from forecast.aqi.index import combine, individual_index
from forecast.aqi.standard import AqiStandard, StandardSet, Statistic
from forecast.fields.arrays import Booleans, Float, Integers, Times
from forecast.fields.city_daily import CITY_POLLUTANTS, CityDaily
from forecast.fields.city_forecast import ABSENT, AQI_POLLUTANTS
from forecast.verification.categorical import levels
from forecast.verification.cubes import O3, PM25, ObservedDays

_STATISTIC = {"o3": Statistic.MDA8}


def observed_days(
    cities: Sequence[str],
    days: Times,
    values: Float,
    standards: StandardSet,
    index_of: Sequence[str],
) -> ObservedDays:
    """Give observed days their index and primary pollutants.

    Days before the first standard are judged by the first one: its numbers were used in the 74
    first cities from 2013 on.

    Args:
        cities: English names.
        days: Local days without gaps, (nd,).
        values: (pollutant, city, day) in the order of `AQI_POLLUTANTS`, NaN where missing; o3 is
            the greatest 8-hour mean.
        standards: The dated standards.
        index_of: Pollutants that count: those that are forecast. An index of more pollutants than
            the forecast has would blame it for what it never spoke of.

    Returns:
        Days without PM2.5 have no index: that of the others says nothing about polluted air.
    """
    counts = [name in index_of for name in AQI_POLLUTANTS]
    counted = np.where(np.array(counts)[:, None, None], values, np.nan)
    aqi = np.full(values.shape[1:], ABSENT, dtype=np.int64)
    primary = np.zeros(values.shape, dtype=np.bool_)
    for standard, chosen in _by_standard(days, standards):
        aqi[:, chosen], primary[..., chosen] = daily_values_index(standard, counted[..., chosen])
    known = np.isfinite(values[PM25]) & (aqi != ABSENT)
    return ObservedDays(
        cities=tuple(cities),
        days=days,
        values=values,
        aqi=np.where(known, aqi.astype(np.float64), np.nan),
        primary=primary & known,
        index_of=tuple(name for name in AQI_POLLUTANTS if name in index_of),
    )


def of_city_daily(
    daily: CityDaily, mda8: Float, standards: StandardSet, index_of: Sequence[str]
) -> ObservedDays:
    """The same from daily means; that of ozone has no index, its greatest 8-hour mean has.

    Args:
        daily: Daily means.
        mda8: Greatest 8-hour mean of ozone, (city, day), NaN where it is not known.
        standards: The dated standards.
        index_of: Pollutants that count.
    """
    order = [CITY_POLLUTANTS.index(name) for name in AQI_POLLUTANTS]
    values = daily.values[order].astype(np.float64)
    values[O3] = mda8
    made = observed_days(daily.cities, daily.days, values, standards, index_of)
    return replace(made, names_zh=daily.names_zh)


def daily_values_index(standard: AqiStandard, values: Float) -> tuple[Integers, Booleans]:
    """Index of daily values.

    Args:
        standard: The standard.
        values: (pollutant, ...) in the order of `AQI_POLLUTANTS`.

    Returns:
        Index of the pollutants that are there, `ABSENT` where none is, and the primary pollutants.
    """
    result = combine(
        standard,
        np.stack(
            [
                individual_index(standard.columns[_column(standard, name)], standard.iaqi, own)[0]
                for name, own in zip(AQI_POLLUTANTS, values, strict=True)
            ]
        ),
    )
    return result.available, result.primary


def pollutant_levels(pollutant: str, values: Float, days: Times, standards: StandardSet) -> Float:
    """Level, 1 to 6, of one pollutant by itself.

    Args:
        pollutant: One of `AQI_POLLUTANTS`.
        values: Daily values, (cycle, lead, city).
        days: Local day of each, (cycle, lead).
        standards: The dated standards.

    Returns:
        (cycle, lead, city), NaN where there is no value.
    """
    wanted, place = np.unique(days, return_inverse=True)
    place = place.reshape(days.shape)
    found = np.full(values.shape, np.nan)
    for standard, chosen in _by_standard(wanted, standards):
        here = chosen[place]
        column = standard.columns[_column(standard, pollutant)]
        index = individual_index(column, standard.iaqi, values[here])[0]
        found[here] = np.where(index == ABSENT, np.nan, levels(index.astype(np.float64)))
    return found


def _column(standard: AqiStandard, pollutant: str) -> str:
    """The column that the daily value of a pollutant goes through."""
    wanted = _STATISTIC.get(pollutant, Statistic.DAY_MEAN)
    return next(
        entry.column
        for entry in standard.daily
        if entry.statistic is wanted and standard.columns[entry.column].pollutant == pollutant
    )


def _by_standard(days: Times, standards: StandardSet) -> list[tuple[AqiStandard, Booleans]]:
    """Group the days by the standard that holds on them."""
    found: dict[str, tuple[AqiStandard, list[bool]]] = {}
    chosen = [standards.on(max(date.fromisoformat(str(day)), standards.begin)) for day in days]
    for standard in chosen:
        found.setdefault(standard.id, (standard, [entry is standard for entry in chosen]))
    return [(standard, np.array(here)) for standard, here in found.values()]
