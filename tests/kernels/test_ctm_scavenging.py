"""What rain leaves: the compiled loops against equations written over whole arrays."""

from typing import Any

import numpy as np

from forecast.ctm.kernels.layout import HALO, mass_array, ratio_array
from forecast.ctm.kernels.scavenging import (
    Clouds,
    CollectedParticles,
    SolubleGases,
    removal_shares,
    scavenge,
)

NZ, NY, NX, NSET, NKIND = 4, 3, 5, 6, 2


def _clouds(rng: np.random.Generator) -> Clouds:
    return Clouds(
        zone=rng.integers(0, 3, (NZ, NY, NX)),
        temperature=rng.uniform(250.0, 295.0, (NZ, NY, NX)),
        liquid=rng.uniform(0.0, 1.0, (NZ, NY, NX)),
        raining=rng.random((NY, NX)) < 0.7,
        area=rng.uniform(0.3, 1.0, (NY, NX)),
        drop=rng.uniform(1e-8, 1e-6, (NY, NX)),
        conversion=rng.uniform(1e-5, 1e-3, (NY, NX)),
        depth=rng.uniform(0.0, 3000.0, (NY, NX)),
        water=5.0e-7,
        snow=273.15,
        step=600.0,
    )


def _reference(clouds: Clouds, gases: SolubleGases, particles: CollectedParticles) -> Any:
    warm = 1.0 / clouds.temperature - 1.0 / 298.15
    snow, inside = clouds.temperature < clouds.snow, clouds.zone == 1
    rates = []
    for s in range(NSET):
        terms = gases.size[s, :, None, None, None] * np.exp(
            gases.warmth[s, :, None, None, None] * warm
        )
        held = terms.sum(axis=0) * 0.0820573661 * clouds.temperature
        x = held * clouds.water * clouds.liquid
        share = np.minimum(x / (1 + x) + gases.ice[s] * (1 - clouds.liquid), 1.0)
        free, depth = gases.washout[s], np.maximum(clouds.depth, 1.0)
        reach = clouds.drop * held / free
        rain = free * reach / depth * (1.0 - np.exp(-depth / reach))
        below = np.where(snow, gases.ice[s] * free, rain)
        rates.append(np.where(inside, share * clouds.conversion, below))
    for k in range(NKIND):
        share = particles.cloud[k] * clouds.liquid + particles.ice[k] * (1 - clouds.liquid)
        below = np.where(snow, particles.snow[k], particles.rain[k])
        rates.append(np.where(inside, share * clouds.conversion, below))
    stays = 1.0 - clouds.area * (1.0 - np.exp(-np.array(rates) * clouds.step))
    return np.where(clouds.raining & (clouds.zone > 0), stays, 1.0)


def test_shares() -> None:
    rng = np.random.default_rng(2)
    size = 10.0 ** rng.uniform(-2.0, 10.0, (NSET, 3))
    size[::2, 1:] = 0.0
    clouds = _clouds(rng)
    gases = SolubleGases(
        size,
        rng.uniform(0.0, 8000.0, (NSET, 3)),
        np.array([0.0, 1.0] * 3),
        rng.uniform(1e-5, 1e-3, (NSET, NY, NX)),
    )
    particles = CollectedParticles(
        np.array([0.9, 0.5]), np.array([0.1, 0.2]), *rng.uniform(1e-7, 1e-3, (2, NKIND, NY, NX))
    )
    stays = np.zeros((NSET + NKIND, NZ, NY, NX), np.float32)
    removal_shares(clouds, gases, particles, stays)
    np.testing.assert_allclose(stays, _reference(clouds, gases, particles), rtol=2e-6)
    assert stays.min() >= 0.0
    assert stays.max() == 1.0


def test_what_leaves_the_air_is_on_the_ground() -> None:
    rng = np.random.default_rng(7)
    ratio, mass = ratio_array(3, NZ, NY, NX), mass_array(NZ, NY, NX)
    ratio[:], mass[:] = rng.uniform(0, 1, ratio.shape), rng.uniform(1, 5, mass.shape)
    own = (..., slice(HALO, HALO + NY), slice(HALO, HALO + NX))
    before = ratio[own].astype(np.float64)
    stays = rng.uniform(0.0, 1.0, (2, NZ, NY, NX)).astype(np.float32)
    removed = np.zeros((3, NY, NX))
    scavenge(ratio, mass, stays, np.array([1, -1, 0]), removed)
    expected = before * np.stack([stays[1], np.ones_like(stays[0]), stays[0]])
    np.testing.assert_allclose(ratio[own], expected, rtol=1e-6)
    np.testing.assert_allclose(
        removed, ((before - expected) * mass[own]).sum(axis=1), rtol=1e-5, atol=1e-6
    )
    assert not removed[1].any()
