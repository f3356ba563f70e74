"""Dated data files: what is nonsense is refused, all of it at once."""

from datetime import date
from pathlib import Path

import pytest

from forecast.aqi.standard import StandardSet, read_standard
from forecast.common.errors import ConfigurationError

FOLDER = Path(__file__).resolve().parents[2] / "configs" / "aqi"


def _changed(tmp_path: Path, *changes: tuple[str, str], name: str = "hj633_2026") -> Path:
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_all_errors_at_once(tmp_path: Path) -> None:
    path = _changed(
        tmp_path,
        ("[0, 35, 60, 115", "[0, 35, 30, 115"),
        ("day_mean_hours: 20", "day_mean_hours: 30"),
        ("valid_to: null", "valid_to: null\ncolour: blue"),
    )
    with pytest.raises(ConfigurationError) as caught:
        read_standard(path)
    text = str(caught.value)
    assert "columns.pm25_24h" in text
    assert "validity.day_mean_hours" in text
    assert "colour" in text
    assert "3 error(s)" in text


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("{statistic: mda8, column: o3_8h}", "{statistic: mda8, column: o3_9h}", "o3_9h"),
        ("{statistic: mda8, column: o3_8h}", "{statistic: hour, column: o3_8h}", "'hour'"),
        ("  - {statistic: mda8, column: o3_8h}\n", "", "no input for ['o3']"),
        ("rule: fixed, iaqi: 300", "rule: fixed", "go together"),
        ("tolerated: []", "tolerated: [radon]", "radon"),
        ("valid_to: null", "valid_to: 2020-01-01", "before valid_from"),
        ("aqi_to: 300", "aqi_to: 160", "categories must rise"),
        ("no2_24h: {pollutant: no2", "no2_24h: {pollutant: nox", "nox"),
        ("id: hj633_2026", "id: other", "names itself"),
    ],
)  # fmt: skip
def test_nonsense_is_refused(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_standard(_changed(tmp_path, (old, new)))
    assert told in str(caught.value)


def test_standards_may_not_overlap(tmp_path: Path) -> None:
    _changed(tmp_path)
    _changed(tmp_path, ("valid_to: 2026-02-28", "valid_to: 2026-03-01"), name="hj633_2012")
    with pytest.raises(ConfigurationError, match="both hold on 2026-03-01"):
        StandardSet.read(tmp_path)


def test_a_day_without_standard_and_a_forced_one() -> None:
    with pytest.raises(ConfigurationError, match="No AQI standard holds on 2010-01-01"):
        StandardSet.read(FOLDER).on(date(2010, 1, 1))
    forced = StandardSet.read(FOLDER, "hj633_2026")
    assert forced.on(date(2010, 1, 1)).id == "hj633_2026"
    with pytest.raises(ConfigurationError, match="hj633_2099"):
        StandardSet.read(FOLDER, "hj633_2099")


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="holds no AQI standard"):
        StandardSet.read(tmp_path)
