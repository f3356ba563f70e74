"""Prepared meteorology: one chunk an hour, read hour by hour and tile by tile."""

from dataclasses import fields
from pathlib import Path

import netCDF4
import numpy as np
import xarray as xr

from forecast.common.errors import InputError
from forecast.fields.arrays import Single, Times
from forecast.fields.meteorology import MeteorologyHour, MeteorologySeries
from forecast.fields.variables import REGISTRY
from forecast.storage.datasets import open_dataset, write_dataset

_NAMES = tuple(field.name for field in fields(MeteorologyHour))
_WHOLE = slice(None)


def write_meteorology(path: Path, series: MeteorologySeries) -> None:
    """Write a prepared series.

    Raises:
        OutputError: A field is not as the registry says, or the disk refuses the file.
    """
    data = {name: (REGISTRY[name].dims, getattr(series.hour_fields, name)) for name in _NAMES}
    dataset = xr.Dataset(
        data,
        coords={"time": series.times},
        attrs={
            "title": "meteorology on the model grid; fluxes are means of the hour that starts",
            "precipitation_known": int(series.precipitation_known),
            "attribution": series.attribution,
        },
    )
    write_dataset(path, dataset, chunks={"time": 1})


def read_times(path: Path) -> Times:
    """Read the hour bounds of a prepared series.

    Raises:
        InputError: The file is missing, cut off, or not as the registry says.
    """
    with open_dataset(path, ("time", *_NAMES)) as header:
        times: Times = header["time"].values
        return times


def read_surface(path: Path, *names: str) -> tuple[Single, ...]:
    """Read whole surface fields of a prepared series, each (time, y, x).

    Raises:
        InputError: The file is missing, cut off, or not as the registry says.
    """
    with open_dataset(path, ("time", *names)) as data:
        return tuple(np.asarray(data[name].values, dtype=np.float32) for name in names)


class MeteorologyFile:
    """An open series, cut to one tile.

    Attributes:
        times: Hour bounds, UTC.
        precipitation_known: False when the driver has none.
        attribution: Source and licence of the driver.
    """

    def __init__(self, path: Path, rows: slice = _WHOLE, columns: slice = _WHOLE) -> None:
        """Open and check a file.

        Args:
            path: A file of `write_meteorology`.
            rows: Cells of the tile to the north; all by default.
            columns: Cells of the tile to the east; all by default.

        Raises:
            InputError: The file is missing, cut off, or not as the registry says.
        """
        with open_dataset(path, ("time", *_NAMES)) as header:
            self.times: Times = header["time"].values
            self.precipitation_known = bool(header.attrs["precipitation_known"])
            self.attribution = str(header.attrs["attribution"])
            sizes = dict(header.sizes)
        self._path = path
        j, i = slice(*rows.indices(sizes["y"])), slice(*columns.indices(sizes["x"]))
        cuts = {
            "x": i,
            "y": j,
            "x_edge": slice(i.start, i.stop + 1),
            "y_edge": slice(j.start, j.stop + 1),
        }
        self._cuts = {
            name: tuple(cuts.get(dim, _WHOLE) for dim in REGISTRY[name].dims[1:]) for name in _NAMES
        }
        self._file = netCDF4.Dataset(path)
        self._file.set_auto_mask(False)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def hour(self, index: int) -> MeteorologyHour:
        """Read one hour of the tile.

        Raises:
            InputError: The series has no such hour, or the file is damaged.
        """
        if not 0 <= index < self.times.size:
            msg = (
                f"'{self._path}' has {self.times.size} records; record {index} was asked for. "
                "Prepare the meteorology for the whole run."
            )
            raise InputError(msg)
        try:
            values = {
                name: np.ascontiguousarray(self._file[name][(index, *self._cuts[name])])
                for name in _NAMES
            }
        except (OSError, RuntimeError) as error:
            msg = f"'{self._path}' is damaged at record {index} ({error}); prepare it again."
            raise InputError(msg) from error
        return MeteorologyHour(**values)
