"""The pages: complete, self-contained, escaped, readable without colour and without pictures."""

import base64
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, replace
from functools import cache
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import shapely

from forecast.bulletins import text
from forecast.bulletins.advice import Advice, read_advice
from forecast.bulletins.assemble import assemble
from forecast.bulletins.content import Bulletin
from forecast.bulletins.exercise import Drill, make, make_circumstances, make_results, places
from forecast.bulletins.html import city_page, pages, region_page
from forecast.bulletins.maps import Outline, city_map, outlines
from forecast.bulletins.palette import LEVELS, grade
from forecast.common.errors import InputError
from forecast.config.bulletins import BulletinConfig
from forecast.config.load import project_path
from forecast.config.root import Configuration
from forecast.fields.arrays import Float
from forecast.fields.warnings import WarningLevel
from forecast.grid.horizontal import LambertGrid
from forecast.grid.regions import read_regions

PLACES = places()
ROOT = Path(__file__).resolve().parents[2]
WHOLE = (Drill.HAZE, Drill.DEGRADED)
"""Drills of which every page is rendered; of the quiet week two pages are enough."""
VOID = {"meta", "br", "img", "source", "link", "hr", "input"}


@dataclass(frozen=True)
class Square:
    """A city of one square, for tests."""

    name_en: str
    polygon: Any


def flat(longitude: Float, latitude: Float) -> tuple[Float, Float]:
    return longitude * 90e3, latitude * 111e3


@cache
def shapes() -> list[Outline]:
    squares = [
        Square(place.name_en, shapely.box(x, y, x + 0.9, y + 0.9))
        for place, (x, y) in zip(PLACES, ((i % 4, i // 4) for i in range(len(PLACES))), strict=True)
    ]
    return outlines(squares, flat, [place.name_en for place in PLACES])


@cache
def advice() -> Advice:
    return read_advice(ROOT / "configs" / "bulletins" / "advice.yaml")


@cache
def content(drill: Drill) -> Bulletin:
    return make(drill)


@cache
def rendered(drill: Drill) -> dict[str, str]:
    return pages(content(drill), advice(), shapes())


class Reader(HTMLParser):
    """Collects what a page would fetch, and complains about tags that are not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self.words: list[str] = []
        self.pictures: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "img":
            self.pictures.append(dict(attrs))
        for name, value in attrs:
            if name in ("src", "href", "srcset", "action", "data", "poster", "background"):
                self.addresses.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] not in (["style"], ["script"]):
            self.words.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def words(page: str) -> str:
    return re.sub(r"\s+", "", "".join(read(page).words))


def squeezed(line: str) -> str:
    return re.sub(r"\s+", "", line)


def test_there_is_one_page_for_the_region_and_one_a_city() -> None:
    names = ["bulletin.html", *(f"cities/{place.name_en}.html" for place in PLACES)]
    assert list(rendered(Drill.HAZE)) == names


@pytest.mark.parametrize("drill", WHOLE)
def test_no_page_asks_for_anything_outside(drill: Drill) -> None:
    inside = set(rendered(drill)) | {"cities_daily.csv", "cities_hourly.csv"}
    for path, page in rendered(drill).items():
        reader = read(page)
        assert not {"script", "link", "iframe", "object", "embed"} & set(reader.tags)
        assert "@import" not in page
        assert "url(" not in page
        for address in reader.addresses:
            if address.startswith(("data:image/", "#")):
                continue
            folder = Path(path).parent
            target = str(folder / address)
            assert target.replace("cities/../", "") in inside, address


@pytest.mark.parametrize("drill", WHOLE)
def test_pages_are_light_and_chinese(drill: Drill) -> None:
    for page in rendered(drill).values():
        assert len(page.encode()) < 1_500_000
        assert page.startswith('<!DOCTYPE html>\n<html lang="zh-CN">')
        assert '<meta charset="utf-8">' in page
        assert 'name="viewport"' in page
        assert "@media print" in page


@pytest.mark.parametrize("drill", WHOLE)
def test_a_city_learns_level_time_reason_confidence_and_action_in_the_first_box(
    drill: Drill,
) -> None:
    bulletin = content(drill)
    for city in bulletin.cities:
        page = rendered(drill)[f"cities/{city.page}"]
        box = words(page[page.index("<section") : page.index("</section>") + 10])
        asked = advice().levels[city.warning.level]
        members = len(bulletin.issue.members.used)
        for line in (
            text.level_name(city.warning.level),
            text.when(city.warning),
            asked.response,
            text.why(city.warning),
            text.how_sure(city.warning, members),
            asked.actions[0],
            advice().public[text.worst_grade(city)],
            text.horizon(bulletin.issue, city.days),
        ):
            assert squeezed(line) in box, (city.name_en, line)
        if city.warning.main_episode:
            assert squeezed(text.deadline(city.warning, bulletin.issue)) in box
        if not city.warning.decidable:
            assert squeezed(city.warning.decidable_note) in box


def test_a_quiet_week_says_plainly_that_there_is_no_warning() -> None:
    bulletin = content(Drill.QUIET)
    city = words(city_page(bulletin, bulletin.cities[0], advice()))
    for line in ("无预警", "预报时段内未达到预警条件", "不启动应急响应", "4个成员均未达到预警条件"):
        assert line in city
    assert "发布时限" not in city
    region = words(region_page(bulletin, shapes()))
    assert "各市无预警" in region
    assert "各市均未达到预警条件" in region


@pytest.mark.parametrize("drill", WHOLE)
def test_every_page_carries_mark_standing_and_sources(drill: Drill) -> None:
    issue = content(drill).issue
    for page in rendered(drill).values():
        said = words(page)
        lines = [issue.mark, issue.status_note, issue.boundary_note, issue.aqi_standard]
        lines += (*issue.attributions, *issue.notes, issue.warning_rules, "O₃未参与计算")
        for line in lines:
            assert squeezed(line) in said


def test_what_was_degraded_is_on_every_page_with_the_missing_members() -> None:
    issue = content(Drill.DEGRADED).issue
    assert issue.degradations
    for page in rendered(Drill.DEGRADED).values():
        said = words(page)
        for line in (*issue.degradations, "计划4个成员，采用1个", "m03（模式运行中断"):
            assert squeezed(line) in said
        assert "本次有3项降级" in said
    for page in rendered(Drill.HAZE).values():
        assert "没有降级" in words(page)


def test_a_missing_member_alone_is_a_degradation_too() -> None:
    around = replace(make_circumstances(Drill.DEGRADED), degradations=())
    bulletin = assemble(make_results(Drill.DEGRADED), PLACES, BulletinConfig(), around)
    assert bulletin.issue.degradations == ()
    page = words(city_page(bulletin, bulletin.cities[0], advice()))
    assert "没有降级" not in page
    assert page.count("计划4个成员，采用1个") == 2


def test_days_beyond_the_data_are_said_to_be_missing() -> None:
    assert words(rendered(Drill.DEGRADED)["cities/Jinan.html"]).count("资料不足") >= 4
    region = words(rendered(Drill.DEGRADED)["bulletin.html"])
    assert region.count("资料不足") >= 2 * 16 + 2
    assert "资料不足" not in words(rendered(Drill.HAZE)["cities/Jinan.html"]).replace(
        "“—”为未计算或资料不足", ""
    )


def test_one_member_gives_no_range_and_no_probability() -> None:
    page = rendered(Drill.DEGRADED)["cities/Jinan.html"]
    table = words(page[page.index("<tbody>") : page.index("</tbody>")] + "</tbody>")
    assert "%" not in table
    assert 'class="bars"' not in page
    assert "不给出范围和概率" in words(page)
    assert 'class="bars"' in rendered(Drill.HAZE)["cities/Jinan.html"]


def test_colour_is_never_alone() -> None:
    page = rendered(Drill.HAZE)["cities/Jinan.html"]
    for day in content(Drill.HAZE).cities[0].known_days:
        assert day.aqi_p50 is not None
        assert f"{day.aqi_p50}{grade(day.aqi_p50).name}" in words(page)
    for page in rendered(Drill.HAZE).values():
        assert all(picture.get("alt") for picture in read(page).pictures)


def test_the_table_of_the_region_has_every_city_and_day() -> None:
    page = rendered(Drill.HAZE)["bulletin.html"]
    body = page[page.index("<tbody>") : page.index("</tbody>")]
    assert body.count("<tr>") == 16
    assert body.count('<td class="g') == 16 * 7
    for city in content(Drill.HAZE).cities:
        assert f'href="cities/{city.page}"' in body


def test_all_text_is_escaped() -> None:
    evil = '<script>alert("x")</script>&'
    records = make_results(Drill.HAZE)
    first = records.warnings.cities[0]
    marked = replace(first, reason=evil, decidable=False, decidable_note=evil)
    cities = (marked, *records.warnings.cities[1:])
    records = replace(records, warnings=replace(
        records.warnings, cities=cities, rules_title=evil, rules_remark=evil))  # fmt: skip
    options = BulletinConfig(
        region_name=evil, issuing_body=evil, contact=evil, status_note=evil, exercise_mark=evil,
        boundary_note=evil,
    )  # fmt: skip
    around = replace(
        make_circumstances(Drill.HAZE), case_title=evil, attributions=(evil,),
        notes=(evil,), methods={"Jinan": evil},
    )  # fmt: skip
    wild_places = (replace(PLACES[0], name_zh=evil), *PLACES[1:])
    bulletin = assemble(records, wild_places, options, around)
    wild = advice().model_copy(update={"public": dict.fromkeys(range(1, 7), evil)})
    city = city_page(bulletin, bulletin.cities[0], wild)
    for page in (city, region_page(bulletin, shapes())):
        assert "<script" not in page
        assert "script" not in read(page).tags
        assert page.count(escape(evil, quote=False).replace('"', "&#34;")) >= 8


def test_an_index_that_the_standard_does_not_publish_is_said_so() -> None:
    records = make_results(Drill.QUIET)
    hidden: dict[str, Any] = dict.fromkeys(
        ("aqi_p10", "aqi_p50", "aqi_p90", "category", "p_aqi_gt150", "p_aqi_gt200", "p_aqi_gt300")
    )
    days = tuple(
        replace(day, **hidden, category_zh="", colour="", primary_pollutants=())
        for day in records.forecast.days
    )
    records = replace(records, forecast=replace(records.forecast, days=days))
    bulletin = assemble(records, PLACES, BulletinConfig(), make_circumstances(Drill.QUIET))
    page = words(city_page(bulletin, bulletin.cities[0], advice()))
    assert page.count("AQI不发布") == 7
    assert "AQI中位数" not in text.headline(bulletin)
    assert "PM₂.₅日均浓度最高为聊城" in text.headline(bulletin)
    read(region_page(bulletin, shapes()))


def test_hours_without_values_leave_a_gap_and_no_nan() -> None:
    records = make_results(Drill.HAZE)
    none: dict[str, Any] = dict.fromkeys(
        ("pm25_mean", "pm25_p10", "pm25_p50", "pm25_p90", "aqi_p50")
    )
    for gone in (range(10, 20), range(72)):
        hours = tuple(
            replace(hour, **none) if index in gone else hour
            for index, hour in enumerate(records.forecast.hours)
        )
        changed = replace(records, forecast=replace(records.forecast, hours=hours))
        bulletin = assemble(changed, PLACES, BulletinConfig(), make_circumstances(Drill.HAZE))
        page = city_page(bulletin, bulletin.cities[0], advice())
        assert "nan" not in words(page).lower()
        for picture in drawings(page):
            assert "nan" not in picture.lower()


def drawings(page: str) -> list[str]:
    found = re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", page)
    return [base64.b64decode(entry).decode() for entry in found]


def test_pictures_are_sound_and_fetch_nothing() -> None:
    for page in (rendered(Drill.HAZE)["bulletin.html"], rendered(Drill.HAZE)["cities/Jinan.html"]):
        found = drawings(page)
        assert len(found) in (2, 7)
        for picture in found:
            root = ElementTree.fromstring(picture)  # noqa: S314  (our own picture)
            assert root.tag.endswith("svg")
            links = [
                value
                for node in root.iter()
                for name, value in node.attrib.items()
                if name.endswith("href")
            ]
            assert all(link.startswith("#") for link in links)
            assert "<text" not in picture


def test_the_same_content_gives_the_same_pages() -> None:
    bulletin = make(Drill.DEGRADED)
    assert region_page(bulletin, shapes()) == rendered(Drill.DEGRADED)["bulletin.html"]
    again = city_page(bulletin, bulletin.cities[4], advice())
    assert again == rendered(Drill.DEGRADED)["cities/Dongying.html"]


def test_the_map_marks_the_cities_with_a_warning() -> None:
    cities = list(content(Drill.HAZE).cities)
    marked = city_map(shapes(), cities, 3)
    day = cities[0].days[3]
    assert day.values is not None
    assert day.values.level == "red"
    freed = day.model_copy(update={"values": replace(day.values, level="none")})
    days = (*cities[0].days[:3], freed, *cities[0].days[4:])
    cities[0] = cities[0].model_copy(update={"days": days})
    red, without = LEVELS[WarningLevel.RED].fill, city_map(shapes(), cities, 3)
    assert drawings(marked)[0].count(red) == drawings(without)[0].count(red) + 1


def test_a_city_without_a_polygon_is_named() -> None:
    squares = [Square(place.name_en, shapely.box(0, 0, 1, 1)) for place in PLACES[1:]]
    with pytest.raises(InputError, match="no polygon for 'Jinan'"):
        outlines(squares, flat, [place.name_en for place in PLACES])


def test_the_shipped_boundaries_make_a_light_page() -> None:
    configuration = Configuration()
    grid = LambertGrid.from_config(configuration.domain)
    regions = read_regions(project_path(configuration.places.city_boundaries))
    found = outlines(regions, grid.project, [place.name_en for place in PLACES])
    assert [outline.name_en for outline in found] == [place.name_en for place in PLACES]
    jinan, weihai = found[0].centre, found[9].centre
    assert weihai[0] - jinan[0] == pytest.approx(460e3, rel=0.1)  # some 5.1 degrees at 37 N
    page = region_page(content(Drill.HAZE), found)
    assert 300_000 < len(page.encode()) < 1_500_000


def test_the_label_lies_inside_the_greatest_part_of_a_city() -> None:
    parts = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 5, 5.2, 5.2)])
    (outline,) = outlines([Square("Jinan", parts)], flat, ["Jinan"])
    x, y = outline.centre
    assert 40e3 < x < 50e3
    assert 44e3 < y < 67e3
