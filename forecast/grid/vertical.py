"""The vertical grid: hybrid sigma-pressure layers, their mass and height.

Pressure of interfaces is `a + b ps` (Simmons and Burridge 1981, doi
10.1175/1520-0493(1981)109<0758:AEAAMC>2.0.CO;2); the construction of a and b is described in
`forecast.config.domain`. Heights follow from the hypsometric equation with constant gravity.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.common.constants import (
    GAS_CONSTANT_AIR,
    GRAVITY,
    MOLAR_MASS_AIR,
    MOLAR_MASS_WATER,
)
from forecast.common.errors import ConfigurationError
from forecast.config.domain import LevelsConfig

Float = NDArray[np.float64]
VIRTUAL = MOLAR_MASS_AIR / MOLAR_MASS_WATER - 1.0
"""Factor of specific humidity in the virtual temperature, about 0.608."""


@dataclass(frozen=True, eq=False)
class HybridLevels:
    """Interfaces of the layers; index 0 is the ground, nz the top.

    Attributes:
        a_half: Coefficient a, Pa, (nz + 1,).
        b_half: Coefficient b, dimensionless, (nz + 1,).
    """

    a_half: Float
    b_half: Float

    def __post_init__(self) -> None:
        a, b = self.a_half, self.b_half
        fits = a.ndim == 1 and a.shape == b.shape and a.size >= 3
        if not fits or a[0] != 0.0 or b[0] != 1.0 or b[-1] != 0.0:
            msg = (
                f"The layer interfaces a {a.shape} and b {b.shape} do not run from the ground "
                "(a = 0, b = 1) to a top of constant pressure (b = 0); correct the coefficients."
            )
            raise ConfigurationError(msg)
        if np.any(np.diff(a + b * 101325.0) >= 0.0) or np.any(np.diff(b) > 0.0):
            msg = "Pressure does not fall from interface to interface; correct a and b."
            raise ConfigurationError(msg)

    @classmethod
    def from_config(cls, config: LevelsConfig) -> "HybridLevels":
        """Build the layers of a configured domain."""
        return cls(np.array(config.a_half), np.array(config.b_half))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, HybridLevels):
            return NotImplemented
        return np.array_equal(self.a_half, other.a_half) and np.array_equal(
            self.b_half, other.b_half
        )

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    @property
    def fingerprint(self) -> str:
        """Short text that differs between sets of layers."""
        content = self.a_half.tobytes() + self.b_half.tobytes()
        return hashlib.sha256(content).hexdigest()[:16]

    @property
    def nz(self) -> int:
        """Number of layers."""
        return int(self.a_half.size) - 1

    def pressure_half(self, surface_pressure: NDArray[Any]) -> Float:
        """Pressure of interfaces, Pa, (nz + 1, *shape), from surface pressure, Pa, any shape."""
        ps = np.asarray(surface_pressure, np.float64)
        column = (-1, *(1,) * ps.ndim)
        pressure: Float = self.a_half.reshape(column) + self.b_half.reshape(column) * ps
        return pressure

    def pressure_full(self, surface_pressure: NDArray[Any]) -> Float:
        """Pressure in the middle of the mass of each layer, Pa, (nz, *shape)."""
        half = self.pressure_half(surface_pressure)
        return 0.5 * (half[:-1] + half[1:])

    def layer_mass(self, surface_pressure: NDArray[Any]) -> Float:
        """Air in each layer, kg m-2, (nz, *shape): thickness in pressure over gravity."""
        half = self.pressure_half(surface_pressure)
        return (half[:-1] - half[1:]) / GRAVITY

    def heights(
        self,
        surface_pressure: NDArray[Any],
        temperature: NDArray[Any],
        specific_humidity: NDArray[Any],
    ) -> tuple[Float, Float]:
        """Integrate the hypsometric equation upward from the ground.

        Args:
            surface_pressure: Pa, any shape.
            temperature: Layer means, K, (nz, *shape).
            specific_humidity: Layer means, kg kg-1, (nz, *shape).

        Returns:
            Height of interfaces, (nz + 1, *shape), and of the middle of the mass of each layer,
            (nz, *shape), m above ground (geopotential metres).
        """
        half = self.pressure_half(surface_pressure)
        full = 0.5 * (half[:-1] + half[1:])
        virtual = np.asarray(temperature, np.float64) * (
            1.0 + VIRTUAL * np.asarray(specific_humidity, np.float64)
        )
        scale = GAS_CONSTANT_AIR / GRAVITY * virtual
        z_half = np.zeros_like(half)
        np.cumsum(scale * np.log(half[:-1] / half[1:]), axis=0, out=z_half[1:])
        z_full = z_half[:-1] + scale * np.log(half[:-1] / full)
        return z_half, z_full
