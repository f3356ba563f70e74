"""What a revision changes is found, said, and printed; "no change" is said, too."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from forecast.bulletins import html
from forecast.bulletins.advice import Advice, read_advice
from forecast.bulletins.assemble import Results, assemble
from forecast.bulletins.changes import Edition, city_lines, common_lines, compare
from forecast.bulletins.content import Bulletin
from forecast.bulletins.edition import NEVER_CAME, NO_CHANGE
from forecast.bulletins.exercise import Drill, make_circumstances, make_results, places
from forecast.bulletins.html import city_page, region_page
from forecast.common.errors import OutputError
from forecast.config.bulletins import BulletinConfig
from forecast.config.load import PROJECT
from forecast.fields.changes import Changes
from forecast.fields.decision import Intervention, Trigger
from forecast.fields.membership import ProductMembers, Quality
from forecast.fields.warnings import WarningLevel

NOW = datetime(2022, 1, 1, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def after() -> Results:
    """The records of a revision."""
    made = make_results(Drill.HAZE)
    days = made.membership.days
    membership = replace(
        made.membership,
        revision=1,
        trigger=Trigger.LATE_MEMBER,
        decided_at=NOW,
        products=(
            ProductMembers("hourly", days[:3]),
            ProductMembers("trend", days, final=False, hard=NOW + timedelta(hours=1)),
        ),
        interventions=(Intervention("m01", "shortened", "late", NOW, hours=96),),
    )
    return replace(made, membership=membership)


def _edition(results: Results) -> Edition:
    return Edition(results.membership, results.forecast, results.warnings)


def _before(after: Results) -> Edition:
    """The issue before: a member less, another AQI in one city on one day, another level."""
    verdicts = after.membership.verdicts
    lost = (replace(verdicts[0], hours=48), replace(verdicts[1], hours=0), *verdicts[2:])
    days = list(after.forecast.days)
    days[0] = replace(days[0], aqi_p50=(days[0].aqi_p50 or 0) + 7)
    days[1] = replace(days[1], aqi_p50=None)
    cities = list(after.warnings.cities)
    cities[0] = replace(cities[0], level=WarningLevel.NONE, episodes=())
    return Edition(
        replace(after.membership, revision=0, verdicts=lost),
        replace(after.forecast, days=tuple(days)),
        replace(after.warnings, cities=tuple(cities)),
    )


@pytest.fixture(scope="module")
def changes(after: Results) -> Changes:
    return compare(_before(after), _edition(after))


def test_every_difference_is_found(after: Results, changes: Changes) -> None:
    assert (changes.revision, changes.former) == (1, 0)
    members = {m.member: (m.before, m.after) for m in changes.members}
    hours = after.membership.horizon_hours
    assert members == {"m00": (48, hours), "m01": (0, hours)}
    first = changes.cities[0]
    assert first.level_before is WarningLevel.NONE
    assert first.level_after is after.warnings.cities[0].level is not WarningLevel.NONE
    assert first.start_before is None
    assert first.start_after == after.warnings.cities[0].episodes[0].start.median
    found = {(city.name_en, day.date) for city in changes.cities for day in city.days}
    assert found == {(day.city_en, day.date) for day in after.forecast.days[:2]}


def test_equal_editions_say_that_nothing_changes(after: Results) -> None:
    found = compare(_edition(after), _edition(after))
    assert found.members == ()
    assert not any(city.changed for city in found.cities)
    assert common_lines(found) == ["各市预警建议和逐日AQI均无变化。"]
    assert {tuple(city_lines(city)) for city in found.cities} == {(NO_CHANGE,)}


def test_the_words(after: Results, changes: Changes) -> None:
    hours = after.membership.horizon_hours
    name = changes.cities[0].name_zh
    assert common_lines(changes) == [
        f"新增成员m01；成员m00由前48小时改为前{hours}小时。",
        f"预警建议有变化：{name}。",
    ]
    line = city_lines(changes.cities[0])[0]
    assert line.startswith("预警建议：无预警 → ")
    assert "时起" in line


def test_members_of_an_earlier_cycle_are_other_members(after: Results) -> None:
    edition = _edition(after)
    shifted = replace(edition.membership, revision=0, origin="2021-12-31T04", origin_shift=12)
    found = compare(Edition(shifted, None, None), edition)
    assert [m.member for m in found.members] == list(after.membership.members)
    assert found.quality_before is Quality.FALLBACK
    assert common_lines(found)[0] == "此前版本为“本时次无预报”，现发布预报。"
    assert all(city.level_before is WarningLevel.NONE for city in found.cities)


def _bulletin(results: Results) -> Bulletin:
    return assemble(results, places(), BulletinConfig(), make_circumstances(Drill.HAZE))


@pytest.fixture(scope="module")
def advice() -> Advice:
    return read_advice(PROJECT / BulletinConfig().advice_file)


def test_every_page_shows_who_decided_when_why_and_what_changed(
    after: Results, changes: Changes, advice: Advice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(html, "city_map", lambda *_: None)
    bulletin = _bulletin(replace(after, changes=changes))
    region = region_page(bulletin, ())
    for page in (region, city_page(bulletin, bulletin.cities[0], advice)):
        for words in (
            "第1次修订", "1月1日13时确定成员：迟到的成员完成后重新确定", "与上一版相比",
            "新增成员m01", "逐日趋势：成员齐全，暂定，最迟1月1日14时再定",
            "成员m01预计赶不上硬截止，已缩短为96小时", "无预警 → ",
        ):  # fmt: skip
            assert words in page
    unchanged = city_page(bulletin, bulletin.cities[-1], advice)
    assert NO_CHANGE in unchanged
    assert bulletin.cities[-1].name_zh + "：" not in region.partition("与上一版相比")[2]


def test_a_revision_without_a_word_of_change_is_refused_and_a_first_issue_has_none(
    after: Results,
) -> None:
    assert _bulletin(after).issue.changes == (NEVER_CAME,)
    first = replace(after, membership=replace(after.membership, revision=0))
    assert _bulletin(first).issue.changes == ()
    with pytest.raises(OutputError, match="has nothing to change"):
        _bulletin(replace(first, changes=compare(_edition(first), _edition(first))))
