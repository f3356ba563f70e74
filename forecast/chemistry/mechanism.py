"""The mechanism file: species, the products they make, and how they are taken up and removed."""

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


class GasUptake(Model):
    """How a gas is taken up by surfaces, after Wesely (1989)."""

    henry: float
    """Effective Henry constant, M atm-1."""
    reactivity: float
    """Reactivity factor, 0 to 1."""
    diffusivity_ratio: float
    """Diffusivity of water vapour over that of the gas."""


class Scavenging(Model):
    """How precipitation removes a species."""

    in_cloud: float
    """Rate over precipitation in clouds, s-1 per kg m-2 s-1."""
    below_cloud: float
    """Rate over precipitation below clouds, s-1 per kg m-2 s-1."""


class _MechanismFile(Model):
    name: str
    date: date
    description: str
    species: tuple[Species, ...]
    products: dict[str, dict[str, float]]
    gas_uptake: dict[str, GasUptake]
    scavenging: dict[str, Scavenging]


@dataclass(frozen=True)
class Mechanism:
    """Everything a mechanism file says.

    Attributes:
        name: Name of the scheme.
        table: Species in the order of the state.
        gas_weights: Share of each species in each product of `POLLUTANTS` that counts at the
            reference state, times the factor to the product's units, (npollutant, nspecies).
        particle_weights: The same for what counts at actual temperature and pressure.
        uptake: Dry deposition of gases, one a species, None for those that do not deposit.
        scavenging: (in cloud, below cloud) of each species, (nspecies, 2).
    """

    name: str
    table: SpeciesTable
    gas_weights: Float
    particle_weights: Float
    uptake: tuple[GasUptake | None, ...]
    scavenging: Float

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
    scavenging = [
        (entry.in_cloud, entry.below_cloud) if (entry := file.scavenging.get(name)) else (0.0, 0.0)
        for name in table.names
    ]
    return Mechanism(
        name=file.name,
        table=table,
        gas_weights=gas,
        particle_weights=particles,
        uptake=tuple(file.gas_uptake.get(name) for name in table.names),
        scavenging=np.array(scavenging),
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
    used = {
        "products": {name for parts in file.products.values() for name in parts},
        "gas_uptake": set(file.gas_uptake),
        "scavenging": set(file.scavenging),
    }
    for section, names in used.items():
        strangers = sorted(str(name) for name in names if name not in table.names)
        if strangers:
            problems.append(f"{section} names species {strangers} that are not in the table")
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
