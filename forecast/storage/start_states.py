"""Whether a checkpoint of another run can be the beginning of this one."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from forecast.common.errors import InputError
from forecast.storage.atomic import read_json
from forecast.storage.restart import MARKER, complete_restarts, read_restart


@dataclass(frozen=True)
class WantedState:
    """What a state must be.

    Attributes:
        time: When it must be valid, UTC; None: not at any one time.
        species: Names, in the order of the model.
        shape: Cells, (nz, ny, nx).
    """

    time: np.datetime64 | None
    species: tuple[str, ...]
    shape: tuple[int, int, int]


def state_problem(path: Path, wanted: WantedState) -> str:
    """Say why a checkpoint cannot be begun from; nothing when it can.

    All of it is read: a set that is not whole is of no use to some rank.
    """
    if not path.is_dir():
        return "it does not exist"
    member, _, _ = path.name.partition(".")
    if path not in complete_restarts(path.parent, member).values():
        return "it is not complete"
    try:
        found = valid_time(path)
        if None not in (found, wanted.time) and found != wanted.time:
            return f"it is valid at {found} UTC, wanted was {wanted.time}"
        state = read_restart(path, slice(None), slice(None))
    except InputError as error:
        return str(error)
    if state.species != wanted.species:
        return f"it holds {len(state.species)} species of another mechanism"
    if state.mixing_ratio.shape[1:] != wanted.shape:
        return f"it has {state.mixing_ratio.shape[1:]} cells, wanted were {wanted.shape}"
    return ""


def valid_time(path: Path) -> np.datetime64 | None:
    """When a checkpoint is valid, UTC, by its own marker; None when it does not say.

    Raises:
        InputError: The marker is missing or damaged.
    """
    marker = read_json(path / MARKER)
    text = marker.get("valid_time") if isinstance(marker, dict) else None
    return None if text is None else np.datetime64(str(text).removesuffix("Z"), "s")
