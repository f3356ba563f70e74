"""Comparing a revision with the one before it, and the Chinese words for what is another."""

import datetime as dt
from dataclasses import dataclass

from forecast.bulletins import text
from forecast.bulletins.edition import NO_CHANGE
from forecast.bulletins.palette import LEVELS
from forecast.fields.changes import Changes, CityChange, DayChange, MemberChange
from forecast.fields.city_forecast import CityForecast
from forecast.fields.membership import Membership
from forecast.fields.warnings import CityWarning, WarningLevel, WarningSet


@dataclass(frozen=True)
class Edition:
    """The records of one revision.

    Attributes:
        membership: Who is in.
        forecast: City forecasts; None when it said that there is no forecast.
        warnings: Proposed warnings; None then.
    """

    membership: Membership
    forecast: CityForecast | None
    warnings: WarningSet | None


def compare(before: Edition, after: Edition) -> Changes:
    """List what is another in a revision than in the one before.

    Args:
        before: The newest complete revision before.
        after: The revision; it has a forecast.
    """
    warnings = () if after.warnings is None else after.warnings.cities
    return Changes(
        cycle=after.membership.cycle,
        revision=after.membership.revision,
        former=before.membership.revision,
        former_forecast=before.forecast is not None,
        quality_before=before.membership.quality,
        quality_after=after.membership.quality,
        members=_members(before.membership, after.membership),
        cities=tuple(_city(before, after, warning) for warning in warnings),
    )


def _members(before: Membership, after: Membership) -> tuple[MemberChange, ...]:
    # members of an earlier cycle are other members
    old = {} if before.origin else {v.member: v.hours for v in before.verdicts}
    new = {} if after.origin else {v.member: v.hours for v in after.verdicts}
    return tuple(
        MemberChange(name, old.get(name, 0), new.get(name, 0))
        for name in sorted({*old, *new})
        if old.get(name, 0) != new.get(name, 0)
    )


def _city(before: Edition, after: Edition, warning: CityWarning) -> CityChange:
    former = None
    if before.warnings is not None:
        found = (entry for entry in before.warnings.cities if entry.name_en == warning.name_en)
        former = next(found, None)
    old, new = (_aqi(edition.forecast, warning.name_en) for edition in (before, after))
    return CityChange(
        code=warning.code,
        name_en=warning.name_en,
        name_zh=warning.name_zh,
        level_before=WarningLevel.NONE if former is None else former.level,
        level_after=warning.level,
        start_before=None if former is None else _start(former),
        start_after=_start(warning),
        days=tuple(
            DayChange(day, old.get(day), new.get(day))
            for day in sorted({*old, *new})
            if old.get(day) != new.get(day)
        ),
    )


def _aqi(forecast: CityForecast | None, city: str) -> dict[dt.date, int | None]:
    if forecast is None:
        return {}
    return {
        day.date: day.aqi_p50 if day.members else None
        for day in forecast.days
        if day.city_en == city
    }


def _start(warning: CityWarning) -> dt.datetime | None:
    episode = warning.main_episode
    return None if episode is None else episode.start.median


def common_lines(changes: Changes) -> list[str]:
    """What changed for all cities: the members."""
    lines = []
    if not changes.former_forecast:
        lines.append("此前版本为“本时次无预报”，现发布预报。")
    added = [m.member for m in changes.members if not m.before]
    dropped = [m.member for m in changes.members if not m.after]
    longer = [m for m in changes.members if m.before and m.after]
    parts = []
    if added:
        parts.append(f"新增成员{'、'.join(added)}")
    if dropped:
        parts.append(f"不再采用成员{'、'.join(dropped)}")
    parts += [f"成员{m.member}由前{m.before}小时改为前{m.after}小时" for m in longer]
    if parts:
        lines.append(f"{'；'.join(parts)}。")
    same = sum(not city.changed for city in changes.cities)
    if changes.cities and same == len(changes.cities):
        lines.append("各市预警建议和逐日AQI均无变化。")
    else:
        levels = [city.name_zh for city in changes.cities if city.warning_changed]
        if levels:
            lines.append(f"预警建议有变化：{'、'.join(levels)}。")
        else:
            lines.append("各市预警建议均无变化。")
    return lines


def city_lines(change: CityChange) -> list[str]:
    """What changed for one city; "no change" is said."""
    lines = []
    if change.warning_changed:
        before = _warning(change.level_before, change.start_before)
        after = _warning(change.level_after, change.start_after)
        lines.append(f"预警建议：{before} → {after}")
    days = [
        f"{text.date(day.date)} {_number(day.before)}→{_number(day.after)}" for day in change.days
    ]
    if days:
        lines.append(f"AQI中位数：{'，'.join(days)}")
    return lines or [NO_CHANGE]


def _warning(level: WarningLevel, start: dt.datetime | None) -> str:
    if level is WarningLevel.NONE or start is None:
        return "无预警"
    return f"{LEVELS[level].colour}色（{text.moment(start)}起）"


def _number(value: int | None) -> str:
    return "无" if value is None else str(value)
