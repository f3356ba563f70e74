"""Ensemble fields on the grid: our own file, and the CF netCDF that leaves the house."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import xarray as xr

from forecast.fields.arrays import Single
from forecast.fields.ensemble import EnsembleFields
from forecast.fields.variables import PERCENTILES, REGISTRY
from forecast.grid.horizontal import LambertGrid
from forecast.storage.datasets import read_dataset, write_dataset

_MAPPING = "lambert_conformal_conic"
_HOUR = np.timedelta64(3600, "s")


def write_ensemble(
    path: Path, fields: EnsembleFields, grid: LambertGrid, attrs: Mapping[str, str]
) -> None:
    """Write ensemble fields as CF netCDF with projection, bounds and cell methods.

    Args:
        path: File to write.
        fields: What the members say together.
        grid: Where.
        attrs: Global attributes, such as title, attribution and comment.

    Raises:
        OutputError: A field is not as the registry says, or the disk refuses the file.
    """
    values: dict[str, xr.DataArray] = {}
    for place, name in enumerate(fields.pollutants):
        values[f"{name}_mean"] = _hourly(f"{name}_mean", fields.mean[place], "realization: mean")
    for place, name in enumerate(fields.ranked):
        for rank, percent in enumerate(PERCENTILES):
            key = f"{name}_p{percent}"
            values[key] = _hourly(key, fields.percentiles[place, rank])
    values["pm25_exceedance"] = _hourly("pm25_exceedance", fields.exceedance)
    values["member_count"] = xr.DataArray(fields.member_count, dims=("time",))
    values[_MAPPING] = xr.DataArray(np.int32(0), attrs=grid.crs.to_cf())
    time = fields.labels.astype("datetime64[s]")
    values["time_bounds"] = xr.DataArray(
        np.stack([time - _HOUR, time], axis=1), dims=("time", "bound")
    )
    dataset = xr.Dataset(
        values,
        coords={
            "time": ("time", time, {"bounds": "time_bounds", "axis": "T"}),
            "y": ("y", grid.y_centre, {"axis": "Y"}),
            "x": ("x", grid.x_centre, {"axis": "X"}),
            "longitude": (("y", "x"), grid.longitude),
            "latitude": (("y", "x"), grid.latitude),
            "threshold": fields.thresholds,
        },
        attrs={
            "cycle": fields.cycle,
            "members": " ".join(fields.members),
            "grid_fingerprint": grid.fingerprint,
            **attrs,
        },
    )
    write_dataset(path, dataset, chunks={"time": 24}, compression=1)


def _hourly(name: str, values: Single, members: str = "") -> xr.DataArray:
    attrs = {"cell_methods": f"time: mean {members}".strip(), "grid_mapping": _MAPPING}
    return xr.DataArray(values, dims=REGISTRY[name].dims, attrs=attrs)


def read_ensemble(path: Path) -> EnsembleFields:
    """Read ensemble fields back.

    Raises:
        InputError: The file is missing, cut off, or not as the registry says.
    """
    data = read_dataset(path, ("time", "member_count", "threshold", "pm25_exceedance"))
    pollutants = tuple(str(key)[:-5] for key in data.data_vars if str(key).endswith("_mean"))
    ranked = tuple(name for name in pollutants if f"{name}_p50" in data)
    return EnsembleFields(
        cycle=str(data.attrs["cycle"]),
        members=tuple(str(data.attrs["members"]).split()),
        labels=data["time"].values,
        member_count=data["member_count"].values,
        pollutants=pollutants,
        mean=np.stack([data[f"{name}_mean"].values for name in pollutants]),
        ranked=ranked,
        percentiles=np.stack(
            [[data[f"{name}_p{percent}"].values for percent in PERCENTILES] for name in ranked]
        ),
        thresholds=data["threshold"].values,
        exceedance=data["pm25_exceedance"].values,
    )
