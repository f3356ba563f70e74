"""Records of one stage for the next, as JSON files."""

from pathlib import Path
from typing import Any, TypeVar

from forecast.common.errors import InputError
from forecast.fields.records import from_json, to_json
from forecast.storage.atomic import missing_file, write_text

Record = TypeVar("Record")


def write_record(path: Path, record: Any) -> None:
    """Write a dataclass of plain values, whole or not at all.

    Raises:
        OutputError: The disk refuses the file.
    """
    write_text(path, to_json(record))


def read_record(kind: type[Record], path: Path) -> Record:
    """Read a dataclass back.

    Raises:
        InputError: The file is missing, cut off, or holds something else.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise missing_file(path, f"a {kind.__name__} record of this run") from error
    except (OSError, UnicodeDecodeError) as error:
        msg = f"'{path}' cannot be read ({error}); run the stage that makes it again."
        raise InputError(msg) from error
    return from_json(kind, text, path)
