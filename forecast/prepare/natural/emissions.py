"""All natural emissions of a run."""

import logging
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from forecast.config.natural import NaturalConfig
from forecast.fields.arrays import Float
from forecast.fields.emissions import NaturalEmissions
from forecast.fields.meteorology import MeteorologySeries
from forecast.fields.species import SpeciesTable
from forecast.grid.domain import Domain
from forecast.grid.static import StaticFields
from forecast.prepare.natural.biogenic import plant_emission
from forecast.prepare.natural.dust import dust_emission
from forecast.prepare.natural.sea_salt import sea_salt_emission
from forecast.prepare.natural.soil import soil_emission
from forecast.prepare.natural.tables import NaturalTables
from forecast.prepare.natural.weather import Land, SurfaceWeather, surface_weather

logger = logging.getLogger(__name__)

ATTRIBUTION = (
    "Natural emissions: MEGAN (Guenther et al. 2012), BDSNP (Hudman et al. 2012), Kok et al. "
    "(2014), Gong (2003)"
)


def natural_emissions(
    meteorology: MeteorologySeries,
    static: StaticFields,
    domain: Domain,
    options: NaturalConfig,
    tables: NaturalTables,
) -> NaturalEmissions:
    """Compute what every source that is switched on emits.

    Rates are computed at the bounds of the hours; an hour has the mean of its two bounds.

    Args:
        meteorology: Prepared, hourly.
        static: Land use and roughness.
        domain: Cells.
        options: Switches.
        tables: Coefficients.

    Returns:
        Rates of the hours that start at all times of the meteorology but the last.

    Raises:
        InputError: The meteorology has values that are no numbers.
    """
    weather = surface_weather(meteorology, domain, tables.ground)
    land = Land.build(static, domain)
    found = dict(_sources(weather, land, domain, options, tables))
    rate = np.zeros((weather.times.size - 1, len(found), *domain.horizontal.shape), np.float32)
    for index, flux in enumerate(found.values()):
        rate[:, index] = 0.5 * (flux[:-1] + flux[1:]) * land.area
    return NaturalEmissions(weather.times[:-1], tuple(found), rate, ATTRIBUTION)


def _sources(
    weather: SurfaceWeather,
    land: Land,
    domain: Domain,
    options: NaturalConfig,
    tables: NaturalTables,
) -> Iterator[tuple[str, Float]]:
    """Flux of each species at every bound, kg m-2 s-1, (nt, ny, nx)."""
    if options.isoprene:
        yield "ISOP", plant_emission("ISOP", weather, land, tables)
    if options.terpenes:
        yield "TERP", plant_emission("TERP", weather, land, tables)
    if options.soil_nitric_oxide:
        yield "NO", soil_emission(weather, land, tables)
    if options.dust:
        yield from zip(("ADUST", "ADUSC"), dust_emission(weather, land, tables), strict=True)
    if options.sea_salt:
        salt = sea_salt_emission(weather, land, domain.horizontal.latitude, tables.sea_salt)
        yield from zip(("ASEAS", "ASEAC"), salt, strict=True)


def of_species(natural: NaturalEmissions, species: SpeciesTable) -> NaturalEmissions | None:
    """Keep the species that the model carries; a log line names the others.

    Returns:
        The natural emissions of the model's species, None when there are none.
    """
    names = [name for name in natural.species if name in species.names]
    left = [name for name in natural.species if name not in species.names]
    if left:
        logger.info("natural emissions of species that the model has not: %s", ", ".join(left))
    if not names:
        return None
    places = [natural.species.index(name) for name in names]
    return replace(natural, species=tuple(names), rate=natural.rate[:, places])
