"""Kernels of photolysis against slow equations in float64, and columns that do not know others."""

from typing import Any, NamedTuple

import numpy as np
import pytest

from forecast.chemistry.kernels.optics import particle_depths
from forecast.chemistry.kernels.photolysis import (
    BANDS,
    OZONE_IN_AIR,
    Bands,
    Columns,
    Table,
    Turbidity,
    photolysis_rates,
    work_space,
)
from forecast.chemistry.kernels.two_stream import SLOTS, mean_actinic_flux
from forecast.chemistry.lanes import LANES
from forecast.fields.arrays import Float, Single

LOSS = 4.0e-6
PARTS = 100


class Layers(NamedTuple):
    scatter: Float
    absorb: Float
    forward: Float


def slow_flux(layers: Layers, cosine: Float, albedo: Float) -> Float:
    """Mean actinic flux of layers: each is cut into thin ones, whose ends are averaged."""
    full, absorb, forward = (np.repeat(field / PARTS, PARTS, axis=0) for field in layers)
    g = forward / full
    depth = absorb + full * (1.0 - g**2)
    kept = 1.0 - np.maximum(absorb / depth, LOSS)
    g = g / (1.0 + g)
    gamma1 = (7.0 - kept * (4.0 + 3.0 * g)) / 4.0
    gamma2 = -(1.0 - kept * (4.0 - 3.0 * g)) / 4.0
    gamma3 = (2.0 - 3.0 * g * cosine) / 4.0
    gamma4 = 1.0 - gamma3
    k = np.sqrt(gamma1**2 - gamma2**2)
    fade, direct = np.exp(-k * depth), np.exp(-depth / cosine)
    scale = 1.0 / (k + gamma1 + (k - gamma1) * fade**2)
    reflect, transmit = gamma2 * (1.0 - fade**2) * scale, 2.0 * k * fade * scale
    a1, a2 = gamma1 * gamma4 + gamma2 * gamma3, gamma1 * gamma3 + gamma2 * gamma4
    km = k * cosine
    scale = kept * scale / (1.0 - km**2)
    up_source = scale * (
        (1.0 - km) * (a2 + k * gamma3)
        - (1.0 + km) * (a2 - k * gamma3) * fade**2
        - 2.0 * (k * gamma3 - a2 * km) * fade * direct
    )
    down_source = scale * (
        2.0 * (k * gamma4 + a1 * km) * fade
        - direct * ((1.0 + km) * (a1 + k * gamma4) - (1.0 - km) * (a1 - k * gamma4) * fade**2)
    )
    n = depth.shape[0]
    beam = cosine * np.concatenate([np.ones((1, cosine.size)), np.cumprod(direct, axis=0)])
    below, sent = np.empty_like(beam), np.empty_like(beam)
    below[n], sent[n] = albedo, albedo * beam[n]
    for i in range(n - 1, -1, -1):
        again = 1.0 / (1.0 - below[i + 1] * reflect[i])
        below[i] = reflect[i] + transmit[i] ** 2 * below[i + 1] * again
        sent[i] = beam[i] * up_source[i] + transmit[i] * again * (
            sent[i + 1] + below[i + 1] * beam[i] * down_source[i]
        )
    down = np.zeros_like(beam)
    for i in range(n):
        again = 1.0 / (1.0 - below[i + 1] * reflect[i])
        passed = transmit[i] * down[i] + beam[i] * down_source[i]
        down[i + 1] = (passed + reflect[i] * sent[i + 1]) * again
    flux = beam / cosine + 2.0 * (down + below * down + sent)
    middles = 0.5 * (flux[1:] + flux[:-1])
    result: Float = middles.reshape(-1, PARTS, cosine.size).mean(axis=1)
    return result


def fast_flux(layers: Layers, cosine: Float, albedo: Float) -> Single:
    nlayer = layers.scatter.shape[0]
    flux = np.zeros((nlayer, LANES), np.float32)
    work = np.zeros((SLOTS, nlayer + 1, LANES), np.float32)
    single = [field.astype(np.float32) for field in (*layers, cosine, albedo)]
    mean_actinic_flux(*single, work, flux)
    return flux


def test_the_light_in_layers_is_the_mean_of_many_thin_ones(rng: np.random.Generator) -> None:
    scatter = rng.uniform(0.005, 0.1, (12, LANES))
    scatter[4] += rng.choice([0.2, 2.0, 10.0, 60.0], LANES)
    scatter[9] += rng.choice([0.0, 0.5, 2.0], LANES)
    absorb = scatter * rng.choice([0.0, 1.0e-3], (12, LANES))
    absorb[9] = 0.1 * scatter[9]
    layers = Layers(scatter, absorb, scatter * rng.uniform(0.0, 0.86, (12, LANES)))
    cosine, albedo = rng.uniform(0.05, 1.0, LANES), rng.uniform(0.0, 0.8, LANES)
    fast, slow = fast_flux(layers, cosine, albedo), slow_flux(layers, cosine, albedo)
    np.testing.assert_allclose(fast, slow, rtol=2.0e-2)
    assert np.sqrt(np.mean((fast / slow - 1.0) ** 2)) < 3.0e-3


def test_without_a_medium_the_light_is_beam_and_reflection() -> None:
    nothing = np.zeros((3, LANES))
    cosine, albedo = np.linspace(0.1, 1.0, LANES), np.linspace(0.0, 0.9, LANES)
    flux = fast_flux(Layers(nothing, nothing, nothing), cosine, albedo)
    np.testing.assert_allclose(flux, np.broadcast_to(1.0 + 2.0 * albedo * cosine, (3, LANES)), 1e-4)


def test_a_pure_absorber_leaves_the_law_of_beer() -> None:
    scatter = np.full((4, LANES), 1.0e-7)
    absorb = np.full((4, LANES), 0.3)
    cosine = np.linspace(0.1, 1.0, LANES)
    flux = fast_flux(Layers(scatter, absorb, 0.0 * scatter), cosine, np.zeros(LANES))
    edges = np.exp(-0.3 * np.arange(5)[:, None] / cosine)
    np.testing.assert_allclose(flux, (edges[:-1] - edges[1:]) * cosine / 0.3, rtol=3e-4)


class Case(NamedTuple):
    columns: Columns
    turbidity: Turbidity
    table: Table
    bands: Bands


def case(rng: np.random.Generator, nz: int = 5, n: int = 2 * LANES) -> Case:
    """Random columns and a random smooth table of 20 rates."""

    def single(values: Any) -> Single:
        return np.ascontiguousarray(values, dtype=np.float32)

    shape = (2, 3, 4, 5, 2 * LANES)
    pressure = 101325.0 * np.exp(-np.linspace(0.02, 2.3, nz + 1)[:, None] * rng.uniform(1, 1.1, n))
    columns = Columns(
        cosine=single(rng.uniform(-0.2, 1.0, n)),
        ozone=single(rng.uniform(180.0, 520.0, n)),
        albedo=single(rng.uniform(0.0, 0.5, n)),
        height=single(np.sort(rng.uniform(0.0, 17000.0, (nz, n)), axis=0)),
        pressure=single(pressure),
        temperature=single(rng.uniform(200.0, 300.0, (nz, n))),
    )
    cover = rng.random((nz, n)) < 0.3
    turbidity = Turbidity(
        cloud=single(cover * rng.uniform(0.0, 30.0, (nz, n))),
        scattering=single(rng.uniform(0.0, 0.5, (BANDS, nz, n))),
        absorption=single(rng.uniform(0.0, 0.1, (BANDS, nz, n))),
    )
    table = Table(
        log_rate=single(rng.uniform(-12.0, -9.0, shape)),
        slope=single(rng.uniform(-0.01, 0.02, shape[2:])),
        share=single(rng.dirichlet(np.ones(BANDS), shape[-1]).T),
        cosine=single([1.0, 0.6, 0.2, -0.1]),
        height=single([0.0, 1000.0, 4000.0, 9000.0, 20000.0]),
        ozone=single([200.0, 300.0, 500.0]),
        albedo=single([0.0, 0.5]),
        temperature=single([288.0, 281.0, 262.0, 230.0, 217.0]),
    )
    bands = Bands(
        rayleigh=single([1.0e-5, 5.0e-6, 6.0e-7]),
        ozone=single([2.6e-3, 0.0, 1.2e-4]),
        particle_asymmetry=np.float32(0.65),
        cloud_asymmetry=np.float32(0.86),
    )
    return Case(columns, turbidity, table, bands)


def compute(this: Case, nrate: int = 20) -> Single:
    nz, n = this.columns.height.shape
    rates = np.full((nz, nrate, n), np.nan, np.float32)
    space = work_space(nz, this.table.height.size, this.table.log_rate.shape[-1])
    photolysis_rates(*this, np.float32(-0.1), np.float32(1.03), space, rates)
    return rates


def slow_ratio(this: Case) -> Float:
    """Light with all there is over light in clear air above sea level, (band, nz, n)."""
    columns, turbidity = this.columns, this.turbidity
    pressure = columns.pressure.astype(np.float64)[::-1]
    air = np.concatenate([pressure[:1], np.diff(pressure, axis=0)])
    below = np.maximum(101325.0 - pressure[-1:], 0.0)
    ozone = np.diff(pressure, axis=0) * float(OZONE_IN_AIR)
    top = columns.ozone - float(OZONE_IN_AIR) * (pressure[-1] - pressure[0])
    ozone = np.concatenate([top[None], ozone, below * float(OZONE_IN_AIR)])
    cosine = np.sqrt(1224.0 * np.maximum(columns.cosine, 0.0).astype(np.float64) ** 2 + 1.0) / 35.0
    ratios = []
    for band in range(BANDS):
        rayleigh = float(this.bands.rayleigh[band])
        scatter = rayleigh * np.concatenate([air, below])
        absorb = float(this.bands.ozone[band]) * ozone
        clear = slow_flux(Layers(scatter, absorb, 0.0 * scatter), cosine, columns.albedo)
        particles = turbidity.scattering[band, ::-1].astype(np.float64)
        cloud = turbidity.cloud[::-1].astype(np.float64)
        scatter[1:-1] += particles + cloud
        absorb[1:-1] += turbidity.absorption[band, ::-1]
        forward = 0.0 * scatter
        forward[1:-1] = particles * this.bands.particle_asymmetry
        forward[1:-1] += cloud * this.bands.cloud_asymmetry
        full = slow_flux(Layers(scatter[:-1], absorb[:-1], forward[:-1]), cosine, columns.albedo)
        ratios.append((full[1:] / clear[1:-1])[::-1])
    return np.array(ratios)


def slow_rates(this: Case, nrate: int = 20) -> Float:
    columns, table = this.columns, this.table
    nz, n = columns.height.shape
    ratio = slow_ratio(this)
    logarithm, slope = table.log_rate.astype(np.float64), table.slope.astype(np.float64)
    rates = np.zeros((nz, nrate, n))

    def along(values: Float, axis: Single, place: float) -> Float:
        """Interpolate the first axis."""
        order = np.argsort(axis)
        at = np.interp(place, axis[order], np.arange(axis.size)[order])
        low = min(int(at), axis.size - 2)
        result: Float = values[low] + (at - low) * (values[low + 1] - values[low])
        return result

    for i in range(n):
        if columns.cosine[i] < np.float32(-0.1):
            continue
        profile = along(logarithm, table.albedo, columns.albedo[i])
        profile = along(profile, table.ozone, columns.ozone[i])
        profile = np.exp(along(profile, table.cosine, columns.cosine[i]))
        change = along(slope, table.cosine, columns.cosine[i])
        for k in range(nz):
            height = columns.height[k, i]
            usual = np.interp(height, table.height, table.temperature)
            warmer = np.clip(columns.temperature[k, i] - usual, -40.0, 40.0)
            factor = np.maximum(1.0 + warmer * along(change, table.height, height), 0.0)
            light = 1.03 * (ratio[:, k, i] @ table.share)
            rates[k, :, i] = (along(profile, table.height, height) * factor * light)[:nrate]
    return rates


def test_rates_are_those_of_the_equations(rng: np.random.Generator) -> None:
    this = case(rng)
    fast, slow = compute(this), slow_rates(this)
    np.testing.assert_array_equal(fast == 0.0, slow == 0.0)
    lit = slow > 0.0
    np.testing.assert_allclose(fast[lit], slow[lit], rtol=5.0e-2)
    assert np.sqrt(np.mean((fast[lit] / slow[lit] - 1.0) ** 2)) < 6.0e-3


def test_rates_of_clear_air_are_those_of_the_equations(rng: np.random.Generator) -> None:
    this = case(rng)
    clear = Turbidity(*(np.zeros_like(field) for field in this.turbidity))
    this = this._replace(turbidity=clear)
    fast, slow = compute(this), slow_rates(this)
    np.testing.assert_allclose(fast, slow, rtol=1.0e-3)


def test_night_is_exactly_zero_and_the_limit_is_day(rng: np.random.Generator) -> None:
    this = case(rng)
    cosine = this.columns.cosine
    cosine[0], cosine[1] = np.float32(-0.1), np.nextafter(np.float32(-0.1), np.float32(-1.0))
    cosine[LANES:] = -0.5
    rates = compute(this)
    assert np.all(rates[:, :, 0] > 0.0)
    assert not np.any(rates[:, :, 1])
    assert not np.any(rates[:, :, LANES:])


def test_a_column_does_not_know_its_neighbours(rng: np.random.Generator) -> None:
    this = case(rng, n=3 * LANES)
    together = compute(this)
    order = rng.permutation(3 * LANES)

    def shuffled(fields: tuple[Single, ...]) -> list[Single]:
        return [np.ascontiguousarray(field[..., order]) for field in fields]

    moved = this._replace(
        columns=Columns(*shuffled(this.columns)), turbidity=Turbidity(*shuffled(this.turbidity))
    )
    np.testing.assert_array_equal(compute(moved), together[..., order])


@pytest.mark.parametrize("nspecies", [1, 7])
def test_depths_are_sums_of_masses(rng: np.random.Generator, nspecies: int) -> None:
    mass = rng.uniform(-0.1, 50.0, (nspecies, 2 * LANES)).astype(np.float32)
    depth = rng.uniform(40.0, 900.0, 2 * LANES).astype(np.float32)
    weights = rng.uniform(0.0, 5.0e-6, (6, nspecies)).astype(np.float32)
    out = np.full((6, 2 * LANES), np.nan, np.float32)
    particle_depths(mass, depth, weights, out)
    slow = weights.astype(np.float64) @ np.maximum(mass, 0.0).astype(np.float64) * depth
    np.testing.assert_allclose(out, slow, rtol=1e-6)
