"""Monin-Obukhov similarity of the surface layer: profile functions and friction velocity.

Unstable: Dyer (1974, doi 10.1007/BF00240838) with 16, integrated by Paulson (1970). Stable:
Holtslag and De Bruin (1988, doi 10.1175/1520-0450(1988)027<0689:AMOTNS>2.0.CO;2), which fits
observations up to 200 m in very stable nights where the linear form fails.
"""

from typing import Any, NamedTuple

import numpy as np

from forecast.common.constants import (
    GAS_CONSTANT_AIR,
    GRAVITY,
    HEAT_CAPACITY_AIR,
    VON_KARMAN,
)
from forecast.fields.arrays import Float

_A, _B, _C, _D = 0.7, 0.75, 5.0, 0.35
"""Coefficients of Holtslag and De Bruin (1988)."""
MOST_STABLE = 100.0
"""Largest z/L of the solver: beyond it the profile is decoupled from the ground."""
LEAST_STABLE = 1.0e-4
"""Smallest z/L of the solver."""
BISECTIONS = 20
"""Halvings of ln(z/L) in the stable solver: 1e-6 of its range."""


def stable_momentum(zeta: Any) -> Any:
    """Minus psi_m for z/L >= 0 (Holtslag and De Bruin 1988, eq. 12); also used for heat."""
    return _A * zeta + _B * (zeta - _C / _D) * np.exp(-_D * zeta) + _B * _C / _D


def unstable_momentum(zeta: Any) -> Any:
    """psi_m for z/L <= 0 (Paulson 1970)."""
    x = (1.0 - 16.0 * zeta) ** 0.25
    return (
        np.log(0.5 * (1.0 + x * x))
        + 2.0 * np.log(0.5 * (1.0 + x))
        - 2.0 * np.arctan(x)
        + 0.5 * np.pi
    )


def unstable_heat(zeta: Any) -> Any:
    """psi_h for z/L <= 0 (Paulson 1970)."""
    return 2.0 * np.log(0.5 * (1.0 + np.sqrt(1.0 - 16.0 * zeta)))


def wind_function(height: Any, roughness: Any, inverse_length: Any) -> Any:
    """Wind over u*/k: the logarithm of height with its stability correction, any shapes.

    Args:
        height: m, above the roughness length.
        roughness: m.
        inverse_length: 1/L, m-1, positive when stable.
    """
    stable, unstable = np.maximum(inverse_length, 0.0), np.minimum(inverse_length, 0.0)
    correction = (
        stable_momentum(height * stable)
        - stable_momentum(roughness * stable)
        - unstable_momentum(height * unstable)
        + unstable_momentum(roughness * unstable)
    )
    return np.log(height / roughness) + correction


def heat_function(low: Any, high: Any, inverse_length: Any) -> Any:
    """Difference theta(high) - theta(low) over theta*/k; arguments as in `wind_function`."""
    stable, unstable = np.maximum(inverse_length, 0.0), np.minimum(inverse_length, 0.0)
    correction = (
        stable_momentum(high * stable)
        - stable_momentum(low * stable)
        - unstable_heat(high * unstable)
        + unstable_heat(low * unstable)
    )
    return np.log(high / low) + correction


def air_density(pressure: Any, temperature: Any) -> Any:
    """Density of air, kg m-3."""
    return pressure / (GAS_CONSTANT_AIR * temperature)


def kinematic_flux(heat_flux: Any, pressure: Any, temperature: Any) -> Any:
    """Heat flux in W m-2 to K m s-1."""
    return heat_flux / (air_density(pressure, temperature) * HEAT_CAPACITY_AIR)


def inverse_obukhov_length(flux: Any, friction_velocity: Any, temperature: Any) -> Any:
    """1/L = -k g w'theta' / (theta u*^3), m-1.

    Args:
        flux: Upward kinematic heat flux, K m s-1.
        friction_velocity: m s-1.
        temperature: K.
    """
    return -VON_KARMAN * GRAVITY * flux / (temperature * friction_velocity**3)


class SurfaceLayer(NamedTuple):
    """The layer between the ground and the height of a known wind.

    Attributes:
        height: Of the wind, m.
        roughness: m, any shape.
        most_stable: `most_stable(height, roughness)`, same shape.
    """

    height: float
    roughness: Float
    most_stable: Float

    def unstable_friction(self, speed: Float, flux: Float, temperature: Float) -> Float:
        """Friction velocity over ground that heats the air, by iteration over 1/L.

        Args:
            speed: Wind at `height`, with gustiness, m s-1.
            flux: Upward kinematic heat flux, K m s-1, >= 0.
            temperature: K.

        Returns:
            u*, m s-1.
        """
        friction = VON_KARMAN * speed / np.log(self.height / self.roughness)
        for _ in range(5):
            inverse = inverse_obukhov_length(flux, np.maximum(friction, 0.01), temperature)
            function = wind_function(self.height, self.roughness, inverse)
            friction = VON_KARMAN * speed / function
        result: Float = friction
        return result

    def stable_friction(
        self, speed: Float, theta_star: Float, temperature: Float
    ) -> tuple[Float, Float]:
        """Friction velocity and 1/L over ground that cools the air at a given theta*.

        With zeta = height/L the definition L = theta u*^2 / (k g theta*) and the wind profile
        give k theta U^2 / (g theta* height) = f(zeta)^2 / zeta, whose right side falls to a
        minimum. Above the wind of that minimum the less stable root is taken; below it, where no
        balance exists, u* and theta* (so also L) fall in proportion to the wind (Cimorelli et al.
        2005, doi 10.1175/JAM2227.1, as in AERMET).

        Args:
            speed: Wind at `height`, m s-1.
            theta_star: Temperature scale, K, > 0.
            temperature: K.

        Returns:
            u*, m s-1, and 1/L, m-1.
        """
        balance = VON_KARMAN * temperature / (GRAVITY * theta_star * self.height)
        critical = np.sqrt(self._balance(self.most_stable) / balance)
        wanted = np.maximum(speed, critical) ** 2 * balance
        high = np.log(self.most_stable)
        low = np.full_like(high, np.log(LEAST_STABLE))
        for _ in range(BISECTIONS):
            middle = 0.5 * (low + high)
            beyond = self._balance(np.exp(middle)) < wanted
            low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
        zeta = np.exp(0.5 * (low + high))
        drop = np.minimum(speed / critical, 1.0)
        scale = GRAVITY * VON_KARMAN * theta_star * self.height / temperature
        return np.sqrt(scale / zeta) * drop, zeta / (self.height * np.maximum(drop, 0.05))

    def _balance(self, zeta: Float) -> Float:
        log = np.log(self.height / self.roughness)
        lower = stable_momentum(zeta * (self.roughness / self.height))
        value: Float = (log + stable_momentum(zeta) - lower) ** 2 / zeta
        return value


def most_stable(height: float, roughness: Float) -> Float:
    """Find z/L where f(zeta)^2/zeta is smallest, by search over a fine list."""
    best = np.full_like(roughness, LEAST_STABLE)
    least = np.full_like(roughness, np.inf)
    for zeta in np.geomspace(0.01, MOST_STABLE, 200):
        value = wind_function(height, roughness, zeta / height) ** 2 / zeta
        best, least = np.where(value < least, zeta, best), np.minimum(value, least)
    return best
