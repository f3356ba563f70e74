"""The mechanism file: species and the products they make."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from forecast.common.errors import ConfigurationError
from forecast.config.base import Model
from forecast.config.yaml_file import read_model
from forecast.fields.arrays import Float
from forecast.fields.species import Phase, Species, SpeciesTable
from forecast.fields.variables import POLLUTANTS, REGISTRY


class _MechanismFile(Model):
    name: str
    date: date
    description: str
    species: tuple[Species, ...]
    products: dict[str, dict[str, float]]


@dataclass(frozen=True)
class Mechanism:
    """Everything a mechanism file says.

    Attributes:
        name: Name of the scheme.
        table: Species in the order of the state.
        gas_weights: Share of each species in each product of `POLLUTANTS` that counts at the
            reference state, times the factor to the product's units, (npollutant, nspecies).
        particle_weights: The same for what counts at actual temperature and pressure.
    """

    name: str
    table: SpeciesTable
    gas_weights: Float
    particle_weights: Float

    @property
    def products(self) -> tuple[str, ...]:
        """Products of `POLLUTANTS` that the species make, in that order."""
        some = np.any(self.gas_weights != 0.0, axis=1) | np.any(
            self.particle_weights != 0.0, axis=1
        )
        return tuple(name for name, made in zip(POLLUTANTS, some, strict=True) if made)


def read_mechanism(path: Path) -> Mechanism:
    """Read and check a mechanism file.

    Raises:
        ConfigurationError: The file is missing, has unknown keys or names unknown species or
            products; the text lists all that is wrong.
    """
    file = read_model(path, _MechanismFile, "mechanism file")
    table = SpeciesTable(file.species)
    problems = _problems(file, table)
    if problems:
        msg = f"The mechanism file '{path}' contradicts itself: {'; '.join(problems)}."
        raise ConfigurationError(msg)
    gas, particles = _product_weights(file, table)
    return Mechanism(
        name=file.name,
        table=table,
        gas_weights=gas,
        particle_weights=particles,
    )


def _problems(file: _MechanismFile, table: SpeciesTable) -> list[str]:
    """List what does not fit together."""
    problems = []
    missing = [name for name in POLLUTANTS if name not in file.products]
    unknown = [name for name in file.products if name not in POLLUTANTS]
    if missing or unknown:
        problems.append(
            f"products must be {', '.join(POLLUTANTS)}: missing {missing}, unknown {unknown}"
        )
    used = {name for parts in file.products.values() for name in parts}
    strangers = sorted(str(name) for name in used if name not in table.names)
    if strangers:
        problems.append(f"products names species {strangers} that are not in the table")
    return problems


def _product_weights(file: _MechanismFile, table: SpeciesTable) -> tuple[Float, Float]:
    """Build the weights of gases and of particles, with the units of the registry."""
    weights = np.zeros((2, len(POLLUTANTS), len(table)))
    for row, product in enumerate(POLLUTANTS):
        factor = {"ug m-3": 1.0e9, "mg m-3": 1.0e6}[REGISTRY[product].units]
        for name, share in file.products[product].items():
            column = table.index(name)
            phase = table.entries[column].phase
            weights[0 if phase is Phase.GAS else 1, row, column] = share * factor
    return weights[0], weights[1]
