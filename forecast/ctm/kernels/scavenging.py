"""First-order removal by rain and snow."""

import numpy as np
from numba import njit

from forecast.ctm.kernels.layout import FLAGS, HALO

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201


@njit(**FLAGS)
def scavenge(ratio, mass, stays, kinds, removed):
    """Remove what one step of rain takes from every cell.

    Args:
        ratio: Mixing ratio, (nspecies, nz, ny + 6, width), float32; updated.
        mass: Air, (nz, ny + 6, width), float64, kg.
        stays: Share that stays in the air, for each kind of solubility, (nkind, nz, ny, nx),
            float32.
        kinds: Kind of each species, -1 for those that rain does not take, (nspecies,), int64.
        removed: What reached the ground, (nspecies, ny, nx), float64, kg; added to.
    """
    nz, ny, nx = stays.shape[1:]
    for species in range(ratio.shape[0]):
        kind = kinds[species]
        if kind < 0:
            continue
        for layer in range(nz):
            for j in range(ny):
                row = ratio[species, layer, HALO + j, HALO : HALO + nx]
                air = mass[layer, HALO + j, HALO : HALO + nx]
                share = stays[kind, layer, j]
                taken = removed[species, j]
                for i in range(nx):
                    after = row[i] * share[i]
                    taken[i] += air[i] * np.float64(row[i] - after)
                    row[i] = after
