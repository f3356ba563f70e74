"""Proposed levels: members counted, times with their spread, what the horizon cannot decide."""

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from forecast.aqi.standard import StandardSet
from forecast.aqi.summary import city_forecast
from forecast.common.errors import InputError
from forecast.config.warning import Decision, WarningConfig
from forecast.fields.city_forecast import CityHourly, CityName
from forecast.fields.records import from_json, to_json
from forecast.fields.warnings import CityWarning, WarningLevel, WarningSet
from forecast.warning.evaluate import evaluate
from forecast.warning.record import with_levels
from forecast.warning.rules import Form, Period, Persistence, WarningRules, read_rules
from forecast.warning.timeline import LOCAL

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
STANDARDS = StandardSet.read(CONFIGS / "aqi")
RULES = read_rules(CONFIGS / "warning" / "shandong_2024.yaml")
NONE, YELLOW, ORANGE, RED = (
    WarningLevel.NONE, WarningLevel.YELLOW, WarningLevel.ORANGE, WarningLevel.RED,
)  # fmt: skip


def _series(*parts: tuple[int, float]) -> np.ndarray:
    return np.concatenate([np.full(hours, value) for hours, value in parts])


CLEAN = _series((120, 60.0))
# 24 hours just above: any other 24 hours, with one of 40, have a mean below 150
ONE_YELLOW = _series((48, 40.0), (24, 151.0), (48, 40.0))
ONE_ORANGE = _series((24, 40.0), (72, 160.0), (24, 40.0))
ONE_RED = _series((24, 40.0), (24, 160.0), (24, 260.0), (30, 160.0), (18, 40.0))


def _hourly(*members: np.ndarray, cycle: str = "2021-12-31T16", before: int = 0) -> CityHourly:
    hours = members[0].size
    labels = np.datetime64(cycle, "s") + (np.arange(hours) + 1 - before) * np.timedelta64(1, "h")
    values = np.full((len(members), 6, 1, hours), 10.0)
    values[:, 4] = 1.0
    values[:, 5] = np.nan
    for member, series in enumerate(members):
        values[member, 0, 0] = series
    names = tuple(f"m{k:02d}" for k in range(len(members)))
    return CityHourly(cycle, (CityName("370100", "Jinan", "济南"),), names, labels, values)


def _evaluate(*members: np.ndarray, rules: WarningRules = RULES, **options: object) -> CityWarning:
    config = WarningConfig.model_validate(options)
    return evaluate(_hourly(*members), rules, STANDARDS, config).cities[0]


def _local(day: int, hour: int) -> datetime:
    return datetime(2022, 1, day, hour, tzinfo=LOCAL)


def test_probabilities_count_trajectories() -> None:
    found = _evaluate(ONE_RED, ONE_ORANGE, ONE_YELLOW, CLEAN)
    chances = {entry.level: entry.probability for entry in found.assessments}
    assert chances == {YELLOW: 0.75, ORANGE: 0.5, RED: 0.25}
    assert (found.level, found.probability) == (ORANGE, 0.5)
    assert found.main_episode is not None
    assert found.main_episode.members == ("m00", "m01")


def test_marginal_quantiles_would_see_nothing() -> None:
    """Three members have 24 polluted hours on different days: every hour's median is clean."""
    members = [_series((24 * k, 40.0), (24, 160.0), (24 * (4 - k), 40.0)) for k in (1, 2, 3)]
    assert np.median(members, axis=0).max() < 115.0
    assert _evaluate(*members).level is YELLOW


@pytest.mark.parametrize(
    ("threshold", "level"),
    [(0.25, RED), (0.26, ORANGE), (0.5, ORANGE), (0.75, YELLOW), (1.0, NONE)],
)
def test_threshold(threshold: float, level: WarningLevel) -> None:
    members = (ONE_RED, ONE_ORANGE, ONE_YELLOW, CLEAN)
    assert _evaluate(*members, probability_threshold=threshold).level is level


def test_upper_bound_takes_the_worst_member() -> None:
    found = _evaluate(ONE_RED, CLEAN, CLEAN, CLEAN, decision=Decision.UPPER_BOUND)
    assert (found.level, found.probability) == (RED, 0.25)


def test_times_with_their_spread() -> None:
    late = np.concatenate([ONE_YELLOW[:6], ONE_YELLOW[:-6]])
    later = np.concatenate([ONE_YELLOW[:12], ONE_YELLOW[:-12]])
    found = _evaluate(ONE_YELLOW, late, later).episodes
    assert len(found) == 1
    start, end = found[0].start, found[0].end
    assert (start.earliest, start.median, start.latest) == (
        _local(3, 0),
        _local(3, 6),
        _local(3, 12),
    )
    assert (end.earliest, end.median, end.latest) == (_local(4, 0), _local(4, 6), _local(4, 12))
    assert not found[0].open_ended
    assert found[0].peak_aqi == (201, 201, 201)  # 200 + 100 * 1 / 100
    assert found[0].peak_pm25 == (151.0, 151.0, 151.0)
    assert found[0].primary_pollutant == "PM2.5"


def test_even_numbers_of_members_warn_earlier_and_lift_later() -> None:
    late = np.concatenate([ONE_YELLOW[:6], ONE_YELLOW[:-6]])
    episode = _evaluate(ONE_YELLOW, late).episodes[0]
    assert (episode.start.median, episode.end.median) == (_local(3, 0), _local(4, 6))


def test_two_events_far_apart_are_two_episodes() -> None:
    twice = _series((24, 151.0), (60, 40.0), (24, 151.0), (12, 40.0))
    found = _evaluate(twice, twice, CLEAN)
    assert [e.level for e in found.episodes] == [YELLOW, YELLOW]
    assert [day.level for day in found.days] == [YELLOW, NONE, NONE, YELLOW, YELLOW]
    assert [day.level_probability for day in found.days] == pytest.approx(
        [2 / 3, 1.0, 1.0, 2 / 3, 2 / 3]
    )


def test_levels_of_days() -> None:
    found = _evaluate(ONE_YELLOW, ONE_YELLOW, CLEAN, CLEAN)
    assert [(day.date, day.level, day.level_probability) for day in found.days] == [
        (date(2022, 1, 1), NONE, 1.0),
        (date(2022, 1, 2), NONE, 1.0),
        (date(2022, 1, 3), YELLOW, 0.5),
        (date(2022, 1, 4), NONE, 1.0),
        (date(2022, 1, 5), NONE, 1.0),
    ]


def test_days_without_level_tell_the_share_that_is_free() -> None:
    found = _evaluate(ONE_YELLOW, CLEAN, CLEAN, CLEAN)
    assert found.level is NONE
    assert found.probability == 0.75
    assert [day.level_probability for day in found.days] == [1.0, 1.0, 0.75, 1.0, 1.0]
    assert "4个成员中有1个达到黄色预警条件" in found.reason
    assert "50%" in found.reason


def test_levels_reach_the_daily_forecast() -> None:
    hourly = _hourly(ONE_YELLOW, ONE_YELLOW, CLEAN)
    warnings = evaluate(hourly, RULES, STANDARDS, WarningConfig())
    days = with_levels(city_forecast(hourly, STANDARDS, 24).days, warnings)
    assert [day.level for day in days] == ["none", "none", "yellow", "none", "none"]
    assert days[2].level_probability == pytest.approx(2 / 3)


def test_notice_as_in_a_published_case() -> None:
    """Zibo announced on 26 December 2025 10:00 a warning from the 28th 10:00 on."""
    # from 28 December 10:00 on: 58 hours after midnight of the 26th
    polluted = _series((58, 40.0), (24, 151.0), (38, 40.0))
    for cycle, kept in (("2025-12-25T16", True), ("2025-12-26T03", False)):
        shift = 0 if kept else 11
        hourly = _hourly(polluted[shift:], cycle=cycle)
        episode = evaluate(hourly, RULES, STANDARDS, WarningConfig()).cities[0].episodes[0]
        assert episode.start.median == datetime(2025, 12, 28, 10, tzinfo=LOCAL)
        assert episode.issue_by == datetime(2025, 12, 26, 10, tzinfo=LOCAL)
        assert episode.notice_kept is kept


@pytest.mark.parametrize(("hours", "open_levels"), [(71, 3), (72, 2), (96, 1), (119, 1), (120, 0)])
def test_horizon_that_each_level_needs(hours: int, open_levels: int) -> None:
    """48 hours of notice and 24, 48 or 72 hours of spell."""
    found = _evaluate(np.full(hours, 40.0))
    assert [entry.hours_needed for entry in found.assessments] == [72, 96, 120]
    assert sum(not entry.decidable for entry in found.assessments) == open_levels
    assert found.decidable is (open_levels == 0)
    assert ("不能判定" in found.decidable_note) is (open_levels > 0)


def test_air_that_is_still_polluted_at_the_end_is_not_decided() -> None:
    found = _evaluate(_series((90, 40.0), (30, 160.0)), _series((84, 40.0), (36, 160.0)))
    assert found.level is YELLOW
    assert found.episodes[0].open_ended
    chances = {e.level: e.possible_probability for e in found.assessments}
    assert chances == {YELLOW: 1.0, ORANGE: 1.0, RED: 0.0}
    assert not found.decidable
    assert "橙色预警" in found.decidable_note
    assert "红色预警" not in found.decidable_note


def test_hours_before_the_start_make_the_first_day_known() -> None:
    """With the day before, a spell that began before the cycle has its whole length."""
    series = _series((24, 160.0), (24, 160.0), (72, 40.0))
    without = evaluate(_hourly(series[24:]), RULES, STANDARDS, WarningConfig()).cities[0]
    assert without.level is YELLOW
    hourly = _hourly(series, before=24)
    with_past = evaluate(hourly, RULES, STANDARDS, WarningConfig()).cities[0]
    assert with_past.level is ORANGE
    assert with_past.episodes[0].start.median == _local(1, 0) - timedelta(hours=24)
    assert [entry.decidable for entry in with_past.assessments] == [True, True, False]  # 96 hours


def test_a_member_that_ends_early_stays_in_the_denominator() -> None:
    cut = CLEAN.copy()
    cut[30:] = np.nan
    found = _evaluate(ONE_YELLOW, cut, cut, cut)
    assert found.level is NONE
    assert found.assessments[0].probability == 0.25


def test_missing_clean_hours_do_not_make_polluted_ones_count_more() -> None:
    # 20 hours of 155 and 4 of 40: mean 135.8; without the 4 a plain mean would be 155
    mixed = _series((24, 40.0), (20, 155.0), (4, 40.0), (72, 40.0))
    assert _evaluate(mixed).level is NONE
    mixed[44:48] = np.nan
    assert _evaluate(mixed).level is NONE


def test_some_missing_hours_do_not_hide_a_clear_level() -> None:
    polluted = ONE_ORANGE + np.where(ONE_ORANGE > 100.0, 100.0, 0.0)
    polluted[[30, 31, 50, 70]] = np.nan
    assert _evaluate(polluted).level is RED


def test_reason_tells_the_numbers() -> None:
    words = _evaluate(ONE_ORANGE, ONE_ORANGE, ONE_RED, CLEAN).reason
    for told in (
        "4个成员中有3个（75%）达到橙色预警条件", "日AQI大于200持续48小时及以上",
        "1月1日", "PM2.5日AQI（连续24小时）最高210（210—310）", "首要污染物为PM2.5",
        "160（160—260）微克/立方米",
    ):  # fmt: skip
        assert told in words
    clean = _evaluate(CLEAN, CLEAN).reason
    assert "均未达到黄色预警条件" in clean
    assert "最高值为82" in clean  # 50 + 50 * 25 / 40 = 81.25


def test_natural_days_do_not_see_a_spell_across_midnight() -> None:
    rules = RULES.model_copy(
        update={
            "daily_aqi": RULES.daily_aqi.model_copy(update={"period": Period.NATURAL_DAY}),
        }
    )
    across = _series((36, 40.0), (24, 160.0), (60, 40.0))
    assert _evaluate(across).level is YELLOW
    assert _evaluate(across, rules=rules).level is NONE
    assert _evaluate(ONE_YELLOW, rules=rules).level is YELLOW
    two_days = _series((24, 40.0), (48, 160.0), (48, 40.0))
    assert _evaluate(two_days, rules=rules).level is ORANGE


def test_unbroken_persistence_wants_every_label_above() -> None:
    """Two daily values above 200, one after the other, with clean hours in the middle."""
    rules = RULES.model_copy(update={"persistence": Persistence.UNBROKEN})
    dip = _series((24, 40.0), (9, 400.0), (30, 5.0), (9, 400.0), (48, 40.0))
    first, between, second = (float(dip[a : a + 24].mean()) for a in (24, 36, 48))
    assert first > 150.5
    assert second > 150.5
    assert between < 10.0
    assert _evaluate(dip).level is ORANGE
    assert _evaluate(dip, rules=rules).level is YELLOW


def test_index_first_gives_another_number() -> None:
    """Mean of indices against index of the mean, for air that changes within the 24 hours."""
    rules = RULES.model_copy(
        update={"daily_aqi": RULES.daily_aqi.model_copy(update={"form": Form.MEAN_OF_AQI})}
    )
    # 12 h at 260 (AQI 310) and 12 h at 48 (AQI 67): mean of indices 188.5, index of mean 154: 204
    uneven = _series((48, 48.0), (12, 260.0), (60, 48.0))
    assert _evaluate(uneven).level is YELLOW
    assert _evaluate(uneven, rules=rules).level is NONE


def test_rules_out_of_force_are_marked() -> None:
    hourly = _hourly(CLEAN)
    assert not evaluate(hourly, RULES, STANDARDS, WarningConfig()).in_force
    later = _hourly(CLEAN, cycle="2026-10-31T16")
    assert evaluate(later, RULES, STANDARDS, WarningConfig()).in_force


def test_records_survive_the_file() -> None:
    found = evaluate(_hourly(ONE_RED, ONE_ORANGE), RULES, STANDARDS, WarningConfig())
    again = from_json(WarningSet, to_json(found), "warnings.json")
    assert again == found
    assert again.city("Jinan").level is found.cities[0].level
    with pytest.raises(KeyError):
        again.city("Atlantis")


def test_no_member_is_an_error() -> None:
    empty = _hourly(CLEAN).select(np.array([], dtype=np.int64))
    with pytest.raises(InputError, match="no member"):
        evaluate(empty, RULES, STANDARDS, WarningConfig())
