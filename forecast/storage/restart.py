"""Checkpoints of one member: Zarr, written by all ranks, complete or not there at all.

All ranks write into a hidden folder; after a barrier rank 0 adds the marker, brings everything to
the disk and gives the folder its name. So a folder with the final name and the marker is complete.
Any number of ranks can read it. The marker says for which time, domain and species the state is:
a file name can lie about that, after a copy or a move.
"""

import itertools
import json
import logging
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from forecast.common.errors import InputError
from forecast.fields.arrays import Float, Single
from forecast.fields.variables import REGISTRY
from forecast.storage.atomic import missing_file, output_error, read_json, remove, settle
from forecast.storage.tiles import (
    UNREADABLE,
    Tile,
    create_array,
    create_group,
    open_array,
    open_group,
)

logger = logging.getLogger(__name__)

MARKER = "complete.json"
_EXPECTED = "a checkpoint of a member"
_NAMES = ("mixing_ratio", "air_mass")
_LEAD = re.compile(r"\.f(\d{3,})\.zarr$")


@dataclass(frozen=True)
class RestartOrigin:
    """Where and when a state belongs.

    Attributes:
        cycle: Name of the cycle whose run wrote it; empty when none did.
        valid_time: Time of the state, UTC; not-a-time when it is of no one time.
        grid: Fingerprint of cells and layers; empty when not known.
    """

    cycle: str = ""
    valid_time: np.datetime64 = np.datetime64("NaT", "s")
    grid: str = ""


@dataclass(frozen=True)
class RestartMarker:
    """What the marker of a complete checkpoint says.

    Attributes:
        hour: Hours since the start of the spin-up of the run that wrote it.
        species: Names, in the order of the state.
        origin: Where and when the state belongs.
        numbers: See `RestartState`.
        files: How many files the checkpoint has beside its marker.
    """

    hour: int
    species: tuple[str, ...]
    origin: RestartOrigin
    numbers: Mapping[str, Any]
    files: int


@dataclass(frozen=True)
class RestartState:
    """What a member needs to go on, cut to one tile.

    Attributes:
        hour: Hours since the start of the spin-up.
        species: Names, first axis of `mixing_ratio`.
        mixing_ratio: kg kg-1, (nspecies, nz, ny, nx).
        air_mass: kg, (nz, ny, nx).
        numbers: Scalars and short lists that are the same on every rank, such as the ledger.
        origin: Where and when the state belongs.
    """

    hour: int
    species: tuple[str, ...]
    mixing_ratio: Single
    air_mass: Float
    numbers: Mapping[str, Any]
    origin: RestartOrigin = RestartOrigin()


def _hidden(path: Path) -> Path:
    return path.with_name(f".{path.name}.partial")


def begin_restart(path: Path, state: RestartState, tile: Tile) -> None:
    """Make the hidden folder with empty arrays. For rank 0 only; a barrier must follow.

    Raises:
        OutputError: The disk refuses the files.
    """
    hidden = _hidden(path)
    nspecies, nz = state.mixing_ratio.shape[:2]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove(hidden)
        group = create_group(hidden, {"hour": state.hour, "species": list(state.species)})
        create_array(
            group,
            REGISTRY["mixing_ratio"],
            (nspecies, nz, *tile.domain),
            (nspecies, nz, *tile.chunk),
        )
        create_array(group, REGISTRY["air_mass"], (nz, *tile.domain), (nz, *tile.chunk))
    except OSError as error:
        raise output_error(path, error) from error


def write_restart_tile(path: Path, state: RestartState, tile: Tile) -> None:
    """Write one rank's tile into the hidden folder. A barrier must follow.

    Raises:
        DecompositionError: The tile is not one chunk.
        OutputError: The disk refuses the files.
    """
    tile.check()
    hidden = _hidden(path)
    group = open_group(hidden, _EXPECTED, writable=True)
    try:
        for name in _NAMES:
            array = open_array(group, hidden, REGISTRY[name])
            array[..., tile.rows, tile.columns] = getattr(state, name)
    except OSError as error:
        raise output_error(path, error) from error


def finish_restart(path: Path, state: RestartState) -> None:
    """Mark the folder complete and give it its name. For rank 0 only.

    Raises:
        OutputError: The disk refuses the files.
    """
    hidden = _hidden(path)
    time = state.origin.valid_time.astype("datetime64[s]")
    marker = {
        "hour": state.hour,
        "species": list(state.species),
        "cycle": state.origin.cycle,
        "valid_time": None if np.isnat(time) else str(time),
        "grid": state.origin.grid,
        "numbers": dict(state.numbers),
        "files": sum(1 for entry in hidden.rglob("*") if entry.is_file()),
    }
    try:
        (hidden / MARKER).write_text(json.dumps(marker), encoding="utf-8")
        settle(hidden, path)
    except OSError as error:
        remove(hidden)
        raise output_error(path, error) from error


def complete_restarts(folder: Path, member: str) -> dict[int, Path]:
    """Complete checkpoints of a member by their hour, oldest first.

    A folder without its marker, or with fewer files than the marker says, is named in the log and
    left out.
    """
    found: dict[int, Path] = {}
    for path in folder.glob(f"{member}.f*.zarr"):
        match = _LEAD.search(path.name)
        if match is None:
            continue
        try:
            expected = read_marker(path).files
        except InputError:
            logger.warning("the checkpoint '%s' is not complete and is left out", path)
            continue
        count = _count_files(path)
        if count != expected:
            logger.warning(
                "the checkpoint '%s' has %d files, %s were written; it is left out",
                path, count, expected,
            )  # fmt: skip
            continue
        found[int(match[1])] = path
    return dict(sorted(found.items()))


def _count_files(path: Path) -> int:
    """Files of a checkpoint beside its marker."""
    return sum(1 for entry in path.rglob("*") if entry.is_file()) - 1


def read_marker(path: Path) -> RestartMarker:
    """Read what a checkpoint says about itself.

    Raises:
        InputError: It is missing or not complete.
    """
    record = read_json(path / MARKER)
    try:
        origin = RestartOrigin(
            str(record.get("cycle", "")),
            np.datetime64(record.get("valid_time") or "NaT", "s"),
            str(record.get("grid", "")),
        )
        return RestartMarker(
            hour=int(record["hour"]),
            species=tuple(record["species"]),
            origin=origin,
            numbers=dict(record["numbers"]),
            files=int(record["files"]),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _damaged(path, f"its marker lacks or garbles {error}") from error


def verify_restart(
    path: Path,
    *,
    valid_time: np.datetime64 | None = None,
    species: tuple[str, ...] | None = None,
    grid: str | None = None,
) -> RestartMarker:
    """Check a checkpoint to its last byte, one tile at a time; every chunk carries a checksum.

    Args:
        path: The checkpoint.
        valid_time: Time that it must be of, UTC; any when None.
        species: Names that it must hold, in this order; any when None.
        grid: Fingerprint of the domain that it must be on; any when None.

    Returns:
        What it says about itself.

    Raises:
        InputError: It is missing, not complete or damaged, or of another time, domain or
            mechanism.
    """
    if not path.is_dir():
        raise missing_file(path, _EXPECTED)
    marker = read_marker(path)
    _check_origin(path, marker, valid_time, species, grid)
    count = _count_files(path)
    if count != marker.files:
        raise _damaged(path, f"it has {count} files, {marker.files} were written")
    group = open_group(path, _EXPECTED)
    for name in _NAMES:
        array = open_array(group, path, REGISTRY[name])
        try:
            _check_values(path, array)
        except UNREADABLE as error:
            raise _damaged(path, str(error)) from error
    return marker


def _check_origin(
    path: Path,
    marker: RestartMarker,
    valid_time: np.datetime64 | None,
    species: tuple[str, ...] | None,
    grid: str | None,
) -> None:
    found = marker.origin
    wanted = (
        ("the time", valid_time, found.valid_time),
        ("the domain", grid, found.grid),
        ("the species", species, marker.species),
    )
    for what, expected, given in wanted:
        if expected is not None and given != expected:
            msg = (
                f"The checkpoint '{path}' is for {what} '{_words(given)}', expected "
                f"'{_words(expected)}'; it cannot be used here. Take another one, or start anew."
            )
            raise InputError(msg)


def _words(value: Any) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _check_values(path: Path, array: zarr.Array[Any]) -> None:
    """Read every chunk; a missing one reads as NaN.

    Raises:
        InputError: Some value is no number.
    """
    counts = (-(-size // chunk) for size, chunk in zip(array.shape, array.chunks, strict=True))
    for place in itertools.product(*map(range, counts)):
        values = np.asarray(array.blocks[place])
        if not np.isfinite(values).all():
            raise _damaged(path, f"some values of '{array.basename}' are missing or no numbers")


def read_restart(path: Path, rows: slice, columns: slice) -> RestartState:
    """Read a tile of a complete checkpoint, whatever tiles it was written in.

    Raises:
        InputError: The folder is missing, not complete or damaged.
    """
    group = open_group(path, _EXPECTED)
    marker = read_marker(path)
    try:
        mixing, mass = (
            np.ascontiguousarray(open_array(group, path, REGISTRY[name])[..., rows, columns])
            for name in _NAMES
        )
    except UNREADABLE as error:
        raise _damaged(path, str(error)) from error
    if np.isnan(mixing).any() or np.isnan(mass).any():
        raise _damaged(path, "some values are missing")
    return RestartState(
        hour=marker.hour,
        species=marker.species,
        mixing_ratio=mixing,
        air_mass=mass,
        numbers=marker.numbers,
        origin=marker.origin,
    )


def _damaged(path: Path, why: str) -> InputError:
    return InputError(
        f"The checkpoint '{path}' is damaged ({why}); expected the state of every cell. Remove "
        "that folder: the member then continues from an older one or from the start."
    )


def prune_restarts(folder: Path, member: str, keep: int, always: Collection[int] = ()) -> None:
    """Remove old checkpoints of a member, and what broken writes have left.

    Args:
        folder: Folder of all checkpoints.
        member: Name.
        keep: How many of the newest stay.
        always: Hours whose checkpoints stay beside these: later cycles begin from them.
    """
    complete = complete_restarts(folder, member)
    passing = [hour for hour in complete if hour not in always]
    for hour in passing[: max(0, len(passing) - keep)]:
        path = complete[hour]
        hidden = path.with_name(f".{path.name}.old")
        path.rename(hidden)  # at once, so that no half folder is ever seen
        remove(hidden)
    for leftover in folder.glob(f".{member}.f*.zarr.*"):
        remove(leftover)


def remove_restarts(folder: Path, member: str) -> None:
    """Remove every checkpoint of a member, for a start from the beginning."""
    for path in [*folder.glob(f"{member}.f*.zarr"), *folder.glob(f".{member}.f*.zarr.*")]:
        remove(path)
