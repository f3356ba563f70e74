"""The local filter against a dense Kalman filter, and its inflation."""

from typing import Any

import numpy as np
import pytest

from forecast.assimilation.kernels.letkf import (
    Observed,
    Settings,
    analyse_columns,
    estimate_inflation,
    gaspari_cohn,
)

FIXED = Settings(cutoff=300e3, inflation_variance=0.0, least_inflation=0.5, largest_inflation=5.0)


def _case(seed: int, nobs: int = 9, nmember: int = 12, nlayer: int = 3) -> tuple[Any, ...]:
    """One column at the origin and observations around it."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-150e3, 150e3, (2, nobs))
    spread = rng.normal(size=(nobs, nmember))
    spread -= spread.mean(axis=1, keepdims=True)
    observed = Observed(x, y, rng.normal(size=nobs), spread, rng.uniform(0.5, 4.0, nobs))
    return observed, rng.normal(2.0, 1.0, (1, nlayer, nmember))


def _dense(observed: Observed, members: Any, taper: float, inflation: float) -> tuple[float, float]:
    """Mean and variance of a full Kalman update of [state; observed places]."""
    weight = np.array([gaspari_cohn(r / FIXED.cutoff) for r in np.hypot(observed.x, observed.y)])
    augmented = np.vstack([members - members.mean(), observed.spread])
    covariance = np.cov(augmented) * inflation
    operator = np.eye(len(covariance))[1:]
    noise = np.diag(1.0 / (observed.precision * weight * taper))
    gain = covariance @ operator.T @ np.linalg.inv(operator @ covariance @ operator.T + noise)
    analysis = covariance - gain @ operator @ covariance
    return float(members.mean() + (gain @ observed.departure)[0]), float(analysis[0, 0])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("inflation", [1.0, 1.7])
def test_mean_and_variance_are_those_of_a_dense_kalman_filter(seed: int, inflation: float) -> None:
    observed, values = _case(seed)
    tapers = np.array([[1.0, 0.4, 0.03]])
    result = values.copy()
    factor = np.array([inflation])
    analyse_columns(np.zeros(1), np.zeros(1), result, tapers, factor, observed, FIXED)
    for layer, taper in enumerate(tapers[0]):
        inflated = 1.0 + taper * (inflation - 1.0)
        mean, variance = _dense(observed, values[0, layer], taper, inflated)
        assert result[0, layer].mean() == pytest.approx(mean, rel=1e-9, abs=1e-9)
        assert result[0, layer].var(ddof=1) == pytest.approx(variance, rel=1e-9)


def test_one_place_has_the_textbook_answer() -> None:
    members = np.random.default_rng(3).normal(0.0, 1.0, (1, 1, 40))
    departure, precision = 1.3 - members.mean(), 4.0
    observed = Observed(
        np.zeros(1), np.zeros(1), np.array([departure]), members[0] - members.mean(),
        np.array([precision]),
    )  # fmt: skip
    mean, prior = members.mean(), 1.0 / members.var(ddof=1)
    analyse_columns(np.zeros(1), np.zeros(1), members, np.ones((1, 1)), np.ones(1), observed, FIXED)
    assert members.mean() == pytest.approx((mean * prior + 1.3 * precision) / (prior + precision))
    assert members.var(ddof=1) == pytest.approx(1.0 / (prior + precision))


def test_far_observations_and_high_layers_change_nothing() -> None:
    observed, values = _case(0)
    before = values.copy()
    inflation = np.array([2.0])
    analyse_columns(
        np.array([9e5]), np.zeros(1), values, np.ones((1, 3)), inflation, observed, FIXED
    )
    assert np.array_equal(values, before)
    analyse_columns(
        np.zeros(1), np.zeros(1), values, np.array([[1.0, 0.5, 0.0]]), inflation, observed, FIXED
    )
    assert np.array_equal(values[0, 2], before[0, 2])
    assert not np.allclose(values[0, :2], before[0, :2])


def test_the_taper_has_the_values_of_the_paper() -> None:
    # equation 4.10 at half of its half-width, at the half-width and beyond twice of it
    assert gaspari_cohn(0.0) == 1.0
    assert gaspari_cohn(0.25) == pytest.approx(0.68489583, abs=1e-7)
    assert gaspari_cohn(0.5) == pytest.approx(5.0 / 24.0)
    assert gaspari_cohn(1.0) == 0.0
    assert gaspari_cohn(0.5 - 1e-9) == pytest.approx(gaspari_cohn(0.5 + 1e-9), abs=1e-7)


def test_inflation_finds_the_spread_that_departures_ask_for() -> None:
    settings = Settings(300e3, 0.05**2, 0.8, 5.0)
    rng = np.random.default_rng(8)
    spread, error, wanted, factor = 0.4, 0.3, 2.5, 1.0
    deviation = np.sqrt(wanted * spread**2 + error**2)
    for _ in range(400):
        departures = rng.normal(0.0, deviation, 60)
        sums = np.array([60.0, (departures**2).sum() / error**2, 60 * spread**2 / error**2])
        factor = estimate_inflation(factor, sums, settings)
    assert factor == pytest.approx(wanted, rel=0.12)
    assert estimate_inflation(1.3, np.zeros(3), settings) == 1.3
