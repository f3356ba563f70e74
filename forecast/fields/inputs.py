"""Which file of others was taken for each input of a run, and which were tried before it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RungKind(StrEnum):
    """What a rung of a ladder is."""

    OWN = "own"
    """What the configuration names for the cycle."""
    PREVIOUS_CYCLE = "previous cycle"
    """The delivery of an earlier cycle of the same source."""
    SECOND_SOURCE = "second source"
    """Another provider."""
    PREVIOUS_VERSION = "previous version"
    """An earlier dated version."""
    CLIMATOLOGY = "climatology"
    """What holds for the season or always."""


@dataclass(frozen=True)
class Attempt:
    """A rung that could not be used.

    Attributes:
        kind: Which rung.
        path: As the configuration names it, with its date filled in.
        problem: Why not, an English sentence.
    """

    kind: RungKind
    path: str
    problem: str


@dataclass(frozen=True)
class InputUse:
    """What was taken for one input.

    Attributes:
        name: "meteorology", "emissions" or "boundary".
        kind: Which rung.
        rung: Its place on the ladder, 0 for the one that was wanted.
        path: As the configuration names it, with its date filled in; empty for made data.
        sha256: Of the file, or of a folder's names and contents; empty for made data.
        valid_from: Start of the time that it stands for, UTC; None where it has no dates.
        valid_to: End of it.
        arrived: Time of its last change, UTC; None for made data.
        attribution: Source and licence.
        tried: The rungs before it, in order.
    """

    name: str
    kind: RungKind
    rung: int
    path: str
    sha256: str
    valid_from: datetime | None
    valid_to: datetime | None
    arrived: datetime | None
    attribution: str
    tried: tuple[Attempt, ...] = ()


@dataclass(frozen=True)
class InputsRecord:
    """The inputs of a cycle.

    Attributes:
        cycle: Name of the cycle.
        inputs: One entry an input.
    """

    cycle: str
    inputs: tuple[InputUse, ...]

    def of(self, name: str) -> InputUse | None:
        """The entry of an input; None when there is none."""
        return next((entry for entry in self.inputs if entry.name == name), None)
