"""What a process of the model is, and what it is told of an hour and of a step."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Protocol

import numpy as np

from forecast.common.constants import GAS_CONSTANT_AIR
from forecast.common.errors import InputError
from forecast.ctm.state import TileState
from forecast.fields.arrays import Float, Integers, Reals, Single
from forecast.fields.meteorology import MeteorologyHour
from forecast.grid.vertical import VIRTUAL, HybridLevels
from forecast.prepare.diagnose import saturation_humidity


@dataclass(frozen=True)
class Ground:
    """What lies below a tile; (ny, nx) but for land use.

    Attributes:
        cell_area: m2.
        land_fraction: Share of land, 0 to 1.
        urban_fraction: Share of built-up land, 0 to 1.
        roughness_length: m.
        land_use: Share of each class of `forecast.grid.land.CLASSES`, (nclass, ny, nx).
        season: Of vegetation, values of `forecast.grid.season.VegetationSeason`.
        latitude: Degrees north.
        longitude: Degrees east.
        terrain_height: m above sea level.
    """

    cell_area: Float
    land_fraction: Single
    urban_fraction: Single
    roughness_length: Single
    land_use: Single
    season: Integers
    latitude: Float
    longitude: Float
    terrain_height: Single

    def cut(self, j: slice, i: slice) -> "Ground":
        """Cut a tile."""
        parts = (np.ascontiguousarray(getattr(self, f.name)[..., j, i]) for f in fields(self))
        return Ground(*parts)


@dataclass(frozen=True)
class Hour:
    """Meteorology of one hour, as processes see it.

    Attributes:
        index: Hours since the start of the run, of the hour's start.
        fluxes: Record of the hour: fluxes and precipitation are means of the hour.
        middle: Values in the middle of the hour, the mean of its two ends.
        z_half: Height of interfaces in the middle of the hour, m above ground, (nz + 1, ny, nx).
        z_full: Height of the middle of layers, m above ground, (nz, ny, nx).
        pressure: Pressure of the middle of layers, Pa, (nz, ny, nx).
        density: Air density, kg m-3, (nz, ny, nx).
    """

    index: int
    fluxes: MeteorologyHour
    middle: MeteorologyHour
    z_half: Float
    z_full: Float
    pressure: Float
    density: Float

    @cached_property
    def humidity(self) -> Float:
        """Relative humidity of the layers, 0 to 1, (nz, ny, nx); see `saturation_humidity`."""
        temperature = np.asarray(self.middle.air_temperature, np.float64)
        saturated = saturation_humidity(self.pressure, temperature)
        return np.asarray(np.clip(self.middle.specific_humidity / saturated, 0.0, 1.0))

    @classmethod
    def between(
        cls, index: int, start: MeteorologyHour, end: MeteorologyHour, levels: HybridLevels
    ) -> "Hour":
        """Make the hour between two records."""
        middle = MeteorologyHour(
            **{
                field.name: (getattr(start, field.name) + getattr(end, field.name))
                * np.float32(0.5)
                for field in fields(MeteorologyHour)
            }
        )
        z_half, z_full = levels.heights(
            middle.surface_pressure, middle.air_temperature, middle.specific_humidity
        )
        pressure = levels.pressure_full(middle.surface_pressure)
        virtual = middle.air_temperature * (1.0 + VIRTUAL * middle.specific_humidity)
        density = pressure / (GAS_CONSTANT_AIR * virtual)
        return cls(index, start, middle, z_half, z_full, pressure, density)


@dataclass(frozen=True)
class Step:
    """One operator step.

    Attributes:
        number: Steps since the start of the run; the order of processes alternates with it.
        seconds: Length, s.
    """

    number: int
    seconds: float

    @property
    def forward(self) -> bool:
        """Whether processes run in their first order; every other step reverses it."""
        return self.number % 2 == 0


def require_shape(what: str, values: Reals, shape: tuple[int, ...]) -> None:
    """Refuse an array of another shape; compiled loops do not look.

    Raises:
        InputError: The shape differs.
    """
    if values.shape != shape:
        msg = (
            f"{what} has the shape {values.shape}; this tile and mechanism need {shape}. The "
            "inputs were prepared for another domain or other species: prepare them again."
        )
        raise InputError(msg)


class Process(Protocol):
    """Something that changes the state."""

    @property
    def name(self) -> str:
        """Name in timings and messages."""

    def begin_hour(self, hour: Hour) -> None:
        """Prepare what is constant over an hour."""

    def advance(self, state: TileState, step: Step) -> None:
        """Change the state by one step."""


Diffusivity = Callable[[Reals, MeteorologyHour], Reals]
"""Vertical diffusivity of interfaces, m2 s-1, (nz + 1, ny, nx), from their heights, m above
ground, and the meteorology of the tile; given from outside, since members perturb it."""
