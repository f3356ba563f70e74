"""Why a level is proposed and what cannot be decided, in Chinese words with numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from forecast.config.warning import WarningConfig
from forecast.fields.warnings import LevelAssessment, WarningEpisode
from forecast.warning.rules import Period, WarningRules


@dataclass(frozen=True)
class Facts:
    """What the words are made of.

    Attributes:
        members: How many members were counted.
        reaching: How many reach the level (with none proposed: the lowest level of the rules).
        peaks: Greatest daily AQI of each member over the whole series; members without one left
            out.
        durations: Threshold of the daily AQI and the median hours above it in the main episode.
    """

    members: int
    reaching: int
    peaks: tuple[int, ...]
    durations: tuple[tuple[int, int], ...] = ()


def no_warning(rules: WarningRules, options: WarningConfig, facts: Facts) -> str:
    """Say why no level is proposed."""
    lowest = next(iter(rules.levels))
    if facts.reaching == 0:
        words = (
            f"{facts.members}个成员均未达到{lowest.name_zh}条件（{rules.levels[lowest].words_zh}）"
        )
    else:
        words = (
            f"{facts.members}个成员中有{facts.reaching}个达到{lowest.name_zh}条件"
            f"（{rules.levels[lowest].words_zh}），"
            f"同一次过程中不足建议发布的比例{round(100 * options.probability_threshold)}%"
        )
    if not facts.peaks:
        return f"{words}；{_index(rules)}无有效资料。"
    return f"{words}；各成员{_index(rules)}最高值为{_spread(facts.peaks)}。"


def warning(rules: WarningRules, episode: WarningEpisode, facts: Facts) -> str:
    """Say why the level of an episode is proposed."""
    level = rules.levels[episode.level]
    sentences = [
        f"{facts.members}个成员中有{len(episode.members)}个（{round(100 * episode.probability)}%）"
        f"达到{episode.level.name_zh}条件（{level.words_zh}）",
        f"污染时段为{start_zh(episode.start.median)}至{end_zh(episode.end.median)}"
        + ("（资料结束时仍在持续）" if episode.open_ended else "")
        + _range_of_times(episode),
        f"{_index(rules)}最高{_triple(episode.peak_aqi)}，首要污染物为{episode.primary_pollutant}",
    ]
    if episode.peak_pm25 is not None:
        peak = tuple(round(value) for value in episode.peak_pm25)
        sentences.append(f"PM2.5连续24小时平均浓度最高{_triple(peak)}微克/立方米")
    lasting = [f"大于{limit}的{hours}小时" for limit, hours in facts.durations if hours > 0]
    if lasting:
        sentences.append(f"日AQI{'、'.join(lasting)}（成员中位数）")
    return "；".join(sentences) + "。"


def undecided(
    rules: WarningRules, horizon: int, short: Sequence[LevelAssessment], going_on: Sequence[str]
) -> str:
    """Say what cannot be decided.

    Args:
        rules: The rules.
        horizon: Hours of data after the cycle's start.
        short: Levels whose duration and notice do not fit into the horizon.
        going_on: Levels, in Chinese, that enough members would reach if the air stayed.
    """
    sentences = []
    if short:
        needs = "、".join(f"{entry.level.name_zh}需{entry.hours_needed}小时" for entry in short)
        sentences.append(
            f"资料只到起报后{horizon}小时，按提前{rules.notice_hours}小时发布的要求，{needs}，"
            "凭本次资料不能判定"
        )
    if going_on:
        sentences.append(
            f"资料结束时污染仍在持续，若维持不变将达到{'、'.join(going_on)}条件，须待后续资料判定"
        )
    return "；".join(sentences) + ("。" if sentences else "")


def start_zh(time: datetime) -> str:
    """Write a start, such as 1月2日14时."""
    return f"{time.month}月{time.day}日{time.hour}时"


def end_zh(time: datetime) -> str:
    """Write an end; midnight is 24时 of the day that it closes."""
    if time.hour == 0:
        day = time - timedelta(hours=1)
        return f"{day.month}月{day.day}日24时"
    return start_zh(time)


def _index(rules: WarningRules) -> str:
    who = "PM2.5" if rules.pollutants == ("pm25",) else ""
    how = "自然日" if rules.daily_aqi.period is Period.NATURAL_DAY else "连续24小时"
    return f"{who}日AQI（{how}）"


def _range_of_times(episode: WarningEpisode) -> str:
    """Name the range of starts and of ends over the members, where there is one."""
    start, end = episode.start, episode.end
    words = ""
    if start.earliest < start.latest:
        words += f"，各成员开始于{start_zh(start.earliest)}至{start_zh(start.latest)}"
    if end.earliest < end.latest:
        words += f"，各成员结束于{end_zh(end.earliest)}至{end_zh(end.latest)}"
    return words


def _spread(values: Sequence[int]) -> str:
    ordered = sorted(values)
    return _triple((ordered[0], ordered[len(ordered) // 2], ordered[-1]))


def _triple(values: Sequence[int]) -> str:
    low, middle, high = values
    return f"{middle}" if low == high else f"{middle}（{low}—{high}）"
