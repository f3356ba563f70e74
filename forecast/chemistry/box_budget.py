"""Where everything in a box came from and went."""

from dataclasses import dataclass

import numpy as np

from forecast.chemistry.composition import Composition
from forecast.common.constants import AVOGADRO
from forecast.fields.arrays import Float


@dataclass
class BoxBudget:
    """Columns of both layers together, (nspecies,): molecules cm-3 m of gases, ug m-2 of particles.

    Attributes:
        start: At the start.
        end: At the end.
        emitted: By sources.
        deposited: On the ground.
        exchanged: Brought by the background less what it took.
        reacted: Made by chemistry.
        moved: All that came or went, without its sign.
    """

    start: Float
    end: Float
    emitted: Float
    deposited: Float
    exchanged: Float
    reacted: Float
    moved: Float

    @classmethod
    def begin(cls, amounts: Float, depths: Float) -> "BoxBudget":
        """Begin with amounts of the layers, (LAYERS, nspecies), and their depths, m."""
        nothing = (np.zeros(amounts.shape[1]) for _ in range(6))
        return cls(depths @ amounts, *nothing)

    def exchange(self, emitted: Float, deposited: Float, exchanged: Float) -> None:
        """Write down a step of sources and sinks."""
        self.emitted += emitted
        self.deposited += deposited
        self.exchanged += exchanged
        self.moved += emitted + deposited + np.abs(exchanged)

    def react(self, made: Float, depths: Float) -> None:
        """Write down a step of chemistry, (LAYERS, nspecies)."""
        self.reacted += depths @ made

    def finish(self, amounts: Float, depths: Float) -> None:
        """End with amounts of the layers."""
        self.end = depths @ amounts

    def residual(self) -> Float:
        """What no entry explains of each species: rounding."""
        known = self.start + self.emitted - self.deposited + self.exchanged + self.reacted
        missing: Float = self.end - known
        return missing

    def closure(self, atoms: Float) -> float:
        """What chemistry made of an element, over all of it that was there, came or went.

        Args:
            atoms: From `atoms_of`.
        """
        unexplained = self.end - self.start - self.emitted + self.deposited - self.exchanged
        return float(atoms @ unexplained) / float(atoms @ (self.start + self.moved))


def atoms_of(element: str, composition: Composition) -> Float:
    """Moles a m2 of nitrogen or sulfur in a unit of the columns of each species, (nspecies,).

    Args:
        element: "nitrogen" or "sulfur".
        composition: Species.
    """
    per_kilogram: Float = getattr(composition, element)
    gases = np.array([species.molar_mass for species in composition.gas.species])
    kilograms = np.full(per_kilogram.size, 1.0e-9)
    kilograms[: gases.size] = gases * 1.0e6 / AVOGADRO
    atoms: Float = per_kilogram * kilograms
    return atoms
