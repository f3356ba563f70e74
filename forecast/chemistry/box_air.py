"""The air of a box hour by hour: temperature, humidity, depth of the layers, and its light."""

from typing import NamedTuple

import numpy as np

from forecast.chemistry.composition import Composition, Role
from forecast.chemistry.kernels.photolysis import BANDS, Columns, Turbidity
from forecast.chemistry.lanes import LANES
from forecast.chemistry.optics import (
    ParticleOptics,
    ozone_column,
    read_ozone,
    read_particle_light,
    surface_albedo,
)
from forecast.chemistry.photolysis import Photolysis, clear_air, read_photolysis_table
from forecast.chemistry.step import CellAir
from forecast.common.constants import AVOGADRO, GAS_CONSTANT
from forecast.common.moisture import saturation_pressure
from forecast.common.sun import Sun, solar_position
from forecast.config.box import BoxConfig
from forecast.config.load import project_path
from forecast.config.photolysis import PhotolysisConfig
from forecast.fields.arrays import Float, Reals, Single

LAYERS = 2
"""The mixed layer, and the air above it up to the top."""
SCALE_HEIGHT = 8000.0
"""Over which pressure falls by e, m."""
_NUMBER = 1.0e-6 * AVOGADRO / GAS_CONSTANT
"""Air in molecules cm-3 times K over Pa."""
PARTS = (4, 2)
"""Layers of light in the mixed layer and above it; rates are their means."""
UTC_OFFSET = 8
"""Local time less UTC, h."""


class LayerAir(NamedTuple):
    """Air of both layers at one time, (LAYERS,) each.

    Attributes:
        temperature: K.
        humidity: Relative, 0 to 1.
        air: molecules cm-3.
        vapour: molecules cm-3.
        depth: m.
    """

    temperature: Float
    humidity: Float
    air: Float
    vapour: Float
    depth: Float

    def cells(self) -> CellAir:
        """As the chemistry takes it: lanes hold the two layers in turn; land below, no cloud."""
        temperature, humidity, air, vapour = (lanes_of(values) for values in self[:4])
        nothing = np.zeros(LANES, np.float32)
        ground = lanes_of(np.array([1.0 / self.depth[0], 0.0]))
        return CellAir(temperature, humidity, air, vapour, nothing, nothing, ground)


def lanes_of(values: Reals) -> Single:
    """Both layers in turn on all lanes, (…, LAYERS) to (…, LANES)."""
    repeats = (*(1 for _ in values.shape[:-1]), LANES // LAYERS)
    return np.ascontiguousarray(np.tile(values, repeats), dtype=np.float32)


class Conditions:
    """The air of a box at any hour of its run.

    Args:
        box: Series by hour of the day.

    Attributes:
        reference: Air at which amounts are counted, molecules cm-3: mixed layer, mean of the day.
    """

    def __init__(self, box: BoxConfig) -> None:
        self._box = box
        self.reference = _NUMBER * box.pressure / float(np.mean(box.temperature))

    def mixing_height(self, hour: float) -> float:
        """Depth of the mixed layer, m, `hour` after the start."""
        return _between(self._box.mixing_height, hour)

    def depths(self, hour: float) -> Float:
        """Depths of the layers, m, (LAYERS,)."""
        height = self.mixing_height(hour)
        return np.array([height, self._box.top - height])

    def layers(self, hour: float) -> LayerAir:
        """Air of both layers."""
        box, depth = self._box, self.depths(hour)
        temperature = np.array([_between(box.temperature, hour), box.temperature_aloft])
        humidity = np.array([_between(box.humidity, hour), box.humidity_aloft])
        middle = np.array([0.5 * depth[0], depth[0] + 0.5 * depth[1]])
        pressure = box.pressure * np.exp(-middle / SCALE_HEIGHT)
        air = _NUMBER * pressure / temperature
        vapour = humidity * saturation_pressure(temperature) / pressure * air
        return LayerAir(temperature, humidity, air, vapour, depth)

    def time(self, hour: float) -> np.datetime64:
        """Local time, `hour` after the start."""
        return np.datetime64(self._box.day, "s") + np.timedelta64(round(3600.0 * hour), "s")


def _between(series: tuple[float, ...], hour: float) -> float:
    """Linear between full hours of the day."""
    return float(np.interp(hour % 24.0, np.arange(25.0), (*series, series[0])))


class BoxLight:
    """Photolysis rates of both layers, under a clear sky and the box's own particles.

    Args:
        box: The place.
        conditions: Its air.
        composition: Species, with the names of the rates.
        options: Files and switches.

    Raises:
        InputError: The photolysis table cannot be read.
        ConfigurationError: A rate, or the optical properties of a species, are missing.
    """

    def __init__(
        self,
        box: BoxConfig,
        conditions: Conditions,
        composition: Composition,
        options: PhotolysisConfig,
    ) -> None:
        self._box, self._conditions, self._options = box, conditions, options
        table = read_photolysis_table(project_path(options.table_file))
        particles = read_particle_light(project_path(options.particles_file))
        self._rows = [
            row for row, entry in enumerate(composition.aerosol) if entry.role is not Role.HYDROGEN
        ]
        names = tuple(composition.aerosol[row].name for row in self._rows)
        self._optics = ParticleOptics(particles, names, table.wavelength)
        self._photolysis = Photolysis(
            table, composition.gas.photolysis, options, particles.asymmetry
        )
        self._climatology = read_ozone(project_path(options.ozone_file))

    def shines(self, hour: float) -> bool:
        """Whether the sun is up, `hour` after the start."""
        return float(self._sun(hour).sine[0]) > 0.0

    def rates(self, hour: float, air: LayerAir, mass: Single) -> Single:
        """Photolysis rates, s-1, (nphotolysis, LAYERS).

        Args:
            hour: Since the start.
            air: Both layers.
            mass: Particles of the box, ug m-3, (naerosol, LAYERS).
        """
        box, sun = self._box, self._sun(hour)
        ozone = ozone_column(
            self._climatology, self._utc(hour), np.array([box.latitude]), self._options
        )
        depth = np.repeat(air.depth / PARTS, PARTS)
        edges = np.concatenate([[0.0], np.cumsum(depth)])
        columns = Columns(
            _everywhere(sun.sine),
            _everywhere(ozone),
            _everywhere(surface_albedo(np.ones(1), self._options)),
            _everywhere((0.5 * (edges[:-1] + edges[1:]) + box.elevation)[:, None]),
            _everywhere((box.pressure * np.exp(-edges / SCALE_HEIGHT))[:, None]),
            _everywhere(np.repeat(air.temperature, PARTS)[:, None]),
        )
        turbidity = self._turbidity(depth, mass)
        rates = self._photolysis.rates(columns, turbidity, sun.distance_factor)[:, :, 0]
        means: Single = np.stack([part.mean(axis=0) for part in np.split(rates, PARTS[:1])], axis=1)
        return means

    def _utc(self, hour: float) -> np.datetime64:
        return self._conditions.time(hour) - np.timedelta64(UTC_OFFSET, "h")

    def _sun(self, hour: float) -> Sun:
        place = np.array([self._box.longitude]), np.array([self._box.latitude])
        return solar_position(self._utc(hour), *place)

    def _turbidity(self, depth: Float, mass: Single) -> Turbidity:
        """Optical depths of the particles; none when haze does not dim."""
        clear = clear_air(depth.size, LANES)
        if not self._options.haze_dims:
            return clear
        here = np.repeat(mass[self._rows], PARTS, axis=1)
        depths = np.stack(
            [
                self._optics.depths(
                    _everywhere(here[:, part, None]), _everywhere(depth[part, None])
                )
                for part in range(depth.size)
            ],
            axis=1,
        )
        return Turbidity(clear.cloud, depths[:BANDS].copy(), depths[BANDS:].copy())


def _everywhere(values: Reals) -> Single:
    """The same on every lane, (…, 1) to (…, LANES)."""
    shape = (*np.shape(values)[:-1], LANES)
    return np.ascontiguousarray(np.broadcast_to(values, shape), dtype=np.float32)
