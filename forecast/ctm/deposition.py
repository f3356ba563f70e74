"""Dry deposition velocities: resistances of air, of the layer at the surface, of the surface.

Gases (Wesely 1989, doi 10.1016/0004-6981(89)90153-4): v = 1 / (r_a + r_b + r_c) for cropland,
town and water each, weighted by their shares. The surface resistances are those of season 3, late
autumn after frost without snow: winter fields of the North China Plain without active leaves.

Fine particles (Wesely et al. 1985, doi 10.1016/0004-6981(85)90220-3): the surface takes u* / 500,
more in convection. Coarse particles: the same, and settling (Stokes), impaction and interception
(Zhang et al. 2001, doi 10.1016/S1352-2310(00)00326-5, crops in winter) for one diameter.
"""

from dataclasses import dataclass

import numpy as np

from forecast.chemistry.mechanism import GasUptake, Mechanism
from forecast.common.constants import GRAVITY, VON_KARMAN
from forecast.config.deposition import DepositionConfig, DryScheme
from forecast.ctm.process import Ground, Hour
from forecast.fields.arrays import Float, Reals, Single
from forecast.fields.species import Phase
from forecast.prepare.similarity import heat_function

NEVER = 1.0e20
"""A resistance that nothing passes, s m-1."""
PRANDTL = 0.72
"""Prandtl number of air (Wesely and Hicks 1977)."""
VAPOUR_DIFFUSIVITY = 2.3e-5
"""Diffusivity of water vapour, m2 s-1 (Massman 1998, near 280 K)."""
AIR_VISCOSITY = 1.76e-5
"""Dynamic viscosity of air near 275 K, kg m-1 s-1."""
COLLECTOR_RADIUS = 5.0e-3
"""Characteristic radius of collectors, crops in winter, m (Zhang et al. 2001, table 3)."""
IMPACTION, EMPIRICAL = 1.2, 3.0
"""Constants alpha and epsilon_0 of Zhang et al. (2001)."""
LARGEST_INSTABILITY = -0.04
"""Bound of 1/L in the convective factor of fine particles, m-1 (as EMEP MSC-W)."""


@dataclass(frozen=True)
class SurfaceKind:
    """Resistances of Wesely (1989, table 1), season 3, s m-1.

    Attributes:
        canopy: Transfer into the canopy (r_ac).
        ground_so2: Uptake of SO2 by the ground (r_gsS).
        ground_o3: Uptake of ozone by the ground (r_gsO).
        lower_o3: Uptake of ozone by what stands on the ground (r_clO).
    """

    canopy: float
    ground_so2: float
    ground_o3: float
    lower_o3: float


CROPLAND = SurfaceKind(canopy=10.0, ground_so2=150.0, ground_o3=150.0, lower_o3=1000.0)
TOWN = SurfaceKind(canopy=100.0, ground_so2=400.0, ground_o3=300.0, lower_o3=NEVER)
WATER = SurfaceKind(canopy=0.0, ground_so2=1.0, ground_o3=2000.0, lower_o3=NEVER)


def surface_resistance(
    kind: SurfaceKind, gas: GasUptake, temperature: Reals, shortwave: Reals
) -> Float:
    """Resistance of one kind of surface for one gas, s m-1 (Wesely 1989, equations 2, 5, 8, 9).

    Stomata and leaves are closed to everything in this season. Cold surfaces take less.

    Args:
        kind: The surface.
        gas: The gas.
        temperature: Near the ground, K, (ny, nx).
        shortwave: Solar radiation, W m-2, (ny, nx).
    """
    solubility = 1.0e-5 * gas.henry
    cold = 1000.0 * np.exp(-(np.asarray(temperature, np.float64) - 273.15) - 4.0)
    convection = 100.0 * (1.0 + 1000.0 / (np.asarray(shortwave, np.float64) + 10.0))
    lower = 1.0 / max(gas.reactivity / kind.lower_o3, 1.0 / NEVER)
    ground = 1.0 / max(solubility / kind.ground_so2 + gas.reactivity / kind.ground_o3, 1.0 / NEVER)
    conductance = 1.0 / (convection + lower + cold) + 1.0 / (kind.canopy + ground + cold)
    return np.minimum(1.0 / conductance, NEVER)


def laminar_resistance(gas: GasUptake, friction_velocity: Float) -> Float:
    """Resistance of the thin layer over a surface, s m-1 (Wesely and Hicks 1977)."""
    schmidt = AIR_VISCOSITY / 1.25 / (VAPOUR_DIFFUSIVITY / gas.diffusivity_ratio)
    return 2.0 / (VON_KARMAN * friction_velocity) * float((schmidt / PRANDTL) ** (2.0 / 3.0))


def fine_velocity(friction_velocity: Float, inverse_length: Float) -> Float:
    """Surface velocity of fine particles, m s-1 (Wesely et al. 1985)."""
    unstable = np.clip(inverse_length, LARGEST_INSTABILITY, 0.0)
    return friction_velocity / 500.0 * (1.0 + (-300.0 * unstable) ** (2.0 / 3.0))


def settling_velocity(diameter: float, density: float) -> float:
    """Settling velocity of a sphere in air by Stokes' law, m s-1."""
    return float(density * diameter**2 * GRAVITY / (18.0 * AIR_VISCOSITY))


def coarse_surface_velocity(friction_velocity: Float, diameter: float, settling: float) -> Float:
    """Surface velocity of coarse particles by impaction and interception, m s-1 (Zhang 2001)."""
    stokes = settling * friction_velocity / (GRAVITY * COLLECTOR_RADIUS)
    impaction = (stokes / (IMPACTION + stokes)) ** 2
    interception = 0.5 * (diameter / COLLECTOR_RADIUS) ** 2
    sticking = np.exp(-np.sqrt(stokes))
    return EMPIRICAL * friction_velocity * (impaction + interception) * sticking


class DryDeposition:
    """Deposition velocities of all species on a tile."""

    def __init__(self, mechanism: Mechanism, options: DepositionConfig, ground: Ground) -> None:
        """Keep what does not change in time."""
        self._mechanism = mechanism
        self._options = options
        self._roughness = np.asarray(ground.roughness_length, np.float64)
        land = np.asarray(ground.land_fraction, np.float64)
        town = np.minimum(np.asarray(ground.urban_fraction, np.float64), land)
        self._shares = ((CROPLAND, land - town), (TOWN, town), (WATER, 1.0 - land))

    def velocities(self, hour: Hour) -> Single:
        """Deposition velocity at the middle of the lowest layer.

        Args:
            hour: Meteorology.

        Returns:
            m s-1, (nspecies, ny, nx), float32.
        """
        table = self._mechanism.table
        shape = (len(table), *hour.z_full.shape[1:])
        result = np.zeros(shape, dtype=np.float32)
        if self._options.dry is DryScheme.NONE:
            return result
        friction = np.maximum(np.asarray(hour.middle.friction_velocity, np.float64), 0.01)
        inverse = np.asarray(hour.middle.inverse_obukhov_length, np.float64)
        aerodynamic = self._aerodynamic(hour.z_full[0], friction, inverse)
        for index, (entry, gas) in enumerate(
            zip(table.entries, self._mechanism.uptake, strict=True)
        ):
            if entry.phase is Phase.FINE:
                surface = fine_velocity(friction, inverse)
                velocity = 1.0 / (aerodynamic + 1.0 / surface)
            elif entry.phase is Phase.COARSE:
                velocity = self._coarse(aerodynamic, friction, inverse)
            elif gas is not None:
                velocity = self._gas(gas, aerodynamic, friction, hour)
            else:
                continue
            result[index] = np.minimum(velocity, self._options.largest_velocity)
        return result

    def _aerodynamic(self, height: Float, friction: Float, inverse: Float) -> Float:
        """Resistance of the air between the surface and a height, s m-1."""
        high = np.maximum(height, 2.0 * self._roughness)
        profile = np.maximum(heat_function(self._roughness, high, inverse), 0.1)
        resistance: Float = profile / (VON_KARMAN * friction)
        return resistance

    def _gas(self, gas: GasUptake, aerodynamic: Float, friction: Float, hour: Hour) -> Float:
        """Velocity of a gas, the mean over the kinds of surface in a cell."""
        laminar = laminar_resistance(gas, friction)
        near = hour.middle.air_temperature_2m, hour.middle.downwelling_shortwave
        velocity = np.zeros_like(friction)
        for kind, share in self._shares:
            resistance = surface_resistance(kind, gas, *near)
            velocity += share / (aerodynamic + laminar + resistance)
        return velocity

    def _coarse(self, aerodynamic: Float, friction: Float, inverse: Float) -> Float:
        """Velocity of coarse particles: what takes fine ones takes them too, and they settle."""
        options = self._options
        settling = settling_velocity(options.coarse_diameter, options.coarse_density)
        surface = fine_velocity(friction, inverse)
        surface = surface + coarse_surface_velocity(friction, options.coarse_diameter, settling)
        return settling + 1.0 / (aerodynamic + 1.0 / surface)
