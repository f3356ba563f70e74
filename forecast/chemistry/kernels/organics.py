"""Semi-volatile organic matter between gas and particles: absorptive equilibrium.

Four classes of volatility hold the sums of anthropogenic and biogenic matter; the mass that absorbs
comes from Newton's method, started above the solution, where it falls steadily onto it.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from forecast.chemistry.kernels.elementary import FLAGS, exp32
from forecast.chemistry.kernels.lanes import LANES

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201, ANN202

CLASSES = 4
SPECIES = 2 * CLASSES  # anthropogenic first, then biogenic
ITERATIONS = 10
ONE = np.float32(1.0)
REFERENCE = np.float32(298.0)
SEED = np.float32(1.0e-4)
"""Absorbing mass that is always there, ug m-3: keeps the slope of Newton's method from zero."""
# places of a block in the work array
TOTAL, SATURATION, FIXED, MASS = 0, CLASSES * LANES, 2 * CLASSES * LANES, (2 * CLASSES + 1) * LANES
WORK = (2 * CLASSES + 2) * LANES


class Volatility(NamedTuple):
    """Constants of the semi-volatile species.

    Attributes:
        gases: Rows of SVA1..4, SVB1..4 among the gases, (8,), int64.
        particles: Rows of ASOA1..4, ABOA1..4 among the particles, (8,), int64.
        factors: ug m-3 for one molecule cm-3 of each, (8,), float32.
        saturation: Saturation concentration of the classes at 298 K, ug m-3, (4,), float32.
        warmth: Enthalpy of vaporisation over the gas constant, K, float32.
    """

    gases: np.ndarray
    particles: np.ndarray
    factors: np.ndarray
    saturation: np.ndarray
    warmth: np.float32


@njit(**FLAGS)
def _gather(density, mass, absorbing, temperature, table, first, w):
    """Collect totals, saturation concentrations and the first guess of one block."""
    for k in range(CLASSES):
        saturation = table.saturation[k]
        row = SATURATION + k * LANES
        for i in range(LANES):
            ratio = REFERENCE / temperature[first + i]
            heat = table.warmth * (ONE - ratio) / REFERENCE
            w[row + i] = saturation * ratio * exp32(heat)
    for i in range(LANES):
        w[FIXED + i] = absorbing[first + i] + SEED
        w[MASS + i] = w[FIXED + i]
    for k in range(CLASSES):
        one, two = table.gases[k], table.gases[k + CLASSES]
        three, four = table.particles[k], table.particles[k + CLASSES]
        factor, other = table.factors[k], table.factors[k + CLASSES]
        row = TOTAL + k * LANES
        for i in range(LANES):
            c = first + i
            total = density[one, c] * factor + density[two, c] * other
            total += mass[three, c] + mass[four, c]
            w[row + i] = total
            w[MASS + i] += total


@njit(**FLAGS)
def _newton(w):
    """One step towards the absorbing mass x = fixed + sum of total x / (x + saturation)."""
    for i in range(LANES):
        x = w[MASS + i]
        value = w[FIXED + i]
        slope = ONE
        for k in range(CLASSES):
            saturation = w[SATURATION + k * LANES + i]
            inverse = ONE / (x + saturation)
            share = w[TOTAL + k * LANES + i] * inverse
            value += share * x
            slope -= share * saturation * inverse
        # the slope is that of the seed at least: it cannot vanish at the solution
        x = x - (x - value) / max(slope, SEED)
        w[MASS + i] = max(x, w[FIXED + i])


@njit(**FLAGS)
def partition(density, mass, absorbing, temperature, table, w):
    """Bring gases and particles of every cell into equilibrium; the mass of each species is kept.

    Args:
        density: Gases, (nspecies, n), float32, molecules cm-3; updated.
        mass: Particles, (naerosol, n), float32, ug m-3; updated.
        absorbing: What the matter dissolves in besides itself, (n,), float32, ug m-3.
        temperature: (n,), float32, K.
        table: `Volatility`.
        w: Work array, (WORK,), float32.
    """
    for block in range(temperature.size // LANES):
        first = block * LANES
        _gather(density, mass, absorbing, temperature, table, first, w)
        for _ in range(ITERATIONS):
            _newton(w)
        for s in range(SPECIES):
            gas, particle, factor = table.gases[s], table.particles[s], table.factors[s]
            inverse = ONE / factor
            row = SATURATION + (s % CLASSES) * LANES
            for i in range(LANES):
                c = first + i
                total = density[gas, c] * factor + mass[particle, c]
                condensed = total * (w[MASS + i] / (w[MASS + i] + w[row + i]))
                mass[particle, c] = condensed
                density[gas, c] = (total - condensed) * inverse
