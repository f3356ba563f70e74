"""The species table: which substances the model carries and what each one is."""

from dataclasses import dataclass
from enum import StrEnum

from forecast.common.errors import ConfigurationError
from forecast.config.base import Model


class Phase(StrEnum):
    """State of matter, which decides the reference state of a concentration."""

    GAS = "gas"
    FINE = "fine_aerosol"
    COARSE = "coarse_aerosol"


class Species(Model):
    """One transported species."""

    name: str
    """Name in the state, in files and in configuration."""
    long_name: str
    """What it is, in words."""
    formula: str = ""
    """Chemical formula, empty for mixtures."""
    molar_mass: float
    """kg mol-1."""
    phase: Phase
    """Gas, fine or coarse aerosol."""
    source: str
    """Where the molar mass or the definition of the lump comes from."""


@dataclass(frozen=True)
class SpeciesTable:
    """The species of one mechanism, in the order of the state's first axis."""

    entries: tuple[Species, ...]

    def __post_init__(self) -> None:
        names = self.names
        doubles = sorted({name for name in names if names.count(name) > 1})
        if doubles:
            msg = f"The species table lists {doubles} more than once; keep one entry a species."
            raise ConfigurationError(msg)

    @property
    def names(self) -> tuple[str, ...]:
        """Names in the order of the state."""
        return tuple(entry.name for entry in self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def index(self, name: str) -> int:
        """Position of a species on the first axis of the state.

        Raises:
            ConfigurationError: The table has no such species.
        """
        try:
            return self.names.index(name)
        except ValueError as error:
            msg = f"There is no species '{name}'; the table has {', '.join(self.names)}."
            raise ConfigurationError(msg) from error

    def indices(self, *phases: Phase) -> tuple[int, ...]:
        """Positions of all species of the given phases."""
        return tuple(i for i, entry in enumerate(self.entries) if entry.phase in phases)
