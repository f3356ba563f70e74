"""Which inventory is used and how it becomes emissions."""

from typing import Annotated

from pydantic import Field

from forecast.config.arrival import ArrivalConfig, PathOfCycle
from forecast.config.base import Model


class EmissionsFallback(Model):
    """What is tried, in this order, when the inventory of the cycle cannot be used."""

    previous_versions: Annotated[int, Field(ge=0, le=10)] = 2
    """How many of the newest earlier versions are tried; only where the path holds a year."""
    climatology: str = ""
    """Folder of an inventory without a date, tried last; empty: none."""


class EmissionsConfig(Model):
    """The inventory and the layers that take emissions."""

    inventory: PathOfCycle = "data/emissions"
    """Folder of the inventory's tables; a relative path starts at the checkout. It may hold
    {cycle}, {date}, {year}, {month}, {day} and {hour}, UTC, as in 'emissions/{year}{month}'."""
    arrival: ArrivalConfig = ArrivalConfig()
    """When a folder with a date in its path counts as complete."""
    fallback: EmissionsFallback = EmissionsFallback()
    """What is tried when the inventory of the cycle cannot be used."""
    year: Annotated[int, Field(ge=1950, le=2100)] = 2022
    """Year to which the trend table scales the inventory."""
    top_height: Annotated[float, Field(ge=200.0, le=5000.0)] = 1000.0
    """Layers that start below this height take emissions, m above ground in the standard
    atmosphere; plumes that rise higher end in the highest of them."""
