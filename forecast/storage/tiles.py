"""Zarr arrays of one chunk a rank tile.

Two ranks that write into one chunk lose data without a word, so every tile is compared with the
chunk grid before anything is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zarr
from zarr.codecs import Crc32cCodec, ZstdCodec
from zarr.storage import LocalStore

from forecast.common.errors import DecompositionError, InputError
from forecast.fields.variables import Variable
from forecast.storage.atomic import missing_file
from forecast.storage.datasets import attributes

UNREADABLE = (OSError, ValueError, KeyError, RuntimeError, TypeError, NotImplementedError)
"""What zarr raises for files that are cut off, damaged or foreign."""
CHUNK_SEPARATOR = "."
"""Between the places of a chunk in its name, such as "c.0.1.1"."""


@dataclass(frozen=True)
class Tile:
    """The part of the domain that one rank owns, and the chunk grid of all ranks.

    Attributes:
        rows: Cells to the north.
        columns: Cells to the east.
        domain: Cells of the whole domain, (ny, nx).
        chunk: Cells of a full tile, (ny, nx); the last tile of a row or column may be smaller.
    """

    rows: slice
    columns: slice
    domain: tuple[int, int]
    chunk: tuple[int, int]

    @property
    def shape(self) -> tuple[int, int]:
        """Cells of this tile, (ny, nx)."""
        return (self.rows.stop - self.rows.start, self.columns.stop - self.columns.start)

    @property
    def place(self) -> tuple[int, int]:
        """Position of the tile's chunk in the chunk grid."""
        return (self.rows.start // self.chunk[0], self.columns.start // self.chunk[1])

    @classmethod
    def whole(cls, domain: tuple[int, int]) -> "Tile":
        """The only tile of a run on one rank."""
        return cls(slice(0, domain[0]), slice(0, domain[1]), domain, domain)

    def check(self) -> None:
        """Check that the tile is exactly one chunk.

        Raises:
            DecompositionError: The tile begins or ends inside a chunk, so that two ranks would
                write the same one.
        """
        for axis, part in (("rows", self.rows), ("columns", self.columns)):
            length = self.chunk[axis == "columns"]
            end = self.domain[axis == "columns"]
            if part.start % length or part.stop != min(part.start + length, end):
                msg = (
                    f"The tile's {axis} {part.start} to {part.stop} are not one chunk of "
                    f"{length} cells in a domain of {end}: two ranks would write the same chunk "
                    "and lose data. Use blocks of equal size, the last one smaller."
                )
                raise DecompositionError(msg)


def create_group(path: Path, attrs: Mapping[str, Any]) -> zarr.Group:
    """Make an empty group at a path where nothing is."""
    return zarr.create_group(LocalStore(path), attributes=dict(attrs), zarr_format=3)


def create_array(
    group: zarr.Group, entry: Variable, shape: tuple[int, ...], chunks: tuple[int, ...]
) -> zarr.Array[Any]:
    """Add an array of a registered variable; missing values are NaN, chunks carry a checksum.

    Chunks lie beside each other, not in folders of folders: a member has a fifth of the folders.
    """
    return group.create_array(
        entry.name,
        shape=shape,
        chunks=chunks,
        dtype=entry.dtype,
        compressors=[ZstdCodec(level=1), Crc32cCodec()],
        chunk_key_encoding={"name": "default", "separator": CHUNK_SEPARATOR},
        fill_value=float("nan"),
        attributes=dict[str, Any](attributes(entry)),
        dimension_names=entry.dims,
    )


def open_group(path: Path, expected: str, *, writable: bool = False) -> zarr.Group:
    """Open a group of our own.

    Raises:
        InputError: There is none, or it is damaged.
    """
    if not path.is_dir():
        raise missing_file(path, expected)
    try:
        return zarr.open_group(
            LocalStore(path, read_only=not writable), mode="r+" if writable else "r"
        )
    except UNREADABLE as error:
        msg = f"'{path}' is no readable Zarr group ({error}); expected {expected}. Remove it."
        raise InputError(msg) from error


def open_array(group: zarr.Group, path: Path, entry: Variable) -> zarr.Array[Any]:
    """Open one array of a group, compared with the registry.

    Raises:
        InputError: It is missing, or has other dimensions, units or another dtype.
    """
    try:
        array = group[entry.name]
    except UNREADABLE as error:
        msg = f"'{path}' has no readable array '{entry.name}' ({error}); remove it and run again."
        raise InputError(msg) from error
    if not isinstance(array, zarr.Array):
        msg = f"'{entry.name}' in '{path}' is a group; an array was expected. Remove it."
        raise InputError(msg)
    names = array.metadata.dimension_names if array.metadata.zarr_format == 3 else None
    found = (tuple(names or ()), str(array.dtype), array.attrs.get("units"))
    if found != (entry.dims, entry.dtype, entry.units):
        msg = (
            f"'{entry.name}' in '{path}' has (dimensions, dtype, units) {found}, expected "
            f"{(entry.dims, entry.dtype, entry.units)}; remove it and run the member again."
        )
        raise InputError(msg)
    return array
