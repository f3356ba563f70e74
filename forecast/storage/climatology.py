"""A mean state by hour of day, in the form of a checkpoint, so that a member can begin from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from forecast.common.errors import InputError
from forecast.storage.restart import (
    RestartOrigin,
    RestartState,
    begin_restart,
    finish_restart,
    read_marker,
    read_restart,
    write_restart_tile,
)
from forecast.storage.tiles import Tile


@dataclass(frozen=True)
class Basis:
    """What a mean state was made of.

    Attributes:
        count: Number of states.
        first: Time of the first, UTC.
        last: Time of the last, UTC.
        sources: Where they lay.
    """

    count: int
    first: np.datetime64
    last: np.datetime64
    sources: tuple[str, ...]


def write_climatology(path: Path, states: Sequence[Path]) -> Basis:
    """Average checkpoints of the same hour of day; one of them at a time is in memory.

    Args:
        path: Folder to write.
        states: Complete checkpoints of one domain and one mechanism.

    Raises:
        InputError: There is none, one is damaged or does not say when it is valid, or they do
            not fit together.
        OutputError: The disk refuses the files.
    """
    if not states:
        msg = "There is no checkpoint of that hour of day; run some cycles first, or name others."
        raise InputError(msg)
    total: RestartState | None = None
    times, ratio, mass = [], np.zeros(0), np.zeros(0)
    for place in states:
        state = read_restart(place, slice(None), slice(None))
        times.append(_time(place, state.origin))
        if total is None:
            total = state
            ratio, mass = np.zeros(state.mixing_ratio.shape), np.zeros(state.air_mass.shape)
        _same(place, state, total)
        ratio += state.mixing_ratio
        mass += state.air_mass
    if total is None:  # pragma: no cover  (there was at least one)
        raise AssertionError
    basis = Basis(len(times), min(times), max(times), tuple(map(str, states)))
    mean = RestartState(
        hour=0,
        species=total.species,
        mixing_ratio=(ratio / len(times)).astype(np.float32),
        air_mass=mass / len(times),
        numbers={"climatology": _record(basis)},
        origin=RestartOrigin(grid=total.origin.grid),
    )
    tile = Tile.whole((mean.air_mass.shape[1], mean.air_mass.shape[2]))
    begin_restart(path, mean, tile)
    write_restart_tile(path, mean, tile)
    finish_restart(path, mean)
    return basis


def climatology_basis(path: Path) -> Basis:
    """Read what a mean state was made of.

    Raises:
        InputError: It is no climatology.
    """
    try:
        record = read_marker(path).numbers["climatology"]
        first, last = (np.datetime64(record[name], "s") for name in ("first", "last"))
        return Basis(int(record["count"]), first, last, tuple(record["sources"]))
    except (KeyError, TypeError, ValueError) as error:
        msg = (
            f"'{path}' is no climatology of states ({error!r}); make one with `forecast "
            "climatology build`."
        )
        raise InputError(msg) from error


def _record(basis: Basis) -> dict[str, object]:
    return {
        "count": basis.count,
        "first": str(basis.first),
        "last": str(basis.last),
        "sources": list(basis.sources),
    }


def _time(place: Path, origin: RestartOrigin) -> np.datetime64:
    if np.isnat(origin.valid_time):
        msg = f"The checkpoint '{place}' does not say when it is valid; leave it out."
        raise InputError(msg)
    return origin.valid_time


def _same(place: Path, state: RestartState, first: RestartState) -> None:
    if (state.species, state.origin.grid) != (first.species, first.origin.grid):
        msg = (
            f"The checkpoint '{place}' holds other species or cells than the first one; average "
            "only checkpoints of one domain and one mechanism."
        )
        raise InputError(msg)
