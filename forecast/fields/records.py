"""Records as JSON text: what a stage writes, the next one reads back as the same dataclass."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from forecast.common.errors import InputError

Record = TypeVar("Record")

_adapter: Callable[[Any], TypeAdapter[Any]] = cache(TypeAdapter)
"""What checks records of one kind: making it takes longer than checking one."""


def to_json(record: Any) -> str:
    """Write a dataclass of plain values, times and tuples as indented JSON text."""
    plain = _adapter(type(record)).dump_python(record, mode="json")
    return json.dumps(plain, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def from_json(kind: type[Record], text: str, origin: str | Path) -> Record:
    """Read a dataclass back.

    Args:
        kind: The dataclass.
        text: What `to_json` made.
        origin: Where the text came from, for errors.

    Raises:
        InputError: The text is no JSON or does not fit the dataclass; all errors at once.
    """
    try:
        found: Record = _adapter(kind).validate_json(text)
    except ValidationError as error:
        msg = (
            f"'{origin}' is not a {kind.__name__} record: {error}. It was written by another "
            "version or changed by hand; run the stage that makes it again."
        )
        raise InputError(msg) from error
    return found


def json_schema(kind: type[Any]) -> dict[str, Any]:
    """Return the JSON schema of a record, for publication beside the product."""
    return _adapter(kind).json_schema(mode="serialization")
