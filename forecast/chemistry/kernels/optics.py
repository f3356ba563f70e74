"""Optical depth of particles from their masses."""

import numpy as np
from numba import njit

from forecast.chemistry.kernels.elementary import FLAGS
from forecast.chemistry.kernels.lanes import LANES

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201


@njit(**FLAGS)
def particle_depths(mass, depth, weights, out):
    """Sum masses times cross sections times the depth of the layer.

    Args:
        mass: (nspecies, n), float32.
        depth: m, (n,), float32.
        weights: (nout, nspecies), float32.
        out: (nout, n), set.
    """
    nout, nspecies = weights.shape
    total = np.empty(LANES, np.float32)
    for block in range(depth.shape[0] // LANES):
        first = block * LANES
        for row in range(nout):
            total[:] = np.float32(0.0)
            for species in range(nspecies):
                weight = weights[row, species]
                for lane in range(LANES):
                    total[lane] += weight * max(mass[species, first + lane], np.float32(0.0))
            for lane in range(LANES):
                out[row, first + lane] = total[lane] * depth[first + lane]
