"""Where observations are kept, how files of them are laid out, and when a value is doubted."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from forecast.config.base import Model

Positive = Annotated[float, Field(gt=0.0)]


class Label(StrEnum):
    """Which end of the averaging period a time names."""

    END = "end"
    """The time at which it ended."""
    START = "start"
    """The time at which it began."""


class Unit(StrEnum):
    """Units that can be converted."""

    UG = "ug m-3"
    """Microgram in a cubic metre."""
    MG = "mg m-3"
    """Milligram in a cubic metre."""
    PPB = "ppb"
    """Molecules in 10^9 of the air."""
    PPM = "ppm"
    """Molecules in 10^6 of the air."""


class State(StrEnum):
    """Air to which concentrations of a file refer."""

    PUBLISHED = "published"
    """That of the Chinese network at the date: 273.15 K before 2018-09-01, then gases at 298.15 K
    and particles as in the air."""
    ACTUAL = "actual"
    """As it was at the station."""
    AT_298K = "298K"
    """298.15 K and 1013.25 hPa."""
    AT_273K = "273K"
    """273.15 K and 1013.25 hPa."""


class CsvLayout(Model):
    """A CSV file with one row a station and hour, pollutants side by side."""

    time: str = "time"
    """Column of the time."""
    time_format: str = ""
    """Form of the time as of Python's strptime; empty: ISO 8601."""
    utc_offset_hours: Annotated[float, Field(ge=-12.0, le=14.0)] = 8.0
    """Hours that times of the file are ahead of UTC; ignored where a time names its own zone."""
    label: Label = Label.END
    """Which end of the hour the time names."""
    station: str = "station"
    """Column of the station's code."""
    columns: dict[str, str] = {
        name: name for name in ("pm25", "pm10", "so2", "no2", "co", "o3")
    }  # fmt: skip
    """Column of each pollutant (pm25 pm10 so2 no2 co o3); those that a file lacks are left out."""
    units: dict[str, Unit] = {"co": Unit.MG}
    """Unit of each pollutant; ug m-3 where nothing is said."""
    state: State = State.PUBLISHED
    """Air to which concentrations refer."""


class Range(Model):
    """What one pollutant can be and how fast it can change; its product unit, ug m-3, CO mg m-3."""

    least: float = 0.0
    """Smaller values cannot be."""
    greatest: Positive
    """Greater ones cannot be."""
    step: Positive
    """Smallest jump from one hour to the next that is looked at, and the scale of what is small."""
    stuck_hours: Annotated[int, Field(ge=3)]
    """So many equal values in a row are doubted; more where values are rounded coarsely."""


class BlockedPeriod(Model):
    """Values of one station that are not used."""

    station: str
    """Code of the station."""
    pollutants: tuple[str, ...] = ()
    """Which; empty: all."""
    begin: str = ""
    """First day, Asia/Shanghai, YYYY-MM-DD; empty: always."""
    end: str = ""
    """Last day; empty: for ever."""
    reason: Annotated[str, Field(min_length=1)]
    """Why, in words."""


class QualityConfig(Model):
    """When a value is doubted.

    The numbers are choices of ours, tried on real data with planted errors: see
    docs/science/observations.md.
    """

    ranges: dict[str, Range] = {
        "pm25": Range(greatest=1500.0, step=80.0, stuck_hours=5),
        "pm10": Range(greatest=6000.0, step=160.0, stuck_hours=5),
        "so2": Range(greatest=2600.0, step=100.0, stuck_hours=10),
        "no2": Range(greatest=1000.0, step=70.0, stuck_hours=6),
        "co": Range(greatest=50.0, step=3.0, stuck_hours=12),
        "o3": Range(greatest=1200.0, step=100.0, stuck_hours=6),
    }
    """Limits of each pollutant; others are not checked."""
    step_ratio: Annotated[float, Field(gt=1.0)] = 2.5
    """A jump is doubted when it is also more than so many times what the hours around change."""
    stuck_hours_low: Annotated[int, Field(ge=3)] = 36
    """So many equal values in a row are doubted where they are small: rounding makes them equal."""
    stuck_low: Annotated[float, Field(ge=0.0, le=1.0)] = 0.2
    """What counts as small, as a share of `step`."""
    stuck_least: Annotated[float, Field(ge=0.0, le=1.0)] = 0.05
    """Equal values up to this share of `step` are never doubted: they are at the limit of what
    instruments detect."""
    neighbours: Annotated[int, Field(ge=2)] = 3
    """Fewest neighbours with a value that a comparison needs."""
    neighbour_distance: Positive = 60_000.0
    """How far a neighbour may be, m."""
    spatial_deviation: Positive = 5.0
    """A value is doubted when its logarithm is so many standard deviations (of the neighbours,
    robust, and at least `spatial_floor`) from their median."""
    spatial_floor: Positive = 0.25
    """Least standard deviation of the logarithm that is assumed between neighbours."""
    spatial_difference: Positive = 0.3
    """And it must differ from their median by more than this share of `step`."""
    ratio_tolerance: Annotated[float, Field(ge=1.0)] = 1.3
    """PM2.5 may be so many times PM10, for both are measured with error."""
    ratio_margin: Annotated[float, Field(ge=0.0)] = 15.0
    """And exceed it by so much, ug m-3."""
    blocked: tuple[BlockedPeriod, ...] = ()
    """The block list."""


class ObservationsConfig(Model):
    """Station observations."""

    store: str = ""
    """Folder of the observation store; empty: a run uses no observations."""
    hours: Annotated[int, Field(ge=24, le=24 * 60)] = 96
    """How many hours up to the cycle a run takes out of the store."""
    quality: QualityConfig = QualityConfig()
    """When a value is doubted."""
    csv: CsvLayout = CsvLayout()
    """Layout of the files that `forecast observations load --format csv` reads."""

    @model_validator(mode="after")
    def _known_pollutants(self) -> Self:
        known = {"pm25", "pm10", "so2", "no2", "co", "o3"}
        named = {*self.csv.columns, *self.csv.units, *self.quality.ranges}
        if unknown := sorted(named - known):
            msg = f"'{', '.join(unknown)}' is no observed pollutant; use {', '.join(sorted(known))}"
            raise ValueError(msg)
        return self
