"""The worked examples of every rule file, and the shipped numbers written down once more."""

from pathlib import Path

import numpy as np
import pytest

from forecast.aqi.standard import StandardSet
from forecast.fields.city_forecast import AQI_POLLUTANTS, CityHourly, CityName
from forecast.fields.warnings import WarningLevel
from forecast.warning.daily_aqi import daily_aqi
from forecast.warning.episodes import Air, episodes
from forecast.warning.rules import Example, WarningRules, read_rules

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
RULES = {path.stem: read_rules(path) for path in sorted((CONFIGS / "warning").glob("*.yaml"))}
CASES = [(name, example) for name, rules in RULES.items() for example in rules.examples]
CITY = (CityName("370100", "Jinan", "济南"),)


def _series(parts: tuple[tuple[int, float], ...]) -> np.ndarray:
    return np.concatenate([np.full(hours, value) for hours, value in parts])


def _hourly(example: Example, day: str) -> CityHourly:
    pm25 = _series(example.pm25)
    pm10 = _series(example.pm10) if example.pm10 else pm25
    values = np.full((1, len(AQI_POLLUTANTS), 1, pm25.size), 10.0)
    values[0, AQI_POLLUTANTS.index("pm25"), 0] = pm25
    values[0, AQI_POLLUTANTS.index("pm10"), 0] = pm10
    values[0, AQI_POLLUTANTS.index("co"), 0] = 1.0
    start = np.datetime64(day, "s") + np.timedelta64(example.start_hour - 8, "h")
    labels = start + (np.arange(pm25.size) + 1) * np.timedelta64(1, "h")
    return CityHourly(str(start)[:13], CITY, ("m00",), labels, values)


@pytest.mark.parametrize("day", ["2022-01-01", "2026-11-01"])
@pytest.mark.parametrize(
    ("name", "example"), CASES, ids=lambda value: getattr(value, "name", value)
)
def test_example(name: str, example: Example, day: str) -> None:
    """By the standards of 2012 and of 2026 alike: the indices above 150 did not change."""
    rules = RULES[name]
    standards = StandardSet.read(CONFIGS / "aqi")
    daily = daily_aqi(_hourly(example, day), rules, standards)
    air = Air(daily.aqi[0, 0], daily.hourly[0, 0])
    found = [(e.level, e.start, e.stop) for e in episodes(air, rules)]
    assert found == [tuple(entry) for entry in example.episodes]


def _numbers(rules: WarningRules) -> dict[str, list[list[tuple[int, int]]]]:
    """Level -> clauses -> (smallest AQI, hours)."""
    return {
        level.value: [[(c.least, c.hours) for c in clause.all_of] for clause in rule.any_of]
        for level, rule in rules.levels.items()
    }


def test_numbers_of_2024() -> None:
    rules = RULES["shandong_2024"]
    assert _numbers(rules) == {
        "yellow": [[(201, 24)], [(151, 48)]],
        "orange": [[(201, 48)], [(151, 72)]],
        "red": [[(201, 72), (301, 24)]],
    }
    assert (rules.notice_hours, rules.lift_hours) == (48, 36)
    assert rules.pollutants == ("pm25",)
    assert str(rules.valid_from) == "2024-09-14"
    assert "INFERRED" in " ".join(rules.sources)
    assert "推定" in rules.remark_zh
    assert {"臭氧", "沙尘"} <= {word for e in rules.excluded for word in (e.cause_zh[:2],)}


def test_numbers_of_2020() -> None:
    rules = RULES["shandong_2020"]
    assert _numbers(rules) == {
        "yellow": [[(201, 48)]],
        "orange": [[(201, 72)]],
        "red": [[(201, 96), (301, 48)], [(500, 24)]],
    }
    assert rules.notice_hours == 24


def test_numbers_of_the_nation() -> None:
    """As in the reprints: blue only until 2018, orange with 300 only until then."""
    last = [[(201, 96), (301, 48)], [(500, 24)]]
    assert _numbers(RULES["national_2016"]) == {
        "blue": [[(201, 24)]],
        "yellow": [[(201, 48)]],
        "orange": [[(201, 72), (301, 24)]],
        "red": last,
    }
    assert _numbers(RULES["national_2018"]) == {
        "yellow": [[(201, 48)]],
        "orange": [[(201, 72)]],
        "red": last,
    }
    assert _numbers(RULES["national_2024"]) == _numbers(RULES["shandong_2024"])


def test_numbers_of_2023() -> None:
    rules = RULES["shandong_2023"]
    assert _numbers(rules) == {
        "yellow": [[(151, 48), (201, 1)]],
        "orange": [[(151, 72), (201, 24)]],
        "red": [[(201, 72), (301, 24)]],
    }
    yellow = rules.levels[WarningLevel.YELLOW]
    assert yellow.words_zh == "日AQI大于150持续48小时及以上且小时AQI大于200"
    assert rules.notice_hours == 24


def test_every_level_has_an_example() -> None:
    for rules in RULES.values():
        shown = {level for example in rules.examples for level, _, _ in example.episodes}
        assert shown == set(rules.levels)


def test_words() -> None:
    red = RULES["shandong_2024"].levels[WarningLevel.RED]
    assert red.words_zh == "日AQI大于200持续72小时及以上且日AQI大于300"
