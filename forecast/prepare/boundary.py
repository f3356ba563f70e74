"""Seasonal background profiles as boundary values and as the initial state of a cold start."""

from pathlib import Path

import numpy as np

from forecast.common.constants import GAS_CONSTANT_AIR, MOLAR_MASS_AIR
from forecast.common.errors import InputError
from forecast.config.boundary import BackgroundProfiles, Units
from forecast.config.yaml_file import Lines, read_model, read_yaml_with_lines
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
        species: Species of the model; gases must be in ppb and aerosol in ug m-3. A species that
            the model does not have must be named under `may_lack`.

    Raises:
        ConfigurationError: The file is missing or is no file of profiles; all errors at once.
        InputError: It does not fit the species of the model; all errors at once, with their lines.
    """
    profiles = read_model(path, BackgroundProfiles, "background file")
    problems = _species_problems(profiles, species, read_yaml_with_lines(path)[1])
    if problems:
        raise _wrong(path, problems)
    return profiles


def unnamed_species(profiles: BackgroundProfiles, species: SpeciesTable) -> tuple[str, ...]:
    """Species of the model that start from the default of the file: no profile leads to them."""
    named = {name for air in profiles.air_masses for name in _amounts(profiles, air, species)}
    return tuple(name for name in species.names if name not in named)


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
    check_season(profiles, meteorology.times)
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


def _species_problems(
    profiles: BackgroundProfiles, species: SpeciesTable, lines: Lines
) -> list[str]:
    """Say where profiles and model do not fit together."""
    named = {name for air in profiles.air_masses.values() for name in air.species}
    problems = []
    for name, air in profiles.air_masses.items():
        for entry in species.entries:
            if entry.name in named and entry.name not in air.species:
                line = lines.of("air_masses", name, "species")
                place = f"  line {line}: air_masses.{name}.species.{entry.name}"
                problems.append(f"{place}: the profile is missing")
        for given, profile in air.species.items():
            line = lines.of("air_masses", name, "species", given)
            place = f"  line {line}: air_masses.{name}.species.{given}"
            if given not in species.names and given not in profiles.may_lack:
                problems.append(
                    f"{place}: the model has no such species, nor does may_lack name it"
                )
                continue
            problems += [
                f"{place}: the units are '{profile.units}'; '{wanted}' was expected"
                for wanted in _units_of(given, profiles, species)
                if profile.units is not wanted
            ]
    return problems


def _units_of(name: str, profiles: BackgroundProfiles, species: SpeciesTable) -> set[Units]:
    """Units that a profile must have, by what the model makes of it."""
    wanted = [name] if name in species.names else list(profiles.may_lack[name])
    phases = {species.entries[species.index(n)].phase for n in wanted if n in species.names}
    return {
        Units.PARTS_PER_BILLION if phase is Phase.GAS else Units.MASS_CONCENTRATION
        for phase in phases
    }


def _amounts(profiles: BackgroundProfiles, air: str, species: SpeciesTable) -> dict[str, Float]:
    """Profiles of an air mass by species of the model, with what stands for others."""
    amounts: dict[str, Float] = {}
    for name, profile in profiles.air_masses[air].species.items():
        values = np.array(profile.values)
        shares = {name: 1.0} if name in species.names else profiles.may_lack[name]
        for target, share in shares.items():
            if target in species.names:
                amounts[target] = amounts.get(target, np.zeros(values.shape)) + share * values
    return amounts


def check_season(profiles: BackgroundProfiles, times: Times) -> None:
    """Refuse profiles of another season than that of the run.

    Args:
        profiles: As `read_background` gives them.
        times: Hours of the run, UTC.

    Raises:
        InputError: The middle of the run does not lie in their season.
    """
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
    amounts = _amounts(profiles, air, species)
    default = np.full(len(profiles.heights), profiles.default)
    for index, entry in enumerate(species.entries):
        values = np.interp(height, profiles.heights, amounts.get(entry.name, default))
        if entry.phase is Phase.GAS:
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
