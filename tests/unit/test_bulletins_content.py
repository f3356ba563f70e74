"""The content of a bulletin refuses what does not fit together."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from forecast.bulletins.assemble import Results, assemble
from forecast.bulletins.content import LOCAL, Bulletin, Limit
from forecast.bulletins.exercise import Drill, make, make_circumstances, make_results, places
from forecast.common.degradation import Degradation
from forecast.common.errors import OutputError
from forecast.config.bulletins import BulletinConfig
from forecast.fields.membership import MemberVerdict
from forecast.fields.warnings import CityWarning, TimeSpread, WarningLevel

OPTIONS = BulletinConfig()
PLACES = places()
HOUR = dt.timedelta(hours=1)


@cache
def results(drill: Drill = Drill.HAZE) -> Results:
    return make_results(drill)


def build(results: Results, drill: Drill = Drill.HAZE) -> Bulletin:
    return assemble(results, PLACES, OPTIONS, make_circumstances(drill))


def with_day(results: Results, index: int, **changes: Any) -> Results:
    days = list(results.forecast.days)
    days[index] = replace(days[index], **changes)
    return replace(results, forecast=replace(results.forecast, days=tuple(days)))


def with_hour(results: Results, index: int, **changes: Any) -> Results:
    hours = list(results.forecast.hours)
    hours[index] = replace(hours[index], **changes)
    return replace(results, forecast=replace(results.forecast, hours=tuple(hours)))


def with_warning(results: Results, change: Callable[[CityWarning], CityWarning]) -> Results:
    cities = (change(results.warnings.cities[0]), *results.warnings.cities[1:])
    return replace(results, warnings=replace(results.warnings, cities=cities))


def with_episode(results: Results, **changes: Any) -> Results:
    def change(warning: CityWarning) -> CityWarning:
        return replace(warning, episodes=(replace(warning.episodes[0], **changes),))

    return with_warning(results, change)


@pytest.mark.parametrize("drill", Drill)
def test_every_drill_makes_a_content_with_all_cities(drill: Drill) -> None:
    bulletin = make(drill)
    assert [city.name_zh for city in bulletin.cities][:3] == ["济南", "青岛", "淄博"]
    assert len(bulletin.cities) == 16
    assert all(len(city.days) == 7 and len(city.hours) == 72 for city in bulletin.cities)


def test_days_beyond_the_data_are_there_without_values() -> None:
    days = make(Drill.DEGRADED).cities[0].days
    assert [day.values is not None for day in days] == [True] * 5 + [False] * 2
    assert [day.date.day for day in days] == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"pm25_mean": float("nan")}, "pm25_mean is 'nan'"),
        ({"pm10_mean": float("inf")}, "pm10_mean is 'inf'"),
        ({"co_mean": -0.1}, "co_mean is '-0.1'"),
        ({"pm25_p10": 900.0}, "quantiles of PM2.5 are not in order"),
        ({"aqi_p10": 499}, "quantiles of AQI are not in order"),
        ({"aqi_p50": 501, "aqi_p90": 502, "category": 6}, "0 to 500 was expected"),
        ({"category": 2}, "is of category"),
        ({"category": None}, "but the category 'None'"),
        ({"primary_pollutants": ()}, "no primary pollutant is named"),
        ({"p_aqi_gt150": 0.1, "p_aqi_gt200": 0.2}, "rise with the threshold"),
        ({"p_aqi_gt300": 1.5}, "0 to 1 was expected"),
        ({"level_probability": 0.0}, "level 'red' has the probability '0.0'"),
        ({"level_probability": None}, "level 'red' has the probability 'None'"),
        ({"members": 5}, "counts 5 members"),
        ({"city_zh": "济南", "city_en": "Jinan", "date": dt.date(2022, 2, 1)}, "stands at"),
    ],
)
def test_a_wrong_day_is_refused(changes: dict[str, Any], complaint: str) -> None:
    records = results()
    assert records.forecast.days[3].level == "red"
    with pytest.raises(OutputError, match=complaint):
        build(with_day(records, 3, **changes))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"pm25_p50": float("nan")}, "pm25_p50 is 'nan'"),
        ({"pm25_p90": 0.0}, "quantiles of PM2.5 are not in order"),
        ({"time": dt.datetime(2022, 1, 1, 9, tzinfo=LOCAL)}, "follows"),
        ({"time": dt.datetime(2022, 1, 1, 6)}, "time zone"),  # noqa: DTZ001
        ({"members": 0}, "with 0 members"),
    ],
)
def test_a_wrong_hour_is_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(OutputError, match=complaint):
        build(with_hour(results(), 5, **changes))


def test_a_warning_that_ends_before_it_starts_is_refused() -> None:
    early = dt.datetime(2022, 1, 1, tzinfo=LOCAL)
    with pytest.raises(OutputError, match="not after"):
        build(with_episode(results(), end=TimeSpread(early, early, early)))


def test_a_warning_past_the_data_is_refused() -> None:
    late = dt.datetime(2022, 1, 9, tzinfo=LOCAL)
    with pytest.raises(OutputError, match="an episode ends at"):
        build(with_episode(results(), end=TimeSpread(late, late, late)))


def test_a_day_needs_twenty_hours_of_data() -> None:
    records = results(Drill.QUIET)
    for hour, fits in ((20, True), (19, False)):
        end = dt.datetime(2022, 1, 7, hour, tzinfo=LOCAL)
        cut = replace(records, warnings=replace(records.warnings, data_end=end))
        if fits:
            assert build(cut).cities[0].days[6].values is not None
        else:
            with pytest.raises(OutputError, match="forecast for 2022-01-07, beyond the data"):
                build(cut)


def test_times_over_the_members_that_are_not_in_order_are_refused() -> None:
    start = results().warnings.cities[0].episodes[0].start
    turned = TimeSpread(start.median + HOUR, start.median, start.median)
    with pytest.raises(OutputError, match="not in order"):
        build(with_episode(results(), start=turned))


def test_a_level_below_the_least_probability_is_refused() -> None:
    with pytest.raises(OutputError, match="is proposed with the probability 0.25; 0.5 is the"):
        build(with_episode(results(), probability=0.25))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda w: replace(w, level=WarningLevel.ORANGE), "highest of its episodes is 'red'"),
        (lambda w: replace(w, level=WarningLevel.NONE), "highest of its episodes is 'red'"),
        (lambda w: replace(w, episodes=()), "highest of its episodes is 'none'"),
        (lambda w: replace(w, probability=0.9), "has the probability 0.9 in the warning and"),
        (lambda w: replace(w, probability=1.2), "0 to 1 was expected"),
        (lambda w: replace(w, reason=""), "has no reason"),
        (lambda w: replace(w, decidable=False, decidable_note=""), "no note says why"),
        (lambda w: replace(w, assessments=w.assessments[::-1]), "not in the order of severity"),
        (lambda w: replace(w, assessments=w.assessments[:2]), "was never assessed"),
    ],
)
def test_a_wrong_warning_is_refused(
    change: Callable[[CityWarning], CityWarning], complaint: str
) -> None:
    with pytest.raises(OutputError, match=complaint):
        build(with_warning(results(), change))


def test_records_of_another_city_are_refused() -> None:
    city = make(Drill.QUIET).cities[0]
    strange = replace(city.warning, name_en="Qingdao")
    with pytest.raises(ValueError, match="records of 'Qingdao' stand with 'Jinan'"):
        type(city).model_validate(dict(city) | {"warning": strange})


def test_a_city_without_a_proposal_is_refused() -> None:
    records = results()
    fewer = replace(records.warnings, cities=records.warnings.cities[:-1])
    with pytest.raises(OutputError, match="cities.15.warning"):
        build(replace(records, warnings=fewer))


def test_a_missing_city_is_named() -> None:
    bulletin = make(Drill.QUIET)
    with pytest.raises(ValueError, match="missing: \\['Heze'\\]"):
        Bulletin.model_validate(dict(bulletin) | {"cities": bulletin.cities[:-1]})
    with pytest.raises(ValueError, match="were expected"):
        Bulletin.model_validate(dict(bulletin) | {"cities": bulletin.cities[::-1]})


def test_a_city_without_any_day_is_refused() -> None:
    records = results()
    days = tuple(day for day in records.forecast.days if day.city_en != "Jinan")
    with pytest.raises(OutputError, match="no day has a forecast"):
        build(replace(records, forecast=replace(records.forecast, days=days)))


def test_a_gap_between_days_is_refused() -> None:
    records = results()
    days = (*records.forecast.days[:2], *records.forecast.days[3:])
    with pytest.raises(OutputError, match="day 3 has no forecast, but a later one has"):
        build(replace(records, forecast=replace(records.forecast, days=days)))


def test_a_forecast_without_days_says_what_to_do() -> None:
    records = results()
    with pytest.raises(OutputError, match="no complete local day"):
        build(replace(records, forecast=replace(records.forecast, days=())))


def test_a_day_without_members_counts_as_no_data() -> None:
    records = results()
    absent: dict[str, Any] = dict.fromkeys(
        ("pm25_mean", "pm25_p10", "pm25_p50", "pm25_p90", "aqi_p10", "aqi_p50", "aqi_p90",
         "category", "p_aqi_gt150", "p_aqi_gt200", "p_aqi_gt300", "level_probability")
    )  # fmt: skip
    day = with_day(records, 6, members=0, level="none", **absent)
    assert build(day).cities[0].days[6].values is None


def test_a_missing_member_without_a_reason_is_named_all_the_same() -> None:
    records = results(Drill.DEGRADED)
    verdicts = (*records.membership.verdicts[:3], MemberVerdict("m03", 0))
    silent = replace(records, membership=replace(records.membership, verdicts=verdicts))
    missing = build(silent, Drill.DEGRADED).issue.members.missing
    assert [member.name for member in missing] == ["m01", "m02", "m03"]
    assert missing[2].reason == "只有0小时可用，原因未记录"


def test_all_faults_are_reported_at_once() -> None:
    records = with_day(results(), 3, pm25_mean=float("nan"))
    records = with_day(records, 10, co_mean=-1.0)
    with pytest.raises(OutputError) as caught:
        build(records)
    text = str(caught.value)
    assert "cities.0.days.3: Value error, pm25_mean is 'nan'" in text
    assert "cities.1.days.3: Value error, co_mean is '-1.0'" in text


def test_fallbacks_of_stages_and_gate_are_printed_once() -> None:
    records = results(Drill.DEGRADED)
    twice = Degradation("gate", "one of four", "4", "1", "成员缺席。")
    membership = replace(records.membership, degradations=(twice,))
    around = replace(make_circumstances(Drill.DEGRADED), degradations=(twice, twice))
    bulletin = assemble(replace(records, membership=membership), PLACES, OPTIONS, around)
    assert bulletin.issue.degradations == ("成员缺席。",)


def test_an_operational_case_carries_no_mark() -> None:
    around = replace(make_circumstances(Drill.HAZE), exercise=False)
    assert assemble(results(), PLACES, OPTIONS, around).issue.mark == ""
    assert make(Drill.HAZE).issue.mark


def test_what_cut_the_data_short_is_told_apart() -> None:
    records = results(Drill.DEGRADED)  # 120 hours of data
    assert build(records, Drill.DEGRADED).issue.limit is Limit.METEOROLOGY
    longer = replace(records, membership=replace(records.membership, horizon_hours=168))
    assert build(longer, Drill.DEGRADED).issue.limit is Limit.MEMBERS
    short = BulletinConfig(trend_days=5)
    around = make_circumstances(Drill.DEGRADED)
    assert assemble(records, PLACES, short, around).issue.limit is Limit.LENGTH
