"""What a revision of the products changes: members, levels, days."""

from dataclasses import dataclass
from datetime import date, datetime

from forecast.fields.membership import Quality
from forecast.fields.warnings import WarningLevel


@dataclass(frozen=True)
class MemberChange:
    """One member that counts for other hours than before.

    Attributes:
        member: Name.
        before: Forecast hours that counted.
        after: Forecast hours that count now.
    """

    member: str
    before: int
    after: int


@dataclass(frozen=True)
class DayChange:
    """One day whose median AQI is another one.

    Attributes:
        date: The day, Asia/Shanghai.
        before: AQI, None when there was none.
        after: AQI, None when there is none.
    """

    date: date
    before: int | None
    after: int | None


@dataclass(frozen=True)
class CityChange:
    """What changes for one city.

    Attributes:
        code: Administrative code.
        name_en: English name.
        name_zh: Chinese name.
        level_before: Proposed level.
        level_after: Proposed level now.
        start_before: First hour of the conditions, in the median; None without a level.
        start_after: The same now.
        days: Days with another AQI.
    """

    code: str
    name_en: str
    name_zh: str
    level_before: WarningLevel
    level_after: WarningLevel
    start_before: datetime | None
    start_after: datetime | None
    days: tuple[DayChange, ...]

    @property
    def warning_changed(self) -> bool:
        """True when the level or its first hour is another one."""
        return (self.level_before, self.start_before) != (self.level_after, self.start_after)

    @property
    def changed(self) -> bool:
        """True when anything is another one."""
        return self.warning_changed or bool(self.days)


@dataclass(frozen=True)
class Changes:
    """What a revision changes, compared with the newest complete one before it.

    Attributes:
        cycle: Name of the cycle.
        revision: Its number.
        former: Number of the one before.
        former_forecast: False when that one said that there is no forecast.
        quality_before: Quality of the basis.
        quality_after: Quality of the basis now.
        members: Members that count for other hours.
        cities: One a city; also those without a change, so that it is stated.
    """

    cycle: str
    revision: int
    former: int
    former_forecast: bool
    quality_before: Quality
    quality_after: Quality
    members: tuple[MemberChange, ...]
    cities: tuple[CityChange, ...]
