"""The yardstick: any mechanism solved adaptively in float64, to a tolerance of your choice."""

from dataclasses import dataclass

import numpy as np

from forecast.chemistry.codegen.structure import Structure, analyse
from forecast.chemistry.gas.definition import GasMechanism
from forecast.chemistry.gas.rates import rate_constants
from forecast.chemistry.kernels.rosenbrock import Limits, Network, integrate_cells
from forecast.common.errors import ModelError
from forecast.fields.arrays import Float, Reals

MOST_REACTANTS = 3
"""Variable reactants that a reaction may have."""


@dataclass(frozen=True)
class Tolerance:
    """How well to solve.

    Attributes:
        relative: Relative error of a step.
        absolute: Concentration below which errors do not count, molecules cm-3.
        first_step: First step to try, s.
        most_steps: Steps after which a cell is given up.
    """

    relative: float = 1e-4
    absolute: float = 1e3
    first_step: float = 1e-3
    most_steps: int = 100_000


TIGHT = Tolerance(relative=1e-7, absolute=1.0)
"""For comparisons."""


class ReferenceSolver:
    """Advances cells one by one with Rodas4 and step-size control.

    Args:
        mechanism: The mechanism.
        tolerance: How well.
    """

    def __init__(self, mechanism: GasMechanism, tolerance: Tolerance = TIGHT) -> None:
        self.mechanism = mechanism
        self.tolerance = tolerance
        structure = analyse(mechanism)
        self._places = _places(structure)
        self._network = network(structure, self._places)
        self._flows = np.array([flow.reaction for flow in structure.flows])

    def constants(
        self, temperature: Reals, air: Reals, water: Reals, photolysis: Reals, uptake: Reals
    ) -> Float:
        """Rate constants times fixed species, (nreaction, n); see `gas.rates.rate_constants`."""
        return rate_constants(
            self.mechanism,
            np.asarray(temperature, np.float64),
            np.asarray(air, np.float64),
            np.asarray(water, np.float64),
            np.asarray(photolysis, np.float64),
            np.asarray(uptake, np.float64),
        )

    def advance(
        self, density: Reals, constants: Float, seconds: float, sources: Reals | None = None
    ) -> Float:
        """Advance cells.

        Args:
            density: molecules cm-3, (nspecies, n); left as it is.
            constants: Rate constants times fixed species, (nreaction, n).
            seconds: Length of the step.
            sources: Constant sources during the step, molecules cm-3 s-1, (nspecies, n).

        Returns:
            Densities after the step, (nspecies, n).

        Raises:
            ModelError: A cell did not get to the end within the limit of steps.
        """
        cells = self._by_cell(density)
        inflow = np.zeros_like(cells) if sources is None else self._by_cell(sources)
        limits = Limits(
            self.tolerance.relative,
            self.tolerance.absolute,
            self.tolerance.first_step,
            self.tolerance.most_steps,
        )
        steps = np.zeros(cells.shape[0], np.int64)
        rates = np.ascontiguousarray(constants[self._flows].T)
        integrate_cells(self._network, rates, inflow, cells, seconds, limits, steps)
        if (steps < 0).any():
            cell = int(np.argmin(steps))
            msg = (
                f"The adaptive solver gave up cell {cell} of {steps.size} after"
                f" {self.tolerance.most_steps} steps of '{self.mechanism.name}'; look at the"
                " densities, the temperature and the rates that it was given."
            )
            raise ModelError(msg)
        result = np.empty_like(density, dtype=np.float64)
        result[self._places] = cells.T
        return result

    def _by_cell(self, field: Reals) -> Float:
        """A row a cell, species in the order of elimination."""
        return np.ascontiguousarray(np.asarray(field, np.float64)[self._places].T)


def _places(structure: Structure) -> Reals:
    """Species in the order of elimination, what never changes last."""
    moving = structure.moving
    still = [number for number in range(structure.size) if number not in moving]
    return np.array([*moving, *still])


def network(structure: Structure, places: Reals) -> Network:
    """Put the flows of a mechanism into arrays, species numbered by their place in `places`."""
    number = {int(species): place for place, species in enumerate(places)}
    reactants = np.full((len(structure.flows), MOST_REACTANTS), -1)
    starts, species, gains = [0], [], []
    for row, flow in enumerate(structure.flows):
        molecules = [number[one] for one, count in flow.reactants for _ in range(count)]
        reactants[row, : len(molecules)] = molecules
        species += [number[one] for one, _ in flow.changes]
        gains += [gained for _, gained in flow.changes]
        starts.append(len(species))
    return Network(reactants, np.array(starts), np.array(species), np.array(gains))
