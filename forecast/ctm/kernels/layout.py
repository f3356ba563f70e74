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


def padded(field: np.ndarray) -> np.ndarray:
    """Copy a field (..., nx) into float32 rows of whole lane groups, zeros behind the end."""
    nx = field.shape[-1]
    rows = np.zeros((*field.shape[:-1], lane_groups(nx) * LANES), dtype=np.float32)
    rows[..., :nx] = field
    return rows
