"""Proposed warning levels, city by city, with their probabilities over the members."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from forecast.config.warning import Decision


class WarningLevel(StrEnum):
    """Levels of a heavy-pollution warning, mildest first."""

    NONE = "none"
    BLUE = "blue"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"

    @property
    def rank(self) -> int:
        """0 for none up to 4 for red."""
        return list(WarningLevel).index(self)

    @property
    def name_zh(self) -> str:
        """Name of the colour in Chinese, with its character for "warning"."""
        names = ("无预警", "蓝色预警", "黄色预警", "橙色预警", "红色预警")
        return names[self.rank]


@dataclass(frozen=True)
class LevelAssessment:
    """One level of the rules for one city.

    Attributes:
        level: The level.
        probability: Share of members whose trajectory reaches at least this level.
        possible_probability: Share that reaches it, or would if the air stayed after the end of
            the data as it is then.
        earliest: Earliest start over the members that reach it, Asia/Shanghai; None when none does.
        hours_needed: Shortest horizon in which a warning of this level can be decided with the
            full notice: notice + shortest duration, hours.
        decidable: False when the data are shorter than `hours_needed`.
    """

    level: WarningLevel
    probability: float
    possible_probability: float
    earliest: datetime | None
    hours_needed: int
    decidable: bool


@dataclass(frozen=True)
class TimeSpread:
    """A time over the members, Asia/Shanghai.

    Attributes:
        earliest: First of the members.
        median: The middle one; of an even number the earlier for a start, the later for an end.
        latest: Last of the members.
    """

    earliest: datetime
    median: datetime
    latest: datetime


@dataclass(frozen=True)
class WarningEpisode:
    """One spell of polluted air that calls for one warning.

    Attributes:
        level: Recommended level.
        probability: Share of members that reach at least this level in this episode.
        members: Names of those members.
        start: Start of the conditions over those members.
        end: End of the conditions over those members.
        open_ended: True when, in the median, the conditions last to the end of the data.
        peak_aqi: Lowest, median and highest over those members of the greatest daily AQI.
        peak_pm25: The same of the greatest 24-hour mean of PM2.5, ug m-3.
        primary_pollutant: Pollutant of the greatest daily AQI, such as "PM2.5".
        issue_by: Latest time of issue that keeps the notice, Asia/Shanghai.
        notice_kept: True when the cycle's start is not later than that.
    """

    level: WarningLevel
    probability: float
    members: tuple[str, ...]
    start: TimeSpread
    end: TimeSpread
    open_ended: bool
    peak_aqi: tuple[int, int, int]
    peak_pm25: tuple[float, float, float] | None
    primary_pollutant: str
    issue_by: datetime
    notice_kept: bool


@dataclass(frozen=True)
class WarningDay:
    """The level of one natural day.

    Attributes:
        date: The day, Asia/Shanghai.
        level: Highest level of the recommended episodes that touch the day.
        level_probability: For a colour, the share of members whose own episodes give at least
            this level on this day; for none, the share whose episodes leave the day free.
    """

    date: date
    level: WarningLevel
    level_probability: float


@dataclass(frozen=True)
class CityWarning:
    """What is proposed for one city.

    Attributes:
        code: Administrative code.
        name_en: English name.
        name_zh: Chinese name.
        level: Highest recommended level.
        probability: Share of members that reach at least this level anywhere in the horizon; for
            none, the share that reaches no level.
        assessments: Every level of the rules, mildest first.
        episodes: Recommended episodes in time; empty for none.
        days: One a complete local day.
        decidable: False when a higher level could still come about in air that lies past the data.
        decidable_note: What cannot be decided and why, in Chinese; empty when decidable.
        reason: Why this level, in Chinese, with numbers.
    """

    code: str
    name_en: str
    name_zh: str
    level: WarningLevel
    probability: float
    assessments: tuple[LevelAssessment, ...]
    episodes: tuple[WarningEpisode, ...]
    days: tuple[WarningDay, ...]
    decidable: bool
    decidable_note: str
    reason: str

    @property
    def main_episode(self) -> WarningEpisode | None:
        """The first episode of the highest level."""
        return next((e for e in self.episodes if e.level is self.level), None)


@dataclass(frozen=True)
class WarningSet:
    """The proposals of one cycle.

    Attributes:
        cycle: Name of the cycle.
        rules: Identity of the rule file.
        rules_title: Title of the plan in Chinese.
        rules_reference: Its number and date.
        rules_remark: How certain its numbers are; printed with every product.
        in_force: False when the rules are applied to days outside their validity (a replay).
        standards: Identities of the AQI standards applied.
        decision: How the level is recommended.
        probability_threshold: Share asked for by `Decision.PROBABILITY`.
        data_end: End of the last forecast hour, Asia/Shanghai.
        notice_hours: Notice that the rules ask for, hours.
        members: Names of the members counted.
        cities: One a city, in the order of the forecast.
    """

    cycle: str
    rules: str
    rules_title: str
    rules_reference: str
    rules_remark: str
    in_force: bool
    standards: tuple[str, ...]
    decision: Decision
    probability_threshold: float
    data_end: datetime
    notice_hours: int
    members: tuple[str, ...]
    cities: tuple[CityWarning, ...]

    def city(self, name_en: str) -> CityWarning:
        """Return the proposal of one city.

        Raises:
            KeyError: The set has no such city.
        """
        for entry in self.cities:
            if entry.name_en == name_en:
                return entry
        raise KeyError(name_en)
