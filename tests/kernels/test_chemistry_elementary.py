"""Polynomial exp, log and pow against NumPy in double precision."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from forecast.chemistry.kernels import elementary

POINTS = 4001


def _apply(function: Callable[..., Any], *arguments: Any) -> Any:
    return np.array([function(*values) for values in zip(*arguments, strict=True)], np.float64)


def test_exp_is_exact_to_float32() -> None:
    x = np.linspace(-86.9, 87.9, POINTS).astype(np.float32)
    error = _apply(elementary.exp32, x) / np.exp(x.astype(np.float64)) - 1.0
    assert np.abs(error).max() < 1.2e-7


def test_exp_of_a_photolysis_of_nothing_is_one() -> None:
    assert elementary.exp32(np.float32(0.0)) == 1.0


def test_exp_holds_at_the_ends_of_float32() -> None:
    low, high = elementary.exp32(np.float32(-1e30)), elementary.exp32(np.float32(1e30))
    assert 0.0 < low < 2e-38
    assert 1e38 < high < np.finfo(np.float32).max


def test_log_is_exact_to_float32() -> None:
    x = np.exp(np.linspace(-87.0, 88.0, POINTS)).astype(np.float32)
    exact = np.log(x.astype(np.float64))
    error = np.abs(_apply(elementary.log32, x) - exact)
    assert np.all(error < np.maximum(1.2e-7 * np.abs(exact), 4e-8))


def test_log_near_one_keeps_relative_precision() -> None:
    x = (1.0 + np.logspace(-6, -1, 200)).astype(np.float32)
    exact = np.log(x.astype(np.float64))
    assert np.abs(_apply(elementary.log32, x) / exact - 1.0).max() < 1.2e-7


@pytest.mark.parametrize("x", [0.0, -1.0, 1e-45])
def test_log_of_what_has_none_is_that_of_the_smallest_number(x: float) -> None:
    assert elementary.log32(np.float32(x)) == pytest.approx(-87.33654, rel=1e-6)


@pytest.mark.parametrize("exponent", [-4.4, -0.7, 0.5, 2.5])
def test_pow_follows_its_error_bound(exponent: float) -> None:
    x = np.geomspace(1e-3, 1e3, POINTS).astype(np.float32)
    y = np.full_like(x, exponent)
    logarithm = np.log(x.astype(np.float64)) * float(y[0])
    error = np.abs(_apply(elementary.pow32, x, y) / np.exp(logarithm) - 1.0)
    assert np.all(error < 2e-7 * (1.0 + np.abs(logarithm)))


def test_powers_and_logarithms_of_ten() -> None:
    x = np.linspace(-30.0, 30.0, 121).astype(np.float32)
    powers = _apply(elementary.exp10_32, x)
    assert np.all(np.abs(powers / 10.0 ** x.astype(np.float64) - 1.0) < 2e-7 * (1.0 + np.abs(x)))
    back = _apply(elementary.log10_32, powers.astype(np.float32))
    np.testing.assert_allclose(back, x, atol=1e-5)
