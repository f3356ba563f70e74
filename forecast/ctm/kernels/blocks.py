"""Blocks of columns: `BLOCK` cells of the tile's flat rows, through all layers.

Vertical kernels take the rows of a tile, halo columns included, as one long row (see `flat_rows`
in `layout`) and advance `BLOCK` columns of it side by side. Columns that are no cells of the tile
have weights that change nothing. The last block is seldom full: it is copied, so that every loop
has the same length.
"""

from numba import njit

from forecast.ctm.kernels.layout import BLOCK, FLAGS

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201


@njit(**FLAGS)
def rows_of(first, size, width):
    """(first, last + 1) row of the tile that a block touches."""
    return first // width, (first + size - 1) // width + 1


@njit(**FLAGS)
def load(cells, first, plane, size, rest):
    """Copy a block that is not full.

    Args:
        cells: Mixing ratio of one species in flat order, float32.
        first: Place of the lowest cells of the block.
        plane: Cells between two layers.
        size: Cells of the block.
        rest: (nz * BLOCK,), float32, set.
    """
    for layer in range(rest.size // BLOCK):
        place = first + layer * plane
        source = cells[place : place + size]
        target = rest[layer * BLOCK : layer * BLOCK + size]
        for k in range(size):
            target[k] = source[k]


@njit(**FLAGS)
def save(cells, first, plane, size, rest):
    """Copy back what `load` has copied."""
    for layer in range(rest.size // BLOCK):
        place = first + layer * plane
        source = rest[layer * BLOCK : layer * BLOCK + size]
        target = cells[place : place + size]
        for k in range(size):
            target[k] = source[k]
