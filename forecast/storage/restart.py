"""Checkpoints of one member: Zarr, written by all ranks, complete or not there at all.

All ranks write into a hidden folder; after a barrier rank 0 adds the marker, brings everything to
the disk and gives the folder its name. So a folder with the final name and the marker is complete.
Any number of ranks can read it.
"""

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from forecast.common.errors import InputError
from forecast.fields.arrays import Float, Single
from forecast.fields.variables import REGISTRY
from forecast.storage.atomic import output_error, read_json, remove, settle
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
class RestartState:
    """What a member needs to go on, cut to one tile.

    Attributes:
        hour: Hours since the start of the spin-up.
        species: Names, first axis of `mixing_ratio`.
        mixing_ratio: kg kg-1, (nspecies, nz, ny, nx).
        air_mass: kg, (nz, ny, nx).
        numbers: Scalars and short lists that are the same on every rank, such as the ledger.
    """

    hour: int
    species: tuple[str, ...]
    mixing_ratio: Single
    air_mass: Float
    numbers: Mapping[str, Any]


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
    marker = {
        "hour": state.hour,
        "species": list(state.species),
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
            expected = read_json(path / MARKER)["files"]
        except (InputError, KeyError, TypeError):
            logger.warning("the checkpoint '%s' is not complete and is left out", path)
            continue
        count = sum(1 for entry in path.rglob("*") if entry.is_file()) - 1
        if count != expected:
            logger.warning(
                "the checkpoint '%s' has %d files, %s were written; it is left out",
                path, count, expected,
            )  # fmt: skip
            continue
        found[int(match[1])] = path
    return dict(sorted(found.items()))


def read_restart(path: Path, rows: slice, columns: slice) -> RestartState:
    """Read a tile of a complete checkpoint, whatever tiles it was written in.

    Raises:
        InputError: The folder is missing, not complete or damaged.
    """
    group = open_group(path, _EXPECTED)
    marker = read_json(path / MARKER)
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
        hour=int(marker["hour"]),
        species=tuple(marker["species"]),
        mixing_ratio=mixing,
        air_mass=mass,
        numbers=marker["numbers"],
    )


def _damaged(path: Path, why: str) -> InputError:
    return InputError(
        f"The checkpoint '{path}' is damaged ({why}); expected the state of every cell. Remove "
        "that folder: the member then continues from an older one or from the start."
    )


def prune_restarts(folder: Path, member: str, keep: int) -> None:
    """Remove all but the newest `keep` complete checkpoints, and leftovers of broken writes."""
    complete = complete_restarts(folder, member)
    for hour in list(complete)[: max(0, len(complete) - keep)]:
        path = complete[hour]
        hidden = path.with_name(f".{path.name}.old")
        path.rename(hidden)  # at once, so that no half folder is ever seen
        remove(hidden)


def remove_restarts(folder: Path, member: str) -> None:
    """Remove every checkpoint of a member, for a start from the beginning."""
    for path in [*folder.glob(f"{member}.f*.zarr"), *folder.glob(f".{member}.f*.zarr.*")]:
        remove(path)
