"""Particles that sink: columns are cut at where they will be at the end of a step.

Air stays and particles fall through it, so the height of a particle is measured by the air below
it. What lies less than v rho A dt above an interface passes it (flux form, semi-Lagrangian), from
straight lines in each layer (van Leer 1977, doi 10.1016/0021-9991(77)90095-X). The places from
which particles reach two neighbouring interfaces never change order, so no layer can lose more than
it has, at any step.
"""

import numpy as np
from numba import njit

from forecast.ctm.kernels.layout import FLAGS, HALO

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201


@njit(**FLAGS)
def layer_slopes(column, slope):
    """Set the limited slope of each layer; end layers are flat."""
    top = column.size - 1
    slope[0] = slope[top] = 0.0
    for k in range(1, top):
        down, up = column[k] - column[k - 1], column[k + 1] - column[k]
        size = min(0.5 * abs(down + up), 2.0 * min(abs(down), abs(up)))
        slope[k] = np.copysign(size, up) if down * up > 0.0 else 0.0


@njit(**FLAGS)
def passed(column, slope, air, first, distance):
    """Tracer in the air above an interface, up to a distance from it, kg.

    Args:
        column: Mixing ratio, (nz,).
        slope: Across each layer, (nz,).
        air: Of each layer, kg, (nz,).
        first: Layer above the interface.
        distance: Air that is passed, kg.
    """
    total, rest, layer = 0.0, distance, first
    while layer < column.size - 1 and rest >= air[layer]:
        total += air[layer] * column[layer]
        rest -= air[layer]
        layer += 1
    share = min(rest / air[layer], 1.0)
    return total + share * air[layer] * (column[layer] - 0.5 * slope[layer] * (1.0 - share))


@njit(**FLAGS)
def settle_column(column, air, fall, slope, flux):
    """Set the tracer that passes the bottom of each layer, kg.

    Args:
        column: Mixing ratio, (nz,), float64.
        air: kg, (nz,).
        fall: Air that particles at the bottom of each layer fall through, kg, (nz,).
        slope: Work, (nz,).
        flux: (nz,), set.
    """
    layer_slopes(column, slope)
    reach, base = 0.0, 0.0
    for k in range(column.size):
        reach = max(reach, base + fall[k])
        flux[k] = passed(column, slope, air, k, reach - base)
        base += air[k]


@njit(**FLAGS)
def settle(ratio, mass, fall, species, deposited):
    """Let species sink for one step.

    Args:
        ratio: Mixing ratio, (nspecies, nz, ny + 6, width), float32; updated.
        mass: Air, (nz, ny + 6, width), float64, kg.
        fall: Air that particles at the bottom of each layer fall through, (nkind, nz, ny, nx),
            float32, kg.
        species: (which, kind) of those that sink, (n, 2), int64.
        deposited: What reached the ground, (nspecies, ny, nx), float64, kg; added to.
    """
    nz, ny, nx = fall.shape[1:]
    column, air, slope = np.zeros(nz), np.zeros(nz), np.zeros(nz)
    depth, flux = np.zeros(nz), np.zeros(nz)
    for row in range(species.shape[0]):
        which, kind = species[row]
        for j in range(ny):
            for i in range(nx):
                for k in range(nz):
                    column[k] = np.float64(ratio[which, k, HALO + j, HALO + i])
                    air[k] = mass[k, HALO + j, HALO + i]
                    depth[k] = np.float64(fall[kind, k, j, i])
                settle_column(column, air, depth, slope, flux)
                for k in range(nz):
                    above = flux[k + 1] if k + 1 < nz else 0.0
                    after = column[k] + (above - flux[k]) / air[k]
                    ratio[which, k, HALO + j, HALO + i] = np.float32(max(after, 0.0))
                deposited[which, j, i] += flux[0]
