"""S(IV) in water: solubilities, acidity, rates of its oxidants, and what reacts in a step.

Amounts are "mol per litre of air" of gas and solution together; solubilities are those of Henry
times R T, that is litre of air per litre of water. A block of cells lives in one flat work array.
"""

import numpy as np
from numba import njit

from forecast.chemistry.kernels.elementary import FLAGS, exp32, log32
from forecast.chemistry.kernels.lanes import LANES

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201, ANN202

HALVINGS = 12
ROUTES = 9
"""Particles: H2O2, O3, NO2, metals, surface; clouds: H2O2, O3, NO2, metals."""

# places of a block in the work array
HS, K1, K2, HP, HO, HN, KO1, KO2, KP, KT, SPREAD, ROOT = (LANES * n for n in range(12))
"""Constants at the temperature."""
HA, KA, HC, KW, HNA = (LANES * n for n in range(12, 17))
"""The same for the acidity of droplets."""
S, P, OZ, N, A, NA, CAT, SV = (LANES * n for n in range(17, 25))
"""Amounts: SO2, H2O2, O3, NO2, NH3 with ammonium, HNO3 with nitrate, bases, sulfate."""
LV, H, ION, FE, MN, AREA, DIAM, PART = (LANES * n for n in range(25, 33))
"""The solution: volume, H+, ionic strength, metals, surface, diameter, share of the cell."""
RP, RO, RN, RT, LOW, HIGH, FORMED = (LANES * n for n in range(33, 40))
"""Rates of H2O2, O3, NO2, metals; bounds of H+; what is formed, by route."""
WORK = FORMED + LANES * ROUTES

ZERO, HALF, ONE, TWO, THREE, FOUR = (np.float32(v) for v in (0.0, 0.5, 1.0, 2.0, 3.0, 4.0))
TINY = np.float32(1.0e-30)
REFERENCE = np.float32(298.15)
R_LITRE = np.float32(0.08205746)  # litre atm mol-1 K-1
DIFFUSION = np.float32(9.45e13)  # see kernels/uptake.py
CARBON_DIOXIDE = np.float32(4.2e-4)  # atm
BISULFATE = np.float32(1.2e-2)  # M, Seinfeld and Pandis (2006), table 7.A.1
# dissolved Fe(III) over amorphous Fe(OH)3: Fe3+, FeOH2+, Fe(OH)2+ (Stumm and Morgan 1996)
FERRIC3, FERRIC2, FERRIC1 = np.float32(9.12e3), np.float32(58.9), np.float32(1.95e-2)
DIFFUSION_WATER = np.float32(2.0e-9)  # m2 s-1
MOST_ACID, LEAST_ACID = np.float32(1.0e-2), np.float32(1.0e-8)
# mass accommodation: SO2, H2O2, O3, NO2 (Seinfeld and Pandis 2006; NO2 after Cheng et al. 2016)
STICK_S, STICK_P, STICK_O, STICK_N = (np.float32(v) for v in (0.11, 0.23, 2.0e-3, 2.0e-4))
# mean molecular speed at 1 K, m s-1, and sqrt(0.03472 + 1 / M)
SPEED_S, SPEED_P, SPEED_O, SPEED_N = (
    np.float32(np.sqrt(8.0 * 8314.4626 / (np.pi * m))) for m in (64.064, 34.0147, 47.9982, 46.0055)
)
SPREAD_S, SPREAD_P, SPREAD_O, SPREAD_N = (
    np.float32(np.sqrt(0.03472 + 1.0 / m)) for m in (64.064, 34.0147, 47.9982, 46.0055)
)


@njit(**FLAGS)
def constants(cells, first, w):
    """Solubilities, equilibria and rate constants (Seinfeld and Pandis 2006, chapter 7)."""
    for i in range(LANES):
        warmth = cells.temperature[first + i]
        x = ONE / warmth - ONE / REFERENCE
        rt = R_LITRE * warmth
        w[HS + i] = np.float32(1.23) * rt * exp32(np.float32(3145.0) * x)
        w[K1 + i] = np.float32(1.3e-2) * exp32(np.float32(1960.0) * x)
        w[K2 + i] = np.float32(6.6e-8) * exp32(np.float32(1500.0) * x)
        w[HP + i] = np.float32(1.0e5) * rt * exp32(np.float32(7300.0) * x)
        w[HO + i] = np.float32(1.1e-2) * rt * exp32(np.float32(2540.0) * x)
        w[HN + i] = np.float32(1.2e-2) * rt * exp32(np.float32(2500.0) * x)
        w[KO1 + i] = np.float32(3.7e5) * exp32(np.float32(-5530.0) * x)
        w[KO2 + i] = np.float32(1.5e9) * exp32(np.float32(-5280.0) * x)
        w[KP + i] = np.float32(7.5e7) * exp32(np.float32(-4430.0) * x)
        # Ibusuki and Takeuchi (1987) give theirs for 297 K
        w[KT + i] = exp32(np.float32(-8431.6) * (x - np.float32(1.2993e-5)))
        root = np.sqrt(warmth)
        w[ROOT + i] = root
        w[SPREAD + i] = DIFFUSION * root / cells.air[first + i]


@njit(**FLAGS)
def acid_constants(cells, first, w):
    """What only the acidity of droplets needs."""
    for i in range(LANES):
        warmth = cells.temperature[first + i]
        x = ONE / warmth - ONE / REFERENCE
        rt = R_LITRE * warmth
        w[KW + i] = np.float32(1.0e-14) * exp32(np.float32(-6710.0) * x)
        w[HA + i] = np.float32(62.0) * rt * exp32(np.float32(4110.0) * x)
        w[KA + i] = np.float32(1.7e-5) * exp32(np.float32(-450.0) * x) / w[KW + i]
        w[HNA + i] = np.float32(2.1e5 * 15.4) * rt * exp32(np.float32(8700.0) * x)
        # carbonic acid: dissolved CO2 and its first dissociation
        w[HC + i] = CARBON_DIOXIDE * np.float32(3.4e-2 * 4.3e-7)
        w[HC + i] *= exp32(np.float32(2440.0 - 1000.0) * x)


@njit(**FLAGS)
def passage(area, diameter, stick, speed, diffusion):
    """First-order rate at which a gas reaches the water, s-1 (Schwartz 1986)."""
    passed = speed * stick
    return area * diffusion * passed / (HALF * diameter * passed + FOUR * diffusion)


@njit(**FLAGS)
def penetration(radius, loss):
    """Mean over a drop of what diffuses in and is lost at `loss` s-1, 0 to 1 (Schwartz 1986)."""
    q = radius * np.sqrt(loss / DIFFUSION_WATER)
    square = q * q
    even = ONE - square * (np.float32(1 / 15) - square * np.float32(2 / 315))
    decay = exp32(-TWO * q)
    held = max(q, np.float32(0.3))
    steep = (held * (ONE + decay) / (ONE - min(decay, np.float32(0.6))) - ONE) * THREE
    return even if q < np.float32(0.3) else steep / (held * held)


@njit(**FLAGS)
def rates(no2, routes, w):
    """Rates of the four oxidants in the solution of LV, H, ION, FE, MN.

    RP, RO, RN are second-order in litre of air per mol and s, RT is first-order in s-1.
    """
    for i in range(LANES):
        h, volume = w[H + i], w[LV + i]
        inverse = ONE / h
        one = w[HS + i] * w[K1 + i] * inverse  # HSO3-
        two = one * w[K2 + i] * inverse  # SO3--
        four = w[HS + i] + one + two
        gas = volume / (ONE + four * volume)
        ion = w[ION + i]
        logarithm = log32(h)

        strong = min(ion, np.float32(5.0))
        root = np.sqrt(strong)
        faster = np.float32(0.36) * strong - np.float32(1.015) * root / (
            ONE + np.float32(0.17) * root
        )
        pace = w[KP + i] * exp32(np.float32(2.302585) * faster) / (ONE + np.float32(13.0) * h)
        hp, ho, hn = w[HP + i], w[HO + i], w[HN + i]
        w[RP + i] = routes[0] * gas * pace * h * one * hp / (ONE + hp * volume)

        loss = np.float32(2.4e4) * w[HS + i] + w[KO1 + i] * one + w[KO2 + i] * two
        loss *= ONE + np.float32(1.94) * min(ion, FOUR)
        amount = w[S + i] / (ONE + four * volume)
        radius = HALF * w[DIAM + i]
        reach = penetration(radius, loss * amount)
        w[RO + i] = routes[1] * gas * loss * reach * ho / (ONE + ho * volume)

        basic = np.float32(-0.4342945) * logarithm - no2[0]
        pace = exp32(no2[1] + no2[2] * min(max(basic, ZERO), no2[3])) * four
        reach = penetration(radius, pace * amount)
        w[RN + i] = routes[2] * gas * pace * reach * hn / (ONE + hn * volume)

        acid = np.float32(17.43184) - np.float32(0.74) * logarithm  # ln 3.72e7
        mild = np.float32(30.85394) + np.float32(0.67) * logarithm  # ln 2.51e13
        strong = np.sqrt(min(ion, TWO))
        slower = np.float32(-4.07 * 2.302585) * strong / (ONE + strong)
        pace = exp32(min(acid, mild) + slower) * w[KT + i]
        ferric = min(w[FE + i], ((FERRIC3 * h + FERRIC2) * h + FERRIC1) * h)
        w[RT + i] = routes[3] * gas * pace * ferric * w[MN + i] * four


@njit(**FLAGS)
def limit(w):
    """Slow the rates down to what diffusion brings to the water."""
    for i in range(LANES):
        root = w[ROOT + i]
        area, diameter, spread = w[AREA + i], w[DIAM + i], w[SPREAD + i]
        s = passage(area, diameter, STICK_S, SPEED_S * root, SPREAD_S * spread)
        p = passage(area, diameter, STICK_P, SPEED_P * root, SPREAD_P * spread)
        o = passage(area, diameter, STICK_O, SPEED_O * root, SPREAD_O * spread)
        n = passage(area, diameter, STICK_N, SPEED_N * root, SPREAD_N * spread)
        s = ONE / max(s, TINY)
        amount = w[S + i]
        rate = w[RP + i]
        w[RP + i] = rate / (ONE + rate * (w[P + i] * s + amount / max(p, TINY)))
        rate = w[RO + i]
        w[RO + i] = rate / (ONE + rate * (w[OZ + i] * s + amount / max(o, TINY)))
        rate = w[RN + i]
        w[RN + i] = rate / (ONE + rate * (w[N + i] * s + TWO * amount / max(n, TINY)))
        rate = w[RT + i]
        w[RT + i] = rate / (ONE + rate * s)


@njit(**FLAGS)
def mean_decay(x):
    """(1 - exp(-x)) / x, for x >= 0."""
    series = ONE - x * (
        HALF - x * (np.float32(1 / 6) - x * (np.float32(1 / 24) - x * np.float32(1 / 120)))
    )
    held = max(x, np.float32(0.2))
    return series if x < np.float32(0.2) else (ONE - exp32(-held)) / held


@njit(**FLAGS)
def meet(one, two, rate):
    """Exact amount of one + two -> product in a step; `rate` is rate constant times step."""
    most, least = max(one, two), min(one, two)
    u = least * rate * mean_decay(rate * (most - least))
    return min(most * u / (ONE + u), least)


@njit(**FLAGS)
def react(step, route, w):
    """Advance SO2 and its oxidants by one step; what is formed is added from row `route` on."""
    formed = FORMED + route * LANES
    for i in range(LANES):
        so2 = w[S + i]
        total = ZERO
        made = meet(so2, w[P + i], w[RP + i] * step)
        w[P + i] -= made
        w[formed + i] += made
        so2, total = so2 - made, total + made
        made = meet(so2, w[OZ + i], w[RO + i] * step)
        w[OZ + i] -= made
        w[formed + LANES + i] += made
        so2, total = so2 - made, total + made
        # each S(IV) takes two NO2
        made = meet(so2, HALF * w[N + i], w[RN + i] * step * TWO)
        w[N + i] -= TWO * made
        w[formed + 2 * LANES + i] += made
        so2, total = so2 - made, total + made
        x = w[RT + i] * step
        made = so2 * min(x * mean_decay(x), ONE)
        w[formed + 3 * LANES + i] += made
        w[S + i] = so2 - made
        w[SV + i] += total + made


@njit(**FLAGS)
def acidity(given, w):
    """H+ of droplets from the balance of charges, by halving the range of pH 2 to 8."""
    for i in range(LANES):
        w[LOW + i] = given if given > ZERO else LEAST_ACID
        w[HIGH + i] = given if given > ZERO else MOST_ACID
    for _ in range(HALVINGS):
        for i in range(LANES):
            h = np.sqrt(w[LOW + i] * w[HIGH + i])
            volume = w[LV + i]
            per_water = ONE / max(volume, np.float32(1e-16))
            inverse = ONE / h
            one = w[HS + i] * w[K1 + i] * inverse
            two = one * w[K2 + i] * inverse
            four = w[HS + i] + one + two
            charge = h + w[CAT + i] * per_water - (w[KW + i] + w[HC + i]) * inverse
            held = w[HA + i] * (ONE + w[KA + i] * h)
            charge += w[A + i] * w[HA + i] * w[KA + i] * h / (ONE + held * volume)
            charge -= w[S + i] * (one + two + two) / (ONE + four * volume)
            held = w[HNA + i] * inverse
            charge -= w[NA + i] * held / (ONE + held * volume)
            charge -= w[SV + i] * per_water * (ONE + BISULFATE / (BISULFATE + h))
            acid = charge > ZERO
            w[HIGH + i] = h if acid else w[HIGH + i]
            w[LOW + i] = w[LOW + i] if acid else h
    for i in range(LANES):
        w[H + i] = np.sqrt(w[LOW + i] * w[HIGH + i])
