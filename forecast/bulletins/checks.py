"""What must hold in the records of a city before a bulletin prints them.

Each function raises ValueError with what is wrong; the models of `content` call them, so that all
faults of a bulletin are reported at once, each with its place.
"""

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

from forecast.bulletins.palette import grade_number
from forecast.fields.city_forecast import CityDay, CityHour
from forecast.fields.warnings import CityWarning, TimeSpread, WarningEpisode, WarningLevel

ROUNDING = 0.0006
"""How far two statements of one probability may differ: they are kept to 3 decimals."""
_DAY_NUMBERS = (
    "pm25_mean", "pm25_p10", "pm25_p50", "pm25_p90", "pm10_mean", "so2_mean", "no2_mean",
    "co_mean", "o3_mda8",
)  # fmt: skip
_HOUR_NUMBERS = (*_DAY_NUMBERS[:-1], "o3_mean")
_CHANCES = ("p_aqi_gt150", "p_aqi_gt200", "p_aqi_gt300")


def check_day(day: CityDay) -> None:
    """Check the forecast of one city for one day."""
    _check_record(day, _DAY_NUMBERS)
    _check_order("AQI", (day.aqi_p10, day.aqi_p50, day.aqi_p90))
    if (day.aqi_p50 is None) != (day.category is None):
        msg = f"the AQI is '{day.aqi_p50}' but the category '{day.category}'"
        raise ValueError(msg)
    if day.aqi_p50 is not None and day.category != grade_number(day.aqi_p50):
        msg = f"AQI {day.aqi_p50} is of category {grade_number(day.aqi_p50)}, not '{day.category}'"
        raise ValueError(msg)
    if WarningLevel(day.level) is not WarningLevel.NONE and not day.level_probability:
        msg = f"level '{day.level}' has the probability '{day.level_probability}'"
        raise ValueError(msg)
    if day.level_probability is not None:
        _check_chance("level_probability", day.level_probability)


def check_hours(hours: Sequence[CityHour]) -> None:
    """Check the hourly forecast of one city: complete, in order, sound."""
    for hour in hours:
        if hour.time.tzinfo is None:
            msg = f"the hour '{hour.time}' has no time zone"
            raise ValueError(msg)
        _check_record(hour, _HOUR_NUMBERS)
    for before, after in pairwise(hours):
        if after.time - before.time != dt.timedelta(hours=1):
            msg = f"the hour '{after.time}' follows '{before.time}'"
            raise ValueError(msg)


def check_warning(warning: CityWarning) -> None:
    """Check the proposal of one city."""
    _check_chance("the warning's probability", warning.probability)
    if not warning.reason:
        msg = f"the level '{warning.level}' has no reason"
        raise ValueError(msg)
    if not warning.decidable and not warning.decidable_note:
        msg = "the warning is marked as not decidable, but no note says why"
        raise ValueError(msg)
    highest = max(
        (episode.level for episode in warning.episodes),
        key=lambda level: level.rank,
        default=WarningLevel.NONE,
    )
    if highest is not warning.level:
        msg = f"the level is '{warning.level}', but the highest of its episodes is '{highest}'"
        raise ValueError(msg)
    _check_assessments(warning)
    for episode in warning.episodes:
        _check_episode(episode)


def _check_assessments(warning: CityWarning) -> None:
    ranks = [entry.level.rank for entry in warning.assessments]
    if ranks != sorted(set(ranks)):
        msg = "the assessments of the levels are not in the order of severity"
        raise ValueError(msg)
    chances = [entry.probability for entry in warning.assessments]
    for entry in warning.assessments:
        _check_chance(f"the probability of '{entry.level}'", entry.probability)
        _check_chance(f"the possible probability of '{entry.level}'", entry.possible_probability)
    if chances != sorted(chances, reverse=True):
        msg = f"a more severe level is more likely than a milder one: {chances}"
        raise ValueError(msg)
    for entry in warning.assessments:
        same = entry.level is warning.level
        if same and abs(entry.probability - warning.probability) > ROUNDING:
            msg = (
                f"level '{warning.level}' has the probability {warning.probability} in the "
                f"warning and {entry.probability} in its assessment"
            )
            raise ValueError(msg)
    if warning.level is not WarningLevel.NONE and warning.level.rank not in ranks:
        msg = f"level '{warning.level}' was never assessed"
        raise ValueError(msg)


def _check_episode(episode: WarningEpisode) -> None:
    if episode.level is WarningLevel.NONE or episode.probability <= 0:
        msg = f"an episode has the level '{episode.level}', probability {episode.probability}"
        raise ValueError(msg)
    _check_chance("an episode's probability", episode.probability)
    for spread in (episode.start, episode.end):
        _check_spread(spread)
    if episode.end.median <= episode.start.median:
        msg = f"the warning ends at '{episode.end.median}', not after '{episode.start.median}'"
        raise ValueError(msg)
    if list(episode.peak_aqi) != sorted(episode.peak_aqi):
        msg = f"the peak AQI over the members is not in order: {episode.peak_aqi}"
        raise ValueError(msg)


def _check_spread(spread: TimeSpread) -> None:
    times = (spread.earliest, spread.median, spread.latest)
    if any(time.tzinfo is None for time in times) or list(times) != sorted(times):
        msg = f"the times over the members have no zone or are not in order: {times}"
        raise ValueError(msg)


def _check_record(record: CityDay | CityHour, numbers: Iterable[str]) -> None:
    for name in numbers:
        value = getattr(record, name)
        if value is not None and not (math.isfinite(value) and value >= 0):
            msg = f"{name} is '{value}'; a finite number from 0, or nothing, was expected"
            raise ValueError(msg)
    _check_order("PM2.5", (record.pm25_p10, record.pm25_p50, record.pm25_p90))
    if record.members < 0 or (record.members == 0 and record.pm25_mean is not None):
        msg = f"pm25_mean is '{record.pm25_mean}' with {record.members} members"
        raise ValueError(msg)
    if record.aqi_p50 is not None:
        if not 0 <= record.aqi_p50 <= 500:
            msg = f"the AQI is '{record.aqi_p50}'; 0 to 500 was expected"
            raise ValueError(msg)
        if record.aqi_p50 > 50 and not record.primary_pollutants:
            msg = f"AQI {record.aqi_p50} is above 50 but no primary pollutant is named"
            raise ValueError(msg)
    known = [value for name in _CHANCES if (value := getattr(record, name)) is not None]
    for value in known:
        _check_chance("the probability of an AQI", value)
    if known != sorted(known, reverse=True):
        msg = f"the probabilities of AQI > 150, 200, 300 rise with the threshold: {known}"
        raise ValueError(msg)


def _check_chance(what: str, value: float) -> None:
    if not 0.0 <= value <= 1.0:
        msg = f"{what} is '{value}'; 0 to 1 was expected"
        raise ValueError(msg)


def _check_order(what: str, values: Sequence[float | None]) -> None:
    known = [value for value in values if value is not None]
    if known != sorted(known):
        msg = f"the quantiles of {what} are not in order: {list(values)}"
        raise ValueError(msg)
