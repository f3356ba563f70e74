"""Concentrations outside the domain: the file of seasonal profiles and what it holds."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from forecast.config.arrival import ArrivalConfig, PathOfCycle
from forecast.config.base import Model

MonthDay = Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]
Amount = Annotated[float, Field(ge=0.0, le=100000.0, allow_inf_nan=False)]
Height = Annotated[float, Field(ge=0.0, le=50000.0, allow_inf_nan=False)]


class BoundaryFallback(Model):
    """What is tried, in this order, when the profiles of the cycle cannot be used."""

    previous_versions: Annotated[int, Field(ge=0, le=10)] = 2
    """How many of the newest earlier versions are tried; only where the path holds a year."""
    season_profiles: tuple[str, ...] = ()
    """Files of seasonal profiles, tried last; the first that holds on the days of the run is
    taken."""


class BoundaryConfig(Model):
    """The seasonal profiles used at the boundaries and for a cold start."""

    profiles: PathOfCycle = "configs/background/winter.yaml"
    """File of profiles; a relative path starts at the checkout. It may hold {cycle}, {date},
    {year}, {month}, {day} and {hour}, UTC."""
    arrival: ArrivalConfig = ArrivalConfig()
    """When a file with a date in its path counts as complete."""
    fallback: BoundaryFallback = BoundaryFallback()
    """What is tried when the profiles of the cycle cannot be used."""


class Units(StrEnum):
    """Units of a profile."""

    PARTS_PER_BILLION = "ppb"
    MASS_CONCENTRATION = "ug m-3"


class Profile(Model):
    """One species over height."""

    units: Units
    """ppb (by volume) for gases; ug m-3 at actual temperature and pressure for aerosol."""
    values: Annotated[tuple[Amount, ...], Field(min_length=1)]
    """One value for each height of the file."""
    source: str
    """Key of the source in the file's list."""


class AirMass(Model):
    """Air of one origin."""

    description: str
    """What it stands for."""
    species: Annotated[dict[str, Profile], Field(min_length=1)]
    """Profiles by species of the model; all air masses of a file have the same species."""


class Sides(Model):
    """Which air mass lies beyond each side of the domain."""

    west: str
    """Name of an air mass."""
    east: str
    """Name of an air mass."""
    south: str
    """Name of an air mass."""
    north: str
    """Name of an air mass."""


class BackgroundProfiles(Model):
    """A dated file of seasonal profiles, such as configs/background/winter.yaml."""

    title: str
    """What the file stands for."""
    period: str
    """Years that the numbers stand for."""
    first_day: MonthDay
    """First day of the season in Beijing, MM-DD."""
    last_day: MonthDay
    """Last day of the season, MM-DD; earlier than the first when the season spans New Year."""
    heights: Annotated[tuple[Height, ...], Field(min_length=1)]
    """Heights of the values, m above ground, ascending; constant beyond the ends."""
    default: Amount = 0.0
    """Amount of species of the model that no profile names, in ppb or ug m-3."""
    may_lack: dict[str, dict[str, Amount]] = {}
    """Species that a model may lack, and how much of which others stands for one unit there."""
    sources: dict[str, str]
    """Sources by key."""
    sides: Sides
    """Air masses of the four sides."""
    air_masses: Annotated[dict[str, AirMass], Field(min_length=1)]
    """Air masses by name."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = [
            f"height '{above}' follows '{below}'; heights must rise"
            for below, above in zip(self.heights[:-1], self.heights[1:], strict=True)
            if above <= below
        ]
        for side, name in self.sides.model_dump().items():
            if name not in self.air_masses:
                problems.append(f"sides.{side} names '{name}', which is no air mass of the file")
        for name, air in self.air_masses.items():
            for species, profile in air.species.items():
                place = f"air_masses.{name}.species.{species}"
                if len(profile.values) != len(self.heights):
                    problems.append(
                        f"{place} has {len(profile.values)} values for {len(self.heights)} heights"
                    )
                if profile.source not in self.sources:
                    problems.append(f"{place} cites '{profile.source}', which is no source")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def holds_on(self, month_day: str) -> bool:
        """Tell whether a day, MM-DD, lies in the season."""
        if self.first_day <= self.last_day:
            return self.first_day <= month_day <= self.last_day
        return month_day >= self.first_day or month_day <= self.last_day
