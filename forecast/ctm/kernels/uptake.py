"""Deposition velocities of gases and particles over the land use of each cell.

One cell at a time, so that nothing depends on the tile; the inner loop over gases is plain
arithmetic. Classes of land use that a cell does not have cost nothing.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from forecast.ctm.kernels.layout import FLAGS

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201

VON_KARMAN = 0.4
GRAVITY = 9.80665
LEAST_SHARE = 0.01
"""Share of a cell below which a class is left out; the others stand for it."""
LEAST_FRICTION, MOST_FRICTION = 0.01, 3.0
LEAST_WIND, LEAST_HEAT = 0.5, 0.1
STOMATA, CUTICLE, CANOPY, GROUND_S, GROUND_O, LOWER_S, LOWER_O = range(7)
CLOSED = 1.0e20
TINY = np.float32(1.0e-20)
ONE = np.float32(1.0)
KINEMATIC_VISCOSITY = 1.4e-5


class Weather(NamedTuple):
    """Near the ground in one hour, all (ny, nx), float64 but for the last three.

    Attributes:
        friction: Friction velocity of the cell, m s-1.
        wind: Logarithmic wind profile of the cell with stability, from its roughness length.
        log_height: Logarithm of the height of the velocity, m.
        momentum: Stability correction of wind at that height.
        heat: The same of heat.
        temperature: K.
        shortwave: W m-2.
        humidity: Relative, 0 to 1.
        growing: Factor on the resistances of cold surfaces, 1 or more.
        added: Addition to the resistances of cold surfaces, s m-1.
        wetness: 0 dry, 1 dew, 2 rain, int64.
        season: Of the tables, int64.
    """

    friction: np.ndarray
    wind: np.ndarray
    log_height: np.ndarray
    momentum: np.ndarray
    heat: np.ndarray
    temperature: np.ndarray
    shortwave: np.ndarray
    humidity: np.ndarray
    growing: np.ndarray
    added: np.ndarray
    wetness: np.ndarray
    season: np.ndarray


class Land(NamedTuple):
    """Land use and its tables.

    Attributes:
        share: Of each class in each cell, (nclass, ny, nx), float64.
        log_roughness: Logarithm of the roughness length, m, (nclass, 5).
        resistance: s m-1, (nclass, 5, 7).
        urban: (nclass,), bool.
        water: (nclass,), bool.
        alpha: (nclass,).
        radius: m, 0 where smooth, (nclass, 5).
        wet: (nclass,), bool.
    """

    share: np.ndarray
    log_roughness: np.ndarray
    resistance: np.ndarray
    urban: np.ndarray
    water: np.ndarray
    alpha: np.ndarray
    radius: np.ndarray
    wet: np.ndarray


class GasSets(NamedTuple):
    """Distinct sets of properties of gases.

    Attributes:
        size: Terms of the effective Henry constant, M atm-1, (3, nset), float64.
        warmth: Their temperature dependence, K, (3, nset), float64.
        reactivity: (nset,), float32.
        diffusivity: Diffusivity of water vapour over that of the gas, (nset,), float32.
        laminar: (Schmidt over Prandtl number)^(2/3), (nset,), float32.
        rule: 0 mixed, 1 SO2, 2 O3, (nset,), int64.
        least: Least surface resistance, s m-1.
    """

    size: np.ndarray
    warmth: np.ndarray
    reactivity: np.ndarray
    diffusivity: np.ndarray
    laminar: np.ndarray
    rule: np.ndarray
    least: float


class ParticleSets(NamedTuple):
    """Kinds of particles, tabulated over humidity.

    Attributes:
        settling: m s-1, (nkind, nlevel, nnode), float64.
        diameter: Wet, m, (nkind, nlevel, nnode).
        brownian: Collection by diffusion, (nclass, nkind, nlevel, nnode).
        weight: Share of mass of each node, (nkind, nnode).
        step: Relative humidity from one level to the next.
        collection: Factor of the whole.
        impaction: Factor and exponent of impaction, (2,).
        interception: Factor and exponent of interception, (2,).
    """

    settling: np.ndarray
    diameter: np.ndarray
    brownian: np.ndarray
    weight: np.ndarray
    step: float
    collection: float
    impaction: np.ndarray
    interception: np.ndarray


@njit(**FLAGS)
def aerodynamic(weather, log_roughness, j, i):
    """Friction velocity over one class and the resistance of the air above it.

    The wind at the height is the cell's; over a class it meets the roughness of that class.
    """
    logarithm = weather.log_height[j, i] - log_roughness
    wind = max(logarithm + weather.momentum[j, i], LEAST_WIND)
    friction = weather.friction[j, i] * weather.wind[j, i] / wind
    friction = min(max(friction, LEAST_FRICTION), MOST_FRICTION)
    heat = max(logarithm + weather.heat[j, i], LEAST_HEAT)
    return friction, heat / (VON_KARMAN * friction)


@njit(**FLAGS)
def stomatal_resistance(least, shortwave, celsius, wet):
    """Bulk stomatal resistance to water vapour, s m-1 (Wesely 1989, equation 3)."""
    if least >= CLOSED or celsius <= 0.1 or celsius >= 39.9:
        return CLOSED
    light = 200.0 / (shortwave + 0.1)
    resistance = least * (1.0 + light * light) * 400.0 / (celsius * (40.0 - celsius))
    return min(3.0 * resistance if wet else resistance, CLOSED)


@njit(**FLAGS)
def wet_canopy(cuticle, wetness, urban):
    """Conductance of a wet upper canopy for SO2 and for O3, m s-1 (Wesely 1989, eq. 10 to 13)."""
    own = 1.0 / (3.0 * cuticle)
    ozone = own + (1.0 / 3000.0 if wetness == 1 else 1.0 / 1000.0)
    dioxide = 0.01 if wetness == 1 else 1.0 / 5000.0 + own
    return 0.02 if urban else dioxide, ozone


@njit(**FLAGS)
def add_gases(gases, henry, rows, state, share, velocity):
    """Add one class of one cell to the velocities of all gases.

    Args:
        gases: `GasSets`.
        henry: Effective Henry constants, M atm-1, (nset,), float32.
        rows: Resistances of the class in its season, (7,).
        state: (aerodynamic resistance, friction velocity, stomatal resistance, convection
            resistance, factor of cold, addition of cold, wetness, wet SO2, wet O3), float64.
        share: Of the cell.
        velocity: m s-1, (nset,), float32; added to.
    """
    above, laminar = np.float32(state[0]), np.float32(2.0 / (VON_KARMAN * state[1]))
    stomata, convection = np.float32(state[2]), np.float32(state[3])
    growing, added = np.float32(state[4]), np.float32(state[5])
    wet = state[6] > 0.0
    wet_dioxide, wet_ozone = np.float32(state[7]), np.float32(state[8])
    cuticle, canopy = np.float32(1.0 / rows[CUTICLE]), np.float32(rows[CANOPY])
    ground_s, ground_o = np.float32(1.0 / rows[GROUND_S]), np.float32(1.0 / rows[GROUND_O])
    lower_s, lower_o = np.float32(1.0 / rows[LOWER_S]), np.float32(1.0 / rows[LOWER_O])
    third = np.float32(cuticle / np.float32(3.0))
    most = np.float32(1.0 / gases.least)
    part = np.float32(share)
    for s in range(velocity.size):
        solved, reactive = henry[s], gases.reactivity[s]
        scaled = solved * np.float32(1.0e-5)
        leaf = (scaled + reactive) * cuticle
        wetted = (scaled + reactive) * third + np.float32(1.0e-7) * solved + reactive * wet_ozone
        rule = gases.rule[s]
        wetted = wet_dioxide if rule == 1 else (wet_ozone if rule == 2 else wetted)
        leaf = wetted if wet else leaf
        mesophyll = ONE / (solved * np.float32(1.0 / 3000.0) + np.float32(100.0) * reactive + TINY)
        total = ONE / (stomata * gases.diffusivity[s] + mesophyll)
        total += ONE / (growing / (leaf + TINY) + added)
        lower = growing / (scaled * lower_s + reactive * lower_o + TINY) + added
        total += ONE / (convection + lower)
        ground = growing / (scaled * ground_s + reactive * ground_o + TINY) + added
        total += ONE / (canopy + ground)
        surface = ONE / min(total, most)
        velocity[s] += part / (above + laminar * gases.laminar[s] + surface)


@njit(**FLAGS)
def gas_velocities(weather, land, gases, velocity):
    """Deposition velocities of gases, the mean over the land use of each cell.

    Args:
        weather: `Weather`.
        land: `Land`.
        gases: `GasSets`.
        velocity: m s-1, (nset, ny, nx), float32; set.
    """
    nset, ny, nx = velocity.shape
    nclass = land.share.shape[0]
    henry, found = np.zeros(nset, np.float32), np.zeros(nset, np.float32)
    state = np.zeros(9)
    for j in range(ny):
        for i in range(nx):
            warm = 1.0 / weather.temperature[j, i] - 1.0 / 298.15
            for s in range(nset):
                total = gases.size[0, s] * math.exp(gases.warmth[0, s] * warm)
                for term in range(1, 3):
                    if gases.size[term, s] > 0.0:
                        total += gases.size[term, s] * math.exp(gases.warmth[term, s] * warm)
                henry[s] = np.float32(total)
                found[s] = np.float32(0.0)
            celsius, shortwave = weather.temperature[j, i] - 273.15, weather.shortwave[j, i]
            season, covered = weather.season[j, i], 0.0
            for c in range(nclass):
                share = land.share[c, j, i]
                if share < LEAST_SHARE:
                    continue
                covered += share
                rows = land.resistance[c, season]
                wetness = 0 if land.water[c] else weather.wetness[j, i]
                friction, above = aerodynamic(weather, land.log_roughness[c, season], j, i)
                state[0], state[1] = above, friction
                state[2] = stomatal_resistance(rows[STOMATA], shortwave, celsius, wetness > 0)
                state[3] = 100.0 * (1.0 + 1000.0 / (shortwave + 10.0))
                state[4], state[5] = weather.growing[j, i], weather.added[j, i]
                state[6] = float(wetness)
                state[7], state[8] = wet_canopy(rows[CUTICLE], wetness, land.urban[c])
                add_gases(gases, henry, rows, state, share, found)
            scale = np.float32(1.0 / max(covered, LEAST_SHARE))
            for s in range(nset):
                velocity[s, j, i] = found[s] * scale


@njit(**FLAGS)
def raised(base, exponent):
    """A power; squares, the usual case, without a logarithm."""
    return base * base if exponent == 2.0 else base**exponent


@njit(**FLAGS)
def collection(particles, place, friction, surface, dry):
    """Velocity that the surface gives particles of one size, m s-1 (Zhang et al. 2001, eq. 5).

    Args:
        particles: `ParticleSets`.
        place: (settling velocity, m s-1; diameter, m; collection by diffusion).
        friction: Over the class, m s-1.
        surface: (alpha, radius of collectors in m or 0).
        dry: Whether particles may bounce off.
    """
    fall, diameter, brownian = place
    alpha, radius = surface
    if radius > 0.0:
        stokes = fall * friction / (GRAVITY * radius)
        caught = particles.interception[0] * raised(diameter / radius, particles.interception[1])
    else:
        stokes = fall * friction * friction / (GRAVITY * KINEMATIC_VISCOSITY)
        caught = 0.0
    hit = particles.impaction[0] * raised(stokes / (alpha + stokes), particles.impaction[1])
    stays = math.exp(-math.sqrt(stokes)) if dry else 1.0
    return particles.collection * friction * (brownian + hit + caught) * stays


@njit(**FLAGS)
def particle_velocities(weather, land, particles, velocity, falling):
    """Deposition velocities of particles by turbulence, and settling apart.

    Args:
        weather: `Weather`.
        land: `Land`.
        particles: `ParticleSets`.
        velocity: By turbulence and collection, m s-1, (nkind, ny, nx), float32; set.
        falling: Settling, m s-1, the same; set.
    """
    nkind, ny, nx = velocity.shape
    nclass, nlevel = land.share.shape[0], particles.settling.shape[1]
    found = np.zeros(nkind)
    for j in range(ny):
        for i in range(nx):
            level = weather.humidity[j, i] / particles.step
            low = min(max(int(level), 0), nlevel - 2)
            high = min(max(level - low, 0.0), 1.0)
            season, covered = weather.season[j, i], 0.0
            for k in range(nkind):
                found[k] = 0.0
                total = 0.0
                for n in range(particles.weight.shape[1]):
                    fall = particles.settling[k, low : low + 2, n]
                    total += particles.weight[k, n] * (fall[0] + high * (fall[1] - fall[0]))
                falling[k, j, i] = np.float32(total)
            for c in range(nclass):
                share = land.share[c, j, i]
                if share < LEAST_SHARE:
                    continue
                covered += share
                friction, above = aerodynamic(weather, land.log_roughness[c, season], j, i)
                dry = not land.wet[c] and weather.wetness[j, i] == 0
                surface = (land.alpha[c], land.radius[c, season])
                for k in range(nkind):
                    for n in range(particles.weight.shape[1]):
                        fall = particles.settling[k, low : low + 2, n]
                        wide = particles.diameter[k, low : low + 2, n]
                        small = particles.brownian[c, k, low : low + 2, n]
                        place = (
                            fall[0] + high * (fall[1] - fall[0]),
                            wide[0] + high * (wide[1] - wide[0]),
                            small[0] + high * (small[1] - small[0]),
                        )
                        speed = collection(particles, place, friction, surface, dry)
                        found[k] += share * particles.weight[k, n] / (above + 1.0 / speed)
            for k in range(nkind):
                velocity[k, j, i] = np.float32(found[k] / max(covered, LEAST_SHARE))
