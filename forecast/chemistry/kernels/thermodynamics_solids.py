"""Equilibrium with solids: salts are dry below their humidity of deliquescence.

The solution of `thermodynamics` with less in it: each sweep takes out what a salt has beyond its
solubility at the present cations, and water is what the dissolved remainder holds. Where no water
is left that the remainder could hold, everything is dry; so the mutual deliquescence of a mixture
comes out of the solubilities of its salts. Solid ammonium nitrate and ammonium chloride exchange
with the gas. Equations and sources: docs/science/thermodynamics.md.
"""

import numpy as np
from numba import njit

from forecast.chemistry.kernels import thermodynamics as wet
from forecast.chemistry.kernels.elementary import FLAGS, exp32, log32
from forecast.chemistry.kernels.lanes import LANES
from forecast.chemistry.kernels.thermodynamics import (
    AT_ONCE,
    CALM,
    FIRST_HALVINGS,
    GAS_CONSTANT,
    LN_SPAN,
    NEWTON_STEPS,
    QUICK,
    REFERENCE,
    SMALLEST_WATER,
)
from forecast.chemistry.kernels.thermodynamics_activity import move_coefficients
from forecast.chemistry.kernels.thermodynamics_block import (
    AMMONIUM,
    CHLORIDE,
    G_CL,
    G_H,
    HALF,
    LN_H,
    LN_W,
    M_CL,
    M_NA,
    M_NH4,
    M_NO3,
    NEW_W,
    NITRATE,
    ONE,
    R_AMMONIA,
    R_HYDROCHLORIC,
    R_NITRIC,
    SALTS,
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
    W_SC,
    W_SN,
    W_SS,
    ZERO,
    F,
)
from forecast.chemistry.kernels.thermodynamics_block import WORK as SOLUTION

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201, ANN202

# slots behind those of the solution
ALL_SULFATE, ALL_NITRATE, ALL_AMMONIUM, ALL_SODIUM, ALL_CHLORIDE = (
    SOLUTION + LANES * n for n in range(5)
)
MOST = SOLUTION + LANES * 5
MOST_AB, MOST_LC, MOST_AS = MOST + LANES, MOST + 2 * LANES, MOST + 3 * LANES
MOST_SS, MOST_AN, MOST_SN = MOST + 5 * LANES, MOST + 6 * LANES, MOST + 7 * LANES
MOST_AC, MOST_SC = MOST + 8 * LANES, MOST + 9 * LANES
DRY_AN, DRY_AC, GAS_AN, GAS_AC = (SOLUTION + LANES * n for n in range(15, 19))
SOLID_AS, SOLID_SS, SOLID_AN, SOLID_SN = (SOLUTION + LANES * n for n in range(19, 23))
SOLID_AC, SOLID_SC, SOLID_LC, SOLID_AB = (SOLUTION + LANES * n for n in range(23, 27))
AMOUNT_AS, AMOUNT_SS, AMOUNT_AN, AMOUNT_SN = (SOLUTION + LANES * n for n in range(27, 31))
AMOUNT_AC, AMOUNT_SC, AMOUNT_LC, AMOUNT_AB = (SOLUTION + LANES * n for n in range(31, 35))
HOLDS_AS, HOLDS_SS, HOLDS_AN, HOLDS_SN = (SOLUTION + LANES * n for n in range(35, 39))
HOLDS_AC, HOLDS_SC, HOLDS_LC, HOLDS_AB = (SOLUTION + LANES * n for n in range(39, 43))
ACID_WATER, SHORT = SOLUTION + LANES * 43, SOLUTION + LANES * 44
WORK = SOLUTION + 45 * LANES

# dissociation of solid NH4NO3 (Mozurkewich 1993, ppb2) and NH4Cl (atm2) into their gases
NITRATE_0, NITRATE_1, NITRATE_2 = F(118.87 - 18.0 * np.log(10.0)), F(-24084.0), F(-6.025)
CHLORIDE_LN, CHLORIDE_A, CHLORIDE_B = F(np.log(1.086e-16)), F(-71.0), F(2.40)
QUICK_SWEEPS, CALM_SWEEPS, WATER_STEPS = 18, 12, 4
LEAST_CATION = F(1e-3)
DRY = F(3e-5)  # kg per mole of all species, less is no liquid water
NH4NO3_PLACE, NH4CL_PLACE = 6, 8


@njit(**FLAGS)
def _solubilities(cells, first, water, onset, w):
    """Fill the molality at which each salt alone deliquesces, and keep the totals."""
    for salt in range(SALTS):
        place = MOST + LANES * salt
        c6, c5, c4 = water[salt, 0], water[salt, 1], water[salt, 2]
        c3, c2, c1, c0 = water[salt, 3], water[salt, 4], water[salt, 5], water[salt, 6]
        level, slope = onset[salt, 0], onset[salt, 1]
        for k in range(LANES):
            activity = min(exp32(level + slope / cells[0, first + k]), F(0.985))
            dry = ONE - activity
            root = np.sqrt(dry)
            p = (((((c6 * root + c5) * root + c4) * root + c3) * root + c2) * root + c1) * root
            w[place + k] = exp32(-p - c0) * dry / activity
    for k in range(LANES):
        w[ALL_SULFATE + k] = w[SULFATE + k]
        w[ALL_NITRATE + k] = w[NITRATE + k]
        w[ALL_AMMONIUM + k] = w[AMMONIUM + k]
        w[ALL_SODIUM + k] = w[SODIUM + k]
        w[ALL_CHLORIDE + k] = w[CHLORIDE + k]
    for place in range(SOLID_AS, SOLID_AB + LANES):
        w[place] = ZERO


@njit(**FLAGS)
def _solid_gases(cells, first, onset, w):
    """Fill the products of gases over solid NH4NO3 and NH4Cl, and whether these may be dry."""
    for k in range(LANES):
        temperature, humidity = cells[0, first + k], cells[1, first + k]
        inverse = ONE / temperature
        ratio = REFERENCE * inverse
        ln_t, ln_ratio = log32(temperature), log32(ratio)
        unit = TWO * (log32(GAS_CONSTANT * temperature) + log32(w[TOTAL + k]))
        nitrate = NITRATE_0 + NITRATE_1 * inverse + NITRATE_2 * ln_t
        chloride = CHLORIDE_LN + CHLORIDE_A * (ratio - ONE)
        chloride += CHLORIDE_B * (ONE + ln_ratio - ratio)
        w[GAS_AN + k] = exp32(min(max(nitrate - unit, -LN_SPAN), LN_SPAN))
        w[GAS_AC + k] = exp32(min(max(chloride - unit, -LN_SPAN), LN_SPAN))
        onset_an = onset[NH4NO3_PLACE, 0] + onset[NH4NO3_PLACE, 1] * inverse
        onset_ac = onset[NH4CL_PLACE, 0] + onset[NH4CL_PLACE, 1] * inverse
        ln_humidity = log32(humidity)
        w[DRY_AN + k] = ONE if ln_humidity < onset_an else ZERO
        w[DRY_AC + k] = ONE if ln_humidity < onset_ac else ZERO


@njit(**FLAGS)
def _leave_solids(w):
    """Leave to the solution and the gas what is not solid."""
    for k in range(LANES):
        so_a, so_s, l_c, a_b = (
            w[SOLID_AS + k],
            w[SOLID_SS + k],
            w[SOLID_LC + k],
            w[SOLID_AB + k],
        )
        a_n, s_n, a_c, s_c = w[SOLID_AN + k], w[SOLID_SN + k], w[SOLID_AC + k], w[SOLID_SC + k]
        ammonium = w[ALL_AMMONIUM + k] - TWO * so_a - a_n - a_c - F(1.5) * l_c - a_b
        w[SULFATE + k] = max(w[ALL_SULFATE + k] - so_a - so_s - l_c - a_b, ZERO)
        w[NITRATE + k] = max(w[ALL_NITRATE + k] - a_n - s_n, ZERO)
        w[AMMONIUM + k] = max(ammonium, ZERO)
        w[SHORT + k] = min(ammonium, ZERO)
        w[SODIUM + k] = max(w[ALL_SODIUM + k] - TWO * so_s - s_n - s_c, ZERO)
        w[CHLORIDE + k] = max(w[ALL_CHLORIDE + k] - a_c - s_c, ZERO)


@njit(**FLAGS)
def _taken(one, other, product, present):
    """Return what two gases give to a solid until their product is that over the solid.

    One of them may be short of what salts already hold: then the solid gives it back.
    """
    apart = one - other
    root = np.sqrt(apart * apart + F(4.0) * product)
    given = TWO * (one * other - product) / (one + other + root + F(1e-30))
    return max(given, -present)


@njit(**FLAGS)
def _amounts(w):
    """Fill how much of each salt there is and how much one kg of the present water may hold."""
    tiny = F(1e-30)
    for k in range(LANES):
        water = exp32(w[LN_W + k])
        m_nh4, m_na = w[M_NH4 + k], w[M_NA + k]
        no3, cl = w[M_NO3 + k] * water, w[M_CL + k] * water
        nh3 = w[AMMONIUM + k] - m_nh4 * water
        solid_an, solid_ac = w[SOLID_AN + k], w[SOLID_AC + k]
        free = nh3 + w[SHORT + k]
        to_an = _taken(free, w[NITRATE + k] - no3, w[GAS_AN + k], solid_an) * w[DRY_AN + k]
        rest = free - to_an
        to_ac = _taken(rest, w[CHLORIDE + k] - cl, w[GAS_AC + k], solid_ac) * w[DRY_AC + k]
        sulfate, sodium, ammonium = w[ALL_SULFATE + k], w[ALL_SODIUM + k], w[ALL_AMMONIUM + k]
        salty = sodium / (ammonium - nh3 + sodium + tiny)
        fresh = ONE - salty
        left = min((ammonium + sodium) / (sulfate + tiny), TWO)
        to_1 = min(left, ONE)
        to_15 = min(max(TWO * (left - ONE), ZERO), ONE)
        to_2 = min(max(TWO * left - F(3.0), ZERO), ONE)
        w[AMOUNT_AS + k] = sulfate * to_2 * fresh
        w[AMOUNT_SS + k] = sulfate * to_2 * salty
        w[AMOUNT_AN + k] = no3 * fresh + solid_an + to_an
        w[AMOUNT_SN + k] = no3 * salty + w[SOLID_SN + k]
        w[AMOUNT_AC + k] = cl * fresh + solid_ac + to_ac
        w[AMOUNT_SC + k] = cl * salty + w[SOLID_SC + k]
        w[AMOUNT_LC + k] = sulfate * (to_15 - to_2)
        w[AMOUNT_AB + k] = sulfate * (to_1 - to_15)
        w[ACID_WATER + k] = sulfate * (ONE - to_1) * w[W_SA + k]
        per_nh4 = fresh / max(m_nh4, LEAST_CATION)
        per_na = salty / max(m_na, LEAST_CATION)
        s_as, s_ss, s_an = w[MOST_AS + k], w[MOST_SS + k], w[MOST_AN + k]
        s_sn, s_ac, s_sc = w[MOST_SN + k], w[MOST_AC + k], w[MOST_SC + k]
        w[HOLDS_AS + k] = s_as * min(TWO * s_as * per_nh4, ONE)
        w[HOLDS_SS + k] = s_ss * min(TWO * s_ss * per_na, ONE)
        w[HOLDS_AN + k] = s_an * min(s_an * per_nh4, ONE)
        w[HOLDS_SN + k] = s_sn * min(s_sn * per_na, ONE)
        w[HOLDS_AC + k] = s_ac * min(s_ac * per_nh4, ONE)
        w[HOLDS_SC + k] = s_sc * min(s_sc * per_na, ONE)
        w[HOLDS_LC + k] = TWO * w[MOST_LC + k]
        w[HOLDS_AB + k] = w[MOST_AB + k]


@njit(**FLAGS)
def _salt(amount, holds, single, water):
    """Return the water that a salt holds of itself, and per kg of water where it is saturated."""
    dissolved = amount < holds * water
    return (amount * single if dissolved else ZERO), (ZERO if dissolved else holds * single)


@njit(**FLAGS)
def _all_dissolved(w):
    """Fill the water that all salts would hold without any solid."""
    for k in range(LANES):
        water = w[ACID_WATER + k] + w[AMOUNT_AS + k] * w[W_AS + k] + w[AMOUNT_SS + k] * w[W_SS + k]
        water += w[AMOUNT_AN + k] * w[W_AN + k] + w[AMOUNT_SN + k] * w[W_SN + k]
        water += w[AMOUNT_AC + k] * w[W_AC + k] + w[AMOUNT_SC + k] * w[W_SC + k]
        water += HALF * w[AMOUNT_LC + k] * w[W_LC + k] + w[AMOUNT_AB + k] * w[W_AB + k]
        w[NEW_W + k] = water


@njit(**FLAGS)
def _water(w):
    """Move towards the most water that the dissolved part of all salts can hold.

    A step of Newton from above on a concave sum: each salt adds its water as long as it is
    dissolved, and in proportion to the water where it is saturated.
    """
    for k in range(LANES):
        old = w[NEW_W + k]
        f1, c1 = _salt(w[AMOUNT_AS + k], w[HOLDS_AS + k], w[W_AS + k], old)
        f2, c2 = _salt(w[AMOUNT_SS + k], w[HOLDS_SS + k], w[W_SS + k], old)
        f3, c3 = _salt(w[AMOUNT_AN + k], w[HOLDS_AN + k], w[W_AN + k], old)
        f4, c4 = _salt(w[AMOUNT_SN + k], w[HOLDS_SN + k], w[W_SN + k], old)
        f5, c5 = _salt(w[AMOUNT_AC + k], w[HOLDS_AC + k], w[W_AC + k], old)
        f6, c6 = _salt(w[AMOUNT_SC + k], w[HOLDS_SC + k], w[W_SC + k], old)
        f7, c7 = _salt(w[AMOUNT_LC + k], w[HOLDS_LC + k], HALF * w[W_LC + k], old)
        f8, c8 = _salt(w[AMOUNT_AB + k], w[HOLDS_AB + k], w[W_AB + k], old)
        free = w[ACID_WATER + k] + f1 + f2 + f3 + f4 + f5 + f6 + f7 + f8
        room = ONE - (c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8)
        root = min(free / max(room, F(1e-6)), old)
        w[NEW_W + k] = root if room > ZERO else old


@njit(**FLAGS)
def _precipitate(w, weight):
    """Move solids and water towards what the solubilities leave dissolved."""
    _amounts(w)
    _all_dissolved(w)
    for _ in range(WATER_STEPS):
        _water(w)
    for k in range(LANES):
        new, keep = w[NEW_W + k], ONE - weight
        solid = max(w[AMOUNT_AS + k] - w[HOLDS_AS + k] * new, ZERO)
        w[SOLID_AS + k] = keep * w[SOLID_AS + k] + weight * solid
        solid = max(w[AMOUNT_SS + k] - w[HOLDS_SS + k] * new, ZERO)
        w[SOLID_SS + k] = keep * w[SOLID_SS + k] + weight * solid
        solid = max(w[AMOUNT_AN + k] - w[HOLDS_AN + k] * new, ZERO)
        w[SOLID_AN + k] = keep * w[SOLID_AN + k] + weight * solid
        solid = max(w[AMOUNT_SN + k] - w[HOLDS_SN + k] * new, ZERO)
        w[SOLID_SN + k] = keep * w[SOLID_SN + k] + weight * solid
        solid = max(w[AMOUNT_AC + k] - w[HOLDS_AC + k] * new, ZERO)
        w[SOLID_AC + k] = keep * w[SOLID_AC + k] + weight * solid
        solid = max(w[AMOUNT_SC + k] - w[HOLDS_SC + k] * new, ZERO)
        w[SOLID_SC + k] = keep * w[SOLID_SC + k] + weight * solid
        solid = max(w[AMOUNT_LC + k] - w[HOLDS_LC + k] * new, ZERO)
        w[SOLID_LC + k] = keep * w[SOLID_LC + k] + weight * solid
        solid = max(w[AMOUNT_AB + k] - w[HOLDS_AB + k] * new, ZERO)
        w[SOLID_AB + k] = keep * w[SOLID_AB + k] + weight * solid
        w[LN_W + k] += weight * (log32(max(new, SMALLEST_WATER)) - w[LN_W + k])


@njit(**FLAGS)
def _sweep(w, weight):
    """Solve the solution that the solids leave, then move solids, water and coefficients."""
    _leave_solids(w)
    wet._ratios(w)
    for _ in range(NEWTON_STEPS):
        wet._acidity(w, False)
    wet._compose(w)
    move_coefficients(w, weight)
    _precipitate(w, weight)


@njit(**FLAGS)
def _finish(cells, first, w, results):
    """Write what `thermodynamics` writes; where everything is dry, gases stand over the solids."""
    for k in range(LANES):
        c = first + k
        total, h = w[TOTAL + k], exp32(w[LN_H + k])
        water = exp32(w[LN_W + k])
        dry = water < DRY
        ammonium, nitrate, chloride = w[AMMONIUM + k], w[NITRATE + k], w[CHLORIDE + k]
        ra = w[R_AMMONIA + k] * h
        rn, rc = w[R_NITRIC + k] * h, w[R_HYDROCHLORIC + k] * h
        free = ammonium + w[SHORT + k]
        to_an = w[DRY_AN + k] * _taken(free, nitrate, w[GAS_AN + k], w[SOLID_AN + k])
        rest = free - to_an
        to_ac = w[DRY_AC + k] * _taken(rest, chloride, w[GAS_AC + k], w[SOLID_AC + k])
        ammonia = max(rest - to_ac, ZERO) if dry else ammonium / (ONE + ra)
        nitric = max(nitrate - to_an, ZERO) if dry else nitrate * (rn / (ONE + rn))
        hydrochloric = max(chloride - to_ac, ZERO) if dry else chloride * (rc / (ONE + rc))
        results[0, c] = min(ammonia * total, cells[4, c])
        results[1, c] = min(nitric * total, cells[3, c])
        results[2, c] = min(hydrochloric * total, cells[6, c])
        results[3, c] = ZERO if dry else water * total
        results[4, c] = h
        results[5, c] = exp32(w[G_H + k])


@njit(**FLAGS)
def equilibrate_stable(cells, water, onset, w, results):
    """Equilibrate cells that may hold solids.

    Args:
        cells: Temperature (K), humidity (0..1), sulfate, nitrate, ammonium, sodium, chloride
            (mol m-3, gas and particles), (7, n), float32, n a multiple of `LANES`.
        water: Coefficients of the water of single salts, (10, 7), float32.
        onset: ln of the humidity of deliquescence of each salt is the first plus the second over
            temperature, (10, 2), float32.
        w: Work array, (`WORK`,), float32.
        results: Ammonia, nitric acid, hydrochloric acid in the gas (mol m-3), water (kg m-3, zero
            where everything is dry), H+ (mol kg-1), its activity coefficient, (6, n), float32,
            overwritten.
    """
    for block in range(cells.shape[1] // LANES):
        first = block * LANES
        wet._prepare(cells, first, w)
        wet._single_salts(cells, first, water, w)
        _solubilities(cells, first, water, onset, w)
        _solid_gases(cells, first, onset, w)
        wet._start(w)
        for place in range(G_H, G_CL + LANES):
            w[place] = ZERO
        move_coefficients(w, AT_ONCE)
        wet._ratios(w)
        for _ in range(FIRST_HALVINGS):
            wet._acidity(w, True)
        for _ in range(QUICK_SWEEPS):
            _sweep(w, QUICK)
        for _ in range(CALM_SWEEPS):
            _sweep(w, CALM)
        _leave_solids(w)
        _finish(cells, first, w, results)
