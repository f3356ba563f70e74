"""Dry and wet deposition."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from forecast.config.base import Model


class DryScheme(StrEnum):
    """How dry deposition is computed."""

    NONE = "none"
    """Nothing reaches the ground."""
    RESISTANCE = "resistance"
    """Aerodynamic, laminar and surface resistances (Wesely 1989 and others)."""


class WetScheme(StrEnum):
    """How wet deposition is computed."""

    NONE = "none"
    """Rain removes nothing."""
    FIRST_ORDER = "first_order"
    """Rates proportional to precipitation (EMEP)."""


class DepositionConfig(Model):
    """Deposition of the transport model; sources in docs/science/transport.md."""

    dry: DryScheme = DryScheme.RESISTANCE
    """How dry deposition is computed."""
    wet: WetScheme = WetScheme.FIRST_ORDER
    """How wet deposition is computed."""
    cloud_threshold: Annotated[float, Field(gt=0, le=1)] = 0.3
    """Cloud cover from which a layer counts as cloud for wet deposition."""
    coarse_diameter: Annotated[float, Field(gt=1e-6, lt=2e-5)] = 5.0e-6
    """Diameter that stands for coarse particles, m."""
    coarse_density: Annotated[float, Field(gt=500, lt=4000)] = 2000.0
    """Density of coarse particles, kg m-3."""
    largest_velocity: Annotated[float, Field(gt=0, le=0.2)] = 0.1
    """Upper bound of any deposition velocity, m s-1."""
