"""Prepared emissions, kept factorised in the file as in memory."""

from pathlib import Path

import xarray as xr

from forecast.fields.emissions import EmissionSet, NaturalEmissions, PointSources
from forecast.storage.amounts import check_amounts
from forecast.storage.datasets import read_dataset, strings, write_dataset

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
    write_dataset(path, dataset, compression=1)


def read_emissions(path: Path) -> EmissionSet:
    """Read an emission set.

    Raises:
        InputError: The file is missing, cut off, not as the registry says, or holds emissions that
            are negative or no numbers.
    """
    data = read_dataset(path, _REQUIRED)
    natural = ("natural_rate",) if "natural_rate" in data else ()
    check_amounts(path, data, *_AMOUNTS, *natural)
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
