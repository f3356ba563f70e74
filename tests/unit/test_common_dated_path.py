"""Paths with a date: midnight, month and year are no special cases, nonsense is refused."""

from pathlib import Path

import pytest

from forecast.common.cycle import Cycle
from forecast.common.dated_path import DatedPath
from forecast.common.errors import ConfigurationError
from forecast.config.load import resolve

PATTERN = "in/{year}/{month}/gfs_{date}_{hour}.nc"


def test_a_path_without_a_date_is_the_same_for_every_cycle() -> None:
    path = DatedPath("data/a.nc")
    assert not path.dated
    assert path.at(Cycle.parse("2022-01-01T00")) == "data/a.nc"
    assert list(path.before(Cycle.parse("2022-01-01T00"), 3, 12)) == []


@pytest.mark.parametrize(
    ("cycle", "expected"),
    [
        # midnight
        ("2022-01-10T00", ["in/2022/01/gfs_20220109_12.nc", "in/2022/01/gfs_20220109_00.nc"]),
        # month; 2024 is a leap year, 2022 is none
        ("2024-03-01T00", ["in/2024/02/gfs_20240229_12.nc", "in/2024/02/gfs_20240229_00.nc"]),
        ("2022-03-01T00", ["in/2022/02/gfs_20220228_12.nc", "in/2022/02/gfs_20220228_00.nc"]),
        # year
        ("2022-01-01T04", ["in/2021/12/gfs_20211231_16.nc", "in/2021/12/gfs_20211231_04.nc"]),
    ],
)
def test_earlier_cycles_follow_the_calendar(cycle: str, expected: list[str]) -> None:
    found = DatedPath(PATTERN).before(Cycle.parse(cycle), 2, 12)
    assert [text for _, text in found] == expected


def test_the_newest_earlier_versions_come_first_and_later_ones_never(tmp_path: Path) -> None:
    for name in ("2021-11", "2021-12", "2022-01", "2022-02", "2020-13", "old"):
        (tmp_path / "emissions" / name).mkdir(parents=True)
    path = DatedPath("emissions/{year}-{month}")
    found = path.versions(Cycle.parse("2022-01-15T12"), tmp_path)
    assert [text for _, text in found] == ["emissions/2021-12", "emissions/2021-11"]
    absolute = DatedPath(f"{tmp_path}/emissions/{{year}}-{{month}}")
    assert [text for _, text in absolute.versions(Cycle.parse("2022-01-15T12"), Path())] == [
        f"{tmp_path}/emissions/2021-12",
        f"{tmp_path}/emissions/2021-11",
    ]


def test_a_date_that_contradicts_itself_is_no_version(tmp_path: Path) -> None:
    for text in ("2021/12/gfs_20211231_04.nc", "2021/11/gfs_20211230_04.nc"):
        file = tmp_path / "in" / text
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    found = DatedPath(PATTERN).versions(Cycle.parse("2022-01-01T04"), tmp_path)
    assert [text for _, text in found] == ["in/2021/12/gfs_20211231_04.nc"]


def test_without_a_year_nothing_is_earlier(tmp_path: Path) -> None:
    (tmp_path / "month12").mkdir()
    assert DatedPath("month{month}").versions(Cycle.parse("2022-01-15T12"), tmp_path) == []


@pytest.mark.parametrize("text", ["a_{cylce}.nc", "a_{.nc", "a_{date:>9}.nc", "a_{}.nc"])
def test_an_unknown_placeholder_is_refused_with_the_known_ones(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"\{cycle\}, \{date\}"):
        _ = DatedPath(text).names
    with pytest.raises(ConfigurationError, match=r"meteorology\.path"):
        resolve(settings=[f"meteorology.path='{text}'"])
