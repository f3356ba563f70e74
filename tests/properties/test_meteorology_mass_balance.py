"""Mass: whatever the wind, column convergence is the tendency of surface pressure."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.common.constants import GRAVITY
from forecast.config.domain import DomainConfig
from forecast.fields.arrays import Float
from forecast.grid.domain import Domain
from forecast.prepare.mass_balance import (
    MassBalance,
    convergence,
    face_fluxes,
    mass_tendency,
    vertical_fluxes,
)

DOMAIN = Domain.from_config(DomainConfig(name="small", nx=13, ny=9))
SHAPE = DOMAIN.horizontal.shape


def weather(seed: int, speed: float) -> tuple[Float, Float, Float, Float]:
    """Rough surface pressures one hour apart and rough winds."""
    rng = np.random.default_rng(seed)
    before = 95000.0 + 8000.0 * rng.random(SHAPE)
    after = before + 300.0 * rng.standard_normal(SHAPE)
    wind = speed * rng.standard_normal((2, *DOMAIN.shape))
    return before, after, wind[0], wind[1]


@given(seed=st.integers(0, 10_000), speed=st.floats(0.0, 80.0))
def test_column_convergence_equals_the_tendency_to_rounding(seed: int, speed: float) -> None:
    before, after, wind_x, wind_y = weather(seed, speed)
    fluxes = face_fluxes(DOMAIN, before, wind_x, wind_y)
    balance = MassBalance.build(DOMAIN, before)
    flux_x, flux_y = balance.correct(*fluxes, before, after)
    wanted = (after - before) * DOMAIN.horizontal.cell_area / (GRAVITY * 3600.0)
    found = convergence(flux_x, flux_y).sum(axis=0)
    scale = np.abs(flux_x).sum(axis=0).max()
    # rounding of sums of some dozens of terms of this size
    np.testing.assert_allclose(found, wanted, rtol=0.0, atol=200.0 * np.finfo(float).eps * scale)


@given(seed=st.integers(0, 10_000))
def test_vertical_fluxes_close_at_the_top(seed: int) -> None:
    before, after, wind_x, wind_y = weather(seed, 10.0)
    balance = MassBalance.build(DOMAIN, before)
    fluxes = balance.correct(*face_fluxes(DOMAIN, before, wind_x, wind_y), before, after)
    upward = vertical_fluxes(DOMAIN, *fluxes, before, after)
    assert np.all(upward[0] == 0.0)
    assert np.abs(upward[-1]).max() < 1e-9 * np.abs(fluxes[0]).max()


def test_single_precision_leaves_a_small_imbalance() -> None:
    before, after, wind_x, wind_y = weather(3, 20.0)
    balance = MassBalance.build(DOMAIN, before)
    fluxes = balance.correct(*face_fluxes(DOMAIN, before, wind_x, wind_y), before, after)
    single = tuple(flux.astype(np.float32).astype(np.float64) for flux in fluxes)
    upward = vertical_fluxes(DOMAIN, single[0], single[1], before, after)
    column = DOMAIN.levels.layer_mass(before).sum(axis=0) * DOMAIN.horizontal.cell_area
    # share of a column's air that is lost or made in an hour
    assert np.abs(upward[-1] * 3600.0 / column).max() < 1e-6


def test_balanced_fluxes_are_not_touched() -> None:
    before, _, _, _ = weather(5, 0.0)
    rng = np.random.default_rng(6)
    nz, ny, nx = DOMAIN.shape
    stream = 1e7 * rng.standard_normal((nz, ny + 1, nx + 1))
    flux_x, flux_y = -np.diff(stream, axis=1), np.diff(stream, axis=2)
    balance = MassBalance.build(DOMAIN, before)
    after_x, after_y = balance.correct(flux_x, flux_y, before, before)
    np.testing.assert_allclose(after_x, flux_x, atol=1e-6)
    np.testing.assert_allclose(after_y, flux_y, atol=1e-6)


def test_net_inflow_through_the_sides_is_the_growth_of_the_domain() -> None:
    before, after, wind_x, wind_y = weather(7, 15.0)
    balance = MassBalance.build(DOMAIN, before)
    flux_x, flux_y = balance.correct(*face_fluxes(DOMAIN, before, wind_x, wind_y), before, after)
    inflow = flux_x[..., 0].sum() - flux_x[..., -1].sum()
    inflow += flux_y[:, 0].sum() - flux_y[:, -1].sum()
    assert inflow == pytest.approx(mass_tendency(DOMAIN, before, after).sum(), rel=1e-9)


def test_flux_of_a_uniform_wind_is_mass_times_speed_times_length() -> None:
    pressure = np.full(SHAPE, 100000.0)
    ones = np.ones(DOMAIN.shape)
    flux_x, flux_y = face_fluxes(DOMAIN, pressure, 3.0 * ones, -2.0 * ones)
    grid = DOMAIN.horizontal
    column = (100000.0 - 10000.0) / GRAVITY
    length = grid.cell_size / grid.map_factor_x
    np.testing.assert_allclose(flux_x.sum(axis=0), 3.0 * column * length, rtol=1e-12)
    length = grid.cell_size / grid.map_factor_y
    np.testing.assert_allclose(flux_y.sum(axis=0), -2.0 * column * length, rtol=1e-12)
