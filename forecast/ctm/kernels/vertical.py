"""Vertical advection: columns are cut anew at the interfaces of the hybrid layers.

After the horizontal sweeps a layer holds more or less air than its share of the column. The air
mass of the column gives the surface pressure, that the mass of every layer, and the cumulated
difference the air that crosses each interface (continuity). The parabolas of Colella and Woodward
(1984, doi 10.1016/0021-9991(84)90143-8; equations 1.6 to 1.8 on layers of unequal thickness, 1.10
for monotony) are cut at the new interfaces. Where more than one layer crosses an interface, whole
layers and a part of the last one are taken, so the scheme is stable at any Courant number.

The two end layers are flat. Thickness enters the coefficients of the parabola as that of the
layers over ground at the reference pressure; it decides how smooth the curve is, not how much is
moved.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from forecast.ctm.kernels.blocks import load, rows_of, save
from forecast.ctm.kernels.far import far_columns, find_far, keep_columns
from forecast.ctm.kernels.layout import BLOCK, FLAGS, HALO
from forecast.ctm.kernels.parabolas import limited_edge, limited_slope, top_face

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201

LOW, HIGH = BLOCK, 2 * BLOCK
ROW = 3 * BLOCK
SLOPE, FACE, RIGHT, SUM, FLUX, NEW = (BLOCK * n for n in range(6))
STRIP = 6 * BLOCK
ONE = np.float32(1.0)
ZERO = np.float32(0.0)


class LayerTable(NamedTuple):
    """The layers, as the kernel needs them.

    Attributes:
        a: Part of a layer's mass that does not depend on surface pressure, (nz,), kg m-2.
        b: Mass a pascal of surface pressure, (nz,), kg m-2 Pa-1.
        curve: Coefficients of slopes and faces, (nz, 5), float32; see `curve_coefficients`.
    """

    a: np.ndarray
    b: np.ndarray
    curve: np.ndarray


class VerticalWork(NamedTuple):
    """Work arrays of one block of columns.

    Attributes:
        rows: (nz + 1, 3 * BLOCK), float32; row k + 1 holds the Courant number of the top of layer
            k, limited to 1, and the weights of layer k. Zero for columns that are no cells.
        strip: Values carried upward, float32.
        mass: Air before, (nz, BLOCK), float64, kg.
        flux: Air through interfaces, upward, (nz + 1, BLOCK), float64, kg.
        pressure: Surface pressure, (BLOCK,), float64, Pa.
        columns: Mixing ratio of columns that need the general case, (BLOCK, nz), float32.
        far: Whether a column needs the general case, (BLOCK,).
        edges: Left and right edge of the parabolas of one column, (2, nz), float32.
        rest: Mixing ratio of a block that is not full, (nz * BLOCK,), float32.
    """

    rows: np.ndarray
    strip: np.ndarray
    mass: np.ndarray
    flux: np.ndarray
    pressure: np.ndarray
    columns: np.ndarray
    far: np.ndarray
    edges: np.ndarray
    rest: np.ndarray


def vertical_work(nz: int) -> VerticalWork:
    """Make the work arrays for columns of nz layers."""
    return VerticalWork(
        np.zeros((nz + 1, ROW), np.float32),
        np.zeros(STRIP, np.float32),
        np.ones((nz, BLOCK)),
        np.zeros((nz + 1, BLOCK)),
        np.zeros(BLOCK),
        np.zeros((BLOCK, nz), np.float32),
        np.zeros(BLOCK, np.bool_),
        np.zeros((2, nz), np.float32),
        np.zeros(nz * BLOCK, np.float32),
    )


@njit(**FLAGS)
def column_pressure(mass, j, columns, area, table, work):
    """Set `work.pressure` to the surface pressure that the air of columns of one row makes, Pa."""
    west, east, at = columns
    pressure = work.pressure[at : at + east - west]
    for k in range(east - west):
        pressure[k] = 0.0
    for layer in range(mass.shape[0]):
        air = mass[layer, HALO + j, HALO + west : HALO + east]
        old = work.mass[layer, at : at + east - west]
        for k in range(east - west):
            old[k] = air[k]
            pressure[k] += air[k]
    span_a, span_b = np.sum(table.a), np.sum(table.b)
    ground = area[j, west:east]
    for k in range(east - west):
        pressure[k] = (pressure[k] / ground[k] - span_a) / span_b


@njit(**FLAGS)
def vertical_weights(mass, j, columns, area, table, work):
    """Give each layer of columns of one row its share of the column's air, and set the weights.

    Args:
        mass: Air after the horizontal sweeps, (nz, ny + 6, width), float64, kg; updated.
        j: Row of the tile.
        columns: (first, one behind the last) column of the tile, place of the first in the block.
        area: Of the cells, (ny, nx), m2.
        table: `LayerTable`.
        work: `VerticalWork`, set.

    Returns:
        Largest Courant number.
    """
    west, east, at = columns
    behind = at + east - west
    top = mass.shape[0] - 1
    column_pressure(mass, j, columns, area, table, work)
    ground = area[j, west:east]
    pressure = work.pressure[at:behind]
    largest = 0.0
    for layer in range(top + 1):
        new = mass[layer, HALO + j, HALO + west : HALO + east]
        old = work.mass[layer, at:behind]
        old_above = work.mass[min(layer + 1, top), at:behind]
        below, above = work.flux[layer, at:behind], work.flux[layer + 1, at:behind]
        rises = work.rows[layer + 1, at:behind]
        low = work.rows[layer + 1, LOW + at : LOW + behind]
        high = work.rows[layer + 1, HIGH + at : HIGH + behind]
        a, b = table.a[layer], table.b[layer]
        inner = 1.0 if layer < top else 0.0
        for k in range(east - west):
            wanted = ground[k] * (a + b * pressure[k])
            above[k] = inner * (below[k] + (old[k] - wanted))
        for k in range(east - west):
            here, over, rise = old[k], old_above[k], above[k]
            courant = rise / (here if rise > 0.0 else over)
            largest = max(largest, abs(courant))
            rises[k] = np.float32(max(-1.0, min(1.0, courant)))
        for k in range(east - west):
            air = old[k] + (below[k] - above[k])
            low[k] = np.float32(below[k] / air)
            high[k] = np.float32(above[k] / air)
            new[k] = air
    return largest


@njit(**FLAGS)
def block_weights(mass, block, area, table, work):
    """Set the weights of all columns of a block, and `work.far`; see `vertical_weights`.

    Args:
        mass: Air after the horizontal sweeps, (nz, ny + 6, width), float64, kg; updated.
        block: (first, size) of the block in the flat rows of the tile.
        area: Of the cells, (ny, nx), m2.
        table: `LayerTable`.
        work: `VerticalWork`, set.

    Returns:
        Whether any column needs the general case.
    """
    first, size = block
    nx, width = area.shape[1], mass.shape[2]
    for layer in range(work.rows.shape[0]):
        weights = work.rows[layer]
        for k in range(ROW):
            weights[k] = ZERO
    for k in range(BLOCK):
        work.far[k] = False
    any_far = False
    rows = rows_of(first, size, width)
    for j in range(rows[0], rows[1]):
        start = j * width + HALO
        low, high = max(first, start), min(first + size, start + nx)
        if high <= low:
            continue
        columns = (low - start, high - start, low - first)
        if vertical_weights(mass, j, columns, area, table, work) > 1.0:
            any_far = True
            find_far(columns, work)
    return any_far


@njit(**FLAGS)
def climb(cells, first, plane, curve, work):
    """Advance a block of columns of one species side by side, marching upward.

    Args:
        cells: Mixing ratio of one species in flat order, float32; updated.
        first: Place of the lowest cells.
        plane: Cells between two layers.
        curve: Of `LayerTable`.
        work: `VerticalWork` with the weights.
    """
    w = work.strip
    nz = curve.shape[0]
    top = nz - 1
    for k in range(STRIP):
        w[k] = ZERO
    for layer in range(-2, nz):
        place = first + max(layer, 0) * plane
        row0 = cells[place : place + BLOCK]
        place = first + min(max(layer + 1, 0), top) * plane
        row1 = cells[place : place + BLOCK]
        place = first + min(layer + 2, top) * plane
        row2 = cells[place : place + BLOCK]
        place = first + min(layer + 3, top) * plane
        row3 = cells[place : place + BLOCK]
        weights = work.rows[max(layer, -1) + 1]
        curve1 = curve[min(max(layer + 1, 0), top)]
        curve2 = curve[min(layer + 2, top)]
        for k in range(BLOCK):
            here, next1, next2 = row0[k], row1[k], row2[k]
            slope1 = w[SLOPE + k]
            slope2 = limited_slope(next1, next2, row3[k], curve2)
            face1 = top_face(next1, next2, slope1, slope2, curve1)
            bottom, summit = w[FACE + k] - next1, face1 - next1
            left1 = limited_edge(bottom, summit)
            right1 = limited_edge(summit, bottom)
            bend1 = left1 + right1
            share = abs(weights[k])
            upward = weights[k] > ZERO
            right0, bend0 = w[RIGHT + k], w[SUM + k]
            upwind = here if upward else next1
            edge = right0 if upward else left1
            bend = bend0 if upward else bend1
            flux = upwind + (ONE - share) * (edge - share * bend)
            change = weights[LOW + k] * (w[FLUX + k] - here) - weights[HIGH + k] * (flux - here)
            w[NEW + k] = max(here + change, ZERO)
            w[SLOPE + k] = slope2
            w[FACE + k] = face1
            w[RIGHT + k] = right1
            w[SUM + k] = bend1
            w[FLUX + k] = flux
        if layer >= 0:
            for k in range(BLOCK):
                row0[k] = w[NEW + k]


@njit(**FLAGS)
def remap(cells, first, plane, far, curve, work):
    """Advance one species of one block, general case included."""
    if far:
        keep_columns(cells, first, plane, work)
    climb(cells, first, plane, curve, work)
    if far:
        far_columns(cells, first, plane, curve, work)


@njit(**FLAGS)
def advance_vertical(ratio, mass, area, table, work):
    """Move air and all species through the interfaces of the layers.

    Args:
        ratio: Mixing ratio, (nspecies, nz, ny + 6, width), float32; updated.
        mass: Air after the horizontal sweeps, (nz, ny + 6, width), float64, kg; updated.
        area: Of the cells, (ny, nx), float64, m2.
        table: `LayerTable`.
        work: `VerticalWork`.
    """
    width = mass.shape[2]
    plane = mass.shape[1] * width
    cells_of_rows = area.shape[0] * width
    for first in range(0, cells_of_rows, BLOCK):
        block = (first, min(BLOCK, cells_of_rows - first))
        far = block_weights(mass, block, area, table, work)
        place = HALO * width + first
        for species in range(ratio.shape[0]):
            cells = ratio[species].reshape(-1)
            if block[1] == BLOCK:
                remap(cells, place, plane, far, table.curve, work)
            else:
                load(cells, place, plane, block[1], work.rest)
                remap(work.rest, 0, BLOCK, far, table.curve, work)
                save(cells, place, plane, block[1], work.rest)
