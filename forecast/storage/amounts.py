"""Amounts that are read back must be numbers and not negative: a model would carry them on."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import xarray as xr

from forecast.common.errors import InputError


def check_amounts(
    path: Path, data: xr.Dataset, *names: str, corner: Mapping[str, int] | None = None
) -> None:
    """Refuse variables with values below zero or that are no numbers.

    Args:
        path: The file, for the text.
        data: What was read from it.
        names: Variables whose values must be 0 or more.
        corner: First place of what was read along some axes, where that is a part of the file.

    Raises:
        InputError: There is such a value; the text names the first of each variable by species,
            sector, time and cell.
    """
    problems = []
    for name in names:
        values = data[name].values
        wrong = ~(values >= 0.0) | ~np.isfinite(values)
        if wrong.any():
            place = tuple(int(n) for n in np.argwhere(wrong)[0])
            problems.append(
                f"  {name} is '{values[place]}' at {_where(data[name], place, corner or {})}, "
                f"and wrong in {int(wrong.sum())} place(s)"
            )
    if problems:
        text = "\n".join(problems)
        msg = (
            f"'{path}' holds amounts that cannot be; numbers of 0 or more were expected. Correct "
            f"what the stage 'prepare' reads and run it again:\n{text}"
        )
        raise InputError(msg)


def _where(variable: xr.DataArray, place: tuple[int, ...], corner: Mapping[str, int]) -> str:
    """Name a place by the labels of its axes, by the index where an axis has none."""
    names = []
    for dim, index in zip(variable.dims, place, strict=True):
        labelled = dim in variable.coords and dim not in ("x", "y")
        number = index + corner.get(str(dim), 0)
        names.append(f"{dim} {variable[dim].values[index] if labelled else number}")
    return ", ".join(names)
