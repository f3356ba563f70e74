"""Pages: one for the region, one a city, from the checked content. Nothing in them is fetched.

Pictures are inline, styles are inline, all text is escaped by the template engine.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from forecast.bulletins import edition, text
from forecast.bulletins.absence import Absence
from forecast.bulletins.advice import Advice
from forecast.bulletins.charts import NARROW, WIDE, pm25_chart
from forecast.bulletins.content import Bulletin, City, Day
from forecast.bulletins.maps import Outline, city_map
from forecast.bulletins.palette import GRADES, LEVELS, Swatch, grade
from forecast.fields.warnings import WarningLevel

REGION_PAGE = "bulletin.html"
CITY_FOLDER = "cities"


def pages(bulletin: Bulletin, advice: Advice, shapes: Sequence[Outline]) -> dict[str, str]:
    """Render every page of a cycle.

    Args:
        bulletin: The checked content.
        advice: Wording of what to do.
        shapes: Outlines of the cities, in the order of the content.

    Returns:
        HTML text by path below the products folder: `bulletin.html`, `cities/Jinan.html`, …
    """
    rendered = {REGION_PAGE: region_page(bulletin, shapes)}
    for city in bulletin.cities:
        rendered[f"{CITY_FOLDER}/{city.page}"] = city_page(bulletin, city, advice)
    return rendered


def region_page(bulletin: Bulletin, shapes: Sequence[Outline]) -> str:
    """Render the page of the whole region."""
    days = bulletin.cities[0].days
    members = len(bulletin.issue.members.used)
    maps = [
        city_map(shapes, bulletin.cities, index) if _any(bulletin, index) else None
        for index in range(len(days))
    ]
    groups = text.cities_by_level(bulletin)
    template = _environment().get_template("region.html.j2")
    return template.render(
        bulletin=bulletin,
        issue=bulletin.issue,
        days=days,
        maps=maps,
        groups=groups,
        top=groups[0][0] if groups else WarningLevel.NONE,
        members=members,
        counted=members >= text.FEWEST_FOR_CONFIDENCE,
        undecided=[city for city in bulletin.cities if not city.warning.decidable],
        folder=CITY_FOLDER,
        changed=edition.city_changes(bulletin),
    )


def city_page(bulletin: Bulletin, city: City, advice: Advice) -> str:
    """Render the page of one city."""
    issue = bulletin.issue
    worst = text.worst_grade(city)
    template = _environment().get_template("city.html.j2")
    return template.render(
        bulletin=bulletin,
        issue=issue,
        city=city,
        warning=city.warning,
        members=len(issue.members.used),
        counted=len(issue.members.used) >= text.FEWEST_FOR_CONFIDENCE,
        asked=advice.levels[city.warning.level],
        public=advice.public[worst],
        worst=GRADES[worst - 1],
        weather=any(day.weather for day in city.days),
        wide=pm25_chart(city, issue.pm25_limits, WIDE),
        narrow=pm25_chart(city, issue.pm25_limits, NARROW),
        region_page=f"../{REGION_PAGE}",
    )


def absence_pages(absence: Absence) -> dict[str, str]:
    """Render the pages that say that there is no forecast, under the names of the others."""
    template = _environment().get_template("absence.html.j2")
    rendered = {REGION_PAGE: template.render(issue=absence, place=absence.region)}
    for city in absence.cities:
        page = template.render(issue=absence, place=f"{city.name_zh}市")
        rendered[f"{CITY_FOLDER}/{city.name_en}.html"] = page
    return rendered


def _any(bulletin: Bulletin, index: int) -> bool:
    return any(city.days[index].values for city in bulletin.cities)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("forecast.bulletins"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        aqi_range=_aqi_range,
        chance=text.chance,
        spread=text.spread,
        category=text.category,
        confidence=text.confidence,
        date=text.date,
        grade=grade,
        level=_level,
        level_name=text.level_name,
        long_moment=text.long_moment,
        number=text.number,
        percent=text.percent,
        pollutants=text.pollutants,
        weekday=text.weekday,
        when=text.when,
    )
    environment.globals.update(
        text=text,
        edition=edition,
        grades=GRADES,
        levels=LEVELS,
        Level=WarningLevel,
        style=_style(environment),
    )
    return environment


def _level(level: str) -> Swatch:
    return LEVELS[WarningLevel(level)]


def _aqi_range(day: Day) -> str:
    values = day.values
    return text.spread(values.aqi_p10, values.aqi_p90, values.members) if values else text.MISSING


def _style(environment: Environment) -> Markup:
    """The style sheet with the colours of grades and levels; our own text, so not escaped."""
    swatches: list[Any] = [*GRADES, *LEVELS.values()]
    rules = [f".{s.key}{{background:{s.fill};color:{s.ink}}}" for s in swatches]
    source, _, _ = environment.loader.get_source(environment, "page.css")  # type: ignore[union-attr]
    return Markup(source + "\n".join(rules))  # noqa: S704  (a file of ours and constants)
