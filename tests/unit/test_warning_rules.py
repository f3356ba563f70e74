"""Rule files: nonsense is refused, all of it at once; rules are found by name or date."""

from datetime import date
from pathlib import Path

import pytest

from forecast.common.errors import ConfigurationError
from forecast.warning.rules import read_rules, select_rules

FOLDER = Path(__file__).resolve().parents[2] / "configs" / "warning"


def _changed(tmp_path: Path, *changes: tuple[str, str], name: str = "shandong_2024") -> Path:
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_all_errors_at_once(tmp_path: Path) -> None:
    path = _changed(
        tmp_path,
        ("{above: 200, hours: 72}", "{above: 200, hours: 7}"),
        ("{above: 300, hours: 24}", "{above: 300, reaches: 301, hours: 24}"),
        ("lift_hours: 36", "lift_hours: 0"),
        ("notice_hours: 48", "notice_hors: 48"),
    )
    with pytest.raises(ConfigurationError) as caught:
        read_rules(path)
    text = str(caught.value)
    for told in (
        "hours",
        "give one of",
        "lift_hours",
        "notice_hors",
        "notice_hours: Field required",
    ):
        assert told in text
    assert "5 error(s)" in text


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        # the orange clause is as weak as a yellow one
        ("{above: 200, hours: 48}", "{above: 200, hours: 24}", "yellow can never be the highest"),
        ("pollutants: [pm25]", "pollutants: [pm25, o3]", "no 24-hour breakpoints"),
        ("valid_to: null", "valid_to: 2020-01-01", "before valid_from"),
        ("persistence: covered", "persistence: unbroken\nlift: 3", "lift"),
        ("period: moving_24h", "period: weekly", "period"),
        ("id: shandong_2024", "id: other", "name themselves"),
        ("  yellow:", "  green:", "green"),
        ("pollutants: [pm25]", "pollutants: []", "pollutants must not be empty"),
        ("all_of: [{above: 150, hours: 48}]", "all_of: []", "all_of must not be empty"),
        ("{above: 150, hours: 48}", "{of: hourly, above: 150, hours: 2}", "needs a daily one"),
        ("{above: 150, hours: 48}", "{above: 150, hours: 12}", "lasts 24 hours at least"),
        ("binds: all", "binds: some", "binds"),
    ],
)
def test_nonsense_is_refused(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_rules(_changed(tmp_path, (old, new)))
    assert told in str(caught.value)


def test_switches_that_do_not_fit(tmp_path: Path) -> None:
    natural = (("period: moving_24h", "period: natural_day"), ("covered", "unbroken"))
    with pytest.raises(ConfigurationError, match="must be 'covered'"):
        read_rules(
            _changed(tmp_path, natural[0], ("persistence: covered", "persistence: unbroken"))
        )
    with pytest.raises(ConfigurationError, match="mean_of_aqi"):
        read_rules(
            _changed(tmp_path, ("form: aqi_of_mean", "form: mean_of_aqi"), name="shandong_2020")
        )


def test_selection_by_name_and_by_date() -> None:
    assert select_rules(FOLDER, "shandong_2024", date(2022, 1, 1)).id == "shandong_2024"
    assert select_rules(FOLDER, "in_force", date(2022, 1, 1)).id == "shandong_2020"
    assert select_rules(FOLDER, "in_force", date(2026, 1, 1)).id == "shandong_2024"
    with pytest.raises(ConfigurationError, match="No warning rules hold on 2014-06-01"):
        select_rules(FOLDER, "in_force", date(2014, 6, 1))
    with pytest.raises(ConfigurationError, match="shandong_2099"):
        select_rules(FOLDER, "shandong_2099", date(2022, 1, 1))


@pytest.mark.parametrize(
    ("day", "wanted"),
    [
        ("2016-12-30", "national_2016"),
        ("2019-01-15", "national_2018"),
        ("2020-12-10", "shandong_2020"),
        ("2023-06-01", "shandong_2023"),
        ("2024-09-13", "shandong_2023"),
        ("2024-09-14", "shandong_2024"),
    ],
)
def test_the_provinces_own_rules_go_before_the_nations(day: str, wanted: str) -> None:
    assert select_rules(FOLDER, "in_force", date.fromisoformat(day)).id == wanted


def test_two_files_for_one_day_are_refused(tmp_path: Path) -> None:
    _changed(tmp_path)
    _changed(tmp_path, ("valid_to: 2022-12-31", "valid_to: null"), name="shandong_2020")
    with pytest.raises(ConfigurationError, match="Several warning rules hold on 2026-01-01"):
        select_rules(tmp_path, "in_force", date(2026, 1, 1))
