"""From the records of a cycle to the checked content of its bulletins."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from forecast.bulletins.content import LOCAL, Bulletin, Weather
from forecast.common.cycle import Cycle
from forecast.common.degradation import Degradation
from forecast.common.errors import OutputError
from forecast.config.bulletins import BulletinConfig
from forecast.config.warning import Decision
from forecast.fields.city_forecast import CityDay, CityForecast, CityHour, CityName
from forecast.fields.membership import Membership
from forecast.fields.warnings import WarningSet

Content = dict[str, Any]
"""Content before it is checked; checked as a whole, so that all faults come to light at once."""
STATIONS = "国控站点所在网格的平均"
COUNTED = "概率为集合成员的计数，未经校准。"
REPLAYED_RULES = "预报日期不在该预警规则的有效期内，规则仅作回算使用。"


@dataclass(frozen=True)
class Circumstances:
    """What the records of the forecast do not say about their cycle.

    Attributes:
        issued: When the bulletin is made, with zone.
        case_title: Title of the case in Chinese.
        exercise: True for a product that is no operational forecast.
        aqi_standard: Name of the AQI standard applied, for print.
        pm25_limits: Daily PM2.5 at AQI 50, 100, 150, 200 and 300 by it, ug m-3.
        hourly_hours: Hours of the hourly products.
        degradations: All fallbacks of the cycle, in the order of the stages.
        attributions: Data sources and licences.
        notes: Further limits, in Chinese.
        methods: How each city's value is made, in Chinese, by English name.
        weather: Wind and mixing by English name and local date, where known.
    """

    issued: dt.datetime
    case_title: str
    exercise: bool
    aqi_standard: str
    pm25_limits: tuple[float, ...]
    hourly_hours: int
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
    """

    forecast: CityForecast
    warnings: WarningSet
    membership: Membership


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
        return Bulletin.model_validate(
            {
                "issue": _issue(results, options, circumstances),
                "city_names": tuple(place.name_en for place in places),
                "cities": _cities(results, places, options.trend_days, circumstances),
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
    planned_end = start + dt.timedelta(hours=membership.horizon_hours)
    effects = [item.effect for item in (*around.degradations, *membership.degradations)]
    notes = [COUNTED, *around.notes, warnings.rules_remark]
    if not warnings.in_force:
        notes.append(REPLAYED_RULES)
    threshold = warnings.probability_threshold
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
        "limited_by_members": warnings.data_end < planned_end,
        "issued": around.issued,
        "members": _members(membership),
        "aqi_standard": around.aqi_standard,
        "pm25_limits": around.pm25_limits,
        "warning_rules": f"{warnings.rules_title}（{warnings.rules_reference}）",
        "notice_hours": warnings.notice_hours,
        "least_probability": threshold if warnings.decision is Decision.PROBABILITY else 0.0,
        "degradations": tuple(dict.fromkeys(effects)),
        "not_modelled": _common_gaps(results.forecast.days),
        "notes": tuple(dict.fromkeys(note for note in notes if note)),
        "attributions": tuple(dict.fromkeys(around.attributions)),
        "boundary_note": options.boundary_note,
    }


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


def _cities(
    results: Results, places: Sequence[CityName], trend_days: int, around: Circumstances
) -> list[Content]:
    days = {(day.city_en, day.lead_day): day for day in results.forecast.days if day.members}
    hours: dict[str, list[CityHour]] = {}
    for hour in results.forecast.hours:
        if hour.lead_hour <= around.hourly_hours:
            hours.setdefault(hour.city_en, []).append(hour)
    first = _first_date(results.forecast)
    warnings = {item.name_en: item for item in results.warnings.cities}
    return [
        {
            "code": place.code,
            "name_en": place.name_en,
            "name_zh": place.name_zh,
            "days": [
                _day(place.name_en, number, first, days, around)
                for number in range(1, trend_days + 1)
            ],
            "hours": hours.get(place.name_en, []),
            "warning": warnings[place.name_en],
            "method": around.methods.get(place.name_en, STATIONS),
        }
        for place in places
        if place.name_en in warnings
    ]


def _first_date(forecast: CityForecast) -> dt.date:
    """Date of lead day 1."""
    if not forecast.days:
        msg = (
            f"The city forecast of '{forecast.cycle}' has no complete local day, so there is "
            "nothing to publish; choose an earlier cycle or a longer horizon."
        )
        raise OutputError(msg)
    day = forecast.days[0]
    return day.date - dt.timedelta(days=day.lead_day - 1)


def _day(
    city: str,
    number: int,
    first: dt.date,
    days: Mapping[tuple[str, int], CityDay],
    around: Circumstances,
) -> Content:
    date = first + dt.timedelta(days=number - 1)
    return {
        "date": date,
        "lead_day": number,
        "values": days.get((city, number)),
        "weather": around.weather.get((city, date)),
    }
