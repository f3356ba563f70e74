"""All that is wrong with the files of a mechanism, told at once with file and line."""

from dataclasses import dataclass, field
from pathlib import Path

from forecast.common.errors import ConfigurationError


@dataclass(frozen=True)
class Place:
    """A line of a file."""

    path: Path
    line: int


@dataclass
class Problems:
    """What has been found so far."""

    found: list[tuple[Place, str]] = field(default_factory=list)

    def add(self, place: Place, text: str) -> None:
        """Note one problem."""
        self.found.append((place, text))

    def raise_if_any(self, what: str) -> None:
        """Stop with everything that was found, in the order of the files.

        Args:
            what: What was read, for the first line, such as "mechanism".

        Raises:
            ConfigurationError: Something was found.
        """
        if not self.found:
            return
        order = {place.path: number for number, (place, _) in reversed(list(enumerate(self.found)))}
        lines = sorted(self.found, key=lambda item: (order[item[0].path], item[0].line))
        listed = "\n".join(f"  {place.path}, line {place.line}: {text}" for place, text in lines)
        msg = f"The {what} has {len(lines)} error(s); correct them in the file:\n{listed}"
        raise ConfigurationError(msg)
