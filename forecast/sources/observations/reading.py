"""Opening text files of observations, packed or not, and saying what is wrong with them."""

import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from forecast.common.errors import InputError

ABSENT = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "--", "—", "-999", "-9999"})
"""Cells, in lower case, that hold no value."""


@contextmanager
def opened(path: Path) -> Iterator[io.TextIOBase]:
    """Open a text file, UTF-8, packed by gzip where its name ends so.

    Raises:
        InputError: It cannot be read.
    """
    try:
        if path.suffix == ".gz":
            with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
                yield file
        else:
            with path.open(encoding="utf-8-sig", newline="") as file:
                yield file
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise broken(path, str(error), "a readable text file in UTF-8") from error


def broken(path: Path, what: str, expected: str) -> InputError:
    """Say what is wrong with a file."""
    return InputError(
        f"The observation file '{path}' cannot be used: {what}. Expected {expected}. Correct the "
        "file or name its format with --format."
    )


def number(text: str) -> float:
    """One cell as a number, NaN where it holds none.

    Raises:
        ValueError: It is neither a number nor a word for a missing value.
    """
    word = text.strip()
    return np.nan if word.lower() in ABSENT else float(word)


def require_columns(path: Path, header: list[str] | None, needed: tuple[str, ...]) -> None:
    """Refuse a file without the columns that are needed.

    Raises:
        InputError: One is missing.
    """
    lacking = [name for name in needed if name not in (header or ())]
    if lacking:
        found = ",".join(header or ())[:120]
        raise broken(
            path, f"it lacks the column(s) '{', '.join(lacking)}' (its first line: '{found}')",
            f"the columns {', '.join(needed)}",
        )  # fmt: skip
