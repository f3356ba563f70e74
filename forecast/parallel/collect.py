"""Whole-domain results from tiles: fields, sums that do not depend on the order, agreement."""

from typing import Any

import numpy as np

from forecast.common.errors import ModelError
from forecast.parallel.comm import Communicator, Counts
from forecast.parallel.decomposition import Decomposition

Array = np.ndarray[Any, np.dtype[Any]]
HALF = 32
"""Bits of one part of an integer."""


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


def exact_sum(comm: Communicator, counts: Counts) -> list[int]:
    """Sum integers over the ranks: the order of sums cannot change the result.

    The upper and lower 32 bits travel as sums of their own, so that no number of ranks makes
    them overflow, and the time grows with the logarithm of the number of ranks only.

    Args:
        comm: The ranks.
        counts: This rank's counts, (n,).

    Returns:
        The sums, the same on every rank.
    """
    halves = np.concatenate([counts >> HALF, counts & (2**HALF - 1)])
    high, low = comm.total(halves).reshape(2, -1).tolist()
    return [(a << HALF) + b for a, b in zip(high, low, strict=True)]


def agree(comm: Communicator, problem: str | None) -> None:
    """Let all ranks fail together when one of them has found a problem.

    Args:
        comm: The ranks.
        problem: What this rank has found, None when all is well.

    Raises:
        ModelError: Any rank has a problem; the text names the first.
    """
    if not comm.maximum(np.array([float(problem is not None)])).any():
        return
    for found in comm.gather_all(problem):
        if found is not None:
            raise ModelError(found)
