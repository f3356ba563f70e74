"""The AQI standards of a run."""

from forecast.aqi.standard import AqiStandard, StandardSet
from forecast.stages.task import Task

_AT_AQI = (50, 100, 150, 200, 300)


def read_standards(task: Task) -> StandardSet:
    """Read the dated standards that the configuration names."""
    options = task.configuration.aqi
    return StandardSet.read(task.input(options.folder), options.standard)


def pm25_limits(standard: AqiStandard) -> tuple[float, ...]:
    """Daily PM2.5 at an AQI of 50, 100, 150, 200 and 300, ug m-3."""
    column = next(
        standard.columns[entry.column]
        for entry in standard.daily
        if standard.columns[entry.column].pollutant == "pm25"
    )
    at = dict(zip(standard.iaqi, column.breakpoints, strict=False))
    return tuple(float(at[index]) for index in _AT_AQI)
