"""From the text of a mechanism file to entries that know their line."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from forecast.chemistry.gas.content import (
    AdditionalProducts,
    Header,
    ReactionEntry,
    SpeciesEntry,
)
from forecast.chemistry.gas.problems import Place, Problems
from forecast.config.base import Model
from forecast.config.yaml_file import Lines, read_yaml_with_lines

Entry = TypeVar("Entry", bound=Model)


@dataclass(frozen=True)
class Located(Generic[Entry]):
    """An entry and where it was written."""

    entry: Entry
    place: Place


@dataclass(frozen=True)
class Content:
    """One file.

    Attributes:
        path: The file.
        header: All but the lists.
        species: Its species that could be read.
        reactions: Its reactions that could be read.
        additions: Its additional products that could be read.
        unreadable: Names of species whose entries could not be read.
        lines: Where things are written.
    """

    path: Path
    header: Header
    species: tuple[Located[SpeciesEntry], ...]
    reactions: tuple[Located[ReactionEntry], ...]
    additions: tuple[Located[AdditionalProducts], ...]
    unreadable: frozenset[str]
    lines: Lines


def read_content(path: Path, problems: Problems) -> Content | None:
    """Read one file; what does not fit its form goes to `problems`.

    Returns:
        What could be read; None when not even the header could.

    Raises:
        ConfigurationError: The file is missing or no YAML.
    """
    raw, lines = read_yaml_with_lines(path)
    try:
        header = Header.model_validate(raw)
    except ValidationError as error:
        _note(error, (), path, lines, problems)
        return None
    species = _entries(SpeciesEntry, "species", header.species, (path, lines, problems))
    read = {located.entry.name for located in species}
    named = {str(item.get("name")) for item in header.species if isinstance(item, dict)}
    content = Content(
        path=path,
        header=header,
        species=species,
        reactions=_entries(ReactionEntry, "reactions", header.reactions, (path, lines, problems)),
        additions=_entries(
            AdditionalProducts,
            "additional_products",
            header.additional_products,
            (path, lines, problems),
        ),
        unreadable=frozenset(named - read),
        lines=lines,
    )
    _check_sources(content, problems)
    return content


def _entries(
    model: type[Entry],
    section: str,
    items: Sequence[Any],
    origin: tuple[Path, Lines, Problems],
) -> tuple[Located[Entry], ...]:
    """Check the entries of one list one by one."""
    path, lines, problems = origin
    entries = []
    for position, item in enumerate(items):
        try:
            entry = model.model_validate(item)
        except ValidationError as error:
            _note(error, (section, position), path, lines, problems)
            continue
        entries.append(Located(entry, Place(path, lines.of(section, position))))
    return tuple(entries)


def _note(
    error: ValidationError,
    start: tuple[str | int, ...],
    path: Path,
    lines: Lines,
    problems: Problems,
) -> None:
    """Translate the errors of one entry."""
    for item in error.errors():
        place = (*start, *item["loc"])
        where = ".".join(map(str, place)) or "(file)"
        value = f", not '{item['input']}'" if isinstance(item["input"], str | int | float) else ""
        text = item["msg"].removeprefix("Value error, ")
        problems.add(Place(path, lines.of(*place)), f"{where}: {text}{value}")


def _check_sources(content: Content, problems: Problems) -> None:
    """Every entry must name a source of the file's own table."""
    known = content.header.sources
    hint = f"a key of 'sources' ({', '.join(known)})"
    cited = [(item.entry.source, item.place) for item in content.species]
    cited += [(item.entry.source, item.place) for item in content.reactions]
    cited += [(item.entry.source, item.place) for item in content.additions]
    for name, fraction in content.header.mole_fractions.items():
        place = Place(content.path, content.lines.of("mole_fractions", name))
        cited.append((fraction.source, place))
    for source, place in cited:
        if source not in known:
            problems.add(place, f"source '{source}' is not {hint}")
