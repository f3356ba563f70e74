"""The statistical member: no look-ahead, robust to holes, better than its references."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from forecast.cli import app
from forecast.common.as_of import LookAheadError
from forecast.common.errors import InputError
from forecast.fields.city_daily import CityDaily
from forecast.postprocess import statistical
from forecast.postprocess.boosting import Boosting
from forecast.postprocess.combine import Estimator
from forecast.postprocess.features import evening_features, learn_usual
from forecast.postprocess.statistical import CityOutlook, StatisticalModel, outlook, train
from forecast.stages.statistical import COLUMNS, StatisticalPlan, forecasts, table_rows
from tests.unit.made_cities import made_cities, write_daily

START = np.datetime64("2015-12-10")


@pytest.fixture(scope="module")
def daily() -> CityDaily:
    return made_cities(850)


@pytest.fixture(scope="module")
def model(daily: CityDaily) -> StatisticalModel:
    return train(daily.until(START - 1), 3)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave the slowest estimator out where only the frame is tested."""
    made = statistical._estimators

    def without(names: tuple[str, ...]) -> dict[str, Estimator]:
        return {key: entry for key, entry in made(names).items() if not isinstance(entry, Boosting)}

    monkeypatch.setattr(statistical, "_estimators", without)
    yield


def spoiled(daily: CityDaily, begin: np.datetime64) -> CityDaily:
    """The same with other values from a day on."""
    later = daily.index(begin)
    values, aqi = daily.values.copy(), daily.aqi.copy()
    low, high = daily.aqi_low.copy(), daily.aqi_high.copy()
    values[..., later:] = 977.0
    aqi[:, later:] = low[:, later:] = high[:, later:] = 499.0
    return replace(daily, values=values, aqi=aqi, aqi_low=low, aqi_high=high)


def test_predictors_of_an_evening_do_not_see_the_next_day(daily: CityDaily) -> None:
    usual = learn_usual(daily.until(START - 1))
    honest, names = evening_features(daily, usual)
    planted, _ = evening_features(spoiled(daily, START), usual)
    evening = daily.index(START) - 1
    np.testing.assert_array_equal(honest[:, : evening + 1], planted[:, : evening + 1])
    assert not np.array_equal(honest[:, evening + 1], planted[:, evening + 1])
    assert len(names) == honest.shape[2]
    assert np.isfinite(honest).all()


def test_planted_future_values_change_no_forecast(quick: None, daily: CityDaily) -> None:
    plan = StatisticalPlan(START, START + 9, leads=3, refit_days=6)

    def rows(given: CityDaily) -> list[list[str]]:
        return [row for _, found in forecasts(given, plan) for row in table_rows(found)]

    whole = rows(daily)
    # the last cycle knows its eve; everything from its own day on is planted
    assert rows(spoiled(daily, START + 9)) == whole
    assert rows(daily.until(START + 8)) == whole
    assert rows(spoiled(daily, START + 8)) != whole


def test_a_model_that_knows_the_day_is_refused(daily: CityDaily, model: StatisticalModel) -> None:
    with pytest.raises(InputError, match="has learned from observations up to 2015-12-09"):
        outlook(model, daily, np.array([START - 1]))
    plan = StatisticalPlan(START, START, leads=3, train_until=START + 20)
    with pytest.raises(LookAheadError, match="2015-12-30"):
        next(forecasts(daily, plan))


def test_it_beats_persistence_and_the_season(daily: CityDaily, model: StatisticalModel) -> None:
    cycles = START + np.arange(60)
    found = outlook(model, daily, cycles)
    place = np.array([daily.index(day) for day in cycles])
    pm25 = daily.of("pm25")
    winter = pm25[:, : place[0]][:, np.isin(_month(daily)[: place[0]], (11, 12, 1, 2, 3))]
    for lead in (1, 2):
        observed = pm25[:, place + lead]
        errors = [found.pm25_mean[lead - 1], pm25[:, place - 1], winter.mean(axis=1)[:, None]]
        rmse = [float(np.sqrt(np.mean((entry - observed) ** 2))) for entry in errors]
        assert rmse[0] < rmse[1]
        assert rmse[0] < rmse[2]
    low, high = found.pm25_quantile(-1.2816), found.pm25_quantile(1.2816)
    inside = np.mean((pm25[:, place + 1] > low[0]) & (pm25[:, place + 1] < high[0]))
    assert 0.65 < inside < 0.95


def _month(daily: CityDaily) -> np.ndarray:
    return daily.days.astype("datetime64[M]").astype(int) % 12 + 1


def test_probabilities_follow_the_quantiles(daily: CityDaily, model: StatisticalModel) -> None:
    found = outlook(model, daily, START + np.arange(5))
    chances = [found.aqi_above(threshold) for threshold in (150.0, 200.0, 300.0)]
    assert np.all(chances[0] >= chances[1])
    assert np.all(chances[1] >= chances[2])
    above = found.aqi_median() > 150.0
    np.testing.assert_array_equal(chances[0] > 0.5, above)
    assert found.current.all()


def test_holes_level_shifts_and_new_cities(
    quick: None, daily: CityDaily, caplog: pytest.LogCaptureFixture
) -> None:
    values, aqi = daily.values.copy(), daily.aqi.copy()
    values[1:, 0] = np.nan  # a city with PM2.5 only
    values[:, 1, daily.index(START) - 20 :] = np.nan  # one that falls silent
    aqi[1, daily.index(START) - 20 :] = np.nan
    values[:, 2, : daily.index(START) + 3] = np.nan  # one that begins later
    aqi[2, : daily.index(START) + 3] = np.nan
    values[:, 3, 300:] *= 0.4  # one whose level falls
    holed = replace(daily, values=values, aqi=aqi)
    plan = StatisticalPlan(START, START + 8, leads=3, refit_days=5)
    parts = [found for _, found in forecasts(holed, plan)]
    assert parts[0].cities == ("City0", "City1", "City3")
    assert parts[1].cities == daily.cities
    assert all(np.isfinite(found.pm25_mean).all() for found in parts)
    assert all(np.isfinite(found.aqi_above(200.0)).all() for found in parts)
    assert "City1 was not observed" in caplog.text


def test_without_any_index_its_columns_are_empty(quick: None, daily: CityDaily) -> None:
    blank = np.full_like(daily.aqi, np.nan)
    bare = replace(daily, aqi=blank, aqi_low=blank, aqi_high=blank)
    found: CityOutlook = next(forecasts(bare, StatisticalPlan(START, START, leads=2)))[1]
    row = dict(zip(COLUMNS, table_rows(found)[0], strict=True))
    assert row["aqi_p50"] == row["p_aqi_gt200"] == ""
    assert float(row["pm25_p10"]) < float(row["pm25_p50"]) < float(row["pm25_p90"])


def test_too_short_a_history_is_refused(daily: CityDaily) -> None:
    with pytest.raises(InputError, match="20 day"):
        train(daily.until(daily.days[19]), 3)
    with pytest.raises(InputError, match="nothing is known"):
        next(forecasts(daily, StatisticalPlan(daily.days[0], daily.days[5])))


def test_a_history_of_six_weeks_is_enough(quick: None, daily: CityDaily) -> None:
    found = next(forecasts(daily, StatisticalPlan(daily.days[45], daily.days[46], leads=3)))[1]
    assert np.isfinite(found.pm25_mean).all()


def test_the_table_of_the_command(quick: None, tmp_path: Path, daily: CityDaily) -> None:
    path, out = write_daily(tmp_path / "daily.csv", daily), tmp_path / "hindcast.csv"
    given = ["hindcast", "--member", "statistical", "--observations", str(path), "--leads", "2"]
    period = ["--start", "2015-12-10", "--end", "2015-12-11", "--out", str(out)]
    done = CliRunner().invoke(app, [*given, *period])
    assert done.exit_code == 0, done.output
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 2 * 4 * 2
    for row in rows:
        gap = date.fromisoformat(row["valid_date"]) - date.fromisoformat(row["cycle"])
        assert gap.days == int(row["lead_day"])
    assert '"data_to": "2015-12-09"' in (tmp_path / "hindcast_training.json").read_text()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--member", "other"], "no member 'other'"),
        (["--member", "statistical", "--start", "2015-01-01"], "needs --observations"),
        ([], "needs --from and --to"),
    ],
)
def test_wrong_options_are_told(options: list[str], expected: str) -> None:
    done = CliRunner().invoke(app, ["hindcast", *options])
    assert expected in str(done.exception)
