"""Scores with a changing number of members against the plainest loops over cases and members."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.fields.arrays import Float
from forecast.verification.probabilistic import (
    brier_parts,
    fair_brier,
    fair_crps,
    fair_tail_crps,
    rank_histogram,
    roc,
    spread_and_error,
)

Case = tuple[list[float], float]
NAN = float("nan")
values = st.integers(0, 40).map(lambda number: number / 4)  # quarters: ties are common, sums exact
cases = st.lists(
    st.tuples(st.lists(values, max_size=6), st.one_of(values, st.just(NAN))),
    min_size=1,
    max_size=8,
)


def arrays(drawn: Sequence[Case], seed: int) -> tuple[Float, Float]:
    """Members of each case in random rows of a table with room for six and NaN elsewhere."""
    shuffle = np.random.default_rng(seed)
    members = np.full((6, len(drawn)), np.nan)
    for place, (held, _) in enumerate(drawn):
        members[shuffle.permutation(6)[: len(held)], place] = held
    return members, np.array([seen for _, seen in drawn])


def slow_crps(members: Sequence[float], seen: float) -> float:
    m = len(members)
    if m < 2 or math.isnan(seen):
        return NAN
    error = sum(abs(x - seen) for x in members) / m
    return error - sum(abs(x - y) for x in members for y in members) / (2 * m * (m - 1))


def slow_brier(members: Sequence[float], seen: float, threshold: float) -> float:
    m = len(members)
    if m < 2 or math.isnan(seen):
        return NAN
    i = sum(x > threshold for x in members)
    return (i / m - (seen > threshold)) ** 2 - i * (m - i) / (m * m * (m - 1))


@given(cases, st.integers(0, 99))
def test_fair_crps_of_each_case_is_that_of_its_own_members(drawn: list[Case], seed: int) -> None:
    found = fair_crps(*arrays(drawn, seed))
    assert found == pytest.approx([slow_crps(*case) for case in drawn], nan_ok=True)


@given(cases, st.integers(0, 99), values)
def test_tail_score_counts_only_what_is_above_the_threshold(
    drawn: list[Case], seed: int, threshold: float
) -> None:
    found = fair_tail_crps(*arrays(drawn, seed), threshold)
    cut = [([max(x, threshold) for x in held], max(seen, threshold)) for held, seen in drawn]
    expected = [
        NAN if math.isnan(drawn[place][1]) else slow_crps(*case) for place, case in enumerate(cut)
    ]
    assert found == pytest.approx(expected, nan_ok=True)


@given(cases, st.integers(0, 99), values)
def test_fair_brier_of_each_case_is_that_of_its_own_members(
    drawn: list[Case], seed: int, threshold: float
) -> None:
    found = fair_brier(*arrays(drawn, seed), threshold)
    assert found == pytest.approx([slow_brier(*c, threshold) for c in drawn], nan_ok=True)


@given(cases, st.integers(0, 99))
def test_spread_and_error_of_each_case(drawn: list[Case], seed: int) -> None:
    found = spread_and_error(*arrays(drawn, seed))
    for place, (held, seen) in enumerate(drawn):
        m = len(held)
        if m < 2 or math.isnan(seen):
            assert np.isnan(found.variance[place])
            assert np.isnan(found.squared_error[place])
            continue
        mean = sum(held) / m
        variance = sum((x - mean) ** 2 for x in held) / (m - 1) * (m + 1) / m
        assert found.variance[place] == pytest.approx(variance)
        assert found.squared_error[place] == pytest.approx((mean - seen) ** 2)


@given(cases, st.integers(0, 99), st.integers(1, 9))
def test_rank_histogram_lays_the_gaps_of_each_case_over_the_bins(
    drawn: list[Case], seed: int, bins: int
) -> None:
    mass, number = np.zeros(bins), 0
    for held, seen in drawn:
        if not held or math.isnan(seen):
            continue
        number += 1
        low, high = sum(x < seen for x in held), sum(x <= seen for x in held)
        start, stop = low / (len(held) + 1), (high + 1) / (len(held) + 1)
        for b in range(bins):
            common = min(stop, (b + 1) / bins) - max(start, b / bins)
            mass[b] += max(common, 0.0) / (stop - start)
    expected = mass / number if number else np.full(bins, NAN)
    assert rank_histogram(*arrays(drawn, seed), bins) == pytest.approx(expected, nan_ok=True)


def test_rank_histogram_of_a_fixed_number_of_members_is_the_usual_one() -> None:
    members = np.array([[1.0, 1.0, 1.0], [2.0, 2.0, 2.0], [3.0, 3.0, 3.0]])
    found = rank_histogram(members, np.array([0.5, 2.5, 9.0]), 4)
    assert found == pytest.approx([1 / 3, 0.0, 1 / 3, 1 / 3])


def test_reliable_ensembles_of_any_size_give_flat_histograms(rng: np.random.Generator) -> None:
    members = rng.normal(size=(20, 40_000))
    numbers = rng.integers(3, 21, size=40_000)
    members[np.arange(20)[:, None] >= numbers] = np.nan
    found = rank_histogram(members, rng.normal(size=40_000), 5)
    assert found == pytest.approx(np.full(5, 0.2), abs=0.01)


def test_the_number_of_members_does_not_change_a_fair_score(rng: np.random.Generator) -> None:
    """The plain share of members would score worse with few of them; the fair one does not."""
    observed = rng.normal(size=60_000)
    members = rng.normal(size=(16, 60_000))
    few = np.where(np.arange(16)[:, None] < 3, members, np.nan)
    crps = 1.0 / np.sqrt(np.pi)  # of a standard normal forecast of a standard normal variable
    assert np.mean(fair_crps(members, observed)) == pytest.approx(crps, rel=0.02)
    assert np.mean(fair_crps(few, observed)) == pytest.approx(crps, rel=0.02)
    assert np.mean(fair_brier(few, observed, 0.0)) == pytest.approx(0.25, rel=0.02)


probabilities = st.lists(
    st.tuples(st.integers(0, 12).map(lambda k: k / 12), st.booleans()), min_size=1, max_size=30
)


@given(probabilities)
def test_brier_parts_add_up_and_cannot_be_bettered(drawn: list[tuple[float, bool]]) -> None:
    told, came = np.array([p for p, _ in drawn]), np.array([o for _, o in drawn])
    parts = brier_parts(told, came)
    assert parts.score == pytest.approx(np.mean((told - came) ** 2))
    whole = parts.miscalibration - parts.discrimination + parts.uncertainty
    assert whole == pytest.approx(parts.score)
    assert parts.miscalibration >= -1e-12
    assert parts.discrimination >= -1e-12
    assert np.all(np.diff(parts.curve[1]) >= -1e-12)
    # no other rising recalibration does better: powers are such
    best = parts.score - parts.miscalibration
    for power in (0.25, 0.5, 1.0, 2.0, 4.0):
        assert np.mean((told**power - came) ** 2) >= best - 1e-12


@given(probabilities)
def test_area_below_the_roc_is_the_share_of_pairs_in_order(
    drawn: list[tuple[float, bool]],
) -> None:
    told, came = np.array([p for p, _ in drawn]), np.array([o for _, o in drawn])
    pairs = [1.0 if p > q else 0.5 if p == q else 0.0 for p in told[came] for q in told[~came]]
    expected = sum(pairs) / len(pairs) if pairs else NAN
    assert roc(told, came).area == pytest.approx(expected, nan_ok=True)
