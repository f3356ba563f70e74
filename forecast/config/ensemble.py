"""How many members, what each one changes, and when a set of members counts as an ensemble.

The sources of every amplitude are given in docs/science/ensemble.md.
"""

from typing import Annotated

from pydantic import Field

from forecast.config.base import Model

Sigma = Annotated[float, Field(ge=0, le=1.5)]
Length = Annotated[float, Field(gt=0, le=5.0e6)]


class EmissionPerturbation(Model):
    """Log-normal factors on the emissions, one field a sector, with mean one."""

    sigma: dict[str, Sigma] = {
        "power": 0.15,
        "industry": 0.25,
        "residential": 0.50,
        "transportation": 0.25,
        "agriculture": 0.40,
    }
    """Standard deviation of the logarithm of the factor, by sector; a sector of the inventory that
    is not named here stops the run. About half the published 95 % intervals in the logarithm:
    Zhao et al. 2011, doi 10.5194/acp-11-2295-2011; Zhang et al. 2009, doi
    10.5194/acp-9-5131-2009."""
    correlation_length: Length = 150.0e3
    """Length L of the correlation exp(-r^2 / 2 L^2) in space, m; errors of activity data and
    emission factors are shared within a province."""


class MixingPerturbation(Model):
    """Log-normal factors on the boundary-layer height and the vertical diffusivity, mean one."""

    boundary_layer_sigma: Sigma = 0.22
    """Standard deviation of the logarithm of the height factor; the size of the differences
    between boundary-layer schemes over the North China Plain (Jia et al. 2023, doi
    10.5194/gmd-16-6635-2023)."""
    diffusivity_sigma: Sigma = 0.30
    """Standard deviation of the logarithm of the diffusivity factor."""
    correlation_length: Length = 300.0e3
    """Length L of the correlation exp(-r^2 / 2 L^2) in space, m."""


class WindPerturbation(Model):
    """A non-divergent wind from a random stream function."""

    rms_surface: Annotated[float, Field(ge=0, le=5)] = 1.3
    """Root mean square of the added wind vector at the ground, m s-1; within the 2 m s-1 that
    driving fields of air-quality models are asked to keep (Emery et al. 2001)."""
    rms_aloft: Annotated[float, Field(ge=0, le=10)] = 3.0
    """The same high above the ground, m s-1."""
    growth_height: Annotated[float, Field(gt=0, le=2.0e4)] = 3000.0
    """Height over which the amplitude goes from the one to the other (1 - 1/e of it), m."""
    decorrelation_height: Annotated[float, Field(gt=0, le=2.0e4)] = 6000.0
    """Height over which the pattern turns into an independent one, m."""
    correlation_length: Length = 300.0e3
    """Length L of the correlation exp(-r^2 / 2 L^2) of the stream function, m."""


class GateConfig(Model):
    """When a member counts; how many count as an ensemble is a matter of the clock."""

    use_incomplete: bool = True
    """Whether a member that did not come to its end counts for the hours that it has on disk."""
    largest_concentration: Annotated[float, Field(gt=0)] = 20000.0
    """Greatest hourly value of a cell that is taken as physical, in the unit of the product."""
    mean_ratio: Annotated[float, Field(gt=1)] = 4.0
    """Greatest ratio, up or down, between a member's mean PM2.5 over the domain and the median of
    the members; a member outside is left out."""


class EnsembleConfig(Model):
    """The ensemble."""

    members: Annotated[int, Field(ge=1, le=5000)] = 4
    """Number of members with the unperturbed control m00."""
    seed: Annotated[str, Field(min_length=1, max_length=60)] = "shandong"
    """Text that enters the random streams beside cycle and member; another text gives another
    set of perturbations."""
    emission: EmissionPerturbation = EmissionPerturbation()
    """Emissions."""
    mixing: MixingPerturbation = MixingPerturbation()
    """Boundary-layer height and diffusivity."""
    wind: WindPerturbation = WindPerturbation()
    """Wind."""
    gate: GateConfig = GateConfig()
    """Who counts."""
