"""Sums over columns, and the search for values that must not be."""

import numpy as np
from numba import njit

from forecast.ctm.kernels.layout import EXACT_FLAGS, FLAGS, HALO

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201


@njit(**FLAGS)
def column_burden(ratio, mass, burden):
    """Mass of each species in each column.

    Args:
        ratio: Mixing ratio, (nspecies, nz, ny + 6, width), float32.
        mass: Air, (nz, ny + 6, width), float64, kg.
        burden: (nspecies, ny, nx), float64, kg, set.
    """
    nspecies, ny, nx = burden.shape
    for species in range(nspecies):
        for j in range(ny):
            total = burden[species, j]
            for i in range(nx):
                total[i] = 0.0
            for layer in range(mass.shape[0]):
                row = ratio[species, layer, HALO + j]
                air = mass[layer, HALO + j]
                for i in range(nx):
                    total[i] += np.float64(row[HALO + i]) * air[HALO + i]


@njit(**EXACT_FLAGS)
def first_wrong(ratio, ny, nx, largest):
    """Find the first cell whose mixing ratio is not between 0 and the largest allowed.

    Args:
        ratio: Mixing ratio, (nspecies, nz, ny + 6, width), float32.
        ny: Cells of the tile from south to north.
        nx: Cells of the tile from west to east.
        largest: Largest plausible value, float32.

    Returns:
        (species, layer, row, column), all -1 when every value is plausible.
    """
    zero = np.float32(0.0)
    for species in range(ratio.shape[0]):
        for layer in range(ratio.shape[1]):
            for j in range(ny):
                row = ratio[species, layer, HALO + j]
                good = 0
                for i in range(nx):
                    value = row[HALO + i]
                    good += (value >= zero) & (value <= largest)
                if good < nx:
                    for i in range(nx):
                        value = row[HALO + i]
                        if not (value >= zero and value <= largest):
                            return species, layer, j, i
    return -1, -1, -1, -1
