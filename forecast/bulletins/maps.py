"""Maps of the cities, one picture a day, as SVG; text becomes outlines, nothing is fetched."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import shapely
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.path import Path

from forecast.bulletins.charts import svg_uri
from forecast.bulletins.content import City
from forecast.bulletins.fonts import font
from forecast.bulletins.palette import DARK, LEVELS, grade
from forecast.bulletins.text import MISSING
from forecast.common.errors import InputError
from forecast.fields.arrays import Float
from forecast.fields.warnings import WarningLevel

WIDTH, HEIGHT = 4.0, 2.75
SIZE = 8.8
TOLERANCE = 1500.0
"""Outlines are simplified to this, m; half a picture element at the size they are shown."""
NO_DATA_FILL = "#f1f3f5"
Project = Callable[[Float, Float], tuple[Float, Float]]


class Place(Protocol):
    """A region as `grid.regions` reads it."""

    @property
    def name_en(self) -> str:
        """English name."""

    @property
    def polygon(self) -> Any:
        """Shapely polygon or multipolygon in degrees."""


@dataclass(frozen=True)
class Outline:
    """One city on the map.

    Attributes:
        name_en: English name.
        path: Its rings, m on the map.
        centre: Where the label stands, m on the map.
    """

    name_en: str
    path: Path
    centre: tuple[float, float]


def outlines(places: Iterable[Place], project: Project, names: Sequence[str]) -> list[Outline]:
    """Project and simplify the polygons of the cities.

    Args:
        places: Regions with polygons in degrees.
        project: From longitude and latitude in degrees to metres on the map.
        names: English names of the cities, in the order of the content.

    Raises:
        InputError: A city has no polygon.
    """
    found = {place.name_en: place for place in places}
    missing = [name for name in names if name not in found]
    if missing:
        msg = (
            f"The boundary file has no polygon for '{', '.join(missing)}'; it has "
            f"'{', '.join(sorted(found))}'. Use the names of configs/cities.csv in it."
        )
        raise InputError(msg)
    return [_outline(found[name], project) for name in names]


def _outline(place: Place, project: Project) -> Outline:
    def flat(points: Float) -> Float:
        return np.column_stack(project(points[:, 0], points[:, 1]))

    shape = shapely.transform(place.polygon, flat)
    simple = shapely.simplify(shape, TOLERANCE)
    parts = [part for part in shapely.get_parts(simple) if not part.is_empty]
    greatest = max(parts, key=lambda part: float(part.area))
    spot = shapely.maximum_inscribed_circle(greatest, tolerance=1000.0).coords[0]
    rings = [ring for part in parts for ring in (part.exterior, *part.interiors)]
    path = Path.make_compound_path(*(Path(np.asarray(ring.coords)) for ring in rings))
    return Outline(place.name_en, path, (float(spot[0]), float(spot[1])))


def city_map(shapes: Sequence[Outline], cities: Sequence[City], index: int) -> str:
    """Draw one day: AQI category of each city as colour, its AQI as a number.

    Args:
        shapes: Outlines in the order of the cities.
        cities: Content.
        index: Which day, from 0.

    Returns:
        SVG as a data URI.
    """
    figure = Figure(figsize=(WIDTH, HEIGHT))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_aspect("equal")
    bounds = np.array([shape.path.get_extents().extents for shape in shapes])
    west, south = bounds[:, :2].min(axis=0)
    east, north = bounds[:, 2:].max(axis=0)
    axes.set_xlim(west - 12e3, east + 12e3)
    axes.set_ylim(south - 12e3, north + 12e3)
    faces = [_fill(city, index) for city in cities]
    axes.add_collection(
        PathCollection(
            [shape.path for shape in shapes], facecolors=faces, edgecolors="#3a444c",
            linewidths=0.6, joinstyle="round",
        )
    )  # fmt: skip
    for shape, city in zip(shapes, cities, strict=True):
        _label(axes, shape, city, index)
    return svg_uri(figure, f"map-{index}")


def _fill(city: City, index: int) -> str:
    values = city.days[index].values
    aqi = values.aqi_p50 if values else None
    return NO_DATA_FILL if aqi is None else grade(aqi).fill


def _label(axes: Any, shape: Outline, city: City, index: int) -> None:
    values = city.days[index].values
    aqi = values.aqi_p50 if values else None
    ink = DARK if aqi is None else grade(aqi).ink
    x, y = shape.centre
    style = {"ha": "center", "color": ink}
    axes.text(x, y, city.name_zh, va="bottom", fontproperties=font(SIZE), **style)
    shown = MISSING if aqi is None else str(aqi)
    axes.text(x, y, shown, va="top", fontproperties=font(SIZE), **style)
    if values is not None and values.level != WarningLevel.NONE:
        swatch = LEVELS[WarningLevel(values.level)]
        axes.annotate(
            swatch.symbol, (x, y), xytext=(SIZE * 1.5, -SIZE * 0.62), textcoords="offset points",
            va="center", ha="center", color=swatch.ink, fontproperties=font(SIZE - 1.8),
            bbox={"boxstyle": "square,pad=0.12", "facecolor": swatch.fill, "edgecolor": DARK,
                  "linewidth": 0.5},
        )  # fmt: skip
