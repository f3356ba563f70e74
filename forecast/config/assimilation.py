"""How observations correct the state from which members begin; sources in the science page."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from forecast.config.base import Model

Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class ObservedPollutant(Model):
    """One observed pollutant; concentrations in its product unit, ug m-3, CO mg m-3."""

    error: Positive
    """Part of the error of an hourly value that does not grow with it."""
    relative_error: Share
    """Part of the error that grows with the value, as a share of it."""
    offset: Positive
    """Added before the logarithm is taken, so that clean hours do not dominate."""


class RepresentativenessConfig(Model):
    """Difference between a point and the mean of a cell.

    `scale` times the error of the instrument times the root of cell size over the length that a
    station stands for (Elbern et al. 2007, doi 10.5194/acp-7-3749-2007; lengths from memory).
    """

    scale: Annotated[float, Field(ge=0, le=5)] = 0.5
    """Dimensionless factor."""
    city: Positive = 2000.0
    """Length of a site in a city, m."""
    county: Positive = 4000.0
    """Length of a site in a county town, m."""
    background: Positive = 10000.0
    """Length of a clean reference site, m."""
    share: Share = 0.1
    """Part of the relative error that comes from the place at a cell as large as the length,
    a share of the value; it grows with the same root."""


class InflationConfig(Model):
    """Adaptive inflation of the members' variance (Miyoshi 2011, doi 10.1175/2010MWR3570.1)."""

    deviation: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Standard error of the factor of the cycle before; 0: the factor stays as it is."""
    least: Positive = 0.9
    """Lower bound of the factor."""
    largest: Positive = 4.0
    """Upper bound of the factor."""


class InterpolationConfig(Model):
    """Optimal interpolation, taken when there are too few members for statistics of their own."""

    deviation: Positive = 0.5
    """Standard error of the logarithm of a forecast."""
    reach: Positive = 250.0e3
    """Distance at which forecast errors are not correlated any more, m."""


class EmissionFactorConfig(Model):
    """Factors on the emissions of each region, estimated beside the state."""

    enabled: bool = True
    """Whether they are estimated and handed on from cycle to cycle."""
    pollutants: tuple[str, ...] = ("pm25", "so2", "no2", "co")
    """Observations that correct them."""
    least: Positive = 0.4
    """Lower bound of a factor."""
    largest: Positive = 2.5
    """Upper bound of a factor."""
    memory: Share = 0.95
    """Share of the logarithm of a factor that is left after a cycle."""


class AssimilationConfig(Model):
    """Station observations into the initial state."""

    enabled: bool = False
    """Whether it is done; needs observations and restarts of an earlier cycle."""
    window_hours: Annotated[int, Field(ge=1, le=12)] = 3
    """Hours up to the cycle whose mean is compared with the observations."""
    least_hours: Annotated[int, Field(ge=1, le=12)] = 2
    """Fewest valid hours of a station in that window."""
    pollutants: dict[str, ObservedPollutant] = {
        "pm25": ObservedPollutant(error=3.0, relative_error=0.05, offset=3.0),
        "pm10": ObservedPollutant(error=5.0, relative_error=0.07, offset=5.0),
        "o3": ObservedPollutant(error=6.0, relative_error=0.05, offset=10.0),
        "no2": ObservedPollutant(error=4.0, relative_error=0.10, offset=4.0),
        "so2": ObservedPollutant(error=3.0, relative_error=0.10, offset=3.0),
        "co": ObservedPollutant(error=0.1, relative_error=0.07, offset=0.1),
    }
    """What is assimilated, and how exact hourly values are."""
    representativeness: RepresentativenessConfig = RepresentativenessConfig()
    """Error of a point as a cell."""
    least_members: Annotated[int, Field(ge=3)] = 8
    """Fewest members for statistics of their own; with fewer, optimal interpolation."""
    reach: Positive = 300.0e3
    """Distance at which an observation has no weight any more, m."""
    height: Positive = 3000.0
    """Height above ground at which an observation has no weight any more, m."""
    largest_departure: Positive = 5.0
    """Departures from the forecast beyond this many standard errors are not believed."""
    largest_change: Annotated[float, Field(gt=1)] = 4.0
    """Largest factor, up or down, on any concentration."""
    precursor_share: Share = 0.5
    """Exponent with which the factor of PM2.5 is handed on to gases that form it; 0: not at all."""
    inflation: InflationConfig = InflationConfig()
    """Inflation of the members."""
    interpolation: InterpolationConfig = InterpolationConfig()
    """The fallback."""
    emissions: EmissionFactorConfig = EmissionFactorConfig()
    """Factors on emissions."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        known = ("pm25", "pm10", "o3", "no2", "so2", "co")
        problems = [
            f"'{name}' is not assimilated; expected some of {', '.join(known)}"
            for name in self.pollutants
            if name not in known
        ]
        problems += [
            f"emissions.pollutants has '{name}', which is not among pollutants"
            for name in self.emissions.pollutants
            if self.emissions.enabled and name not in self.pollutants
        ]
        if self.least_hours > self.window_hours:
            problems.append(
                f"least_hours '{self.least_hours}' is more than window_hours '{self.window_hours}'"
            )
        for name, bounds in (("inflation", self.inflation), ("emissions", self.emissions)):
            if bounds.least >= bounds.largest:
                problems.append(f"{name}.least '{bounds.least}' is not below {name}.largest")
        if problems:
            raise ValueError("; ".join(problems))
        return self
