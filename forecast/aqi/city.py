"""City forecasts from hourly city concentrations of every member.

Every member's trajectory is put through the averaging and the index by itself. The AQI standard is
that of each local day; a forecast that crosses a change of standards takes both.
"""

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np

from forecast.aqi.averaging import DayTable, statistic
from forecast.aqi.index import AqiResult, daily_index, hourly_index
from forecast.aqi.standard import AqiStandard, StandardSet, Statistic, Validity
from forecast.common.cycle import Cycle, lead_days
from forecast.fields.arrays import Float, Reals, Times
from forecast.fields.city_forecast import AQI_POLLUTANTS, DAY_QUANTITIES, CityDaily, CityHourly

_KINDS = {
    **{f"{name}_mean": (name, Statistic.DAY_MEAN) for name in AQI_POLLUTANTS[:5]},
    "o3_mda8": ("o3", Statistic.MDA8),
    "o3_max_1h": ("o3", Statistic.DAY_MAXIMUM),
}
Report = Callable[[AqiStandard, Sequence[Reals], DayTable], AqiResult]


def city_daily(hourly: CityHourly, standards: StandardSet) -> CityDaily:
    """Daily values and AQI of every member.

    Days are the natural days from the first complete one after the cycle's start on, as far as
    enough hours of them lie in the data for a daily mean.

    Args:
        hourly: Hourly city means.
        standards: The dated standards.

    Raises:
        ConfigurationError: No standard holds on one of the days.
    """
    table = DayTable.of(hourly.labels)
    chosen = standards_of(table.dates, standards)
    lead = lead_days(Cycle.parse(hourly.cycle), table.dates)
    least = np.array([standard.validity.day_mean_hours for standard in chosen])
    kept = np.flatnonzero((lead >= 1) & (table.hours_present() >= least))
    result = _indexed(daily_index, hourly, chosen, table)
    values = _day_values(hourly, chosen[0].validity, table)
    return CityDaily(
        cycle=hourly.cycle,
        cities=hourly.cities,
        members=hourly.members,
        dates=table.dates[kept],
        lead_days=lead[kept],
        standards=tuple(chosen[int(day)].id for day in kept),
        concentration=values[..., kept],
        aqi=result.available[..., kept],
        primary=np.moveaxis(result.primary, 0, 1)[..., kept],
        missing=np.moveaxis(result.missing, 0, 1)[..., kept],
    )


def city_hourly_index(hourly: CityHourly, standards: StandardSet) -> AqiResult:
    """Real-time index of every member and hour; arrays (member, city, hour)."""
    table = DayTable.of(hourly.labels)
    by_day = standards_of(table.dates, standards)
    return _indexed(hourly_index, hourly, [by_day[int(day)] for day in table.day], table)


def standards_of(dates: Times, standards: StandardSet) -> list[AqiStandard]:
    """Find the standard of each local day, datetime64[D].

    Raises:
        ConfigurationError: No standard holds on one of them.
    """
    return [standards.on(date.fromisoformat(str(day))) for day in dates]


def _indexed(
    report: Report, hourly: CityHourly, chosen: Sequence[AqiStandard], table: DayTable
) -> AqiResult:
    """Apply each standard where it holds; `chosen` follows the last axis of the result."""
    series = [hourly.series(name) for name in AQI_POLLUTANTS]
    result = report(chosen[0], series, table)
    for standard in {entry.id: entry for entry in chosen if entry is not chosen[0]}.values():
        other = report(standard, series, table)
        here = np.array([entry is standard for entry in chosen])
        result = AqiResult(
            *(
                np.where(here, getattr(other, name), getattr(result, name))
                for name in ("available", "value", "iaqi", "primary", "missing")
            )
        )
    return result


def _day_values(hourly: CityHourly, validity: Validity, table: DayTable) -> Float:
    """Daily values in the order of `DAY_QUANTITIES`, (member, quantity, city, day)."""
    found = []
    for quantity in DAY_QUANTITIES:
        pollutant, kind = _KINDS[quantity]
        found.append(statistic(kind, hourly.series(pollutant), table, validity))
    return np.stack(found, axis=1)
