"""Cells side by side, as every kernel of the chemistry takes them."""

import numpy as np

from forecast.chemistry.kernels.lanes import BLOCK, LANES
from forecast.fields.arrays import Reals, Single

__all__ = ["BLOCK", "LANES", "as_columns", "as_grid", "padded_length"]


def padded_length(cells: int) -> int:
    """Smallest multiple of `LANES` that holds so many cells."""
    return -(-cells // LANES) * LANES


def as_columns(field: Reals) -> Single:
    """Lay the cells of a grid side by side, (…, ny, nx) to (…, n), and fill up whole lanes.

    What is filled in repeats the last cell.
    """
    flat = np.asarray(field, np.float32).reshape(*field.shape[:-2], -1)
    missing = padded_length(flat.shape[-1]) - flat.shape[-1]
    padding = [(0, 0)] * (flat.ndim - 1) + [(0, missing)]
    return np.ascontiguousarray(np.pad(flat, padding, mode="edge"))


def as_grid(values: Single, ny: int, nx: int) -> Single:
    """Undo `as_columns`: (…, n) to (…, ny, nx)."""
    grid: Single = values[..., : ny * nx].reshape(*values.shape[:-1], ny, nx)
    return grid
