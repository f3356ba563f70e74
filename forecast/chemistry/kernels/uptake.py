"""Surface of fine particles, and first-order rates of gases on it."""

from typing import NamedTuple

import numpy as np
from numba import njit

from forecast.chemistry.kernels.elementary import FLAGS, exp32, pow32
from forecast.chemistry.kernels.lanes import LANES

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201, ANN202

# rows of the masses of particles, ug m-3
SULFATE, NITRATE, AMMONIUM, PRIMARY_ORGANIC, SECONDARY_ORGANIC = 0, 1, 2, 3, 4
CLASSES = 9
# rows of the rates
N2O5, NO2, NO2_LIGHT, NO3, HO2, HO2_H2O2, AGEING = 0, 1, 2, 3, 4, 5, 6
RATES = 7
OFF, BERTRAM_THORNTON, DAVIS = 0, 1, 2

ZERO, ONE, TWO, FOUR, SIX = (np.float32(value) for value in (0.0, 1.0, 2.0, 4.0, 6.0))
THIRD = np.float32(1.0 / 3.0)
TINY = np.float32(1.0e-30)
MICROGRAM = np.float32(1.0e-9)
WATER_DENSITY = np.float32(1.0e-3)  # inverse, m3 kg-1
DIFFUSION = np.float32(9.45e13)  # m2 s-1, with sqrt(T (0.03472 + 1 / M)) over molecules cm-3
# Bertram and Thornton (2009), equations 11 and 12; concentrations in M
BT_A, BT_BETA, BT_DELTA = np.float32(3.2e-8), np.float32(1.15e6), np.float32(-0.13)
BT_NITRATE, BT_DRY, BT_WATER = np.float32(0.06), np.float32(0.005), np.float32(0.1)
INVERSE_WATER, INVERSE_NITRATE = np.float32(1.0 / 18.015e9), np.float32(1.0 / 62.005e9)
# Davis et al. (2008), equations A1, A2, 6, 8
LITRE = np.float32(1.0e-3)
# Anttila et al. (2006) with McDuffie et al. (2018): H D of the core, J mol-1 K-1 to m2 s-1 atm-1
COAT = np.float32(4.0 * 8.2057e-5 * 5.0e3 * 1.0e-9)


class Sizes(NamedTuple):
    """What turns masses into surface.

    Attributes:
        volumes: m3 per ug of each class, (9,), float32.
        diameter: Dry diameter, m, float32.
    """

    volumes: np.ndarray
    diameter: np.float32


class Coefficients(NamedTuple):
    """Uptake coefficients and constants, float32 unless said.

    Attributes:
        method: Of N2O5: OFF, BERTRAM_THORNTON or DAVIS, int.
        coated: 1 where organic matter coats the particles, else 0.
        oxygen: O:C of the coating.
        no2_dry: NO2 up to `no2_from`.
        no2_slope: Its growth with relative humidity behind.
        no2_from: Relative humidity.
        no2_most: NO2 in humid air.
        no2_light: NO2 in light, over the photolysis rate of full light, s.
        no2_full: The same at most, in full light.
        no3: NO3.
        ho2: HO2.
        ho2_peroxide: Share of HO2 that becomes H2O2.
        ageing: OH with semi-volatile gases, cm3 s-1.
        speeds: Mean molecular speed at 1 K of N2O5, NO2, NO3, HO2, m s-1, (4,).
        diffusions: sqrt(0.03472 + 1 / M) of the same, M in g mol-1, (4,).
    """

    method: int
    coated: np.float32
    oxygen: np.float32
    no2_dry: np.float32
    no2_slope: np.float32
    no2_from: np.float32
    no2_most: np.float32
    no2_light: np.float32
    no2_full: np.float32
    no3: np.float32
    ho2: np.float32
    ho2_peroxide: np.float32
    ageing: np.float32
    speeds: np.ndarray
    diffusions: np.ndarray


@njit(**FLAGS)
def surface(mass, water, sizes, area, diameter):
    """Surface and diameter of wet particles, whose number dry volume and dry diameter give.

    Args:
        mass: Dry particles by class, (9, n), float32, ug m-3.
        water: (n,), float32, ug m-3.
        sizes: `Sizes`.
        area: (n,), float32, m2 m-3; set.
        diameter: (n,), float32, m; set.
    """
    volumes = sizes.volumes
    for block in range(water.size // LANES):
        first = block * LANES
        for i in range(LANES):
            c = first + i
            dry = ZERO
            for k in range(CLASSES):
                dry += mass[k, c] * volumes[k]
            wet = dry + max(water[c], ZERO) * (MICROGRAM * WATER_DENSITY)
            grown = sizes.diameter * pow32(max(wet, TINY) / max(dry, TINY), THIRD)
            grown = min(grown, np.float32(20.0) * sizes.diameter) if dry > TINY else sizes.diameter
            diameter[c] = grown
            area[c] = SIX * wet / grown if dry > TINY else ZERO


@njit(**FLAGS)
def _bertram_thornton(mass, water, area, diameter, first, gamma):
    """Uptake coefficient of N2O5 after Bertram and Thornton (2009), no chloride."""
    for i in range(LANES):
        c = first + i
        litres = max(area[c] * diameter[c], TINY) * (ONE / (SIX * LITRE))
        solution = water[c] * (INVERSE_WATER * np.float32(1e3)) / litres
        nitrate = mass[NITRATE, c] * (INVERSE_NITRATE * np.float32(1e3)) / litres
        fast = BT_BETA * (ONE - exp32(BT_DELTA * solution))
        held = BT_NITRATE * solution
        wet = BT_A * fast * (held / max(held + nitrate, TINY))
        gamma[i] = wet if solution > BT_WATER else BT_DRY


@njit(**FLAGS)
def _davis(mass, cells, first, gamma):
    """Uptake coefficient of N2O5 on aqueous particles after Davis et al. (2008), appendix A."""
    for i in range(LANES):
        c = first + i
        sulfate = mass[SULFATE, c] * np.float32(1.0 / 96.063)
        nitrate = mass[NITRATE, c] * np.float32(1.0 / 62.005)
        ammonium = mass[AMMONIUM, c] * np.float32(1.0 / 18.039)
        anions = max(sulfate + nitrate, TINY)
        x3 = nitrate / anions
        x2 = max(ZERO, min(ONE - x3, ammonium / anions - ONE))
        x1 = ONE - x2 - x3
        humidity = cells.humidity[c]
        dry = min(ZERO, humidity - np.float32(0.46))
        warm = max(ZERO, cells.temperature[c] - np.float32(291.0))
        lam2 = np.float32(-3.64849) + np.float32(9.553) * dry
        lam1 = lam2 + np.float32(0.97579) - np.float32(0.20427) * warm
        lam3 = np.float32(-8.10774) + np.float32(4.902) * humidity
        one = min(ONE / (ONE + exp32(-lam1)), np.float32(0.08585))
        two = min(ONE / (ONE + exp32(-lam2)), np.float32(0.053))
        three = min(ONE / (ONE + exp32(-lam3)), np.float32(0.0154))
        gamma[i] = x1 * one + x2 * two + x3 * three


@njit(**FLAGS)
def _coat(mass, cells, area, diameter, table, sizes, first, gamma):
    """Slow N2O5 down by a coating of organic matter, in series with the core."""
    for i in range(LANES):
        c = first + i
        organic = mass[PRIMARY_ORGANIC, c] * sizes.volumes[PRIMARY_ORGANIC]
        organic += mass[SECONDARY_ORGANIC, c] * sizes.volumes[SECONDARY_ORGANIC]
        total = max(area[c] * diameter[c] * (ONE / SIX), TINY)
        inner = max(ONE - organic / total, np.float32(1e-3))
        radius = diameter[c] * np.float32(0.5)
        core = radius * pow32(inner, THIRD)
        warmth = cells.temperature[c]
        humidity = cells.humidity[c] * np.float32(100.0)
        loose = np.float32(0.15) * table.oxygen + np.float32(1.6e-3) * humidity
        speed = table.speeds[N2O5] * np.sqrt(warmth)
        thick = max(radius - core, np.float32(1e-4) * radius)
        film = COAT * warmth * loose * core / (speed * thick * radius)
        held = gamma[i] * film / (gamma[i] + film)
        gamma[i] = held if organic > ZERO else gamma[i]


@njit(**FLAGS)
def _rate(gamma, area, diameter, speed, diffusion):
    """First-order rate with diffusion through the gas (Schwartz 1986; Jacob 2000), s-1."""
    passed = speed * gamma
    resistance = np.float32(0.5) * diameter * passed + FOUR * diffusion
    return area * diffusion * passed / resistance


@njit(**FLAGS)
def rates(cells, mass, water, wet, table, sizes, out, gamma):
    """First-order rates of all gases.

    Args:
        cells: `temperature` (K), `humidity` (0 to 1), `air` (molecules cm-3), `light` (photolysis
            rate of NO2, s-1) and `hydroxyl` (molecules cm-3), each (n,), float32.
        mass: Dry particles by class, (9, n), float32, ug m-3.
        water: (n,), float32, ug m-3.
        wet: (surface, diameter) of wet particles, each (n,), float32, m2 m-3 and m.
        table: `Coefficients`.
        sizes: `Sizes`.
        out: (7, n), float32, s-1; set.
        gamma: Work array, (16,), float32.
    """
    area, diameter = wet
    for block in range(water.size // LANES):
        first = block * LANES
        if table.method == BERTRAM_THORNTON:
            _bertram_thornton(mass, water, area, diameter, first, gamma)
        elif table.method == DAVIS:
            _davis(mass, cells, first, gamma)
        else:
            gamma[:] = ZERO
        if table.coated > ZERO:
            _coat(mass, cells, area, diameter, table, sizes, first, gamma)
        for i in range(LANES):
            c = first + i
            root = np.sqrt(cells.temperature[c])
            spread = DIFFUSION * root / cells.air[c]
            a, d = area[c], diameter[c]
            speeds, diffusions = table.speeds, table.diffusions
            damp = cells.humidity[c] - table.no2_from
            dark = min(table.no2_dry + table.no2_slope * max(damp, ZERO), table.no2_most)
            bright = min(table.no2_light * cells.light[c], table.no2_full)
            radical = _rate(table.ho2, a, d, speeds[3] * root, diffusions[3] * spread)
            out[N2O5, c] = _rate(gamma[i], a, d, speeds[0] * root, diffusions[0] * spread)
            out[NO2, c] = _rate(dark, a, d, speeds[1] * root, diffusions[1] * spread)
            out[NO2_LIGHT, c] = _rate(bright, a, d, speeds[1] * root, diffusions[1] * spread)
            out[NO3, c] = _rate(table.no3, a, d, speeds[2] * root, diffusions[2] * spread)
            out[HO2, c] = radical * (ONE - table.ho2_peroxide)
            out[HO2_H2O2, c] = radical * table.ho2_peroxide
            out[AGEING, c] = table.ageing * max(cells.hydroxyl[c], ZERO)
