"""Arrays of xarray whose values stay in their files until they are asked for.

xarray stacks files without loading them only with Dask, which is no dependency of ours. These
arrays are told where each part lies; what is asked for by `isel` or `sel` is all that is read, and
no file stays open.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

from forecast.common.errors import InputError
from forecast.stages.combine_pieces import MemberPart
from forecast.storage.atomic import missing_file
from forecast.storage.member_output import read_variable

Places = tuple[np.ndarray[Any, np.dtype[np.int64]], ...]
"""Which places along each axis are wanted."""
Values = np.ndarray[Any, Any]
CITY_ORDER = (0, 2, 1)
"""Axes of a file of city values, (member, city, time), in the order in which they are given."""
_NETCDF = threading.Lock()
"""The netCDF library serves one thread at a time."""


class LazyArray(BackendArray):
    """What xarray asks for values; the reader gives the outer product of places."""

    def __init__(
        self, shape: tuple[int, ...], dtype: Any, read: Callable[[Places], Values]
    ) -> None:
        """Take a shape, a dtype, and who reads."""
        self.shape = shape
        self.dtype = np.dtype(dtype)
        self._read = read

    def __getitem__(self, key: Any) -> Any:
        """Read what a key of xarray stands for."""
        return indexing.explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.OUTER, self._places
        )

    def _places(self, key: tuple[Any, ...]) -> Values:
        pairs = list(zip(key, self.shape, strict=True))
        values = self._read(tuple(np.atleast_1d(np.arange(size)[part]) for part, size in pairs))
        dropped = tuple(axis for axis, part in enumerate(key) if isinstance(part, int | np.integer))
        return values.squeeze(axis=dropped)


def lazy(
    dims: tuple[str, ...],
    shape: tuple[int, ...],
    dtype: Any,
    read: Callable[[Places], Values],
    attrs: dict[str, Any],
) -> xr.Variable:
    """Make a variable that is read when it is used."""
    return xr.Variable(dims, indexing.LazilyIndexedArray(LazyArray(shape, dtype, read)), attrs)


def _box(places: Places) -> tuple[tuple[slice, ...], tuple[Any, ...]]:
    """The smallest box around some places, and where in it they are."""
    spans = tuple(slice(int(own.min()), int(own.max()) + 1) for own in places)
    return spans, np.ix_(*(own - span.start for own, span in zip(places, spans, strict=True)))


@dataclass(frozen=True)
class MemberFields:
    """Reads one variable of the members' stores, (member, lead_time, y, x).

    Attributes:
        parts: Where each member lies and how much of it counts.
        name: Name of the variable.
    """

    parts: tuple[MemberPart, ...]
    name: str

    def __call__(self, places: Places) -> Values:
        """Read; NaN where a member does not count."""
        members, hours, rows, columns = places
        values = np.full([own.size for own in places], np.nan, dtype=np.float32)
        for place, part in enumerate(self.parts[member] for member in members):
            counted = hours < part.hours
            if not counted.any() or 0 in values.shape:
                continue
            spans, inside = _box((hours[counted] + part.first, rows, columns))
            found = read_variable(part.path, self.name, spans[0], spans[1])
            values[place, counted] = found[:, :, spans[2]][inside]
        return values


@contextmanager
def _reading(path: Path) -> Iterator[netCDF4.Dataset]:
    """Open a netCDF file for a moment.

    Raises:
        InputError: It is not there, or damaged.
    """
    if not path.is_file():
        raise missing_file(path, "a netCDF file of this revision")
    try:
        with _NETCDF, netCDF4.Dataset(path) as data:
            data.set_auto_maskandscale(False)
            yield data
    except (OSError, RuntimeError, IndexError, KeyError) as error:
        msg = (
            f"'{path}' cannot be read ({error}): it was cut off or damaged, or is not ours. Make "
            "the revision again with `forecast revise`, or compare an archive with its checksums "
            "with `forecast archive --verify`."
        )
        raise InputError(msg) from error


def _outer(variable: Any, places: Places, order: tuple[int, ...]) -> Values:
    """Read the outer product of places.

    Args:
        variable: Of an open netCDF file.
        places: Along each axis that is wanted.
        order: Axis of the file for each of those.
    """
    if not all(own.size for own in places):
        return np.empty([own.size for own in places])
    spans, inside = _box(tuple(places[order.index(axis)] for axis in range(len(places))))
    return np.transpose(np.asarray(variable[spans])[inside], order)


@dataclass(frozen=True)
class NetcdfValues:
    """Reads one variable of a netCDF file.

    Attributes:
        path: The file.
        name: Name of the variable.
        order: Axis of the file for each axis that is given.
    """

    path: Path
    name: str
    order: tuple[int, ...]

    def __call__(self, places: Places) -> Values:
        """Read.

        Raises:
            InputError: The file is gone, or damaged.
        """
        with _reading(self.path) as data:
            return _outer(data[self.name], places, self.order)


@dataclass(frozen=True)
class StackedCities:
    """Reads city values of many cycles, (init_time, member, lead_time, city).

    Attributes:
        paths: File of each cycle.
        name: Name of the variable.
        members: Names of the members, of any cycle.
        cities: English names of the cities, of any cycle.
    """

    paths: tuple[Path, ...]
    name: str
    members: tuple[str, ...]
    cities: tuple[str, ...]

    def __call__(self, places: Places) -> Values:
        """Read; NaN where a cycle has no such member, hour or city.

        Raises:
            InputError: A file is gone or damaged, or has a city that is not on the axis.
        """
        cycles, members, hours, cities = places
        values = np.full([own.size for own in places], np.nan)
        for place, path in enumerate(self.paths[cycle] for cycle in cycles):
            with _reading(path) as data:
                axes = _axes(data)
                self._refuse_strangers(path, axes)
                rows, own = _matches([self.members[member] for member in members], axes.members)
                columns, towns = _matches([self.cities[city] for city in cities], axes.cities)
                there = hours < axes.hours
                found = _outer(data[self.name], (own, hours[there], towns), CITY_ORDER)
            values[place][np.ix_(rows, there, columns)] = found
        return values

    def _refuse_strangers(self, path: Path, axes: "CityAxes") -> None:
        strange = sorted(set(axes.cities) - set(self.cities))
        if strange:
            msg = (
                f"'{path}' has the cities {', '.join(strange)}, which neither the first nor the "
                "last cycle has; open the cycles before and after the change apart."
            )
            raise InputError(msg)


def _matches(
    wanted: list[str], there: tuple[str, ...]
) -> tuple[np.ndarray[Any, np.dtype[np.bool_]], np.ndarray[Any, np.dtype[np.int64]]]:
    """Tell which of some names are there, and where those are."""
    found = np.array([name in there for name in wanted], dtype=bool)
    return found, np.array([there.index(name) for name in wanted if name in there], dtype=np.int64)


@dataclass(frozen=True)
class CityAxes:
    """What a file of city values is about.

    Attributes:
        members: Names.
        cities: English names.
        cities_zh: Chinese names.
        codes: Administrative codes.
        hours: Number of hours, from the first of the forecast.
    """

    members: tuple[str, ...]
    cities: tuple[str, ...]
    cities_zh: tuple[str, ...]
    codes: tuple[str, ...]
    hours: int


def city_axes(path: Path) -> CityAxes:
    """Read the axes of a file of city values, quicker than xarray would.

    Raises:
        InputError: The file is not there, cut off or not ours.
    """
    with _reading(path) as data:
        return _axes(data)


def _axes(data: netCDF4.Dataset) -> CityAxes:
    members, cities, names, codes = (
        tuple(str(text) for text in data[name][:])
        for name in ("member", "city", "city_zh", "city_code")
    )
    return CityAxes(members, cities, names, codes, data.dimensions["time"].size)
