"""What a member reads, cut to one tile and perturbed."""

from dataclasses import dataclass

import numpy as np

from forecast.ensemble.perturb import perturb_hour, sector_factors
from forecast.fields.arrays import Float, Reals, Single, Times
from forecast.fields.boundary import BoundaryHour, BoundarySeries
from forecast.fields.emissions import EmissionSet
from forecast.fields.meteorology import MeteorologyHour
from forecast.fields.perturbation import Perturbation
from forecast.prepare.diagnose import minimum_diffusivity, vertical_diffusivity
from forecast.storage.boundary import cut_boundary
from forecast.storage.meteorology import MeteorologyFile
from forecast.storage.tiles import Tile


@dataclass(frozen=True)
class MemberMeteorology:
    """Meteorology of a tile, hour by hour, as the member sees it.

    Attributes:
        file: Prepared meteorology, cut to the tile.
        perturbation: Of the tile.
    """

    file: MeteorologyFile
    perturbation: Perturbation

    def hour(self, index: int) -> MeteorologyHour:
        """Read one hour and perturb it."""
        return perturb_hour(self.file.hour(index), self.perturbation)


class MemberEmissions:
    """Emissions of a tile, hour by hour."""

    def __init__(self, emissions: EmissionSet, perturbation: Perturbation) -> None:
        """Take the inventory and the member's factors, both of the tile."""
        self._emissions = emissions
        self._factors: Float | None = sector_factors(perturbation, emissions.sectors)

    def hour(self, index: int) -> Single:
        """Emission of one hour, kg s-1 a cell, (nspecies, nz_emission, ny, nx)."""
        return self._emissions.hour(index, self._factors)


class MemberBoundary:
    """Boundary values of a tile: in each hour the last record that has begun."""

    def __init__(self, boundary: BoundarySeries, hours: Times, tile: Tile) -> None:
        """Cut the sides.

        Args:
            boundary: Of the whole domain.
            hours: Starts of the model hours, UTC.
            tile: Where.
        """
        self._boundary = cut_boundary(boundary, tile.rows, tile.columns)
        places = np.searchsorted(boundary.times, hours, side="right") - 1
        self._places = np.maximum(places, 0)

    @property
    def initial(self) -> Single:
        """State of a cold start, kg kg-1, (nspecies, nz, ny, nx)."""
        return self._boundary.initial

    def hour(self, index: int) -> BoundaryHour:
        """Values just outside the tile in one hour."""
        return self._boundary.record(int(self._places[index]))


@dataclass(frozen=True)
class MemberDiffusivity:
    """Vertical diffusivity of a tile: diagnosed, then multiplied by the member's factor.

    Attributes:
        factor: Dimensionless, (ny, nx).
        minimum: Smallest value near the ground, m2 s-1, (ny, nx).
    """

    factor: Float
    minimum: Float

    @classmethod
    def of_tile(cls, perturbation: Perturbation, urban_fraction: Single) -> "MemberDiffusivity":
        """Take the factor of a tile and the floor that its towns ask for."""
        return cls(perturbation.diffusivity_factor, minimum_diffusivity(urban_fraction))

    def __call__(self, z_half: Reals, hour: MeteorologyHour) -> Reals:
        """Diffusivity of interfaces, m2 s-1, (nz + 1, ny, nx)."""
        k = vertical_diffusivity(
            z_half,
            hour.boundary_layer_height,
            hour.friction_velocity,
            hour.inverse_obukhov_length,
            minimum=self.minimum,
        )
        return np.asarray(k * self.factor, dtype=k.dtype)
