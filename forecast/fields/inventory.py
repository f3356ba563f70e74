"""An emission inventory as its tables say it, before anything is put on a grid."""

from collections.abc import Mapping
from dataclasses import dataclass

from forecast.fields.arrays import Float, Integers

SECTORS = ("power", "industry", "residential", "transportation", "agriculture")
"""Sectors of the model, in the order of every sector axis."""
POLLUTANTS = ("CO", "SO2", "NOx", "NH3", "NMVOC", "BC", "OC", "PM2.5", "PM10")
"""What inventories count: NOx as the mass of NO2, PM10 with PM2.5, PM2.5 with BC and OC."""
SURROGATES = ("urban", "population", "crop")
"""What provincial totals are spread by."""


@dataclass(frozen=True)
class ProvincialTotals:
    """Annual totals of provinces.

    Attributes:
        provinces: Codes such as SD, first axis of `annual`.
        names: English names, in the same order.
        year: Year that the totals stand for.
        annual: kt a year, (nprovince, nsector, npollutant).
    """

    provinces: tuple[str, ...]
    names: tuple[str, ...]
    year: int
    annual: Float


@dataclass(frozen=True)
class TrendFactor:
    """One step of the way from the base year to another year.

    Attributes:
        step: Name of the step.
        year_from: Year before it.
        year_to: Year after it; equal to `year_from` when a level is corrected.
        province: Code, or * for all.
        sector: One of `SECTORS`.
        pollutant: One of `POLLUTANTS`.
        factor: Multiplies the emission.
        certainty: good, fair, poor or assumed.
        source: Where the factor comes from.
    """

    step: str
    year_from: int
    year_to: int
    province: str
    sector: str
    pollutant: str
    factor: float
    certainty: str
    source: str


@dataclass(frozen=True)
class LonLatBox:
    """A rectangle in longitude and latitude, degrees; its west and south edges belong to it."""

    west: float
    east: float
    south: float
    north: float

    def contains(self, longitude: Float, latitude: Float) -> Float:
        """Return 1.0 for points inside, else 0.0."""
        inside = (
            (longitude >= self.west)
            & (longitude < self.east)
            & (latitude >= self.south)
            & (latitude < self.north)
        )
        values: Float = inside.astype(float)
        return values


@dataclass(frozen=True)
class PowerUnits:
    """Coal units of power plants.

    Attributes:
        plant: Name of the plant, (nunit,).
        province: Code of the province, (nunit,).
        capacity: MW, (nunit,).
        capacity_factor: Share of the year at full load, (nunit,).
        start_year: Year of commissioning, 0 when unknown, (nunit,).
        longitude: Degrees east, (nunit,).
        latitude: Degrees north, (nunit,).
        area: Where the list is complete.
    """

    plant: tuple[str, ...]
    province: tuple[str, ...]
    capacity: Float
    capacity_factor: Float
    start_year: Integers
    longitude: Float
    latitude: Float
    area: LonLatBox


@dataclass(frozen=True)
class StackClasses:
    """Stacks by the size of the units that share them; one entry a class, sizes ascending.

    Attributes:
        above: Units larger than this, MW.
        up_to: Units up to this size, MW.
        height: m above ground.
        exit_temperature: K.
        exit_velocity: m s-1.
        flue_gas: Volume at exit temperature, m3 kWh-1.
        units_per_stack: Units that share a stack.
    """

    above: Float
    up_to: Float
    height: Float
    exit_temperature: Float
    exit_velocity: Float
    flue_gas: Float
    units_per_stack: Float


@dataclass(frozen=True)
class SurrogateCells:
    """Land use of cells that cover all provinces, also beyond the domain.

    Attributes:
        longitude: Centre, degrees east, (ncell,).
        latitude: Centre, degrees north, (ncell,).
        land: Share of land, (ncell,).
        urban: Share of built-up land, (ncell,).
        crop: Share of crop land, (ncell,).
    """

    longitude: Float
    latitude: Float
    land: Float
    urban: Float
    crop: Float


@dataclass(frozen=True)
class TimeProfiles:
    """Variation in time, by sector; local time is Beijing time.

    Attributes:
        month: Share of the year, sums to 1, (nsector, 12).
        weekday: Factor with mean 1 over the week, Monday first, (nsector, 7).
        hour: Factor with mean 1 over the day, local hour 0 to 23, (nsector, 24).
    """

    month: Float
    weekday: Float
    hour: Float


@dataclass(frozen=True)
class LayerProfiles:
    """Heights of area sources.

    Attributes:
        interface: Heights of layer interfaces, m above ground, ascending, (nlayer + 1,).
        share: Share of the emission in each layer, sums to 1, (nsector, nlayer).
    """

    interface: Float
    share: Float


@dataclass(frozen=True)
class SpeciationNumbers:
    """Numbers that turn pollutants into species, each (nsector,).

    Attributes:
        no_mole_share: Share of NO in the moles of NOx.
        hono_mole_share: Share of HONO in the moles of NOx; NO2 is the rest.
        om_oc_ratio: Organic matter over organic carbon.
        so4_share: Sulfate in PM2.5 less black carbon and organic matter.
        no3_share: Nitrate in the same.
        nh4_share: Ammonium in the same.
        ivoc_ratio: Gases of intermediate volatility over primary organic matter, by mass.
    """

    no_mole_share: Float
    hono_mole_share: Float
    om_oc_ratio: Float
    so4_share: Float
    no3_share: Float
    nh4_share: Float
    ivoc_ratio: Float


@dataclass(frozen=True)
class OrganicCompound:
    """A volatile organic compound and what stands for it in mechanisms.

    Attributes:
        name: Name.
        molar_mass: kg mol-1.
        carbon: Atoms of carbon.
        parts: By scheme, species and their moles a mole of the compound.
    """

    name: str
    molar_mass: float
    carbon: float
    parts: Mapping[str, tuple[tuple[str, float], ...]]


@dataclass(frozen=True)
class OrganicProfiles:
    """What NMVOC is made of.

    Attributes:
        compounds: All compounds.
        share: Mass share of each in the NMVOC of a sector, sums to 1, (nsector, ncompound).
        schemes: Names of the sets of lumped species, the one to prefer first.
        carbon: Atoms of carbon that each lumped species stands for.
        unreactive: The lump that mechanisms do not carry.
    """

    compounds: tuple[OrganicCompound, ...]
    share: Float
    schemes: tuple[str, ...]
    carbon: Mapping[str, float]
    unreactive: str


@dataclass(frozen=True)
class Inventory:
    """All tables of an inventory.

    Attributes:
        totals: Provincial totals of the base year.
        trend: Steps to other years.
        units: Coal units.
        stacks: Stack classes.
        spatial_mix: Share of each surrogate in the spreading of a sector, (nsector, nsurrogate).
        cells: Land use over all provinces.
        profiles: Variation in time.
        layers: Heights of area sources.
        speciation: From pollutants to species.
        organics: From NMVOC to the species of mechanisms.
        attribution: Sources and licences, for products.
    """

    totals: ProvincialTotals
    trend: tuple[TrendFactor, ...]
    units: PowerUnits
    stacks: StackClasses
    spatial_mix: Float
    cells: SurrogateCells
    profiles: TimeProfiles
    layers: LayerProfiles
    speciation: SpeciationNumbers
    organics: OrganicProfiles
    attribution: str
