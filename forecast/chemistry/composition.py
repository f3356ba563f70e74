"""What the model carries: the gases of a mechanism and the aerosol, and what products they make."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from forecast.chemistry.gas.mechanism import GasMechanism, GasSpecies, read_gas_mechanism
from forecast.common.errors import ConfigurationError
from forecast.config.base import Model
from forecast.config.chemistry import ChemistryConfig
from forecast.config.load import project_path
from forecast.config.yaml_file import read_model
from forecast.fields.arrays import Float
from forecast.fields.species import Phase, Species, SpeciesTable
from forecast.fields.variables import POLLUTANTS, REGISTRY

WATER_DENSITY = 1000.0
"""kg m-3."""
_FACTOR = {"ug m-3": 1.0e9, "mg m-3": 1.0e6}
"""From kg m-3 to the units of products."""

Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]


class Mode(StrEnum):
    """Size of a particle."""

    FINE = "fine"
    """PM2.5."""
    COARSE = "coarse"
    """PM10 without PM2.5."""


class Role(StrEnum):
    """What a particle is, for processes and products."""

    SULFATE = "sulfate"
    NITRATE = "nitrate"
    AMMONIUM = "ammonium"
    BLACK_CARBON = "black_carbon"
    PRIMARY_ORGANIC = "primary_organic"
    SECONDARY_ORGANIC = "secondary_organic"
    OTHER_PRIMARY = "other_primary"
    SEA_SALT = "sea_salt"
    DUST = "dust"
    WATER = "water"
    HYDROGEN = "hydrogen"
    """H+ in the water, which tells how acid it is."""


class AerosolSpecies(Model):
    """One species of the aerosol."""

    name: str
    """Name in the state."""
    long_name: str
    """What it is, in words."""
    formula: str = ""
    """Chemical formula, empty for mixtures."""
    mode: Mode
    """Fine or coarse."""
    role: Role
    """What it is, for processes and products."""
    molar_mass: Positive
    """kg mol-1."""
    density: Positive
    """Of the dry substance, kg m-3."""
    hygroscopicity: Annotated[float, Field(ge=0.0, le=2.0)]
    """Kappa: volume of water a volume of dry substance, times (1 - a) / a at water activity a."""
    nitrogen: Annotated[int, Field(ge=0)] = 0
    """Atoms of nitrogen."""
    sulfur: Annotated[int, Field(ge=0)] = 0
    """Atoms of sulfur."""
    diagnosed: bool = False
    """True when every chemistry step computes the amount anew, so that it has no budget."""
    source: str
    """Key of the source in the file's list."""


class Basis(StrEnum):
    """How particles are weighed."""

    DRY = "dry"
    """Without water."""
    CONDITIONED = "conditioned"
    """With the water that they hold at a given humidity."""


class Convention(Model):
    """Under which humidity PM2.5 and PM10 are weighed."""

    basis: Basis
    """Dry, or with water."""
    humidity: Annotated[float, Field(ge=0.0, le=0.9)] = 0.5
    """Relative humidity of the scale, 0 to 1; only counts when conditioned."""

    def factor(self, species: AerosolSpecies) -> float:
        """Weighed mass over dry mass.

        A species holds the water of its own kappa, so the water of a mixture is the sum over its
        species (Zdanovskii-Stokes-Robinson; Petters and Kreidenweis 2007, doi
        10.5194/acp-7-1961-2007, equation 7, without the Kelvin effect).
        """
        if self.basis is Basis.DRY:
            return 1.0
        water = self.humidity / (1.0 - self.humidity) * species.hygroscopicity
        return 1.0 + water * WATER_DENSITY / species.density


class Product(Model):
    """One hourly product: a gas, or particles."""

    gas: str | None = None
    """Name of a gas of the mechanism."""
    particles: tuple[str, ...] = ()
    """Parts, each "mode" or "mode role"."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.gas is None) == (not self.particles):
            msg = "a product needs either 'gas' or 'particles'"
            raise ValueError(msg)
        for part in self.particles:
            mode, *role = part.split()
            known = mode in list(Mode) and len(role) <= 1 and all(r in list(Role) for r in role)
            if not known:
                msg = (
                    f"'{part}' is no part of the aerosol; expected one of {', '.join(Mode)}, "
                    f"followed by nothing or by one of {', '.join(Role)}"
                )
                raise ValueError(msg)
        return self

    def counts(self, species: AerosolSpecies) -> bool:
        """Tell whether a species is part of the product; water only where it is named."""
        dry = species.role not in (Role.WATER, Role.HYDROGEN)
        return any(
            part == f"{species.mode} {species.role}" or (dry and part == species.mode)
            for part in self.particles
        )


class Aerosol(Model):
    """A file such as configs/aerosol.yaml."""

    name: str
    """Name of the scheme."""
    date: datetime.date
    """Date of this version."""
    description: str
    """What it is."""
    convention: Convention
    """How PM2.5 and PM10 are weighed."""
    sources: dict[str, str]
    """Sources by key."""
    species: Annotated[tuple[AerosolSpecies, ...], Field(min_length=1)]
    """In the order of the state."""
    products: dict[str, Product]
    """Hourly products by their names in the variable registry."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = [
            f"species '{entry.name}' cites '{entry.source}', which is no source"
            for entry in self.species
            if entry.source not in self.sources
        ]
        missing = [name for name in POLLUTANTS if name not in self.products]
        unknown = [name for name in self.products if name not in POLLUTANTS]
        if missing or unknown:
            problems.append(
                f"products must be {', '.join(POLLUTANTS)}: missing {missing}, unknown {unknown}"
            )
        problems += [
            f"no species is part of the product '{name}'"
            for name, product in self.products.items()
            if product.particles and not any(map(product.counts, self.species))
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return self


@dataclass(frozen=True)
class Composition:
    """All species of the model and what they mean.

    Attributes:
        gas: The gas mechanism with its extensions.
        table: Gases in the order of the mechanism, then the aerosol in the order of its file.
        aerosol: Species of the aerosol, in the order of the table after the gases.
        convention: How PM2.5 and PM10 are weighed.
        gas_weights: Share of each species in each product of `POLLUTANTS` that counts at the
            reference state, times the factor to the product's units, (npollutant, nspecies).
        particle_weights: The same for what counts at actual temperature and pressure.
        nitrogen: mol of nitrogen a kg of each species, (nspecies,).
        sulfur: mol of sulfur a kg of each species, (nspecies,).
    """

    gas: GasMechanism
    table: SpeciesTable
    aerosol: tuple[AerosolSpecies, ...]
    convention: Convention
    gas_weights: Float
    particle_weights: Float
    nitrogen: Float
    sulfur: Float

    @property
    def name(self) -> str:
        """Name of the mechanism."""
        return self.gas.name

    @cached_property
    def products(self) -> tuple[str, ...]:
        """Products of `POLLUTANTS` that the species make, in that order."""
        return made(self.gas_weights, self.particle_weights)

    def positions(self, mode: Mode, *roles: Role) -> tuple[int, ...]:
        """Positions in the table of the aerosol of a mode, of all roles if none is named."""
        first = len(self.gas.species)
        return tuple(
            first + place
            for place, entry in enumerate(self.aerosol)
            if entry.mode is mode and (not roles or entry.role in roles)
        )

    def only(self, mode: Mode, role: Role) -> int:
        """Row among the particles of the only species of a mode and role.

        Raises:
            ConfigurationError: The aerosol has none, or several.
        """
        rows = [
            row
            for row, entry in enumerate(self.aerosol)
            if entry.mode is mode and entry.role is role
        ]
        if len(rows) != 1:
            names = [self.aerosol[row].name for row in rows]
            msg = (
                f"Chemistry needs one {mode} particle species with the role '{role}', the aerosol "
                f"file has {names or 'none'}; list exactly one."
            )
            raise ConfigurationError(msg)
        return rows[0]


def made(gas_weights: Float, particle_weights: Float) -> tuple[str, ...]:
    """Products of `POLLUTANTS` with a species that makes them, in that order."""
    some = (gas_weights != 0.0).any(axis=1) | (particle_weights != 0.0).any(axis=1)
    return tuple(name for name, is_made in zip(POLLUTANTS, some, strict=True) if is_made)


def read_composition(mechanism: Path, extensions: tuple[Path, ...], aerosol: Path) -> Composition:
    """Read a mechanism with its extensions and the aerosol.

    Args:
        mechanism: Gas mechanism.
        extensions: Files that add species and reactions to it.
        aerosol: Species of the aerosol and products.

    Raises:
        ConfigurationError: A file is missing or wrong, or they do not fit together.
    """
    return compose(
        read_gas_mechanism(mechanism, extensions), read_model(aerosol, Aerosol, "aerosol file")
    )


def composition_of(options: ChemistryConfig) -> Composition:
    """Read what the configuration names.

    Raises:
        ConfigurationError: A file is missing or wrong, or they do not fit together.
    """
    return read_composition(
        project_path(options.mechanism),
        tuple(map(project_path, options.extension_files)),
        project_path(options.aerosol_file),
    )


def compose(gas: GasMechanism, aerosol: Aerosol) -> Composition:
    """Put a gas mechanism and an aerosol together.

    Raises:
        ConfigurationError: A name belongs to a gas and to a particle.
    """
    names = {species.name for species in gas.species}
    both = sorted(entry.name for entry in aerosol.species if entry.name in names)
    if both:
        msg = (
            f"The gas mechanism '{gas.name}' and the aerosol '{aerosol.name}' both have species "
            f"named {both}; a name is for one of them."
        )
        raise ConfigurationError(msg)
    table = SpeciesTable((*_gas_entries(gas), *_aerosol_entries(aerosol)))
    gas_weights, particle_weights = _weights(table, aerosol)
    return Composition(
        gas=gas,
        table=table,
        aerosol=aerosol.species,
        convention=aerosol.convention,
        gas_weights=gas_weights,
        particle_weights=particle_weights,
        nitrogen=_per_kilogram([*gas.species, *aerosol.species], "nitrogen"),
        sulfur=_per_kilogram([*gas.species, *aerosol.species], "sulfur"),
    )


def _gas_entries(gas: GasMechanism) -> Iterable[Species]:
    for species in gas.species:
        yield Species(
            name=species.name,
            long_name=species.long_name,
            formula=species.formula,
            molar_mass=species.molar_mass,
            phase=Phase.GAS,
            source=species.source,
        )


def _aerosol_entries(aerosol: Aerosol) -> Iterable[Species]:
    for entry in aerosol.species:
        yield Species(
            name=entry.name,
            long_name=entry.long_name,
            formula=entry.formula,
            molar_mass=entry.molar_mass,
            phase=Phase.FINE if entry.mode is Mode.FINE else Phase.COARSE,
            source=aerosol.sources[entry.source],
        )


def _weights(table: SpeciesTable, aerosol: Aerosol) -> tuple[Float, Float]:
    """Weights of gases and of particles, with the units of the registry.

    A product of a gas that the mechanism does not have keeps zero weights: it is not made.
    """
    weights = np.zeros((2, len(POLLUTANTS), len(table)))
    for row, name in enumerate(POLLUTANTS):
        product, factor = aerosol.products[name], _FACTOR[REGISTRY[name].units]
        if product.gas in table.names:
            weights[0, row, table.index(str(product.gas))] = factor
        weighed = name in ("pm25", "pm10")
        for entry in filter(product.counts, aerosol.species):
            share = aerosol.convention.factor(entry) if weighed else 1.0
            weights[1, row, table.index(entry.name)] = share * factor
    return weights[0], weights[1]


def _per_kilogram(species: Sequence[GasSpecies | AerosolSpecies], element: str) -> Float:
    """Return the mol of an element in a kg of each species."""
    return np.array([getattr(entry, element) / entry.molar_mass for entry in species])
