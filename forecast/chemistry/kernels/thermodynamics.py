"""Equilibrium of sulfate, nitrate, ammonium, sodium, chloride and water, sixteen cells at a time.

A solution without solids: electroneutrality fixes H+ for given water and activity coefficients (one
monotone equation, solved by Newton steps that stay inside a bracket), and water and coefficients
follow from the composition; the two are repeated until nothing moves, at most so many times.
Amounts of a cell are divided by their sum, so that single precision holds from clean to polluted
air. Equations and sources: docs/science/thermodynamics.md.
"""

import numpy as np
from numba import njit

from forecast.chemistry.kernels.elementary import FLAGS, exp32, log32
from forecast.chemistry.kernels.lanes import LANES
from forecast.chemistry.kernels.thermodynamics_activity import move_coefficients
from forecast.chemistry.kernels.thermodynamics_block import (
    AMMONIUM,
    CHANGE,
    CHLORIDE,
    COOLING,
    G_CL,
    G_H,
    G_HSO4,
    G_NH4,
    G_NO3,
    G_SO4,
    HALF,
    HIGH,
    K_AMMONIA,
    K_BISULFATE,
    K_HYDROCHLORIC,
    K_LEAST,
    K_NITRIC,
    K_WATER,
    LAST_H,
    LN_10,
    LN_H,
    LN_W,
    LOW,
    M_CL,
    M_H,
    M_HSO4,
    M_NA,
    M_NH4,
    M_NO3,
    M_SO4,
    MOVING,
    NEW_W,
    NITRATE,
    ONE,
    R_AMMONIA,
    R_BISULFATE,
    R_HYDROCHLORIC,
    R_NITRIC,
    SALTS,
    SINGLE,
    SODIUM,
    SULFATE,
    TOTAL,
    TWO,
    W_AB,
    W_AC,
    W_AN,
    W_AS,
    W_LC,
    W_SA,
    W_SB,
    W_SC,
    W_SN,
    W_SS,
    WARMTH,
    ZERO,
    F,
)

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201, ANN202

REFERENCE = F(298.15)  # K, of the constants
GAS_CONSTANT = F(8.20574e-5)  # m3 atm mol-1 K-1
LN_HNO3, HNO3_A, HNO3_B = F(np.log(2.511e6)), F(29.17), F(16.83)
LN_HCL, HCL_A, HCL_B = F(np.log(1.971e6)), F(30.20), F(19.91)
LN_NH3, NH3_A, NH3_B = F(np.log(57.639)), F(13.79), F(-5.393)
LN_BASE, BASE_A, BASE_B = F(np.log(1.805e-5)), F(-1.50), F(26.92)
LN_WATER, WATER_A, WATER_B = F(np.log(1.010e-14)), F(-22.52), F(26.92)
LN_HSO4, HSO4_A, HSO4_B = F(np.log(1.015e-2)), F(8.85), F(25.14)
LEAST_DISSOCIATED = F(0.25)  # kg mol-1, least ratio of HSO4- to SO4-- and H+ at 298.15 K

SMALLEST_TOTAL = F(1e-20)  # mol m-3
SMALLEST_WATER = F(1e-9)  # kg per mole of all species
LN_SPAN = F(60.0)
LN_H_FIRST, LN_H_LOWEST, LN_H_HIGHEST = F(-7.0), F(-27.6), F(7.0)  # ln of mol kg-1
LONGEST_STEP = F(2.5)


FIRST_HALVINGS, NEWTON_STEPS = 10, 3
QUICK_SWEEPS, SWEEPS = 12, 24
QUICK, CALM, AT_ONCE = F(0.8), F(0.6), ONE
SETTLED = F(3e-4)  # change of ln of H+, of water and of any activity coefficient in a sweep


@njit(**FLAGS)
def _constant(ln_k, a, b, ratio, ln_ratio):
    """Return ln K (van 't Hoff, constant heat capacity) for T0 / T and its logarithm."""
    return ln_k + a * (ratio - ONE) + b * (ONE + ln_ratio - ratio)


@njit(**FLAGS)
def _prepare(cells, first, w):
    """Fill amounts as shares of their sum, and constants at the cells' temperatures."""
    for k in range(LANES):
        c = first + k
        total = max(
            cells[2, c] + cells[3, c] + cells[4, c] + cells[5, c] + cells[6, c], SMALLEST_TOTAL
        )
        share = ONE / total
        w[TOTAL + k] = total
        w[SULFATE + k] = cells[2, c] * share
        w[NITRATE + k] = cells[3, c] * share
        w[AMMONIUM + k] = cells[4, c] * share
        w[SODIUM + k] = cells[5, c] * share
        w[CHLORIDE + k] = cells[6, c] * share
        temperature = cells[0, c]
        ratio = REFERENCE / temperature
        ln_ratio = log32(ratio)
        gas = log32(GAS_CONSTANT * temperature) + log32(total)
        ln_water = _constant(LN_WATER, WATER_A, WATER_B, ratio, ln_ratio)
        ln_base = _constant(LN_BASE, BASE_A, BASE_B, ratio, ln_ratio)
        ln_hso4 = _constant(LN_HSO4, HSO4_A, HSO4_B, ratio, ln_ratio)
        ln_nh3 = _constant(LN_NH3, NH3_A, NH3_B, ratio, ln_ratio)
        w[K_NITRIC + k] = _constant(LN_HNO3, HNO3_A, HNO3_B, ratio, ln_ratio) + gas
        w[K_HYDROCHLORIC + k] = _constant(LN_HCL, HCL_A, HCL_B, ratio, ln_ratio) + gas
        w[K_AMMONIA + k] = ln_nh3 + ln_base - ln_water + gas
        w[K_WATER + k] = exp32(ln_water)
        w[K_BISULFATE + k] = -ln_hso4
        w[K_LEAST + k] = exp32(LN_HSO4 - ln_hso4) * LEAST_DISSOCIATED
        celsius = F(0.005) * (temperature - F(273.15))
        w[WARMTH + k] = F(1.125) - celsius
        w[COOLING + k] = (F(0.125) - celsius) * LN_10


@njit(**FLAGS)
def _single_salts(cells, first, water, w):
    """Fill the water of one mole of each salt alone, kg, at the cells' humidity."""
    for salt in range(SALTS):
        place = SINGLE + LANES * salt
        c6, c5, c4 = water[salt, 0], water[salt, 1], water[salt, 2]
        c3, c2, c1, c0 = water[salt, 3], water[salt, 4], water[salt, 5], water[salt, 6]
        for k in range(LANES):
            activity = min(max(cells[1, first + k], F(0.1)), F(0.99))
            dry = ONE - activity
            root = np.sqrt(dry)
            p = (((((c6 * root + c5) * root + c4) * root + c3) * root + c2) * root + c1) * root
            w[place + k] = exp32(p + c0) * activity / dry


@njit(**FLAGS)
def _start(w):
    """First guess: everything in the solution, H+ small."""
    for k in range(LANES):
        sulfate, nitrate, chloride = w[SULFATE + k], w[NITRATE + k], w[CHLORIDE + k]
        ammonium, sodium = w[AMMONIUM + k], w[SODIUM + k]
        water = sulfate * w[W_AS + k] + nitrate * w[W_AN + k] + chloride * w[W_SC + k]
        water = max(water, SMALLEST_WATER)
        per = ONE / water
        w[LN_W + k] = log32(water)
        w[LN_H + k] = LN_H_FIRST
        w[MOVING + k] = ONE
        w[M_H + k] = ZERO
        w[M_NH4 + k] = ammonium * per
        w[M_NA + k] = sodium * per
        w[M_SO4 + k] = sulfate * per
        w[M_HSO4 + k] = ZERO
        w[M_NO3 + k] = nitrate * per
        w[M_CL + k] = chloride * per


@njit(**FLAGS)
def _ratios(w):
    """Fill the partition of each volatile species and of sulfate, as factors of H+ or of 1 / H+."""
    for k in range(LANES):
        ln_w, acid = w[LN_W + k], w[G_H + k]
        nitric = w[K_NITRIC + k] + ln_w - acid - w[G_NO3 + k]
        hydrochloric = w[K_HYDROCHLORIC + k] + ln_w - acid - w[G_CL + k]
        ammonia = w[K_AMMONIA + k] + ln_w + acid - w[G_NH4 + k]
        bisulfate = w[K_BISULFATE + k] + acid + w[G_SO4 + k] - w[G_HSO4 + k]
        w[R_NITRIC + k] = exp32(min(max(-nitric, -LN_SPAN), LN_SPAN))
        w[R_HYDROCHLORIC + k] = exp32(min(max(-hydrochloric, -LN_SPAN), LN_SPAN))
        w[R_AMMONIA + k] = exp32(min(max(ammonia, -LN_SPAN), LN_SPAN))
        w[R_BISULFATE + k] = exp32(min(max(bisulfate, -LN_SPAN), LN_SPAN)) + w[K_LEAST + k]
        w[LOW + k] = LN_H_LOWEST
        w[HIGH + k] = LN_H_HIGHEST


@njit(**FLAGS)
def _acidity(w, halve):
    """One step towards the H+ that makes the solution neutral, by halving or by Newton."""
    for k in range(LANES):
        u = w[LN_H + k]
        h = exp32(u)
        water = exp32(w[LN_W + k])
        ra, rb = w[R_AMMONIA + k] * h, w[R_BISULFATE + k] * h
        kept_a = ra / (ONE + ra)
        kept_n = ONE / (ONE + w[R_NITRIC + k] * h)
        kept_c = ONE / (ONE + w[R_HYDROCHLORIC + k] * h)
        twice = ONE / (ONE + rb)
        nh4 = w[AMMONIUM + k] * kept_a
        no3 = w[NITRATE + k] * kept_n
        cl = w[CHLORIDE + k] * kept_c
        so4 = w[SULFATE + k] * twice
        free = h * water
        hydroxide = water * w[K_WATER + k] / h
        plus = free + nh4 + w[SODIUM + k]
        minus = hydroxide + w[SULFATE + k] + so4 + no3 + cl
        gain = free + nh4 * (ONE - kept_a)
        loss = hydroxide + no3 * (ONE - kept_n) + cl * (ONE - kept_c) + so4 * (ONE - twice)
        tiny = F(1e-30)
        slope = gain / (plus + tiny) + loss / (minus + tiny)
        step = log32((minus + tiny) / (plus + tiny)) / (slope + F(1e-12))
        low = u if plus < minus else w[LOW + k]
        high = w[HIGH + k] if plus < minus else u
        w[LOW + k] = low
        w[HIGH + k] = high
        middle = HALF * (low + high)
        guess = u + min(max(step, -LONGEST_STEP), LONGEST_STEP)
        inside = guess if (guess >= low) & (guess <= high) else middle
        next_u = middle if halve else inside
        w[LN_H + k] = next_u if w[MOVING + k] > ZERO else u


@njit(**FLAGS)
def _compose(w):
    """Fill the molalities at the present H+ and the water that this composition holds."""
    for k in range(LANES):
        h = exp32(w[LN_H + k])
        per = exp32(-w[LN_W + k])
        ra = w[R_AMMONIA + k] * h
        sodium, sulfate = w[SODIUM + k], w[SULFATE + k]
        nh4 = w[AMMONIUM + k] * ra / (ONE + ra)
        no3 = w[NITRATE + k] / (ONE + w[R_NITRIC + k] * h)
        cl = w[CHLORIDE + k] / (ONE + w[R_HYDROCHLORIC + k] * h)
        so4 = sulfate / (ONE + w[R_BISULFATE + k] * h)
        w[M_H + k] = h
        w[M_NH4 + k] = nh4 * per
        w[M_NA + k] = sodium * per
        w[M_SO4 + k] = so4 * per
        w[M_HSO4 + k] = (sulfate - so4) * per
        w[M_NO3 + k] = no3 * per
        w[M_CL + k] = cl * per
        cations = nh4 + sodium
        tiny = F(1e-30)
        salty = sodium / (cations + tiny)
        left = (cations - no3 - cl) / (sulfate + tiny)
        left = min(max(left, ZERO), TWO)
        to_1 = min(left, ONE)
        to_15 = min(max(TWO * (left - ONE), ZERO), ONE)
        to_2 = min(max(TWO * left - F(3.0), ZERO), ONE)
        w_sa, w_ab, w_sb = w[W_SA + k], w[W_AB + k], w[W_SB + k]
        w_lc = HALF * w[W_LC + k]
        w_ss = w[W_SS + k]
        w_so = HALF * (w_sb + w_ss)
        ammonium_like = w_sa + to_1 * (w_ab - w_sa) + to_15 * (w_lc - w_ab)
        ammonium_like += to_2 * (w[W_AS + k] - w_lc)
        sodium_like = w_sa + to_1 * (w_sb - w_sa) + to_15 * (w_so - w_sb) + to_2 * (w_ss - w_so)
        water = sulfate * (ammonium_like + salty * (sodium_like - ammonium_like))
        water += no3 * (w[W_AN + k] + salty * (w[W_SN + k] - w[W_AN + k]))
        water += cl * (w[W_AC + k] + salty * (w[W_SC + k] - w[W_AC + k]))
        w[NEW_W + k] = log32(max(water, SMALLEST_WATER))


@njit(**FLAGS)
def _sweep(w, weight):
    """Solve for H+, then move water and activity coefficients towards what follows from it.

    A cell that has settled stays as it is, however many sweeps its block still takes. Returns how
    many cells of the block still move.
    """
    for k in range(LANES):
        w[LAST_H + k] = w[LN_H + k]
    _ratios(w)
    for _ in range(NEWTON_STEPS):
        _acidity(w, False)
    _compose(w)
    move_coefficients(w, weight)
    moving = ZERO
    for k in range(LANES):
        step = w[NEW_W + k] - w[LN_W + k]
        change = max(max(abs(step), abs(w[LN_H + k] - w[LAST_H + k])), w[CHANGE + k])
        w[LN_W + k] += weight * w[MOVING + k] * step
        still = w[MOVING + k] if change > SETTLED else ZERO
        w[MOVING + k] = still
        moving += still
    return moving


@njit(**FLAGS)
def _finish(cells, first, w, results):
    """Write gases (mol m-3), water (kg m-3) and H+ (mol kg-1); particles are what is left."""
    for k in range(LANES):
        c = first + k
        h = exp32(w[LN_H + k])
        ra = w[R_AMMONIA + k] * h
        rn, rc = w[R_NITRIC + k] * h, w[R_HYDROCHLORIC + k] * h
        results[0, c] = min(cells[4, c] / (ONE + ra), cells[4, c])
        results[1, c] = min(cells[3, c] * (rn / (ONE + rn)), cells[3, c])
        results[2, c] = min(cells[6, c] * (rc / (ONE + rc)), cells[6, c])
        results[3, c] = exp32(w[LN_W + k]) * w[TOTAL + k]
        results[4, c] = h
        results[5, c] = exp32(w[G_H + k])


@njit(**FLAGS)
def equilibrate_metastable(cells, water, w, results):
    """Equilibrate cells that hold no solid.

    Args:
        cells: Temperature (K), humidity (0..1), sulfate, nitrate, ammonium, sodium, chloride
            (mol m-3, gas and particles), (7, n), float32, n a multiple of `LANES`.
        water: Coefficients of the water of single salts, (10, 7), float32.
        w: Work array, (`WORK`,) of `thermodynamics_block`, float32.
        results: Ammonia, nitric acid, hydrochloric acid in the gas (mol m-3), water (kg m-3), H+
            (mol kg-1), its activity coefficient, (6, n), float32, overwritten.
    """
    for block in range(cells.shape[1] // LANES):
        first = block * LANES
        _prepare(cells, first, w)
        _single_salts(cells, first, water, w)
        _start(w)
        for place in range(G_H, G_CL + LANES):
            w[place] = ZERO
        move_coefficients(w, AT_ONCE)
        _ratios(w)
        for _ in range(FIRST_HALVINGS):
            _acidity(w, True)
        for sweep in range(SWEEPS):
            if _sweep(w, QUICK if sweep < QUICK_SWEEPS else CALM) == ZERO:
                break
        _ratios(w)
        _finish(cells, first, w, results)
