"""What surfaces, rain and gravity need to know of each species, from two files keyed by name.

The files serve any mechanism: gases by the names of CB05 and CB6, particles by kind. A gas of the
mechanism that the file neither lists nor excludes is an error, so nothing stays in the air because
somebody forgot it.
"""

import datetime
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field

from forecast.chemistry.solubility import Positive, Solubility
from forecast.common.constants import MOLAR_MASS_WATER
from forecast.common.errors import ConfigurationError
from forecast.config.base import Model
from forecast.config.deposition import DepositionConfig
from forecast.config.load import project_path
from forecast.config.yaml_file import read_model
from forecast.fields.species import Phase, SpeciesTable

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class SurfaceRule(StrEnum):
    """Which rows of Wesely's table a gas follows."""

    MIXED = "mixed"
    """Those of SO2 by its solubility and those of O3 by its reactivity."""
    SULFUR_DIOXIDE = "sulfur_dioxide"
    """Those of SO2."""
    OZONE = "ozone"
    """Those of O3."""


class GasEntry(Solubility):
    """One gas of the file."""

    reactivity: Share = 0.0
    """f0 of Wesely (1989)."""
    rule: SurfaceRule = SurfaceRule.MIXED
    """Which rows of the table it follows."""
    ice: Share = 0.0
    """Share that snow and frozen clouds take up."""
    source: Annotated[tuple[str, ...], Field(min_length=1)]
    """Keys of the sources."""


class ParticleKind(Model):
    """One kind of particles."""

    diameter: Annotated[float, Field(gt=1.0e-8, lt=2.0e-5)]
    """Dry, median of mass, m."""
    spread: Annotated[float, Field(ge=1.0, le=3.0)]
    """Geometric standard deviation."""
    density: Positive
    """Dry, kg m-3."""
    hygroscopicity: Annotated[float, Field(ge=0.0, le=2.0)]
    """Kappa, for the size."""
    cloud: Share
    """Share taken into droplets where a cloud rains."""
    ice: Share
    """Share taken into the ice of a frozen cloud."""
    source: Annotated[tuple[str, ...], Field(min_length=1)]
    """Keys of the sources."""


class _GasFile(Model):
    name: str
    date: datetime.date
    description: str
    sources: dict[str, str]
    gases: dict[str, GasEntry]
    not_deposited: tuple[str, ...]


class _ParticleFile(Model):
    name: str
    date: datetime.date
    description: str
    sources: dict[str, str]
    kinds: dict[str, ParticleKind]
    phases: dict[Phase, str]
    species: dict[str, str]


@dataclass(frozen=True)
class Gas:
    """A gas that surfaces and rain take up.

    Attributes:
        entry: What the file says.
        diffusivity_ratio: Diffusivity of water vapour over that of the gas.
    """

    entry: GasEntry
    diffusivity_ratio: float


@dataclass(frozen=True)
class Removal:
    """Properties of the species of a table, in its order.

    Attributes:
        gases: None for particles and for gases that stay in the air.
        particles: None for gases.
        coarse: Whether the species belongs to the coarse mode, which sinks.
    """

    gases: tuple[Gas | None, ...]
    particles: tuple[ParticleKind | None, ...]
    coarse: tuple[bool, ...]


def read_removal(table: SpeciesTable, options: DepositionConfig) -> Removal:
    """Look up every species of a table.

    Raises:
        ConfigurationError: A file is missing or wrong, or the gases of the table are not in it;
            the text lists all that is wrong.
    """
    gas_path, particle_path = project_path(options.gases_file), project_path(options.particles_file)
    gases = read_model(gas_path, _GasFile, "file of gases")
    particles = read_model(particle_path, _ParticleFile, "file of particles")
    _refuse(gas_path, _gas_problems(gases))
    _refuse(particle_path, _particle_problems(particles))
    missing = [
        entry.name
        for entry in table.entries
        if entry.phase is Phase.GAS
        and entry.name not in gases.gases
        and entry.name not in gases.not_deposited
    ]
    if missing:
        _refuse(
            gas_path,
            [f"the gases {missing} of the mechanism are neither in it nor under 'not_deposited'"],
        )
    found: list[Gas | None] = []
    kinds: list[ParticleKind | None] = []
    for species in table.entries:
        entry = gases.gases.get(species.name) if species.phase is Phase.GAS else None
        ratio = (species.molar_mass / MOLAR_MASS_WATER) ** 0.5
        found.append(None if entry is None else Gas(entry, ratio))
        kind = particles.species.get(species.name) or particles.phases.get(species.phase)
        kinds.append(None if species.phase is Phase.GAS or kind is None else particles.kinds[kind])
    coarse = tuple(species.phase is Phase.COARSE for species in table.entries)
    return Removal(tuple(found), tuple(kinds), coarse)


def _refuse(path: Path, problems: list[str]) -> None:
    if problems:
        msg = f"The file '{path}' does not serve: {'; '.join(problems)}. Complete or correct it."
        raise ConfigurationError(msg)


def _unknown_sources(
    entries: dict[str, GasEntry] | dict[str, ParticleKind], known: dict[str, str]
) -> list[str]:
    return [
        f"'{name}' names the sources {strangers} that are not listed"
        for name, entry in entries.items()
        if (strangers := [key for key in entry.source if key not in known])
    ]


def _gas_problems(file: _GasFile) -> list[str]:
    both = sorted(set(file.gases) & set(file.not_deposited))
    problems = _unknown_sources(file.gases, file.sources)
    if both:
        problems.append(f"{both} are listed and also under 'not_deposited'")
    return problems


def _particle_problems(file: _ParticleFile) -> list[str]:
    problems = _unknown_sources(file.kinds, file.sources)
    named = [*file.phases.values(), *file.species.values()]
    strangers = sorted({kind for kind in named if kind not in file.kinds})
    if strangers:
        problems.append(f"the kinds {strangers} are named but not described")
    lacking = [phase.value for phase in (Phase.FINE, Phase.COARSE) if phase not in file.phases]
    if lacking:
        problems.append(f"'phases' gives no kind for {lacking}")
    return problems
