"""The data dictionary of the docs is the one that the registry makes."""

from pathlib import Path

from forecast.fields.dictionary import data_dictionary
from forecast.fields.variables import REGISTRY


def test_the_data_dictionary_is_in_step(project_root: Path) -> None:
    text = (project_root / "docs" / "data_dictionary.md").read_text(encoding="utf-8")
    assert text == data_dictionary(), "run `forecast config write` and commit the result"


def test_the_data_dictionary_names_every_variable() -> None:
    text = data_dictionary()
    assert all(f"| `{name}` |" in text for name in REGISTRY)
