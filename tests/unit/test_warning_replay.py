"""Seasons of daily values played through the rules, beside a count of days by hand."""

from datetime import date, timedelta
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from forecast.aqi.standard import StandardSet
from forecast.cli import app
from forecast.fields.city_daily import CITY_POLLUTANTS, CityDaily
from forecast.fields.city_forecast import ABSENT
from forecast.warning.replay import DailyIndex, ReplayedWarning, daily_index, replay, tally
from forecast.warning.rules import WarningRules, read_rules

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
RULES = {path.stem: read_rules(path) for path in sorted((CONFIGS / "warning").glob("*.yaml"))}
NATIONAL, SHANDONG = RULES["national_2016"], RULES["shandong_2024"]
FIRST = date(2015, 12, 1)


def _index(*daily: int, hourly: tuple[int, ...] = ()) -> DailyIndex:
    days = tuple(FIRST + timedelta(days=k) for k in range(len(daily)))
    high = hourly or daily
    return DailyIndex(("Jinan",), days, np.array([daily]), np.array([high]))


def _told(warnings: tuple[ReplayedWarning, ...]) -> list[tuple[str, int, int, int, int]]:
    """Level, day of issue, first and last day (from 0), greatest AQI."""
    return [
        (
            w.level.value,
            (w.issued - FIRST).days,
            (w.start - FIRST).days,
            (w.end - FIRST).days,
            w.max_daily_aqi,
        )
        for w in warnings
    ]


@pytest.mark.parametrize(
    ("rules", "daily", "expected"),
    [
        (NATIONAL, (80, 80, 201, 80, 80), [("blue", 1, 2, 2, 201)]),
        (NATIONAL, (80, 200, 80), []),
        (NATIONAL, (80, 250, 260, 80), [("yellow", 0, 1, 2, 260)]),
        (NATIONAL, (80, 250, 290, 260, 80), [("yellow", 0, 1, 3, 290)]),
        (NATIONAL, (80, 250, 310, 260, 80), [("orange", 0, 1, 3, 310)]),
        (NATIONAL, (80, 250, 310, 320, 260, 80), [("red", 0, 1, 4, 320)]),
        (NATIONAL, (80, 80, 500, 80), [("red", 1, 2, 2, 500)]),
        # one clean day is too short to lift a warning, two are enough
        (NATIONAL, (80, 210, 90, 220, 80), [("blue", 0, 1, 3, 220)]),
        (NATIONAL, (80, 210, 90, 90, 220, 80), [("blue", 0, 1, 1, 210), ("blue", 3, 4, 4, 220)]),
        (SHANDONG, (80, 80, 160, 155, 80), [("yellow", 0, 2, 3, 160)]),
        (SHANDONG, (80, 80, 160, 80, 80), []),
        (SHANDONG, (80, 80, 160, 170, 160, 80), [("orange", 0, 2, 4, 170)]),
        (SHANDONG, (80, 80, 210, 310, 205, 80), [("red", 0, 2, 4, 310)]),
        # a day without a value never makes a level
        (SHANDONG, (80, 80, 160, ABSENT, 160, 80), []),
    ],
)
def test_a_perfect_forecast(
    rules: WarningRules, daily: tuple[int, ...], expected: list[tuple[str, int, int, int, int]]
) -> None:
    assert _told(replay(_index(*daily), rules, as_forecast=True)) == expected


def test_a_plan_that_asks_for_one_bad_hour() -> None:
    rules = RULES["shandong_2023"]
    calm = _index(80, 160, 160, 80, hourly=(100, 190, 200, 100))
    peak = _index(80, 160, 160, 80, hourly=(100, 190, 201, 100))
    assert replay(calm, rules, as_forecast=True) == ()
    assert _told(replay(peak, rules, as_forecast=True)) == [("yellow", 0, 1, 2, 160)]


def test_monitoring_knows_a_day_at_its_end_and_lifts_after_two_clean_days() -> None:
    found = replay(_index(80, 250, 310, 260, 80, 80, 80, 80), NATIONAL, as_forecast=False)
    # blue after day 1, orange after day 3; day 5 is the second clean one
    assert _told(found) == [("orange", 2, 2, 5, 310)]


def test_monitoring_that_the_season_cuts_off_lasts_to_its_end() -> None:
    assert _told(replay(_index(80, 250, 250), NATIONAL, as_forecast=False)) == [
        ("blue", 2, 2, 2, 250)
    ]
    assert replay(_index(80, 80, 250), NATIONAL, as_forecast=False) == ()


SEASONS = st.lists(st.sampled_from([ABSENT, 80, 151, 201, 301, 500]), min_size=1, max_size=40).map(
    tuple
)


def _longest(daily: tuple[int, ...], least: int) -> int:
    return max(
        (len(list(run)) for good, run in groupby(v >= least for v in daily) if good), default=0
    )


@given(SEASONS)
def test_the_highest_level_of_a_season_is_that_of_counted_days(daily: tuple[int, ...]) -> None:
    """Days in a row, counted by hand; red is left out where its two conditions must meet."""
    found = replay(_index(*daily), NATIONAL, as_forecast=True)
    levels = {warning.level.value for warning in found}
    assert bool(found) == (_longest(daily, 201) >= 1)
    if 500 in daily:
        assert "red" in levels
    elif _longest(daily, 301) == 0:
        assert levels <= {"blue", "yellow"}
        assert ("yellow" in levels) == (_longest(daily, 201) >= 2)


@given(SEASONS)
def test_monitoring_never_knows_more_than_the_perfect_forecast(daily: tuple[int, ...]) -> None:
    index = _index(*daily)
    perfect = replay(index, NATIONAL, as_forecast=True)
    seen = replay(index, NATIONAL, as_forecast=False)
    assert len(seen) <= len(perfect)
    for warning in seen:
        begun = [p for p in perfect if p.start < warning.start <= p.end + timedelta(days=3)]
        assert begun, "it begins after the first day of an episode"
        assert max(p.level.rank for p in begun) >= warning.level.rank
    for former, later in zip(seen, seen[1:], strict=False):
        assert former.end < later.start


@given(SEASONS, st.integers(1, 39))
def test_monitoring_does_not_depend_on_what_comes_later(daily: tuple[int, ...], cut: int) -> None:
    """What was lifted before a day stays as it was when the season is cut off there."""
    whole = replay(_index(*daily), NATIONAL, as_forecast=False)
    known = replay(_index(*daily[:cut]), NATIONAL, as_forecast=False)
    lifted = [w for w in whole if w.end < FIRST + timedelta(days=min(cut, len(daily)) - 1)]
    assert list(known[: len(lifted)]) == lifted


def test_the_tally_counts_days() -> None:
    index = _index(80, 250, 210, 80, 250, 80)
    warnings = replay(index, SHANDONG, as_forecast=True)
    (entry,) = tally(index, warnings, SHANDONG)
    assert {level.value: n for level, n in entry.levels.items()} == {
        "yellow": 0, "orange": 1, "red": 0,
    }  # fmt: skip
    assert (entry.days, entry.heavy, entry.hit, entry.calm) == (4, 3, 3, 1)


def test_the_index_is_that_of_the_standard() -> None:
    """PM2.5 of 115, 150 and 250 ug m-3 are 150, 200 and 300, before the first standard as well."""
    values = np.full((len(CITY_POLLUTANTS), 1, 3), np.nan)
    values[0, 0] = [115.0, 150.0, 250.0]
    values[1, 0] = [50.0, 50.0, 600.0]
    high = np.array([[151.0, np.nan, 400.0]])
    observed = CityDaily(
        ("Jinan",), np.arange("2013-12-01", "2013-12-04", dtype="datetime64[D]"), values,
        high, high, high, np.array([117.0]), np.array([36.7]), ("济南",),
    )  # fmt: skip
    standards = StandardSet.read(CONFIGS / "aqi")
    only = daily_index(observed, ("pm25",), standards)
    assert only.daily.tolist() == [[150, 200, 300]]
    assert daily_index(observed, ("pm25", "pm10"), standards).daily.tolist() == [[150, 200, 500]]
    assert only.hourly.tolist() == [[151, ABSENT, 400]]


def test_the_command_writes_one_row_a_warning(tmp_path: Path) -> None:
    rows = ["city_en,date,pm25"]
    rows += [f"Jinan,2015-12-{k + 1:02d},{v}" for k, v in enumerate((40, 40, 160, 170, 40, 40))]
    source, out = tmp_path / "daily.csv", tmp_path / "out.csv"
    source.write_text("\n".join(rows) + "\n", encoding="utf-8")
    arguments = ["warn", "replay", "--daily", str(source), "--out", str(out), "--as-forecast"]
    done = CliRunner().invoke(app, [*arguments, "--rules", "shandong_2024"])
    assert done.exit_code == 0, done.output
    assert out.read_text(encoding="utf-8").splitlines() == [
        "city_en,level,issued,start,end,max_daily_aqi,days",
        "Jinan,orange,2015-12-01,2015-12-03,2015-12-04,220,2",
    ]
    assert "1 warning(s)" in done.output


def test_winters_of_the_province(reference_data: Path) -> None:
    """The crawled index of the day, made by others, gives the same warnings as the means do."""
    from forecast.sources.observations.city_daily import read_city_daily

    path = reference_data / "observations" / "shandong_cities_daily_20131202-20161031.csv"
    observed = read_city_daily(path)
    ours = daily_index(observed, NATIONAL.pollutants, StandardSet.read(CONFIGS / "aqi"))
    theirs = np.where(np.isfinite(observed.aqi), observed.aqi, ABSENT).astype(np.int64)
    both = (theirs != ABSENT) & (ours.daily != ABSENT)
    assert np.mean(np.abs(ours.daily - theirs)[both] <= 1) > 0.99
    other = DailyIndex(ours.cities, ours.days, np.where(both, theirs, ABSENT), ours.hourly)
    count = [len(replay(index, NATIONAL, as_forecast=True)) for index in (ours, other)]
    assert count[0] == pytest.approx(count[1], rel=0.01)
    assert count[0] > 500
