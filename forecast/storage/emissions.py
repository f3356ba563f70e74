"""Prepared emissions, kept factorised in the file as in memory."""

from pathlib import Path

import numpy as np
import xarray as xr

from forecast.common.errors import InputError
from forecast.fields.emissions import EmissionSet, NaturalEmissions, PointSources
from forecast.storage.amounts import check_amounts
from forecast.storage.datasets import open_dataset, strings, write_dataset

_ALL = slice(None)
_BLOCK = 16
"""Cells of a block on disk along y and x."""
_REQUIRED = (
    "time", "sector", "species", "area_rate", "time_factor", "layer_fraction", "point_row",
    "point_column", "point_rate", "point_time_factor", "point_layer_fraction",
)  # fmt: skip
_AMOUNTS = (
    "area_rate", "time_factor", "layer_fraction", "point_rate", "point_time_factor",
    "point_layer_fraction",
)  # fmt: skip


def write_emissions(path: Path, emissions: EmissionSet) -> None:
    """Write an emission set.

    Raises:
        OutputError: A field is not as the registry says, or the disk refuses the file.
    """
    points = emissions.points
    dataset = xr.Dataset(
        {
            "area_rate": (("sector", "species", "y", "x"), emissions.area_rate),
            "time_factor": (("time", "sector"), emissions.time_factor),
            "layer_fraction": (("sector", "z_emission"), emissions.layer_fraction),
            "point_row": (("point",), points.row),
            "point_column": (("point",), points.column),
            "point_rate": (("point", "species"), points.rate),
            "point_time_factor": (("time",), points.time_factor),
            "point_layer_fraction": (("time", "point", "z_emission"), points.layer_fraction),
        },
        coords={
            "time": emissions.times,
            "sector": list(emissions.sectors),
            "species": list(emissions.species),
        },
        attrs={
            "title": "emissions on the model grid: rate x time factor x layer fraction",
            "point_sector": points.sector,
            "attribution": emissions.attribution,
        },
    )
    natural = emissions.natural
    if natural is not None:
        dims = ("time", "natural_species", "y", "x")
        dataset = dataset.assign_coords(natural_species=list(natural.species))
        dataset = dataset.assign(natural_rate=(dims, natural.rate))
        dataset.attrs["natural_attribution"] = natural.attribution
    write_dataset(path, dataset, chunks={"y": _BLOCK, "x": _BLOCK}, compression=1)


def read_emissions(path: Path, rows: slice = _ALL, columns: slice = _ALL) -> EmissionSet:
    """Read an emission set, or what a tile emits.

    Only the blocks that a tile touches are unpacked: each of many ranks reads its own part.

    Args:
        path: A file of `write_emissions`.
        rows: Cells of the tile to the north; all by default.
        columns: Cells of the tile to the east; all by default.

    Raises:
        InputError: The file is missing, cut off, not as the registry says, or holds emissions that
            are negative or no numbers.
    """
    data, corner = _read_tile(path, rows, columns)
    natural = ("natural_rate",) if "natural_rate" in data else ()
    check_amounts(path, data, *_AMOUNTS, *natural, corner=corner)
    points = PointSources(
        sector=str(data.attrs["point_sector"]),
        row=data["point_row"].values,
        column=data["point_column"].values,
        rate=data["point_rate"].values,
        time_factor=data["point_time_factor"].values,
        layer_fraction=data["point_layer_fraction"].values,
    )
    return EmissionSet(
        times=data["time"].values,
        sectors=strings(data["sector"]),
        species=strings(data["species"]),
        area_rate=data["area_rate"].values,
        time_factor=data["time_factor"].values,
        layer_fraction=data["layer_fraction"].values,
        points=points,
        attribution=str(data.attrs["attribution"]),
        natural=_natural(data),
    )


def read_sectors(path: Path) -> tuple[str, ...]:
    """Read the names of the sectors.

    Raises:
        InputError: The file is missing, cut off, or not as the registry says.
    """
    with open_dataset(path, _REQUIRED) as data:
        return strings(data["sector"])


def _read_tile(path: Path, rows: slice, columns: slice) -> tuple[xr.Dataset, dict[str, int]]:
    """Read the tile's part of each field, and the stacks that stand there, in cells of the tile."""
    with open_dataset(path, _REQUIRED) as data:
        j = slice(*rows.indices(data.sizes["y"]))
        i = slice(*columns.indices(data.sizes["x"]))
        try:
            row, column = data["point_row"].values, data["point_column"].values
            inside = (row >= j.start) & (row < j.stop) & (column >= i.start) & (column < i.stop)
            part = data.isel(y=j, x=i, point=np.flatnonzero(inside)).load()
        except (OSError, RuntimeError) as error:
            msg = f"'{path}' is damaged ({error}); remove it and run the cycle again."
            raise InputError(msg) from error
    part["point_row"] = part["point_row"] - j.start
    part["point_column"] = part["point_column"] - i.start
    return part, {"y": j.start, "x": i.start}


def _natural(data: xr.Dataset) -> NaturalEmissions | None:
    """Natural emissions of a file, None when it has none."""
    if "natural_rate" not in data:
        return None
    return NaturalEmissions(
        times=data["time"].values,
        species=strings(data["natural_species"]),
        rate=data["natural_rate"].values,
        attribution=str(data.attrs["natural_attribution"]),
    )
