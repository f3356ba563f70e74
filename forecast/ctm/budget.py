"""The mass ledger: what every process did to every species.

Processes add kilograms to fields of the tile in float64. At the end of each hour the fields are
counted in milligrams and summed as integers: such sums do not depend on order, so the ledger is
the same on any number of ranks and after a restart, to the last digit.
"""

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from forecast.fields.arrays import Float, Integers
from forecast.parallel.collect import exact_sum
from forecast.parallel.comm import Communicator

GRAIN = 1.0e-6
"""Mass of one count, kg."""
LEAST = 1000.0
"""Mass in the domain below which a share says nothing, kg: radicals weigh less than the counting
of columns can resolve."""


@dataclass(frozen=True)
class LedgerFields:
    """What happened in the current hour, all (nspecies, ny, nx), float64, kg.

    Attributes:
        inflow: Came in through the edges of the domain.
        outflow: Left through the edges of the domain.
        emission: Was emitted.
        dry_deposition: Reached the ground dry.
        wet_deposition: Reached the ground with rain.
        chemistry: Was made by reactions; negative for losses.
    """

    inflow: Float
    outflow: Float
    emission: Float
    dry_deposition: Float
    wet_deposition: Float
    chemistry: Float

    @classmethod
    def zeros(cls, species: int, ny: int, nx: int) -> "LedgerFields":
        """Make empty fields."""
        return cls(*(np.zeros((species, ny, nx)) for _ in fields(cls)))

    def clear(self) -> None:
        """Set everything to zero."""
        for entry in fields(self):
            getattr(self, entry.name)[:] = 0.0


ENTRIES = tuple(entry.name for entry in fields(LedgerFields))
"""Names of the entries of the ledger."""
SIGNS = {"inflow": 1, "outflow": -1, "emission": 1, "dry_deposition": -1, "wet_deposition": -1,
         "chemistry": 1}  # fmt: skip


@dataclass
class MassLedger:
    """Totals over the domain since the start, the same on every rank.

    Attributes:
        species: Names.
        initial: Mass at the start, counts of `GRAIN`, one a species.
        current: Mass now.
        totals: Counts of each entry of `ENTRIES`, one a species.
    """

    species: tuple[str, ...]
    initial: list[int] = field(default_factory=list)
    current: list[int] = field(default_factory=list)
    totals: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        zeros = [0] * len(self.species)
        self.initial = self.initial or list(zeros)
        self.current = self.current or list(zeros)
        self.totals = self.totals or {name: list(zeros) for name in ENTRIES}

    def start(self, comm: Communicator, burden: Float) -> None:
        """Set the mass at the start from the burden of the tile's columns, kg."""
        self.initial = exact_sum(comm, _count(burden))
        self.current = list(self.initial)

    def close_hour(self, comm: Communicator, done: LedgerFields, burden: Float) -> None:
        """Add the fields of an hour and clear them, and take the mass at its end.

        Args:
            comm: The ranks.
            done: What happened on this tile.
            burden: Mass of the tile's columns, kg, (nspecies, ny, nx).
        """
        parts = [_count(getattr(done, name)) for name in ENTRIES]
        sums = exact_sum(comm, np.concatenate([*parts, _count(burden)]))
        width = len(self.species)
        for row, name in enumerate(ENTRIES):
            news = sums[row * width : (row + 1) * width]
            self.totals[name] = [a + b for a, b in zip(self.totals[name], news, strict=True)]
        self.current = sums[len(ENTRIES) * width :]
        done.clear()

    def kilograms(self, name: str) -> Float:
        """An entry, or "initial" or "current", in kg, (nspecies,)."""
        counts = getattr(self, name) if name in ("initial", "current") else self.totals[name]
        return np.array([float(count) for count in counts]) * GRAIN

    def residual(self) -> Float:
        """Mass now that no entry explains, kg, (nspecies,)."""
        explained = self.kilograms("initial") + sum(
            SIGNS[name] * self.kilograms(name) for name in ENTRIES
        )
        result: Float = self.kilograms("current") - explained
        return result

    def closure(self) -> Float:
        """Unexplained mass over everything that was in or came into the domain, (nspecies,).

        What reactions made counts by its size, since of a species such as water in particles they
        take back as much as they make.
        """
        handled = (
            self.kilograms("initial")
            + self.kilograms("inflow")
            + self.kilograms("emission")
            + np.abs(self.kilograms("chemistry"))
        )
        share: Float = np.abs(self.residual()) / np.maximum(handled, LEAST)
        return share

    def as_record(self) -> dict[str, Any]:
        """Return the ledger as a checkpoint stores it; integers and names only."""
        return {
            "species": list(self.species),
            "initial": list(self.initial),
            "current": list(self.current),
            "totals": {name: list(counts) for name, counts in self.totals.items()},
        }

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "MassLedger":
        """Make the ledger that `as_record` described."""
        return cls(
            tuple(record["species"]),
            [int(count) for count in record["initial"]],
            [int(count) for count in record["current"]],
            {name: [int(count) for count in record["totals"][name]] for name in ENTRIES},
        )


def _count(masses: Float) -> Integers:
    """Count masses of columns in grains and sum them for each species."""
    counts: Integers = np.rint(masses / GRAIN).astype(np.int64).sum(axis=(1, 2))
    return counts
