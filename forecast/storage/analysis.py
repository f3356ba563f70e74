"""The inflation of an analysis, for the next one."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import xarray as xr

from forecast.fields.arrays import Float
from forecast.fields.variables import REGISTRY
from forecast.storage.datasets import read_dataset, strings, write_dataset

_NAME = "variance_inflation"


def write_inflation(path: Path, fields: Mapping[str, Float]) -> None:
    """Write the factor on the members' variance.

    Args:
        path: The file.
        fields: (ny, nx) by pollutant.

    Raises:
        OutputError: The disk refuses the file.
    """
    variable = (REGISTRY[_NAME].dims, np.stack(list(fields.values())))
    dataset = xr.Dataset({_NAME: variable}, coords={"observed": list(fields)})
    write_dataset(path, dataset, compression=1)


def read_inflation(path: Path) -> dict[str, Float]:
    """Read it back.

    Raises:
        InputError: The file is missing, cut off, or not as the registry says.
    """
    data = read_dataset(path, ("observed", _NAME))
    return dict(zip(strings(data["observed"]), data[_NAME].values, strict=True))
