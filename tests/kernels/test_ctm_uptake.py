"""Deposition velocities: the compiled loops against equations written over whole arrays."""

from typing import Any

import numpy as np
import pytest

from forecast.ctm.kernels.uptake import (
    LEAST_SHARE,
    GasSets,
    Land,
    ParticleSets,
    Weather,
    gas_velocities,
    particle_velocities,
)

NY, NX, NCLASS, NSET, NKIND, NLEVEL, NNODE = 3, 5, 4, 19, 2, 6, 3
NEVER = 1.0e20


def _weather(rng: np.random.Generator) -> Weather:
    def field(low: float, high: float) -> Any:
        return rng.uniform(low, high, (NY, NX))

    return Weather(
        friction=field(0.02, 0.8),
        wind=field(2.0, 7.0),
        log_height=np.log(field(15.0, 30.0)),
        momentum=field(-1.0, 3.0),
        heat=field(-1.5, 3.0),
        temperature=field(258.0, 313.0),
        shortwave=field(0.0, 900.0),
        humidity=field(0.0, 1.0),
        growing=field(1.0, 2.0),
        added=field(0.0, 30.0),
        wetness=rng.integers(0, 3, (NY, NX)),
        season=rng.integers(0, 5, (NY, NX)),
    )


def _land(rng: np.random.Generator) -> Land:
    share = rng.uniform(0.0, 1.0, (NCLASS, NY, NX)) * (rng.random((NCLASS, NY, NX)) < 0.7)
    share[0] += 0.1
    resistance = rng.uniform(50.0, 5000.0, (NCLASS, 5, 7))
    resistance[rng.random(resistance.shape) < 0.2] = NEVER
    resistance[:, :, 2] = rng.uniform(0.0, 2000.0, (NCLASS, 5))
    return Land(
        share / share.sum(axis=0),
        np.log(rng.uniform(1e-4, 0.8, (NCLASS, 5))),
        resistance,
        np.array([False, True, False, False]),
        np.array([False, False, True, False]),
        rng.uniform(0.6, 50.0, NCLASS),
        rng.uniform(0.002, 0.01, (NCLASS, 5)) * np.array([1, 1, 0, 1])[:, None],
        np.array([False, False, True, False]),
    )


def _gases(rng: np.random.Generator) -> GasSets:
    size = np.zeros((3, NSET))
    size[0] = 10.0 ** rng.uniform(-3.0, 8.0, NSET)
    size[1:, ::3] = 10.0 ** rng.uniform(-3.0, 10.0, (2, size[0, ::3].size))
    single = rng.uniform(0.5, 3.0, (2, NSET)).astype(np.float32)
    reactivity = rng.choice([0.0, 0.1, 1.0], NSET).astype(np.float32)
    warmth = rng.uniform(0.0, 8000.0, (3, NSET))
    return GasSets(size, warmth, reactivity, single[0], single[1], np.arange(NSET) % 3, 1.0)


def _over_class(w: Weather, land: Land, c: int) -> tuple[Any, Any]:
    """Friction velocity and aerodynamic resistance over a class, from equal winds aloft."""
    roughness = land.log_roughness[c][w.season]
    wind = np.maximum(w.log_height - roughness + w.momentum, 0.5)
    friction = np.clip(w.friction * w.wind / wind, 0.01, 3.0)
    heat = np.maximum(w.log_height - roughness + w.heat, 0.1)
    return friction, heat / (0.4 * friction)


def _surface(w: Weather, land: Land, c: int, gas: tuple[Any, float, float, int]) -> Any:
    """Surface resistance of Wesely (1989) with the wetting of Walmsley and Wesely (1996)."""
    henry, f0, ratio, rule = gas
    r_i, r_lu, r_ac, r_gs, r_go, r_cs, r_co = np.moveaxis(land.resistance[c][w.season], -1, 0)
    wetness = np.where(land.water[c], 0, w.wetness)
    celsius = w.temperature - 273.15
    light = 1.0 + (200.0 / (w.shortwave + 0.1)) ** 2
    open_ = (celsius > 0.1) & (celsius < 39.9) & (r_i < NEVER)
    span = np.where(open_, celsius * (40.0 - celsius), 1.0)
    r_s = np.where(open_, np.minimum(r_i * light * 400.0 / span, NEVER), NEVER)
    r_s = np.where((wetness > 0) & open_, 3.0 * r_s, r_s)
    r_m = 1.0 / (henry / 3000.0 + 100.0 * f0 + 1e-20)
    wet_o3 = 1.0 / np.where(wetness == 1, 3000.0, 1000.0) + 1.0 / (3.0 * r_lu)
    wet_so2 = np.where(wetness == 1, 0.01, 1.0 / 5000.0 + 1.0 / (3.0 * r_lu))
    wet_so2 = np.where(land.urban[c], 0.02, wet_so2)
    mixed = (1e-5 * henry + f0) / (3.0 * r_lu) + 1e-7 * henry + f0 * wet_o3
    wet = (mixed, wet_so2, wet_o3)[rule]
    leaf = np.where(wetness > 0, wet, (1e-5 * henry + f0) / r_lu)
    cold = [
        w.growing / (g + 1e-20) + w.added
        for g in (leaf, 1e-5 * henry / r_cs + f0 / r_co, 1e-5 * henry / r_gs + f0 / r_go)
    ]
    convection = 100.0 * (1.0 + 1000.0 / (w.shortwave + 10.0))
    conductance = 1 / (r_s * ratio + r_m) + 1 / cold[0]
    conductance += 1 / (convection + cold[1]) + 1 / (r_ac + cold[2])
    return np.maximum(1.0 / conductance, 1.0)


@pytest.mark.parametrize("seed", range(3))
def test_gases(seed: int) -> None:
    rng = np.random.default_rng(seed)
    w, land, gases = _weather(rng), _land(rng), _gases(rng)
    found = np.zeros((NSET, NY, NX), np.float32)
    gas_velocities(w, land, gases, found)
    warm = 1.0 / w.temperature - 1.0 / 298.15
    share = np.where(land.share < LEAST_SHARE, 0.0, land.share)
    for s in range(NSET):
        terms = gases.size[:, s, None, None] * np.exp(gases.warmth[:, s, None, None] * warm)
        gas = (terms.sum(axis=0), gases.reactivity[s], gases.diffusivity[s], gases.rule[s])
        total = np.zeros((NY, NX))
        for c in range(NCLASS):
            friction, above = _over_class(w, land, c)
            laminar = 2.0 / (0.4 * friction) * gases.laminar[s]
            total += share[c] / (above + laminar + _surface(w, land, c, gas))
        np.testing.assert_allclose(found[s], total / share.sum(axis=0), rtol=2e-5)


@pytest.mark.parametrize("exponents", [(2.0, 2.0), (1.7, 0.8)], ids=["zhang", "emerson"])
def test_particles(exponents: tuple[float, float]) -> None:
    rng = np.random.default_rng(5)
    w, land = _weather(rng), _land(rng)
    shape = (NKIND, NLEVEL, NNODE)
    p = ParticleSets(
        np.sort(10.0 ** rng.uniform(-6, -2, shape), axis=1),
        np.sort(10.0 ** rng.uniform(-7, -5, shape), axis=1),
        10.0 ** rng.uniform(-5, -3, (NCLASS, *shape)),
        rng.dirichlet(np.ones(NNODE), NKIND),
        0.95 / (NLEVEL - 1),
        3.0,
        np.array([0.4, exponents[0]]),
        np.array([2.5, exponents[1]]),
    )
    velocity, falling = np.zeros((2, NKIND, NY, NX), np.float32)
    particle_velocities(w, land, p, velocity, falling)
    levels = np.arange(NLEVEL) * p.step
    share = np.where(land.share < LEAST_SHARE, 0.0, land.share)
    for k in range(NKIND):
        total, sinking = np.zeros((NY, NX)), np.zeros((NY, NX))
        for n in range(NNODE):
            fall = np.interp(w.humidity, levels, p.settling[k, :, n])
            wide = np.interp(w.humidity, levels, p.diameter[k, :, n])
            sinking += p.weight[k, n] * fall
            for c in range(NCLASS):
                friction, above = _over_class(w, land, c)
                radius = land.radius[c][w.season]
                rough = radius > 0.0
                safe = np.where(rough, radius, 1.0)
                stokes = np.where(
                    rough, fall * friction / (9.80665 * safe), fall * friction**2 / 9.80665 / 1.4e-5
                )
                hit = 0.4 * (stokes / (land.alpha[c] + stokes)) ** exponents[0]
                caught = np.where(rough, 2.5 * (wide / safe) ** exponents[1], 0.0)
                bounce = np.where(land.wet[c] | (w.wetness > 0), 1.0, np.exp(-np.sqrt(stokes)))
                small = np.interp(w.humidity, levels, p.brownian[c, k, :, n])
                speed = 3.0 * friction * (small + hit + caught) * bounce
                total += share[c] * p.weight[k, n] / (above + 1.0 / speed)
        np.testing.assert_allclose(falling[k], sinking, rtol=1e-5)
        np.testing.assert_allclose(velocity[k], total / share.sum(axis=0), rtol=1e-5)


def test_a_cell_does_not_know_its_neighbours() -> None:
    rng = np.random.default_rng(9)
    w, land, gases = _weather(rng), _land(rng), _gases(rng)
    whole = np.zeros((NSET, NY, NX), np.float32)
    gas_velocities(w, land, gases, whole)
    part = (slice(1, 3), slice(2, 4))
    cut = Weather(*(np.ascontiguousarray(field[part]) for field in w))
    use = land._replace(share=np.ascontiguousarray(land.share[(slice(None), *part)]))
    alone = np.zeros((NSET, 2, 2), np.float32)
    gas_velocities(cut, use, gases, alone)
    np.testing.assert_array_equal(alone, whole[(slice(None), *part)])
