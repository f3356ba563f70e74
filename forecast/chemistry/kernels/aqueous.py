"""Oxidation of SO2 in particle water and in cloud droplets: the steps of a block of cells."""

from typing import NamedTuple

import numpy as np
from numba import njit

from forecast.chemistry.kernels.sulfite import (
    AREA,
    CAT,
    DIAM,
    FE,
    FLAGS,
    FORMED,
    HALF,
    ION,
    LANES,
    LEAST_ACID,
    LV,
    MN,
    NA,
    ONE,
    OZ,
    PART,
    RN,
    RO,
    ROOT,
    ROUTES,
    RP,
    RT,
    SPEED_S,
    SPREAD,
    SPREAD_S,
    SV,
    THREE,
    TWO,
    ZERO,
    A,
    H,
    N,
    P,
    S,
    acid_constants,
    acidity,
    constants,
    limit,
    mean_decay,
    passage,
    rates,
    react,
)

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201, ANN202

# rows of the gases of the chemistry in `Table.gases`
SO2, H2O2, O3, NO2, HONO, SULF, HNO3, NH3 = 0, 1, 2, 3, 4, 5, 6, 7
# rows of the masses of particles
SULFATE, NITRATE, AMMONIUM, OTHER, DUST = 0, 1, 2, 6, 8
# rows of what is formed
CLOUDS = 5
SUB_STEPS = 4

PER_LITRE = np.float32(1000.0 / 6.02214076e23)  # molecules cm-3 to mol per litre of air
PER_CM3 = np.float32(6.02214076e20)
# mol per litre of air for 1 ug m-3
MOL_SULFATE = np.float32(1e-9 / 96.0626)
MOL_NITRATE = np.float32(1e-9 / 62.0049)
MOL_AMMONIUM = np.float32(1e-9 / 18.0385)
MOL_IRON = np.float32(1e-9 / 55.845)
MOL_MANGANESE = np.float32(1e-9 / 54.938)
WATER_VOLUME = np.float32(1.0e-12)  # litre per litre for 1 ug m-3


class Table(NamedTuple):
    """Rows, switches (0 or 1) and coefficients; float32 unless said.

    Attributes:
        gases: Rows of SO2, H2O2, O3, NO2, HONO, SULF, HNO3, NH3, (8,), int64.
        particles: Switches of the five routes on particles.
        clouds: Switches of the four routes in clouds.
        no2: pH and ln k of NO2 at the lower end, slope of ln k, width in pH.
        ionic: 1 where rate constants depend on ionic strength.
        surface: Uptake of SO2 in dry air, growth with humidity, humidity it starts from, most.
        tops_up: 1 where the uptake holds for all routes on particles together.
        driest: Relative humidity below which particles do not react.
        metals: Iron of other matter and dust, manganese of both, kg kg-1.
        ferric: Share of Fe(III) in the dark, its loss per s-1 of light, least.
        radius: Of droplets, m.
        acidity: H+ of droplets, M; 0 where it is computed.
        alkalinity: Bases of dust, mol kg-1.
        coldest: Of liquid clouds, K.
    """

    gases: np.ndarray
    particles: tuple[np.float32, ...]
    clouds: tuple[np.float32, ...]
    no2: tuple[np.float32, ...]
    ionic: np.float32
    surface: tuple[np.float32, ...]
    tops_up: np.float32
    driest: np.float32
    metals: tuple[np.float32, ...]
    ferric: tuple[np.float32, ...]
    radius: np.float32
    acidity: np.float32
    alkalinity: np.float32
    coldest: np.float32


@njit(**FLAGS)
def _load(density, mass, table, first, w):
    """Amounts of one block; what is formed starts at zero."""
    g = table.gases
    for i in range(LANES):
        c = first + i
        w[S + i] = max(density[g[SO2], c], ZERO) * PER_LITRE
        w[P + i] = max(density[g[H2O2], c], ZERO) * PER_LITRE
        w[OZ + i] = max(density[g[O3], c], ZERO) * PER_LITRE
        w[N + i] = max(density[g[NO2], c], ZERO) * PER_LITRE
        w[A + i] = density[g[NH3], c] * PER_LITRE + mass[AMMONIUM, c] * MOL_AMMONIUM
        w[NA + i] = density[g[HNO3], c] * PER_LITRE + mass[NITRATE, c] * MOL_NITRATE
        w[SV + i] = density[g[SULF], c] * PER_LITRE + mass[SULFATE, c] * MOL_SULFATE
        w[CAT + i] = mass[DUST, c] * table.alkalinity * np.float32(1e-12)
    for i in range(ROUTES * LANES):
        w[FORMED + i] = ZERO


@njit(**FLAGS)
def _solution(cells, mass, table, first, w):
    """Concentrations of ions and metals in the water of LV, and Fe(III) of the light."""
    m = table.metals
    for i in range(LANES):
        c = first + i
        inverse = ONE / max(w[LV + i], np.float32(1e-16))
        ions = TWO * mass[SULFATE, c] * MOL_SULFATE
        ions += HALF * (mass[NITRATE, c] * MOL_NITRATE + mass[AMMONIUM, c] * MOL_AMMONIUM)
        w[ION + i] = min(table.ionic * ions * inverse, np.float32(40.0))
        ferric = max(table.ferric[0] - table.ferric[1] * cells.light[c], table.ferric[2])
        iron = (m[0] * mass[OTHER, c] + m[1] * mass[DUST, c]) * MOL_IRON
        w[FE + i] = ferric * iron * inverse
        w[MN + i] = (m[2] * mass[OTHER, c] + m[3] * mass[DUST, c]) * MOL_MANGANESE * inverse


@njit(**FLAGS)
def _particles(cells, mass, wet, table, step, first, w):
    """Particles: routes in their water, and the uptake that tops them up."""
    water, hydrogen, area, diameter = wet
    for i in range(LANES):
        c = first + i
        w[PART + i] = ONE - min(max(cells.cloud[c], ZERO), ONE)
        enough = cells.humidity[c] >= table.driest
        w[LV + i] = max(water[c], ZERO) * WATER_VOLUME if enough else ZERO
        w[H + i] = min(max(hydrogen[c], LEAST_ACID), ONE)
        w[AREA + i], w[DIAM + i] = area[c], diameter[c]
    _solution(cells, mass, table, first, w)
    rates(table.no2, table.particles, w)
    limit(w)
    for i in range(LANES):
        c = first + i
        share = w[PART + i]
        damp = max(cells.humidity[c] - table.surface[2], ZERO)
        gamma = min(table.surface[0] + table.surface[1] * damp, table.surface[3])
        root = w[ROOT + i]
        whole = passage(area[c], diameter[c], gamma, SPEED_S * root, SPREAD_S * w[SPREAD + i])
        known = w[RP + i] * w[P + i] + w[RO + i] * w[OZ + i] + w[RN + i] * w[N + i] + w[RT + i]
        rest = max(whole - table.tops_up * known, ZERO) * table.particles[4] * share
        x = rest * step
        made = w[S + i] * min(x * mean_decay(x), ONE)
        w[FORMED + 4 * LANES + i] += made
        w[S + i] -= made
        w[SV + i] += made
        w[RP + i] *= share
        w[RO + i] *= share
        w[RN + i] *= share
        w[RT + i] *= share
    react(step, 0, w)


@njit(**FLAGS)
def _clouds(cells, mass, table, step, first, w):
    """Droplets: the acidity follows the acid that forms."""
    for i in range(LANES):
        c = first + i
        liquid = cells.temperature[c] >= table.coldest and cells.cloud[c] > ZERO
        w[PART + i] = min(cells.cloud[c], ONE) if liquid else ZERO
        w[LV + i] = max(cells.cloud_water[c], ZERO) * np.float32(1e-3) if liquid else ZERO
        w[AREA + i] = THREE * w[LV + i] / table.radius
        w[DIAM + i] = TWO * table.radius
    acid_constants(cells, first, w)
    _solution(cells, mass, table, first, w)
    for _ in range(SUB_STEPS):
        acidity(table.acidity, w)
        rates(table.no2, table.clouds, w)
        limit(w)
        react(step * np.float32(1.0 / SUB_STEPS), CLOUDS, w)
    for route in range(CLOUDS, ROUTES):
        for i in range(LANES):
            w[FORMED + route * LANES + i] *= w[PART + i]


@njit(**FLAGS)
def _store(density, formed, table, first, w):
    """Take what was formed from the gases; what one loses another gains."""
    g = table.gases
    for i in range(LANES):
        c = first + i
        peroxide = w[FORMED + i] + w[FORMED + CLOUDS * LANES + i]
        ozone = w[FORMED + LANES + i] + w[FORMED + (CLOUDS + 1) * LANES + i]
        dioxide = w[FORMED + 2 * LANES + i] + w[FORMED + (CLOUDS + 2) * LANES + i]
        rest = w[FORMED + 3 * LANES + i] + w[FORMED + (CLOUDS + 3) * LANES + i]
        rest += w[FORMED + 4 * LANES + i]
        total = (peroxide + ozone + dioxide + rest) * PER_CM3
        total = min(total, max(density[g[SO2], c], ZERO))
        density[g[SO2], c] -= total
        density[g[SULF], c] += total
        density[g[H2O2], c] = max(density[g[H2O2], c] - peroxide * PER_CM3, ZERO)
        density[g[O3], c] = max(density[g[O3], c] - ozone * PER_CM3, ZERO)
        nitrogen = min(TWO * dioxide * PER_CM3, max(density[g[NO2], c], ZERO))
        density[g[NO2], c] -= nitrogen
        density[g[HONO], c] += nitrogen
    for route in range(ROUTES):
        for i in range(LANES):
            formed[route, first + i] += w[FORMED + route * LANES + i] * PER_CM3


@njit(**FLAGS)
def oxidise(density, cells, mass, wet, table, step, formed, w):
    """Advance the oxidation of SO2 on particles and in clouds by one step in all cells.

    Args:
        density: Gases, (nspecies, n), float32, molecules cm-3; updated.
        cells: `temperature` (K), `humidity` (0 to 1), `air` (molecules cm-3), `light` (photolysis
            rate of NO2, s-1), `cloud` (cloudy share), `cloud_water` (kg m-3), (n,), float32.
        mass: Dry particles by class, (9, n), float32, ug m-3.
        wet: Particle water (ug m-3), H+ (mol per kg of it), surface (m2 m-3), diameter (m), (n,).
        table: `Table`.
        step: s, float32.
        formed: Sulfate by route, (9, n), float32, molecules cm-3; added to.
        w: Work array, (WORK,), float32.
    """
    for block in range(cells.temperature.size // LANES):
        first = block * LANES
        constants(cells, first, w)
        _load(density, mass, table, first, w)
        _particles(cells, mass, wet, table, step, first, w)
        cloudy = ZERO
        for i in range(LANES):
            cloudy += max(cells.cloud[first + i] * cells.cloud_water[first + i], ZERO)
        # a cell without a cloud comes out of the next line as it went in
        if cloudy > ZERO:
            _clouds(cells, mass, table, step, first, w)
        _store(density, formed, table, first, w)
