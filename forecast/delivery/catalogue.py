"""What can go wrong, by code: how bad it is, how it is said, and who acts."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, RootModel

from forecast.common.severity import Severity
from forecast.config.base import Model
from forecast.config.load import PROJECT
from forecast.config.yaml_file import read_model

CATALOGUE = PROJECT / "configs" / "alerts.yaml"
UNKNOWN_FALLBACK = "fallback-taken"
"""Entry for a fallback whose code the catalogue does not have."""
UNKNOWN_EVENT = "event"
"""Entry for anything else that it does not have."""


class Role(StrEnum):
    """Who acts."""

    FORECASTER = "forecaster"
    OPERATOR = "operator"
    DEVELOPER = "developer"
    NOBODY = "nobody"

    @property
    def words(self) -> str:
        """The role as a message names it."""
        return _WORDS[self]


_WORDS = {
    Role.FORECASTER: "值班预报员 (forecaster on duty)",
    Role.OPERATOR: "系统运维 (operator of the machine)",
    Role.DEVELOPER: "开发人员 (developer)",
    Role.NOBODY: "无须处理 (nobody)",
}

Text = Annotated[str, Field(min_length=1)]


class Entry(Model):
    """One code of the catalogue."""

    severity: Severity
    """How bad it is."""
    title: Text
    """What it is, in a few words."""
    title_zh: Text
    """The same in Chinese."""
    happened: str = ""
    """Sentence with {subject} and facts; empty when the alert brings its own."""
    done: str = ""
    """What the system has done; empty when the alert brings its own."""
    who: Role
    """Who acts."""
    act: Text
    """What that person does first."""

    @property
    def acts(self) -> str:
        """Who acts, and how."""
        return f"{self.who.words}: {self.act}"


class _Catalogue(RootModel[dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]+$")], Entry]]):
    """The whole file."""


def read_catalogue(path: Path = CATALOGUE) -> Mapping[str, Entry]:
    """Read a catalogue.

    Raises:
        ConfigurationError: The file is missing, or an entry is wrong; all errors at once.
    """
    return read_model(path, _Catalogue, "catalogue of alerts").root


@cache
def catalogue() -> Mapping[str, Entry]:
    """The catalogue of this checkout."""
    return read_catalogue()
