"""Crop daily means of the NCEP/NCAR reanalysis for data/meteorology.

    python -m tools.make_meteorology SOURCE OUTPUT

SOURCE is one netCDF file with air, hgt, uwnd, vwnd and shum on pressure levels (merged from the
yearly files of NOAA PSL); OUTPUT is the crop. Values are not changed.
"""

import argparse
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

WEST, EAST, SOUTH, NORTH = 95.0, 145.0, 20.0, 55.0
"""The domain of 27 km with a margin of 13 degrees and more, degrees."""
FIELDS = ("air", "hgt", "uwnd", "vwnd", "shum")
DIMENSIONS = ("time", "level", "lat", "lon")
FILL = np.float32(-9.96921e36)
KEPT = ("units", "long_name", "standard_name", "positive", "axis", "calendar", "statistic",
        "dataset", "var_desc")  # fmt: skip


def crop(source: Path, output: Path) -> None:
    """Write the crop."""
    with (
        netCDF4.Dataset(source) as raw,
        netCDF4.Dataset(output, "w", format="NETCDF4_CLASSIC") as new,
    ):
        lon, lat = raw["lon"][:], raw["lat"][:]
        columns = np.flatnonzero((lon >= WEST) & (lon <= EAST))
        rows = np.flatnonzero((lat >= SOUTH) & (lat <= NORTH))
        new.setncatts(
            {
                "title": "NCEP/NCAR Reanalysis 1, daily means, 95-145 E, 20-55 N",
                "source": "NOAA Physical Sciences Laboratory, Boulder, USA; public domain",
                "references": "Kalnay et al. (1996), Bull. Amer. Meteor. Soc. 77, 437-470, doi "
                "10.1175/1520-0477(1996)077<0437:TNYRP>2.0.CO;2",
                "history": "cropped in space, time and variables; values unchanged; specific "
                "humidity exists up to 300 hPa only",
                "Conventions": "CF-1.8",
            }
        )
        axes = {
            "time": raw["time"][:],
            "level": raw["level"][:],
            "lat": lat[rows],
            "lon": lon[columns],
        }
        for name, values in axes.items():
            new.createDimension(name, values.size)
            axis = new.createVariable(name, "f8" if name == "time" else "f4", (name,))
            _copy_attributes(raw[name], axis)
            axis[:] = values
        for name in FIELDS:
            field = new.createVariable(
                name, "f4", DIMENSIONS, zlib=True, complevel=9, shuffle=True, fill_value=FILL
            )
            _copy_attributes(raw[name], field)
            field[:] = np.ma.masked_invalid(raw[name][:][:, :, rows][..., columns])


def _copy_attributes(source: Any, target: Any) -> None:
    target.setncatts({key: source.getncattr(key) for key in source.ncattrs() if key in KEPT})


def main() -> None:
    """Read the command line and make the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    crop(arguments.source, arguments.output)


if __name__ == "__main__":
    main()
