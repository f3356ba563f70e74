"""Rise of hot stack plumes after Briggs, hour by hour, and the layers that they fill.

Final rise: Briggs (1975), Plume rise predictions, in Lectures on Air Pollution and Environmental
Impact Analyses, American Meteorological Society, in the form of the ISC3 model (US EPA 1995,
EPA-454/B-95-003b, section 1.1.4), whose equation numbers are given below.
"""

from dataclasses import dataclass

import numpy as np

from forecast.common.constants import GRAVITY
from forecast.fields.arrays import Booleans, Float, Integers, Single

LARGE_BUOYANCY = 55.0
"""Buoyancy flux at which the distance to final rise changes its law, m4 s-3."""
CALM = 1.0
"""Wind speed below which the formulas are not used, m s-1 (ISC3, section 1.1.3)."""
WEAK_STABILITY = 1e-4
"""Smallest gradient of potential temperature in stable air, K m-1: keeps the formula finite."""


@dataclass(frozen=True)
class Stacks:
    """Stacks, each (npoint,).

    Attributes:
        height: m above ground.
        diameter: Inner diameter at the top, m.
        exit_velocity: m s-1.
        exit_temperature: K.
    """

    height: Float
    diameter: Float
    exit_velocity: Float
    exit_temperature: Float


@dataclass(frozen=True)
class AirColumns:
    """Air over each stack and hour.

    Attributes:
        z_half: Layer interfaces, m above ground, (nt, npoint, nz + 1).
        z_full: Layer centres, m above ground, (nt, npoint, nz).
        temperature: K, (nt, npoint, nz).
        potential_temperature: K, (nt, npoint, nz).
        wind_speed: m s-1, (nt, npoint, nz).
        boundary_layer_height: m, (nt, npoint).
        inverse_obukhov_length: m-1, (nt, npoint), positive when stable.
    """

    z_half: Float
    z_full: Float
    temperature: Float
    potential_temperature: Float
    wind_speed: Float
    boundary_layer_height: Float
    inverse_obukhov_length: Float


def buoyancy_flux(stacks: Stacks, air_temperature: Float) -> Float:
    """Buoyancy flux g v d2 (Ts - Ta) / (4 Ts), m4 s-3 (ISC3 eq. 1-8), zero for cold plumes."""
    excess = np.maximum(stacks.exit_temperature - air_temperature, 0.0)
    flow = stacks.exit_velocity * stacks.diameter**2 / 4.0
    return np.asarray(GRAVITY * flow * excess / stacks.exit_temperature)


def neutral_rise(buoyancy: Float, wind: Float) -> Float:
    """Rise in neutral or unstable air, m (ISC3 eqs. 1-12 and 1-13)."""
    small = 21.425 * buoyancy**0.75
    large = 38.71 * buoyancy**0.6
    return np.asarray(np.where(buoyancy < LARGE_BUOYANCY, small, large) / wind)


def stable_rise(buoyancy: Float, wind: Float, stability: Float) -> Float:
    """Rise in stable air, m: 2.6 (F / (u s))^(1/3) (ISC3 eq. 1-19).

    Args:
        buoyancy: m4 s-3.
        wind: m s-1.
        stability: g / T times the gradient of potential temperature, s-2 (ISC3 eq. 1-15).
    """
    return np.asarray(2.6 * np.cbrt(buoyancy / (wind * stability)))


def momentum_rise(stacks: Stacks, wind: Float) -> Float:
    """Rise by momentum alone, m: 3 d v / u (ISC3 eq. 1-16); for plumes without buoyancy."""
    return np.asarray(3.0 * stacks.diameter * stacks.exit_velocity / wind)


def tip_downwash(stacks: Stacks, wind: Float) -> Float:
    """Height of release behind a stack tip, m (ISC3 eq. 1-7): lower when v < 1.5 u."""
    ratio = np.minimum(stacks.exit_velocity / wind - 1.5, 0.0)
    return np.asarray(np.maximum(stacks.height + 2.0 * stacks.diameter * ratio, 0.0))


def final_rise(stacks: Stacks, air: AirColumns) -> tuple[Float, Float]:
    """Height of release and rise above it, m, each (nt, npoint).

    Air counts as stable when the surface layer is stable or the stack ends above the boundary
    layer; the stable rise is then limited by the neutral one. In a boundary layer that is not
    stable the plume comes to rest at its top at the latest, or where the stable air above it
    would stop it if that is higher: a plain form of the partial penetration of Briggs (1984), in
    Atmospheric Science and Power Production, DOE/TIC-27601, chapter 8.
    """
    depth = air.boundary_layer_height - stacks.height
    stable: Booleans = (air.inverse_obukhov_length > 0.0) | (depth < 0.0)
    below, weight = _level(air.z_full, np.broadcast_to(stacks.height, depth.shape))
    lid, _ = _level(air.z_full, air.boundary_layer_height)
    wind = np.maximum(_between(air.wind_speed, below, weight), CALM)
    temperature = _between(air.temperature, below, weight)
    buoyancy = buoyancy_flux(stacks, temperature)
    gradient = np.maximum(_gradient(air, np.where(stable, below, lid)), WEAK_STABILITY)
    limit = stable_rise(buoyancy, wind, GRAVITY / temperature * gradient)
    limit = np.where(stable, limit, np.maximum(limit, depth))
    warm = np.minimum(neutral_rise(buoyancy, wind), limit)
    rise = np.where(buoyancy > 0.0, warm, momentum_rise(stacks, wind))
    return tip_downwash(stacks, wind), rise


def layer_fractions(release: Float, rise: Float, z_half: Float, layers: int) -> Single:
    """Spread plumes evenly between half and one and a half of their rise above the release.

    Plume depth equal to its rise: Briggs (1975), as in the emission processor SMOKE.

    Args:
        release: Height of release, m, (nt, npoint).
        rise: Plume rise, m, (nt, npoint).
        z_half: Layer interfaces, m, (nt, npoint, nz + 1).
        layers: Number of layers that take emissions; the last one takes what rises higher.

    Returns:
        Share of each layer, sums to 1, (nt, npoint, layers).
    """
    depth = np.maximum(rise, 1.0)
    bottom = (release + 0.5 * rise)[..., None]
    top = bottom + depth[..., None]
    lower, upper = z_half[..., :layers], z_half[..., 1 : layers + 1].copy()
    upper[..., -1] = np.inf
    overlap = np.minimum(top, upper) - np.maximum(bottom, lower)
    share = np.maximum(overlap, 0.0)
    return np.asarray(share / share.sum(axis=-1, keepdims=True), np.float32)


def _level(z_full: Float, height: Float) -> tuple[Integers, Float]:
    """Layer centre below a height and the weight of the centre above it, each (nt, npoint)."""
    count = z_full.shape[-1]
    below = np.sum(z_full <= height[..., None], axis=-1) - 1
    below = np.clip(below, 0, count - 2)
    low = np.take_along_axis(z_full, below[..., None], -1)[..., 0]
    high = np.take_along_axis(z_full, below[..., None] + 1, -1)[..., 0]
    return below, np.clip((height - low) / (high - low), 0.0, 1.0)


def _between(field: Float, below: Integers, weight: Float) -> Float:
    """Interpolate a field to the height that `_level` found, (nt, npoint)."""
    low = np.take_along_axis(field, below[..., None], -1)[..., 0]
    high = np.take_along_axis(field, below[..., None] + 1, -1)[..., 0]
    return np.asarray(low + weight * (high - low))


def _gradient(air: AirColumns, below: Integers) -> Float:
    """Gradient of potential temperature above a layer centre, K m-1, (nt, npoint)."""
    step = np.diff(air.potential_temperature, axis=-1) / np.diff(air.z_full, axis=-1)
    return np.asarray(np.take_along_axis(step, below[..., None], -1)[..., 0])
