"""Sparse weights between sets of cells and polygons: overlap areas, interpolation, city means.

Rows are targets, columns sources: `target = weights @ source`. Weights of a mean are whole
multiples of 2**-50, with the rounding put into the row's largest entry. So every partial sum is an
exact float64, and a row sums to exactly 1 in whatever order it is summed: a constant field stays
that constant to the last bit of the product.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array, vstack

from forecast.common.degradation import Degradation
from forecast.common.errors import ConfigurationError, InputError
from forecast.grid.horizontal import LambertGrid
from forecast.grid.regions import City, Region, projected, region_of
from forecast.grid.stations import Station, StationKind

Float = NDArray[np.float64]
_UNIT = 2.0**-50
_FULL = 2**50
_STEP = 0.25
"""Longest straight piece of a parallel or meridian on the map, degrees."""


# --- areas


def overlap_areas(source: NDArray[Any], target: NDArray[Any]) -> Any:
    """Intersect two sets of polygons in the same plane.

    Args:
        source: Polygons, (nsource,), map metres.
        target: Polygons, (ntarget,), map metres.

    Returns:
        Sparse areas, m2 on the map, csr (ntarget, nsource).
    """
    row, column = shapely.STRtree(source).query(target, predicate="intersects")
    area = shapely.area(shapely.intersection(target[row], source[column]))
    some = area > 0.0
    entries = (area[some], (row[some], column[some]))
    return csr_array(entries, shape=(len(target), len(source)))


def overlap_weights(source: NDArray[Any], target: NDArray[Any], *, min_cover: float = 0.999) -> Any:
    """Weights of the area mean over each target.

    Args:
        source: Polygons, (nsource,), map metres; they must not overlap each other.
        target: Polygons, (ntarget,), map metres.
        min_cover: Share of each target that the sources must cover.

    Returns:
        csr (ntarget, nsource); rows sum to exactly 1.

    Raises:
        InputError: The sources cover less than that of a target.
    """
    areas = overlap_areas(source, target)
    cover = areas.sum(axis=1) / shapely.area(target)
    if np.any(cover < min_cover):
        worst = int(np.argmin(cover))
        msg = (
            f"The source covers only '{cover[worst]:.4f}' of target {worst} (centre "
            f"{target[worst].centroid.wkt}); {min_cover} was expected. "
            "Take a source that covers the whole target."
        )
        raise InputError(msg)
    return exact_rows(areas)


def overlap_shares(source: NDArray[Any], target: NDArray[Any]) -> Any:
    """Share of each source's area in each target, to spread amounts such as persons or tonnes.

    Returns:
        csr (ntarget, nsource); a column sums to 1 up to rounding where the targets cover the
        source, to less where they do not.
    """
    areas = overlap_areas(source, target)
    return csr_array(areas / shapely.area(source)[None, :])


def exact_rows(matrix: Any) -> Any:
    """Scale each row of a non-negative sparse matrix so that it sums to exactly 1.

    Raises:
        InputError: A row has no positive entry.
    """
    matrix = csr_array(matrix)
    matrix.sum_duplicates()
    sums = matrix.sum(axis=1)
    if np.any(sums <= 0.0) or np.any(matrix.data < 0.0):
        msg = (
            f"Row {int(np.argmin(sums))} of the weights sums to '{sums.min()}'; every target "
            "needs a source. Check that both lie in the same place."
        )
        raise InputError(msg)
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    units = np.rint(matrix.data / sums[rows] * _FULL).astype(np.int64)
    largest = np.lexsort((units, rows))[matrix.indptr[1:] - 1]
    units[largest] += _FULL - np.add.reduceat(units, matrix.indptr[:-1])
    exact = csr_array((units * _UNIT, matrix.indices, matrix.indptr), matrix.shape)
    exact.eliminate_zeros()
    return exact


# --- from grids of others


def lonlat_cell_polygons(
    lon_edges: ArrayLike, lat_edges: ArrayLike, grid: LambertGrid
) -> NDArray[Any]:
    """Cells between meridians and parallels as polygons in map metres, (nlat * nlon,).

    Sides are split into pieces of at most 0.25 degrees, since parallels are arcs on the map.
    """
    lon, lat = _ascending(lon_edges, "longitude"), _ascending(lat_edges, "latitude")
    pieces = max(1, int(np.ceil(max(np.diff(lon).max(), np.diff(lat).max()) / _STEP - 1e-9)))
    along, back = np.arange(pieces) / pieces, 1.0 - np.arange(pieces) / pieces
    zero, one = np.zeros(pieces), np.ones(pieces)
    x_ring = np.concatenate([along, one, back, zero])
    y_ring = np.concatenate([zero, along, one, back])
    ring_lon = lon[:-1, None] * (1.0 - x_ring) + lon[1:, None] * x_ring
    ring_lat = lat[:-1, None] * (1.0 - y_ring) + lat[1:, None] * y_ring
    x, y = grid.project(ring_lon[None, :, :], ring_lat[:, None, :])
    polygons: NDArray[Any] = shapely.polygons(np.stack([x, y], axis=-1).reshape(-1, 4 * pieces, 2))
    return polygons


def raster_cell_polygons(raster: LambertGrid, grid: LambertGrid) -> NDArray[Any]:
    """Cells of another Lambert grid as polygons in map metres of this one, (ny * nx,)."""
    x, y = grid.project(*raster.unproject(*np.meshgrid(raster.x_edge, raster.y_edge)))
    corners = np.stack([x, y], axis=-1)
    rings = np.stack(
        [corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]], axis=2
    )
    polygons: NDArray[Any] = shapely.polygons(rings.reshape(-1, 4, 2))
    return polygons


def regrid_from_lonlat_cells(
    lon_edges: ArrayLike, lat_edges: ArrayLike, grid: LambertGrid, *, min_cover: float = 0.999
) -> Any:
    """Weights of area means from cells between meridians and parallels.

    Args:
        lon_edges: Ascending, degrees east, (nlon + 1,).
        lat_edges: Ascending, degrees north, (nlat + 1,).
        grid: Target.
        min_cover: Share of each target cell that the source must cover.

    Returns:
        csr (ny * nx, nlat * nlon); rows sum to exactly 1.

    Raises:
        InputError: The edges do not ascend, or the source is too small.
    """
    cells = lonlat_cell_polygons(lon_edges, lat_edges, grid)
    return overlap_weights(cells, grid.cell_polygons(), min_cover=min_cover)


def regrid_from_raster(raster: LambertGrid, grid: LambertGrid) -> Any:
    """Weights of area means from another Lambert grid: csr (ny * nx, raster cells).

    Raises:
        InputError: The raster does not cover the grid.
    """
    return overlap_weights(raster_cell_polygons(raster, grid), grid.cell_polygons())


def bilinear_from_lonlat(lon: ArrayLike, lat: ArrayLike, grid: LambertGrid) -> Any:
    """Weights of bilinear interpolation to cell centres; see `bilinear_weights`."""
    return bilinear_weights(lon, lat, grid.longitude, grid.latitude)


def bilinear_weights(
    lon: ArrayLike, lat: ArrayLike, target_lon: ArrayLike, target_lat: ArrayLike
) -> Any:
    """Weights of bilinear interpolation in longitude and latitude.

    Args:
        lon: Source points, ascending, degrees east, (nlon,).
        lat: Source points, ascending, degrees north, (nlat,).
        target_lon: Degrees east, any shape.
        target_lat: Degrees north, same shape.

    Returns:
        csr (number of targets, nlat * nlon); rows sum to exactly 1.

    Raises:
        InputError: The source does not ascend, or a target lies outside of it.
    """
    x, y = _ascending(lon, "longitude"), _ascending(lat, "latitude")
    i, right = _bracket(x, np.ravel(np.asarray(target_lon, np.float64)), "longitude")
    j, upper = _bracket(y, np.ravel(np.asarray(target_lat, np.float64)), "latitude")
    weight = np.stack(
        [(1 - upper) * (1 - right), (1 - upper) * right, upper * (1 - right), upper * right]
    )
    column = np.stack([(j + dj) * x.size + i + di for dj in (0, 1) for di in (0, 1)])
    row = np.broadcast_to(np.arange(i.size), column.shape)
    shape = (i.size, y.size * x.size)
    return exact_rows(csr_array((weight.ravel(), (row.ravel(), column.ravel())), shape))


def _ascending(values: ArrayLike, what: str) -> Float:
    array = np.asarray(values, np.float64)
    if array.ndim != 1 or array.size < 2 or not np.all(np.diff(array) > 0.0):
        msg = (
            f"The {what} of the source has the shape '{array.shape}' and does not ascend strictly; "
            "sort it into a rising list of at least two values."
        )
        raise InputError(msg)
    return array


def _bracket(points: Float, target: Float, what: str) -> tuple[NDArray[np.int64], Float]:
    """Find the interval that holds each target and the place in it, 0 to 1."""
    if target.size and (target.min() < points[0] or target.max() > points[-1]):
        msg = (
            f"The targets reach from '{target.min():.3f}' to '{target.max():.3f}' in {what}, "
            f"outside the source from {points[0]:.3f} to {points[-1]:.3f}; take a larger source."
        )
        raise InputError(msg)
    left = np.clip(np.searchsorted(points, target, side="right") - 1, 0, points.size - 2)
    return left, (target - points[left]) / (points[left + 1] - points[left])


# --- cities and provinces


def region_shares(grid: LambertGrid, regions: Sequence[Region]) -> Any:
    """Share of each cell's area in each region, csr (nregion, ny * nx); sea is in none."""
    areas = overlap_areas(grid.cell_polygons(), projected(regions, grid))
    return csr_array(areas / grid.cell_size**2)


@dataclass(frozen=True)
class CityWeights:
    """Weights of city means over the cells of one grid.

    Attributes:
        cities: English names, in the order of the rows.
        cities_zh: Chinese names.
        methods: Per city "stations" or "polygon".
        matrix: csr (ncity, ny * nx); rows sum to exactly 1.
        grid_fingerprint: Of the grid it was made for.
    """

    cities: tuple[str, ...]
    cities_zh: tuple[str, ...]
    methods: tuple[str, ...]
    matrix: Any
    grid_fingerprint: str

    def mean(self, field: NDArray[Any]) -> Float:
        """Average a field (..., ny, nx) over each city: (..., ncity), float64."""
        flat = np.asarray(field, np.float64).reshape(-1, self.matrix.shape[1])
        means: Float = (self.matrix @ flat.T).T
        return means.reshape(*np.shape(field)[:-2], len(self.cities))

    @property
    def degradations(self) -> tuple[Degradation, ...]:
        """One record a city whose value is a polygon mean."""
        return tuple(
            Degradation(
                stage="prepare",
                what=f"the city {city} has no national station in the list",
                original="mean over the cells of the national stations",
                replacement="area mean over the city polygon",
                effect=f"{city_zh}缺少国控站点信息，城市浓度取行政区面积平均",
                code="city-without-stations",
            )
            for city, city_zh, method in zip(self.cities, self.cities_zh, self.methods, strict=True)
            if method == "polygon"
        )

    def save(self, path: Path) -> None:
        """Write an npz file, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            with part.open("wb") as file:
                np.savez(
                    file,
                    cities=np.array(self.cities),
                    cities_zh=np.array(self.cities_zh),
                    methods=np.array(self.methods),
                    data=self.matrix.data,
                    indices=self.matrix.indices,
                    indptr=self.matrix.indptr,
                    shape=np.array(self.matrix.shape),
                    grid_fingerprint=np.array(self.grid_fingerprint),
                )
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path, grid: LambertGrid) -> "CityWeights":
        """Read an npz file that `save` made.

        Raises:
            InputError: The file is missing, broken, or was made for another grid.
        """
        try:
            with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                parts = {key: file[key] for key in file.files}
            entries = (parts["data"], parts["indices"], parts["indptr"])
            matrix = csr_array(entries, shape=tuple(parts["shape"]))
            fingerprint = str(parts["grid_fingerprint"])
            names = {key: tuple(map(str, parts[key])) for key in ("cities", "cities_zh", "methods")}
        except (OSError, ValueError, TypeError, KeyError, EOFError, BadZipFile) as error:
            msg = f"The city weights '{path}' cannot be read: {error!r}; run 'prepare' again."
            raise InputError(msg) from error
        if fingerprint != grid.fingerprint:
            msg = (
                f"The city weights '{path}' were made for the grid '{fingerprint}', not for "
                f"'{grid.name}' ({grid.fingerprint}); run 'prepare' again."
            )
            raise InputError(msg)
        return cls(**names, matrix=matrix, grid_fingerprint=fingerprint)


def city_weights(
    grid: LambertGrid,
    cities: Sequence[City],
    regions: Sequence[Region],
    stations: Sequence[Station],
) -> CityWeights:
    """Build the weights of city means.

    A city's value is the mean over its national urban stations (HJ 663; background sites and
    sites of county-level cities do not count), each with the value of the cell it stands in, so a
    cell with two stations counts twice. A city without such stations takes the area mean over its
    polygon, loudly.

    Raises:
        ConfigurationError: A city has neither stations nor a polygon, or is listed twice.
        InputError: A station or polygon lies outside the grid.
    """
    names = tuple(city.name_en for city in cities)
    if len(set(names)) != len(names):
        msg = f"The cities {sorted(names)} hold a name twice; keep one row a city."
        raise ConfigurationError(msg)
    rows, methods = [], []
    for city in cities:
        own = [
            station
            for station in stations
            if station.city_en == city.name_en and station.kind is StationKind.CITY
        ]
        methods.append("stations" if own else "polygon")
        region = None if own else region_of(regions, city.code)
        rows.append(_polygon_row(grid, region) if region else _station_row(grid, own))
    weights = CityWeights(
        cities=names,
        cities_zh=tuple(city.name_zh for city in cities),
        methods=tuple(methods),
        matrix=csr_array(vstack(rows)),
        grid_fingerprint=grid.fingerprint,
    )
    for degradation in weights.degradations:
        degradation.announce()
    return weights


def _station_row(grid: LambertGrid, stations: Sequence[Station]) -> Any:
    row, column = grid.cell_of(
        [station.longitude for station in stations], [station.latitude for station in stations]
    )
    cell = row * grid.nx + column
    entries = (np.ones(cell.size), (np.zeros_like(cell), cell))
    return exact_rows(csr_array(entries, shape=(1, grid.ny * grid.nx)))


def _polygon_row(grid: LambertGrid, region: Region) -> Any:
    """Weights by true area: map area over the squared map factor of the cell."""
    polygon = projected([region], grid)
    areas = overlap_areas(grid.cell_polygons(), polygon)
    if areas.sum() < 0.999 * polygon[0].area:
        msg = (
            f"The polygon of '{region.name_en}' reaches out of the domain '{grid.name}'; take a "
            "larger domain or leave the city out."
        )
        raise InputError(msg)
    return exact_rows(csr_array(areas / grid.map_factor.ravel()[None, :] ** 2))
