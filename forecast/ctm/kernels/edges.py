"""Halo cells at the edges of the domain, and what crosses these edges.

Where air comes in, the halo holds the mixing ratio given for that edge; where it goes out, the
value of the outermost cell. Both are uniform over the three halo cells, so the parabolas of the
halo and of an outermost cell that air leaves are flat, and the face carries exactly the halo's
value: what crosses the edge is known before the sweep.
"""

import numpy as np
from numba import njit

from forecast.ctm.kernels.layout import FLAGS, HALO

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201


@njit(**FLAGS)
def fill_x(ratio, mass, flux, layers, steps, outside, open_sides, crossing):
    """Fill the halo columns at the west and east edge of the domain.

    Args:
        ratio: Mixing ratio, (nspecies, nz, ny + 6, width), float32; halo set.
        mass: Air, (nz, ny + 6, width), float64, kg; halo set to the outermost cell.
        flux: Air through west faces, (nz, ny, nx + 1), float32, kg s-1.
        layers: Which layers, (n,), int64.
        steps: Time step of each layer, (nz,), float64, s.
        outside: Mixing ratio at the (west, east) edge, each (nspecies, nz, ny), float32.
        open_sides: Whether the tile is at the (west, east) edge.
        crossing: What came (in, out), each (nspecies, ny, nx), float64, kg; added to.
    """
    inflow, outflow = crossing
    ny, nx = flux.shape[1], flux.shape[2] - 1
    for side in range(2):
        if not open_sides[side]:
            continue
        given = outside[side]
        face, cell = (0, 0) if side == 0 else (nx, nx - 1)
        halo = 0 if side == 0 else HALO + nx
        sign = 1.0 if side == 0 else -1.0
        for layer in layers:
            for j in range(HALO, HALO + ny):
                for k in range(halo, halo + HALO):
                    mass[layer, j, k] = mass[layer, j, HALO + cell]
        for species in range(ratio.shape[0]):
            for layer in layers:
                for j in range(ny):
                    row = ratio[species, layer, HALO + j]
                    air = sign * steps[layer] * np.float64(flux[layer, j, face])
                    value = given[species, layer, j] if air > 0.0 else row[HALO + cell]
                    for k in range(HALO):
                        row[halo + k] = value
                    inflow[species, j, cell] += max(air, 0.0) * np.float64(value)
                    outflow[species, j, cell] += max(-air, 0.0) * np.float64(value)


@njit(**FLAGS)
def fill_y(ratio, mass, flux, layers, steps, outside, open_sides, crossing):
    """Fill the halo rows at the south and north edge of the domain.

    Args:
        ratio: Mixing ratio, (nspecies, nz, ny + 6, width), float32; halo set.
        mass: Air, (nz, ny + 6, width), float64, kg; halo set to the outermost cell.
        flux: Air through south faces, (nz, ny + 1, nx), float32, kg s-1.
        layers: Which layers, (n,), int64.
        steps: Time step of each layer, (nz,), float64, s.
        outside: Mixing ratio at the (south, north) edge, each (nspecies, nz, nx), float32.
        open_sides: Whether the tile is at the (south, north) edge.
        crossing: What came (in, out), each (nspecies, ny, nx), float64, kg; added to.
    """
    inflow, outflow = crossing
    ny, nx = flux.shape[1] - 1, flux.shape[2]
    for side in range(2):
        if not open_sides[side]:
            continue
        given = outside[side]
        face, cell = (0, 0) if side == 0 else (ny, ny - 1)
        halo = 0 if side == 0 else HALO + ny
        sign = 1.0 if side == 0 else -1.0
        for layer in layers:
            for j in range(halo, halo + HALO):
                for i in range(HALO, HALO + nx):
                    mass[layer, j, i] = mass[layer, HALO + cell, i]
        for species in range(ratio.shape[0]):
            for layer in layers:
                own = ratio[species, layer, HALO + cell]
                for i in range(nx):
                    air = sign * steps[layer] * np.float64(flux[layer, face, i])
                    value = given[species, layer, i] if air > 0.0 else own[HALO + i]
                    for k in range(HALO):
                        ratio[species, layer, halo + k, HALO + i] = value
                    inflow[species, cell, i] += max(air, 0.0) * np.float64(value)
                    outflow[species, cell, i] += max(-air, 0.0) * np.float64(value)
