"""Boxes in which chemistry solvers are compared, and a slow solver that anyone can check.

The cases are in `box_cases.yaml`: clean and polluted air, day and night.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.integrate import solve_ivp

from forecast.chemistry.gas.definition import GasMechanism
from forecast.chemistry.gas.rates import rate_constants
from forecast.config.base import Model
from forecast.config.yaml_file import read_model
from forecast.fields.arrays import Float, Integers

BOLTZMANN = 1.380649e-23
COMPARED = ("O3", "NO2", "HNO3", "H2O2", "PAN", "FORM")
"""Species whose errors are told; FORM is formaldehyde."""
STEP = 300.0
"""Chemistry step of the model, s."""
FOLDER = Path(__file__).parent


class _Case(Model):
    temperature: float
    pressure: float
    humidity: float
    light: str
    air: str
    sources: str
    hours: int


class _File(Model):
    photolysis: dict[str, dict[str, float]]
    air: dict[str, dict[str, float]]
    sources: dict[str, dict[str, float]]
    cases: dict[str, _Case]


@dataclass(frozen=True)
class BoxCase:
    """One box with one mechanism, everything in molecules cm-3 and s.

    Attributes:
        name: Name of the case.
        mechanism: The mechanism.
        hours: Length of the run.
        temperature: K.
        air: Number density of air.
        water: Number density of water vapour.
        photolysis: Rates in the order of the mechanism, (nphotolysis,).
        density: Densities at the start, (nspecies,).
        sources: Sources, (nspecies,).
    """

    name: str
    mechanism: GasMechanism
    hours: int
    temperature: float
    air: float
    water: float
    photolysis: Float
    density: Float
    sources: Float

    @property
    def emitted(self) -> tuple[str, ...]:
        """Species that have sources."""
        return tuple(np.array(self.mechanism.names)[self.sources > 0.0])


def read_cases(mechanism: GasMechanism, path: Path = FOLDER / "box_cases.yaml") -> list[BoxCase]:
    """Read the cases for one mechanism."""
    file = read_model(path, _File, "box cases")
    return [_case(name, entry, file, mechanism) for name, entry in file.cases.items()]


def _case(name: str, entry: _Case, file: _File, mechanism: GasMechanism) -> BoxCase:
    air = entry.pressure / (BOLTZMANN * entry.temperature) * 1e-6
    light = file.photolysis[entry.light]
    return BoxCase(
        name=name,
        mechanism=mechanism,
        hours=entry.hours,
        temperature=entry.temperature,
        air=air,
        water=entry.humidity * _saturation(entry.temperature) / entry.pressure * air,
        photolysis=np.array([light[rate] if light else 0.0 for rate in mechanism.photolysis]),
        density=_densities(file.air[entry.air], mechanism) * 1e-9 * air,
        sources=_densities(file.sources[entry.sources], mechanism) * 1e-9 * air / 3600.0,
    )


def _densities(values: dict[str, float], mechanism: GasMechanism) -> Float:
    return np.array([values.get(name, 0.0) for name in mechanism.names])


def _saturation(temperature: float) -> float:
    """Saturation vapour pressure over water, Pa (Bolton 1980)."""
    celsius = temperature - 273.15
    return float(611.2 * np.exp(17.67 * celsius / (celsius + 243.5)))


@dataclass(frozen=True)
class SlowSolver:
    """Backward differences of scipy in float64, with tight tolerances and nothing generated."""

    mechanism: GasMechanism
    relative_tolerance: float = 1e-9
    absolute_tolerance: float = 1e-3

    def run(self, case: BoxCase, seconds: Float) -> Float:
        """Solve a case.

        Args:
            case: The box.
            seconds: Times of the results, ascending.

        Returns:
            Densities, molecules cm-3, (nspecies, ntimes).
        """
        tendency, jacobian = self._functions(case)
        solution = solve_ivp(
            tendency,
            (0.0, float(seconds[-1])),
            case.density,
            method="BDF",
            jac=jacobian,
            t_eval=seconds,
            rtol=self.relative_tolerance,
            atol=self.absolute_tolerance,
        )
        if not solution.success:
            raise RuntimeError(solution.message)
        values: Float = solution.y
        return values

    def _functions(
        self, case: BoxCase
    ) -> tuple[Callable[[float, Float], Float], Callable[[float, Float], Float]]:
        net, meeting = _stoichiometry(self.mechanism)
        constants = rate_constants(
            self.mechanism,
            np.array([case.temperature]),
            np.array([case.air]),
            np.array([case.water]),
            case.photolysis[:, None],
            np.zeros((len(self.mechanism.uptake), 1)),
        )[:, 0]

        def tendency(_: float, density: Float) -> Float:
            padded = np.append(density, 1.0)
            value: Float = net @ (constants * padded[meeting].prod(axis=1)) + case.sources
            return value

        def jacobian(_: float, density: Float) -> Float:
            factors = np.append(density, 1.0)[meeting]
            slopes = np.zeros((len(meeting), len(density) + 1))
            for column in range(meeting.shape[1]):
                others = np.delete(factors, column, axis=1).prod(axis=1)
                np.add.at(slopes, (np.arange(len(meeting)), meeting[:, column]), constants * others)
            value: Float = net @ slopes[:, :-1]
            return value

        return tendency, jacobian


def _stoichiometry(mechanism: GasMechanism) -> tuple[Float, Integers]:
    """Net yields (nspecies, nreaction), and positions of the reactants (nreaction, 3).

    Places without a reactant point behind the last species, where a 1 stands.
    """
    net = np.zeros((len(mechanism.species), len(mechanism.reactions)))
    meeting = np.full((len(mechanism.reactions), 3), len(mechanism.species))
    for column, reaction in enumerate(mechanism.reactions):
        for place, name in enumerate(reaction.reactants):
            net[mechanism.index(name), column] -= 1.0
            meeting[column, place] = mechanism.index(name)
        for name, amount in reaction.products:
            net[mechanism.index(name), column] += amount
    return net, meeting
