"""Persons per cell: counted cells where the project has them, a model of land use elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pydantic import Field
from scipy.optimize import nnls

from forecast.config.base import Model
from forecast.grid.horizontal import LambertGrid
from forecast.grid.land import CROPLAND, MOSAIC, URBAN, WATER, LandRaster
from forecast.grid.overlap import (
    lonlat_cell_polygons,
    overlap_areas,
    raster_cell_polygons,
    region_shares,
)
from forecast.grid.regions import Region
from forecast.grid.table import read_table

Float = NDArray[np.float64]
HALF_CELL = 0.25
"""Half the side of a counted cell, degrees."""
ROUNDS = 20
"""Rounds of scaling to the census; the rest is then below one person in a thousand."""


class CensusRow(Model):
    """One row of the census table."""

    code: str
    """Code of the region's polygon."""
    name: str
    """English name."""
    persons: Annotated[int, Field(gt=0)]
    """Persons in the region."""


class CountedCell(Model):
    """One row of the population table."""

    code: str
    """Name of the cell, from its centre."""

    longitude: Annotated[float, Field(ge=-180.0, le=180.0)]
    """Centre, degrees east."""
    latitude: Annotated[float, Field(ge=-90.0, le=90.0)]
    """Centre, degrees north."""
    persons: Annotated[float, Field(ge=0.0)]
    """Persons in the cell."""


@dataclass(frozen=True)
class DensityModel:
    """Persons per km2 of land of each kind, fitted to counted cells.

    Attributes:
        urban: On built-up land.
        cropland: On cropland, mixed cropland included.
        other: On other land.
        explained: Share of the variance between counted cells that it explains.
    """

    urban: float
    cropland: float
    other: float
    explained: float

    def density(self, land_use: Float) -> Float:
        """Persons per km2 from shares of land use (20, ...)."""
        urban, crop, other = predictors(land_use)
        persons: Float = self.urban * urban + self.cropland * crop + self.other * other
        return persons


def predictors(land_use: Float) -> tuple[Float, Float, Float]:
    """Shares of built-up land, cropland and other land from shares of land use (20, ...)."""
    urban = land_use[URBAN]
    crop = land_use[CROPLAND] + land_use[MOSAIC]
    return urban, crop, 1.0 - land_use[WATER] - urban - crop


def counted_polygons(cells: tuple[CountedCell, ...], grid: LambertGrid) -> NDArray[Any]:
    """The counted cells as polygons in map metres."""
    return np.concatenate(
        [
            np.empty(0, dtype=object),
            *(
                lonlat_cell_polygons(
                    (cell.longitude - HALF_CELL, cell.longitude + HALF_CELL),
                    (cell.latitude - HALF_CELL, cell.latitude + HALF_CELL),
                    grid,
                )
                for cell in cells
            ),
        ]
    )


def fit_density(cells: tuple[CountedCell, ...], raster: LandRaster) -> DensityModel:
    """Fit the persons of counted cells to areas of land use, with coefficients of at least 0."""
    grid = raster.grid
    square_km = 1.0e-6 / grid.map_factor.ravel() ** 2
    areas = overlap_areas(raster_cell_polygons(grid, grid), counted_polygons(cells, grid))
    kinds = np.stack([kind.ravel() * square_km for kind in predictors(raster.land_use)], axis=1)
    persons = np.array([cell.persons for cell in cells])
    design = areas @ kinds
    coefficients, residual = nnls(design, persons)
    variation = max(float(np.sum((persons - persons.mean()) ** 2)), 1.0e-12)
    explained = 1.0 - residual**2 / variation
    urban, cropland, other = map(float, coefficients)
    return DensityModel(urban, cropland, other, float(explained))


def read_population(path: Path) -> tuple[CountedCell, ...]:
    """Read the table of counted cells.

    Raises:
        ConfigurationError: The file is missing or a row is wrong.
    """
    return read_table(path, CountedCell)


def read_census(path: Path) -> tuple[CensusRow, ...]:
    """Read the table of census totals.

    Raises:
        ConfigurationError: The file is missing or a row is wrong.
    """
    return read_table(path, CensusRow)


def population_on(
    grid: LambertGrid, land_use: Float, cells: tuple[CountedCell, ...], model: DensityModel
) -> Float:
    """Persons in each cell of a grid.

    The persons of a counted cell are spread over the grid cells that it meets in proportion to the
    model's density there, so their number is kept; outside the counted cells the model stands.

    Args:
        grid: Target.
        land_use: Shares on the grid, (20, ny, nx).
        cells: Counted cells.
        model: Density by land use.

    Returns:
        Persons, (ny, nx).
    """
    density = model.density(land_use).ravel()
    persons = np.array([cell.persons for cell in cells])
    polygons = counted_polygons(cells, grid)
    square_km = 1.0e-6 / grid.map_factor.ravel() ** 2
    pieces = overlap_areas(polygons, grid.cell_polygons()).multiply(square_km[:, None]).tocsr()
    # a trace everywhere: persons on islets that land use does not know stay near them
    demand = pieces.multiply(density[:, None] + 1.0e-6).tocsr()
    met = demand.sum(axis=0)
    inside = persons * inside_shares(polygons, grid)
    spread = demand @ np.divide(inside, met, out=np.zeros_like(met), where=met > 0.0)
    whole = grid.cell_size**2 * square_km
    left = np.clip(whole - pieces.sum(axis=1), 0.0, None)
    total: Float = (spread + left * density).reshape(grid.shape)
    return total


def scale_to_census(
    population: Float, shares: Any, outside: Float, persons: Float
) -> tuple[Float, Float]:
    """Bring the persons of regions to their census, keeping the pattern inside each.

    A cell on a border takes the mean of its regions' factors, so a few rounds are needed; persons
    in no region stay.

    Args:
        population: Persons, (ny, nx).
        shares: Share of each cell's area in each region, csr (nregion, ny * nx).
        outside: Persons of each region beyond the grid, before scaling, (nregion,).
        persons: Census of each whole region, (nregion,).

    Returns:
        Scaled persons, (ny, nx), and the share of each region's persons inside the grid,
        (nregion,).
    """
    cells = population.ravel().copy()
    belonging = shares.sum(axis=0)
    somewhere = belonging > 0.0
    before = shares @ cells
    inside = before / np.maximum(before + outside, 1.0e-12)
    for _ in range(ROUNDS):
        counted = shares @ cells
        factor = np.divide(
            persons * inside, counted, out=np.ones_like(counted), where=counted > 0.0
        )
        mixed = shares.T @ factor
        cells[somewhere] *= mixed[somewhere] / belonging[somewhere]
    return cells.reshape(population.shape), inside


def persons_outside(
    grid: LambertGrid, raster: LandRaster, regions: Sequence[Region], model: DensityModel
) -> Float:
    """Persons of each region beyond the grid, by the model on the raster, (nregion,)."""
    coarse = raster.grid
    left = 1.0 - inside_shares(raster_cell_polygons(coarse, grid), grid)
    persons = model.density(raster.land_use).ravel() * coarse.cell_area.ravel() * 1.0e-6
    total: Float = region_shares(coarse, regions) @ (persons * left)
    return total


def inside_shares(polygons: NDArray[Any], grid: LambertGrid) -> Float:
    """Share of each polygon's map area that lies inside the grid."""
    box = shapely.box(grid.x_edge[0], grid.y_edge[0], grid.x_edge[-1], grid.y_edge[-1])
    share: Float = shapely.area(shapely.intersection(polygons, box)) / shapely.area(polygons)
    return np.clip(share, 0.0, 1.0)
