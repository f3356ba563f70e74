"""Paths with a date in them: what a cycle expects to be delivered, and what earlier ones got.

A path may hold `{cycle}` (2021-12-31T16), `{date}` (20211231), `{year}`, `{month}`, `{day}` and
`{hour}`, all UTC. The calendar does the rest: nothing here cuts or glues numbers of months or days,
so midnight, month and year are no special cases.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Formatter

from forecast.common.cycle import Cycle
from forecast.common.errors import ConfigurationError

_FORMS = {
    "cycle": "%Y-%m-%dT%H",
    "date": "%Y%m%d",
    "year": "%Y",
    "month": "%m",
    "day": "%d",
    "hour": "%H",
}
_DIGITS = {"%Y": 4, "%m": 2, "%d": 2, "%H": 2}


@dataclass(frozen=True)
class DatedPath:
    """A path as the configuration writes it.

    Attributes:
        text: With or without placeholders.
    """

    text: str

    @property
    def names(self) -> tuple[str, ...]:
        """Placeholders in it, in order.

        Raises:
            ConfigurationError: The text is no such path.
        """
        try:
            parts = list(Formatter().parse(self.text))
        except ValueError as error:
            raise self._wrong(str(error)) from error
        found = [part for part in parts if part[1] is not None]
        for _, name, spec, conversion in found:
            if name not in _FORMS or spec or conversion:
                raise self._wrong(f"'{name}' is no placeholder")
        return tuple(str(name) for _, name, _, _ in found)

    @property
    def dated(self) -> bool:
        """True when it names another file for another cycle."""
        return bool(self.names)

    def at(self, cycle: Cycle) -> str:
        """The path of a cycle."""
        times = {name: cycle.time.strftime(form) for name, form in _FORMS.items()}
        return self.text.format(**times) if self.dated else self.text

    def before(self, cycle: Cycle, steps: int, step_hours: int) -> Iterator[tuple[Cycle, str]]:
        """The paths of earlier cycles, newest first; none for a path without a date."""
        if not self.dated:
            return
        for number in range(1, steps + 1):
            earlier = Cycle(cycle.time - timedelta(hours=number * step_hours))
            yield earlier, self.at(earlier)

    def versions(self, cycle: Cycle, base: Path) -> list[tuple[datetime, str]]:
        """What lies on the disk under earlier dates than that of a cycle, newest first.

        Args:
            cycle: The cycle; versions of its own date are not among them.
            base: Folder that relative paths start at.

        Returns:
            Date and path of each; empty when the path has no year, since nothing can then be told
            to be earlier.
        """
        if not {"cycle", "date", "year"} & set(self.names):
            return []
        own = self._time(self.at(cycle))
        pattern = self.text.format(**dict.fromkeys(_FORMS, "*"))
        path = Path(pattern)
        root = Path(path.anchor) if path.is_absolute() else base
        relative = path.relative_to(path.anchor).as_posix() if path.is_absolute() else pattern
        found = []
        for entry in root.glob(relative):
            text = str(entry if path.is_absolute() else entry.relative_to(base))
            time = self._time(text)
            if time is not None and own is not None and time < own:
                found.append((time, text))
        return sorted(found, reverse=True)

    def _time(self, text: str) -> datetime | None:
        """Read the date back from a path; None when it does not fit."""
        match = re.fullmatch(self._expression(), text)
        if match is None:
            return None
        given = {key[1:]: int(value) for key, value in match.groupdict().items()}
        parts = (given["Y"], given.get("m", 1), given.get("d", 1), given.get("H", 0))
        try:
            return datetime(*parts, tzinfo=UTC)
        except ValueError:
            return None

    def _expression(self) -> str:
        """Regular expression of the path; a part of the date that comes again must be the same."""
        seen: set[str] = set()
        pieces = []
        for literal, name, _, _ in Formatter().parse(self.text):
            pieces.append(re.escape(literal))
            form = _FORMS[name] if name else ""
            for part in re.findall(r"%.|[^%]+", form):
                if part not in _DIGITS:
                    pieces.append(re.escape(part))
                elif part in seen:
                    pieces.append(f"(?P=g{part[1]})")
                else:
                    seen.add(part)
                    pieces.append(f"(?P<g{part[1]}>\\d{{{_DIGITS[part]}}})")
        return "".join(pieces)

    def _wrong(self, why: str) -> ConfigurationError:
        known = ", ".join(f"{{{name}}}" for name in _FORMS)
        return ConfigurationError(
            f"The path '{self.text}' cannot be used ({why}); a path may hold {known}."
        )
