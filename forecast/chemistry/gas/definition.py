"""A gas-phase mechanism as the model uses it: species, reactions, rates needed from outside."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from forecast.chemistry.gas.rates import Photolysis, Rate, Uptake
from forecast.common.errors import ConfigurationError

OXYGEN_FRACTION = 0.2095
"""Mole fraction of O2 in dry air (US Standard Atmosphere 1976: 0.209476)."""
NITROGEN_FRACTION = 0.7808
"""Mole fraction of N2 in dry air (US Standard Atmosphere 1976: 0.78084)."""


@dataclass(frozen=True)
class GasSpecies:
    """A species that chemistry changes.

    Attributes:
        name: Name in the mechanism.
        long_name: What it is, in words.
        formula: Chemical formula, empty for lumps and operators.
        molar_mass: kg mol-1.
        nitrogen: Atoms of nitrogen.
        sulfur: Atoms of sulfur.
        carbon: Atoms of carbon (lumps may have fractions).
        short_lived: In balance with its sources within minutes; the wind need not carry it.
        source: Where molar mass and definition come from.
    """

    name: str
    long_name: str
    formula: str
    molar_mass: float
    nitrogen: int
    sulfur: int
    carbon: float
    short_lived: bool
    source: str


@dataclass(frozen=True)
class Reaction:
    """A reaction.

    Attributes:
        label: Name in the publication.
        reactants: Variable reactants, one entry a molecule (a name twice when it meets itself).
        fixed: Fixed reactants (M O2 N2 H2O CH4 H2), one entry a molecule.
        products: (species, yield); a species is there once, yields may be negative.
        rate: The form of its rate constant.
        source: Publication.
        line: Line in the file it comes from.
        equation: The equation as it is written in the file.
    """

    label: str
    reactants: tuple[str, ...]
    fixed: tuple[str, ...]
    products: tuple[tuple[str, float], ...]
    rate: Rate
    source: str
    line: int
    equation: str


@dataclass(frozen=True)
class GasMechanism:
    """A mechanism, checked.

    Attributes:
        name: Name; extensions follow after a plus sign.
        date: Date of the file.
        description: What it is.
        species: In the order of every species array.
        reactions: In the order of every rate array.
        photolysis: Names of the photolysis rates, in the order of the run-time array.
        uptake: Names of the run-time first-order rates, in the order of the run-time array.
        mole_fractions: Shares of air of the fixed species, without water vapour.
    """

    name: str
    date: date
    description: str
    species: tuple[GasSpecies, ...]
    reactions: tuple[Reaction, ...]
    photolysis: tuple[str, ...]
    uptake: tuple[str, ...]
    mole_fractions: Mapping[str, float]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the species, in their order."""
        return tuple(species.name for species in self.species)

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {name: position for position, name in enumerate(self.names)}

    def index(self, name: str) -> int:
        """Position of a species.

        Raises:
            ConfigurationError: The mechanism has no such species.
        """
        try:
            return self._positions[name]
        except KeyError as error:
            msg = (
                f"The mechanism '{self.name}' has no species '{name}';"
                f" it has {', '.join(self.names)}."
            )
            raise ConfigurationError(msg) from error

    def require(self, names: Iterable[str], process: str) -> None:
        """Check that the mechanism has what a process works with.

        Args:
            names: Species that it reads or changes.
            process: What it is, for the error, such as "aqueous oxidation".

        Raises:
            ConfigurationError: Species are missing; all are named.
        """
        missing = [name for name in names if name not in self._positions]
        if missing:
            msg = (
                f"The mechanism '{self.name}' lacks {', '.join(missing)}, which {process} needs."
                " Choose another mechanism, add an extension that has them, or switch it off."
            )
            raise ConfigurationError(msg)

    @cached_property
    def digest(self) -> str:
        """Sha256 of all that decides the numbers: species, equations, rates, mole fractions."""
        content = {
            "species": self.names,
            "fractions": sorted(self.mole_fractions.items()),
            "photolysis": self.photolysis,
            "uptake": self.uptake,
            "reactions": [
                [
                    reaction.label,
                    reaction.reactants,
                    reaction.fixed,
                    reaction.products,
                    type(reaction.rate).__name__,
                    reaction.rate.model_dump(mode="json"),
                ]
                for reaction in self.reactions
            ],
        }
        text = json.dumps(content, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def names_of(
    reactions: tuple[Reaction, ...], form: type[Photolysis] | type[Uptake]
) -> tuple[str, ...]:
    """Names of the run-time rates of one kind, in the order of first use."""
    rates = (reaction.rate for reaction in reactions)
    return tuple(dict.fromkeys(rate.name for rate in rates if isinstance(rate, form)))
