"""Lines of a YAML file, for errors that name them."""

from pathlib import Path

import pytest

from forecast.common.errors import ConfigurationError
from forecast.config.yaml_file import read_yaml_with_lines

TEXT = """# a comment
name: tiny
species:
  - {name: "NO", mass: 1}
  - name: O3
    source: x
empty:
"""


def test_every_part_knows_its_line(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_text(TEXT, encoding="utf-8")
    content, lines = read_yaml_with_lines(path)
    assert content["species"][0]["name"] == "NO"
    assert lines.of("name") == 2
    assert lines.of("species", 0, "mass") == 4
    assert lines.of("species", 1) == 5
    assert lines.of("species", 1, "source") == 6


def test_what_is_not_there_is_at_the_last_part_that_is(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_text(TEXT, encoding="utf-8")
    _, lines = read_yaml_with_lines(path)
    assert lines.of("species", 1, "mass", "unit") == 5
    assert lines.of("species", 7) == 4
    assert lines.of("nothing") == 2
    path.write_text("", encoding="utf-8")
    content, lines = read_yaml_with_lines(path)
    assert content is None
    assert lines.of("name") == 1


def test_broken_text_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_text("a: [1, 2", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="is not valid YAML"):
        read_yaml_with_lines(path)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_yaml_with_lines(tmp_path / "none.yaml")
