"""Sun, cloud and the fluxes at the ground: what heats and stirs the boundary layer.

By day over land the scheme of Holtslag and van Ulden (1983, doi
10.1175/1520-0450(1983)022<0517:ASSFDE>2.0.CO;2) and De Bruin and Holtslag (1982, doi
10.1175/1520-0450(1982)021<1610:ASPOTS>2.0.CO;2), by night the temperature scale of van Ulden and
Holtslag (1985) as AERMOD uses it (Cimorelli et al. 2005), over sea bulk transfer from a
climatological sea surface temperature.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from forecast.common.constants import (
    GRAVITY,
    HEAT_CAPACITY_AIR,
    LATENT_HEAT_VAPORISATION,
    STEFAN_BOLTZMANN,
    VON_KARMAN,
)
from forecast.common.moisture import saturation_slope
from forecast.common.sun import Sun, day_of_year
from forecast.config.meteorology import BoundaryLayerConfig, SeasonSurface
from forecast.fields.arrays import Booleans, Float
from forecast.grid.static import StaticFields
from forecast.prepare import similarity

SEA_ROUGHNESS = 2.0e-4
"""Roughness length of open sea, m (Wieringa 1992, doi 10.1016/0167-6105(92)90434-C)."""
SEA_MINIMUM_FRICTION = 0.03
"""Smallest friction velocity over sea, m s-1."""
LARGEST_COOLING = 0.05
"""Largest downward kinematic heat flux, K m s-1 (Hanna 1986, as in AERMET)."""
GUSTINESS = 1.2
"""Share of the convective velocity that counts as wind (Beljaars 1995, doi
10.1002/qj.49712152203)."""
OPEN_LENGTH, URBAN_LENGTH = 2.0, 50.0
"""Smallest Monin-Obukhov length over open land and over compact towns, m (Hanna and Chang 1992)."""


def downwelling_shortwave(sun: Sun, cloud: Float) -> Float:
    """Solar radiation at the ground, W m-2.

    (990 sin(phi) - 30)(1 - 0.75 N^3.4): Kasten and Czeplak (1980, doi
    10.1016/0038-092X(80)90391-6) with the coefficients that Holtslag and van Ulden (1983) give for
    mid-latitudes. The turbidity is that of western Europe: thick haze dims more.

    Args:
        sun: Solar position, (ny, nx).
        cloud: Total cloud cover, 0 to 1, (ny, nx).
    """
    clear = np.maximum(990.0 * sun.sine - 30.0, 0.0) * sun.distance_factor
    result: Float = clear * (1.0 - 0.75 * cloud**3.4)
    return result


def net_radiation(shortwave: Float, cloud: Float, temperature: Float, albedo: float) -> Float:
    """Net radiation by day, W m-2 (Holtslag and van Ulden 1983, eq. 12, c3 = 0.12).

    Args:
        shortwave: Downwelling, W m-2.
        cloud: Total cover, 0 to 1.
        temperature: Near the ground, K.
        albedo: Of the ground.
    """
    incoming = 5.31e-13 * temperature**6 + 60.0 * cloud
    emitted = STEFAN_BOLTZMANN * temperature**4
    result: Float = ((1.0 - albedo) * shortwave + incoming - emitted) / 1.12
    return result


def daytime_heat_flux(net: Float, temperature: Float, surface: SeasonSurface) -> Float:
    """Sensible heat flux over land, W m-2 (De Bruin and Holtslag 1982, eqs. 10 and 11).

    ((1 - alpha) + g/s) / (1 + g/s) (Q* - G) - 20 with G = c_G Q*, and g/s the psychrometric
    constant over the slope of saturation humidity.

    Args:
        net: Net radiation, W m-2.
        temperature: Near the ground, K.
        surface: alpha and c_G of the season.
    """
    slope = 0.622 / 101325.0 * saturation_slope(temperature)
    ratio = HEAT_CAPACITY_AIR / (LATENT_HEAT_VAPORISATION * slope)
    available = net * (1.0 - surface.ground_heat)
    result: Float = ((1.0 - surface.moisture) + ratio) / (1.0 + ratio) * available - 20.0
    return result


def sea_surface_temperature(time: np.datetime64, latitude: Float) -> Float:
    """Climatological temperature of China's eastern marginal seas, K.

    Annual means of the Bohai, Yellow and East China Seas (12.75, 15.31, 23.70 C) from Sun et al.
    (2019, doi 10.2112/SI90-004.1) at 38.7, 35.5 and 28.5 N, linear between, and one annual
    harmonic with its minimum on 17 February; its amplitudes (12, 9.5, 5.5 K) are rounded from the
    winter and summer values usually quoted for these seas. An error of 2 K is possible.
    """
    day, _ = day_of_year(time)
    places = np.array([28.5, 35.5, 38.7])
    mean = np.interp(latitude, places, [23.70, 15.31, 12.75])
    amplitude = np.interp(latitude, places, [5.5, 9.5, 12.0])
    result: Float = 273.15 + mean - amplitude * np.cos(2.0 * np.pi * (day - 48) / 365.25)
    return result


class Tile(NamedTuple):
    """The land or the sea part of all cells that have one.

    Attributes:
        mask: Where it is, (ny, nx).
        roughness: Roughness length, m, (ncell,).
        most_stable: `similarity.most_stable` of it, (ncell,).
    """

    mask: Booleans
    roughness: Float
    most_stable: Float


@dataclass(frozen=True)
class Ground:
    """What the scheme needs to know of the ground.

    Attributes:
        land_fraction: Share of land, (ny, nx).
        roughness: Roughness length of the whole cell, m, (ny, nx).
        largest_inverse_length: Largest 1/L, m-1, (ny, nx): 1 / (2 m) over open ground, falling to
            1 / (50 m) in compact towns.
        land: Land part.
        sea: Sea part.
    """

    land_fraction: Float
    roughness: Float
    largest_inverse_length: Float
    land: Tile
    sea: Tile

    @classmethod
    def build(cls, static: StaticFields, reference_height: float) -> "Ground":
        """Take from the static fields what counts here.

        Args:
            static: Land and urban fraction, roughness length.
            reference_height: Height of the wind that drives the scheme, m.
        """
        share = np.clip(static.land_fraction.astype(np.float64), 0.0, 1.0)
        urban = np.clip(static.urban_fraction.astype(np.float64), 0.0, 1.0)
        roughness = np.clip(static.roughness_length.astype(np.float64), SEA_ROUGHNESS, 1.5)
        tiles = []
        for mask, length in (
            (share > 0.0, np.maximum(roughness, 0.01)),
            (share < 1.0, np.full_like(roughness, SEA_ROUGHNESS)),
        ):
            cells = length[mask]
            tiles.append(Tile(mask, cells, similarity.most_stable(reference_height, cells)))
        shortest = OPEN_LENGTH + (URBAN_LENGTH - OPEN_LENGTH) * urban
        return cls(share, roughness, 1.0 / shortest, *tiles)


class SurfaceAir(NamedTuple):
    """The air above the ground, (ny, nx) each.

    Attributes:
        wind: Wind speed at the reference height, m s-1.
        temperature: Near the ground, K.
        pressure: At the ground, Pa.
        cloud: Total cover, 0 to 1.
        boundary_layer_height: Of the hour before, m.
    """

    wind: Float
    temperature: Float
    pressure: Float
    cloud: Float
    boundary_layer_height: Float


class SurfaceFluxes(NamedTuple):
    """Turbulent exchange at the ground, (ny, nx) each.

    Attributes:
        friction_velocity: m s-1.
        inverse_length: 1/L, m-1, positive when stable.
        flux: Upward kinematic heat flux of the cell, K m s-1.
        land_flux: The same of its land part.
    """

    friction_velocity: Float
    inverse_length: Float
    flux: Float
    land_flux: Float


def surface_fluxes(
    air: SurfaceAir,
    ground: Ground,
    available_heat: Float,
    sea_temperature: Float,
    options: BoundaryLayerConfig,
) -> SurfaceFluxes:
    """Exchange over the land and sea parts of each cell, blended by area.

    Args:
        air: The air.
        ground: The ground.
        available_heat: `daytime_heat_flux`, W m-2, negative or small by night.
        sea_temperature: K.
        options: Reference height and smallest friction velocity.
    """
    land = _over_land(air, ground.land, available_heat, options)
    sea = _over_sea(air, ground.sea, sea_temperature, options)
    friction_land, flux_land = _spread(ground.land.mask, land)
    friction_sea, flux_sea = _spread(ground.sea.mask, sea)
    share = ground.land_fraction
    friction = np.sqrt(share * friction_land**2 + (1.0 - share) * friction_sea**2)
    flux = share * flux_land + (1.0 - share) * flux_sea
    inverse = similarity.inverse_obukhov_length(flux, friction, air.temperature)
    bound = ground.largest_inverse_length
    return SurfaceFluxes(friction, np.clip(inverse, -bound, bound), flux, flux_land)


def _spread(mask: Booleans, values: tuple[Float, Float]) -> tuple[Float, Float]:
    """Put the values of a tile's cells back on the grid, 0 elsewhere."""
    fields = np.zeros((2, *mask.shape))
    fields[0][mask], fields[1][mask] = values
    return fields[0], fields[1]


def _over_land(
    air: SurfaceAir, tile: Tile, available_heat: Float, options: BoundaryLayerConfig
) -> tuple[Float, Float]:
    """u* and kinematic heat flux of land.

    Upward flux as the radiation gives it; else theta* = 0.09 (1 - 0.5 N^2) and the stable balance,
    with u* theta* at most 0.05 K m s-1.
    """
    wind, temperature, pressure, cloud, depth = (field[tile.mask] for field in air)
    upward = similarity.kinematic_flux(available_heat[tile.mask], pressure, temperature)
    speed = np.hypot(wind, GUSTINESS * convective_velocity(upward, depth, temperature))
    layer = similarity.SurfaceLayer(options.reference_height, tile.roughness, tile.most_stable)
    unstable = layer.unstable_friction(speed, np.maximum(upward, 0.0), temperature)
    theta_star = 0.09 * (1.0 - 0.5 * cloud**2)
    stable, inverse = layer.stable_friction(wind, theta_star, temperature)
    scale = temperature * stable**2 * inverse / (VON_KARMAN * GRAVITY)
    friction = np.where(upward > 0.0, unstable, stable)
    friction = np.maximum(friction, options.minimum_friction_velocity)
    downward = np.minimum(friction * scale, LARGEST_COOLING)
    return friction, np.where(upward > 0.0, upward, -downward)


def _over_sea(
    air: SurfaceAir, tile: Tile, sea_temperature: Float, options: BoundaryLayerConfig
) -> tuple[Float, Float]:
    """u* and kinematic heat flux of sea.

    w'theta' = C_H U10 (Ts - theta) with C_H = 1.13e-3 unstable and 0.66e-3 stable (Large and Pond
    1982, doi 10.1175/1520-0485(1982)012<0464:SALHFM>2.0.CO;2), U10 by the neutral profile over
    open sea.
    """
    wind, temperature, _, _, depth = (field[tile.mask] for field in air)
    height = options.reference_height
    wind10 = wind * (np.log(10.0 / SEA_ROUGHNESS) / np.log(height / SEA_ROUGHNESS))
    excess = sea_temperature[tile.mask] - temperature
    flux = np.where(excess > 0.0, 1.13e-3, 0.66e-3) * np.maximum(wind10, 0.5) * excess
    speed = np.hypot(wind, GUSTINESS * convective_velocity(flux, depth, temperature))
    layer = similarity.SurfaceLayer(height, tile.roughness, tile.most_stable)
    unstable = layer.unstable_friction(speed, np.maximum(flux, 0.0), temperature)
    neutral = VON_KARMAN * wind / np.log(height / SEA_ROUGHNESS)
    theta_star = np.maximum(-flux / np.maximum(neutral, SEA_MINIMUM_FRICTION), 1.0e-4)
    stable, _ = layer.stable_friction(wind, theta_star, temperature)
    friction = np.where(flux > 0.0, unstable, stable)
    return np.maximum(friction, SEA_MINIMUM_FRICTION), flux


def convective_velocity(flux: Any, depth: Any, temperature: Any) -> Any:
    """w* = (g h w'theta' / theta)^(1/3), 0 when the ground cools, m s-1 (Deardorff 1970)."""
    return np.cbrt(GRAVITY * depth * np.maximum(flux, 0.0) / temperature)
