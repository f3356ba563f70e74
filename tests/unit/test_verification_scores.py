"""Scores of values, classes and ranges against numbers worked out by hand."""

import numpy as np
import pytest

from forecast.fields.arrays import Booleans, Float
from forecast.verification.categorical import (
    EventSums,
    IndexScores,
    IndexSide,
    composite,
    confusion,
    event_scores,
    event_sums,
    index_scores,
    index_sums,
    lead_weighted,
    levels,
    value_points,
)
from forecast.verification.deterministic import pair_scores, pair_sums, score_pairs


def test_pairs_against_numpy(rng: np.random.Generator) -> None:
    observed = rng.gamma(2.0, 40.0, size=500)
    forecast = observed * rng.lognormal(-0.2, 0.4, size=500)
    found = score_pairs(forecast, observed)
    error = forecast - observed
    assert found.number == 500
    assert found.nmb == pytest.approx(error.sum() / observed.sum())
    assert found.nme == pytest.approx(np.abs(error).sum() / observed.sum())
    assert found.rmse == pytest.approx(np.sqrt(np.mean(error**2)))
    assert found.r == pytest.approx(np.corrcoef(forecast, observed)[0, 1])
    assert found.mfb == pytest.approx(np.mean(2 * error / (forecast + observed)))


def test_pairs_without_a_value_do_not_count() -> None:
    found = score_pairs(np.array([1.0, np.nan, 3.0]), np.array([2.0, 5.0, np.nan]))
    assert found.number == 1.0
    assert found.bias == -1.0


def test_constant_series_have_no_correlation() -> None:
    found = score_pairs(np.full(50, 0.1), np.linspace(1.0, 2.0, 50))
    assert np.isnan(found.r)


def test_resampled_days_are_scored_as_if_they_had_been_given(rng: np.random.Generator) -> None:
    forecast, observed = rng.gamma(2.0, 40.0, size=(2, 6, 3, 4))
    sample = rng.random((6, 3, 4)) < 0.8
    sums = pair_sums(forecast, observed, sample).with_all_cities()
    weights = np.array([[2.0, 0.0, 1.0, 1.0, 0.0, 2.0]])
    found = pair_scores(sums.weighted(weights))
    drawn = [0, 0, 2, 3, 5, 5]
    for lead in range(3):
        chosen = sample[drawn, lead]
        expected = score_pairs(forecast[drawn, lead][chosen], observed[drawn, lead][chosen])
        assert found.rmse[0, lead, -1] == pytest.approx(expected.rmse)
        assert found.r[0, lead, -1] == pytest.approx(expected.r)
    assert found.number[0, 1, 2] == sample[drawn, 1, 2].sum()


def test_events() -> None:
    told = np.array([True, True, False, False, True, False])
    seen = np.array([True, False, True, False, True, True])
    sample = np.array([True, True, True, True, True, False])
    found = event_scores(event_sums(told, seen, sample).total())
    assert found.observed == 3
    assert found.pod == pytest.approx(2 / 3)
    assert found.far == pytest.approx(1 / 3)
    assert found.pofd == pytest.approx(1 / 2)
    assert found.threat == pytest.approx(2 / 4)
    assert found.frequency_bias == pytest.approx(1.0)


def test_without_events_there_is_no_hit_rate() -> None:
    none = EventSums(*(np.array(number) for number in (0.0, 0.0, 1.0, 3.0)))
    found = event_scores(none)
    assert np.isnan(found.pod)
    assert found.far == 1.0
    assert found.pofd == 0.25


def test_levels_change_just_above_their_ends() -> None:
    aqi = np.array([0, 50, 51, 100, 101, 150, 151, 200, 201, 300, 301, 500], dtype=np.float64)
    assert levels(aqi).tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]


def scored(
    forecast: Float,
    observed: Float,
    told: Booleans | None = None,
    seen: Booleans | None = None,
    pm25: tuple[list[float], list[float]] | None = None,
) -> IndexScores:
    none = np.full(forecast.shape, np.nan)
    ours, theirs = (none, none) if pm25 is None else map(np.array, pm25)
    sums = index_sums(
        IndexSide(forecast, told, ours, none),
        IndexSide(observed, seen, theirs, none),
        np.ones(forecast.shape, dtype=np.bool_),
    )
    return index_scores(sums.total())


def test_level_range_and_points() -> None:
    forecast = np.array([100.0, 200.0, 250.0, 60.0])
    observed = np.array([125.0, 151.0, 90.0, 301.0])
    found = scored(forecast, observed)
    # levels 2|3, 4|4, 5|2, 2|6
    assert found.level_accuracy == pytest.approx(1 / 4)
    # 125 is just inside 75 to 125; 151 inside 150 to 250; the others outside
    assert found.range_accuracy == pytest.approx(2 / 4)
    assert found.cma_level == pytest.approx((50 + 100 + 0 + 0) / 4)
    # errors 25, 49, 160, 241
    assert found.cma_value == pytest.approx((100 + 80 + 0 + 0) / 4)
    assert np.isnan(found.primary_accuracy)


@pytest.mark.parametrize(
    ("error", "points"),
    [(25, 100), (26, 80), (50, 80), (51, 60), (100, 60), (101, 30), (150, 30), (151, 0)],
)
def test_points_of_a_value_by_its_error(error: float, points: float) -> None:
    assert value_points(np.array([100.0 + error]), np.array([100.0])) == points


def test_primary_pollutants_on_days_that_have_one() -> None:
    #                day:        same   one of two  other   none seen
    told = np.array([[True, True, False, True], [False, False, True, False]])
    seen = np.array([[True, True, True, False], [False, True, False, False]])
    aqi = np.full(4, 120.0)
    found = scored(aqi, aqi, told, seen)
    assert found.primary_number == 3
    assert found.primary_accuracy == pytest.approx(1 / 3)
    assert found.cma_primary == pytest.approx(200 / 3)


def test_composite_is_the_mean_of_the_terms_there_are() -> None:
    aqi = np.array([120.0, 120.0])
    # levels of PM2.5: right, one off; a day without one (summer) does not count
    found = scored(aqi, aqi, pm25=([3.0, 3.0], [3.0, 4.0]))
    assert found.cma_composite == pytest.approx((100 + 100 + 75) / 3)
    found = scored(aqi, aqi, pm25=([3.0, 3.0], [np.nan, 5.0]))
    assert found.cma_composite == pytest.approx((100 + 100 + 20) / 3)


def test_composite_leaves_out_what_is_not_there() -> None:
    assert composite(np.array([100.0, 50.0, np.nan, 90.0])) == pytest.approx(80.0)
    assert lead_weighted(np.array([80.0, 70.0, 60.0, 0.0])) == pytest.approx(73.0)
    assert np.isnan(lead_weighted(np.array([80.0, 70.0])))


def test_confusion_counts_forecast_levels_in_rows() -> None:
    forecast, observed = np.array([40.0, 40.0, 320.0]), np.array([40.0, 160.0, 10.0])
    found = confusion(forecast, observed, np.array([True, True, True]))
    assert found[0].tolist() == [1, 0, 0, 1, 0, 0]
    assert found[5].tolist() == [1, 0, 0, 0, 0, 0]
    assert found.sum() == 3
