"""Rows of the state as flat groups of cells, for chemistry, and back.

Chemistry works on flat groups of cells (see `forecast.chemistry.lanes`), the state has halos and
rows of whole lane groups. A group is a number of whole rows of the tile, counted through all
layers: row r is row r % ny of layer r // ny. Only the end of a group is filled up, with copies of
its last cell, so that every lane holds air like any other and narrow tiles waste nothing.
"""

import numpy as np
from numba import njit

from forecast.ctm.kernels.layout import FLAGS, HALO

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201


@njit(**FLAGS)
def gather_rows(ratio, rows, factor, density, before, amount):
    """Copy rows into cell arrays, in the units of chemistry.

    Args:
        ratio: Mixing ratio, (nspecies, nz, ny + 6, width), float32, kg kg-1.
        rows: Cells of the tile each way, the first row and the one after the last,
            (ny, nx, first, end).
        factor: Amount in a unit volume over mass density, of each species, (nspecies,), float32.
        density: Air density, (nz * ny, nx), float32, kg m-3.
        before: (nspecies, n), float32, set; n holds all cells of the rows.
        amount: The same.
    """
    ny, nx, first, end = rows
    filled = (end - first) * nx
    for species in range(ratio.shape[0]):
        scale = factor[species]
        for r in range(first, end):
            row = ratio[species, r // ny, HALO + r % ny, HALO : HALO + nx]
            air = density[r]
            old = before[species, (r - first) * nx : (r - first + 1) * nx]
            new = amount[species, (r - first) * nx : (r - first + 1) * nx]
            for i in range(nx):
                value = row[i] * (air[i] * scale)
                old[i] = value
                new[i] = value
        for i in range(filled, amount.shape[1]):
            before[species, i] = amount[species, filled - 1]
            amount[species, i] = amount[species, filled - 1]


@njit(**FLAGS)
def scatter_rows(ratio, rows, factor, density, before, amount, mass, made):
    """Bring what has changed back into the state, and write it into the ledger.

    The change is added to the mixing ratio, so that what did not react keeps its value to the
    last bit. A result below zero by the rounding of that sum becomes zero.

    Args:
        ratio: Mixing ratio, (nspecies, nz, ny + 6, width), float32, kg kg-1; updated.
        rows: Cells of the tile each way, the first row and the one after the last,
            (ny, nx, first, end).
        factor: As in `gather_rows`.
        density: As in `gather_rows`.
        before: Amounts that `gather_rows` found, (nspecies, n).
        amount: Amounts now, (nspecies, n).
        mass: Air, (nz, ny + 6, width), float64, kg.
        made: What reactions have made of each species, (nspecies, ny, nx), float64, kg; added to.
    """
    ny, nx, first, end = rows
    zero = np.float32(0.0)
    one = np.float32(1.0)
    for species in range(ratio.shape[0]):
        scale = factor[species]
        for r in range(first, end):
            layer, j = r // ny, r % ny
            row = ratio[species, layer, HALO + j, HALO : HALO + nx]
            kilograms = mass[layer, HALO + j, HALO : HALO + nx]
            air = density[r]
            total = made[species, j]
            old = before[species, (r - first) * nx : (r - first + 1) * nx]
            new = amount[species, (r - first) * nx : (r - first + 1) * nx]
            for i in range(nx):
                was = row[i]
                now = max(was + (new[i] - old[i]) * (one / (air[i] * scale)), zero)
                row[i] = now
                total[i] += np.float64(now - was) * kilograms[i]
