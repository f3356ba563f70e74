"""Natural particles: the checked tables of dust and sea salt."""

from typing import Annotated

from pydantic import Field

from forecast.config.base import Model
from forecast.config.natural import (
    Monthly,
    MonthlyShare,
    Positive,
    Quantity,
    Share,
    SourcedFile,
)


class ErodibleClass(Model):
    """One land-use class from which wind can lift dust."""

    bare: MonthlyShare
    """Share of the class that lies bare and loose, by month."""
    roughness: Positive
    """Roughness length of the bare ground with its stones and clods, m."""
    clay: Share
    """Share of clay in the soil's mass."""
    moisture: Monthly
    """Water in the uppermost centimetre without the rain of the run, percent of mass, by month."""
    source: str
    """Key of the source."""


class DustTable(SourcedFile):
    """Coefficients of wind-blown dust."""

    classes: Annotated[dict[str, ErodibleClass], Field(min_length=1)]
    """Erodible classes."""
    flux: Quantity
    """C_d0: dimensionless dust emission coefficient of the most erodible soil."""
    erodibility: Quantity
    """C_e: its fall with the standardised threshold."""
    fragmentation: Quantity
    """C_alpha: growth of the exponent with the standardised threshold."""
    lowest_threshold: Quantity
    """Standardised threshold friction velocity of the most erodible soil, m s-1."""
    standard_density: Quantity
    """Air density of standardised thresholds, kg m-3."""
    largest_clay: Quantity
    """Clay above this share adds nothing."""
    grain_diameter: Quantity
    """Grains that the wind moves first, m."""
    grain_density: Quantity
    """kg m-3."""
    threshold_coefficient: Quantity
    """A_N of Shao and Lu."""
    cohesion: Quantity
    """gamma of Shao and Lu, kg s-2."""
    roughness_fetch: Quantity
    """Distance behind a roughness element, m."""
    roughness_factor: Quantity
    """b1 of the drag partition."""
    roughness_exponent: Quantity
    """b2 of the drag partition."""
    size_median: Quantity
    """Median of the soil's grains, um."""
    size_spread: Quantity
    """Geometric standard deviation of them."""
    size_crack: Quantity
    """Length to which a crack runs, um."""
    size_largest: Quantity
    """Diameter to which the total flux counts, um."""
    fine_diameter: Quantity
    """Largest volume-equivalent diameter of fine dust, um."""
    coarse_diameter: Quantity
    """Largest volume-equivalent diameter of coarse dust, um."""


class SeaSaltTable(SourcedFile):
    """Coefficients of the sea-salt source function."""

    flux: Quantity
    """Of the whole function, m-2 s-1 um-1 at a wind of 1 m s-1."""
    wind_exponent: Quantity
    """Of the 10 m wind."""
    steepness: Quantity
    """4.7 of the exponent A."""
    theta: Quantity
    """Shape of the number below 0.2 um."""
    theta_scale: Quantity
    """0.017 of the exponent A."""
    theta_exponent: Quantity
    """1.44 of the exponent A."""
    growth: Quantity
    """0.057 of the film and jet drops."""
    growth_exponent: Quantity
    """3.45 of them."""
    peak: Quantity
    """1.607, decimal logarithm of the peak."""
    centre: Quantity
    """0.433, decimal logarithm of its radius and its width."""
    smallest: Quantity
    """Smallest radius at 80 % humidity, um."""
    humid_ratio: Quantity
    """Radius at 80 % humidity over the dry radius."""
    dry_density: Quantity
    """kg m-3."""
    fine_diameter: Quantity
    """Largest dry diameter of fine sea salt, um."""
    coarse_diameter: Quantity
    """Largest dry diameter of coarse sea salt, um."""
    temperature_dependence: bool
    """Whether the sea's temperature counts."""
    temperature_polynomial: Annotated[tuple[Quantity, ...], Field(min_length=1)]
    """Factor in powers of the sea's temperature, degrees C."""
    warmest: Quantity
    """Temperature of the sea above which the factor changes no more, degrees C."""
    sea_roughness: Quantity
    """Roughness length of the sea to which the wind of coastal cells is brought, m."""
