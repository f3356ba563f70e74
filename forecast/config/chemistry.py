"""Which chemistry is computed, and the constants of the simple scheme.

Sources are given in docs/science/transport.md, section "The simple scheme".
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from forecast.config.base import Model

Share = Annotated[float, Field(gt=0, le=1)]


class Scheme(StrEnum):
    """What reacts."""

    NONE = "none"
    """Nothing: pure transport."""
    SIMPLE = "simple"
    """The simple scheme: first-order SO2 to sulfate and NO2 to nitrate."""


class UptakeConfig(Model):
    """Reactive uptake of a gas on particles: constant up to 50 % humidity, then linear to 100 %."""

    dry: Share
    """Uptake coefficient at 50 % relative humidity and below."""
    humid: Share
    """Uptake coefficient at 100 % relative humidity."""
    product_yield: Share = 1.0
    """Share of the uptake that becomes the product; the rest returns to the gas."""

    @model_validator(mode="after")
    def _grows(self) -> "UptakeConfig":
        if self.humid < self.dry:
            msg = f"humid '{self.humid}' is below dry '{self.dry}'; uptake grows with humidity"
            raise ValueError(msg)
        return self


class ChemistryConfig(Model):
    """Chemistry of the transport model."""

    scheme: Scheme = Scheme.SIMPLE
    """What reacts."""
    mechanism: str = "configs/mechanisms/simple.yaml"
    """Species and substance data."""
    hydroxyl: Annotated[float, Field(ge=0, le=2e7)] = 2.4e6
    """OH at the reference radiation, molecules cm-3; proportional to radiation otherwise."""
    hydroxyl_radiation: Annotated[float, Field(gt=0, le=1400)] = 450.0
    """Reference radiation of `hydroxyl`, W m-2: a clear winter noon in Shandong."""
    so2_uptake: UptakeConfig = UptakeConfig(dry=2.0e-5, humid=5.0e-5)
    """SO2 to sulfate on particles."""
    no2_uptake: UptakeConfig = UptakeConfig(dry=1.0e-5, humid=1.0e-4, product_yield=0.5)
    """NO2 to nitrate on particles; the other half returns as nitrous acid, that is as NOx."""
    particle_diameter: Annotated[float, Field(gt=1e-8, lt=1e-5)] = 3.0e-7
    """Dry diameter of the mean surface of fine particles, m."""
    particle_density: Annotated[float, Field(gt=500, lt=4000)] = 1500.0
    """Density of dry fine particles, kg m-3."""
    hygroscopicity: Annotated[float, Field(ge=0, le=1.5)] = 0.3
    """Kappa of fine particles, for their growth with humidity."""
    nitric_oxide_lifetime: Annotated[float, Field(ge=60)] = 3600.0
    """Time in which NO becomes NO2, s; stands for ozone, which is not modelled."""
