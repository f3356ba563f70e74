"""Boxes: the air over one place for some days, files such as configs/boxes/jinan_winter.yaml.

docs/science/box_runs.md has the equations and the results.
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from forecast.config.base import Model

Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Kelvin = Annotated[float, Field(ge=230, le=320)]
ALL_DAY = Field(min_length=24, max_length=24)
ALL_YEAR = Field(min_length=12, max_length=12)
_MEAN_ERROR = 0.005


class BoxBackground(Model):
    """Air that comes in from the sides, and with which the run starts."""

    profiles: str
    """File of seasonal profiles, such as configs/background/winter.yaml."""
    air_mass: str
    """Name of an air mass of that file."""
    height: NotNegative = 0.0
    """Height of the profile beside the mixed layer, m above ground."""
    height_aloft: NotNegative = 500.0
    """Height of the profile beside the air above it, m above ground."""
    instead: dict[str, NotNegative] = {}
    """Other values near the ground, ppb or ug m-3; aloft they fall as the profile does."""
    instead_source: str = ""
    """Where these come from."""

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.instead and not self.instead_source:
            msg = "instead has values but instead_source does not say where they come from"
            raise ValueError(msg)
        return self


class BoxConfig(Model):
    """One box: a mixed layer that grows and shrinks below a fixed top, and the air between.

    Series have a value for each full hour of the day by local time (UTC+8), linear between.
    """

    title: str
    """What it stands for."""
    sources: dict[str, str]
    """Where the numbers come from, by what they describe."""
    day: Day
    """First day, local time; the run starts at its midnight."""
    days: Annotated[int, Field(ge=1, le=10)] = 3
    """Length of the run."""
    longitude: Annotated[float, Field(ge=-180, le=180)]
    """Degrees east."""
    latitude: Annotated[float, Field(ge=-90, le=90)]
    """Degrees north."""
    elevation: Annotated[float, Field(ge=-400, le=5000)]
    """Of the ground above the sea, m."""
    pressure: Annotated[float, Field(ge=5e4, le=1.1e5)]
    """At the ground, Pa."""
    temperature: Annotated[tuple[Kelvin, ...], ALL_DAY]
    """Of the mixed layer, K."""
    humidity: Annotated[tuple[Share, ...], ALL_DAY]
    """Relative humidity of the mixed layer, 0 to 1."""
    mixing_height: Annotated[tuple[Positive, ...], ALL_DAY]
    """Depth of the mixed layer, m."""
    top: Positive
    """Top of the air that is followed, m; above all mixing heights."""
    temperature_aloft: Kelvin
    """Between the mixed layer and the top, K."""
    humidity_aloft: Share
    """Relative humidity there."""
    exchange: NotNegative
    """Share of the mixed layer's air that the background replaces in an hour."""
    exchange_aloft: NotNegative
    """The same above it."""
    background: BoxBackground
    """Air from the sides."""
    emissions: str
    """File of emissions, such as configs/boxes/emissions_jinan.yaml."""
    emission_factor: NotNegative = 1.0
    """Multiplies all of them."""
    deposition: dict[str, tuple[NotNegative, NotNegative]]
    """Velocity by day and by night, cm s-1, by species; others are not deposited."""

    @model_validator(mode="after")
    def _stays_below_the_top(self) -> Self:
        if max(self.mixing_height) > 0.95 * self.top:
            msg = (
                f"the mixing height reaches '{max(self.mixing_height)}' m; the top, '{self.top}' m,"
                " must lie above it by a twentieth at least"
            )
            raise ValueError(msg)
        return self


class BoxSector(Model):
    """Emissions of one kind."""

    height: NotNegative = 0.0
    """Above ground, m; they go into the layer that is there."""
    month: Annotated[tuple[NotNegative, ...], ALL_YEAR]
    """Factor on the mean of the year, January to December."""
    hour: Annotated[tuple[NotNegative, ...], ALL_DAY]
    """Factor on the mean of the day, in the hours that start at 0 to 23, local time."""
    rates: dict[str, NotNegative]
    """Mean of the year: gases in mol km-2 h-1, particles in g km-2 h-1."""

    @model_validator(mode="after")
    def _means_one(self) -> Self:
        mean = sum(self.hour) / len(self.hour)
        if abs(mean - 1.0) > _MEAN_ERROR:
            msg = f"the mean of the hours is '{mean:.4f}', expected 1"
            raise ValueError(msg)
        return self


class BoxEmissions(Model):
    """What an area emits."""

    title: str
    """What it stands for."""
    source: str
    """How the numbers were made."""
    may_lack: dict[str, dict[str, NotNegative]] = {}
    """Species that a mechanism may lack, and how much of which others stand for one unit."""
    sectors: Annotated[dict[str, BoxSector], Field(min_length=1)]
    """By name."""
