"""How arrays lie in memory, so that every inner loop is a whole number of vectors.

Mixing ratio is (nspecies, nz, ny + 6, width) and air mass (nz, ny + 6, width); the tile's own
cells are [..., 3:3 + ny, 3:3 + nx]. The width is a halo, the cells rounded up to whole groups of
`LANES`, and a halo. What lies beyond the tile's cells takes part in the arithmetic with weights
of zero, so loops need no remainder and every cell is computed by the same instructions, whatever
the tile. That keeps results independent of the decomposition, bit for bit.

The flags change no arithmetic: sums are neither reordered nor fused with products.

Compiled kernels are kept by the time of their own file; after a change of a constant here, remove
the kept ones (`make clean`, or the folder that `NUMBA_CACHE_DIR` names).
"""

import numpy as np

HALO = 3
"""Cells of neighbours on each side."""
LANES = 32
"""Cells in x that one inner loop holds: two vectors of 16 float32."""
BLOCK = 128
"""Columns of a plane in flat order that a vertical kernel advances side by side: long enough to
hide the cost of a loop's start, short enough for the work arrays to stay in the nearest cache."""

FLAGS = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"nnan", "ninf", "nsz"},
}
"""Options of every arithmetic kernel."""
EXACT_FLAGS = {"cache": True, "nogil": True, "error_model": "numpy"}
"""Options of kernels that look for values that are not finite."""


def lane_groups(nx: int) -> int:
    """Number of groups of `LANES` cells that cover a row of nx cells."""
    return -(-nx // LANES)


def row_width(nx: int) -> int:
    """Length of a row in memory, for nx cells."""
    return lane_groups(nx) * LANES + 2 * HALO


def ratio_array(species: int, nz: int, ny: int, nx: int) -> np.ndarray:
    """Zeros in the shape of the mixing ratio of a tile, float32."""
    return np.zeros((species, nz, ny + 2 * HALO, row_width(nx)), dtype=np.float32)


def mass_array(nz: int, ny: int, nx: int) -> np.ndarray:
    """Ones in the shape of the air mass of a tile, float64: no cell is ever without air."""
    return np.ones((nz, ny + 2 * HALO, row_width(nx)))


def block_count(cells: int) -> int:
    """Number of blocks of `BLOCK` cells that cover so many."""
    return -(-cells // BLOCK)


def flat_rows(field: np.ndarray) -> np.ndarray:
    """Copy a field (..., ny, nx) into rows as they lie in the state, zeros where it has no cells.

    Returns:
        (..., blocks * BLOCK), float32: rows of `row_width` in flat order, halo columns included,
        from the first row of the tile.
    """
    ny, nx = field.shape[-2:]
    width = row_width(nx)
    flat = np.zeros((*field.shape[:-2], block_count(ny * width) * BLOCK), dtype=np.float32)
    rows = flat[..., : ny * width].reshape(*field.shape[:-2], ny, width, copy=False)
    rows[..., HALO : HALO + nx] = field
    return flat
