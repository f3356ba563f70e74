"""The driving meteorology: which file, how it is interpolated, what is diagnosed and how."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from forecast.config.arrival import ArrivalConfig, PathOfCycle
from forecast.config.base import Model

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class MeteorologyFormat(StrEnum):
    """Where the driving fields come from."""

    NCEP_REANALYSIS = "ncep_reanalysis"
    """A netCDF file of NCEP/NCAR Reanalysis 1, daily means on pressure levels."""
    HAZE_WEEK = "haze_week"
    """A made winter week with a stagnant high and a cold front, computed, no file."""


class SeasonSurface(Model):
    """What land does with radiation in one season.

    Defaults of the table in `LandSurfaceConfig`; see docs/science/meteorology.md for the sources.
    """

    albedo: Share
    """Share of solar radiation that the ground reflects."""
    moisture: Share
    """Moisture parameter alpha of De Bruin and Holtslag (1982): 1 wet grass, 0 desert."""
    ground_heat: Share
    """Share of net radiation by day that goes into the ground (also called c_G)."""


class LandSurfaceConfig(Model):
    """Seasonal properties of land without snow.

    Moisture and ground heat: Hanna and Chang (1992, doi 10.1007/BF00119375) give alpha = 0.5 for
    dry cropland and towns, 0.8 for cropland in the growing season, 1 for wet grass, and c_G = 0.1
    over grass, 0.3 over bare soil and towns. Albedo: cropland 0.2 after harvest and in winter
    without snow, 0.14 in spring, 0.2 in summer (Paine 1987, as in the AERMET user's guide,
    EPA-454/B-03-002, table 4-1, without its snow).
    """

    winter: SeasonSurface = SeasonSurface(albedo=0.2, moisture=0.5, ground_heat=0.3)
    """December to February: short winter wheat and bare, dry soil."""
    spring: SeasonSurface = SeasonSurface(albedo=0.14, moisture=0.6, ground_heat=0.2)
    """March to May."""
    summer: SeasonSurface = SeasonSurface(albedo=0.2, moisture=0.9, ground_heat=0.1)
    """June to August."""
    autumn: SeasonSurface = SeasonSurface(albedo=0.18, moisture=0.6, ground_heat=0.2)
    """September to November."""

    def season(self, month: int) -> SeasonSurface:
        """Return the properties of the season of a month, 1 to 12."""
        names = ("winter", "spring", "summer", "autumn")
        season: SeasonSurface = getattr(self, names[month % 12 // 3])
        return season


class BoundaryLayerConfig(Model):
    """Diagnosis of the boundary layer."""

    critical_richardson: Annotated[float, Field(gt=0.0, le=1.0)] = 0.25
    """Bulk Richardson number at the top (Vogelezang and Holtslag 1996; Seidel et al. 2012)."""
    minimum_height: Annotated[float, Field(ge=10.0, le=500.0)] = 50.0
    """Smallest height, m (as AERMOD and MCIP bound it)."""
    maximum_height: Annotated[float, Field(ge=1000.0, le=5000.0)] = 3000.0
    """Largest height, m."""
    minimum_friction_velocity: Annotated[float, Field(gt=0.0, le=0.3)] = 0.1
    """Smallest friction velocity, m s-1: turbulence never quite dies."""
    relaxation_hours: Annotated[float, Field(gt=0.0, le=48.0)] = 12.0
    """Time in which what a day has done to the profile is forgotten: radiative cooling and
    advection, which the driver holds, renew the air, hours."""
    reference_height: Annotated[float, Field(ge=50.0, le=400.0)] = 150.0
    """Below this height the wind follows Monin-Obukhov similarity, above it the driver, m."""


class HazeWeekConfig(Model):
    """The made winter week; every number is a choice of this exercise, none is an observation."""

    start: datetime = datetime(2022, 1, 9, 16)  # noqa: DTZ001  (UTC, naive, as all times here)
    """Beijing midnight that begins day 1, UTC."""
    days: Annotated[int, Field(ge=1, le=14)] = 7
    """Length of the forecast period that is covered, days."""
    spin_up_hours: Annotated[int, Field(ge=0, le=240)] = 48
    """Hours before `start` that are covered too."""
    step_hours: Annotated[int, Field(ge=1, le=6)] = 3
    """Time between records, hours."""
    stagnation_day: Annotated[float, Field(ge=0.0)] = 2.0
    """Days after `start` at which the air has become calm."""
    front_day: Annotated[float, Field(ge=0.0)] = 5.5
    """Days after `start` at which the cold front passes 117 E, 36.5 N."""
    cooling: Annotated[float, Field(ge=0.0, le=25.0)] = 12.0
    """Fall of temperature behind the front near the ground, K."""
    inversion: Annotated[float, Field(ge=0.0, le=15.0)] = 9.0
    """Warming near 900 hPa in the calm days, which caps the boundary layer, K."""
    humidity: Share = 0.94
    """Relative humidity near the ground in the calm days."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.front_day <= self.stagnation_day:
            msg = (
                f"front_day '{self.front_day}' is not after stagnation_day "
                f"'{self.stagnation_day}'; the front ends the calm"
            )
            raise ValueError(msg)
        if self.start.tzinfo is not None:
            msg = f"start '{self.start}' names a time zone; give UTC without one"
            raise ValueError(msg)
        return self


class SecondSource(Model):
    """Meteorology of another provider."""

    format: MeteorologyFormat
    """Kind of the driver."""
    path: PathOfCycle
    """File of the driver; may hold {cycle}, {date}, {year}, {month}, {day}, {hour} (UTC)."""

    @model_validator(mode="after")
    def _is_real(self) -> Self:
        if self.format is MeteorologyFormat.HAZE_WEEK:
            msg = f"format '{self.format}' is made weather and stands in for no real one"
            raise ValueError(msg)
        return self


class MeteorologyFallback(Model):
    """What is tried, in this order, when the meteorology of the cycle cannot be used."""

    previous_cycles: Annotated[int, Field(ge=0, le=10)] = 2
    """How many earlier cycles of the driver are tried; only where its path holds a date."""
    step_hours: Annotated[int, Field(ge=1, le=24)] = 12
    """Hours between two cycles of the driver."""
    second_source: SecondSource | None = None
    """Tried last; none by default."""
    reach_hours: Annotated[int, Field(ge=24, le=400)] | None = None
    """How far a complete file of the driver reaches from its own cycle, hours. A file that ends
    earlier is then taken only when nothing else can be used. None: not looked at."""


class MeteorologyConfig(Model):
    """The driving meteorology and what is diagnosed from it."""

    format: MeteorologyFormat = MeteorologyFormat.NCEP_REANALYSIS
    """Kind of the driver."""
    path: PathOfCycle = "data/meteorology/ncep_reanalysis_20220101-05.nc"
    """File of the driver; relative paths start at the checkout; not used by made weeks. It may
    hold {cycle} (2021-12-31T16), {date} (20211231), {year}, {month}, {day} and {hour}, UTC."""
    arrival: ArrivalConfig = ArrivalConfig()
    """When a file with a date in its path counts as complete."""
    fallback: MeteorologyFallback = MeteorologyFallback()
    """What is tried when the file of the cycle cannot be used."""
    hold_hours: Annotated[int, Field(ge=0, le=24)] = 12
    """How many forecast hours outside the driver's time range its nearest record may stand for."""
    lapse_rate: Annotated[float, Field(ge=0.0, le=0.01)] = 0.0065
    """Fall of temperature with height below the lowest level of the driver, K m-1 (ICAO)."""
    critical_relative_humidity: Annotated[float, Field(ge=0.3, lt=1.0)] = 0.8
    """Relative humidity at which cloud begins (Sundqvist et al. 1989)."""
    cloud_base: Annotated[float, Field(ge=0.0, le=1000.0)] = 200.0
    """No cloud is diagnosed below this height: a humid ground layer is fog or haze, m."""
    land: LandSurfaceConfig = LandSurfaceConfig()
    """Seasonal properties of land."""
    boundary_layer: BoundaryLayerConfig = BoundaryLayerConfig()
    """Diagnosis of the boundary layer."""
    haze_week: HazeWeekConfig = HazeWeekConfig()
    """The made week."""
