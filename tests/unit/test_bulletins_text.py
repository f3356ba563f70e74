"""The words and colours of the bulletins."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.bulletins import text
from forecast.bulletins.advice import read_advice
from forecast.bulletins.content import LOCAL, Limit
from forecast.bulletins.exercise import Drill, make
from forecast.bulletins.palette import GRADES, LEVELS, contrast, grade
from forecast.common.errors import ConfigurationError
from forecast.fields.warnings import TimeSpread, WarningLevel

HAZE = make(Drill.HAZE)
QUIET = make(Drill.QUIET)
DEGRADED = make(Drill.DEGRADED)


@pytest.mark.parametrize(
    ("aqi", "name", "fill"),
    [  # HJ 633 table 2
        (0, "优", "#00e400"), (50, "优", "#00e400"), (51, "良", "#ffff00"),
        (100, "良", "#ffff00"), (101, "轻度污染", "#ff7e00"), (150, "轻度污染", "#ff7e00"),
        (151, "中度污染", "#ff0000"), (200, "中度污染", "#ff0000"), (201, "重度污染", "#99004c"),
        (300, "重度污染", "#99004c"), (301, "严重污染", "#7e0023"), (500, "严重污染", "#7e0023"),
    ],
)  # fmt: skip
def test_grades_and_colours_are_those_of_the_standard(aqi: int, name: str, fill: str) -> None:
    assert (grade(aqi).name, grade(aqi).fill) == (name, fill)


def test_contrast_is_that_of_the_guideline() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("swatch", [*GRADES, *LEVELS.values()], ids=lambda s: s.key)
def test_text_on_every_colour_can_be_read(swatch: object) -> None:
    assert contrast(swatch.ink, swatch.fill) >= 3.0  # type: ignore[attr-defined]


def test_no_two_colours_share_name_symbol_or_class() -> None:
    for swatches in (GRADES, tuple(LEVELS.values())):
        for part in ("key", "name", "fill", "symbol", "colour"):
            assert len({getattr(swatch, part) for swatch in swatches}) == len(swatches)


@pytest.mark.parametrize(
    ("hour", "closing", "expected"),
    [(0, False, "1月3日0时"), (0, True, "1月2日24时"), (8, True, "1月3日8时")],
)
def test_midnight_that_closes_a_period_is_hour_24(hour: int, closing: bool, expected: str) -> None:
    time = dt.datetime(2022, 1, 3, hour, tzinfo=LOCAL)
    assert text.moment(time, closing=closing) == expected
    assert text.moment(time.astimezone(dt.UTC), closing=closing) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([3], "1月3日"),
        ([4, 3], "1月3日—4日"),
        ([1, 3, 4, 5, 7], "1月1日、1月3日—5日、1月7日"),
        ([31, 32, 33], "1月31日—2月2日"),
        ([], ""),
    ],
)
def test_days_are_written_as_runs(days: list[int], expected: str) -> None:
    start = dt.date(2021, 12, 31)
    assert text.days_span([start + dt.timedelta(days=day) for day in days]) == expected


@given(st.sets(st.dates(dt.date(2021, 11, 1), dt.date(2022, 3, 1)), min_size=1))
def test_runs_of_days_have_a_gap_between_them(days: set[dt.date]) -> None:
    gaps = sum(day - dt.timedelta(days=1) not in days for day in days)
    assert text.days_span(sorted(days)).count("、") == gaps - 1


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [(None, 0, "—"), (0.5, 0, "0"), (1.5, 0, "2"), (2.5, 0, "2"), (0.25, 1, "0.2")],
)
def test_numbers_round_half_to_even(value: float | None, digits: int, expected: str) -> None:
    assert text.number(value, digits) == expected


@pytest.mark.parametrize(
    ("probability", "expected"),
    [(None, "—"), (0.0, "0%"), (0.001, "<1%"), (0.25, "25%"), (0.999, ">99%"), (1.0, "100%")],
)
def test_certainty_is_printed_only_where_it_is(probability: float | None, expected: str) -> None:
    assert text.percent(probability) == expected


def test_confidence_has_a_word_for_every_probability() -> None:
    words = [text.confidence(p / 100) for p in range(101)]
    assert list(dict.fromkeys(words)) == ["把握小", "把握一般", "把握较大", "把握大"]


def test_a_share_is_counted_in_members_only_where_it_is_one() -> None:
    assert text.member_share(0.75, 4) == "4个成员中3个"
    assert text.member_share(0.333, 3) == "3个成员中1个"
    assert text.member_share(0.6, 4) == ""


def test_pollutants_are_written_with_subscripts() -> None:
    assert text.pollutants(("PM2.5", "o3", "CO")) == "PM₂.₅、O₃、CO"
    assert text.pollutants(()) == "—"


def test_the_headline_names_levels_cities_and_the_peak() -> None:
    words = text.headline(HAZE)
    for level, cities in text.cities_by_level(HAZE):
        assert f"{LEVELS[level].name}{len(cities)}市" in words
        assert all(city.name_zh in words for city in cities)
    assert "重度及以上污染可能出现在1月" in words
    assert "最重为聊城" in words


def test_the_headline_of_a_quiet_week_says_that_there_is_no_warning() -> None:
    assert "各市均未达到预警条件" in text.headline(QUIET)


def test_the_horizon_says_how_far_the_data_reach() -> None:
    days = DEGRADED.cities[0].days
    assert text.horizon(DEGRADED.issue, days) == (
        "气象资料到第5天为止，趋势预报到1月5日；1月6日—7日资料不足，不作预报。"
    )
    for limit, words in ((Limit.MEMBERS, "各成员的计算到第5天"), (Limit.LENGTH, "预报时效到第5天")):
        cut = DEGRADED.issue.model_copy(update={"limit": limit})
        assert text.horizon(cut, days).startswith(words)
    assert "第7天" in text.horizon(HAZE.issue, HAZE.cities[0].days)


def test_few_members_give_no_confidence() -> None:
    warning = HAZE.cities[0].warning
    assert text.how_sure(warning, 4) == (
        "把握一般：概率 50%，4个成员中2个达到；黄色预警及以上 100%"
    )
    assert "把握" in text.how_sure(warning, 4)
    assert text.how_sure(warning, 2).startswith("无法估计：只有2个成员")
    assert text.chance(1.0, 1) == "—"
    assert text.spread(10.0, 20.0, 2) == "—"


def test_the_chance_of_a_warning_is_given_where_none_is_proposed() -> None:
    warning = QUIET.cities[0].warning
    assert text.how_sure(warning, 4) == "4个成员均未达到预警条件"
    likelier = replace(warning, assessments=(replace(warning.assessments[0], probability=0.25),))
    assert text.how_sure(likelier, 4) == "达到黄色预警及以上的可能性 25%（4个成员中1个）"


def test_the_deadline_follows_the_notice_and_the_time_of_issue() -> None:
    due = dt.datetime(2022, 1, 1, 20, tzinfo=LOCAL)
    warning = HAZE.cities[0].warning
    episode = replace(warning.episodes[0], issue_by=due, notice_kept=True)
    warning = replace(warning, episodes=(episode,))
    late = replace(warning, episodes=(replace(episode, notice_kept=False),))
    issue = HAZE.issue.model_copy(update={"mark": ""})
    before = issue.model_copy(update={"issued": due - dt.timedelta(hours=1)})
    after = issue.model_copy(update={"issued": due + dt.timedelta(hours=1)})
    assert text.deadline(warning, before) == "最迟1月1日20时前发布（规则要求提前48小时）"
    assert "确认后立即发布" in text.deadline(warning, after)
    assert "确认后立即发布" in text.deadline(late, before)
    replay = after.model_copy(update={"mark": "案例回算"})
    assert text.deadline(warning, replay).startswith("最迟")  # judged at the cycle's start
    assert text.deadline(QUIET.cities[0].warning, issue) == ""


def test_advice_follows_the_worst_of_days_and_warning() -> None:
    city = QUIET.cities[0]
    assert text.worst_grade(city) == 2
    days = tuple(
        day.model_copy(update={"values": replace(day.values, aqi_p50=None)})
        for day in city.days
        if day.values
    )
    assert text.worst_grade(city.model_copy(update={"days": days})) == 2
    episode = replace(HAZE.cities[0].warning.episodes[0], peak_aqi=(150, 251, 400))
    warned = replace(HAZE.cities[0].warning, episodes=(episode,))
    assert text.worst_grade(city.model_copy(update={"warning": warned})) == 5


def test_further_episodes_are_named() -> None:
    warning = HAZE.cities[0].warning
    first = warning.episodes[0]
    time = dt.datetime(2022, 1, 7, 0, tzinfo=LOCAL)
    second = replace(
        first,
        level=WarningLevel.YELLOW,
        start=TimeSpread(*[time - dt.timedelta(hours=5)] * 3),
        end=TimeSpread(time, time, time),
    )
    assert text.other_episodes(warning) == ""
    words = text.other_episodes(replace(warning, episodes=(first, second)))
    assert words == "另有黄色 1月6日19时 至 1月6日24时。"


def test_the_reason_in_one_line_names_pollutant_and_peaks() -> None:
    episode = replace(
        HAZE.cities[0].warning.episodes[0],
        peak_aqi=(215, 245, 264),
        peak_pm25=(164.6, 190.0, 212.5),
        primary_pollutant="PM2.5",
    )
    warning = replace(HAZE.cities[0].warning, episodes=(episode,))
    assert text.why(warning) == (
        "PM₂.₅持续偏高：日AQI最高245（215–264），PM₂.₅连续24小时平均最高190（165–212）微克/立方米。"
    )
    assert text.why(QUIET.cities[0].warning) == QUIET.cities[0].warning.reason
    assert len(text.reason_lines(warning)) >= 4


def test_times_that_differ_between_members_are_given() -> None:
    start = dt.datetime(2022, 1, 3, tzinfo=LOCAL)
    same = TimeSpread(start, start, start)
    spread = TimeSpread(start, start, start + dt.timedelta(hours=6))
    episode = replace(HAZE.cities[0].warning.episodes[0], start=spread, end=same)
    assert text.member_times(episode) == "各成员的开始在1月3日0时到1月3日6时之间。"
    assert text.member_times(replace(episode, start=same)) == ""


def test_advice_of_the_project_is_complete(project_root: Path) -> None:
    advice = read_advice(project_root / "configs" / "bulletins" / "advice.yaml")
    assert set(advice.levels) == set(WarningLevel)
    assert "30%" in "".join(advice.levels[WarningLevel.RED].actions)


def test_advice_without_a_grade_or_level_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "advice.yaml"
    path.write_text("public: {1: a}\nlevels: {none: {response: a, actions: [b]}}\n")
    with pytest.raises(ConfigurationError, match="grades \\[1\\]; 1 to 6 were expected"):
        read_advice(path)
