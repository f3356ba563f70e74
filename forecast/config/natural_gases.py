"""Natural gases: the checked tables of plants and soils."""

from typing import Annotated

from pydantic import Field

from forecast.config.base import Model
from forecast.config.natural import Amount, MonthDay, Positive, Quantity, Share, SourcedFile


class LeafAge(Model):
    """Emission of leaves of one age relative to their mix at standard conditions."""

    new: Amount
    """Just unfolded."""
    growing: Amount
    """Growing."""
    mature: Amount
    """Full-grown."""
    old: Amount
    """Fading."""


class Compound(Model):
    """One compound or group of them that plants emit."""

    species: str
    """Species of the model that takes it."""
    light_dependent: Share
    """Share of the emission that depends on light."""
    exponent: Amount
    """Temperature exponent of the rest, K-1."""
    activation: Positive
    """CT1, kJ mol-1."""
    peak: Positive
    """Emission at the optimum temperature relative to standard (Ceo)."""
    age: LeafAge
    """Weight of leaf ages."""
    emission_factor: dict[str, Amount]
    """At standard conditions, ug m-2 h-1 of ground, by type of plants."""
    source: str
    """Key of the source."""


class LightResponse(Model):
    """The light of the canopy and the response to it."""

    photosynthetic_share: Quantity
    """Share of solar energy in 400-700 nm."""
    photons_per_joule: Quantity
    """umol of photons per joule in that range."""
    top_of_atmosphere: Quantity
    """Photon flux on a plane across the beam, umol m-2 s-1, mean of the year."""
    seasonal_amplitude: Quantity
    """Its change with the distance of the sun, umol m-2 s-1."""
    linear: Quantity
    """Coefficient of the transmission."""
    quadratic: Quantity
    """Coefficient of its square."""
    acclimation: Quantity
    """Change with the mean light of the day, (umol m-2 s-1)-1."""
    standard_daily: Quantity
    """Mean light of the day at standard conditions, umol m-2 s-1."""


class TemperatureResponse(Model):
    """The response to temperature that all compounds share."""

    deactivation: Quantity
    """CT2, kJ mol-1."""
    optimum: Quantity
    """Optimum temperature at the standard climate, K."""
    optimum_slope: Quantity
    """Its change with the mean temperature of ten days, K K-1."""
    acclimation: Quantity
    """Change of the peak with the mean temperature of one day and of ten, K-1."""
    standard: Quantity
    """Leaf temperature at standard conditions, K."""
    standard_climate: Quantity
    """Mean temperature of one and ten days at standard conditions, K."""


class BiogenicTable(SourcedFile):
    """Emission factors and responses of plants."""

    compounds: Annotated[dict[str, Compound], Field(min_length=1)]
    """Compounds by name."""
    light: LightResponse
    """Light."""
    temperature: TemperatureResponse
    """Temperature."""
    leaf_area_slope: Quantity
    """Coefficient a of the leaf-area response a L / sqrt(1 + b L^2)."""
    leaf_area_curvature: Quantity
    """Coefficient b of it."""
    budbreak_days: Quantity
    """Days from budbreak to the onset of emission at 300 K."""
    budbreak_slope: Quantity
    """Their change with temperature, days K-1."""
    budbreak_warmest: Quantity
    """Temperature above which they change no more, K."""
    maturity_ratio: Quantity
    """Days from budbreak to peak emission over the days to its onset."""


class Application(Model):
    """One spreading of nitrogen on the fields."""

    day: MonthDay
    """Middle of the season of this work, MM-DD."""
    amount: Amount
    """Nitrogen over the whole area of the class, kg ha-1."""
    crop: str
    """What it is for."""
    source: str
    """Key of the source."""


class FertilisedClass(Model):
    """How one class is fertilised relative to cropland."""

    share: Share
    """Nitrogen relative to cropland."""
    source: str
    """Key of the source."""


class SoilTable(SourcedFile):
    """Coefficients of nitric oxide from soils."""

    biome: dict[str, Quantity]
    """Emission at 0 degrees C and the best moisture by land-use class, ng N m-2 s-1."""
    temperature_exponent: Quantity
    """K-1."""
    warmest: Quantity
    """Soil temperature above which the flux rises no more, degrees C."""
    moisture_slope: Quantity
    """Coefficient a of the moisture response a w exp(-b w^2), w being the filled pore space."""
    moisture_decay: Quantity
    """Coefficient b of it."""
    fertiliser: Annotated[tuple[Application, ...], Field(min_length=1)]
    """Spreadings of a year."""
    fertilised: dict[str, FertilisedClass]
    """Classes that are fertilised."""
    fertiliser_trend: Quantity
    """Use today relative to the year of the amounts."""
    fertiliser_decay_days: Quantity
    """Time in which the nitrogen of a spreading falls by e, days."""
    fertiliser_emission: Quantity
    """Share of the nitrogen in the soil that is emitted in a year at 0 degrees C, a-1."""
    canopy_stomata: Quantity
    """Loss in the canopy through stomata, per leaf area index."""
    canopy_cuticle: Quantity
    """Loss through cuticles, per leaf area index."""
    pulse_slope: Quantity
    """Pulse after a dry spell of t hours: slope ln(t) - offset."""
    pulse_offset: Quantity
    """Its offset."""
    pulse_decay: Quantity
    """h-1."""
    pulse_wetting: Quantity
    """Rise of the filled pore space in an hour that starts a pulse."""
    pulse_driest: Quantity
    """Filled pore space below which a soil counts as dry."""
