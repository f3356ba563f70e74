"""Vertical mixing against analytic solutions, and a plume in uniform wind."""

import numpy as np
import pytest

from forecast.ctm.kernels.diffusion import SurfaceExchange, diffusion_work, mix_columns
from forecast.ctm.kernels.layout import HALO, flat_rows, mass_array, ratio_array
from forecast.ctm.kernels.sweeps import sweep_work, sweep_x
from forecast.fields.arrays import Float

DENSITY, AREA = 1.2, 1.0e6


def _mix(ratio: Float, depth: float, diffusivity: float, steps: int, step: float) -> Float:
    """Mix a column of equal layers of the given depth; returns the new profile."""
    nz = ratio.size
    cells, mass = ratio_array(1, nz, 1, 1), mass_array(nz, 1, 1)
    cells[0, :, HALO, HALO] = ratio
    mass[:] = DENSITY * AREA * depth
    conductance = np.zeros((nz + 1, 1, 1))
    conductance[1:-1] = diffusivity * DENSITY * AREA / depth
    nothing = SurfaceExchange(
        flat_rows(np.zeros((1, 1, 1, 1))), np.zeros(1, np.int64), flat_rows(np.zeros((1, 1, 1)))
    )
    work, ledger = diffusion_work(nz), np.zeros((1, 1, 1))
    for _ in range(steps):
        mix_columns(cells, mass, flat_rows(conductance), nothing, step, ledger, work)
    return cells[0, :, HALO, HALO].astype(np.float64)


def test_a_wave_decays_at_the_analytic_rate_to_second_order_in_height() -> None:
    """cos(pi z / H) between walls decays with exp(-K (pi / H)^2 t)."""
    height, diffusivity, time = 1000.0, 20.0, 3600.0
    errors = []
    sizes = [8, 16, 32]
    for nz in sizes:
        z = (np.arange(nz) + 0.5) / nz
        start = 2.0 + np.cos(np.pi * z)
        final = _mix(start, height / nz, diffusivity, 3600, time / 3600)
        decay = np.exp(-diffusivity * (np.pi / height) ** 2 * time)
        errors.append(np.abs(final - (2.0 + decay * np.cos(np.pi * z))).max())
    slope, _ = np.polyfit(np.log(sizes), np.log(errors), 1)
    assert -slope > 1.8


def test_time_steps_are_first_order() -> None:
    height, diffusivity, time, nz = 1000.0, 50.0, 7200.0, 20
    z = (np.arange(nz) + 0.5) / nz
    rate = (2.0 * nz / height * np.sin(np.pi / (2 * nz))) ** 2  # of the discrete wave
    exact = 2.0 + np.exp(-diffusivity * rate * time) * np.cos(np.pi * z)
    counts = [6, 12, 24, 48]
    errors = [
        np.abs(_mix(2.0 + np.cos(np.pi * z), height / nz, diffusivity, n, time / n) - exact).max()
        for n in counts
    ]
    slope, _ = np.polyfit(np.log(counts), np.log(errors), 1)
    assert -slope == pytest.approx(1.0, abs=0.1)
    assert errors[2] < 0.02  # 300 s steps


def test_a_layer_spreads_like_a_gaussian() -> None:
    """A thin layer far from walls: variance grows with 2 K t."""
    depth, diffusivity, time, nz = 20.0, 15.0, 1800.0, 101
    start = np.zeros(nz)
    start[50] = 1.0
    final = _mix(start, depth, diffusivity, 600, time / 600)
    z = depth * (np.arange(nz) - 50)
    variance = 2.0 * diffusivity * time
    exact = depth / np.sqrt(2.0 * np.pi * variance) * np.exp(-(z**2) / (2.0 * variance))
    assert (final * z**2).sum() / final.sum() == pytest.approx(variance, rel=0.01)
    np.testing.assert_allclose(final, exact, atol=0.01 * exact.max())


def test_a_plume_in_uniform_wind_is_gaussian() -> None:
    """A line source at the ground across the wind, K and wind constant.

    Steady solution: q = 2 S / (rho u sqrt(2 pi) s) exp(-z^2 / (2 s^2)), s^2 = 2 K x / u, where S
    is the source of a metre across the wind.
    """
    nx, nz, size, depth, wind, diffusivity, step = 40, 80, 1000.0, 20.0, 5.0, 10.0, 100.0
    ratio, mass = ratio_array(1, nz, 3, nx), mass_array(nz, 3, nx)
    mass[:] = DENSITY * size**2 * depth
    conductance = np.zeros((nz + 1, 3, nx))
    conductance[1:-1] = diffusivity * DENSITY * size**2 / depth
    emission = np.zeros((1, 1, 3, nx))
    emission[..., 2] = 1.0
    exchange = SurfaceExchange(
        flat_rows(emission), np.ones(1, np.int64), flat_rows(np.zeros((1, 3, nx)))
    )
    flux = np.full((nz, 3, nx + 1), DENSITY * wind * size * depth, np.float32)
    layers, steps = np.arange(nz), np.full(nz, step)
    sweeping, mixing, ledger = sweep_work(3, nx), diffusion_work(nz), np.zeros((1, 3, nx))
    for _ in range(160):  # twice the time that air takes to cross
        ratio[..., HALO + nx : HALO + nx + HALO] = ratio[..., HALO + nx - 1 : HALO + nx]
        sweep_x(ratio, mass, flux, layers, steps, nx, sweeping)
        mix_columns(ratio, mass, flat_rows(conductance), exchange, step, ledger, mixing)
    z = depth * (np.arange(nz) + 0.5)
    for column in (15, 25, 35):
        profile = ratio[0, :, HALO + 1, HALO + column].astype(np.float64)
        spread = np.sqrt(2.0 * diffusivity * (column - 2) * size / wind)
        source = 1.0 / size
        exact = (
            2.0 * source / (DENSITY * wind * np.sqrt(2.0 * np.pi) * spread)
            * np.exp(-(z**2) / (2.0 * spread**2))
        )  # fmt: skip
        carried = (profile * depth).sum() * DENSITY * wind
        assert carried == pytest.approx(source, rel=0.01)
        np.testing.assert_allclose(profile, exact, atol=0.03 * exact.max())
