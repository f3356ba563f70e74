"""netCDF files of our own, checked against the registry on every write and read."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import xarray as xr

from forecast import __version__
from forecast.common.errors import ForecastError, InputError, OutputError
from forecast.fields.variables import REGISTRY, Variable
from forecast.storage.atomic import missing_file, output_error, replacing

CONVENTIONS = "CF-1.11"
_TIME_UNITS = "seconds since 1970-01-01T00:00:00"
_GRID_MAPPING = "grid_mapping_name"


def attributes(entry: Variable) -> dict[str, str]:
    """Attributes of a variable as the registry gives them."""
    found = {"long_name": entry.long_name, "standard_name": entry.standard_name}
    if not entry.dtype.startswith("datetime64"):
        found["units"] = entry.units
    return {key: value for key, value in found.items() if value}


def problems(dataset: xr.Dataset, required: Collection[str] = ()) -> list[str]:
    """Compare a dataset with the registry.

    Args:
        dataset: What is to be written, or was read.
        required: Names that must be there.

    Returns:
        One sentence for each difference; empty when all is well.
    """
    found = [f"the variable '{name}' is missing" for name in required if name not in dataset]
    for name in dataset.variables:
        array = dataset[name]
        if _GRID_MAPPING in array.attrs:
            continue
        if name not in REGISTRY:
            found.append(f"the variable '{name}' is not in the registry")
        else:
            found += _differences(array, REGISTRY[str(name)])
    return found


def _differences(array: xr.DataArray, entry: Variable) -> list[str]:
    found = []
    if array.dims != entry.dims:
        found.append(f"'{entry.name}' has dimensions {array.dims}, expected {entry.dims}")
    if _dtype(array) != entry.dtype:
        found.append(f"'{entry.name}' has dtype '{_dtype(array)}', expected '{entry.dtype}'")
    units = array.attrs.get("units")
    if units is not None and units != entry.units:
        found.append(f"'{entry.name}' has units '{units}', expected '{entry.units}'")
    return found


def _dtype(array: xr.DataArray) -> str:
    kind = array.dtype.kind
    return "str" if kind in "OUT" else str(array.dtype)


def write_dataset(
    path: Path,
    dataset: xr.Dataset,
    *,
    chunks: Mapping[str, int] | None = None,
    compression: int = 0,
) -> None:
    """Write a dataset whole or not at all; attributes come from the registry.

    Args:
        path: netCDF file to write or to replace.
        dataset: Variables by their registry names, without or with the right units.
        chunks: Chunk length of the dimensions named; others are not divided.
        compression: zlib level, 0 for none.

    Raises:
        OutputError: A variable is not as the registry says, or the disk refuses the file.
    """
    found = problems(dataset)
    if found:
        raise _refused(path, found, OutputError)
    labelled = dataset.copy()
    for name in labelled.variables:
        if name in REGISTRY:
            labelled[name].attrs = attributes(REGISTRY[str(name)]) | labelled[name].attrs
    labelled.attrs = {
        "Conventions": CONVENTIONS,
        "source": f"forecast {__version__}",
        **dataset.attrs,
    }
    encoding = {
        str(name): _encoding(labelled[name], chunks or {}, compression)
        for name in labelled.variables
    }
    with replacing(path) as temporary:
        try:
            labelled.to_netcdf(temporary, engine="netcdf4", encoding=encoding)
        except RuntimeError as error:
            raise output_error(path, error) from error


def _encoding(array: xr.DataArray, chunks: Mapping[str, int], compression: int) -> dict[str, Any]:
    if array.dtype.kind == "M":
        return {"units": _TIME_UNITS, "dtype": "int64", "calendar": "proleptic_gregorian"}
    if array.dtype.kind in "OUT" or array.ndim == 0 or 0 in array.shape:
        return {}
    encoding: dict[str, Any] = {}
    if array.dtype.kind == "f":
        encoding["_FillValue"] = None
    if chunks or compression:
        sizes = zip(array.dims, array.shape, strict=True)
        encoding["chunksizes"] = tuple(min(size, chunks.get(str(dim), size)) for dim, size in sizes)
    if compression:
        encoding |= {"zlib": True, "complevel": compression, "shuffle": True}
    return encoding


def open_dataset(path: Path, required: Collection[str] = ()) -> xr.Dataset:
    """Open a file of our own and check it; values are read when they are asked for.

    Args:
        path: netCDF file.
        required: Names that must be there.

    Returns:
        The open dataset; use it in a `with` statement.

    Raises:
        InputError: The file is missing, cut off, not ours, or not as the registry says.
    """
    if not path.is_file():
        raise missing_file(path, f"a netCDF file with {', '.join(required) or 'our variables'}")
    times = xr.coders.CFDatetimeCoder(time_unit="s")
    try:
        dataset = xr.open_dataset(path, engine="netcdf4", decode_times=times, cache=False)
    except (OSError, ValueError, RuntimeError) as error:
        msg = (
            f"'{path}' cannot be read as netCDF ({error}); it was cut off or is not ours. Remove "
            "it and run the cycle again: the stage that makes it will write it anew."
        )
        raise InputError(msg) from error
    found = problems(dataset, required)
    if found:
        dataset.close()
        raise _refused(path, found, InputError)
    return dataset


def read_dataset(path: Path, required: Collection[str] = ()) -> xr.Dataset:
    """Read a whole file of our own into memory, checked against the registry.

    Raises:
        InputError: The file is missing, cut off, not ours, or not as the registry says.
    """
    with open_dataset(path, required) as dataset:
        try:
            return dataset.load()
        except (OSError, RuntimeError) as error:
            msg = f"'{path}' is damaged ({error}); remove it and run the cycle again."
            raise InputError(msg) from error


def _refused(path: Path, found: list[str], kind: type[ForecastError]) -> ForecastError:
    verb = "was not written" if kind is OutputError else "cannot be used"
    listed = "\n".join(f"  {line}" for line in found)
    return kind(
        f"'{path}' {verb}: it differs from the variable registry (forecast/fields/variables.py) "
        f"in {len(found)} point(s):\n{listed}\nCorrect the maker of the file, or the registry."
    )


def strings(array: xr.DataArray) -> tuple[str, ...]:
    """Texts of a coordinate such as the species names."""
    return tuple(str(value) for value in cast("np.ndarray[Any, Any]", array.values))
