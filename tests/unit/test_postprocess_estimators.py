"""The pieces of the statistical member, each against an independent reference."""

import numpy as np
import pytest
from scipy import integrate, stats

from forecast.fields.arrays import Float
from forecast.postprocess.analog import Analog
from forecast.postprocess.boosting import Boosting
from forecast.postprocess.climatology import fit_climatology, season_of_days
from forecast.postprocess.combine import Estimator, Usually, fit_blend, means
from forecast.postprocess.emos import Emos, crps_lognormal
from forecast.postprocess.sample import (
    LEVELS,
    SCORES,
    Sample,
    heavy_score,
    pinball,
    probability_above,
)


def made_sample(rows: int, seed: int = 0, days: int = 600) -> Sample:
    """Anomaly = 0.6 x - 0.1 + 0.3 noise, second predictor without meaning."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(rows, 2))
    day = np.sort(rng.integers(0, days, rows))
    season = (1.0 + np.cos(2 * np.pi * day / 365.25)) / 2.0
    base = 4.0 + 0.3 * season
    log = base + 0.6 * features[:, 0] - 0.1 + 0.3 * rng.normal(size=rows)
    lead = 1 + np.arange(rows) % 4
    return Sample(features, ("x", "nothing"), lead, day, season, base, np.exp(log))


def test_crps_of_the_lognormal_is_the_integral() -> None:
    mu, sigma, observed = 4.2, 0.6, 90.0

    def part(value: float) -> float:
        return float((stats.norm.cdf((np.log(value) - mu) / sigma) - (value >= observed)) ** 2)

    whole = integrate.quad(part, 1e-9, observed, limit=200)[0]
    whole += integrate.quad(part, observed, 4000.0, limit=400)[0]
    found = crps_lognormal(np.array([mu]), np.array([sigma]), np.array([observed]))
    assert found[0] == pytest.approx(whole, rel=1e-4)


def test_pinball_over_the_levels_comes_close_to_the_crps() -> None:
    rng = np.random.default_rng(4)
    observed = np.exp(4.0 + 0.5 * rng.normal(size=4000))
    quantiles = np.exp(4.0 + 0.5 * SCORES) * np.ones((4000, 1))
    exact = crps_lognormal(np.full(4000, 4.0), np.full(4000, 0.5), observed).mean()
    assert pinball(quantiles, observed).mean() == pytest.approx(exact, rel=0.03)


def test_the_heavy_score_prefers_the_truth_to_a_raised_forecast() -> None:
    rng = np.random.default_rng(5)
    observed = np.exp(4.0 + 0.5 * rng.normal(size=20_000))
    honest = np.tile(4.0 + 0.5 * SCORES, (observed.size, 1))
    scores = [heavy_score(honest + shift, observed, 115.0).mean() for shift in (-0.1, 0.0, 0.1)]
    assert np.argmin(scores) == 1


def test_probability_and_mean_of_a_lognormal() -> None:
    quantiles = np.array([4.0 + 0.5 * SCORES])
    for threshold in (20.0, 60.0, 115.0, 400.0):
        expected = stats.norm.sf((np.log(threshold) - 4.0) / 0.5)
        found = probability_above(quantiles, float(np.log(threshold)))[0]
        assert found == pytest.approx(expected, abs=1e-9)
    assert means(quantiles)[0] == pytest.approx(np.exp(4.0 + 0.125), rel=0.01)


def test_the_climatology_finds_a_season_and_cities() -> None:
    days = np.datetime64("2013-01-01") + np.arange(800)
    season = season_of_days(days)
    assert season[15] == pytest.approx(1.0, abs=1e-3)
    truth = 4.0 + 0.9 * season + np.array([[-0.3], [0.0], [0.4]])
    logs = truth + 0.05 * np.random.default_rng(2).normal(size=truth.shape)
    logs[0, 100:400] = np.nan
    found = fit_climatology(logs, days)
    # shrinking is allowed to cost a little
    np.testing.assert_allclose(found.at(days), truth, atol=0.08)
    assert abs(found.trend) < 0.01


def test_a_short_history_falls_back_on_the_known_season() -> None:
    days = np.datetime64("2014-01-01") + np.arange(40)
    found = fit_climatology(np.full((1, 40), 4.5), days)
    year = found.at(np.datetime64("2014-01-01") + np.arange(365))[0]
    assert 4.3 < year[:40].mean() < 4.6
    assert 3.0 < year[180] < 4.3


def test_a_fall_from_year_to_year_goes_on_damped_and_limited() -> None:
    days = np.datetime64("2013-01-01") + np.arange(800)
    years = np.arange(800) / 365.0
    mild = fit_climatology((5.0 - 0.1 * years)[None], days)
    assert mild.trend == pytest.approx(-0.04, abs=1e-6)
    assert fit_climatology((5.0 - 0.9 * years)[None], days).trend == -0.1
    later = days[-1] + np.array([0, 365])
    season = mild.at(days[-1] - np.array([730, 365]))[0]
    assert np.all(np.diff(mild.at(later)[0] - season) < 0.0)


@pytest.mark.parametrize("name", ["emos", "analog", "boosting"])
def test_an_estimator_finds_what_the_rows_hold(name: str) -> None:
    makers: dict[str, Estimator] = {"emos": Emos(), "analog": Analog((0,)), "boosting": Boosting()}
    estimator = makers[name]
    estimator.fit(made_sample(8000))
    test = made_sample(1500, seed=9)
    quantiles = estimator.predict(test)
    usual = Usually().fit(made_sample(8000)).predict(test)
    assert np.all(np.diff(quantiles, axis=1) >= 0.0)
    gain = pinball(np.exp(quantiles), test.observed).mean()
    assert gain < 0.65 * pinball(np.exp(usual), test.observed).mean()
    for level in (0.1, 0.5, 0.9):
        below = np.mean(np.log(test.observed) <= quantiles[:, level == LEVELS][:, 0])
        assert below == pytest.approx(level, abs=0.05)


def test_weights_go_to_the_estimator_that_was_better_in_later_periods() -> None:
    def make() -> dict[str, Estimator]:
        return {"usual": Usually(), "emos": Emos()}

    blend = fit_blend(make, made_sample(6000, days=900), 115.0)
    assert blend.accepted
    assert np.all(blend.weights[:, 1] >= 0.6)
    assert blend.folds["combined"] < 0.8 * blend.folds["usual"]
    assert np.all(blend.trust > 0.9)


def test_a_combination_that_loses_is_refused_loudly(caplog: pytest.LogCaptureFixture) -> None:
    class Wrong:
        def fit(self, sample: Sample) -> "Wrong":
            return self

        def predict(self, sample: Sample) -> Float:
            return sample.base[:, None] + 2.0 + 0.01 * SCORES

    def make() -> dict[str, Estimator]:
        return {"usual": Usually(), "wrong": Wrong(), "wrong too": Wrong()}

    blend = fit_blend(make, made_sample(4000, days=900), 115.0)
    assert not blend.accepted
    np.testing.assert_array_equal(blend.weights, [[1.0, 0.0, 0.0]] * 2)
    assert "climatology is taken alone" in caplog.text
