"""What the generated code of every mechanism shares: blocks of cells in and out, and the guard.

A block is `BLOCK` cells, a vector. Its work array is seen as rows, or flat for loops over many rows
at once. The species that react lie in a stretch of rows: y now, o at the start of the step, c what
sub-steps set to zero (negative numbers), s the sum of c over the blocks, i constant sources, g what
earlier stages add to a stage.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from forecast.chemistry.kernels.elementary import FLAGS, exp32, log10_32, log32
from forecast.chemistry.kernels.lanes import BLOCK

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201

EXACT_FLAGS = {"cache": True, "nogil": True, "error_model": "numpy"}
"""Options of kernels that look for values that are not finite."""
DENSITY_UNIT = np.float32(2.0**-64)
REFERENCE = np.float32(300.0)
OVER_REFERENCE = np.float32(1.0 / 300.0)
ZERO = np.float32(0.0)
LARGEST = np.float32(1e25)
"""Number density that no gas has, molecules cm-3."""


class Cells(NamedTuple):
    """Conditions of cells, float32, n a multiple of `BLOCK`.

    Attributes:
        temperature: K, (n,).
        air: molecules cm-3, (n,).
        water: Water vapour, molecules cm-3, (n,).
        photolysis: s-1, (nphotolysis, n).
        uptake: s-1, (nuptake, n).
    """

    temperature: np.ndarray
    air: np.ndarray
    water: np.ndarray
    photolysis: np.ndarray
    uptake: np.ndarray


class Places(NamedTuple):
    """Rows of the work array.

    Attributes:
        species: Row of y of every species, (nspecies,).
        order: Species of each of the first rows of y, (moving,).
        moving: Rows of species that react or are made; they come first in y.
        now, old, clipped, sums: First rows of y, o, c and s.
        conditions: First of the rows ln(T/300), 1/T - 1/300, air, water.
        inflow, stage: First rows of i and of g, which starts as i.
        photolysis, uptake: Rows of the given rates.
        sources: Row of i of every species, a spare one for those that do not react, (nspecies,).
    """

    species: np.ndarray
    order: np.ndarray
    moving: int
    now: int
    old: int
    clipped: int
    sums: int
    conditions: int
    inflow: int
    stage: int
    photolysis: np.ndarray
    uptake: np.ndarray
    sources: np.ndarray


class Guard(NamedTuple):
    """What may be set to zero in a step before a cell is called failed.

    Attributes:
        share: Share of the larger of the densities before and after the step.
        floor: Density that does not count, molecules cm-3.
    """

    share: np.float32
    floor: np.float32


@njit(**FLAGS)
def exp_rows(flat, first, last):
    """Replace rows by their exponentials."""
    values = flat[first * BLOCK : last * BLOCK]
    for n in range(values.size):
        values[n] = exp32(values[n])


@njit(**FLAGS)
def log10_rows(flat, first, last):
    """Replace rows by their logarithms to base 10."""
    values = flat[first * BLOCK : last * BLOCK]
    for n in range(values.size):
        values[n] = log10_32(values[n])


@njit(**FLAGS)
def set_conditions(cells, places, block, w):
    """Set temperature and densities in the form that rate constants want."""
    first = block * BLOCK
    row = places.conditions
    for i in range(BLOCK):
        temperature = cells.temperature[first + i]
        w[row, i] = log32(temperature * OVER_REFERENCE)
        w[row + 1, i] = (REFERENCE - temperature) / (REFERENCE * temperature)
        w[row + 2, i] = cells.air[first + i] * DENSITY_UNIT
        w[row + 3, i] = cells.water[first + i] * DENSITY_UNIT


@njit(**FLAGS)
def spread(values, rows, first, w):
    """Copy the cells of a block, `first` on, of a field (nrow, n) into rows.

    The length of a row is taken from the array: LLVM would unroll a known one, lane by lane.
    """
    for n in range(rows.size):
        source = values[n, first : first + w.shape[1]]
        target = w[rows[n]]
        for i in range(w.shape[1]):
            target[i] = source[i]


@njit(**FLAGS)
def gather(density, cells, sources, places, block, w):
    """Copy a block into the work array and set what sub-steps start from.

    `sources` is empty when there are none; their rows are zero then.
    """
    first = block * BLOCK
    spread(density, places.species, first, w)
    spread(cells.photolysis, places.photolysis, first, w)
    spread(cells.uptake, places.uptake, first, w)
    if sources.size > 0:
        spread(sources, places.sources, first, w)
    flat = w.reshape(w.size)
    size = places.moving * BLOCK
    now = flat[places.now * BLOCK : places.now * BLOCK + size]
    old = flat[places.old * BLOCK : places.old * BLOCK + size]
    clipped = flat[places.clipped * BLOCK : places.clipped * BLOCK + size]
    inflow = flat[places.inflow * BLOCK : places.inflow * BLOCK + size]
    stage = flat[places.stage * BLOCK : places.stage * BLOCK + size]
    for n in range(size):
        old[n] = now[n]
        clipped[n] = ZERO
        stage[n] = inflow[n]


@njit(**EXACT_FLAGS)
def failures(flat, places, guard):
    """Count densities of a block that are not finite, or that were too far below zero."""
    size = places.moving * BLOCK
    now = flat[places.now * BLOCK : places.now * BLOCK + size]
    old = flat[places.old * BLOCK : places.old * BLOCK + size]
    clipped = flat[places.clipped * BLOCK : places.clipped * BLOCK + size]
    count = 0
    for n in range(size):
        limit = guard.floor + guard.share * max(now[n], old[n])
        good = (now[n] <= LARGEST) & (-clipped[n] <= limit)
        count += 1 - good
    return count


@njit(**EXACT_FLAGS)
def failed_lanes(w, places, guard, failed):
    """Mark the lanes that `failures` counts."""
    for i in range(BLOCK):
        failed[i] = False
        for n in range(places.moving):
            now, old = w[places.now + n, i], w[places.old + n, i]
            limit = guard.floor + guard.share * max(now, old)
            good = (now <= LARGEST) & (-w[places.clipped + n, i] <= limit)
            failed[i] |= not good


@njit(**EXACT_FLAGS)
def scatter(density, failed, places, guard, block, w):
    """Copy a block back, but for cells that failed: those keep their start and are marked."""
    first = block * BLOCK
    flat = w.reshape(w.size)
    if failures(flat, places, guard) == 0:
        for s in range(places.species.size):
            target = density[s, first : first + w.shape[1]]
            source = w[places.species[s]]
            for i in range(w.shape[1]):
                target[i] = source[i]
        size = places.moving * BLOCK
        sums = flat[places.sums * BLOCK : places.sums * BLOCK + size]
        clipped = flat[places.clipped * BLOCK : places.clipped * BLOCK + size]
        for n in range(size):
            sums[n] -= clipped[n]
        return
    lanes = failed[first : first + BLOCK]
    failed_lanes(w, places, guard, lanes)
    for i in range(BLOCK):
        if not lanes[i]:
            for s in range(places.species.size):
                density[s, first + i] = w[places.species[s], i]
            for n in range(places.moving):
                w[places.sums + n, i] -= w[places.clipped + n, i]
