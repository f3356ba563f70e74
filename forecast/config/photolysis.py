"""Photolysis: the table, what stands above the region, what light meets on its way.

Equations, sources and errors are in docs/science/photolysis.md.
"""

from typing import Annotated

from pydantic import Field, model_validator

from forecast.config.base import Model

Albedo = Annotated[float, Field(ge=0, le=0.9)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Column = Annotated[float, Field(ge=200, le=500)]
Year = Annotated[tuple[Column, ...], Field(min_length=12, max_length=12)]
LATITUDE_LIMIT = 90.0


class PhotolysisConfig(Model):
    """Photolysis rates of the transport model."""

    table_file: str = "data/photolysis/tuvx.nc"
    """Rates of clear air, made by tools/make_photolysis.py."""
    ozone_file: str = "configs/photolysis/ozone.yaml"
    """Climatology of the ozone column."""
    particles_file: str = "configs/photolysis/particles.yaml"
    """Extinction and absorption of particles by species."""
    ozone_column: Column | None = None
    """Ozone column everywhere, DU; none: from the climatology, by month and latitude."""
    albedo_land: Albedo = 0.04
    """Albedo of land without snow in the ultraviolet (Herman and Celarier 1997, doi
    10.1029/97JD02074: 2 to 4 %, with up to 2 % for towns and bare winter fields)."""
    albedo_sea: Albedo = 0.07
    """Albedo of sea in the ultraviolet (the same: 5 to 8 %)."""
    cloud_dims: bool = True
    """Whether clouds change the rates."""
    haze_dims: bool = True
    """Whether the model's own particles change the rates."""
    night_zenith: Annotated[float, Field(ge=88, le=96)] = 95.0
    """Zenith angle of the sun from which rates are exactly zero, degrees."""
    overlap_exponent: Annotated[float, Field(ge=1, le=2)] = 1.5
    """Optical depth of a layer is that in cloud times cover to this power (Briegleb 1992, doi
    10.1029/92JD00291)."""
    liquid_radius: Annotated[float, Field(gt=4e-6, lt=2e-5)] = 8.0e-6
    """Effective radius of droplets, m."""
    ice_radius: Annotated[float, Field(gt=1e-5, lt=2e-4)] = 3.0e-5
    """Effective radius of ice particles, m."""
    water_at_ground: Annotated[float, Field(gt=0, le=2e-3)] = 2.1e-4
    """Water in cloud extrapolated to the ground, kg m-3 (Hack 1998, doi
    10.1175/1520-0442(1998)011<1497:SOTSCT>2.0.CO;2)."""
    water_scale: Annotated[float, Field(gt=100, le=3000)] = 700.0
    """Height over which that falls, over ln(1 + water vapour of the column in kg m-2), m (the
    same)."""

    @model_validator(mode="after")
    def _droplets_are_smaller(self) -> "PhotolysisConfig":
        if self.liquid_radius >= self.ice_radius:
            msg = (
                f"liquid_radius '{self.liquid_radius}' is not below ice_radius "
                f"'{self.ice_radius}'; droplets are smaller than ice particles"
            )
            raise ValueError(msg)
        return self


class OzoneClimatology(Model):
    """Ozone column by latitude and month."""

    description: str
    """What it is."""
    source: str
    """Who published it."""
    columns: Annotated[dict[float, Year], Field(min_length=2)]
    """DU in the twelve months, by latitude in degrees north."""

    @model_validator(mode="after")
    def _latitudes_are_right(self) -> "OzoneClimatology":
        wrong = [latitude for latitude in self.columns if abs(latitude) > LATITUDE_LIMIT]
        if wrong:
            msg = f"latitudes {wrong} do not lie between -90 and 90 degrees"
            raise ValueError(msg)
        return self


class ParticleClass(Model):
    """Species that meet light in the same way."""

    species: Annotated[tuple[str, ...], Field(min_length=1)]
    """Names in the model."""
    scattering: NotNegative
    """Cross section of scattering at 550 nm, m2 g-1."""
    scattering_exponent: float
    """Scattering follows (wavelength / 550 nm) to minus this power."""
    absorption: NotNegative
    """Cross section of absorption at 550 nm, m2 g-1."""
    absorption_exponent: float
    """Absorption follows (wavelength / 550 nm) to minus this power."""
    source: str
    """Where the numbers come from."""


class ParticleLight(Model):
    """Extinction and absorption of all particle species."""

    description: str
    """What it is."""
    asymmetry: Annotated[float, Field(ge=0, lt=1)]
    """Asymmetry of scattering by particles."""
    asymmetry_source: str
    """Where it comes from."""
    classes: Annotated[dict[str, ParticleClass], Field(min_length=1)]
    """Classes by name."""

    @model_validator(mode="after")
    def _each_once(self) -> "ParticleLight":
        names = [name for entry in self.classes.values() for name in entry.species]
        doubles = sorted({name for name in names if names.count(name) > 1})
        if doubles:
            msg = f"the species {doubles} stand in more than one class"
            raise ValueError(msg)
        return self


class RateEntry(Model):
    """One photolysis rate of the table."""

    reaction: str
    """What happens."""
    terms: Annotated[dict[str, Positive], Field(min_length=1)]
    """Reactions of TUV-x, or of `own`, with their factors; the rate is the sum."""
    source: str
    """`tuv`, or what is to be known about a stand-in."""


class OwnReaction(Model):
    """A reaction that TUV-x can compute but does not list."""

    cross_section_of: str
    """Reaction of TUV-x with the cross section."""
    quantum_yield: Annotated[float, Field(gt=0, le=1)]
    """Constant quantum yield."""


class RateList(Model):
    """All photolysis rates of the table."""

    own: dict[str, OwnReaction] = {}
    """Reactions with another quantum yield than in TUV-x."""
    rates: Annotated[dict[str, RateEntry], Field(min_length=1)]
    """Rates by the names that mechanisms use."""
