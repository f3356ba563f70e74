"""Made results of a cycle: for drills, for tests and for looking at the pages.

Nothing here is a forecast. Hourly concentrations follow a drawn course (a background with a daily
cycle, or a haze episode that builds over days and is swept out), and members differ by fixed
factors. Everything that follows (AQI, probabilities, levels, reasons) is what the system itself
makes of such a course.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache

import numpy as np

from forecast.aqi.standard import StandardSet
from forecast.aqi.summary import city_forecast
from forecast.bulletins.assemble import Circumstances, Results, assemble
from forecast.bulletins.content import LOCAL, Bulletin, Weather
from forecast.common.cycle import Cycle
from forecast.common.degradation import Degradation
from forecast.config.aqi import AqiConfig
from forecast.config.bulletins import BulletinConfig
from forecast.config.domain import PlacesConfig
from forecast.config.load import project_path
from forecast.config.warning import WarningConfig
from forecast.fields.arrays import Float
from forecast.fields.city_forecast import AQI_POLLUTANTS, CityHourly, CityName
from forecast.fields.membership import LeadDayMembers, Membership, MemberVerdict, judge
from forecast.grid.regions import read_cities
from forecast.warning.evaluate import evaluate
from forecast.warning.record import with_levels
from forecast.warning.rules import select_rules

CYCLE = "2021-12-31T16"
START = dt.datetime(2022, 1, 1, tzinfo=LOCAL)
HOURLY = 72
"""Hours of the hourly product."""
_EXPOSURE = {
    "Jinan": 0.95, "Qingdao": 0.6, "Zibo": 0.9, "Zaozhuang": 0.85, "Dongying": 0.75,
    "Yantai": 0.4, "Weifang": 0.8, "Jining": 0.95, "Taian": 0.88, "Weihai": 0.3, "Rizhao": 0.58,
    "Linyi": 0.8, "Dezhou": 1.05, "Liaocheng": 1.15, "Binzhou": 0.92, "Heze": 1.1,
}  # fmt: skip
"""How much of the drawn course a city sees: inland more, coast less."""
_FOLLOWERS: Mapping[str, tuple[float, float]] = {
    "pm25": (0.0, 1.0),
    "pm10": (20.0, 1.35),
    "so2": (9.0, 0.03),
    "no2": (30.0, 0.15),
    "co": (0.5, 0.006),
    "o3": (np.nan, 0.0),
}
"""Offset and factor on PM2.5 of each pollutant, ug m-3 (CO mg m-3); O3 is not among them."""


class Drill(StrEnum):
    """What the made week is like."""

    QUIET = "quiet"
    """Good to moderate, all members, no warning."""
    HAZE = "haze"
    """A haze week up to red, seven days, all members."""
    DEGRADED = "degraded"
    """Five days of data, one of four members, several fallbacks."""


@dataclass(frozen=True)
class _Setting:
    members: int
    days: int
    peak: float
    planned: int = 4


_SETTINGS = {
    Drill.QUIET: _Setting(4, 7, 25.0),
    Drill.HAZE: _Setting(4, 7, 240.0),
    Drill.DEGRADED: _Setting(1, 5, 150.0),
}


@cache
def places() -> tuple[CityName, ...]:
    """The cities of the project, in the order of its table."""
    cities = read_cities(project_path(PlacesConfig().cities))
    return tuple(CityName(city.code, city.name_en, city.name_zh) for city in cities)


@cache
def standards() -> StandardSet:
    """The AQI standards of the project."""
    return StandardSet.read(project_path(AqiConfig().folder))


def make(drill: Drill) -> Bulletin:
    """Make the checked content of one drill."""
    options = BulletinConfig(exercise_mark="演练，非真实预报")
    return assemble(make_results(drill), places(), options, make_circumstances(drill))


def make_results(drill: Drill) -> Results:
    """Make the records of one drill."""
    hourly = make_hourly(drill)
    options = WarningConfig()
    rules = select_rules(project_path(options.folder), options.rules, START.date())
    warnings = evaluate(hourly, rules, standards(), options)
    forecast = city_forecast(hourly, standards(), HOURLY)
    forecast = replace(forecast, days=with_levels(forecast.days, warnings))
    return Results(forecast, warnings, _membership(_SETTINGS[drill]))


def make_hourly(drill: Drill) -> CityHourly:
    """Draw the hourly concentrations of every member and city."""
    setting = _SETTINGS[drill]
    pm25 = np.stack([_trajectories(setting, place.name_en) for place in places()], axis=1)
    values = [_FOLLOWERS[name][0] + _FOLLOWERS[name][1] * pm25 for name in AQI_POLLUTANTS]
    return CityHourly(
        cycle=CYCLE,
        cities=places(),
        members=_member_names(setting.members),
        labels=Cycle.parse(CYCLE).hours(1, setting.days * 24),
        concentration=np.stack(values, axis=1),
    )


def make_circumstances(drill: Drill) -> Circumstances:
    """Make what surrounds the records of one drill."""
    texts = (
        ("gate", "4个成员只有1个可用，不确定性范围和概率不可靠。"),
        ("prepare", "降水资料缺失，未计湿清除，浓度可能偏高。"),
        ("prepare", "初始场取自气候背景并预热48小时，第1天不确定性较大。"),
    )
    fallbacks = tuple(
        Degradation(stage, "drill", "", "", effect, "fallback-taken") for stage, effect in texts
    )
    weather = {
        (place.name_en, (START + dt.timedelta(days=day)).date()): Weather(
            wind_speed_mean=max(1.2, 4.0 - 0.8 * day), mixing_height_max=max(260, 900 - 130 * day)
        )
        for place in places()
        for day in range(_SETTINGS[drill].days)
    }
    return Circumstances(
        issued=START + dt.timedelta(hours=2),
        case_title=f"演练用虚构内容（{drill.value}）",
        exercise=True,
        standards=standards(),
        degradations=fallbacks if drill is Drill.DEGRADED else (),
        attributions=("虚构数据，不取自任何资料。",),
        weather=weather,
    )


def _member_names(count: int) -> tuple[str, ...]:
    return tuple(f"m{index:02d}" for index in range(count))


def _membership(setting: _Setting) -> Membership:
    hours = setting.days * 24
    names = _member_names(setting.planned)
    used = names[: setting.members]
    verdicts = tuple(
        MemberVerdict(name, hours)
        if name in used
        else MemberVerdict(name, 0, "stopped", "模式运行中断，只算到第30小时")
        for name in names
    )
    quality = judge(len(used), len(names), 2)
    days = tuple(LeadDayMembers(n + 1, 24 * (n + 1), used, quality) for n in range(setting.days))
    return Membership(CYCLE, names, hours, 2, verdicts, days)


def _trajectories(setting: _Setting, city: str) -> Float:
    """Hourly PM2.5 of the members, (member, hour), ug m-3."""
    hours = np.arange(1, setting.days * 24 + 1)
    cycle = 1.0 + 0.22 * np.cos(2 * np.pi * (hours - 7) / 24)
    swept = 5.9 + 0.5 * (1.0 - _EXPOSURE[city])
    build = np.clip((hours / 24 - 1.3) / 1.9, 0, 1) ** 1.5 / (
        1.0 + np.exp((hours / 24 - swept) * 14)
    )
    base = (28.0 + setting.peak * build) * _EXPOSURE[city] * cycle
    members = np.arange(setting.members)
    spread = 1.0 + 0.16 * (members - (setting.members - 1) / 2)
    shifted = np.array([np.roll(base, 2 * member) for member in members])
    wobble = 1.0 + 0.06 * np.sin(hours / 5 + 1.7 * members[:, None])
    trajectories: Float = shifted * spread[:, None] * wobble
    return trajectories
