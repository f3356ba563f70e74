"""The Chinese words of the bulletins: dates, numbers, levels, confidence, headlines.

Pure functions from content to text; nothing is escaped here, the templates do that.
"""

import datetime as dt
from collections.abc import Sequence

from forecast.bulletins.content import LOCAL, Bulletin, City, Day, Issue, Limit
from forecast.bulletins.palette import GRADES, LEVELS, grade, grade_number
from forecast.fields.city_forecast import SYMBOLS, CityDay
from forecast.fields.warnings import CityWarning, WarningEpisode, WarningLevel

MISSING = "—"
NO_DATA = "资料不足"
NOT_PUBLISHED = "不发布"
HEAVY = 200
"""AQI above which pollution is heavy (HJ 633)."""
FEWEST_FOR_CONFIDENCE = 3
"""With fewer members a share of members says nothing about confidence (project's own choice)."""
_LIMITS = {
    Limit.METEOROLOGY: "气象资料",
    Limit.MEMBERS: "各成员的计算",
    Limit.LENGTH: "预报时效",
}
_WEEKDAYS = "一二三四五六日"
_CONFIDENCE = ((0.9, "把握大"), (0.66, "把握较大"), (0.33, "把握一般"), (0.0, "把握小"))
"""Lowest probability of each word; this project's own scale, after the thirds of the IPCC's."""
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def pollutant(name: str) -> str:
    """Write a pollutant, as `PM2.5` or `pm25`, with subscripts."""
    return SYMBOLS.get(name, name).translate(_SUBSCRIPTS)


def pollutants(names: Sequence[str]) -> str:
    """List pollutants, or a dash for none."""
    return "、".join(pollutant(name) for name in names) or MISSING


def date(day: dt.date) -> str:
    """1月3日."""
    return f"{day.month}月{day.day}日"


def weekday(day: dt.date) -> str:
    """周一."""
    return f"周{_WEEKDAYS[day.weekday()]}"


def moment(time: dt.datetime, *, closing: bool = False) -> str:
    """1月3日8时; midnight that closes a period is written as 24时 of the day it ends."""
    local = time.astimezone(LOCAL)
    if closing and local.hour == 0 and local.minute == 0:
        return f"{date(local.date() - dt.timedelta(days=1))}24时"
    minutes = f"{local.minute}分" if local.minute else ""
    return f"{date(local.date())}{local.hour}时{minutes}"


def long_moment(time: dt.datetime) -> str:
    """2022年1月3日08:00."""
    local = time.astimezone(LOCAL)
    return f"{local.year}年{date(local.date())} {local:%H:%M}"


def span(start: dt.datetime, end: dt.datetime) -> str:
    """1月3日0时 至 1月5日24时."""
    return f"{moment(start)} 至 {moment(end, closing=True)}"


def days_span(days: Sequence[dt.date]) -> str:
    """Write days as runs: 1月2日、1月4日—6日."""
    runs: list[list[dt.date]] = []
    for day in sorted(days):
        if runs and day - runs[-1][-1] == dt.timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    return "、".join(_run(run) for run in runs)


def _run(run: Sequence[dt.date]) -> str:
    first, last = run[0], run[-1]
    if first == last:
        return date(first)
    end = f"{last.day}日" if first.month == last.month else date(last)
    return f"{date(first)}—{end}"


def number(value: float | None, digits: int = 0) -> str:
    """Write a number rounded half to even (GB/T 8170), a dash when missing."""
    return MISSING if value is None else f"{value:.{digits}f}"


def tens(value: float) -> str:
    """Write a number rounded to tens."""
    return f"{round(value / 10) * 10:.0f}"


def between(low: float | None, high: float | None) -> str:
    """140–190, or a dash."""
    if low is None or high is None:
        return MISSING
    return f"{number(low)}–{number(high)}"


def chance(probability: float | None, members: int) -> str:
    """Probability in print; a dash with too few members to count over."""
    return MISSING if members < FEWEST_FOR_CONFIDENCE else percent(probability)


def spread(low: float | None, high: float | None, members: int) -> str:
    """Range over the members in print; a dash with too few of them."""
    return MISSING if members < FEWEST_FOR_CONFIDENCE else between(low, high)


def percent(probability: float | None) -> str:
    """75%, a dash when unknown; never 0% or 100% for what lies between."""
    if probability is None:
        return MISSING
    if 0.0 < probability < 0.005:
        return "<1%"
    if 0.995 < probability < 1.0:
        return ">99%"
    return f"{100 * probability:.0f}%"


def confidence(probability: float | None) -> str:
    """How sure, in words."""
    if probability is None:
        return "无法估计"
    return next(word for lowest, word in _CONFIDENCE if probability >= lowest)


def member_share(probability: float, members: int) -> str:
    """4个成员中3个, or nothing when the probability is no count of so many members."""
    count = probability * members
    if abs(count - round(count)) > 0.02 * members:
        return ""
    return f"{members}个成员中{round(count)}个"


def category(values: CityDay) -> str:
    """Range of categories, 良至轻度污染, or that the standard publishes none."""
    if values.aqi_p10 is None or values.aqi_p90 is None:
        return NOT_PUBLISHED
    if values.members < FEWEST_FOR_CONFIDENCE and values.aqi_p50 is not None:
        return grade(values.aqi_p50).name
    low, high = grade(values.aqi_p10), grade(values.aqi_p90)
    return low.name if low is high else f"{low.name}至{high.name}"


def level_name(level: WarningLevel) -> str:
    """橙色预警（建议）."""
    name = LEVELS[level].name
    return name if level is WarningLevel.NONE else f"{name}（建议）"


def when(warning: CityWarning) -> str:
    """When the conditions of the proposed level hold, by the median of the members."""
    episode = warning.main_episode
    return episode_span(episode) if episode else "预报时段内未达到预警条件"


def episode_span(episode: WarningEpisode) -> str:
    """Start and end of an episode."""
    tail = "（到资料末端仍未结束）" if episode.open_ended else ""
    return span(episode.start.median, episode.end.median) + tail


def why(warning: CityWarning) -> str:
    """The reason in one line: pollutant and peaks, or why there is no warning."""
    episode = warning.main_episode
    if episode is None:
        return warning.reason
    parts = [
        f"{pollutant(episode.primary_pollutant)}持续偏高：日AQI最高{_triple(episode.peak_aqi)}"
    ]
    if episode.peak_pm25 is not None:
        parts.append(f"PM₂.₅连续24小时平均最高{_triple(episode.peak_pm25)}微克/立方米")
    return "，".join(parts) + "。"


def _triple(values: Sequence[float]) -> str:
    """245（215–264）: middle, lowest and highest over the members."""
    low, middle, high = (number(value) for value in values)
    return middle if low == high else f"{middle}（{low}–{high}）"


def reason_lines(warning: CityWarning) -> list[str]:
    """The full reason, one statement a line."""
    return [line for line in warning.reason.rstrip("。").split("；") if line]


def other_episodes(warning: CityWarning) -> str:
    """The episodes beside the main one: 另有黄色：1月6日0时 至 1月6日24时."""
    others = [episode for episode in warning.episodes if episode is not warning.main_episode]
    parts = [f"{LEVELS[e.level].colour}色 {episode_span(e)}" for e in others]
    return f"另有{'；'.join(parts)}。" if parts else ""


def in_time(episode: WarningEpisode, issue: Issue) -> bool:
    """Tell whether the notice can still be kept; a replay is judged at its cycle's start."""
    return episode.notice_kept and (bool(issue.mark) or issue.issued <= episode.issue_by)


def deadline(warning: CityWarning, issue: Issue) -> str:
    """Until when the warning has to be issued to keep the notice; empty without one."""
    episode = warning.main_episode
    if episode is None:
        return ""
    asked = f"规则要求提前{issue.notice_hours}小时"
    if in_time(episode, issue):
        return f"最迟{moment(episode.issue_by)}前发布（{asked}）"
    return f"已晚于规定的提前量（{asked}，即{moment(episode.issue_by)}前）；确认后立即发布"


def member_times(episode: WarningEpisode) -> str:
    """How far the members differ in start and end; empty when they do not."""
    parts = [
        f"{name}在{moment(times.earliest, closing=closing)}到"
        f"{moment(times.latest, closing=closing)}之间"
        for name, times, closing in (
            ("开始", episode.start, False),
            ("结束", episode.end, True),
        )
        if times.earliest != times.latest
    ]
    return f"各成员的{'，'.join(parts)}。" if parts else ""


def how_sure(warning: CityWarning, members: int) -> str:
    """Confidence in words and numbers, with the count it comes from."""
    if members < FEWEST_FOR_CONFIDENCE:
        verb = "未达到" if warning.level is WarningLevel.NONE else "达到"
        return f"无法估计：只有{members}个成员可用（{verb}预警条件）"
    if warning.level is WarningLevel.NONE:
        return _how_sure_of_none(warning, members)
    share = member_share(warning.probability, members)
    counted = f"，{share}达到" if share else ""
    lowest = warning.assessments[0]
    milder = (
        f"；{LEVELS[lowest.level].name}及以上 {percent(lowest.probability)}"
        if lowest.probability > warning.probability
        else ""
    )
    sure = confidence(warning.probability)
    return f"{sure}：概率 {percent(warning.probability)}{counted}{milder}"


def _how_sure_of_none(warning: CityWarning, members: int) -> str:
    lowest = warning.assessments[0] if warning.assessments else None
    if lowest is None or lowest.probability == 0:
        return f"{members}个成员均未达到预警条件"
    share = member_share(lowest.probability, members)
    counted = f"（{share}）" if share else ""
    name = LEVELS[lowest.level].name
    return f"达到{name}及以上的可能性 {percent(lowest.probability)}{counted}"


def _burden(day: Day) -> tuple[float, float]:
    if day.values is None:
        return -1.0, -1.0
    aqi = -1.0 if day.values.aqi_p50 is None else float(day.values.aqi_p50)
    return aqi, day.values.pm25_p50 or 0.0


def worst_grade(city: City) -> int:
    """Grade that the advice to the public follows.

    The highest of the daily medians and of the middle peak of the proposed warning. Where the
    standard publishes no AQI, it is up to 100, so the grade is taken as 2.
    """
    grades = [2 if day.aqi_p50 is None else grade_number(day.aqi_p50) for day in city.known_days]
    episode = city.warning.main_episode
    if episode is not None:
        grades.append(grade_number(episode.peak_aqi[1]))
    return max(grades)


def horizon(issue: Issue, days: Sequence[Day]) -> str:
    """How far the data reach."""
    last = max((day for day in days if day.values), key=lambda day: day.date)
    if last is days[-1]:
        return f"资料完整，趋势预报到{date(last.date)}（第{last.lead_day}天）。"
    absent = days_span([day.date for day in days if day.values is None])
    return (
        f"{_LIMITS[issue.limit]}到第{last.lead_day}天为止，趋势预报到{date(last.date)}；"
        f"{absent}{NO_DATA}，不作预报。"
    )


def cities_by_level(bulletin: Bulletin) -> list[tuple[WarningLevel, list[City]]]:
    """Cities with a warning, most severe level first."""
    groups: list[tuple[WarningLevel, list[City]]] = []
    for level in sorted(WarningLevel, key=lambda item: -item.rank):
        found = [city for city in bulletin.cities if city.warning.level is level]
        if found and level is not WarningLevel.NONE:
            groups.append((level, found))
    return groups


def headline(bulletin: Bulletin) -> str:
    """One sentence for the whole region: warnings first, else the highest AQI."""
    groups = cities_by_level(bulletin)
    if not groups:
        return f"预报时段内{bulletin.issue.region}各市均未达到预警条件。{peak(bulletin)}"
    parts = [
        f"{LEVELS[level].name}{len(cities)}市（{'、'.join(c.name_zh for c in cities)}）"
        for level, cities in groups
    ]
    return f"建议发布{'，'.join(parts)}。{peak(bulletin)}"


def peak(bulletin: Bulletin) -> str:
    """The heavy days, and where and when the air is worst."""
    heavy = {
        day.date
        for city in bulletin.cities
        for day in city.known_days
        if day.aqi_p50 is not None and day.aqi_p50 > HEAVY
    }
    days = [(city, day) for city in bulletin.cities for day in city.days if day.values]
    city, day = max(days, key=lambda pair: _burden(pair[1]))
    values = day.values
    if values is None or values.aqi_p50 is None:
        mean = number(values.pm25_p50 if values else None)
        return f"PM₂.₅日均浓度最高为{city.name_zh}{date(day.date)}的{mean}微克/立方米。"
    name = grade(values.aqi_p50).name
    top = f"{city.name_zh}{date(day.date)}（AQI中位数{values.aqi_p50}，{name}）"
    lead = f"重度及以上污染可能出现在{days_span(sorted(heavy))}；" if heavy else ""
    return f"{lead}最重为{top}。"


def members(issue: Issue) -> str:
    """计划4个成员，采用4个，成员齐全."""
    used, planned = len(issue.members.used), issue.members.planned
    short = "，成员齐全" if used == planned and not issue.members.missing else ""
    return f"计划{planned}个成员，采用{used}个{short}"


def members_by_day(city: City) -> str:
    """How many members each day rests on, where that changes; empty otherwise."""
    counts = {day.date: day.members for day in city.known_days}
    if len(set(counts.values())) < 2:
        return ""
    return "、".join(f"{date(day)}{count}个" for day, count in counts.items())


def chart_words(city: City) -> str:
    """Say in one sentence what the hourly chart shows, for those who do not see it."""
    known = [(hour.pm25_p50, hour.time) for hour in city.hours if hour.pm25_p50 is not None]
    if not known:
        return f"{city.name_zh}没有小时预报。"
    (low, _), (high, time) = min(known), max(known)
    members = max(hour.members for hour in city.hours)
    what = "预报值" if members < FEWEST_FOR_CONFIDENCE else "中位数"
    return (
        f"PM₂.₅小时浓度{what}在{number(low)}到{number(high)}微克/立方米之间，{moment(time)}最高。"
    )


def map_words(bulletin: Bulletin, index: int) -> str:
    """Say in one sentence what the map of a day shows."""
    parts = []
    for swatch in reversed(GRADES):
        names = [
            city.name_zh
            for city in bulletin.cities
            if (values := city.days[index].values) is not None
            and values.aqi_p50 is not None and grade(values.aqi_p50) is swatch
        ]  # fmt: skip
        if names:
            parts.append(f"{swatch.name}：{'、'.join(names)}")
    day = date(bulletin.cities[0].days[index].date)
    return f"{day}各市AQI类别。{'；'.join(parts)}。" if parts else f"{day}不发布AQI。"
