"""Prepared boundary values and the initial state of a cold start."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import xarray as xr

from forecast.fields.boundary import BoundarySeries
from forecast.fields.variables import REGISTRY
from forecast.storage.amounts import check_amounts
from forecast.storage.datasets import read_dataset, strings, write_dataset

_SIDES = ("west", "east", "south", "north")


def write_boundary(path: Path, boundary: BoundarySeries) -> None:
    """Write boundary values.

    Raises:
        OutputError: A field is not as the registry says, or the disk refuses the file.
    """
    names = {f"boundary_{side}": getattr(boundary, side) for side in _SIDES}
    names["initial_mixing_ratio"] = boundary.initial
    dataset = xr.Dataset(
        {name: (REGISTRY[name].dims, value) for name, value in names.items()},
        coords={"time": boundary.times, "species": list(boundary.species)},
        attrs={
            "title": "mixing ratios outside the domain and at a cold start",
            "attribution": boundary.attribution,
        },
    )
    write_dataset(path, dataset, compression=1)


def read_boundary(path: Path) -> BoundarySeries:
    """Read boundary values.

    Raises:
        InputError: The file is missing, cut off, not as the registry says, or holds mixing ratios
            that are negative or no numbers.
    """
    sides = tuple(f"boundary_{side}" for side in _SIDES)
    data = read_dataset(path, ("time", "species", "initial_mixing_ratio", *sides))
    check_amounts(path, data, "initial_mixing_ratio", *sides)
    return BoundarySeries(
        times=data["time"].values,
        species=strings(data["species"]),
        west=data["boundary_west"].values,
        east=data["boundary_east"].values,
        south=data["boundary_south"].values,
        north=data["boundary_north"].values,
        initial=data["initial_mixing_ratio"].values,
        attribution=str(data.attrs["attribution"]),
    )


def cut_boundary(boundary: BoundarySeries, rows: slice, columns: slice) -> BoundarySeries:
    """Cut all four sides and the initial state to the rows and columns of a tile."""
    return replace(
        boundary,
        west=np.ascontiguousarray(boundary.west[..., rows]),
        east=np.ascontiguousarray(boundary.east[..., rows]),
        south=np.ascontiguousarray(boundary.south[..., columns]),
        north=np.ascontiguousarray(boundary.north[..., columns]),
        initial=np.ascontiguousarray(boundary.initial[..., rows, columns]),
    )
