"""Made results of a cycle: for drills, for tests and for looking at the pages.

Nothing here is a forecast. The concentrations follow a drawn course (a background with a daily
cycle, or a haze episode that builds over days and is swept out), members differ by fixed factors,
and everything that follows (AQI, probabilities, levels) is counted over the member trajectories by
simplified rules, so that the records hang together like those of a real cycle.
"""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from forecast.bulletins.assemble import Circumstances, Results, assemble
from forecast.bulletins.content import LOCAL, Bulletin, Weather
from forecast.bulletins.palette import GRADES, grade_number
from forecast.common.degradation import Degradation
from forecast.config.bulletins import BulletinConfig
from forecast.config.warning import Decision
from forecast.fields.arrays import Booleans, Float, Integers
from forecast.fields.city_forecast import CityDay, CityForecast, CityHour, CityName
from forecast.fields.membership import LeadDayMembers, Membership, MemberVerdict, judge
from forecast.fields.warnings import (
    CityWarning,
    LevelAssessment,
    TimeSpread,
    WarningDay,
    WarningEpisode,
    WarningLevel,
    WarningSet,
)

_NAMES = (
    ("370100", "Jinan", "济南"), ("370200", "Qingdao", "青岛"), ("370300", "Zibo", "淄博"),
    ("370400", "Zaozhuang", "枣庄"), ("370500", "Dongying", "东营"), ("370600", "Yantai", "烟台"),
    ("370700", "Weifang", "潍坊"), ("370800", "Jining", "济宁"), ("370900", "Taian", "泰安"),
    ("371000", "Weihai", "威海"), ("371100", "Rizhao", "日照"), ("371300", "Linyi", "临沂"),
    ("371400", "Dezhou", "德州"), ("371500", "Liaocheng", "聊城"), ("371600", "Binzhou", "滨州"),
    ("371700", "Heze", "菏泽"),
)  # fmt: skip
PLACES = tuple(CityName(*names) for names in _NAMES)
"""The cities of Shandong, in the order of their codes."""
CYCLE = "2021-12-31T16"
START = dt.datetime(2022, 1, 1, tzinfo=LOCAL)
NOTICE = 48
COLOURS = (WarningLevel.YELLOW, WarningLevel.ORANGE, WarningLevel.RED)
_EXPOSURE = dict(
    zip(
        (name for _, name, _ in _NAMES),
        (0.95, 0.6, 0.9, 0.85, 0.75, 0.4, 0.8, 0.95, 0.88, 0.3, 0.58, 0.8, 1.05, 1.15, 0.92, 1.1),
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
    days: int
    peak: float
    planned: int = 4


_SETTINGS = {
    Drill.QUIET: _Setting(4, 7, 25.0),
    Drill.HAZE: _Setting(4, 7, 240.0),
    Drill.DEGRADED: _Setting(1, 5, 150.0),
}


def make(drill: Drill) -> Bulletin:
    """Make the checked content of one drill."""
    options = BulletinConfig(exercise_mark="演练，非真实预报")
    return assemble(make_results(drill), PLACES, options, make_circumstances(drill))


def make_results(drill: Drill) -> Results:
    """Make the records of one drill."""
    setting = _SETTINGS[drill]
    tracks = {place.name_en: _trajectories(setting, place.name_en) for place in PLACES}
    members = tuple(f"m{index:02d}" for index in range(setting.members))
    warnings = tuple(_warning(place, tracks[place.name_en], members) for place in PLACES)
    forecast = CityForecast(
        cycle=CYCLE,
        members=members,
        days=tuple(
            _day(place, tracks[place.name_en], number, warning.days[number])
            for place, warning in zip(PLACES, warnings, strict=True)
            for number in range(setting.days)
        ),
        hours=tuple(
            _hour(place, tracks[place.name_en][:, hour], hour + 1)
            for place in PLACES
            for hour in range(setting.days * 24)
        ),
    )
    return Results(forecast, _warning_set(setting, members, warnings), _membership(setting))


def make_circumstances(drill: Drill) -> Circumstances:
    """Make what surrounds the records of one drill."""
    texts = (
        ("gate", "4个成员只有1个可用，不确定性范围和概率不可靠。"),
        ("prepare", "降水资料缺失，未计湿清除，浓度可能偏高。"),
        ("prepare", "初始场取自气候背景并预热48小时，第1天不确定性较大。"),
    )
    fallbacks = tuple(Degradation(stage, "drill", "", "", effect) for stage, effect in texts)
    weather = {
        (place.name_en, (START + dt.timedelta(days=day)).date()): Weather(
            wind_speed_mean=max(1.2, 4.0 - 0.8 * day), mixing_height_max=max(260, 900 - 130 * day)
        )
        for place in PLACES
        for day in range(_SETTINGS[drill].days)
    }
    return Circumstances(
        issued=START + dt.timedelta(hours=2),
        case_title=f"演练用虚构内容（{drill.value}）",
        exercise=True,
        aqi_standard="HJ 633—2012",
        pm25_limits=_TABLE[1:6],
        hourly_hours=72,
        degradations=fallbacks if drill is Drill.DEGRADED else (),
        attributions=("虚构数据，不取自任何资料。",),
        weather=weather,
    )


def _membership(setting: _Setting) -> Membership:
    hours = setting.days * 24
    names = tuple(f"m{index:02d}" for index in range(setting.planned))
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


def _warning_set(
    setting: _Setting, members: tuple[str, ...], cities: tuple[CityWarning, ...]
) -> WarningSet:
    return WarningSet(
        cycle=CYCLE,
        rules="drill",
        rules_title="演练用简化规则",
        rules_reference="无文号",
        rules_remark="",
        in_force=True,
        standards=("hj633_2012",),
        decision=Decision.PROBABILITY,
        probability_threshold=0.5,
        data_end=START + dt.timedelta(days=setting.days),
        notice_hours=NOTICE,
        members=members,
        cities=cities,
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
    members = np.arange(setting.members)
    spread = 1.0 + 0.16 * (members - (setting.members - 1) / 2)
    shifted = np.array([np.roll(base, 2 * member) for member in members])
    wobble = 1.0 + 0.06 * np.sin(hours / 5 + 1.7 * members[:, None])
    trajectories: Float = shifted * spread[:, None] * wobble
    return trajectories


def _aqi(pm25: Float) -> Integers:
    index: Integers = np.ceil(np.interp(pm25, _TABLE, _INDEX) - 1e-9).astype(np.int64)
    return index


def _daily(tracks: Float) -> Float:
    means: Float = tracks.reshape(len(tracks), -1, 24).mean(axis=2)
    return means


def _chance(flags: Booleans) -> float:
    return round(float(np.mean(flags)), 3)


def _quantiles(values: Float | Integers) -> tuple[float, float, float]:
    low, middle, high = np.quantile(values, (0.1, 0.5, 0.9))
    return float(low), float(middle), float(high)


def _day(place: CityName, tracks: Float, number: int, warned: WarningDay) -> CityDay:
    pm25 = _daily(tracks)[:, number]
    index = _aqi(pm25)
    low, middle, high = _quantiles(pm25)
    ranks = [int(np.ceil(value)) for value in _quantiles(index)]
    scale = float(pm25.mean())
    category = grade_number(ranks[1])
    tops = np.array([grade_number(int(value)) for value in index])
    return CityDay(
        city_code=place.code,
        city_en=place.name_en,
        city_zh=place.name_zh,
        date=warned.date,
        lead_day=number + 1,
        members=len(pm25),
        standard="hj633_2012",
        pm25_mean=scale,
        pm25_p10=low,
        pm25_p50=middle,
        pm25_p90=high,
        pm10_mean=1.35 * scale + 20.0,
        so2_mean=9.0 + 0.03 * scale,
        no2_mean=30.0 + 0.15 * scale,
        co_mean=0.5 + 0.006 * scale,
        o3_mda8=None,
        aqi_p10=ranks[0],
        aqi_p50=ranks[1],
        aqi_p90=ranks[2],
        primary_pollutants=("PM2.5",) if ranks[1] > 50 else (),
        missing_pollutants=("O3",),
        p_aqi_gt100=_chance(index > 100),
        p_aqi_gt150=_chance(index > 150),
        p_aqi_gt200=_chance(index > 200),
        p_aqi_gt300=_chance(index > 300),
        category_probability=tuple(_chance(tops == grade) for grade in range(1, 7)),
        category=category,
        category_zh=GRADES[category - 1].name,
        colour=GRADES[category - 1].fill.upper(),
        level=warned.level.value,
        level_probability=warned.level_probability,
    )


def _hour(place: CityName, pm25: Float, lead: int) -> CityHour:
    low, middle, high = _quantiles(pm25)
    scale = float(pm25.mean())
    index = _aqi(pm25)
    aqi = int(np.ceil(np.quantile(index, 0.5)))
    return CityHour(
        city_code=place.code,
        city_en=place.name_en,
        city_zh=place.name_zh,
        time=START + dt.timedelta(hours=lead),
        lead_hour=lead,
        members=len(pm25),
        pm25_mean=scale,
        pm25_p10=low,
        pm25_p50=middle,
        pm25_p90=high,
        pm10_mean=1.35 * scale + 20.0,
        so2_mean=9.0 + 0.03 * scale,
        no2_mean=30.0 + 0.15 * scale,
        co_mean=0.5 + 0.006 * scale,
        o3_mean=None,
        aqi_p50=aqi,
        primary_pollutants=("PM2.5",) if aqi > 50 else (),
        p_aqi_gt150=_chance(index > 150),
        p_aqi_gt200=_chance(index > 200),
        p_aqi_gt300=_chance(index > 300),
    )


def _ranks(index: Integers) -> Integers:
    """Level of each day of one member, as a rank, by runs of days."""
    heavy, severe, light = index > 200, index > 300, index > 150
    ranks = np.zeros(index.size, dtype=np.int64)
    for day in range(index.size):
        run = _run(heavy, day)
        if run.size >= 3 and severe[run].any():
            ranks[day] = WarningLevel.RED.rank
        elif run.size >= 2 or _run(light, day).size >= 3:
            ranks[day] = WarningLevel.ORANGE.rank
        elif run.size or _run(light, day).size >= 2:
            ranks[day] = WarningLevel.YELLOW.rank
    return ranks


def _run(flags: Booleans, day: int) -> Integers:
    """Positions of the run of true flags that holds the day; empty when its flag is false."""
    if not flags[day]:
        return np.arange(0)
    first = last = day
    while first > 0 and flags[first - 1]:
        first -= 1
    while last + 1 < len(flags) and flags[last + 1]:
        last += 1
    return np.arange(first, last + 1)


def _warning(place: CityName, tracks: Float, members: tuple[str, ...]) -> CityWarning:
    index = _aqi(_daily(tracks))
    ranks = np.array([_ranks(row) for row in index])
    worst = ranks.max(axis=1)
    chances = {level: _chance(worst >= level.rank) for level in COLOURS}
    level = max(
        (level for level in COLOURS if chances[level] >= 0.5),
        key=lambda item: item.rank,
        default=WarningLevel.NONE,
    )
    episode = _episode(level, tracks, ranks, members) if chances[COLOURS[0]] >= 0.5 else None
    return CityWarning(
        code=place.code,
        name_en=place.name_en,
        name_zh=place.name_zh,
        level=level,
        probability=chances.get(level, _chance(worst == 0)),
        assessments=tuple(
            LevelAssessment(item, chance, chance, None, NOTICE + 24, True)
            for item, chance in chances.items()
        ),
        episodes=(episode,) if episode else (),
        days=tuple(_warning_day(ranks, day, level, episode) for day in range(index.shape[1])),
        decidable=not (episode and episode.open_ended),
        decidable_note=(
            "污染到资料末端仍未结束，不能判定是否达到更高级别。"
            if episode and episode.open_ended
            else ""
        ),
        reason=_reason(episode),
    )


def _episode(
    level: WarningLevel, tracks: Float, ranks: Integers, members: tuple[str, ...]
) -> WarningEpisode:
    reach = np.flatnonzero(ranks.max(axis=1) >= level.rank)
    days = [np.flatnonzero(ranks[member] > 0) for member in reach]
    starts = sorted(START + dt.timedelta(days=int(run[0])) for run in days)
    ends = sorted(START + dt.timedelta(days=int(run[-1]) + 1) for run in days)
    half = len(reach) // 2
    daily = _daily(tracks)[reach]
    tops, means = np.sort(_aqi(daily).max(axis=1)), np.sort(daily.max(axis=1))
    start, end = starts[(len(reach) - 1) // 2], ends[half]
    return WarningEpisode(
        level=level,
        probability=_chance(ranks.max(axis=1) >= level.rank),
        members=tuple(members[member] for member in reach),
        start=TimeSpread(starts[0], start, starts[-1]),
        end=TimeSpread(ends[0], end, ends[-1]),
        open_ended=end == START + dt.timedelta(days=ranks.shape[1]),
        peak_aqi=(int(tops[0]), int(tops[half]), int(tops[-1])),
        peak_pm25=(float(means[0]), float(means[half]), float(means[-1])),
        primary_pollutant="PM2.5",
        issue_by=start - dt.timedelta(hours=NOTICE),
        notice_kept=start - dt.timedelta(hours=NOTICE) >= START,
    )


def _warning_day(
    ranks: Integers, day: int, level: WarningLevel, episode: WarningEpisode | None
) -> WarningDay:
    opening = START + dt.timedelta(days=day)
    inside = episode is not None and episode.start.median <= opening < episode.end.median
    if inside:
        chance = _chance(ranks[:, day] >= level.rank) or _chance(ranks[:, day] > 0)
        return WarningDay(opening.date(), level, chance)
    return WarningDay(opening.date(), WarningLevel.NONE, _chance(ranks[:, day] == 0))


def _reason(episode: WarningEpisode | None) -> str:
    if episode is None:
        return "各成员日均AQI均不满足连续超标的预警条件。"
    days = (episode.end.median - episode.start.median).days
    low, middle, high = episode.peak_aqi
    return f"受PM₂.₅累积影响，预计日AQI连续{days}天超过150，最高约{middle}（各成员{low}—{high}）。"
