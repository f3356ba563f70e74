"""Activity coefficients of ions in a mixture, from those of single salts.

Kusik and Meissner (1978) for a salt alone, their dependence on temperature, and Bromley's (1973)
mixing, as in Fountoukis and Nenes (2007): docs/science/thermodynamics.md.
"""

import numpy as np
from numba import njit

from forecast.chemistry.kernels.elementary import FLAGS, exp32, log32
from forecast.chemistry.kernels.lanes import LANES
from forecast.chemistry.kernels.thermodynamics_block import (
    CHANGE,
    COOLING,
    G_CL,
    G_H,
    G_HSO4,
    G_NA,
    G_NH4,
    G_NO3,
    G_SO4,
    H_CL,
    H_HSO4,
    H_NO3,
    H_SO4,
    HALF,
    IONS,
    M_CL,
    M_H,
    M_HSO4,
    M_NA,
    M_NH4,
    M_NO3,
    M_SO4,
    MOVING,
    NA_CL,
    NA_NO3,
    NA_SO4,
    NH4_CL,
    NH4_NO3,
    NH4_SO4,
    ONE,
    TWO,
    WARMTH,
    F,
)

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201, ANN202

MOST_IONS = F(100.0)  # mol kg-1, ionic strength where the activity coefficients end
LEAST_IONS = F(1e-6)
DEBYE = F(0.511 * np.log(10.0))
KM_DEBYE = F(0.5107 * np.log(10.0))


@njit(**FLAGS)
def _single(q, charge, ions, warmth, cooling):
    """Return ln of the mean activity coefficient of one salt alone (Kusik and Meissner)."""
    root, damping, ln_growth = ions
    b = F(0.75) - F(0.065) * q
    c = ONE + F(0.055) * q * damping
    grown = ONE + b * exp32(q * ln_growth) - b
    return charge * (warmth * (log32(grown) - KM_DEBYE * root / (ONE + c * root)) - cooling)


@njit(**FLAGS)
def _pairs(w):
    """Fill ionic strength and ln of the mean coefficient of each cation with each anion alone."""
    for k in range(LANES):
        ions = w[M_H + k] + w[M_NH4 + k] + w[M_NA + k] + w[M_HSO4 + k] + w[M_NO3 + k] + w[M_CL + k]
        whole = max(HALF * ions + TWO * w[M_SO4 + k], LEAST_IONS)
        w[IONS + k] = whole
        ionic = min(whole, MOST_IONS)
        root = np.sqrt(ionic)
        power = exp32(F(0.92) * log32(ionic))
        cold = w[COOLING + k] * (F(0.039) * power - F(0.41) * root / (ONE + root))
        damping = exp32(max(F(-0.023) * ionic * ionic * ionic, F(-20.0)))
        state = (root, damping, log32(ONE + F(0.1) * ionic))
        warmth = w[WARMTH + k]
        w[H_SO4 + k] = _single(F(-0.1), TWO, state, warmth, cold)
        w[H_HSO4 + k] = _single(F(8.0), ONE, state, warmth, cold)
        w[H_NO3 + k] = _single(F(2.6), ONE, state, warmth, cold)
        w[H_CL + k] = _single(F(6.0), ONE, state, warmth, cold)
        w[NH4_SO4 + k] = _single(F(-0.25), TWO, state, warmth, cold)
        w[NH4_NO3 + k] = _single(F(-1.15), ONE, state, warmth, cold)
        w[NH4_CL + k] = _single(F(0.82), ONE, state, warmth, cold)
        w[NA_SO4 + k] = _single(F(-0.19), TWO, state, warmth, cold)
        w[NA_NO3 + k] = _single(F(-0.39), ONE, state, warmth, cold)
        w[NA_CL + k] = _single(F(2.23), ONE, state, warmth, cold)


@njit(**FLAGS)
def move_coefficients(w, weight):
    """Move the ions' activity coefficients towards those of the present molalities.

    The coefficients of ammonium and sodium bisulfate follow from their chlorides and the two acids.
    """
    _pairs(w)
    for k in range(LANES):
        h, nh4, na = w[M_H + k], w[M_NH4 + k], w[M_NA + k]
        so4, hso4, no3, cl = w[M_SO4 + k], w[M_HSO4 + k], w[M_NO3 + k], w[M_CL + k]
        whole = w[IONS + k]
        h_so4, h_hso4, h_no3, h_cl = w[H_SO4 + k], w[H_HSO4 + k], w[H_NO3 + k], w[H_CL + k]
        nh4_so4, nh4_no3, nh4_cl = w[NH4_SO4 + k], w[NH4_NO3 + k], w[NH4_CL + k]
        na_so4, na_no3, na_cl = w[NA_SO4 + k], w[NA_NO3 + k], w[NA_CL + k]
        nh4_hso4, na_hso4 = nh4_cl + h_hso4 - h_cl, na_cl + h_hso4 - h_cl
        root = np.sqrt(min(whole, MOST_IONS))
        d = DEBYE * root / (ONE + root)
        per = ONE / whole
        y_so4, y_hso4, y_no3, y_cl = F(2.25) * so4 * per, hso4 * per, no3 * per, cl * per
        x_h, x_nh4, x_na = h * per, nh4 * per, na * per
        shield = TWO * d * y_so4 + d * (y_hso4 + y_no3 + y_cl) - d
        g_h = y_so4 * h_so4 + y_hso4 * h_hso4 + y_no3 * h_no3 + y_cl * h_cl + shield
        g_nh4 = y_so4 * nh4_so4 + y_hso4 * nh4_hso4 + y_no3 * nh4_no3 + y_cl * nh4_cl + shield
        g_na = y_so4 * na_so4 + y_hso4 * na_hso4 + y_no3 * na_no3 + y_cl * na_cl + shield
        shield = d * (x_h + x_nh4 + x_na)
        g_so4 = F(4.5) * (x_h * h_so4 + x_nh4 * nh4_so4 + x_na * na_so4 + TWO * shield)
        g_so4 -= F(4.0) * d
        shield -= d
        g_hso4 = x_h * h_hso4 + x_nh4 * nh4_hso4 + x_na * na_hso4 + shield
        g_no3 = x_h * h_no3 + x_nh4 * nh4_no3 + x_na * na_no3 + shield
        g_cl = x_h * h_cl + x_nh4 * nh4_cl + x_na * na_cl + shield
        part = weight * w[MOVING + k]
        d_h = g_h - w[G_H + k]
        d_nh4 = g_nh4 - w[G_NH4 + k]
        d_na = g_na - w[G_NA + k]
        d_so4 = g_so4 - w[G_SO4 + k]
        d_hso4 = g_hso4 - w[G_HSO4 + k]
        d_no3 = g_no3 - w[G_NO3 + k]
        d_cl = g_cl - w[G_CL + k]
        first = max(max(abs(d_h), abs(d_nh4)), max(abs(d_na), abs(d_so4)))
        w[CHANGE + k] = max(first, max(max(abs(d_hso4), abs(d_no3)), abs(d_cl)))
        w[G_H + k] += part * d_h
        w[G_NH4 + k] += part * d_nh4
        w[G_NA + k] += part * d_na
        w[G_SO4 + k] += part * d_so4
        w[G_HSO4 + k] += part * d_hso4
        w[G_NO3 + k] += part * d_no3
        w[G_CL + k] += part * d_cl
