"""From the records of a cycle to the checked content of its bulletins."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from forecast.aqi.standard import AqiStandard, StandardSet
from forecast.bulletins.changes import city_lines, common_lines
from forecast.bulletins.content import LOCAL, Bulletin, Limit, Weather
from forecast.bulletins.edition import NEVER_CAME
from forecast.common.cycle import Cycle
from forecast.common.degradation import Degradation
from forecast.common.errors import OutputError
from forecast.config.bulletins import BulletinConfig
from forecast.config.warning import Decision
from forecast.fields.changes import Changes
from forecast.fields.city_forecast import CityDay, CityForecast, CityName
from forecast.fields.decision import Intervention
from forecast.fields.membership import Membership, Quality
from forecast.fields.warnings import WarningSet

Content = dict[str, Any]
"""Content before it is checked; checked as a whole, so that all faults come to light at once."""
STATIONS = "国控站点所在网格的平均"
LIMITS = (50, 100, 150, 200, 300)
"""AQI at which the hourly chart draws a line."""
COUNTED = "概率为集合成员的计数，未经校准。"
REPLAYED_RULES = "预报日期不在该预警规则的有效期内，规则仅作回算使用。"


PRODUCTS = {"hourly": "逐小时预报", "trend": "逐日趋势"}
"""The products by their names in Chinese."""
INTERVENTIONS = {
    "shortened": "预计赶不上硬截止，已缩短",
    "late": "预计赶不上硬截止，迟到后以修订发布",
    "cancelled": "长时间无响应，作业已取消",
}
"""What the driver does to members, in Chinese."""


@dataclass(frozen=True)
class Circumstances:
    """What the records of the forecast do not say about their cycle.

    Attributes:
        issued: When the bulletin is made, with zone.
        case_title: Title of the case in Chinese.
        exercise: True for a product that is no operational forecast.
        standards: The AQI standards that were applied.
        degradations: All fallbacks of the cycle, in the order of the stages.
        attributions: Data sources and licences.
        notes: Further limits, in Chinese.
        methods: How each city's value is made, in Chinese, by English name.
        weather: Wind and mixing by English name and local date, where known.
    """

    issued: dt.datetime
    case_title: str
    exercise: bool
    standards: StandardSet
    degradations: tuple[Degradation, ...] = ()
    attributions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    methods: Mapping[str, str] = field(default_factory=dict)
    weather: Mapping[tuple[str, dt.date], Weather] = field(default_factory=dict)


@dataclass(frozen=True)
class Results:
    """The records of a cycle.

    Attributes:
        forecast: City forecasts.
        warnings: Proposed warnings.
        membership: Who is in.
        changes: What is another than in the revision before; None in the first one.
    """

    forecast: CityForecast
    warnings: WarningSet
    membership: Membership
    changes: Changes | None = None


def assemble(
    results: Results,
    places: Sequence[CityName],
    options: BulletinConfig,
    circumstances: Circumstances,
) -> Bulletin:
    """Build the content of all bulletins and check it.

    Args:
        results: The records of the cycle.
        places: All cities of the region, in the order they are printed in.
        options: Issuing body and fixed lines.
        circumstances: What else has to be printed.

    Raises:
        OutputError: The content does not hold together; all faults at once.
    """
    try:
        first = _first_date(results.forecast)
        return Bulletin.model_validate(
            {
                "issue": _issue(results, options, circumstances),
                "city_names": tuple(place.name_en for place in places),
                "cities": [
                    _city(results, place, _dates(first, options.trend_days), circumstances)
                    for place in places
                ],
            }
        )
    except ValidationError as error:
        lines = [
            f"  {'.'.join(map(str, item['loc'])) or 'bulletin'}: {item['msg']}"
            for item in error.errors(include_input=False, include_url=False)
        ]
        msg = (
            f"The bulletin of '{results.forecast.cycle}' does not hold together, so nothing is "
            "published; look into the stages index and warn:\n" + "\n".join(lines)
        )
        raise OutputError(msg) from error


def _issue(results: Results, options: BulletinConfig, around: Circumstances) -> Content:
    warnings, membership = results.warnings, results.membership
    start = Cycle.parse(results.forecast.cycle).time.astimezone(LOCAL)
    effects = [item.effect for item in (*around.degradations, *membership.degradations)]
    notes = [COUNTED, *around.notes, warnings.rules_remark]
    if not warnings.in_force:
        notes.append(REPLAYED_RULES)
    threshold = warnings.probability_threshold
    applied = _applied(results.forecast.days, around.standards)
    return {
        "region": options.region_name,
        "issuing_body": options.issuing_body,
        "contact": options.contact,
        "status_note": options.status_note,
        "mark": options.exercise_mark if around.exercise else "",
        "case_title": around.case_title,
        "cycle": results.forecast.cycle,
        "start": start,
        "data_end": warnings.data_end,
        "limit": _limit(warnings.data_end - start, membership, options),
        "issued": around.issued,
        "members": _members(membership),
        "revision": membership.revision,
        "trigger": membership.trigger,
        "decided": membership.decided_at and membership.decided_at.astimezone(LOCAL),
        "bases": _bases(membership),
        "interventions": tuple(dict.fromkeys(map(_intervention, membership.interventions))),
        "changes": _common_changes(results),
        "quality": membership.quality,
        "origin": membership.origin,
        "not_updated": _not_updated(membership),
        "aqi_standard": "、".join(standard.title for standard in applied),
        "pm25_limits": pm25_limits(applied[0]),
        "warning_rules": f"{warnings.rules_title}（{warnings.rules_reference}）",
        "notice_hours": warnings.notice_hours,
        "least_probability": threshold if warnings.decision is Decision.PROBABILITY else 0.0,
        "degradations": tuple(dict.fromkeys(effects)),
        "not_modelled": _common_gaps(results.forecast.days),
        "notes": tuple(dict.fromkeys(note for note in notes if note)),
        "attributions": tuple(dict.fromkeys(around.attributions)),
        "boundary_note": options.boundary_note,
    }


def _common_changes(results: Results) -> tuple[str, ...]:
    if results.changes is not None:
        return tuple(common_lines(results.changes))
    return (NEVER_CAME,) if results.membership.revision else ()


def _bases(membership: Membership) -> tuple[Content, ...]:
    """What each product rests on; a forecast of an earlier cycle rests on neither."""
    return tuple(
        {
            "product": PRODUCTS.get(product.product, product.product),
            "quality": Quality.FALLBACK if membership.origin else product.quality,
            "final": product.final,
            "hard": product.hard and product.hard.astimezone(LOCAL),
        }
        for product in membership.products
    )


def _intervention(entry: Intervention) -> str:
    """Say what the driver did to a member."""
    words = INTERVENTIONS.get(entry.action, entry.action)
    hours = f"为{entry.hours}小时" if entry.action == "shortened" else ""
    local = entry.time.astimezone(LOCAL)
    return f"成员{entry.member}{words}{hours}（{local.month}月{local.day}日{local:%H:%M}）"


def _not_updated(membership: Membership) -> str:
    """What a forecast of an earlier cycle says at its head."""
    if not membership.origin:
        return ""
    local = Cycle.parse(membership.origin).time.astimezone(LOCAL)
    return f"未更新，沿用北京时间{local.year}年{local.month}月{local.day}日{local:%H}时起报的预报"


def _limit(reach: dt.timedelta, membership: Membership, options: BulletinConfig) -> Limit:
    """Tell what ends where the data end."""
    if reach < dt.timedelta(hours=membership.horizon_hours):
        return Limit.MEMBERS
    if reach < dt.timedelta(days=options.trend_days):
        return Limit.METEOROLOGY
    return Limit.LENGTH


def _applied(days: Sequence[CityDay], standards: StandardSet) -> list[AqiStandard]:
    """The standards of the days, in the order of time; at least one."""
    dates = sorted({day.date for day in days})
    found = {standard.id: standard for standard in map(standards.on, dates)}
    return list(found.values())


def pm25_limits(standard: AqiStandard) -> tuple[float, ...]:
    """Daily PM2.5 at AQI 50, 100, 150, 200 and 300, ug m-3."""
    (column,) = (
        standard.columns[entry.column]
        for entry in standard.daily
        if standard.columns[entry.column].pollutant == "pm25"
    )
    return tuple(
        float(concentration)
        for index, concentration in zip(standard.iaqi, column.breakpoints, strict=False)
        if index in LIMITS
    )


def _common_gaps(days: Sequence[CityDay]) -> tuple[str, ...]:
    """Pollutants that no city has on any day."""
    gaps = [set(day.missing_pollutants) for day in days if day.members]
    return tuple(sorted(set.intersection(*gaps))) if gaps else ()


def _members(membership: Membership) -> Content:
    return {
        "planned": len(membership.planned),
        "used": membership.members,
        "missing": tuple(
            {
                "name": verdict.member,
                "reason": verdict.reason_zh or f"只有{verdict.hours}小时可用，原因未记录",
            }
            for verdict in membership.missing
        ),
    }


def _first_date(forecast: CityForecast) -> dt.date:
    """Date of lead day 1.

    Raises:
        OutputError: The forecast has no complete local day.
    """
    if not forecast.days:
        msg = (
            f"The city forecast of '{forecast.cycle}' has no complete local day, so there is "
            "nothing to publish; choose an earlier cycle or a longer horizon."
        )
        raise OutputError(msg)
    day = forecast.days[0]
    return day.date - dt.timedelta(days=day.lead_day - 1)


def _dates(first: dt.date, count: int) -> list[dt.date]:
    return [first + dt.timedelta(days=number) for number in range(count)]


def _city(
    results: Results, place: CityName, dates: Sequence[dt.date], around: Circumstances
) -> Content:
    name = place.name_en
    days = {
        day.lead_day: day for day in results.forecast.days if day.city_en == name and day.members
    }
    return {
        "code": place.code,
        "name_en": name,
        "name_zh": place.name_zh,
        "days": [
            {
                "date": date,
                "lead_day": number,
                "values": days.get(number),
                "weather": around.weather.get((name, date)),
            }
            for number, date in enumerate(dates, start=1)
        ],
        "hours": [hour for hour in results.forecast.hours if hour.city_en == name],
        "warning": next((item for item in results.warnings.cities if item.name_en == name), None),
        "method": around.methods.get(name, STATIONS),
        "changes": _changes(results.changes, name),
    }


def _changes(changes: Changes | None, city: str) -> tuple[str, ...]:
    if changes is None:
        return ()
    found = (entry for entry in changes.cities if entry.name_en == city)
    return tuple(line for entry in found for line in city_lines(entry))
