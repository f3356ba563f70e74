"""First-order removal by rain and snow, in clouds and below them."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from forecast.ctm.kernels.layout import FLAGS, HALO

# numba compiles these from the types of the call
# ruff: noqa: ANN001, ANN201

WATER_RATIO = 0.0820573661
"""Gas constant, L atm mol-1 K-1: times a Henry constant in M atm-1 and temperature it is the
concentration in water over that in air."""
STANDARD = 298.15
LEAST_RATE = 1.0e-30


class Clouds(NamedTuple):
    """Where and how it rains in one hour.

    Attributes:
        zone: 0 nothing, 1 raining cloud, 2 below one, (nz, ny, nx), int64.
        temperature: K, (nz, ny, nx), float64.
        liquid: Share of liquid in cloud water, (nz, ny, nx), float64.
        raining: Whether anything falls, (ny, nx), bool.
        area: Share of the cell in which it falls, (ny, nx), float64.
        drop: Depth of water that falls there in a second, m s-1, (ny, nx).
        conversion: Rate at which cloud water there becomes precipitation, s-1, (ny, nx).
        depth: Depth of the air below clouds, m, (ny, nx).
        water: Volume of cloud water in a volume of cloudy air.
        snow: Temperature below which precipitation is snow, K.
        step: s.
    """

    zone: np.ndarray
    temperature: np.ndarray
    liquid: np.ndarray
    raining: np.ndarray
    area: np.ndarray
    drop: np.ndarray
    conversion: np.ndarray
    depth: np.ndarray
    water: float
    snow: float
    step: float


class SolubleGases(NamedTuple):
    """Distinct sets of properties of gases.

    Attributes:
        size: Terms of the effective Henry constant in rain, M atm-1, (nset, 3), float64.
        warmth: Their temperature dependence, K, (nset, 3), float64.
        ice: Share that ice takes up, (nset,).
        washout: Rate below clouds if nothing left the drops, s-1, (nset, ny, nx), float64.
    """

    size: np.ndarray
    warmth: np.ndarray
    ice: np.ndarray
    washout: np.ndarray


class CollectedParticles(NamedTuple):
    """Kinds of particles.

    Attributes:
        cloud: Share taken into droplets, (nkind,).
        ice: Share taken into ice, (nkind,).
        rain: Rate below clouds in rain, s-1, (nkind, ny, nx), float64.
        snow: The same in snow.
    """

    cloud: np.ndarray
    ice: np.ndarray
    rain: np.ndarray
    snow: np.ndarray


@njit(**FLAGS)
def solubility_in_air(gases, s, temperature):
    """Concentration in water over that in air, at equilibrium."""
    warm = 1.0 / temperature - 1.0 / STANDARD
    total = 0.0
    for term in range(3):
        if gases.size[s, term] > 0.0:
            total += gases.size[s, term] * math.exp(gases.warmth[s, term] * warm)
    return total * WATER_RATIO * temperature


@njit(**FLAGS)
def gas_rate(clouds, gases, s, place):
    """First-order rate of one gas where it rains, s-1."""
    layer, j, i = place
    temperature = clouds.temperature[layer, j, i]
    if clouds.zone[layer, j, i] == 1:
        liquid = clouds.liquid[layer, j, i]
        held = solubility_in_air(gases, s, temperature) * clouds.water * liquid
        share = min(held / (1.0 + held) + gases.ice[s] * (1.0 - liquid), 1.0)
        return share * clouds.conversion[j, i]
    free = gases.washout[s, j, i]
    if temperature < clouds.snow:
        return gases.ice[s] * free
    depth = max(clouds.depth[j, i], 1.0)
    reach = clouds.drop[j, i] * solubility_in_air(gases, s, temperature) / (free + LEAST_RATE)
    return free * (reach / depth) * (1.0 - math.exp(-depth / (reach + LEAST_RATE)))


@njit(**FLAGS)
def particle_rate(clouds, particles, kind, place):
    """First-order rate of one kind of particles where it rains, s-1."""
    layer, j, i = place
    if clouds.zone[layer, j, i] == 1:
        liquid = clouds.liquid[layer, j, i]
        share = particles.cloud[kind] * liquid + particles.ice[kind] * (1.0 - liquid)
        return share * clouds.conversion[j, i]
    if clouds.temperature[layer, j, i] < clouds.snow:
        return particles.snow[kind, j, i]
    return particles.rain[kind, j, i]


@njit(**FLAGS)
def removal_shares(clouds, gases, particles, stays):
    """Set what one step of rain leaves of each set of gases and each kind of particles.

    Args:
        clouds: `Clouds`.
        gases: `SolubleGases`.
        particles: `CollectedParticles`.
        stays: Share that stays in the air, (nset + nkind, nz, ny, nx), float32; set.
    """
    kinds, nz, ny, nx = stays.shape
    nset = gases.ice.size
    for kind in range(kinds):
        for layer in range(nz):
            for j in range(ny):
                row = stays[kind, layer, j]
                for i in range(nx):
                    row[i] = np.float32(1.0)
                    if not clouds.raining[j, i] or clouds.zone[layer, j, i] == 0:
                        continue
                    place = (layer, j, i)
                    if kind < nset:
                        rate = gas_rate(clouds, gases, kind, place)
                    else:
                        rate = particle_rate(clouds, particles, kind - nset, place)
                    taken = 1.0 - math.exp(-rate * clouds.step)
                    row[i] = np.float32(1.0 - clouds.area[j, i] * taken)


@njit(**FLAGS)
def scavenge(ratio, mass, stays, kinds, removed):
    """Remove what one step of rain takes from every cell.

    Args:
        ratio: Mixing ratio, (nspecies, nz, ny + 6, width), float32; updated.
        mass: Air, (nz, ny + 6, width), float64, kg.
        stays: Share that stays in the air, for each kind of solubility, (nkind, nz, ny, nx),
            float32.
        kinds: Kind of each species, -1 for those that rain does not take, (nspecies,), int64.
        removed: What reached the ground, (nspecies, ny, nx), float64, kg; added to.
    """
    nz, ny, nx = stays.shape[1:]
    for species in range(ratio.shape[0]):
        kind = kinds[species]
        if kind < 0:
            continue
        for layer in range(nz):
            for j in range(ny):
                row = ratio[species, layer, HALO + j, HALO : HALO + nx]
                air = mass[layer, HALO + j, HALO : HALO + nx]
                share = stays[kind, layer, j]
                taken = removed[species, j]
                for i in range(nx):
                    after = row[i] * share[i]
                    taken[i] += air[i] * np.float64(row[i] - after)
                    row[i] = after
