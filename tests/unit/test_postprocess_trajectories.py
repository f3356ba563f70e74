"""Trajectories keep the quantiles of every day and take the order of the past."""

import numpy as np
import pytest
from scipy import stats

from forecast.common.errors import InputError
from forecast.postprocess.sample import SCORES
from forecast.postprocess.trajectories import past_periods, trajectories
from tests.unit.made_cities import made_cities


def test_values_come_from_the_quantiles_and_ranks_from_the_past() -> None:
    rng = np.random.default_rng(0)
    weather = np.cumsum(rng.normal(size=(80, 3)), axis=1)
    template = weather[:, :, None] + 0.1 * rng.normal(size=(80, 3, 2))
    quantiles = np.broadcast_to(4.0 + 0.5 * SCORES, (3, 2, SCORES.size))
    found = trajectories(quantiles, template)
    expected = np.exp(4.0 + 0.5 * stats.norm.ppf((np.arange(80) + 0.5) / 80))
    np.testing.assert_allclose(np.sort(found[:, 1, 0]), expected)
    for lead in range(3):
        rank = stats.spearmanr(found[:, lead, 1], template[:, lead, 1]).statistic
        assert rank == pytest.approx(1.0)
    # without the shuffle two high days in a row would be as rare as their product
    high = found > np.exp(4.0 + 0.5 * stats.norm.ppf(0.75))
    assert np.mean(high[:, 1, 0] & high[:, 2, 0]) > 2.0 * 0.25**2


def test_past_periods_are_of_the_season_and_of_what_is_known() -> None:
    daily = made_cities(500).until(np.datetime64("2014-12-31"))
    first = np.datetime64("2015-01-02")
    series = np.broadcast_to((daily.days - daily.days[0]).astype(float), daily.aqi.shape)
    found = past_periods(series, daily, first, 3)
    np.testing.assert_array_equal(found[:, 1] - found[:, 0], 1.0)
    begins = daily.days[0] + found[:, 0, 0].astype(int)
    assert begins.max() == np.datetime64("2014-12-29")
    away = (begins - first).astype(int) % 365
    assert np.all(np.minimum(away, 365 - away) <= 46)
    with pytest.raises(InputError, match="no period of 3"):
        past_periods(series[:, :40], daily.until(daily.days[39]), np.datetime64("2014-07-01"), 3)


def test_other_shapes_are_refused() -> None:
    with pytest.raises(InputError, match="'2' leads"):
        trajectories(np.zeros((3, 1, SCORES.size)), np.zeros((5, 2, 1)))
