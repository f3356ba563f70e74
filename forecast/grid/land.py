"""Land use: the raster that comes with the project, the coast, and roughness from land use."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import shapely
from numpy.typing import NDArray

from forecast.common.errors import InputError
from forecast.grid.horizontal import LambertGrid
from forecast.grid.overlap import overlap_areas, regrid_from_raster
from forecast.grid.regions import projected, read_regions

Float = NDArray[np.float64]

CLASSES = (
    "evergreen needleleaf forest", "evergreen broadleaf forest", "deciduous needleleaf forest",
    "deciduous broadleaf forest", "mixed forest", "closed shrubland", "open shrubland",
    "woody savanna", "savanna", "grassland", "permanent wetland", "cropland", "urban",
    "cropland and natural vegetation", "snow and ice", "barren", "water", "wooded tundra",
    "mixed tundra", "barren tundra",
)  # fmt: skip
"""The 20 classes of WRF's IGBP-modified MODIS land use, in the order of all arrays here."""
CROPLAND = CLASSES.index("cropland")
URBAN = CLASSES.index("urban")
MOSAIC = CLASSES.index("cropland and natural vegetation")
WATER = CLASSES.index("water")
BLENDING_HEIGHT = 60.0
"""Height at which the wind no longer knows single fields, m (Wieringa 1986)."""


class Season(StrEnum):
    """State of the vegetation, as WRF switches it."""

    SUMMER = "summer"
    WINTER = "winter"


ROUGHNESS = {
    Season.SUMMER: (
        0.50, 0.50, 0.50, 0.50, 0.50, 0.05, 0.06, 0.05, 0.15, 0.12,
        0.30, 0.15, 0.80, 0.14, 0.001, 0.01, 0.0001, 0.30, 0.15, 0.10,
    ),
    Season.WINTER: (
        0.50, 0.50, 0.50, 0.50, 0.20, 0.01, 0.01, 0.01, 0.15, 0.10,
        0.30, 0.05, 0.80, 0.05, 0.001, 0.01, 0.0001, 0.30, 0.15, 0.05,
    ),
}  # fmt: skip
"""Roughness length of each class, m: column SFZ0 of WRF's LANDUSE.TBL, block
MODIFIED_IGBP_MODIS_NOAH (WRF 4). Its winter rows of grassland and tundra are those of other
classes (grassland repeats evergreen broadleaf forest, tundra is shifted by one row); the values of
the same classes in the block USGS of that file stand here instead."""


def season_of(time: datetime) -> Season:
    """Season of a date in the northern hemisphere: summer from day 105 to 287, as in WRF."""
    summer = 105 <= time.timetuple().tm_yday <= 287
    return Season.SUMMER if summer else Season.WINTER


def roughness_length(land_use: Float, season: Season) -> Float:
    """Effective roughness length of mixed cells.

    Drag coefficients at the blending height l are averaged, 1/ln2(l/z0) = sum f/ln2(l/z0_i)
    (Mason 1988, doi 10.1002/qj.49711448007; l = 60 m of Wieringa 1986, doi
    10.1002/qj.49711247316).

    Args:
        land_use: Shares that sum to 1 in each cell, (20, ny, nx).
        season: Which column of the table.

    Returns:
        m, (ny, nx).
    """
    drag = np.log(BLENDING_HEIGHT / np.array(ROUGHNESS[season])) ** -2
    mean = np.tensordot(drag, land_use, axes=1)
    length: Float = BLENDING_HEIGHT * np.exp(-(mean**-0.5))
    return length


@dataclass(frozen=True)
class LandRaster:
    """Land use and terrain on a Lambert raster of others.

    Attributes:
        grid: The raster.
        land_use: Share of each class, sums to 1, (20, ny, nx).
        terrain_height: m, (ny, nx).
    """

    grid: LambertGrid
    land_use: Float
    terrain_height: Float


def read_land_raster(path: Path) -> LandRaster:
    """Read the raster that `tools/make_ground.py` cropped.

    Raises:
        InputError: The file is missing or is not such a raster.
    """
    try:
        with netCDF4.Dataset(path) as file:
            use = np.asarray(file["land_use"][:], np.float64)
            height = np.asarray(file["terrain_height"][:], np.float64)
            keys = ("latitude_1", "latitude_2", "latitude_0", "longitude_0")
            grid = LambertGrid(
                name=path.stem,
                **{key: float(file.getncattr(key)) for key in keys},
                cell_size=float(file.getncattr("cell_size")),
                nx=height.shape[1],
                ny=height.shape[0],
                x_west=float(file.getncattr("x_west")),
                y_south=float(file.getncattr("y_south")),
            )
    except (OSError, IndexError, AttributeError) as error:
        msg = f"The land raster '{path}' cannot be read: {error}. Restore it from the project."
        raise InputError(msg) from error
    total = use.sum(axis=0)
    if use.shape != (len(CLASSES), *grid.shape) or not np.allclose(total, 1.0, atol=0.01):
        msg = (
            f"The land raster '{path}' has land use of the shape '{use.shape}' with sums from "
            f"{total.min():.3f} to {total.max():.3f}; {len(CLASSES)} shares that sum to 1 were "
            "expected."
        )
        raise InputError(msg)
    return LandRaster(grid, use / total, height)


def land_fraction(raster: LandRaster, coast: Path, grid: LambertGrid) -> Float:
    """Share of land in each cell, (ny, nx); lakes count as land where the coast file holds.

    From the polygons of the coast file inside its box, from the raster's water elsewhere.

    Raises:
        ConfigurationError: The coast file cannot be read.
        InputError: The raster does not cover the grid.
    """
    region = read_regions(coast)[0]
    box = region.polygon.bounds
    inside = (
        (grid.longitude > box[0] + _margin(grid))
        & (grid.longitude < box[2] - _margin(grid))
        & (grid.latitude > box[1] + _margin(grid))
        & (grid.latitude < box[3] - _margin(grid))
    )
    parts: NDArray[Any] = shapely.get_parts(projected([region], grid))
    areas = overlap_areas(parts, grid.cell_polygons()).sum(axis=1).reshape(grid.shape)
    exact = np.clip(areas / grid.cell_size**2, 0.0, 1.0)
    coarse = 1.0 - raster.land_use[WATER].ravel()
    regridded = (regrid_from_raster(raster.grid, grid) @ coarse).reshape(grid.shape)
    land: Float = np.where(inside, exact, regridded)
    return land


def land_use_on(raster: LandRaster, land: Float, grid: LambertGrid) -> Float:
    """Share of each class on the grid, (20, ny, nx), consistent with a share of land.

    The mix of land classes comes from the raster, its amount from `land`; where the raster sees
    water only, land is taken as cropland.

    Args:
        raster: Land use of others.
        land: Share of land, (ny, nx).
        grid: Target.
    """
    weights = regrid_from_raster(raster.grid, grid)
    use = (weights @ raster.land_use.reshape(len(CLASSES), -1).T).T.reshape(-1, *grid.shape)
    use[WATER] = 0.0
    total = use.sum(axis=0)
    bare = total < 1.0e-3
    use[:, bare] = 0.0
    use[CROPLAND, bare] = 1.0
    use *= land / use.sum(axis=0)
    use[WATER] = 1.0 - land
    shares: Float = use
    return shares


def _margin(grid: LambertGrid) -> float:
    """Half a cell and a little, degrees: nearer to the box's edge a cell may stick out of it."""
    return float(0.75 * grid.cell_size / 111.0e3 / np.cos(np.radians(grid.latitude.max())))
