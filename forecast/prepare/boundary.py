"""Seasonal background profiles as boundary values and as the initial state of a cold start."""

from pathlib import Path

import numpy as np

from forecast.common.constants import GAS_CONSTANT_AIR, MOLAR_MASS_AIR
from forecast.common.errors import InputError
from forecast.config.boundary import BackgroundProfiles, Units
from forecast.config.yaml_file import read_model
from forecast.fields.arrays import Float, Single, Times
from forecast.fields.boundary import BoundarySeries
from forecast.fields.meteorology import MeteorologySeries
from forecast.fields.species import Phase, SpeciesTable
from forecast.grid.domain import Domain
from forecast.grid.vertical import VIRTUAL

_LOCAL = np.timedelta64(8, "h")
_MICROGRAM = 1e-9
"""kg."""
_PER_BILLION = 1e-9


def read_background(path: Path, species: SpeciesTable) -> BackgroundProfiles:
    """Read a file of seasonal profiles.

    Args:
        path: YAML file.
        species: Species of the model; each air mass must have every one, gases in ppb and
            aerosol in ug m-3.

    Raises:
        ConfigurationError: The file is missing or is no file of profiles; all errors at once.
        InputError: It does not fit the species of the model; all errors at once.
    """
    profiles = read_model(path, BackgroundProfiles, "background file")
    problems = _species_problems(profiles, species)
    if problems:
        raise _wrong(path, problems)
    return profiles


def prepare_boundary(
    profiles: BackgroundProfiles,
    domain: Domain,
    meteorology: MeteorologySeries,
    species: SpeciesTable,
) -> BoundarySeries:
    """Put the profiles on the layers at the edges and, blended, on the whole domain.

    Heights and air density are those of the first hour. The boundary is constant in time. The
    initial state blends the profiles of the four sides by the inverse of the distance to them.

    Args:
        profiles: As `read_background` gives them.
        domain: Cells and layers.
        meteorology: Hourly, over the domain.
        species: Species of the model.

    Raises:
        InputError: The middle of the run does not lie in the season of the file.
    """
    _check_season(profiles, meteorology.times)
    height, density, dry = _air(domain, meteorology)
    cells = {
        name: _mixing_ratio(profiles, air, species, height, density, dry)
        for name, air in profiles.sides.model_dump().items()
    }
    weights = _side_weights(domain)
    initial = sum(weights[side] * cells[side].astype(np.float64) for side in cells)
    return BoundarySeries(
        times=meteorology.times[:1],
        species=species.names,
        west=cells["west"][None, :, :, :, 0],
        east=cells["east"][None, :, :, :, -1],
        south=cells["south"][None, :, :, 0, :],
        north=cells["north"][None, :, :, -1, :],
        initial=np.asarray(initial, np.float32),
        attribution=f"{profiles.title}, {profiles.period}",
    )


def _wrong(path: Path, lines: list[str]) -> InputError:
    text = "\n".join(lines)
    return InputError(f"'{path}' has {len(lines)} error(s); correct them:\n{text}")


def _species_problems(profiles: BackgroundProfiles, species: SpeciesTable) -> list[str]:
    problems = []
    for name, air in profiles.air_masses.items():
        for entry in species.entries:
            place = f"  air_masses.{name}.species.{entry.name}"
            if entry.name not in air.species:
                problems.append(f"{place}: the profile is missing")
                continue
            gas = entry.phase is Phase.GAS
            wanted = Units.PARTS_PER_BILLION if gas else Units.MASS_CONCENTRATION
            found = air.species[entry.name].units
            if found is not wanted:
                problems.append(f"{place}: the units are '{found}'; '{wanted}' was expected")
        problems += [
            f"  air_masses.{name}.species.{extra}: the model has no such species"
            for extra in air.species
            if extra not in species.names
        ]
    return problems


def _check_season(profiles: BackgroundProfiles, times: Times) -> None:
    middle = times[times.size // 2] + _LOCAL
    day = str(middle.astype("datetime64[D]"))
    if not profiles.holds_on(day[5:]):
        msg = (
            f"The background profiles '{profiles.title}' hold from {profiles.first_day} to "
            f"{profiles.last_day}, but the middle of the run is on '{day}' (Beijing); name a file "
            "of that season in boundary.profiles."
        )
        raise InputError(msg)


def _air(domain: Domain, meteorology: MeteorologySeries) -> tuple[Float, Float, Float]:
    """Height of layer centres, m, density, kg m-3, and share of dry air, each (nz, ny, nx)."""
    hour = meteorology.hour(0)
    surface = np.asarray(hour.surface_pressure, np.float64)
    temperature = np.asarray(hour.air_temperature, np.float64)
    humidity = np.asarray(hour.specific_humidity, np.float64)
    height = domain.levels.heights(surface, temperature, humidity)[1]
    virtual = temperature * (1.0 + VIRTUAL * humidity)
    density = domain.levels.pressure_full(surface) / (GAS_CONSTANT_AIR * virtual)
    return height, density, 1.0 - humidity


def _mixing_ratio(
    profiles: BackgroundProfiles,
    air: str,
    species: SpeciesTable,
    height: Float,
    density: Float,
    dry: Float,
) -> Single:
    """Mixing ratios of one air mass on all cells, kg kg-1, (nspecies, nz, ny, nx)."""
    result = np.empty((len(species), *height.shape), np.float32)
    for index, entry in enumerate(species.entries):
        profile = profiles.air_masses[air].species[entry.name]
        values = np.interp(height, profiles.heights, profile.values)
        if profile.units is Units.PARTS_PER_BILLION:
            result[index] = values * _PER_BILLION * entry.molar_mass / MOLAR_MASS_AIR * dry
        else:
            result[index] = values * _MICROGRAM / density
    return result


def _side_weights(domain: Domain) -> dict[str, Float]:
    """Weight of each side in each cell, (ny, nx): inverse distance, sums to 1."""
    grid = domain.horizontal
    x, y = np.meshgrid(grid.x_centre, grid.y_centre)
    near = {
        "west": 1.0 / (x - grid.x_edge[0]),
        "east": 1.0 / (grid.x_edge[-1] - x),
        "south": 1.0 / (y - grid.y_edge[0]),
        "north": 1.0 / (grid.y_edge[-1] - y),
    }
    total = sum(near.values())
    return {side: value / total for side, value in near.items()}
