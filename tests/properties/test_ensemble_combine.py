"""Statistics over the members against brute force, with any number of members present."""

import math
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from forecast.ensemble.combine import count, exceedance, mean, quantiles

VALUES = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 7), st.integers(1, 5)),
    elements=st.one_of(st.just(math.nan), st.floats(0.0, 1000.0, width=32)),
)
LEVELS = (0.0, 0.1, 0.5, 0.9, 1.0)


def _present(values: np.ndarray, place: int) -> list[float]:
    return [float(v) for v in values[:, place] if not math.isnan(v)]


def _quantile(values: list[float], p: float) -> float:
    """Type 7 by its definition."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * p
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


@given(VALUES)
def test_all_statistics_equal_brute_force(values: np.ndarray) -> None:
    means, numbers = mean(values), count(values)
    parts, above = quantiles(values, LEVELS), exceedance(values, 150.0)
    for place in range(values.shape[1]):
        present = _present(values, place)
        assert numbers[place] == len(present)
        if not present:
            assert np.isnan([means[place], above[place], *parts[:, place]]).all()
            continue
        assert means[place] == pytest.approx(fmean(present), abs=1e-9)
        assert above[place] == sum(v > 150.0 for v in present) / len(present)
        expected = [_quantile(present, p) for p in LEVELS]
        assert parts[:, place] == pytest.approx(expected, abs=1e-9)


@given(VALUES, st.integers(0, 2**32))
def test_the_order_of_members_does_not_matter(values: np.ndarray, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(values.shape[0])
    turned = values[order]
    assert np.array_equal(quantiles(values, LEVELS), quantiles(turned, LEVELS), equal_nan=True)
    assert np.array_equal(exceedance(values, 99.0), exceedance(turned, 99.0), equal_nan=True)
    assert mean(values) == pytest.approx(mean(turned), nan_ok=True)


@given(VALUES)
def test_an_absent_member_changes_nothing(values: np.ndarray) -> None:
    absent = np.full((1, values.shape[1]), np.nan)
    more = np.concatenate([values, absent])
    assert np.array_equal(mean(values), mean(more), equal_nan=True)
    assert np.array_equal(quantiles(values, LEVELS), quantiles(more, LEVELS), equal_nan=True)


def test_exceedance_is_strict() -> None:
    assert exceedance(np.array([150.0, 151.0]), 150.0) == 0.5


def test_fields_of_single_precision_and_more_axes() -> None:
    values = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    assert mean(values).shape == (3, 4)
    assert quantiles(values, (0.5,))[0] == pytest.approx(values.mean(axis=0))
