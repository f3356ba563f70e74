"""Vertical mixing with emission and dry deposition in one implicit solve.

Backward Euler for the change D of a column in one step h, with conductances g (kg s-1) of the
interfaces, air m (kg), emission e (kg s-1) and, in the lowest layer, deposition velocity v over
thickness z:

    m_k D_k / h = g_(k+1) (q + D)_(k+1) - (g_(k+1) + g_k) (q + D)_k + g_k (q + D)_(k-1) + e_k
                  - [k = 0] (v / z) m_0 (q + D)_0

Solved for the change, not for the new value: a uniform mixing ratio without source stays as it
is, bit for bit, and rounding is that of a change. The solve is in double precision: where mixing
is strong, the small differences that single precision leaves are what keeps a column's mass. The
elimination runs from the top down, so that it is the same for all species but for the last row,
where they deposit differently.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from forecast.ctm.kernels.layout import FLAGS, HALO, LANES

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201

# places in a row of weights: from above, from below, source, pivot without deposition
GAIN, LOSS, SOURCE, PIVOT = (LANES * n for n in range(4))
ROW = 4 * LANES
HERE, RISE = 0, LANES
ZERO = np.float32(0.0)


class SurfaceExchange(NamedTuple):
    """What enters and leaves columns besides mixing, constant over an hour.

    Attributes:
        emission: kg s-1 a cell, (nspecies, nz_emission, ny, groups * LANES), float32.
        emitting: Number of layers with any emission of each species, (nspecies,), int64.
        deposition: Velocity over thickness of the lowest layer, s-1, (nspecies, ny,
            groups * LANES), float32.
    """

    emission: np.ndarray
    emitting: np.ndarray
    deposition: np.ndarray


class DiffusionWork(NamedTuple):
    """Work arrays of one group of columns.

    Attributes:
        rows: Weights of each layer, (nz, 4 * LANES), float64.
        change: Changes, (nz + 1, LANES), float64; the last row stays zero.
        share: Of the layer above that follows a change, (LANES,), float64.
        lanes: Mixing ratio of the layer at hand, and that of the layer above less its own,
            (2 * LANES,), float64.
    """

    rows: np.ndarray
    change: np.ndarray
    share: np.ndarray
    lanes: np.ndarray


def diffusion_work(nz: int) -> DiffusionWork:
    """Make the work arrays for columns of nz layers."""
    lanes = (np.zeros(LANES), np.zeros(2 * LANES))
    return DiffusionWork(np.zeros((nz, ROW)), np.zeros((nz + 1, LANES)), *lanes)


@njit(**FLAGS)
def diffusion_weights(mass, conductance, j, columns, step, work):
    """Eliminate from the top down.

    Args:
        mass: Air, (nz, ny + 6, width), float64, kg.
        conductance: Of the interfaces, (nz + 1, ny, groups * LANES), float32, kg s-1.
        j: Row of the tile.
        columns: (first, one behind the last) column of the tile.
        step: s.
        work: `DiffusionWork`, set; lanes without a column stay as they are.
    """
    west, east = columns
    nz = mass.shape[0]
    share = work.share
    for k in range(LANES):
        share[k] = 0.0
    for up in range(nz):
        layer = nz - 1 - up
        weights = work.rows[layer]
        air = mass[layer, HALO + j, HALO + west : HALO + east]
        over = conductance[layer + 1, j, west:east]
        under = conductance[layer, j, west:east]
        lowest = layer == 0
        for k in range(east - west):
            scale = step / air[k]
            above = scale * np.float64(over[k])
            below = scale * np.float64(under[k])
            pivot = 1.0 + above * (1.0 - share[k]) + below
            divisor = 1.0 if lowest else pivot
            share[k] = below / divisor
            weights[GAIN + k] = above / divisor
            weights[LOSS + k] = below / divisor
            weights[SOURCE + k] = scale / divisor
            weights[PIVOT + k] = pivot
        for k in range(east - west, LANES):  # lanes without a column
            weights[GAIN + k], weights[LOSS + k] = 0.0, 0.0
            weights[SOURCE + k], weights[PIVOT + k] = 0.0, 1.0


@njit(**FLAGS)
def descend(cells, first, plane, place_of, exchange, work):
    """Set `work.change` of all layers but the lowest to what it would be over a fixed ground.

    Args:
        cells: Mixing ratio of one species in flat order, float32.
        first: Place of the lowest cells.
        plane: Cells between two layers.
        place_of: (species, row, first column) of the tile.
        exchange: `SurfaceExchange`.
        work: `DiffusionWork`; `lanes` is left at the lowest layer's values.
    """
    rows, change, w = work.rows, work.change, work.lanes
    species, j, west = place_of
    emitting = exchange.emitting[species]
    nz = rows.shape[0]
    place = first + (nz - 1) * plane
    highest = cells[place : place + LANES]
    for k in range(LANES):
        w[HERE + k] = np.float64(highest[k])
        w[RISE + k] = 0.0
    for up in range(nz - 1):
        layer = nz - 1 - up
        weights, result, over = rows[layer], change[layer], change[layer + 1]
        place -= plane
        below = cells[place : place + LANES]
        for k in range(LANES):
            value = np.float64(below[k])
            fall = w[HERE + k] - value
            result[k] = weights[GAIN + k] * (w[RISE + k] + over[k]) - weights[LOSS + k] * fall
            w[RISE + k] = fall
            w[HERE + k] = value
        if layer < emitting:
            source = exchange.emission[species, layer, j, west : west + LANES]
            for k in range(LANES):
                result[k] += weights[SOURCE + k] * np.float64(source[k])


@njit(**FLAGS)
def ascend(cells, first, plane, work):
    """Complete the changes from the lowest layer upward and add them."""
    rows, change = work.rows, work.change
    for layer in range(rows.shape[0]):
        weights, result = rows[layer], change[layer]
        place = first + layer * plane
        here = cells[place : place + LANES]
        if layer > 0:
            under = change[layer - 1]
            for k in range(LANES):
                result[k] += weights[LOSS + k] * under[k]
        for k in range(LANES):
            here[k] = max(np.float32(np.float64(here[k]) + result[k]), ZERO)


@njit(**FLAGS)
def ground(losses, source, emits, work):
    """Set the change of the lowest layer, where species deposit."""
    weights, result, over = work.rows[0], work.change[0], work.change[1]
    w = work.lanes
    for k in range(LANES):
        result[k] = weights[GAIN + k] * (w[RISE + k] + over[k]) - losses[k] * w[HERE + k]
    if emits:
        for k in range(LANES):
            result[k] += weights[SOURCE + k] * np.float64(source[k])
    for k in range(LANES):
        result[k] /= weights[PIVOT + k] + losses[k]


@njit(**FLAGS)
def mix_columns(ratio, mass, conductance, exchange, step, deposited, work):
    """Mix all columns for one step, with emission and dry deposition.

    Args:
        ratio: Mixing ratio, (nspecies, nz, ny + 6, width), float32; updated.
        mass: Air, (nz, ny + 6, width), float64, kg.
        conductance: Of the interfaces, (nz + 1, ny, groups * LANES), float32, kg s-1.
        exchange: `SurfaceExchange`.
        step: s.
        deposited: What reached the ground, (nspecies, ny, nx), float64, kg; added to.
        work: `DiffusionWork`.
    """
    nx = deposited.shape[2]
    width = mass.shape[2]
    plane = mass.shape[1] * width
    losses = np.zeros(LANES)
    for j in range(deposited.shape[1]):
        for west in range(0, nx, LANES):
            east = min(west + LANES, nx)
            diffusion_weights(mass, conductance, j, (west, east), step, work)
            first = (HALO + j) * width + HALO + west
            air = mass[0, HALO + j, HALO + west : HALO + east]
            for species in range(ratio.shape[0]):
                cells = ratio[species].reshape(-1)
                velocity = exchange.deposition[species, j, west : west + LANES]
                for k in range(LANES):
                    losses[k] = step * np.float64(velocity[k])
                descend(cells, first, plane, (species, j, west), exchange, work)
                source = exchange.emission[species, 0, j, west : west + LANES]
                ground(losses, source, exchange.emitting[species] > 0, work)
                ascend(cells, first, plane, work)
                lowest = cells[first : first + east - west]
                down = deposited[species, j, west:east]
                for k in range(east - west):
                    down[k] += losses[k] * np.float64(lowest[k]) * air[k]
