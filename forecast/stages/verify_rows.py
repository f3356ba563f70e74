"""Forecasts of runs and tables in the form that verification takes."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from forecast.aqi.city import city_daily
from forecast.aqi.standard import StandardSet
from forecast.common.cycle import Cycle, local_dates
from forecast.config.run import RunPaths
from forecast.fields.arrays import Float, Integers
from forecast.fields.city_forecast import (
    ABSENT,
    AQI_POLLUTANTS,
    DAY_QUANTITIES,
    SYMBOLS,
    CityDaily,
    CityDay,
    CityForecast,
)
from forecast.fields.warnings import WarningSet
from forecast.stages.verify_warnings import proposals_of
from forecast.storage.city_values import read_city_hourly
from forecast.storage.forecast_table import TableRow, read_forecast_table
from forecast.storage.records import read_record
from forecast.verification.cubes import THRESHOLDS, DayForecast, Stream
from forecast.verification.summary import StreamForecasts

_MEANS = (*(f"{name}_mean" for name in AQI_POLLUTANTS[:5]), "o3_mda8")
_PM25_MEAN = DAY_QUANTITIES.index("pm25_mean")
_NAMES = {symbol: name for name, symbol in SYMBOLS.items()}


@dataclass(frozen=True)
class _Held:
    """What one run holds of a stream.

    Attributes:
        forecast: Its records.
        daily: Its members; None when they are not kept.
        masked: Whether the members' index leaves out pollutants that nobody observed.
    """

    forecast: CityForecast
    daily: CityDaily | None
    masked: bool


def run_forecasts(
    stream: Stream, runs: Sequence[RunPaths], standards: StandardSet, observed: Collection[str]
) -> StreamForecasts:
    """Read what the runs hold of a stream; a run without it is passed over.

    Args:
        stream: Which.
        runs: The runs.
        standards: The dated AQI standards.
        observed: Pollutants with an observed daily value. Where the forecast has others, its index
            is made anew from its members without them.

    Raises:
        InputError: A file of a run is damaged.
    """
    held = []
    proposals = []
    for run in runs:
        path = run.stream_of(run.forecasts, stream)
        if not path.is_file():
            continue
        daily, masked = _members(run.stream_of(run.cities, stream), standards, observed)
        held.append(_Held(read_record(CityForecast, path), daily, masked))
        warned = run.stream_of(run.warnings, stream)
        if warned.is_file():
            proposals.append(proposals_of(read_record(WarningSet, warned)))
    named = (name for own in held if own.daily for name in own.daily.members)
    names = tuple(sorted(set(named)))
    return StreamForecasts(
        stream=stream,
        rows=tuple(row for own in held for row in _days(own, names)),
        members=names,
        proposals=tuple(proposals) if proposals else None,
    )


def _members(
    path: Path, standards: StandardSet, observed: Collection[str]
) -> tuple[CityDaily | None, bool]:
    """Read the members of a run and take away what nobody observed."""
    if not path.is_file():
        return None, False
    hourly = read_city_hourly(path)
    surplus = [
        place
        for place, name in enumerate(AQI_POLLUTANTS)
        if name not in observed and np.isfinite(hourly.concentration[:, place]).any()
    ]
    values = hourly.concentration.copy()
    values[:, surplus] = np.nan
    return city_daily(replace(hourly, concentration=values), standards), bool(surplus)


def _days(own: _Held, names: tuple[str, ...]) -> Iterator[DayForecast]:
    """The records of one run, each with its members in the order of `names`."""
    cycle = Cycle.parse(own.forecast.cycle)
    for day in own.forecast.days:
        row = _record(day, cycle)
        found = None if own.daily is None else _place(own.daily, day)
        if own.daily is None or found is None:
            yield row
            continue
        pm25, aqi = np.full(len(names), np.nan), np.full(len(names), np.nan)
        places = [names.index(name) for name in own.daily.members]
        pm25[places] = own.daily.concentration[:, _PM25_MEAN, *found]
        index = own.daily.aqi[:, *found]
        aqi[places] = np.where(index == ABSENT, np.nan, index)
        row = replace(row, pm25_members=pm25.tolist(), aqi_members=aqi.tolist())
        votes = own.daily.primary[:, :, *found].sum(axis=0)
        yield _said_again(row, aqi, votes, masked=own.masked)


def _place(daily: CityDaily, day: CityDay) -> tuple[int, int] | None:
    """Place of a record in the values of the members."""
    city = next((k for k, own in enumerate(daily.cities) if own.name_en == day.city_en), None)
    date = np.flatnonzero(daily.dates == np.datetime64(day.date, "D"))
    return None if city is None or not date.size else (city, int(date[0]))


def _said_again(row: DayForecast, aqi: Float, votes: Integers, *, masked: bool) -> DayForecast:
    """Say again what the members say together, of the pollutants that were observed.

    Args:
        row: As the run has it.
        aqi: Of each member, NaN where it is out.
        votes: How many members have each pollutant as primary.
        masked: Whether `aqi` leaves out pollutants; otherwise what the run says stays, but for an
            index that it did not publish because a pollutant is missing: the observed index lacks
            that one as well.
    """
    known = aqi[np.isfinite(aqi)]
    if not known.size or not (masked or np.isnan(row.aqi)):
        return row
    middle = float(np.ceil(np.median(known)))
    if not masked:
        return replace(row, aqi=middle)
    return replace(
        row,
        aqi=middle,
        primary=tuple(
            name
            for name, number in zip(AQI_POLLUTANTS, votes, strict=True)
            if number == votes.max() > 0 and middle > 50
        ),
        probability=[float(np.mean(known > limit)) for limit in THRESHOLDS],
    )


def _record(day: CityDay, cycle: Cycle) -> DayForecast:
    return DayForecast(
        cycle=cycle.start,
        known=known_day(cycle),
        lead_day=day.lead_day,
        day=np.datetime64(day.date, "D"),
        city=day.city_en,
        values=[_number(getattr(day, name)) for name in _MEANS],
        aqi=_number(day.aqi_p50),
        primary=tuple(_NAMES[symbol] for symbol in day.primary_pollutants),
        probability=[
            _number(value)
            for value in (day.p_aqi_gt100, day.p_aqi_gt150, day.p_aqi_gt200, day.p_aqi_gt300)
        ],
        pm25_quantiles=[_number(v) for v in (day.pm25_p10, day.pm25_p50, day.pm25_p90)],
    )


def known_day(cycle: Cycle) -> np.datetime64:
    """Last local day that had ended when a cycle started."""
    running: np.datetime64 = local_dates(np.array([cycle.start + np.timedelta64(1, "s")]))[0]
    return running - np.timedelta64(1, "D")


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)


def table_forecasts(stream: Stream, path: Path) -> StreamForecasts:
    """Read a table of forecasts, which knows nothing of warnings.

    Raises:
        InputError: The table cannot be used.
    """
    return StreamForecasts(stream, tuple(_table_days(read_forecast_table(path))))


def _table_days(rows: Sequence[TableRow]) -> Iterator[DayForecast]:
    for row in rows:
        yield DayForecast(
            cycle=row.cycle.start,
            known=known_day(row.cycle),
            lead_day=row.lead_day,
            day=np.datetime64(row.day, "D"),
            city=row.city,
            values=row.values,
            aqi=row.aqi,
            primary=row.primary,
            probability=row.probability,
            pm25_quantiles=row.quantiles,
        )
