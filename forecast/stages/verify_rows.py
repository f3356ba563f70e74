"""Forecasts of runs and tables in the form that verification takes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from forecast.aqi.city import city_daily
from forecast.aqi.standard import StandardSet
from forecast.common.cycle import Cycle, local_dates
from forecast.config.run import RunPaths
from forecast.fields.city_forecast import (
    ABSENT,
    AQI_POLLUTANTS,
    DAY_QUANTITIES,
    SYMBOLS,
    CityDay,
    CityForecast,
)
from forecast.fields.warnings import WarningSet
from forecast.stages.verify_warnings import proposals_of
from forecast.storage.city_values import read_city_hourly
from forecast.storage.forecast_table import TableRow, read_forecast_table
from forecast.storage.records import read_record
from forecast.verification.cubes import DayForecast, Stream
from forecast.verification.summary import StreamForecasts

_MEANS = (*(f"{name}_mean" for name in AQI_POLLUTANTS[:5]), "o3_mda8")
_NAMES = {symbol: name for name, symbol in SYMBOLS.items()}


def run_forecasts(
    stream: Stream, runs: Sequence[RunPaths], standards: StandardSet
) -> StreamForecasts:
    """Read what the runs hold of a stream; a run without it is passed over.

    Raises:
        InputError: A file of a run is damaged.
    """
    rows: list[DayForecast] = []
    proposals = []
    for run in runs:
        path = run.stream_of(run.forecasts, stream)
        if not path.is_file():
            continue
        forecast = read_record(CityForecast, path)
        members = _members(run.stream_of(run.cities, stream), standards)
        rows.extend(_day(day, Cycle.parse(forecast.cycle), members) for day in forecast.days)
        warned = run.stream_of(run.warnings, stream)
        if warned.is_file():
            proposals.append(proposals_of(read_record(WarningSet, warned)))
    width = max((len(row.pm25_members) for row in rows), default=0)
    return StreamForecasts(
        stream=stream,
        rows=tuple(_widened(row, width) for row in rows),
        members=tuple(f"m{place:02d}" for place in range(width)),
        proposals=tuple(proposals) if proposals else None,
    )


class _Members:
    """Daily values of every member of one run, by city and day."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.places = [int(name[1:]) for name in names if name[1:].isdigit()]
        self.values: dict[tuple[str, np.datetime64], tuple[list[float], list[float]]] = {}

    def of(self, city: str, day: np.datetime64) -> tuple[list[float], list[float]]:
        """PM2.5 and AQI in the order of the members' numbers, NaN for those that are out."""
        return self.values.get((city, day), ([], []))


def _members(path: Path, standards: StandardSet) -> _Members:
    """Read the members of a run; one whose trajectories are not kept has none."""
    if not path.is_file():
        return _Members(())
    hourly = read_city_hourly(path)
    daily = city_daily(hourly, standards)
    held = _Members(hourly.members)
    if len(held.places) != len(hourly.members):
        return _Members(())  # named in another way: members of one cycle are not those of the next
    pm25 = daily.concentration[:, DAY_QUANTITIES.index("pm25_mean")]
    aqi = np.where(daily.aqi == ABSENT, np.nan, daily.aqi.astype(np.float64))
    width = max(held.places, default=-1) + 1
    for city, name in enumerate(daily.cities):
        for day, date in enumerate(daily.dates):
            both = np.full((2, width), np.nan)
            both[0, held.places] = pm25[:, city, day]
            both[1, held.places] = aqi[:, city, day]
            held.values[name.name_en, date] = (both[0].tolist(), both[1].tolist())
    return held


def _widened(row: DayForecast, width: int) -> DayForecast:
    """Give every row with members room for the most that any cycle has."""
    lacking = width - len(row.pm25_members)
    if lacking <= 0 or not row.pm25_members:
        return row
    more = [np.nan] * lacking
    return replace(
        row,
        pm25_members=[*row.pm25_members, *more],
        aqi_members=[*row.aqi_members, *more],
    )


def _day(day: CityDay, cycle: Cycle, members: _Members) -> DayForecast:
    local = np.datetime64(day.date, "D")
    pm25, aqi = members.of(day.city_en, local)
    middle = _number(day.aqi_p50)
    if np.isnan(middle) and np.isfinite(aqi).any():
        # not published because a pollutant is missing; the observed index lacks it as well
        middle = float(np.ceil(np.nanmedian(aqi)))
    return DayForecast(
        cycle=cycle.start,
        known=known_day(cycle),
        lead_day=day.lead_day,
        day=local,
        city=day.city_en,
        values=[_number(getattr(day, name)) for name in _MEANS],
        aqi=middle,
        primary=tuple(_NAMES[symbol] for symbol in day.primary_pollutants),
        probability=[
            _number(value)
            for value in (day.p_aqi_gt100, day.p_aqi_gt150, day.p_aqi_gt200, day.p_aqi_gt300)
        ],
        pm25_quantiles=[_number(v) for v in (day.pm25_p10, day.pm25_p50, day.pm25_p90)],
        pm25_members=pm25,
        aqi_members=aqi,
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
        made = np.datetime64(row.made, "D")
        # made by day: at its start, from what was observed up to the day before
        start = made.astype("datetime64[s]") - np.timedelta64(8, "h")
        yield DayForecast(
            cycle=start if row.cycle is None else row.cycle.start,
            known=made - 1 if row.cycle is None else known_day(row.cycle),
            lead_day=row.lead_day,
            day=np.datetime64(row.day, "D"),
            city=row.city,
            values=row.values,
            aqi=row.aqi,
            primary=row.primary,
            probability=row.probability,
            pm25_quantiles=row.quantiles,
        )
