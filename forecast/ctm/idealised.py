"""A made case of any size: winds, weather, emissions and edges from formulas.

Tests, the warming of compiled kernels and the benchmarks run it. It has what real days have: a jet
above weak surface winds, a travelling wave, rising and sinking air, a surface pressure that follows
the mass fluxes, hills, a daily cycle of the boundary layer, clouds and a spell of rain, towns that
emit. None of it is an observation.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from forecast.chemistry.composition import Composition
from forecast.common.constants import GRAVITY
from forecast.ctm.build import ModelInputs, ModelOptions, build_model
from forecast.ctm.model import TransportModel
from forecast.ctm.process import Ground
from forecast.fields.arrays import Float, Reals, Single
from forecast.fields.boundary import BoundaryHour
from forecast.fields.meteorology import MeteorologyHour
from forecast.grid.land import CLASSES, CROPLAND, URBAN, WATER
from forecast.grid.season import VegetationSeason
from forecast.grid.vertical import HybridLevels
from forecast.parallel.comm import Communicator
from forecast.parallel.decomposition import Decomposition, Tile
from forecast.prepare.diagnose import vertical_diffusivity

HOUR = 3600.0
START = np.datetime64("2022-01-01T00:00:00")
"""Start of the run, 6 o'clock by the sun of the case, UTC."""
DAY = 86400.0
SEA_PRESSURE = 101325.0
LATITUDE, LONGITUDE = 36.4, 118.5
"""Middle of the domain, degrees."""
DEGREE = 111000.0
"""Length of a degree of latitude, m; one of longitude is 0.8 of it here."""
EMISSION = {
    "CO": 2.0, "SO2": 0.15, "NO": 0.15, "NO2": 0.02, "HONO": 0.002, "NH3": 0.12, "PAR": 0.12,
    "OLE": 0.02, "ETH": 0.02, "ETHA": 0.02, "TOL": 0.04, "XYL": 0.04, "FORM": 0.01, "ALD2": 0.01,
    "TERP": 0.002, "ISOP": 0.001, "IVOC": 0.02,
    "AEC": 0.02, "AOC": 0.04, "AOTHR": 0.05, "ACORS": 0.06,
}  # fmt: skip
"""Emission of a town's middle, kg s-1 for a cell of 27 km."""
BACKGROUND = {
    "CO": 2.0e-7, "SO2": 3.0e-9, "NO": 1.0e-11, "NO2": 3.0e-9, "NH3": 2.0e-9, "O3": 6.0e-8,
    "HNO3": 5.0e-10, "PAN": 1.0e-9, "H2O2": 5.0e-10, "FORM": 5.0e-10, "PAR": 5.0e-9, "ETHA": 2.0e-9,
    "AEC": 5.0e-10, "AOC": 2.0e-9, "AOTHR": 3.0e-9, "ACORS": 3.0e-9,
    "ASO4": 3.0e-9, "ANO3": 3.0e-9, "ANH4": 2.0e-9,
}  # fmt: skip
"""Mixing ratio outside the domain near the ground, kg kg-1."""


def stretched_levels(nz: int, top: float = 10000.0) -> HybridLevels:
    """Layers that grow from about 40 m at the ground, for nz of 8 or more."""
    depth = 0.005 * np.cumprod(np.full(nz, 1.0)) * np.linspace(1.0, 3.0, nz) ** 3
    eta = np.concatenate(([1.0], 1.0 - np.cumsum(depth) / depth.sum()))
    eta[-1] = 0.0
    return HybridLevels(top * (1.0 - eta), eta)


@dataclass(frozen=True, eq=False)
class IdealisedCase:
    """The made case over a whole domain.

    Attributes:
        ny: Cells from south to north.
        nx: Cells from west to east.
        levels: Layers.
        composition: Species.
        cell_size: m.
        wind: Factor of all winds.
        rising: Factor of the winds that meet and part; small domains need less of them.
        rain_hour: When six hours of rain begin, every second day.
    """

    ny: int
    nx: int
    levels: HybridLevels
    composition: Composition
    cell_size: float = 27000.0
    wind: float = 1.0
    rising: float = 1.0
    rain_hour: int = 20

    @cached_property
    def ground(self) -> Ground:
        """Half land, half sea, with one big town."""
        y, x = self._centres
        town = np.exp(-(((x - 0.4) ** 2 + (y - 0.5) ** 2) / 0.02))
        land = np.clip(1.5 - 1.5 * x + 0.2 * np.sin(6 * y), 0.0, 1.0)
        roughness = np.where(land > 0.5, 0.1 + 0.5 * town, 0.001)
        area = np.full((self.ny, self.nx), self.cell_size**2)
        area *= 1.0 + 0.02 * np.sin(3.0 * y + x)
        urban = np.minimum(town, land)
        use = np.zeros((len(CLASSES), self.ny, self.nx))
        use[CROPLAND], use[URBAN], use[WATER] = land - urban, urban, 1.0 - land
        return Ground(
            area,
            land.astype(np.float32),
            urban.astype(np.float32),
            roughness.astype(np.float32),
            use.astype(np.float32),
            np.full((self.ny, self.nx), int(VegetationSeason.LATE_AUTUMN)),
            LATITUDE + (y - 0.5) * self.ny * self.cell_size / DEGREE + 0.0 * x,
            LONGITUDE + (x - 0.5) * self.nx * self.cell_size / (0.8 * DEGREE) + 0.0 * y,
            (500.0 * np.exp(-(((x - 0.15) ** 2 + (y - 0.6) ** 2) / 0.03))).astype(np.float32),
        )

    @cached_property
    def _centres(self) -> tuple[Float, Float]:
        """Position of cell centres from 0 to 1, (ny, 1) and (1, nx)."""
        y = (np.arange(self.ny) + 0.5) / self.ny
        x = (np.arange(self.nx) + 0.5) / self.nx
        return y[:, None], x[None, :]

    @cached_property
    def _hills(self) -> Float:
        """Surface pressure at the start, Pa, (ny, nx)."""
        y, x = self._centres
        return SEA_PRESSURE - 6000.0 * np.exp(-(((x - 0.15) ** 2 + (y - 0.6) ** 2) / 0.03))

    @cached_property
    def _swell(self) -> tuple[Float, Float, Float]:
        """Fluxes at full strength that raise and lower the column, and the loss, kg s-1."""
        y, x = self._centres
        reach = self.rising * self.cell_size * self.nx
        potential = reach * 0.01 * np.cos(np.pi * x) * np.cos(np.pi * y)
        column = self.levels.layer_mass(np.array(SEA_PRESSURE))[:, None, None]
        flux_x = np.zeros((self.levels.nz, self.ny, self.nx + 1))
        flux_y = np.zeros((self.levels.nz, self.ny + 1, self.nx))
        flux_x[:, :, 1:-1] = column * np.diff(potential, axis=1)
        flux_y[:, 1:-1] = column * np.diff(potential, axis=0)
        loss = (np.diff(flux_x, axis=2) + np.diff(flux_y, axis=1)).sum(axis=0)
        return flux_x, flux_y, loss

    def _overturning(self) -> tuple[Float, Float]:
        """Fluxes that meet below and part above, without changing the column's air, kg s-1."""
        y, x = self._centres
        mass = self.levels.layer_mass(np.array(SEA_PRESSURE))
        slope = np.linspace(1.0, -1.0, self.levels.nz)
        slope = slope - (slope * mass).sum() / mass.sum()
        reach = self.rising * self.cell_size * self.nx
        potential = 0.15 * reach * np.sin(2 * np.pi * x) * np.cos(np.pi * y)
        weight = (slope * mass)[:, None, None]
        flux_x = np.zeros((self.levels.nz, self.ny, self.nx + 1))
        flux_y = np.zeros((self.levels.nz, self.ny + 1, self.nx))
        flux_x[:, :, 1:-1] = weight * np.diff(potential, axis=1)
        flux_y[:, 1:-1] = weight * np.diff(potential, axis=0)
        return flux_x, flux_y

    def _rotation(self, index: int) -> tuple[Float, Float]:
        """Fluxes of a jet and a travelling wave, without divergence in any cell, kg s-1."""
        y = np.linspace(0.0, 1.0, self.ny + 1)[:, None]
        x = np.linspace(0.0, 1.0, self.nx + 1)[None, :]
        nz = self.levels.nz
        jet = np.linspace(2.0, 55.0, nz)[:, None, None]
        wave = np.linspace(4.0, 12.0, nz)[:, None, None]
        length = self.cell_size * self.nx
        phase = 2.0 * np.pi * (x - index * HOUR / (1.5 * DAY))
        stream = -jet * self.cell_size * self.ny * y + wave * length / (2.0 * np.pi) * np.sin(
            phase
        ) * np.sin(np.pi * y)
        stream *= self.levels.layer_mass(np.array(SEA_PRESSURE))[:, None, None]
        return -np.diff(stream, axis=1), np.diff(stream, axis=2)

    def meteorology(self, index: int) -> MeteorologyHour:
        """Record of one hour over the whole domain."""
        start, end = index * HOUR, (index + 1) * HOUR
        turn = 2.0 * np.pi / DAY
        strength = (np.cos(turn * start) - np.cos(turn * end)) / (turn * HOUR)
        swell_x, swell_y, loss = self._swell
        flux_x, flux_y = self._rotation(index)
        over_x, over_y = self._overturning()
        swollen = (1.0 - np.cos(turn * start)) / turn
        pressure = self._hills - self.wind * GRAVITY * swollen * loss / self.ground.cell_area
        fields = self._weather(index, pressure)
        fields["mass_flux_x"] = self.wind * (flux_x + over_x + strength * swell_x)
        fields["mass_flux_y"] = self.wind * (flux_y + over_y + strength * swell_y)
        return MeteorologyHour(**{name: f.astype(np.float32) for name, f in fields.items()})

    def _weather(self, index: int, pressure: Float) -> dict[str, Float]:
        """Everything but the winds."""
        y, x = self._centres
        sun = max(np.sin(2.0 * np.pi * (index % 24 - 6) / 24.0), 0.0)
        full = self.levels.pressure_full(pressure)
        sigma = full / pressure
        flat = np.ones((self.ny, self.nx))
        cover = np.where((sigma > 0.7) & (sigma < 0.85), 0.6, 0.0) * (x < 0.7)
        wet = 0 <= index % 48 - self.rain_hour < 6
        rain = 3.0e-4 * wet * (x < 0.5) * flat
        return {
            "surface_pressure": pressure,
            "air_temperature": (272.0 + 5.0 * sun) * sigma**0.19,
            "specific_humidity": 3.5e-3 * sigma**3 * (1.0 + 0.2 * np.sin(5 * x + index / 12)),
            "cloud_area_fraction": cover * flat,
            "air_temperature_2m": (272.0 + 7.0 * sun) * flat,
            "wind_speed_10m": 3.0 * flat,
            "friction_velocity": (0.15 + 0.25 * sun) * (1.0 + 0.2 * y) * flat,
            "inverse_obukhov_length": (0.02 - 0.04 * sun) * flat,
            "boundary_layer_height": (200.0 + 900.0 * sun) * (1.0 + 0.2 * x) * flat,
            "downwelling_shortwave": 450.0 * sun * flat,
            "precipitation_flux": rain,
        }

    def emission(self, index: int) -> Single:
        """Emission of one hour, kg s-1 a cell, (nspecies, 4, ny, nx)."""
        y, x = self._centres
        towns = sum(
            size * np.exp(-(((x - east) ** 2 + (y - north) ** 2) / 0.005))
            for east, north, size in ((0.4, 0.5, 1.0), (0.6, 0.3, 0.7), (0.2, 0.8, 0.5))
        )
        daily = 1.0 + 0.5 * np.sin(2.0 * np.pi * (index % 24 - 8) / 24.0)
        heights = np.array([0.6, 0.2, 0.15, 0.05])
        strength = np.array([EMISSION.get(name, 0.0) for name in self.composition.table.names])
        strength *= (self.cell_size / 27000.0) ** 2 * daily
        rates = strength[:, None, None, None] * heights[:, None, None] * towns
        return np.asarray(rates, dtype=np.float32)

    def background(self) -> Single:
        """Mixing ratio outside the domain, kg kg-1, (nspecies, nz)."""
        near = np.array([BACKGROUND.get(name, 0.0) for name in self.composition.table.names])
        full = self.levels.pressure_full(np.array(SEA_PRESSURE)) / SEA_PRESSURE
        return (near[:, None] * full**1.5).astype(np.float32)

    def initial(self) -> Single:
        """Mixing ratio at the start, kg kg-1, (nspecies, nz, ny, nx)."""
        profile = self.background()[:, :, None, None]
        return np.broadcast_to(profile, (*profile.shape[:2], self.ny, self.nx)).copy()

    def inputs(self, tile: Tile) -> ModelInputs:
        """Sources of one tile."""
        return ModelInputs(
            _Meteorology(self, tile),
            _Emissions(self, tile),
            _Boundary(self, tile),
            diffusivity,
            START,
        )


def idealised_model(
    case: IdealisedCase, comm: Communicator, layout: Decomposition, options: ModelOptions
) -> TransportModel:
    """Build the model of this rank's tile of the made case and start it cold."""
    tile = layout.tile(comm.rank)
    model = build_model(
        comm, layout, case.levels, case.ground, case.composition, case.inputs(tile), options
    )
    model.start(case.initial()[..., tile.j, tile.i])
    return model


def diffusivity(z_half: Reals, hour: MeteorologyHour) -> Reals:
    """Vertical diffusivity of the made case, m2 s-1."""
    return vertical_diffusivity(
        z_half, hour.boundary_layer_height, hour.friction_velocity, hour.inverse_obukhov_length
    )


class _Meteorology:
    def __init__(self, case: IdealisedCase, tile: Tile) -> None:
        self._case, self._tile = case, tile

    def hour(self, index: int) -> MeteorologyHour:
        """See `MeteorologySource`."""
        return self._case.meteorology(index).tile(self._tile.j, self._tile.i)


class _Emissions:
    def __init__(self, case: IdealisedCase, tile: Tile) -> None:
        self._case, self._tile = case, tile

    def hour(self, index: int) -> Single:
        """See `EmissionSource`."""
        return self._case.emission(index)[..., self._tile.j, self._tile.i]


class _Boundary:
    def __init__(self, case: IdealisedCase, tile: Tile) -> None:
        profile = case.background()[:, :, None]
        west = np.repeat(profile, tile.ny, axis=2)
        south = np.repeat(profile, tile.nx, axis=2)
        self._values = BoundaryHour(west, west, south, south)

    def hour(self, index: int) -> BoundaryHour:
        """See `BoundarySource`."""
        del index
        return self._values
