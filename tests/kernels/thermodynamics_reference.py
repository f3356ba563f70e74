"""The equations of the inorganic equilibrium in float64, repeated until nothing changes.

The bracket of H+ is halved to the end, water and activity coefficients are repeated hundreds of
times with much damping: slow, and what the kernels must come near in few sweeps of float32.
"""

from typing import Any

import numpy as np

from forecast.chemistry.thermodynamics import SALT_ONSET, SALT_WATER

GAS_CONSTANT = 8.20574e-5
LN_10 = np.log(10.0)
CHARGE = np.array([2, 1, 1, 1])
# Kusik-Meissner q of cation (H, NH4, Na) and anion (SO4, HSO4, NO3, Cl): table 4 of the paper
Q = {
    (0, 0): -0.1, (0, 1): 8.0, (0, 2): 2.6, (0, 3): 6.0, (1, 0): -0.25, (1, 2): -1.15,
    (1, 3): 0.82, (2, 0): -0.19, (2, 2): -0.39, (2, 3): 2.23,
}  # fmt: skip


def constant(k: float, a: float, b: float, temperature: Any) -> Any:
    """K at a temperature (van 't Hoff), table 2 of the paper."""
    ratio = 298.15 / temperature
    return k * np.exp(a * (ratio - 1) + b * (1 + np.log(ratio) - ratio))


def constants(temperature: Any) -> tuple[Any, ...]:
    """Of water, bisulfate, and of HNO3, HCl and NH3 from mol m-3 of gas."""
    gas = GAS_CONSTANT * temperature
    water = constant(1.01e-14, -22.52, 26.92, temperature)
    base = constant(1.805e-5, -1.5, 26.92, temperature)
    return (
        water,
        constant(1.015e-2, 8.85, 25.14, temperature),
        gas * constant(2.511e6, 29.17, 16.83, temperature),
        gas * constant(1.971e6, 30.20, 19.91, temperature),
        gas * constant(57.639, 13.79, -5.393, temperature) * base / water,
    )


def coefficients(cations: Any, anions: Any, temperature: Any) -> Any:
    """Ln of the activity coefficients of H, NH4, Na and of SO4, HSO4, NO3, Cl."""
    whole = np.maximum(0.5 * (cations.sum(0) + anions.sum(0)) + 1.5 * anions[0], 1e-6)
    ionic = np.minimum(whole, 100.0)
    root = np.sqrt(ionic)
    debye = 0.511 * LN_10 * root / (1 + root)
    celsius = 0.005 * (temperature - 273.15)
    cooling = (0.125 - celsius) * LN_10 * (0.039 * ionic**0.92 - 0.41 * root / (1 + root))
    single = {}
    for (i, j), q in Q.items():
        b, c = 0.75 - 0.065 * q, 1 + 0.055 * q * np.exp(-0.023 * ionic**3)
        reduced = np.log(1 + b * (1 + 0.1 * ionic) ** q - b)
        reduced -= 0.5107 * LN_10 * root / (1 + c * root)
        single[i, j] = CHARGE[j] * ((1.125 - celsius) * reduced - cooling)
    for i in (1, 2):
        single[i, 1] = single[i, 3] + single[0, 1] - single[0, 3]
    plus = np.zeros_like(cations) - debye
    minus = np.zeros_like(anions) - CHARGE[:, None] ** 2 * debye
    for i in range(3):
        for j in range(4):
            z = CHARGE[j]
            part = ((1 + z) / 2) ** 2 / whole
            plus[i] += part * anions[j] * (single[i, j] + z * debye)
            minus[j] += z * part * cations[i] * (single[i, j] + z * debye)
    return plus, minus


def salt_water(humidity: Any) -> dict[str, Any]:
    """Water of a mole of each salt alone, kg."""
    a = np.clip(humidity, 0.1, 0.99)
    return {
        name: np.exp(np.polyval(np.array(c), np.sqrt(1 - a))) * a / (1 - a)
        for name, c in SALT_WATER.items()
    }


def mixed_water(single: dict[str, Any], cations: Any, anions: Any) -> Any:
    """Water of a solution (Zdanovskii, Stokes and Robinson), kg for moles of ions."""
    _, ammonium, sodium = cations
    so4, hso4, no3, cl = anions
    sulfate = so4 + hso4
    salty = sodium / np.maximum(ammonium + sodium, 1e-40)
    left = np.clip((ammonium + sodium - no3 - cl) / np.maximum(sulfate, 1e-40), 0, 2)

    def between(nodes: list[Any]) -> Any:
        result = nodes[0]
        for k, (start, length) in enumerate(((0.0, 1.0), (1.0, 0.5), (1.5, 0.5))):
            result = result + np.clip((left - start) / length, 0, 1) * (nodes[k + 1] - nodes[k])
        return result

    w = single
    half = 0.5 * (w["NaHSO4"] + w["Na2SO4"])
    with_ammonium = between([w["H2SO4"], w["NH4HSO4"], w["(NH4)3H(SO4)2"] / 2, w["(NH4)2SO4"]])
    with_sodium = between([w["H2SO4"], w["NaHSO4"], half, w["Na2SO4"]])
    pairs = [(sulfate, with_ammonium, with_sodium), (no3, w["NH4NO3"], w["NaNO3"])]
    pairs += [(cl, w["NH4Cl"], w["NaCl"])]
    return sum(x * ((1 - salty) * a + salty * b) for x, a, b in pairs)


def neutral(amounts: Any, water: Any, ratios: Any, water_product: Any) -> Any:
    """H+ of a neutral solution, with its cations and anions (mol m-3)."""
    s, n, a, na, c = amounts
    rn, rc, ra, rb = ratios
    low, high = np.full_like(s, -27.6), np.full_like(s, 7.0)
    for _ in range(45):
        h = np.exp(0.5 * (low + high))
        cations = np.array([h * water, a * ra * h / (1 + ra * h), na])
        so4 = s / (1 + rb * h)
        anions = np.array([so4, s - so4, n / (1 + rn * h), c / (1 + rc * h)])
        net = cations.sum(0) - anions.sum(0) - anions[0] - water_product * water / h
        low, high = np.where(net < 0, np.log(h), low), np.where(net < 0, high, np.log(h))
    return h, cations, anions


def reference(cells: Any, sweeps: int = 300) -> Any:
    """Gases (NH3, HNO3, HCl), water and H+ of (7, n) cells in float64."""
    temperature, humidity, s, n, a, na, c = cells.astype(np.float64)
    water_product, bisulfate, nitric, hydrochloric, ammonia = constants(temperature)
    single = salt_water(humidity)
    zero, total = np.zeros_like(s), s + n + a + na + c
    water = s * single["(NH4)2SO4"] + n * single["NH4NO3"] + c * single["NaCl"]
    plus, minus = coefficients(
        np.array([zero, a, na]) / water, np.array([s, zero, n, c]) / water, temperature
    )
    for _ in range(sweeps):
        rn = np.exp(plus[0] + minus[2]) / (water * nitric)
        rc = np.exp(plus[0] + minus[3]) / (water * hydrochloric)
        ra = np.exp(plus[0] - plus[1]) * water * ammonia
        rb = np.exp(plus[0] + minus[0] - minus[1]) / bisulfate + 0.25 * 1.015e-2 / bisulfate
        h, cations, anions = neutral((s, n, a, na, c), water, (rn, rc, ra, rb), water_product)
        new = np.maximum(mixed_water(single, cations, anions), 1e-9 * total)
        for old, now in zip(
            (plus, minus), coefficients(cations / water, anions / water, temperature), strict=True
        ):
            old += 0.5 * (now - old)
        water = np.sqrt(water * new)
    return np.array([a - cations[1], n - anions[2], c - anions[3], water, h])


# --------------------------------------------------------------------------------- with solids

SOLIDS = {
    "(NH4)2SO4": (1, 2), "Na2SO4": (2, 2), "NH4NO3": (1, 1), "NaNO3": (2, 1), "NH4Cl": (1, 1),
    "NaCl": (2, 1),
}  # fmt: skip
"""Salts with their cation's place and number."""
ACID_SOLIDS = ("(NH4)3H(SO4)2", "NH4HSO4")


def solubility(salt: str, temperature: Any) -> Any:
    """Molality at which a salt alone deliquesces."""
    level, slope = SALT_ONSET[salt]
    a = np.minimum(np.exp(level + slope / temperature), 0.985)
    return (1 - a) / a / np.exp(np.polyval(np.array(SALT_WATER[salt]), np.sqrt(1 - a)))


def taken(one: Any, other: Any, product: Any, present: Any) -> Any:
    """What two gases give to a solid until their product is that over the solid."""
    root = np.sqrt((one - other) ** 2 + 4 * product)
    given = 2 * (one * other - product) / (one + other + root + 1e-300)
    return np.maximum(given, -present)


def over_solids(temperature: Any) -> tuple[Any, Any]:
    """Products of gases over solid NH4NO3 and NH4Cl, (mol m-3)2."""
    unit = (GAS_CONSTANT * temperature) ** 2
    nitrate = np.exp(118.87 - 24084 / temperature - 6.025 * np.log(temperature)) * 1e-18
    return nitrate / unit, constant(1.086e-16, -71.0, 2.4, temperature) / unit


def most_water(amounts: Any, holds: Any, single: Any, acid: Any) -> Any:
    """The most water that the dissolved part of all salts can hold, by halving."""
    upper = acid + sum(amounts[k] * single[k] for k in amounts)
    low, high = np.log(upper * 1e-12 + 1e-300), np.log(upper + 1e-300)
    for _ in range(60):
        water = np.exp(0.5 * (low + high))
        carried = acid + sum(np.minimum(amounts[k], holds[k] * water) * single[k] for k in amounts)
        low, high = (
            np.where(carried > water, np.log(water), low),
            np.where(carried > water, high, np.log(water)),
        )
    return np.exp(0.5 * (low + high))


def stable_reference(cells: Any, sweeps: int = 100) -> Any:
    """Gases (NH3, HNO3, HCl), water and H+ of (7, n) cells that may hold solids."""
    temperature, humidity, s, n, a, na, c = cells.astype(np.float64)
    total = s + n + a + na + c
    water_product, bisulfate, nitric, hydrochloric, ammonia = constants(temperature)
    over_nitrate, over_chloride = over_solids(temperature)
    single = salt_water(humidity)
    zero = np.zeros_like(s)
    water = np.maximum(s * single["(NH4)2SO4"] + n * single["NH4NO3"] + c * single["NaCl"], 1e-30)
    plus, minus = coefficients(
        np.array([zero, a, na]) / water, np.array([s, zero, n, c]) / water, temperature
    )
    solid = {salt: zero.copy() for salt in (*SOLIDS, *ACID_SOLIDS)}
    per = {salt: (0.5 if salt == ACID_SOLIDS[0] else 1.0) * single[salt] for salt in solid}
    limit = {salt: solubility(salt, temperature) for salt in solid}
    limit[ACID_SOLIDS[0]] = 2 * limit[ACID_SOLIDS[0]]
    left = np.minimum((a + na) / np.maximum(s, 1e-40), 2)
    to_1 = np.minimum(left, 1)
    to_15, to_2 = np.clip(2 * left - 2, 0, 1), np.clip(2 * left - 3, 0, 1)
    may = [
        np.log(humidity) < SALT_ONSET[k][0] + SALT_ONSET[k][1] / temperature
        for k in ("NH4NO3", "NH4Cl")
    ]
    for sweep in range(sweeps):
        so_a, so_s, an, sn, ac, sc, lc, ab = solid.values()
        held = a - 2 * so_a - an - ac - 1.5 * lc - ab
        short = np.minimum(held, 0)
        amounts = (
            np.maximum(s - so_a - so_s - lc - ab, 0),
            np.maximum(n - an - sn, 0),
            np.maximum(held, 0),
            np.maximum(na - 2 * so_s - sn - sc, 0),
            np.maximum(c - ac - sc, 0),
        )
        ratios = (
            np.exp(plus[0] + minus[2]) / (water * nitric),
            np.exp(plus[0] + minus[3]) / (water * hydrochloric),
            np.exp(plus[0] - plus[1]) * water * ammonia,
            np.exp(plus[0] + minus[0] - minus[1]) / bisulfate + 0.25 * 1.015e-2 / bisulfate,
        )
        h, cations, anions = neutral(amounts, water, ratios, water_product)
        gases = amounts[2] - cations[1], amounts[1] - anions[2], amounts[4] - anions[3]
        free = gases[0] + short
        to_an = np.where(may[0], taken(free, gases[1], over_nitrate, an), 0)
        rest = free - to_an
        to_ac = np.where(may[1], taken(rest, gases[2], over_chloride, ac), 0)
        salty = na / np.maximum(a - gases[0] + na, 1e-40)
        fresh = 1 - salty
        here = {
            "(NH4)2SO4": s * to_2 * fresh,
            "Na2SO4": s * to_2 * salty,
            "NH4NO3": anions[2] * fresh + an + to_an,
            "NaNO3": anions[2] * salty + sn,
            "NH4Cl": anions[3] * fresh + ac + to_ac,
            "NaCl": anions[3] * salty + sc,
            ACID_SOLIDS[0]: s * (to_15 - to_2),
            ACID_SOLIDS[1]: s * (to_1 - to_15),
        }
        holds = {salt: limit[salt] for salt in ACID_SOLIDS}
        for salt, (place, number) in SOLIDS.items():
            share = fresh if place == 1 else salty
            present = np.maximum(cations[place] / water, 1e-3)
            holds[salt] = limit[salt] * np.minimum(share * number * limit[salt] / present, 1.0)
        new = most_water(here, holds, per, s * (1 - to_1) * single["H2SO4"])
        new = np.maximum(new, 1e-9 * total)
        weight = 0.8 if sweep < 20 else 0.5
        for salt in solid:
            beyond = np.maximum(here[salt] - holds[salt] * new, 0)
            solid[salt] = solid[salt] + weight * (beyond - solid[salt])
        for old, now in zip(
            (plus, minus), coefficients(cations / water, anions / water, temperature), strict=True
        ):
            old += weight * (now - old)
        water = water * (new / water) ** weight
    dry = water < 3e-5 * total
    free = amounts[2] + short
    to_an = np.where(may[0], taken(free, amounts[1], over_nitrate, solid["NH4NO3"]), 0)
    rest = free - to_an
    to_ac = np.where(may[1], taken(rest, amounts[4], over_chloride, solid["NH4Cl"]), 0)
    over = rest - to_ac, amounts[1] - to_an, amounts[4] - to_ac
    gases = tuple(np.where(dry, a, b) for a, b in zip(over, gases, strict=True))
    return np.array([*gases, np.where(dry, 0, water), h])


def draw(rng: np.random.Generator, cells: int) -> Any:
    """Cells from clean to polluted, with and without sea salt, sulfate or ammonia."""
    result = np.empty((7, cells), np.float32)
    result[0] = rng.uniform(240, 310, cells)
    result[1] = rng.uniform(0.05, 0.99, cells)
    lowest, highest = (-9.5, -9.5, -9.0, -10.0, -10.0), (-6.5, -6.3, -6.0, -7.0, -7.0)
    for row, a, b in zip(result[2:], lowest, highest, strict=True):
        row[:] = 10.0 ** rng.uniform(a, b, cells)
    result[5:, rng.random(cells) < 0.5] = 0
    result[2, rng.random(cells) < 0.05] = 0
    result[4, rng.random(cells) < 0.05] = 0
    return result
