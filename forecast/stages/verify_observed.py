"""Observed days of cities, from a daily city file or from the observation store."""

from dataclasses import dataclass
from functools import reduce
from operator import or_
from pathlib import Path

import numpy as np

from forecast.aqi.averaging import DayTable, statistic
from forecast.aqi.city import city_hourly_index
from forecast.aqi.standard import StandardSet, Statistic
from forecast.common.errors import InputError
from forecast.fields.arrays import Float, Times
from forecast.fields.city_daily import CITY_POLLUTANTS, CityDaily
from forecast.fields.city_forecast import ABSENT, AQI_POLLUTANTS, CityHourly, CityName
from forecast.fields.observations import HOUR, OBSERVED, Flag, Readings
from forecast.grid.stations import StationKind
from forecast.observations.reference_state import to_product_state
from forecast.sources.observations.city_daily import read_city_daily

_DOUBTED = reduce(or_, Flag)


@dataclass(frozen=True)
class Observed:
    """What was observed.

    Attributes:
        daily: Daily means.
        mda8: Greatest 8-hour mean of ozone, (city, day); NaN where it is not known.
    """

    daily: CityDaily
    mda8: Float

    @property
    def pollutants(self) -> tuple[str, ...]:
        """Pollutants with a daily value that has an index."""
        means = [name for name in AQI_POLLUTANTS if np.isfinite(self.daily.of(name)).any()]
        ozone = bool(np.isfinite(self.mda8).any())
        return tuple(name for name in means if name != "o3" or ozone)


def read_observed(path: Path, standards: StandardSet) -> Observed:
    """Read a daily city file, or, from a folder, an observation store.

    Raises:
        InputError: It cannot be used.
    """
    if path.is_dir():
        from forecast.storage.observation_sql import Wanted
        from forecast.storage.observation_store import ObservationStore

        readings = ObservationStore(path).read(Wanted(pollutants=OBSERVED), without=_DOUBTED)
        return observed_in(readings, standards, path)
    daily = read_city_daily(path)
    return Observed(daily, np.full(daily.of("o3").shape, np.nan))


def observed_in(readings: Readings, standards: StandardSet, origin: Path) -> Observed:
    """Make days of cities from hourly readings of their urban stations.

    A city is the mean of its stations that are there in the hour, without background and county
    ones (HJ 663); days and the greatest 8-hour mean follow the validity of the standard.

    Args:
        readings: Of any stations and pollutants; other periods than an hour are left out.
        standards: The dated AQI standards.
        origin: Where they came from, for errors.

    Raises:
        InputError: No station of a city has an hourly reading.
    """
    urban = [s.kind is StationKind.CITY and bool(s.city_en) for s in readings.stations]
    hourly = (readings.period_seconds == HOUR) & np.isfinite(readings.value)
    rows = to_product_state(readings.take(hourly & np.array([*urban, False])[readings.station]))
    if rows.size == 0:
        msg = (
            f"The observation store '{origin}' holds no hourly reading of an urban station; land "
            "readings of stations whose city is known, or give a daily city file."
        )
        raise InputError(msg)
    cities = tuple(sorted({s.city_en for s, own in zip(rows.stations, urban, strict=True) if own}))
    labels, values = _city_hours(rows, cities)
    table = DayTable.of(labels)
    validity = standards.on(max(table.dates[-1].astype(object), standards.begin)).validity
    means = [statistic(Statistic.DAY_MEAN, own, table, validity) for own in values]
    nowhere = np.full(len(cities), np.nan)
    missing = np.full(means[0].shape, np.nan)
    daily = CityDaily(
        cities=cities,
        days=table.dates,
        values=np.stack([means[AQI_POLLUTANTS.index(name)] for name in CITY_POLLUTANTS]),
        aqi=missing,
        aqi_low=missing,
        aqi_high=_highest_hour(cities, labels, values, table, standards),
        longitude=nowhere,
        latitude=nowhere,
        names_zh=("",) * len(cities),
    )
    mda8 = statistic(Statistic.MDA8, values[AQI_POLLUTANTS.index("o3")], table, validity)
    return Observed(daily, mda8)


def _city_hours(rows: Readings, cities: tuple[str, ...]) -> tuple[Times, Float]:
    """Mean over the stations of each city, (pollutant, city, hour), and the ends of the hours."""
    first, last = rows.time.min(), rows.time.max()
    labels = np.arange(first, last + np.timedelta64(1, "s"), np.timedelta64(1, "h"))
    city = np.array([cities.index(s.city_en) if s.city_en in cities else -1 for s in rows.stations])
    pollutant = np.array([AQI_POLLUTANTS.index(name) for name in rows.pollutants])
    place, rest = np.divmod((rows.time - first).astype(np.int64), HOUR)
    whole = rest == 0
    at = (pollutant[rows.pollutant[whole]], city[rows.station[whole]], place[whole])
    total = np.zeros((len(AQI_POLLUTANTS), len(cities), labels.size))
    number = np.zeros_like(total)
    np.add.at(total, at, rows.value[whole].astype(np.float64))
    np.add.at(number, at, 1.0)
    return labels, np.where(number > 0, total / np.maximum(number, 1.0), np.nan)


def _highest_hour(
    cities: tuple[str, ...], labels: Times, values: Float, table: DayTable, standards: StandardSet
) -> Float:
    """Greatest real-time AQI of each day, (city, day); NaN before the first standard."""
    if table.dates[0].astype(object) < standards.begin:
        return np.full((len(cities), table.dates.size), np.nan)
    names = tuple(CityName("", name, "") for name in cities)
    hourly = CityHourly("observed", names, ("observed",), labels, values[None])
    index = city_hourly_index(hourly, standards).available[0]
    known = np.where(index == ABSENT, np.nan, index.astype(np.float64))
    highest: Float = np.fmax.reduce(table.split(known), axis=-1)
    return highest
