"""Columns in which more than one layer crosses an interface: the general case of the remap.

They are taken one by one: whole layers, and a part of the last one, cross an interface.
"""

import numpy as np
from numba import njit

from forecast.ctm.kernels.layout import BLOCK, FLAGS
from forecast.ctm.kernels.parabolas import limited_edge, limited_slope, top_face

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201

LOW, HIGH = BLOCK, 2 * BLOCK
ONE = np.float32(1.0)
ZERO = np.float32(0.0)


@njit(**FLAGS)
def find_far(columns, work):
    """Set `work.far`: columns in which more than one layer crosses an interface."""
    west, east, at = columns
    top = work.mass.shape[0] - 1
    for k in range(at, at + east - west):
        for layer in range(top):
            rise = work.flux[layer + 1, k]
            donor = work.mass[layer, k] if rise > 0.0 else work.mass[layer + 1, k]
            if abs(rise) > donor:
                work.far[k] = True


@njit(**FLAGS)
def column_edges(column, curve, edges):
    """Set the limited edges of all parabolas of one column, (2, nz)."""
    nz = column.size
    top = nz - 1
    slope, face = ZERO, column[0]
    for layer in range(nz):
        next1, next2 = min(layer + 1, top), min(layer + 2, top)
        here, above = column[layer], column[next1]
        slope_above = limited_slope(here, above, column[next2], curve[next1])
        face_above = top_face(here, above, slope, slope_above, curve[layer])
        bottom, summit = face - here, face_above - here
        edges[0, layer] = limited_edge(bottom, summit)
        edges[1, layer] = limited_edge(summit, bottom)
        slope, face = slope_above, face_above


@njit(**FLAGS)
def carried(column, edges, mass, flux, layer):
    """Mean mixing ratio of the air that crosses the top of a layer, any number of layers deep.

    Args:
        column: Mixing ratio, (nz,), float32.
        edges: Of the parabolas, (2, nz), float32.
        mass: Air before, (nz,), float64, kg.
        flux: Upward through the top of the layer, kg.
        layer: Below the interface.

    Returns:
        float32.
    """
    upward = flux > 0.0
    donor = layer if upward else layer + 1
    last = 0 if upward else column.size - 1
    rest, total, deep = abs(flux), 0.0, donor
    while rest > mass[deep] and deep != last:
        total += mass[deep] * np.float64(column[deep] - column[donor])
        rest -= mass[deep]
        deep += -1 if upward else 1
    share = np.float32(min(rest / mass[deep], 1.0))
    bend = edges[0, deep] + edges[1, deep]
    edge = edges[1, deep] if upward else edges[0, deep]
    part = column[deep] + (ONE - share) * (edge - share * bend)
    if deep == donor:
        return part
    total += rest * np.float64(part - column[donor])
    return np.float32(np.float64(column[donor]) + total / abs(flux))


@njit(**FLAGS)
def far_columns(cells, first, plane, curve, work):
    """Overwrite the columns of the general case; `work.columns` holds them as they were."""
    nz = curve.shape[0]
    for k in range(BLOCK):
        if not work.far[k]:
            continue
        column = work.columns[k]
        column_edges(column, curve, work.edges)
        below = column[0]
        for layer in range(nz):
            here = column[layer]
            above = here
            if layer < nz - 1:
                flux = work.flux[layer + 1, k]
                above = carried(column, work.edges, work.mass[:, k], flux, layer)
            weights = work.rows[layer + 1]
            change = weights[LOW + k] * (below - here) - weights[HIGH + k] * (above - here)
            cells[first + layer * plane + k] = max(here + change, ZERO)
            below = above


@njit(**FLAGS)
def keep_columns(cells, first, plane, work):
    """Copy the columns of the general case before they are overwritten."""
    for k in range(BLOCK):
        if work.far[k]:
            for layer in range(work.columns.shape[1]):
                work.columns[k, layer] = cells[first + layer * plane + k]
