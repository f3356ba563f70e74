"""City values and the air-quality index."""

import numpy as np

from forecast.aqi.summary import city_forecast
from forecast.fields.city_forecast import AQI_POLLUTANTS, CityHourly, CityName
from forecast.grid.domain import Domain
from forecast.grid.overlap import CityWeights
from forecast.grid.regions import read_cities
from forecast.stages.members_in import modelled, read_membership, stack
from forecast.stages.source_run import source_run
from forecast.stages.standards import read_standards
from forecast.stages.task import Task
from forecast.storage.city_values import write_city_hourly
from forecast.storage.records import write_record


def run(task: Task) -> None:
    """Write the hourly values of every city and member, and the records of the city products."""
    membership = read_membership(task)
    grid = Domain.from_config(task.configuration.domain).horizontal
    source = source_run(task, membership)
    weights = CityWeights.load(source.city_weights, grid)
    task.record.read(source.city_weights)
    names = modelled(task, membership)
    values = {
        name: stack(task, membership, name, weights.mean)
        for name in AQI_POLLUTANTS
        if name in names
    }
    absent = np.full_like(values["pm25"], np.nan)
    by_pollutant = np.stack([values.get(name, absent) for name in AQI_POLLUTANTS], axis=1)
    hourly = CityHourly(
        cycle=task.cycle.name,
        cities=city_names(task, weights),
        members=membership.members,
        labels=task.cycle.hours(1, membership.hours_covered),
        concentration=np.moveaxis(by_pollutant, 2, 3),
    )
    write_city_hourly(task.run.cities, hourly)
    hours = task.configuration.forecast.hourly_hours
    write_record(task.run.forecasts, city_forecast(hourly, read_standards(task), hours))
    task.record.wrote(task.run.cities, task.run.forecasts)


def city_names(task: Task, weights: CityWeights) -> tuple[CityName, ...]:
    """Names and codes of the cities in the order of the weights."""
    cities = {
        city.name_en: city for city in read_cities(task.input(task.configuration.places.cities))
    }
    return tuple(CityName(cities[name].code, name, cities[name].name_zh) for name in weights.cities)
