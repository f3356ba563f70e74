"""Hourly surface fields of one member: Zarr, one chunk a rank tile and day.

Rank 0 creates the store once; every rank then writes only its own chunks. An hour label is the end
of its hour. Hours that are not written yet are NaN.
"""

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr

from forecast.common.errors import InputError
from forecast.fields.arrays import Float, Single, Times
from forecast.fields.variables import POLLUTANTS, REGISTRY
from forecast.storage.atomic import missing_file, output_error, remove, replacing
from forecast.storage.chunks import chunked_array, group_attributes
from forecast.storage.tiles import (
    CHUNK_SEPARATOR,
    UNREADABLE,
    Tile,
    create_array,
    create_group,
    open_array,
    open_group,
)

RECORD_CHUNK = 24
"""Hours in one chunk."""
_EXPECTED = "the hourly output of a member"
_LIST = "pollutants"
"""Attribute of the store that lists its fields."""
_AXES = "axes"
"""Attribute of the store with the fingerprint of its axes."""
_ALL = slice(None)
_EPOCH = "seconds since 1970-01-01T00:00:00"


@dataclass(frozen=True)
class OutputFrame:
    """Axes of a member's output.

    Attributes:
        labels: Ends of the hours, UTC, (nt,); spin-up is not among them.
        y: m, (ny,).
        x: m, (nx,).
        member: Name.
        pollutants: What it writes, in the order of `POLLUTANTS`.
    """

    labels: Times
    y: Float
    x: Float
    member: str
    pollutants: tuple[str, ...] = POLLUTANTS

    @property
    def fingerprint(self) -> str:
        """Equal for equal axes."""
        digest = hashlib.sha256()
        for axis in (self.labels.astype("datetime64[s]").astype("<i8"), self.y, self.x):
            digest.update(np.ascontiguousarray(axis).tobytes() + b"|")
        return digest.hexdigest()[:32]


def ensure_output(path: Path, frame: OutputFrame, tile: Tile, *, fresh: bool) -> None:
    """Make the store, or keep what an interrupted run has written. For rank 0 only.

    A store with another tile shape (the run continues on another number of ranks) is copied into
    one with the new shape.

    Raises:
        OutputError: The disk refuses the files.
    """
    if fresh:
        remove(path)
    chunks = (min(RECORD_CHUNK, frame.labels.size), *tile.chunk)
    old = _matching(path, frame) if path.exists() else None
    if old is not None and all(array.chunks == chunks for array in old.values()):
        return
    with replacing(path) as temporary:
        attributes = {
            "member": frame.member,
            _LIST: list(frame.pollutants),
            _AXES: frame.fingerprint,
        }
        group = create_group(temporary, {**attributes, "Conventions": "CF-1.11"})
        _write_axes(group, frame)
        shape = (frame.labels.size, frame.y.size, frame.x.size)
        for name in frame.pollutants:
            array = create_array(group, REGISTRY[name], shape, chunks)
            if old is not None:
                array[:] = old[name][:]


def _write_axes(group: zarr.Group, frame: OutputFrame) -> None:
    seconds = frame.labels.astype("datetime64[s]").astype(np.int64)
    time = group.create_array(
        "time",
        data=seconds,
        chunks=seconds.shape,
        dimension_names=("time",),
        attributes={"units": _EPOCH, "calendar": "proleptic_gregorian", "standard_name": "time"},
    )
    time.attrs["long_name"] = "end of the hour, UTC"
    for name in ("y", "x"):
        create_array(group, REGISTRY[name], (getattr(frame, name).size,), (1 << 20,))[:] = getattr(
            frame, name
        )


def output_matches(path: Path, frame: OutputFrame) -> bool:
    """Say whether a readable store with these axes is there, so that a member can continue."""
    return path.exists() and _matching(path, frame) is not None


def _matching(path: Path, frame: OutputFrame) -> dict[str, "zarr.Array"] | None:  # type: ignore[type-arg]
    """Arrays of an existing store if its axes are those of the frame."""
    try:
        group = open_group(path, _EXPECTED)
        seconds = np.asarray(group["time"][:])  # type: ignore[index]
        if _written(group) != frame.pollutants:
            return None
        arrays = {name: open_array(group, path, REGISTRY[name]) for name in frame.pollutants}
    except (InputError, *UNREADABLE):
        return None
    labels = frame.labels.astype("datetime64[s]").astype(np.int64)
    sizes = {array.shape for array in arrays.values()}
    same = np.array_equal(seconds, labels) and sizes == {(labels.size, frame.y.size, frame.x.size)}
    return arrays if same else None


class MemberOutput:
    """One rank's part of the output; keeps a day in memory and writes it as one chunk."""

    def __init__(
        self, path: Path, tile: Tile, before_write: Callable[[], None] | None = None
    ) -> None:
        """Open the store that rank 0 has made.

        Args:
            path: The store.
            tile: Of this rank.
            before_write: Called before anything is written; it may refuse with an error.

        Raises:
            InputError: There is no such store, or it is damaged.
            DecompositionError: The tile is not one chunk of it.
        """
        group = open_group(path, _EXPECTED, writable=True)
        self._arrays = [open_array(group, path, REGISTRY[name]) for name in _written(group)]
        self._path = path
        self._tile = tile
        self._before_write = before_write
        for array in self._arrays:
            domain, chunk = array.shape[1:], array.chunks[1:]
            Tile(tile.rows, tile.columns, (domain[0], domain[1]), (chunk[0], chunk[1])).check()
        self._length = self._arrays[0].chunks[0]
        self._first = 0
        shape = (len(self._arrays), self._length, *tile.shape)
        self._days = np.full(shape, np.nan, dtype=np.float32)
        self._filled = 0

    @property
    def pending(self) -> int:
        """Hours that are in memory only."""
        return self._filled

    def write(self, record: int, surface: Single) -> None:
        """Take one hour of the tile.

        Args:
            record: Position on the time axis; hours come in order, a new start begins anywhere.
            surface: Hourly means in the order of the frame's pollutants, (npollutant, ny, nx).

        Raises:
            OutputError: The disk refuses a chunk.
        """
        if self._filled and record != self._first + self._filled:
            self.flush()
        if not self._filled:
            self._first = record
        self._days[:, self._filled] = surface
        self._filled += 1
        if (record + 1) % self._length == 0:
            self.flush()

    def flush(self) -> None:
        """Bring all hours taken so far to the disk.

        Raises:
            OutputError: The disk refuses a chunk.
        """
        if not self._filled:
            return
        if self._before_write is not None:
            self._before_write()
        hours = slice(self._first, self._first + self._filled)
        tile = self._tile
        try:
            for array, values in zip(self._arrays, self._days, strict=True):
                array[hours, tile.rows, tile.columns] = values[: self._filled]
                self._sync(array.basename)
        except OSError as error:
            raise output_error(self._path, error) from error
        self._filled = 0

    def _sync(self, name: str) -> None:
        """Flush the chunk of the current hours."""
        place = ("c", self._first // self._length, *self._tile.place)
        chunk = self._path / name / CHUNK_SEPARATOR.join(map(str, place))
        if chunk.is_file():
            with chunk.open("rb") as handle:
                os.fsync(handle.fileno())


def written_pollutants(path: Path) -> tuple[str, ...]:
    """Pollutants that a member writes, in the order of `POLLUTANTS`.

    Raises:
        InputError: The store is missing or damaged.
    """
    return _listed(group_attributes(path, _EXPECTED))


def _written(group: zarr.Group) -> tuple[str, ...]:
    return _listed(group.attrs)


def _listed(attributes: Mapping[str, Any]) -> tuple[str, ...]:
    listed = attributes.get(_LIST, [])
    return tuple(name for name in POLLUTANTS if isinstance(listed, list) and name in listed)


def axes_problem(path: Path, frame: OutputFrame) -> str:
    """Say in what the axes of a member differ from those that were asked for.

    Returns:
        A sentence; empty when hours and cells are the same.

    Raises:
        InputError: The store is missing or damaged.
    """
    attributes = group_attributes(path, _EXPECTED)
    if attributes.get(_AXES) == frame.fingerprint:
        return ""
    group = open_group(path, _EXPECTED)
    try:
        seconds, y, x = (np.asarray(group[name][:]) for name in ("time", "y", "x"))  # type: ignore[index]
    except UNREADABLE as error:
        raise _damaged(path, error) from error
    labels = frame.labels.astype("datetime64[s]").astype(np.int64)
    if not np.array_equal(seconds, labels):
        return f"its {seconds.size} hours are not the {labels.size} of this cycle"
    if not (np.array_equal(y, frame.y) and np.array_equal(x, frame.x)):
        shape = (frame.y.size, frame.x.size)
        return f"its grid of {y.size} x {x.size} cells is not that of the domain, {shape}"
    return ""


def read_variable(path: Path, name: str, hours: slice = _ALL, rows: slice = _ALL) -> Single:
    """Read one variable of a member; only the chunks that the part asked for touches are opened.

    Args:
        path: The member's store.
        name: Name of the variable.
        hours: Records; all by default.
        rows: Cells to the north; all by default.

    Returns:
        (hour, y, x), float32; NaN where nothing was written.

    Raises:
        InputError: The store is missing, damaged, or not as the registry says.
    """
    if not path.is_dir():
        raise missing_file(path, _EXPECTED)
    array = chunked_array(path, REGISTRY[name])
    try:
        return array.read((hours, rows, _ALL))
    except UNREADABLE as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(
        f"'{path}' is damaged ({error}); expected {_EXPECTED}. Run the member again: "
        "`forecast run CYCLE --retry`."
    )


def read_output(path: Path) -> xr.Dataset:
    """Read all hours of a member.

    Returns:
        Float32 fields of what the member writes on (time, y, x); NaN where nothing was written.

    Raises:
        InputError: The store is missing, damaged, or not as the registry says.
    """
    group = open_group(path, _EXPECTED)
    try:
        arrays = {
            name: (REGISTRY[name].dims, np.asarray(open_array(group, path, REGISTRY[name])[:]))
            for name in _written(group)
        }
        axes = {name: np.asarray(group[name][:]) for name in ("time", "y", "x")}  # type: ignore[index]
    except UNREADABLE as error:
        raise _damaged(path, error) from error
    axes["time"] = axes["time"].astype("datetime64[s]")
    return xr.Dataset(arrays, coords=axes, attrs={"member": str(group.attrs.get("member", ""))})
