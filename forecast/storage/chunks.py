"""Reading our own Zarr arrays without the machinery of the library.

A thousand members are some hundred thousand small chunks. The library takes milliseconds to open an
array and to gather its chunks; here a chunk is a file that is read, checked and unpacked, and a
part of an array costs the chunks that it touches. Only the layout that `tiles.create_array` writes
is read in this way (Zarr 3, a regular grid, little-endian, zstd, CRC-32C); anything else is left
to the library.
"""

import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np
from numcodecs.zstd import Zstd

from forecast.common.errors import InputError
from forecast.fields.arrays import Single
from forecast.fields.variables import Variable
from forecast.storage.atomic import missing_file
from forecast.storage.tiles import UNREADABLE, open_array, open_group

Region = tuple[slice, ...]
_CODECS = ("bytes", "zstd", "crc32c")
_CHECKSUM_BYTES = 4
_ZSTD = Zstd()


@dataclass(frozen=True)
class ChunkedArray:
    """One array of float32 on disk.

    Attributes:
        store: Folder of the group.
        entry: What the registry says of it.
        shape: Its length along each axis.
        chunks: Length of a chunk along each axis.
        separator: What stands between the places of a chunk in its name.
        plain: Whether it is laid out as we do it.
    """

    store: Path
    entry: Variable
    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    separator: str
    plain: bool

    def _name(self, place: tuple[int, ...]) -> str:
        """File of a chunk, as a text: making a path takes as long as reading a small chunk."""
        return f"{self.store}/{self.entry.name}/{self.separator.join(('c', *map(str, place)))}"

    def read(self, region: Region) -> Single:
        """Read a part; NaN where no chunk was written.

        Args:
            region: One slice of step 1 an axis.

        Raises:
            OSError, RuntimeError, ValueError: A chunk cannot be read or is damaged.
        """
        if not self.plain:
            found = open_array(open_group(self.store, "an array"), self.store, self.entry)
            return np.asarray(found[region], dtype=np.float32)
        bounds = [part.indices(size) for part, size in zip(region, self.shape, strict=True)]
        values = np.full([max(0, stop - start) for start, stop, _ in bounds], np.nan, np.float32)
        if values.size == 0:
            return values
        places = [
            range(start // length, -(-stop // length))
            for (start, stop, _), length in zip(bounds, self.chunks, strict=True)
        ]
        for place in itertools.product(*places):
            chunk = self._chunk(place)
            if chunk is not None:
                _copy(chunk, place, bounds, values)
        return values

    def _chunk(self, place: tuple[int, ...]) -> Single | None:
        """Unpack one chunk; None when it was never written."""
        try:
            with open(self._name(place), "rb") as file:  # noqa: PTH123
                packed = file.read()
        except FileNotFoundError:
            return None
        body, checksum = packed[:-_CHECKSUM_BYTES], packed[-_CHECKSUM_BYTES:]
        if google_crc32c.value(body) != int.from_bytes(checksum, "little"):
            msg = f"the checksum of the chunk '{'/'.join(map(str, place))}' is wrong"
            raise ValueError(msg)
        values: Single = np.frombuffer(_ZSTD.decode(body), dtype="<f4").reshape(self.chunks)
        return values


def _copy(
    chunk: Single, place: tuple[int, ...], bounds: list[tuple[int, int, int]], values: Single
) -> None:
    """Copy what a chunk holds of a region."""
    source, target = [], []
    for index, (start, stop, _), length in zip(place, bounds, chunk.shape, strict=True):
        first, last = max(start, index * length), min(stop, (index + 1) * length)
        source.append(slice(first - index * length, last - index * length))
        target.append(slice(first - start, last - start))
    values[tuple(target)] = chunk[tuple(source)]


def group_attributes(store: Path, expected: str) -> dict[str, Any]:
    """Read the attributes of a group.

    Raises:
        InputError: There is none, or it is damaged.
    """
    if not store.is_dir():
        raise missing_file(store, expected)
    try:
        content = json.loads((store / "zarr.json").read_bytes())
        if content["node_type"] == "group":
            return dict(content.get("attributes", {}))
        problem = "it is no group"
    except UNREADABLE as error:
        problem = str(error)
    msg = f"'{store}' is no readable Zarr group ({problem}); expected {expected}. Remove it."
    raise InputError(msg)


def chunked_array(store: Path, entry: Variable) -> ChunkedArray:
    """Open one array of a group, compared with the registry.

    Raises:
        InputError: It is missing or damaged, or has other dimensions, units or another dtype.
    """
    try:
        content = json.loads((store / entry.name / "zarr.json").read_bytes())
        found = (
            tuple(content.get("dimension_names") or ()),
            content["data_type"],
            content["attributes"].get("units"),
        )
        shape = tuple(int(length) for length in content["shape"])
        chunks = tuple(int(n) for n in content["chunk_grid"]["configuration"]["chunk_shape"])
        key = content["chunk_key_encoding"]
        separator = str(key.get("configuration", {}).get("separator", "/"))
        plain = _is_plain(content) and key["name"] == "default"
    except UNREADABLE as error:
        msg = f"'{store}' has no readable array '{entry.name}' ({error}); remove it and run again."
        raise InputError(msg) from error
    if found != (entry.dims, entry.dtype, entry.units):
        msg = (
            f"'{entry.name}' in '{store}' has (dimensions, dtype, units) {found}, expected "
            f"{(entry.dims, entry.dtype, entry.units)}; remove it and run the member again."
        )
        raise InputError(msg)
    return ChunkedArray(store, entry, shape, chunks, separator, plain)


def _is_plain(content: dict[str, Any]) -> bool:
    """Whether an array is laid out as `tiles.create_array` does it."""
    names = tuple(codec["name"] for codec in content["codecs"])
    order = content["codecs"][0].get("configuration", {}).get("endian")
    return (
        names == _CODECS
        and order == "little"
        and content["data_type"] == "float32"
        and content["fill_value"] == "NaN"
        and content["chunk_grid"]["name"] == "regular"
    )
