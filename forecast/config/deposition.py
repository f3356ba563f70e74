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
    """Aerodynamic, laminar and surface resistances over the land use of each cell."""


class ParticleScheme(StrEnum):
    """How surfaces collect particles."""

    ZHANG_2001 = "zhang_2001"
    """Zhang et al. (2001)."""
    EMERSON_2020 = "emerson_2020"
    """The same with the coefficients of Emerson et al. (2020)."""


class ColdScheme(StrEnum):
    """How cold surfaces take less of gases."""

    ZHANG_2003 = "zhang_2003"
    """Resistances grow below -1 degrees C, at most twofold (Zhang et al. 2003)."""
    WESELY_1989 = "wesely_1989"
    """Resistances grow by 1000 exp(-T - 4) s m-1 at T degrees C (Wesely 1989)."""


class WetScheme(StrEnum):
    """How wet deposition is computed."""

    NONE = "none"
    """Rain removes nothing."""
    FIRST_ORDER = "first_order"
    """First-order rates in and below clouds, by solubility and size."""


class WashoutScheme(StrEnum):
    """How rain and snow collect particles below clouds."""

    WANG_2014 = "wang_2014"
    """Fit to the upper range of theory and to field data (Wang et al. 2014)."""
    LAAKSO_2003 = "laakso_2003"
    """Rain as measured by Laakso et al. (2003) up to 0.5 um, else as Wang et al. (2014)."""
    SLINN_1984 = "slinn_1984"
    """Collision efficiency of drops (Slinn 1984); snow as Wang et al. (2014)."""


class DepositionConfig(Model):
    """Deposition of the transport model; sources in docs/science/deposition.md."""

    gases_file: str = "configs/deposition/gases.yaml"
    """Solubility and reactivity of gases."""
    particles_file: str = "configs/deposition/particles.yaml"
    """Size and nature of particles."""
    surfaces_file: str = "configs/deposition/surfaces.yaml"
    """Resistances and collectors of surfaces by land use and season."""
    dry: DryScheme = DryScheme.RESISTANCE
    """How dry deposition is computed."""
    particle_scheme: ParticleScheme = ParticleScheme.ZHANG_2001
    """How surfaces collect particles."""
    cold: ColdScheme = ColdScheme.ZHANG_2003
    """How cold surfaces take less of gases."""
    humidity_growth: bool = True
    """Whether particles are as large as the humidity makes them, or dry."""
    surface_ph: Annotated[float, Field(ge=4, le=9)] = 7.0
    """pH of water on and in surfaces (Wesely 1989)."""
    least_resistance: Annotated[float, Field(gt=0, le=20)] = 1.0
    """Least surface resistance of any gas, s m-1."""
    snow_temperature: Annotated[float, Field(gt=250, lt=280)] = 273.15
    """Temperature below which precipitation is snow and covers the ground while it falls, K."""
    largest_velocity: Annotated[float, Field(gt=0, le=0.2)] = 0.1
    """Upper bound of any deposition velocity, m s-1."""
    settling: bool = True
    """Whether coarse particles sink through all layers; else in the lowest one only."""
    wet: WetScheme = WetScheme.FIRST_ORDER
    """How wet deposition is computed."""
    washout: WashoutScheme = WashoutScheme.WANG_2014
    """How rain and snow collect particles below clouds."""
    cloud_threshold: Annotated[float, Field(gt=0, le=1)] = 0.3
    """Cloud cover from which a layer counts as cloud for wet deposition."""
    cloud_water: Annotated[float, Field(gt=1e-5, le=3e-3)] = 5.0e-4
    """Liquid water and ice of raining clouds, kg m-3 of cloudy air."""
    rain_ph: Annotated[float, Field(ge=3, le=8)] = 5.0
    """pH of cloud water and rain."""
