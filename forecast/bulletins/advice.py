"""What to do: the advice file of the bulletins, checked when it is read."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from forecast.bulletins.content import Text
from forecast.config.base import Model
from forecast.config.yaml_file import read_model
from forecast.fields.warnings import WarningLevel


class LevelAdvice(Model):
    """What a warning level asks for."""

    response: Text
    """Name of the response level."""
    actions: Annotated[tuple[Text, ...], Field(min_length=1, max_length=6)]
    """Actions, most urgent first."""


class Advice(Model):
    """Advice to the public by AQI grade and actions by warning level."""

    public: dict[int, Text]
    """Advice by AQI grade, 1 to 6."""
    levels: dict[WarningLevel, LevelAdvice]
    """Actions by warning level."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if sorted(self.public) != [1, 2, 3, 4, 5, 6]:
            msg = f"'public' has the grades {sorted(self.public)}; 1 to 6 were expected"
            raise ValueError(msg)
        missing = [level.value for level in WarningLevel if level not in self.levels]
        if missing:
            msg = f"'levels' has no entry for {', '.join(missing)}"
            raise ValueError(msg)
        return self


def read_advice(path: Path) -> Advice:
    """Read the wording of the advice.

    Raises:
        ConfigurationError: The file is missing, or lacks a grade or a level.
    """
    return read_model(path, Advice, "advice file")
