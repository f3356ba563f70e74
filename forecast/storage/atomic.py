"""Whole files or the old ones: write beside, flush to disk, rename.

A reader never sees half a file. When the disk is full or the process is killed, the former file
stays as it was; at worst a hidden temporary file is left, which the next write of the same name
removes.
"""

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from forecast.common.errors import InputError, OutputError

_REMEDIES = {
    errno.ENOSPC: "free some space on that disk",
    errno.EDQUOT: "free some space: the quota is used up",
    errno.EACCES: "give this user the right to write there",
    errno.EROFS: "choose a folder on a disk that is not read-only",
}


def output_error(path: Path, error: Exception) -> OutputError:
    """Say that a file could not be written, why, and what to do."""
    number = getattr(error, "errno", None)
    remedy = _REMEDIES.get(number or 0, "look at the disk and at the rights of its folder")
    return OutputError(
        f"'{path}' could not be written ({error}); the former file, if there was one, is "
        f"unchanged. Expected a complete file: {remedy}, then start the same command again."
    )


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path; when the block ends well, what is there becomes `path`.

    Works for files and for folders. A folder replaces an older folder of the same name.

    Raises:
        OutputError: The disk is full, the folder is read-only, or another error of the system.
    """
    temporary = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove(temporary)
        yield temporary
        settle(temporary, path)
    except OSError as error:
        remove(temporary)
        raise output_error(path, error) from error
    except BaseException:
        remove(temporary)
        raise


def settle(temporary: Path, path: Path) -> None:
    """Flush a temporary file or folder to disk and give it its final name."""
    flush(temporary)
    if path.is_dir():
        old = path.with_name(f".{path.name}.old")
        remove(old)
        path.rename(old)
        temporary.rename(path)
        remove(old)
    else:
        temporary.replace(path)
    _flush_one(path.parent)


def flush(path: Path) -> None:
    """Ask the system to bring a file, or every file of a folder, to the disk."""
    if path.is_dir():
        for entry in path.rglob("*"):
            if entry.is_file():
                _flush_one(entry)
    _flush_one(path)


def _flush_one(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Remove a file or a folder if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def point(link: Path, target: Path) -> None:
    """Let a link beside a folder lead to it, at once: readers see the old target or the new.

    Raises:
        OutputError: The disk refuses it.
    """
    temporary = link.with_name(f".{link.name}.partial")
    try:
        remove(temporary)
        temporary.symlink_to(target.name)
        temporary.replace(link)
        _flush_one(link.parent)
    except OSError as error:
        raise output_error(link, error) from error


def write_text(path: Path, text: str) -> None:
    """Write a text file, UTF-8, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_bytes(path: Path, content: bytes) -> None:
    """Write a binary file, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_json(path: Path, content: Any) -> None:
    """Write plain data as readable JSON, whole or not at all."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file of our own.

    Raises:
        InputError: The file is missing, cut off or no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise missing_file(path, "a JSON file of this run") from error
    except (OSError, ValueError) as error:
        msg = (
            f"'{path}' is no readable JSON ({error}); it was cut off or is not ours. Remove it "
            "and run the cycle again: the stage that makes it will write it anew."
        )
        raise InputError(msg) from error


def missing_file(path: Path, expected: str) -> InputError:
    """Say that a file is not there."""
    return InputError(
        f"The file '{path}' does not exist; expected {expected}. Correct the path, or run the "
        "stage that makes it."
    )
