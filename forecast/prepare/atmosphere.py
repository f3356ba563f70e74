"""The air of one instant on the model grid: the driver's fields and the diurnal cycle together."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from forecast.common.constants import (
    EARTH_RADIUS,
    GAS_CONSTANT_AIR,
    HEAT_CAPACITY_AIR,
    VON_KARMAN,
)
from forecast.common.sun import month_of, solar_position
from forecast.config.meteorology import MeteorologyConfig
from forecast.fields.arrays import Float
from forecast.fields.driver import PressureLevelDriver
from forecast.grid.domain import Domain
from forecast.grid.static import StaticFields
from forecast.prepare import boundary_layer, diagnose, similarity, surface_energy
from forecast.prepare.boundary_layer import HEIGHTS, ColumnAir, ColumnState
from forecast.prepare.interpolate import (
    DriverOnGrid,
    on_fixed_levels,
    surface_pressure,
    to_heights,
    to_layers,
    virtual_temperature,
)
from forecast.prepare.surface_energy import Ground, SurfaceAir, SurfaceFluxes

KAPPA = GAS_CONSTANT_AIR / HEAT_CAPACITY_AIR
"""R/cp of dry air."""
OMEGA = 7.292e-5
"""Angular velocity of the Earth, s-1."""
SCREEN, ANEMOMETER = 2.0, 10.0
"""Heights of near-surface temperature and wind, m."""
LARGEST_STEP = 3.0
"""Bound of the difference between the lowest column layer and 2 m, K."""


class Atmosphere(NamedTuple):
    """The air at one instant, float64.

    Attributes:
        surface_pressure: Pa, (ny, nx).
        air_temperature: With its diurnal cycle, K, (nz, ny, nx).
        specific_humidity: kg kg-1, (nz, ny, nx).
        cloud_area_fraction: 0 to 1, (nz, ny, nx).
        wind_x: m s-1, (nz, ny, nx).
        wind_y: m s-1, (nz, ny, nx).
        air_temperature_2m: K, (ny, nx).
        wind_speed_10m: m s-1, (ny, nx).
        friction_velocity: m s-1, (ny, nx).
        inverse_obukhov_length: m-1, (ny, nx).
        boundary_layer_height: m, (ny, nx).
        downwelling_shortwave: W m-2, (ny, nx).
    """

    surface_pressure: Float
    air_temperature: Float
    specific_humidity: Float
    cloud_area_fraction: Float
    wind_x: Float
    wind_y: Float
    air_temperature_2m: Float
    wind_speed_10m: Float
    friction_velocity: Float
    inverse_obukhov_length: Float
    boundary_layer_height: Float
    downwelling_shortwave: Float


class _Layers(NamedTuple):
    """The driver's air on the model's layers, before anything diurnal; (nz, ny, nx) each.

    Attributes:
        ground_pressure: Pa, (ny, nx).
        pressure: Pa.
        height: Above ground, m.
        temperature: K.
        humidity: kg kg-1.
        wind: Along x and y, m s-1, (2, nz, ny, nx).
    """

    ground_pressure: Float
    pressure: Float
    height: Float
    temperature: Float
    humidity: Float
    wind: Float

    @property
    def exner(self) -> Float:
        """(p / 1000 hPa)^(R/cp)."""
        return (self.pressure / 1.0e5) ** KAPPA

    @property
    def ground_exner(self) -> Float:
        """The same at the ground."""
        return (self.ground_pressure / 1.0e5) ** KAPPA

    @property
    def theta(self) -> Float:
        """Virtual potential temperature, K."""
        return virtual_temperature(self.temperature, self.humidity) / self.exner


@dataclass(frozen=True)
class ReducedWind:
    """The wind that falls off towards the ground below a reference height.

    Attributes:
        vector: Wind along x and y at the reference height, m s-1, (2, ny, nx).
        reference: m.
        roughness: m, (ny, nx).
    """

    vector: Float
    reference: float
    roughness: Float

    @property
    def speed(self) -> Float:
        """At the reference height, m s-1, (ny, nx)."""
        speed: Float = np.hypot(self.vector[0], self.vector[1])
        return speed

    def shape(self, height: Float, fluxes: SurfaceFluxes) -> Float:
        """Share of the reference wind at lower heights (Monin-Obukhov similarity)."""
        inverse = fluxes.inverse_length
        above = np.maximum(height, 1.01 * self.roughness)
        low = similarity.wind_function(above, self.roughness, inverse)
        top = similarity.wind_function(self.reference, self.roughness, inverse)
        share: Float = np.clip(low / top, 0.0, 1.0)
        return share

    def at(self, wind: Float, height: Float, fluxes: SurfaceFluxes) -> Float:
        """Replace the wind below the reference height.

        Args:
            wind: The driver's, m s-1, (2, n, ny, nx).
            height: m above ground, ascending, (n,) or (n, ny, nx).
            fluxes: Stability.
        """
        high = height.reshape(-1, 1, 1) if height.ndim == 1 else height
        count = int(np.sum(np.any(high < self.reference, axis=(1, 2))))
        low = high[:count]
        result = wind.copy()
        reduced = self.vector[:, None] * self.shape(low, fluxes)
        result[:, :count] = np.where(low < self.reference, reduced, wind[:, :count])
        return result


@dataclass(frozen=True)
class Diagnosis:
    """Makes the air of one instant after another.

    Attributes:
        on_grid: The driver in the model's columns.
        domain: The model grid.
        terrain: Height of the ground, m, (ny, nx).
        ground: Land, sea and roughness.
        coriolis: s-1, (ny, nx).
        unresolved_wind: Speed that the cells of the driver do not resolve, m s-1.
        options: Configuration.
    """

    on_grid: DriverOnGrid
    domain: Domain
    terrain: Float
    ground: Ground
    coriolis: Float
    unresolved_wind: float
    options: MeteorologyConfig

    @classmethod
    def build(
        cls,
        driver: PressureLevelDriver,
        domain: Domain,
        static: StaticFields,
        options: MeteorologyConfig,
    ) -> "Diagnosis":
        """Join a driver with a domain.

        Raises:
            InputError: The driver does not surround the domain.
        """
        grid = domain.horizontal
        return cls(
            on_grid=DriverOnGrid.build(driver, grid),
            domain=domain,
            terrain=static.terrain_height.astype(np.float64),
            ground=Ground.build(static, options.boundary_layer.reference_height),
            coriolis=2.0 * OMEGA * np.abs(np.sin(np.radians(grid.latitude))),
            unresolved_wind=unresolved_wind(driver),
            options=options,
        )

    def start(self) -> ColumnState:
        """State of the diurnal columns before the first instant."""
        return ColumnState.start(self.domain.horizontal.shape, self.options.boundary_layer)

    def advance(self, time: np.datetime64, state: ColumnState) -> tuple[Atmosphere, ColumnState]:
        """Diagnose the air at an instant, one hour after the state.

        Args:
            time: UTC.
            state: Diurnal columns one hour before.

        Returns:
            The air, and the columns now.
        """
        options = self.options.boundary_layer
        layers = self._layers(time)
        wind = self._wind(layers)
        cover = self._cloud(layers)
        theta = to_heights(layers.height, HEIGHTS, layers.theta)
        air = SurfaceAir(
            wind=np.hypot(wind.speed, self.unresolved_wind),
            temperature=(theta[0] + state.departure[0]) * layers.ground_exner,
            pressure=layers.ground_pressure,
            cloud=diagnose.total_cloud(cover),
            boundary_layer_height=state.height,
        )
        shortwave, fluxes = self._fluxes(time, air)
        column = wind.at(to_heights(layers.height, HEIGHTS, layers.wind), HEIGHTS, fluxes)
        speed_squared = np.sum(column**2, axis=0) + self.unresolved_wind**2
        state = boundary_layer.advance(
            state,
            ColumnAir(theta, speed_squared),
            fluxes,
            self.ground.land_fraction,
            self.coriolis,
            options,
        )
        model_wind = wind.at(layers.wind, layers.height, fluxes)
        departure = on_fixed_levels(HEIGHTS, state.departure, layers.height)
        temperature = layers.temperature + departure * layers.exner
        saturation = diagnose.saturation_humidity(layers.pressure, temperature)
        return Atmosphere(
            surface_pressure=layers.ground_pressure,
            air_temperature=temperature,
            # what a cold night cannot hold is dew or fog
            specific_humidity=np.minimum(layers.humidity, saturation),
            cloud_area_fraction=cover,
            wind_x=model_wind[0],
            wind_y=model_wind[1],
            air_temperature_2m=self._screen_temperature(layers, theta[0], state, fluxes),
            wind_speed_10m=air.wind * wind.shape(np.array(ANEMOMETER), fluxes),
            friction_velocity=fluxes.friction_velocity,
            inverse_obukhov_length=fluxes.inverse_length,
            boundary_layer_height=state.height,
            downwelling_shortwave=shortwave,
        ), state

    def _layers(self, time: np.datetime64) -> _Layers:
        fields = self.on_grid.at(time)
        levels, lapse = self.on_grid.driver.pressure, self.options.lapse_rate
        ground = surface_pressure(fields, levels, self.terrain, lapse)
        pressure = self.domain.levels.pressure_full(ground)
        air = to_layers(fields, levels, pressure, lapse)
        _, height = self.domain.levels.heights(ground, air.air_temperature, air.specific_humidity)
        return _Layers(
            ground_pressure=ground,
            pressure=pressure,
            height=height,
            temperature=air.air_temperature,
            humidity=air.specific_humidity,
            wind=np.stack([air.wind_x, air.wind_y]),
        )

    def _wind(self, layers: _Layers) -> ReducedWind:
        reference = self.options.boundary_layer.reference_height
        vector = to_heights(layers.height, np.array([reference]), layers.wind)[:, 0]
        return ReducedWind(vector, reference, self.ground.roughness)

    def _cloud(self, layers: _Layers) -> Float:
        saturation = diagnose.saturation_humidity(layers.pressure, layers.temperature)
        relative = layers.humidity / saturation
        cover = diagnose.cloud_fraction(relative, self.options.critical_relative_humidity)
        return np.where(layers.height < self.options.cloud_base, 0.0, cover)

    def _fluxes(self, time: np.datetime64, air: SurfaceAir) -> tuple[Float, SurfaceFluxes]:
        grid = self.domain.horizontal
        season = self.options.land.season(month_of(time))
        sun = solar_position(time, grid.longitude, grid.latitude)
        shortwave = surface_energy.downwelling_shortwave(sun, air.cloud)
        net = surface_energy.net_radiation(shortwave, air.cloud, air.temperature, season.albedo)
        heat = surface_energy.daytime_heat_flux(net, air.temperature, season)
        sea = surface_energy.sea_surface_temperature(time, grid.latitude)
        options = self.options.boundary_layer
        return shortwave, surface_energy.surface_fluxes(air, self.ground, heat, sea, options)

    @staticmethod
    def _screen_temperature(
        layers: _Layers, theta: Float, state: ColumnState, fluxes: SurfaceFluxes
    ) -> Float:
        """Follow the surface-layer profile from the lowest column layer down to 2 m."""
        scale = -fluxes.flux / (VON_KARMAN * fluxes.friction_velocity)
        drop = scale * similarity.heat_function(SCREEN, HEIGHTS[0], fluxes.inverse_length)
        drop = np.clip(drop, -LARGEST_STEP, LARGEST_STEP)
        virtual = (theta + state.departure[0] - drop) * layers.ground_exner
        screen: Float = virtual / virtual_temperature(np.ones(()), layers.humidity[0])
        return screen


def unresolved_wind(driver: PressureLevelDriver) -> float:
    """Speed of motions smaller than a cell of the driver, m s-1.

    0.32 (dx / 5 km - 1)^0.33: Mahrt and Sun (1995, doi
    10.1175/1520-0493(1995)123<3032:TSVSIT>2.0.CO;2), as in WRF's surface layer; 1.2 m s-1 at 2.5
    degrees. It adds to the wind that stirs (fluxes, Richardson number, 10 m wind), not to the wind
    that carries. The variance within a day that a daily mean has lost is not put back.
    """
    north = np.radians(np.mean(np.diff(driver.latitude))) * EARTH_RADIUS
    east = np.radians(np.mean(np.diff(driver.longitude))) * EARTH_RADIUS
    east *= np.cos(np.radians(np.mean(driver.latitude)))
    cells = np.sqrt(north * east) / 5000.0
    return float(0.32 * max(cells - 1.0, 0.0) ** 0.33)
