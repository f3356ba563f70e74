"""A domain: the horizontal grid and the layers together."""

import hashlib
from dataclasses import dataclass

from forecast.config.domain import DomainConfig
from forecast.grid.horizontal import LambertGrid
from forecast.grid.vertical import HybridLevels


@dataclass(frozen=True)
class Domain:
    """Where the model computes.

    Attributes:
        horizontal: Cells.
        levels: Layers.
    """

    horizontal: LambertGrid
    levels: HybridLevels

    @classmethod
    def from_config(cls, config: DomainConfig) -> "Domain":
        """Build a configured domain.

        Raises:
            ConfigurationError: The rectangle reaches past the pole of its map.
        """
        return cls(LambertGrid.from_config(config), HybridLevels.from_config(config.levels))

    @property
    def name(self) -> str:
        """Name of the domain."""
        return self.horizontal.name

    @property
    def shape(self) -> tuple[int, int, int]:
        """(nz, ny, nx)."""
        return self.levels.nz, self.horizontal.ny, self.horizontal.nx

    @property
    def fingerprint(self) -> str:
        """Short text that differs between domains whose cells or layers differ."""
        both = self.horizontal.fingerprint + self.levels.fingerprint
        return hashlib.sha256(both.encode()).hexdigest()[:16]
