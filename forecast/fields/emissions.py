"""Emissions on the model grid, kept factorised: rate x time factor x layer fraction."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from forecast.fields.arrays import Float, Integers, Single, Times


@dataclass(frozen=True)
class PointSources:
    """Elevated stacks of one sector, already in model cells.

    Attributes:
        sector: Name of the sector they belong to.
        row: Cell index to the north, (npoint,).
        column: Cell index to the east, (npoint,).
        rate: Mean rate of the month, kg s-1, (npoint, nspecies).
        time_factor: Dimensionless, mean 1 over the month, (nt,).
        layer_fraction: Share of the plume in each layer, sums to 1, (nt, npoint, nz_emission).
    """

    sector: str
    row: Integers
    column: Integers
    rate: Float
    time_factor: Float
    layer_fraction: Single


@dataclass(frozen=True)
class NaturalEmissions:
    """What plants, soils, dry ground and the sea emit, hour by hour, into the lowest layer.

    Attributes:
        times: Start of each hour, UTC, (nt,).
        species: Names, second axis of `rate`.
        rate: Mean of the hour, kg s-1 a cell, (nt, nspecies, ny, nx).
        attribution: Schemes and data, for products.
    """

    times: Times
    species: tuple[str, ...]
    rate: Single
    attribution: str


@dataclass(frozen=True)
class EmissionSet:
    """All emissions of a run, hour by hour.

    Attributes:
        times: Start of each hour, UTC, (nt,).
        sectors: Names, first axis of `area_rate`.
        species: Names, second axis of `area_rate`.
        area_rate: Mean rate of the month, kg s-1 a cell, (nsector, nspecies, ny, nx).
        time_factor: Dimensionless, mean 1 over the month, (nt, nsector).
        layer_fraction: Share in each layer, sums to 1, (nsector, nz_emission).
        points: Elevated stacks.
        attribution: Sources and licences of the inventory, for products.
        natural: Natural emissions of some of the species; None when there are none.
    """

    times: Times
    sectors: tuple[str, ...]
    species: tuple[str, ...]
    area_rate: Float
    time_factor: Float
    layer_fraction: Float
    points: PointSources
    attribution: str
    natural: NaturalEmissions | None = None

    @cached_property
    def _emitted(self) -> Integers:
        """Places of the species that the sectors emit anywhere."""
        return np.flatnonzero(self.area_rate.any(axis=(0, 2, 3)))

    def hour(self, index: int, sector_factor: Float | None = None) -> Single:
        """Sum the sectors and the natural sources of one hour.

        Cell by cell and sector by sector, so that a tile emits what the domain emits there, to the
        last bit.

        Args:
            index: Position in `times`.
            sector_factor: Optional multiplier, (nsector, ny, nx), such as a perturbation; natural
                emissions are no sector and stay as they are.

        Returns:
            Emission, kg s-1 a cell, (nspecies, nz_emission, ny, nx), float32.
        """
        ny, nx = self.area_rate.shape[2:]
        total = np.zeros((len(self.species), self.layer_fraction.shape[1], ny, nx))
        emitted = np.zeros((self._emitted.size, *total.shape[1:]))
        for sector, shares in enumerate(self.layer_fraction):
            weight = self.time_factor[index, sector]
            if sector_factor is not None:
                weight = weight * sector_factor[sector]
            rate = self.area_rate[sector, self._emitted] * weight
            for layer in np.flatnonzero(shares):
                emitted[:, layer] += rate * shares[layer]
        total[self._emitted] = emitted
        points = self.points
        scale = points.time_factor[index]
        if sector_factor is not None:
            scale = (
                scale * sector_factor[self.sectors.index(points.sector), points.row, points.column]
            )
        plume = (points.rate * np.reshape(scale, (-1, 1)))[:, :, None] * points.layer_fraction[
            index
        ][:, None, :]
        for point in range(points.row.size):
            total[:, :, points.row[point], points.column[point]] += plume[point]
        if self.natural is not None:
            for place, name in enumerate(self.natural.species):
                total[self.species.index(name), 0] += self.natural.rate[index, place]
        result: Single = total.astype(np.float32)
        return result
