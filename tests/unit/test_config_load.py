"""Configuration: layers, all errors at once with their place, generated files in step."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from forecast.common.errors import ConfigurationError
from forecast.config.load import PROJECT, case_names, read_resolved, resolve, write_resolved
from forecast.config.schema import default_yaml, schema_json
from forecast.config.yaml_file import parse_yaml


def test_yaml_keeps_nitrogen_monoxide() -> None:
    assert parse_yaml("[NO, no, on, true, False]", "text") == ["NO", "no", "on", True, False]


def test_a_key_written_twice_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="more than once"):
        parse_yaml("a: 1\na: 2\n", "text")


def test_every_error_is_reported_with_its_path_and_layer(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("forecast:\n  horizont_hours: 48\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        resolve(files=[mine], settings=["forecast.spin_up_hours=7", "ensemble.members=0"])
    text = str(caught.value)
    assert "3 error(s)" in text
    assert "forecast.horizont_hours" in text
    assert str(mine) in text
    assert "forecast.spin_up_hours" in text
    assert "--set forecast.spin_up_hours=7" in text
    assert "ensemble.members" in text


def test_later_layers_win(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("forecast: {horizon_hours: 96, hourly_hours: 48}\n", encoding="utf-8")
    found = resolve(files=[mine], settings=["forecast.horizon_hours=48"]).forecast
    assert (found.horizon_hours, found.hourly_hours) == (48, 48)


def test_the_configuration_is_frozen() -> None:
    with pytest.raises(ValidationError):
        resolve().forecast.horizon_hours = 24  # type: ignore[misc]


@pytest.mark.parametrize("text", ["nothing", "=3", "forecast=3"])
def test_a_malformed_setting_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        resolve(settings=[text])


def test_unknown_names_list_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match="january_2022"):
        resolve("january_2202")
    with pytest.raises(ConfigurationError, match="shandong_27km"):
        resolve(domain="shandong_72km")


@pytest.mark.parametrize("case", [None, *case_names()])
def test_a_resolved_configuration_reads_back_the_same(case: str | None, tmp_path: Path) -> None:
    configuration = resolve(case)
    path = tmp_path / "config.yaml"
    path.write_text(write_resolved(configuration), encoding="utf-8")
    assert read_resolved(path) == configuration


def test_generated_files_are_in_step() -> None:
    remedy = "run `forecast config write` and commit the result"
    assert (PROJECT / "configs/default.yaml").read_text(encoding="utf-8") == default_yaml(), remedy
    assert (PROJECT / "configs/schema.json").read_text(encoding="utf-8") == schema_json(), remedy


def test_the_9_km_configuration_has_ten_members() -> None:
    configuration = resolve("january_2022_9km")
    assert configuration.domain.cell_size == 9000.0
    assert configuration.ensemble.members == 10
