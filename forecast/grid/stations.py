"""The national monitoring stations as points."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field

from forecast.config.base import Model
from forecast.grid.table import read_table


class StationKind(StrEnum):
    """What a station stands for."""

    CITY = "city"
    """Urban evaluation site of a prefecture: it counts for the city's value."""
    COUNTY = "county"
    """Site of a county-level city or former one, published apart: it does not count."""
    BACKGROUND = "background"
    """Clean reference site (duizhao dian), left out of the city mean (HJ 663)."""


class Station(Model):
    """One national station."""

    code: Annotated[str, Field(pattern=r"^\d{4}[A-Z]$")]
    """Code of the national network, such as 1299A."""
    name: Annotated[str, Field(min_length=1)]
    """Name in Chinese."""
    city_en: Annotated[str, Field(min_length=1)]
    """English name of the city that it belongs to today."""
    longitude: Annotated[float, Field(ge=-180.0, le=180.0)]
    """Degrees east."""
    latitude: Annotated[float, Field(ge=-90.0, le=90.0)]
    """Degrees north."""
    kind: StationKind
    """What it stands for."""
    area: str
    """Area that the network's list names, in Chinese."""


def read_stations(path: Path) -> tuple[Station, ...]:
    """Read the table of stations.

    Raises:
        ConfigurationError: The file is missing or a row is wrong; all errors at once.
    """
    return read_table(path, Station)
