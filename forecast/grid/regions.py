"""Cities and provinces: a table of cities and polygons in longitude and latitude.

The polygons that come with the project are simplified and illustrative (no map review number):
they serve sums over areas, not the drawing of boundaries. A bureau configures its own file.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pydantic import Field
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from forecast.common.errors import ConfigurationError
from forecast.config.base import Model
from forecast.grid.horizontal import LambertGrid
from forecast.grid.table import read_table


class City(Model):
    """A city that gets a forecast."""

    code: Annotated[str, Field(pattern=r"^\d{6}$")]
    """Division code of GB/T 2260, such as 370100."""
    name_en: Annotated[str, Field(pattern=r"^[A-Za-z]+$")]
    """English name, letters only, as in file names."""
    name_zh: Annotated[str, Field(min_length=1)]
    """Name in Chinese, without the word for city."""
    longitude: Annotated[float, Field(ge=-180.0, le=180.0)]
    """Seat of government, degrees east; for labels on maps."""
    latitude: Annotated[float, Field(ge=-90.0, le=90.0)]
    """Seat of government, degrees north; for labels on maps."""
    population_2020: Annotated[int, Field(gt=0)]
    """Persons in the census of 2020."""
    two_plus_26: bool
    """One of the "2+26" channel cities."""
    key_region: bool
    """In the key region of the action plan of 2023."""


@dataclass(frozen=True)
class Region:
    """A named area.

    Attributes:
        code: Division code, or the inventory's province code such as SD.
        name_en: English name.
        name_zh: Chinese name.
        polygon: Polygon or MultiPolygon, degrees east and north.
    """

    code: str
    name_en: str
    name_zh: str
    polygon: BaseGeometry


def read_cities(path: Path) -> tuple[City, ...]:
    """Read the table of cities.

    Raises:
        ConfigurationError: The file is missing or a row is wrong; all errors at once.
    """
    return read_table(path, City)


def read_regions(path: Path) -> tuple[Region, ...]:
    """Read polygons from a GeoJSON FeatureCollection in longitude and latitude.

    Each feature needs the properties `code` (unique), `name_en` and `name_zh`, and a valid
    Polygon or MultiPolygon.

    Raises:
        ConfigurationError: The file is missing, no such collection, or features are wrong; all
            errors at once.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        features = content["features"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"The boundary file '{path}' is no readable GeoJSON FeatureCollection: {error!r}."
        raise ConfigurationError(msg) from error
    regions: list[Region] = []
    problems: list[str] = []
    for number, feature in enumerate(features):
        region = _region(feature)
        if isinstance(region, str):
            problems.append(f"feature {number}: {region}")
            continue
        if any(region.code == other.code for other in regions):
            problems.append(f"feature {number}: the code '{region.code}' is there twice")
        regions.append(region)
    if problems or not regions:
        problems = problems or ["it has no feature"]
        msg = f"The boundary file '{path}' has {len(problems)} error(s):\n  " + "\n  ".join(
            problems
        )
        raise ConfigurationError(msg)
    return tuple(regions)


def _region(feature: Any) -> Region | str:
    """Check one feature; return the region, or in words what is wrong."""
    try:
        properties = feature["properties"]
        code, name_en, name_zh = (str(properties[key]) for key in ("code", "name_en", "name_zh"))
        polygon = shape(feature["geometry"])
    except (KeyError, TypeError, ValueError, AttributeError, shapely.GEOSException) as error:
        return f"it needs code, name_en, name_zh and a geometry ({error!r})"
    if polygon.geom_type not in ("Polygon", "MultiPolygon") or polygon.is_empty:
        return f"'{code}' is a {polygon.geom_type}, not a filled Polygon or MultiPolygon"
    if not polygon.is_valid:
        return f"'{code}' is not a valid polygon: {shapely.is_valid_reason(polygon)}"
    west, south, east, north = polygon.bounds
    if west < -180.0 or east > 360.0 or south < -90.0 or north > 90.0:
        return f"'{code}' spans {polygon.bounds}, which is not longitude and latitude"
    return Region(code, name_en, name_zh, polygon)


def region_of(regions: Sequence[Region], code: str) -> Region:
    """Return the region with a code.

    Raises:
        ConfigurationError: There is none.
    """
    for region in regions:
        if region.code == code:
            return region
    known = ", ".join(region.code for region in regions)
    msg = f"There is no polygon with the code '{code}'; the boundary file has {known}."
    raise ConfigurationError(msg)


def projected(regions: Sequence[Region], grid: LambertGrid) -> NDArray[Any]:
    """Return the polygons in the map metres of a grid, (nregion,) of shapely geometries."""

    def to_map(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(grid.project(points[:, 0], points[:, 1]))

    polygons = np.empty(len(regions), dtype=object)
    polygons[:] = [shapely.transform(region.polygon, to_map) for region in regions]
    return polygons
