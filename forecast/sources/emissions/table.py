"""CSV tables of numbers and names: every cell checked, all errors of a file at once."""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from forecast.common.errors import InputError
from forecast.fields.arrays import Float

_SHOWN = 20
"""Errors spelled out in one message."""


@dataclass(frozen=True)
class Column:
    """What a column must hold.

    Attributes:
        name: Heading.
        number: True for a number.
        minimum: Smallest number allowed.
        maximum: Largest number allowed.
        choices: Texts allowed; empty for any.
        optional: True when a cell may be empty (a number is then 0).
    """

    name: str
    number: bool = False
    minimum: float = -math.inf
    maximum: float = math.inf
    choices: tuple[str, ...] = ()
    optional: bool = False


class Table:
    """The checked columns of one file, and the list of what is wrong with it.

    Attributes:
        path: The file.
        lines: Line number of each row.
        text: Columns of text by name.
        number: Columns of numbers by name, NaN where a cell is wrong.
        problems: What is wrong, in words.
    """

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        """Read the file.

        Raises:
            InputError: The file cannot be read or lacks a column.
        """
        self.path = path
        self.problems: list[str] = []
        self.lines, rows = _rows(path, [column.name for column in columns])
        self.text: dict[str, list[str]] = {}
        self.number: dict[str, Float] = {}
        for column in columns:
            cells = [row[column.name] for row in rows]
            if column.number:
                checked = [
                    self._number(line, column, cell)
                    for line, cell in zip(self.lines, cells, strict=True)
                ]
                self.number[column.name] = np.array(checked, np.float64)
            else:
                self.text[column.name] = cells
                self._texts(column, cells)

    def __len__(self) -> int:
        return len(self.lines)

    def add(self, row: int | None, problem: str) -> None:
        """Note a problem of a row (counted from 0), or of the file as a whole."""
        place = "" if row is None else f"line {self.lines[row]}: "
        self.problems.append(place + problem)

    def no_repeats(self, *names: str) -> None:
        """Note rows that repeat an earlier row in the given columns of text."""
        seen: dict[tuple[str, ...], int] = {}
        for row, key in enumerate(zip(*(self.text[name] for name in names), strict=True)):
            if key in seen:
                earlier = self.lines[seen[key]]
                self.add(row, f"'{', '.join(key)}' stands in line {earlier} already; keep one")
            seen.setdefault(key, row)

    def finish(self) -> None:
        """Raise everything noted.

        Raises:
            InputError: There is at least one problem; the text lists them with their lines.
        """
        if not self.problems:
            return
        shown = [f"  {problem}" for problem in self.problems[:_SHOWN]]
        if len(self.problems) > _SHOWN:
            shown.append(f"  and {len(self.problems) - _SHOWN} more")
        text = "\n".join(shown)
        msg = f"'{self.path}' has {len(self.problems)} error(s); correct them:\n{text}"
        raise InputError(msg)

    def _number(self, line: int, column: Column, cell: str) -> float:
        if not cell and column.optional:
            return 0.0
        try:
            value = float(cell)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            problem = f"line {line}: '{column.name}' is '{cell}'; a number was expected"
        elif not column.minimum <= value <= column.maximum:
            limits = f"{column.minimum:g} to {column.maximum:g}"
            problem = f"line {line}: '{column.name}' is '{cell}'; expected {limits}"
        else:
            return value
        self.problems.append(problem)
        return math.nan

    def _texts(self, column: Column, cells: Sequence[str]) -> None:
        for row, cell in enumerate(cells):
            if column.choices and cell not in column.choices:
                known = ", ".join(column.choices)
                self.add(row, f"'{column.name}' is '{cell}'; expected one of: {known}")
            elif not cell and not column.optional:
                self.add(row, f"'{column.name}' is empty")


def _rows(path: Path, wanted: Sequence[str]) -> tuple[list[int], list[dict[str, str]]]:
    """Read header and rows; lines that start with # are notes."""
    try:
        content = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"The table '{path}' cannot be read ({error}); restore the file or its path."
        raise InputError(msg) from error
    numbered = [
        (line, text)
        for line, text in enumerate(content, 1)
        if text.strip() and not text.startswith("#")
    ]
    header = next(csv.reader([numbered[0][1]])) if numbered else []
    missing = [name for name in wanted if name not in header]
    if missing or len(numbered) < 2:
        msg = (
            f"'{path}' lacks the column(s) '{', '.join(missing)}' or has no rows; expected the "
            f"columns '{','.join(wanted)}' and found '{','.join(header)}'. Correct the heading."
        )
        raise InputError(msg)
    split = [(line, next(csv.reader([text]))) for line, text in numbered[1:]]
    ragged = [line for line, cells in split if len(cells) != len(header)]
    if ragged:
        msg = (
            f"'{path}' has rows without {len(header)} cells, in line(s) {ragged[:_SHOWN]}; put "
            "quotes around texts with commas and fill the cells that are missing."
        )
        raise InputError(msg)
    rows = [dict(zip(header, (cell.strip() for cell in cells), strict=True)) for _, cells in split]
    return [line for line, _ in split], rows
