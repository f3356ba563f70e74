"""YAML as people mean it: `NO` is the text NO, a key written twice is an error.

PyYAML follows YAML 1.1, where `NO`, `on` and `y` are booleans; nitrogen monoxide is none of them.
Only `true` and `false` are read as booleans here (YAML 1.2 core schema).
"""

import re
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from forecast.common.errors import ConfigurationError

Content = TypeVar("Content", bound=BaseModel)


class _Loader(yaml.SafeLoader):
    """A safe loader with the booleans of YAML 1.2 and without duplicate keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        doubles = sorted({str(key) for key in keys if keys.count(key) > 1})
        if doubles:
            problem = f"the keys {doubles} are written more than once"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return super().construct_mapping(node, deep=deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool",
    re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"),
    list("tTfF"),
)


def parse_yaml(text: str, origin: str) -> Any:
    """Parse YAML text.

    Args:
        text: The YAML.
        origin: Where it came from, for errors.

    Raises:
        ConfigurationError: The text is no YAML, or a key is there twice.
    """
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506  (a subclass of SafeLoader)
    except yaml.YAMLError as error:
        msg = f"'{origin}' is not valid YAML: {error}. Correct it at the place named."
        raise ConfigurationError(msg) from error


@dataclass(frozen=True)
class Lines:
    """Where in a file each part of its content was written.

    Attributes:
        root: The parsed document, None for an empty file.
    """

    root: yaml.Node | None

    def of(self, *place: str | int) -> int:
        """Line, counted from 1, of the part at a path of keys and positions.

        A path that goes further than the file leads to the last part that is there.
        """
        node = self.root
        line = 1 if node is None else node.start_mark.line + 1
        for step in place:
            if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
                found = node.value[step : step + 1]
            elif isinstance(node, yaml.MappingNode):
                found = [value for key, value in node.value if key.value == step]
            else:
                found = []
            if not found:
                return line
            node = found[0]
            line = node.start_mark.line + 1
        return line


def read_yaml_with_lines(path: Path) -> tuple[Any, Lines]:
    """Read one YAML file and keep the line of every part, for errors that name it.

    Raises:
        ConfigurationError: The file is missing, unreadable or no YAML.
    """
    text = _read_text(path)
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        content = None if node is None else loader.construct_document(node)
    except yaml.YAMLError as error:
        msg = f"'{path}' is not valid YAML: {error}. Correct it at the place named."
        raise ConfigurationError(msg) from error
    finally:
        loader.dispose()
    return content, Lines(node)


def _read_text(path: Path) -> str:
    """Read a text file.

    Raises:
        ConfigurationError: The file is missing or unreadable.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"The configuration file '{path}' cannot be read: {error}."
        raise ConfigurationError(msg) from error


def read_yaml(path: Path) -> Any:
    """Read one YAML file.

    Raises:
        ConfigurationError: The file is missing, unreadable or no YAML.
    """
    return parse_yaml(_read_text(path), str(path))


def read_model(path: Path, model: type[Content], title: str) -> Content:
    """Read one YAML file as a checked model.

    Args:
        path: The file.
        model: What it must hold.
        title: What it is, for errors, such as "AQI standard".

    Raises:
        ConfigurationError: The file is missing, no YAML or wrong; all errors at once, each with
            its place.
    """
    content = read_yaml(path)
    try:
        return model.model_validate(content)
    except ValidationError as error:
        lines = [
            f"  {'.'.join(map(str, item['loc'])) or '(file)'}: {item['msg']}"
            for item in error.errors()
        ]
        msg = f"The {title} '{path}' has {len(lines)} error(s):\n" + "\n".join(lines)
        raise ConfigurationError(msg) from error


def write_yaml(content: Any) -> str:
    """Write plain data as YAML text that reads back to the same data here and in YAML 1.1."""
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=98)
