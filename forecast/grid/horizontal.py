"""The horizontal grid: square cells on a Lambert conformal conic map of a spherical Earth.

Geographic longitude and latitude are taken as spherical ones without a datum shift, as WRF and
CMAQ do. Equations: Snyder (1987), Map Projections - A Working Manual, USGS Professional Paper
1395, doi 10.3133/pp1395, section 15.
"""

import hashlib
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Proj

from forecast.common.constants import EARTH_RADIUS
from forecast.common.errors import ConfigurationError, InputError
from forecast.config.domain import DomainConfig

Float = NDArray[np.float64]


@dataclass(frozen=True)
class LambertGrid:
    """A rectangle of nx times ny square cells.

    Attributes:
        name: Name of the domain.
        latitude_1: Southern standard parallel, degrees north.
        latitude_2: Northern standard parallel, degrees north.
        latitude_0: Latitude of the origin, degrees north.
        longitude_0: Central meridian, degrees east.
        cell_size: Side of a cell on the map, m.
        nx: Cells from west to east.
        ny: Cells from south to north.
        x_west: Western outer edge, m.
        y_south: Southern outer edge, m.
    """

    name: str
    latitude_1: float
    latitude_2: float
    latitude_0: float
    longitude_0: float
    cell_size: float
    nx: int
    ny: int
    x_west: float
    y_south: float

    def __post_init__(self) -> None:
        if self.y_edge[-1] >= self._pole_distance:
            msg = (
                f"The domain '{self.name}' reaches {self.y_edge[-1]:.0f} m north of its origin, "
                f"past the pole of its map at {self._pole_distance:.0f} m; take fewer rows or "
                "smaller cells."
            )
            raise ConfigurationError(msg)

    @classmethod
    def from_config(cls, config: DomainConfig) -> "LambertGrid":
        """Build the grid of a configured domain.

        Raises:
            ConfigurationError: The rectangle reaches past the pole.
        """
        return cls(
            name=config.name,
            cell_size=config.cell_size,
            nx=config.nx,
            ny=config.ny,
            x_west=config.x_west,
            y_south=config.y_south,
            **config.projection.model_dump(),
        )

    @property
    def shape(self) -> tuple[int, int]:
        """(ny, nx)."""
        return self.ny, self.nx

    @property
    def fingerprint(self) -> str:
        """Short text that differs between grids whose cells differ; the name does not count."""
        numbers = [repr(value) for key, value in asdict(self).items() if key != "name"]
        return hashlib.sha256("|".join(numbers).encode()).hexdigest()[:16]

    @cached_property
    def crs(self) -> CRS:
        """Coordinate reference system of x and y."""
        return CRS.from_dict(self._parameters)

    @cached_property
    def _projection(self) -> Proj:
        return Proj(self._parameters)

    @property
    def _parameters(self) -> dict[str, Any]:
        return {
            "proj": "lcc",
            "lat_1": self.latitude_1,
            "lat_2": self.latitude_2,
            "lat_0": self.latitude_0,
            "lon_0": self.longitude_0,
            "R": EARTH_RADIUS,
            "units": "m",
        }

    # --- the cone

    @cached_property
    def cone(self) -> float:
        """Cone constant n, the sine of the mean standard parallel (Snyder eq. 15-3)."""
        south, north = np.radians([self.latitude_1, self.latitude_2])
        if np.isclose(south, north, rtol=0.0, atol=1e-9):
            return float(np.sin(south))
        ratio = np.log(np.cos(south) / np.cos(north))
        return float(ratio / np.log(_half_angle(north) / _half_angle(south)))

    @cached_property
    def _pole_distance(self) -> float:
        """Map distance from the origin to the apex of the cone, m (eq. 15-1a with 15-2)."""
        south, origin = np.radians([self.latitude_1, self.latitude_0])
        factor = np.cos(south) * _half_angle(south) ** self.cone / self.cone
        return float(EARTH_RADIUS * factor / _half_angle(origin) ** self.cone)

    def _map_factor_at(self, x: Float, y: Float) -> Float:
        """Map distance over true distance (eqs. 14-10, 15-5 and 15-4)."""
        radius = np.hypot(x, self._pole_distance - y)
        origin = np.radians(self.latitude_0)
        half = _half_angle(origin) * (self._pole_distance / radius) ** (1.0 / self.cone)
        latitude = 2.0 * np.arctan(half) - 0.5 * np.pi
        factor: Float = self.cone * radius / (EARTH_RADIUS * np.cos(latitude))
        return factor

    # --- places of cells

    @cached_property
    def x_edge(self) -> Float:
        """Western and eastern faces, m, (nx + 1,)."""
        return self.x_west + self.cell_size * _count(self.nx + 1)

    @cached_property
    def y_edge(self) -> Float:
        """Southern and northern faces, m, (ny + 1,)."""
        return self.y_south + self.cell_size * _count(self.ny + 1)

    @cached_property
    def x_centre(self) -> Float:
        """Centres, m, (nx,)."""
        return self.x_west + self.cell_size * (_count(self.nx) + 0.5)

    @cached_property
    def y_centre(self) -> Float:
        """Centres, m, (ny,)."""
        return self.y_south + self.cell_size * (_count(self.ny) + 0.5)

    @cached_property
    def _lonlat(self) -> tuple[Float, Float]:
        return self.unproject(*np.meshgrid(self.x_centre, self.y_centre))

    @property
    def longitude(self) -> Float:
        """Longitude of cell centres, degrees east, (ny, nx)."""
        return self._lonlat[0]

    @property
    def latitude(self) -> Float:
        """Latitude of cell centres, degrees north, (ny, nx)."""
        return self._lonlat[1]

    # --- geometry

    @cached_property
    def map_factor(self) -> Float:
        """Map distance over true distance at cell centres, (ny, nx)."""
        return self._map_factor_at(*np.meshgrid(self.x_centre, self.y_centre))

    @cached_property
    def map_factor_x(self) -> Float:
        """Map factor at the middle of western and eastern faces, (ny, nx + 1)."""
        return self._map_factor_at(*np.meshgrid(self.x_edge, self.y_centre))

    @cached_property
    def map_factor_y(self) -> Float:
        """Map factor at the middle of southern and northern faces, (ny + 1, nx)."""
        return self._map_factor_at(*np.meshgrid(self.x_centre, self.y_edge))

    @cached_property
    def cell_area(self) -> Float:
        """True area of cells, m2, (ny, nx)."""
        area: Float = (self.cell_size / self.map_factor) ** 2
        return area

    @cached_property
    def convergence(self) -> Float:
        """Angle from true north to grid north at centres, clockwise, radians, (ny, nx).

        Positive east of the central meridian, where true north leans west of the y axis
        (Snyder eq. 14-4: the cone constant times the difference in longitude).
        """
        return np.radians(self.cone * _degrees_east(self.longitude - self.longitude_0))

    def project(self, longitude: ArrayLike, latitude: ArrayLike) -> tuple[Float, Float]:
        """Convert degrees to map metres; any shape, the two broadcast together."""
        lon, lat = np.broadcast_arrays(
            np.asarray(longitude, np.float64), np.asarray(latitude, np.float64)
        )
        x, y = self._projection(lon, lat)
        return np.asarray(x, np.float64), np.asarray(y, np.float64)

    def unproject(self, x: ArrayLike, y: ArrayLike) -> tuple[Float, Float]:
        """Convert map metres to degrees east and north; any shape, broadcast together."""
        x_all, y_all = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(y, np.float64))
        lon, lat = self._projection(x_all, y_all, inverse=True)
        return np.asarray(lon, np.float64), np.asarray(lat, np.float64)

    def contains(self, longitude: ArrayLike, latitude: ArrayLike) -> NDArray[np.bool_]:
        """Tell which points lie inside the outer edges (west and south edges included)."""
        row, column = self._rows_columns(longitude, latitude)
        inside: NDArray[np.bool_] = (
            (row >= 0) & (row < self.ny) & (column >= 0) & (column < self.nx)
        )
        return inside

    def cell_of(
        self, longitude: ArrayLike, latitude: ArrayLike
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Find the cell (row j, column i) of each point.

        Raises:
            InputError: A point lies outside; ask `contains` first where that may happen.
        """
        row, column = self._rows_columns(longitude, latitude)
        outside = ~np.atleast_1d(self.contains(longitude, latitude))
        if outside.any():
            lon, lat = np.broadcast_arrays(longitude, latitude)
            first = int(np.flatnonzero(outside)[0])
            msg = (
                f"{outside.sum()} point(s) lie outside the domain '{self.name}', the first at "
                f"'{np.ravel(lon)[first]:.4f} E, {np.ravel(lat)[first]:.4f} N'; leave them out "
                "or take a larger domain."
            )
            raise InputError(msg)
        return row, column

    def _rows_columns(
        self, longitude: ArrayLike, latitude: ArrayLike
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        x, y = self.project(longitude, latitude)
        column = np.floor((x - self.x_west) / self.cell_size)
        row = np.floor((y - self.y_south) / self.cell_size)
        far = ~(np.isfinite(row) & np.isfinite(column))
        row, column = np.where(far, -1, row), np.where(far, -1, column)
        return row.astype(np.int64), column.astype(np.int64)

    def rotate_to_grid(
        self, u_east: NDArray[Any], v_north: NDArray[Any]
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Turn wind towards true east and north into wind along x and y, at cell centres.

        Args:
            u_east: Eastward wind, m s-1, (..., ny, nx).
            v_north: Northward wind, m s-1, (..., ny, nx).

        Returns:
            Wind along x and along y, same shapes and precision.
        """
        cosine = np.cos(self.convergence).astype(u_east.dtype)
        sine = np.sin(self.convergence).astype(u_east.dtype)
        return u_east * cosine - v_north * sine, u_east * sine + v_north * cosine

    def cell_polygons(self) -> NDArray[Any]:
        """Cells as boxes in map metres, (ny * nx,), row by row from the south-west."""
        west, south = np.meshgrid(self.x_edge[:-1], self.y_edge[:-1])
        east, north = np.meshgrid(self.x_edge[1:], self.y_edge[1:])
        boxes: NDArray[Any] = shapely.box(west.ravel(), south.ravel(), east.ravel(), north.ravel())
        return boxes


def _half_angle(latitude: float) -> float:
    """Compute tan(pi/4 + latitude/2), the base of the conformal radius."""
    return float(np.tan(0.25 * np.pi + 0.5 * latitude))


def _count(number: int) -> Float:
    """Return 0, 1, ... number - 1 as float64."""
    return np.arange(number, dtype=np.float64)


def _degrees_east(difference: Float) -> Float:
    """Bring differences of longitude into [-180, 180)."""
    wrapped: Float = (difference + 180.0) % 360.0 - 180.0
    return wrapped
