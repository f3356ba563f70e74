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

from forecast.ctm.kernels.blocks import load, rows_of, save
from forecast.ctm.kernels.layout import BLOCK, FLAGS, HALO

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201

# places in a row of weights: from above, from below, change, source, pivot without deposition
GAIN, LOSS, CHANGE, SOURCE, PIVOT = (BLOCK * n for n in range(5))
ROW = 5 * BLOCK
# places of what is carried from layer to layer: the ratio of the layer above less that of the one
# at hand, the change next to it, the loss to the ground, the share that follows the layer below
RISE, NEAR, LOST, SHARE = (BLOCK * n for n in range(4))
CARRY = 4 * BLOCK
ZERO = np.float32(0.0)


class SurfaceExchange(NamedTuple):
    """What enters and leaves columns besides mixing, constant over an hour; see `flat_rows`.

    Attributes:
        emission: kg s-1 a cell, (nspecies, nz_emission, blocks * BLOCK), float32.
        emitting: Number of layers with any emission of each species, (nspecies,), int64.
        deposition: Velocity over thickness of the lowest layer, s-1, (nspecies, blocks * BLOCK),
            float32.
    """

    emission: np.ndarray
    emitting: np.ndarray
    deposition: np.ndarray


class DiffusionWork(NamedTuple):
    """Work arrays of one block of columns.

    Attributes:
        rows: Weights and changes of each layer, (nz, 5 * BLOCK), float64.
        carry: Values on the way from layer to layer, (4 * BLOCK,), float64.
        rest: Mixing ratio of a block that is not full, (nz * BLOCK,), float32.
    """

    rows: np.ndarray
    carry: np.ndarray
    rest: np.ndarray


def diffusion_work(nz: int) -> DiffusionWork:
    """Make the work arrays for columns of nz layers."""
    return DiffusionWork(
        np.zeros((nz, ROW)), np.zeros(CARRY), np.zeros(nz * BLOCK, dtype=np.float32)
    )


@njit(**FLAGS)
def diffusion_weights(mass, conductance, block, step, work):
    """Eliminate from the top down.

    Args:
        mass: Air, (nz, ny + 6, width), float64, kg.
        conductance: Of the interfaces, (nz + 1, blocks * BLOCK), float32, kg s-1; zero where the
            tile has no cell, so that nothing happens there.
        block: (first, size) of the block in the flat rows of the tile.
        step: s.
        work: `DiffusionWork`, set.
    """
    first, size = block
    behind = HALO * mass.shape[2] + first
    carry = work.carry
    for k in range(BLOCK):
        carry[SHARE + k] = 0.0
    for up in range(mass.shape[0]):
        layer = mass.shape[0] - 1 - up
        weights = work.rows[layer]
        air = mass[layer].reshape(-1)[behind : behind + size]
        for k in range(BLOCK):
            weights[PIVOT + k] = 1.0
        for k in range(size):
            weights[PIVOT + k] = air[k]
        over = conductance[layer + 1, first : first + BLOCK]
        under = conductance[layer, first : first + BLOCK]
        lowest = layer == 0
        for k in range(BLOCK):
            scale = step / weights[PIVOT + k]
            above = scale * np.float64(over[k])
            below = scale * np.float64(under[k])
            pivot = 1.0 + above * (1.0 - carry[SHARE + k]) + below
            divisor = 1.0 if lowest else pivot
            carry[SHARE + k] = below / divisor
            weights[GAIN + k] = above / divisor
            weights[LOSS + k] = below / divisor
            weights[SOURCE + k] = scale / divisor
            weights[PIVOT + k] = pivot


@njit(**FLAGS)
def descend(cells, first, plane, source, emitting, work):
    """Set the change of all layers but the lowest to what it would be over a fixed ground.

    Args:
        cells: Mixing ratio of one species in flat order, float32.
        first: Place of the lowest cells of the block.
        plane: Cells between two layers.
        source: Emission of the block, kg s-1 a cell, (nz_emission, BLOCK), float32.
        emitting: Number of layers with any.
        work: `DiffusionWork`.
    """
    carry = work.carry
    for k in range(BLOCK):
        carry[RISE + k] = 0.0
        carry[NEAR + k] = 0.0
    place = first + (work.rows.shape[0] - 1) * plane
    for up in range(work.rows.shape[0] - 1):
        layer = work.rows.shape[0] - 1 - up
        weights = work.rows[layer]
        here = cells[place : place + BLOCK]
        place -= plane
        below = cells[place : place + BLOCK]
        for k in range(BLOCK):
            fall = np.float64(here[k]) - np.float64(below[k])
            gained = weights[GAIN + k] * (carry[RISE + k] + carry[NEAR + k])
            change = gained - weights[LOSS + k] * fall
            weights[CHANGE + k] = change
            carry[RISE + k] = fall
            carry[NEAR + k] = change
        if layer < emitting:
            rates = source[layer]
            for k in range(BLOCK):
                change = weights[CHANGE + k] + weights[SOURCE + k] * np.float64(rates[k])
                weights[CHANGE + k] = change
                carry[NEAR + k] = change


@njit(**FLAGS)
def ground(cells, first, source, emits, work):
    """Change the lowest layer, where species deposit; see `descend`."""
    weights, carry = work.rows[0], work.carry
    here = cells[first : first + BLOCK]
    for k in range(BLOCK):
        gained = weights[GAIN + k] * (carry[RISE + k] + carry[NEAR + k])
        weights[CHANGE + k] = gained - carry[LOST + k] * np.float64(here[k])
    if emits:
        rates = source[0]
        for k in range(BLOCK):
            weights[CHANGE + k] += weights[SOURCE + k] * np.float64(rates[k])
    for k in range(BLOCK):
        change = weights[CHANGE + k] / (weights[PIVOT + k] + carry[LOST + k])
        carry[NEAR + k] = change
        here[k] = max(np.float32(np.float64(here[k]) + change), ZERO)


@njit(**FLAGS)
def ascend(cells, first, plane, work):
    """Complete the changes from the second layer upward and add them; see `descend`."""
    carry = work.carry
    place = first
    for layer in range(1, work.rows.shape[0]):
        weights = work.rows[layer]
        place += plane
        here = cells[place : place + BLOCK]
        for k in range(BLOCK):
            change = weights[CHANGE + k] + weights[LOSS + k] * carry[NEAR + k]
            carry[NEAR + k] = change
            here[k] = max(np.float32(np.float64(here[k]) + change), ZERO)


@njit(**FLAGS)
def solve(cells, first, plane, source, emitting, work):
    """Solve one species of one block; see `descend`."""
    descend(cells, first, plane, source, emitting, work)
    ground(cells, first, source, emitting > 0, work)
    ascend(cells, first, plane, work)


@njit(**FLAGS)
def add_deposited(cells, mass, block, deposited, work):
    """Write down what reached the ground.

    Args:
        cells: Mixing ratio of one species after the step, in flat order, float32.
        mass: Air of the lowest layer, (ny + 6, width), float64, kg.
        block: (first, size) of the block in the flat rows of the tile.
        deposited: (ny, nx), float64, kg; added to.
        work: `DiffusionWork`.
    """
    first, size = block
    nx, width = deposited.shape[1], mass.shape[1]
    rows = rows_of(first, size, width)
    for j in range(rows[0], rows[1]):
        start = j * width + HALO
        low, high = max(first, start), min(first + size, start + nx)
        if high <= low:
            continue
        down = deposited[j, low - start : high - start]
        air = mass[HALO + j, HALO + low - start : HALO + high - start]
        lowest = cells[HALO * width + low : HALO * width + high]
        lost = work.carry[LOST + low - first : LOST + high - first]
        for k in range(high - low):
            down[k] += lost[k] * np.float64(lowest[k]) * air[k]


@njit(**FLAGS)
def mix_columns(ratio, mass, conductance, exchange, step, deposited, work):
    """Mix all columns for one step, with emission and dry deposition.

    Args:
        ratio: Mixing ratio, (nspecies, nz, ny + 6, width), float32; updated.
        mass: Air, (nz, ny + 6, width), float64, kg.
        conductance: Of the interfaces, (nz + 1, blocks * BLOCK), float32, kg s-1.
        exchange: `SurfaceExchange`.
        step: s.
        deposited: What reached the ground, (nspecies, ny, nx), float64, kg; added to.
        work: `DiffusionWork`.
    """
    width = mass.shape[2]
    plane = mass.shape[1] * width
    cells_of_rows = deposited.shape[1] * width
    for first in range(0, cells_of_rows, BLOCK):
        block = (first, min(BLOCK, cells_of_rows - first))
        diffusion_weights(mass, conductance, block, step, work)
        place = HALO * width + first
        for species in range(ratio.shape[0]):
            cells = ratio[species].reshape(-1)
            source = exchange.emission[species, :, first : first + BLOCK]
            velocity = exchange.deposition[species, first : first + BLOCK]
            for k in range(BLOCK):
                work.carry[LOST + k] = step * np.float64(velocity[k])
            emitting = exchange.emitting[species]
            if block[1] == BLOCK:
                solve(cells, place, plane, source, emitting, work)
            else:
                load(cells, place, plane, block[1], work.rest)
                solve(work.rest, 0, BLOCK, source, emitting, work)
                save(cells, place, plane, block[1], work.rest)
            add_deposited(cells, mass[0], block, deposited[species], work)
