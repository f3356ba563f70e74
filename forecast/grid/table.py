"""Small tables of places: CSV files with comment lines, every row checked, all errors at once."""

import csv
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from forecast.common.errors import ConfigurationError
from forecast.config.base import Model

Row = TypeVar("Row", bound=Model)


def read_table(path: Path, row_model: type[Row]) -> tuple[Row, ...]:
    """Read a UTF-8 CSV file whose columns are the fields of a model.

    Lines that start with `#` are comments (source, date, licence).

    Args:
        path: The file.
        row_model: Checked model of a row; its `code` must be unique in the file.

    Raises:
        ConfigurationError: The file is missing, has other columns, or rows are wrong; the text
            names every wrong row with its line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"The table '{path}' cannot be read: {error}."
        raise ConfigurationError(msg) from error
    numbered = [
        (number, line)
        for number, line in enumerate(lines, 1)
        if line.strip() and not line.startswith("#")
    ]
    wanted = list(row_model.model_fields)
    header = next(csv.reader([numbered[0][1]])) if numbered else []
    if header != wanted or len(numbered) < 2:
        msg = (
            f"The table '{path}' has {max(len(numbered) - 1, 0)} row(s) under the columns "
            f"'{','.join(header)}'; at least one row under '{','.join(wanted)}' was expected."
        )
        raise ConfigurationError(msg)
    rows, problems = _checked_rows(numbered[1:], row_model)
    if problems:
        msg = f"The table '{path}' has {len(problems)} error(s):\n  " + "\n  ".join(problems)
        raise ConfigurationError(msg)
    return rows


def _checked_rows(
    numbered: list[tuple[int, str]], row_model: type[Row]
) -> tuple[tuple[Row, ...], list[str]]:
    names = list(row_model.model_fields)
    rows: list[Row] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    for number, line in numbered:
        values = next(csv.reader([line]))
        if len(values) != len(names):
            problems.append(f"line {number} has {len(values)} values, not {len(names)}")
            continue
        try:
            row = row_model.model_validate(dict(zip(names, values, strict=True)))
        except ValidationError as error:
            problems += [
                f"line {number}, {'.'.join(map(str, item['loc']))}: {item['msg']} "
                f"(found '{item['input']}')"
                for item in error.errors()
            ]
            continue
        code = str(getattr(row, "code", number))
        if code in seen:
            problems.append(f"line {number} repeats the code '{code}' of line {seen[code]}")
        seen[code] = number
        rows.append(row)
    return tuple(rows), problems
