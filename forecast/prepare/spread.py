"""Spreading provincial totals over cells: where a sector's emission lies, and how much is inside.

A sector is spread by a mix of surrogates (built-up land, persons, crop land). The share of a
province that lies inside the domain is counted with the same mix over the whole province; that
share is then placed on the model cells, and its complement is outside. So the weights of a
province add up to its share inside by construction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from scipy.sparse import csr_array

from forecast.common.degradation import Degradation
from forecast.common.errors import InputError
from forecast.fields.arrays import Booleans, Float
from forecast.fields.inventory import SECTORS, SURROGATES, Inventory
from forecast.grid.domain import Domain
from forecast.grid.horizontal import LambertGrid
from forecast.grid.land import CROPLAND, MOSAIC
from forecast.grid.regions import Region
from forecast.grid.static import StaticFields

POWER = SECTORS.index("power")
_CROP = {CROPLAND: 1.0, MOSAIC: 0.5}
"""Crop land in a class of land use; half of the mosaic, as in the table of land-use cells."""
_POPULATION = SURROGATES.index("population")


@dataclass(frozen=True)
class Spread:
    """Where the total of each province goes.

    Attributes:
        weights: For each sector, share of a province's area emission in each cell, csr
            (nprovince, ny * nx); a row sums to the share inside the domain.
        inside: That share, (nsector, nprovince).
        listed: Share of power emission that the listed units stand for, (nprovince,).
    """

    weights: tuple[Any, ...]
    inside: Float
    listed: Float


def spread_provinces(
    inventory: Inventory, domain: Domain, static: StaticFields, regions: Sequence[Region]
) -> tuple[Spread, list[Degradation]]:
    """Compute the weights of every sector and province.

    Args:
        inventory: All tables.
        domain: Model cells.
        static: Population and land use of the model cells, shares of provinces.
        regions: Province polygons.

    Returns:
        The weights, and the fallbacks taken.

    Raises:
        InputError: A province has no polygon.
    """
    codes = inventory.totals.provinces
    polygons = [_of_code(code, regions, static) for code in codes]
    order = [static.province_codes.index(code) for code in codes]
    grid, units = domain.horizontal, inventory.units
    has_units = np.array([code in units.province for code in codes])
    cells = _cell_surrogates(grid, static)
    area = csr_array(static.province_shares)[order]
    free = 1.0 - units.area.contains(grid.longitude.ravel(), grid.latitude.ravel())
    count = _ProvinceCount(inventory, polygons, grid, np.asarray(static.province_inside)[order])
    weights, degradations = [], []
    inside = np.zeros((len(SECTORS), len(codes)))
    for s, sector in enumerate(SECTORS):
        only_unlisted = has_units & (s == POWER)
        open_cells = np.where(only_unlisted[:, None], free[None, :], 1.0)
        matrix, fallbacks = _mix(area, cells, inventory.spatial_mix[s], open_cells)
        degradations += [_degradation(sector, codes[p], name) for p, name in fallbacks]
        share = count.inside(inventory.spatial_mix[s], only_unlisted)
        inside[s] = np.where(matrix.sum(axis=1) > 0.0, share, 0.0)
        weights.append(csr_array(matrix.multiply(inside[s][:, None])))
    listed = np.where(has_units, count.in_units_area(inventory.spatial_mix[POWER]), 0.0)
    return Spread(tuple(weights), inside, listed), degradations


def _of_code(code: str, regions: Sequence[Region], static: StaticFields) -> Region:
    """Pick the polygon of a province, which the static fields must know too."""
    for region in regions:
        if region.code == code and code in static.province_codes:
            return region
    msg = (
        f"The inventory has the province '{code}' but the province boundaries have only "
        f"{', '.join(region.code for region in regions)}; add its polygon to the boundary file, "
        "or take the province out of the inventory."
    )
    raise InputError(msg)


def _cell_surrogates(grid: LambertGrid, static: StaticFields) -> dict[str, Float]:
    """Amount of each surrogate in the model cells, (ny * nx,); land area serves as fallback."""
    area = grid.cell_area.ravel()
    crop = np.zeros(grid.shape)
    for index, share in _CROP.items():
        crop += share * static.land_use[index]
    return {
        "urban": static.urban_fraction.ravel() * area,
        "population": static.population.ravel(),
        "crop": crop.ravel() * area,
        "land": static.land_fraction.ravel() * area,
    }


def _mix(
    area: Any, cells: dict[str, Float], mix: Float, open_cells: Float
) -> tuple[Any, list[tuple[int, str]]]:
    """Weights of one sector that sum to 1 over the open cells of each province.

    Returns:
        csr (nprovince, ncell), and the provinces where a surrogate is nowhere in the domain, so
        that land stands in for it.
    """
    total = csr_array(area.shape)
    fallbacks: list[tuple[int, str]] = []
    reachable = csr_array(area.multiply(open_cells))
    land = csr_array(reachable.multiply(cells["land"][None, :]))
    for name, share in zip(SURROGATES, mix, strict=True):
        if share == 0.0:
            continue
        amount = csr_array(reachable.multiply(cells[name][None, :]))
        none = (amount.sum(axis=1) <= 0.0) & (land.sum(axis=1) > 0.0)
        fallbacks += [(int(p), name) for p in np.flatnonzero(none)]
        amount = csr_array(amount + land.multiply(none[:, None]))
        sums = amount.sum(axis=1)
        scale = np.divide(share, sums, out=np.zeros_like(sums), where=sums > 0.0)
        total = csr_array(total + amount.multiply(scale[:, None]))
    return total, fallbacks


def _degradation(sector: str, province: str, surrogate: str) -> Degradation:
    return Degradation(
        stage="prepare",
        what=f"no {surrogate} in the part of {province} inside the domain, sector {sector}",
        original=f"spreading by {surrogate}",
        replacement="spreading by land area",
        effect=f"{province}省区{sector}排放在模拟区内按陆地面积分配，空间分布偏粗。",
        code="emissions-spread-by-area",
    )


class _ProvinceCount:
    """Counts surrogates over whole provinces, on the cells of the land-use table."""

    def __init__(
        self, inventory: Inventory, regions: Sequence[Region], grid: LambertGrid, persons: Float
    ) -> None:
        cells, box = inventory.cells, inventory.units.area
        outlines = np.array([region.polygon for region in regions], dtype=object)
        tree = shapely.STRtree(shapely.points(cells.longitude, cells.latitude))
        province, point = tree.query(outlines, predicate="contains")
        shape = (len(regions), cells.longitude.size)
        member = csr_array((np.ones(point.size), (province, point)), shape=shape)
        urban, crop = _normal(member, cells.urban), _normal(member, cells.crop)
        # Persons are not known cell by cell beyond the domain: built-up and crop land, half each.
        self._normal = {"urban": urban, "crop": crop, "population": (urban + crop) * 0.5}
        self._in_domain = grid.contains(cells.longitude, cells.latitude).astype(np.float64)
        self._in_box = box.contains(cells.longitude, cells.latitude)
        self._persons_inside = persons
        corners = [shapely.get_coordinates(outline) for outline in outlines]
        self._whole_in_domain = np.array([bool(np.all(grid.contains(*c.T))) for c in corners])
        self._whole_in_box = np.array([bool(np.all(box.contains(*c.T))) for c in corners])

    def inside(self, mix: Float, only_unlisted: Booleans) -> Float:
        """Share of each province inside the domain, (nprovince,).

        Args:
            mix: Share of each surrogate, (nsurrogate,).
            only_unlisted: Provinces of which only what lies beyond the area of the unit list
                counts, (nprovince,).
        """
        rest = 1.0 - self._in_box
        weights = self._mixed(mix)
        unlisted = _ratio(weights @ (rest * self._in_domain), weights @ rest)
        without = np.where(np.arange(len(SURROGATES)) == _POPULATION, 0.0, mix)
        whole = self._mixed(without) @ self._in_domain + mix[_POPULATION] * self._persons_inside
        share = np.where(only_unlisted, unlisted, whole)
        return np.where(self._whole_in_domain, 1.0, np.minimum(share, 1.0))

    def in_units_area(self, mix: Float) -> Float:
        """Share of each province in the area where the list of units is complete."""
        share = np.minimum(self._mixed(mix) @ self._in_box, 1.0)
        return np.where(self._whole_in_box, 1.0, share)

    def _mixed(self, mix: Float) -> Any:
        parts = [self._normal[name] * float(x) for name, x in zip(SURROGATES, mix, strict=True)]
        return csr_array(sum(parts[1:], parts[0]))


def _normal(member: Any, field: Float) -> Any:
    """Amounts of a field in each province, made to add up to 1; evenly where there is nothing."""
    amount = csr_array(member.multiply(field[None, :]))
    amount = csr_array(amount + member.multiply((amount.sum(axis=1) <= 0.0)[:, None]))
    sums = amount.sum(axis=1)
    return csr_array(amount.multiply(_ratio(np.ones_like(sums), sums)[:, None]))


def _ratio(part: Float, whole: Float) -> Float:
    """Divide, with 0 where there is nothing to divide by."""
    return np.asarray(np.divide(part, whole, out=np.zeros_like(part), where=whole > 0.0))
