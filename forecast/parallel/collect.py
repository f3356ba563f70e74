"""Whole-domain results from tiles: fields, sums that do not depend on the order, agreement."""

from typing import Any

import numpy as np

from forecast.common.errors import ModelError
from forecast.parallel.comm import Communicator
from forecast.parallel.decomposition import Decomposition

Array = np.ndarray[Any, np.dtype[Any]]


def gather_field(comm: Communicator, decomposition: Decomposition, tile: Array) -> Array:
    """Put the tiles of all ranks together.

    Args:
        comm: The ranks.
        decomposition: Who owns what.
        tile: This rank's cells, (..., ny, nx) of the tile.

    Returns:
        The whole field, (..., ny, nx) of the domain, on every rank.
    """
    parts = comm.gather_all(tile)
    whole = np.empty((*tile.shape[:-2], decomposition.ny, decomposition.nx), dtype=tile.dtype)
    for rank, part in enumerate(parts):
        place = decomposition.tile(rank)
        whole[..., place.j, place.i] = part
    return whole


def exact_sum(comm: Communicator, counts: np.ndarray[Any, np.dtype[np.int64]]) -> list[int]:
    """Sum integers over the ranks: the order of sums cannot change the result.

    Args:
        comm: The ranks.
        counts: This rank's counts, (n,).

    Returns:
        The sums, the same on every rank.
    """
    parts = comm.gather_all([int(count) for count in counts])
    return [sum(column) for column in zip(*parts, strict=True)]


def agree(comm: Communicator, problem: str | None) -> None:
    """Let all ranks fail together when one of them has found a problem.

    Args:
        comm: The ranks.
        problem: What this rank has found, None when all is well.

    Raises:
        ModelError: Any rank has a problem; the text names the first.
    """
    for found in comm.gather_all(problem):
        if found is not None:
            raise ModelError(found)
