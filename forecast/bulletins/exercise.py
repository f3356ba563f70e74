"""Made contents of bulletins: for drills, for tests and for looking at the pages.

Nothing here is a forecast. The concentrations follow a drawn course (a background with a daily
cycle, or a haze episode that builds over days and is swept out from the north-west), members
differ by fixed factors, and everything that follows (AQI, probabilities, levels) is computed from
the member trajectories by simplified rules, so that the content hangs together.
"""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from forecast.bulletins.city_content import (
    LOCAL,
    AqiSpread,
    City,
    CityWarning,
    Day,
    DayValues,
    Hours,
    Level,
    LevelChance,
    Spread,
    Weather,
)
from forecast.bulletins.content import Bulletin, Issue, Members, MissingMember
from forecast.fields.arrays import Float

PLACES = (
    ("370100", "Jinan", "济南"), ("370200", "Qingdao", "青岛"), ("370300", "Zibo", "淄博"),
    ("370400", "Zaozhuang", "枣庄"), ("370500", "Dongying", "东营"), ("370600", "Yantai", "烟台"),
    ("370700", "Weifang", "潍坊"), ("370800", "Jining", "济宁"), ("370900", "Tai'an", "泰安"),
    ("371000", "Weihai", "威海"), ("371100", "Rizhao", "日照"), ("371300", "Linyi", "临沂"),
    ("371400", "Dezhou", "德州"), ("371500", "Liaocheng", "聊城"), ("371600", "Binzhou", "滨州"),
    ("371700", "Heze", "菏泽"),
)  # fmt: skip
"""Code, English and Chinese name of the cities of Shandong, in the order of the codes."""
START = dt.datetime(2022, 1, 1, tzinfo=LOCAL)
TREND_DAYS = 7
_EXPOSURE = dict(
    zip(
        (name for _, name, _ in PLACES),
        (0.95, 0.6, 0.95, 0.9, 0.75, 0.4, 0.8, 0.95, 0.85, 0.3, 0.6, 0.85, 1.1, 1.15, 0.95, 1.1),
        strict=True,
    )
)
"""How much of the drawn course a city sees: inland more, coast less."""
_TABLE = (0.0, 35.0, 75.0, 115.0, 150.0, 250.0, 350.0, 500.0)
_INDEX = (0.0, 50.0, 100.0, 150.0, 200.0, 300.0, 400.0, 500.0)


class Drill(StrEnum):
    """What the made week is like."""

    QUIET = "quiet"
    """Good to light pollution, all members, no warning."""
    HAZE = "haze"
    """A haze week up to red, seven days, all members."""
    DEGRADED = "degraded"
    """Five days of data, one of four members, several fallbacks."""


@dataclass(frozen=True)
class _Setting:
    members: int
    planned: int
    days: int
    peak: float


_SETTINGS = {
    Drill.QUIET: _Setting(4, 4, 7, 25.0),
    Drill.HAZE: _Setting(4, 4, 7, 240.0),
    Drill.DEGRADED: _Setting(1, 4, 5, 150.0),
}


def make(drill: Drill) -> Bulletin:
    """Make the content of one drill."""
    setting = _SETTINGS[drill]
    return Bulletin(
        issue=_issue(drill, setting),
        city_names=tuple(name for _, name, _ in PLACES),
        cities=tuple(_city(setting, *place) for place in PLACES),
    )


def _issue(drill: Drill, setting: _Setting) -> Issue:
    names = tuple(f"m{i:02d}" for i in range(setting.planned))
    missing = tuple(
        MissingMember(name=name, reason="模式运行中断，只算到第30小时")
        for name in names[setting.members :]
    )
    effects = (
        "4个成员只有1个可用，不确定性范围和概率不可靠。",
        "降水资料缺失，未计湿清除，浓度可能偏高。",
        "初始场取自气候背景并预热48小时，第1天不确定性较大。",
    )
    return Issue(
        region="山东省",
        issuing_body="空气质量集合预报系统（自动生成）",
        contact="",
        status_note="本页是模式自动产品，预警等级为建议；是否发布、何时启动，以会商和签发的文件为准。",
        mark="演练，非真实预报",
        case_title=f"演练用虚构内容（{drill.value}）",
        cycle="2021-12-31T16",
        start=START,
        data_end=START + dt.timedelta(days=setting.days),
        issued=START + dt.timedelta(hours=2),
        members=Members(planned=setting.planned, used=names[: setting.members], missing=missing),
        aqi_standard="HJ 633—2012",
        warning_rules="演练用简化规则",
        pm25_limits=_TABLE[1:6],
        degradations=effects if drill is Drill.DEGRADED else (),
        not_modelled=("O3",),
        notes=("集合概率为成员计数，未经校准。",),
        attributions=("虚构数据，无来源。",),
        boundary_note="图中界线仅为示意，未经地图审核，不作为划界依据。",
    )


def _trajectories(setting: _Setting, city: str) -> Float:
    """Hourly PM2.5 of the members, (member, hour), ug m-3."""
    hours = np.arange(1, setting.days * 24 + 1)
    cycle = 1.0 + 0.22 * np.cos(2 * np.pi * (hours - 7) / 24)
    swept = 5.4 + 0.5 * (1.0 - _EXPOSURE[city])
    build = np.clip((hours / 24 - 0.6) / 2.2, 0, 1) ** 1.5 / (
        1.0 + np.exp((hours / 24 - swept) * 14)
    )
    base = (28.0 + setting.peak * build) * _EXPOSURE[city] * cycle
    spread = 1.0 + 0.16 * (np.arange(setting.members) - (setting.members - 1) / 2)
    shift = np.array([np.roll(base, 2 * i) for i in range(setting.members)])
    wobble = 1.0 + 0.06 * np.sin(hours / 5 + 1.7 * np.arange(setting.members)[:, None])
    trajectories: Float = shift * spread[:, None] * wobble
    return trajectories


def _aqi(pm25: Float) -> Float:
    index: Float = np.ceil(np.interp(pm25, _TABLE, _INDEX) - 1e-9)
    return index


def _city(setting: _Setting, code: str, name: str, name_zh: str) -> City:
    tracks = _trajectories(setting, name)
    daily = tracks.reshape(setting.members, setting.days, 24).mean(axis=2)
    index = _aqi(daily)
    levels = np.array([[_level(row, day).rank for day in range(setting.days)] for row in index])
    warning = _warning(levels, index, setting)
    days = tuple(
        Day(
            date=(START + dt.timedelta(days=day)).date(),
            lead_day=day + 1,
            values=_values(daily, index, levels, day, warning) if day < setting.days else None,
        )
        for day in range(TREND_DAYS)
    )
    return City(
        code=code,
        name_en=name,
        name_zh=name_zh,
        days=days,
        hours=_hours(tracks[:, :72]),
        warning=warning,
        method="国控站点所在网格平均",
    )


def _values(
    daily: Float, index: Float, levels: Float, day: int, warning: CityWarning
) -> DayValues:
    pm25, aqi = daily[:, day], index[:, day]
    level = _chosen(levels[:, day])
    chance = float((levels[:, day] >= level.rank).mean())
    if level is Level.NONE:
        chance = float((levels[:, day] == 0).mean())
    low, middle, high = np.quantile(pm25, (0.1, 0.5, 0.9))
    scale = float(pm25.mean())
    return DayValues(
        members=len(pm25),
        pm25=Spread(mean=scale, p10=float(low), p50=float(middle), p90=float(high)),
        pm10_mean=1.35 * scale + 20.0,
        so2_mean=9.0 + 0.03 * scale,
        no2_mean=30.0 + 0.15 * scale,
        co_mean=0.5 + 0.006 * scale,
        aqi=AqiSpread(**{f"p{q}": int(np.ceil(np.quantile(aqi, q / 100))) for q in (10, 50, 90)}),
        primary=("PM2.5",) if np.quantile(aqi, 0.5) > 50 else (),
        p_aqi_gt150=float((aqi > 150).mean()),
        p_aqi_gt200=float((aqi > 200).mean()),
        p_aqi_gt300=float((aqi > 300).mean()),
        level=min(level, warning.level, key=lambda item: item.rank),
        level_probability=chance,
        weather=Weather(
            wind_speed_mean=max(1.2, 4.0 - scale / 70), mixing_height_max=max(260, 1000 - 3 * scale)
        ),
    )


def _level(index: Float, day: int) -> Level:
    """Level of one day of one member, by runs of days (a simplified form of the 2024 rules)."""
    heavy, very, light = index > 200, index > 300, index > 150
    if _run(heavy, day) >= 3 and (very & heavy).any():
        return Level.RED
    if _run(heavy, day) >= 2 or _run(light, day) >= 3:
        return Level.ORANGE
    if heavy[day] or _run(light, day) >= 2:
        return Level.YELLOW
    return Level.NONE


def _run(flags: Float, day: int) -> int:
    """Length of the run of true flags that holds the day."""
    if not flags[day]:
        return 0
    first = last = day
    while first > 0 and flags[first - 1]:
        first -= 1
    while last + 1 < len(flags) and flags[last + 1]:
        last += 1
    return last - first + 1


def _chosen(ranks: Float) -> Level:
    """Highest level that at least half of the members reach."""
    ladder = [level for level in Level if level is not Level.BLUE]
    return max(
        (level for level in ladder if (ranks >= level.rank).mean() >= 0.5),
        key=lambda level: level.rank,
    )


def _warning(levels: Float, index: Float, setting: _Setting) -> CityWarning:
    worst = levels.max(axis=1)
    level = _chosen(worst)
    chances = tuple(
        LevelChance(level=item, probability=float((worst >= item.rank).mean()))
        for item in (Level.YELLOW, Level.ORANGE, Level.RED)
    )
    if level is Level.NONE:
        clear = float((worst == 0).mean())
        text = "各成员日均AQI均不满足连续超标的预警条件。"
        return CityWarning(level=level, probability=clear, chances=chances, reason=text)
    days = np.flatnonzero((levels > 0).mean(axis=0) >= 0.5)
    first, last = int(days[0]), int(days[-1])
    top = int(np.quantile(index, 0.5, axis=0).max())
    open_ended = last == setting.days - 1
    return CityWarning(
        level=level,
        probability=float((worst >= level.rank).mean()),
        chances=chances,
        start=START + dt.timedelta(days=first),
        end=START + dt.timedelta(days=last + 1),
        open_ended=open_ended,
        reason=f"受PM₂.₅累积影响，预计日AQI连续{last - first + 1}天超过150，最高约{top}。",
        decidable=not open_ended,
        remark="污染到资料末端仍未结束，不能判定是否达到更高级别。" if open_ended else "",
    )


def _hours(tracks: Float) -> Hours:
    count = tracks.shape[1]
    mean = tracks.mean(axis=0)
    quantiles = {
        f"pm25_p{q}": tuple(np.quantile(tracks, q / 100, axis=0).tolist()) for q in (10, 50, 90)
    }
    middle = _aqi(np.quantile(tracks, 0.5, axis=0)).astype(int)
    return Hours(
        times=tuple(START + dt.timedelta(hours=h) for h in range(1, count + 1)),
        lead_hours=tuple(range(1, count + 1)),
        pm25_mean=tuple(mean.tolist()),
        pm10_mean=tuple((1.35 * mean + 20).tolist()),
        so2_mean=tuple((9 + 0.03 * mean).tolist()),
        no2_mean=tuple((30 + 0.15 * mean).tolist()),
        co_mean=tuple((0.5 + 0.006 * mean).tolist()),
        o3_mean=(None,) * count,
        aqi_p50=tuple(middle.tolist()),
        primary=tuple(("PM2.5",) if value > 50 else () for value in middle),
        **quantiles,
    )
