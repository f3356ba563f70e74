"""The simple scheme: one step of first-order conversion in every cell.

In this order: NO to NO2; SO2 to sulfate; NO2 to nitrate, as far as there is ammonia that sulfate
does not need; ammonia to ammonium, as much as sulfate and nitrate bind. Losses are x / (1 + x)
with x = rate * step (backward Euler), so nothing becomes negative. Moles of sulfur, oxidised and
reduced nitrogen are kept.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201

FLAGS = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"nnan", "ninf", "nsz"},
}
HALO = 3
LANES = 32
ONE = np.float32(1.0)
TWO = np.float32(2.0)
ZERO = np.float32(0.0)
# places of a group of cells in the work array: seven species, as they were, fine aerosol, rates
REACTING = 7
SO2, NO, NO2, NH3, SO4, NO3, NH4 = (LANES * n for n in range(REACTING))
OLD = LANES * REACTING
FINE = 2 * OLD
SO2_RATE, NO2_RATE = FINE + LANES, FINE + 2 * LANES
WORK = FINE + 3 * LANES


class Rates(NamedTuple):
    """Rates of an hour, (nz, ny, groups * LANES), float32.

    Attributes:
        so2_gas: SO2 by OH, s-1.
        so2_surface: SO2 on particles, s-1 for a mixing ratio of fine particles of 1.
        no2_gas: NO2 by OH, s-1.
        no2_surface: NO2 on particles, s-1 for a mixing ratio of fine particles of 1.
    """

    so2_gas: np.ndarray
    so2_surface: np.ndarray
    no2_gas: np.ndarray
    no2_surface: np.ndarray


class Substances(NamedTuple):
    """Which species react, and constants of the scheme.

    Attributes:
        places: Index of SO2, NO, NO2, NH3, sulfate, nitrate, ammonium, (7,), int64.
        fine: Indices of everything in fine particles, (n,), int64.
        inverse_molar: mol kg-1 of the seven, (7,), float32.
        molar: kg mol-1 of the seven, (7,), float32.
        oxidised: Share of NO that becomes NO2 in one step, float32.
    """

    places: np.ndarray
    fine: np.ndarray
    inverse_molar: np.ndarray
    molar: np.ndarray
    oxidised: np.float32


@njit(**FLAGS)
def gather(ratio, table, layer, place, w):
    """Copy the reacting species and the sum of fine particles of one group of cells."""
    j, first = place
    for n in range(REACTING):
        row = ratio[table.places[n], layer, j, first : first + LANES]
        slot = w[n * LANES : (n + 1) * LANES]
        old = w[OLD + n * LANES : OLD + (n + 1) * LANES]
        for k in range(LANES):
            slot[k] = row[k]
            old[k] = row[k]
    for k in range(LANES):
        w[FINE + k] = ZERO
    for n in range(table.fine.size):
        row = ratio[table.fine[n], layer, j, first : first + LANES]
        for k in range(LANES):
            w[FINE + k] += row[k]


@njit(**FLAGS)
def set_rates(rates, layer, j, west, step, w):
    """Set the products of rate and step of one group of cells."""
    gas = rates.so2_gas[layer, j, west : west + LANES]
    surface = rates.so2_surface[layer, j, west : west + LANES]
    for k in range(LANES):
        w[SO2_RATE + k] = step * (gas[k] + surface[k] * w[FINE + k])
    gas = rates.no2_gas[layer, j, west : west + LANES]
    surface = rates.no2_surface[layer, j, west : west + LANES]
    for k in range(LANES):
        w[NO2_RATE + k] = step * (gas[k] + surface[k] * w[FINE + k])


@njit(**FLAGS)
def convert(molar, inverse, oxidised, w):
    """React in one group of cells; see the module."""
    m_so4, m_no2, m_no3, m_nh3, m_nh4 = molar[4], molar[2], molar[5], molar[3], molar[6]
    i_so2, i_no, i_no2, i_nh3 = inverse[0], inverse[1], inverse[2], inverse[3]
    i_so4, i_no3, i_nh4 = inverse[4], inverse[5], inverse[6]
    for k in range(LANES):
        lost = oxidised * w[NO + k]
        w[NO + k] -= lost
        no2 = w[NO2 + k] + lost * i_no * m_no2

        so2, x = w[SO2 + k], w[SO2_RATE + k]
        lost = so2 * (x / (ONE + x))
        w[SO2 + k] = so2 - lost
        so4 = w[SO4 + k] + lost * i_so2 * m_so4
        w[SO4 + k] = so4

        free = w[NH3 + k] * i_nh3
        wanted = TWO * so4 * i_so4 + w[NO3 + k] * i_no3 - w[NH4 + k] * i_nh4
        x = w[NO2_RATE + k]
        formed = min(no2 * i_no2 * (x / (ONE + x)), max(free - wanted, ZERO))
        bound = min(max(wanted + formed, ZERO), free)

        w[NO2 + k] = max(no2 - formed * m_no2, ZERO)
        w[NO3 + k] += formed * m_no3
        w[NH3 + k] = max(w[NH3 + k] - bound * m_nh3, ZERO)
        w[NH4 + k] += bound * m_nh4


@njit(**FLAGS)
def react(ratio, mass, rates, table, step, changed, w):
    """Advance the simple scheme by one step in all cells.

    Args:
        ratio: Mixing ratio, (nspecies, nz, ny + 6, width), float32; updated.
        mass: Air, (nz, ny + 6, width), float64, kg.
        rates: `Rates` of the hour.
        table: `Substances`.
        step: s, float32.
        changed: What reactions have made of each species, (nspecies, ny, nx), float64, kg; added
            to, negative for losses.
        w: Work array, (WORK,), float32.
    """
    ny, nx = changed.shape[1], changed.shape[2]
    for layer in range(mass.shape[0]):
        for j in range(ny):
            for west in range(0, nx, LANES):
                first = HALO + west
                gather(ratio, table, layer, (HALO + j, first), w)
                set_rates(rates, layer, j, west, step, w)
                convert(table.molar, table.inverse_molar, table.oxidised, w)
                count = min(LANES, nx - west)
                air = mass[layer, HALO + j, first : first + count]
                for n in range(REACTING):
                    species = table.places[n]
                    row = ratio[species, layer, HALO + j, first : first + count]
                    made = changed[species, j, west : west + count]
                    new = w[n * LANES : (n + 1) * LANES]
                    old = w[OLD + n * LANES : OLD + (n + 1) * LANES]
                    for k in range(count):
                        row[k] = new[k]
                        made[k] += np.float64(new[k] - old[k]) * air[k]
