"""The generated code of a small mechanism against NumPy in float64, statement by statement.

Runs compiled, where a row is a vector, and as plain Python, where it is a NumPy array.
"""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numba import njit

from forecast.chemistry.codegen.cache import generated_module
from forecast.chemistry.codegen.structure import Structure, analyse
from forecast.chemistry.gas.definition import GasMechanism
from forecast.chemistry.gas.mechanism import read_gas_mechanism
from forecast.chemistry.gas.rates import rate_constants
from forecast.chemistry.kernels.blocks import Cells, Guard, gather, set_conditions
from forecast.chemistry.lanes import BLOCK

STEP = 20.0
GUARD = Guard(np.float32(1e3), np.float32(1e20))
MIXING = {"O3": 40, "NO": 3, "NO2": 12, "HONO": 0.3, "HNO3": 2, "CO": 400, "SO2": 5, "H2O2": 1}
MIXING |= {"O": 1e-8, "O1D": 1e-13}
"""ppb; what lives for a microsecond is near its steady state, or float32 sees nothing else."""


@pytest.fixture(scope="module")
def mechanism() -> GasMechanism:
    return read_gas_mechanism(Path(__file__).parents[2] / "configs/mechanisms/tiny.yaml")


@pytest.fixture(scope="module")
def structure(mechanism: GasMechanism) -> Structure:
    return analyse(mechanism)


@pytest.fixture(scope="module")
def module(mechanism: GasMechanism) -> ModuleType:
    return generated_module(mechanism)


@pytest.fixture
def cells(mechanism: GasMechanism, rng: np.random.Generator) -> Cells:
    temperature = rng.uniform(250.0, 310.0, BLOCK)
    air = rng.uniform(1.0e19, 2.7e19, BLOCK)
    fields = (
        temperature,
        air,
        air * rng.uniform(1e-4, 2e-2, BLOCK),
        10.0 ** rng.uniform(-6, -2, (len(mechanism.photolysis), BLOCK)),
        10.0 ** rng.uniform(-5, -3, (len(mechanism.uptake), BLOCK)),
    )
    return Cells(*(field.astype(np.float32) for field in fields))


@pytest.fixture
def density(mechanism: GasMechanism, cells: Cells, rng: np.random.Generator) -> Any:
    ppb = np.array([MIXING.get(name, 1e-4) for name in mechanism.names])
    spread = rng.uniform(0.3, 3.0, (ppb.size, BLOCK))
    return (ppb[:, None] * 1e-9 * cells.air * spread).astype(np.float32)


def run(function: Callable[..., None], *arguments: Any) -> None:
    """Call a function of the generated code, which compiled code alone can do."""

    @njit
    def call(*values: Any) -> None:
        function(*values)

    call(*arguments)


def started(module: ModuleType, cells: Cells, density: Any) -> tuple[Any, Any]:
    """The work array of a block with its rate constants, as rows and flat."""
    flat = np.zeros(module.ROWS * BLOCK, np.float32)
    w = flat.reshape(module.ROWS, BLOCK)
    gather(density, cells, np.zeros((0, 0), np.float32), module.PLACES, 0, w)
    set_conditions(cells, module.PLACES, 0, w)
    module.rate_constants(w, flat)
    return w, flat


def rows(module: ModuleType, w: Any, letter: str, names: Any) -> Any:
    return np.array([w[getattr(module, f"{letter}_{name}")] for name in names], np.float64)


def constants_of(mechanism: GasMechanism, cells: Cells) -> Any:
    return rate_constants(mechanism, *(field.astype(np.float64) for field in cells))


def tendency_of(mechanism: GasMechanism, constants: Any, y: Any) -> Any:
    """Gains less losses from the equations themselves, (nspecies, n)."""
    change = np.zeros_like(y)
    for reaction, constant in zip(mechanism.reactions, constants, strict=True):
        rate = constant.copy()
        for name in reaction.reactants:
            rate = rate * y[mechanism.index(name)]
        for name in reaction.reactants:
            change[mechanism.index(name)] -= rate
        for name, amount in reaction.products:
            change[mechanism.index(name)] += amount * rate
    return change


def tendency_scale(mechanism: GasMechanism, constants: Any, y: Any) -> Any:
    """Sum of gains and losses."""
    total = np.zeros_like(y)
    for reaction, constant in zip(mechanism.reactions, constants, strict=True):
        rate = constant * np.prod([y[mechanism.index(name)] for name in reaction.reactants], axis=0)
        for name in (*reaction.reactants, *(name for name, _ in reaction.products)):
            total[mechanism.index(name)] += rate
    return total


def jacobian_of(mechanism: GasMechanism, constants: Any, y: Any) -> Any:
    """Derivatives of the tendency by complex steps, exact to rounding, (n, nspecies, nspecies)."""
    size = len(mechanism.species)
    matrix = np.zeros((y.shape[1], size, size))
    for column in range(size):
        turned = y.astype(np.complex128)
        turned[column] += 1e-20j
        change = tendency_of(mechanism, constants.astype(np.complex128), turned)
        matrix[:, :, column] = change.imag.T / 1e-20
    return matrix


def test_rate_constants(
    module: ModuleType, mechanism: GasMechanism, cells: Cells, density: Any
) -> None:
    w, _ = started(module, cells, density)
    made = rows(module, w, "k", (reaction.label for reaction in mechanism.reactions))
    np.testing.assert_allclose(made, constants_of(mechanism, cells), rtol=2e-5)


def test_rates_and_tendencies(
    module: ModuleType, mechanism: GasMechanism, cells: Cells, density: Any
) -> None:
    w, _ = started(module, cells, density)
    run(module.rates, w)
    run(module.tendency, w)
    constants = rows(module, w, "k", (reaction.label for reaction in mechanism.reactions))
    moving = [mechanism.names[species] for species in module.PLACES.order]
    made = rows(module, w, "x", moving)
    y = density.astype(np.float64)
    expected = tendency_of(mechanism, constants, y)[module.PLACES.order]
    # float32 rounds each of the sums' terms
    turnover = tendency_scale(mechanism, constants, y)[module.PLACES.order]
    assert np.all(np.abs(made - expected) <= 1e-6 * turnover)


def test_solving_with_the_factors_undoes_the_matrix(
    module: ModuleType, mechanism: GasMechanism, cells: Cells, density: Any
) -> None:
    w, _ = started(module, cells, density)
    run(module.partials, w)
    run(module.factors, w, np.float32(2.0 / STEP))
    constants = rows(module, w, "k", (reaction.label for reaction in mechanism.reactions))
    order = module.PLACES.order
    matrix = -jacobian_of(mechanism, constants, density.astype(np.float64))
    matrix = matrix[:, order][:, :, order] + 2.0 / STEP * np.eye(order.size)
    right = np.random.default_rng(3).uniform(0.5, 1.0, (order.size, BLOCK))
    for place, species in enumerate(order):
        w[getattr(module, f"x_{mechanism.names[species]}")] = right[place]
    run(module.solve, w, np.float32(STEP / 2.0))
    made = rows(module, w, "x", (mechanism.names[species] for species in order))
    expected = np.linalg.solve(matrix, right.T[:, :, None])[:, :, 0].T
    np.testing.assert_allclose(made, expected, rtol=2e-4, atol=1e-4 * np.abs(expected).max())


def rodas3(mechanism: GasMechanism, constants: Any, y: Any, sources: Any, h: float) -> Any:
    """One step as Sandu et al. (1997) write it: gamma = 1/2, a, c and m of their table."""
    size = y.shape[0]
    matrix = 2.0 / h * np.eye(size) - jacobian_of(mechanism, constants, y)
    a = ((), (0.0,), (2.0, 0.0), (2.0, 0.0, 1.0))
    c = ((), (4.0,), (1.0, -1.0), (1.0, -1.0, -8.0 / 3.0))
    m = (2.0, 0.0, 1.0, 1.0)
    stages: list[Any] = []
    for a_row, c_row in zip(a, c, strict=True):
        at = y + sum((f * k for f, k in zip(a_row, stages, strict=True)), np.zeros_like(y))
        right = tendency_of(mechanism, constants, at) + sources
        right = right + sum((f * k / h for f, k in zip(c_row, stages, strict=True)), 0.0 * y)
        stages.append(np.linalg.solve(matrix, right.T[:, :, None])[:, :, 0].T)
    return y + sum((f * k for f, k in zip(m, stages, strict=True)), np.zeros_like(y))


@pytest.mark.parametrize("with_sources", [False, True])
def test_a_step_is_rodas3(
    module: ModuleType, mechanism: GasMechanism, cells: Cells, density: Any, with_sources: bool
) -> None:
    sources = np.zeros((0, 0), np.float32)
    expected_sources = np.zeros(density.shape)
    if with_sources:
        sources = (density * np.float32(1e-4)).copy()
        expected_sources = sources.astype(np.float64)
    start = density.astype(np.float64)
    expected = rodas3(mechanism, constants_of(mechanism, cells), start, expected_sources, STEP)
    assert expected.min() > 0.0  # nothing is clipped
    failed = np.zeros(BLOCK, np.bool_)
    flat = np.zeros(module.ROWS * BLOCK, np.float32)
    steps = np.array([STEP], np.float32)
    module.advance(density, cells, sources, steps, GUARD, failed, module.PLACES, flat)
    assert not failed.any()
    np.testing.assert_allclose(density, expected, rtol=1e-4)


def test_the_pattern_holds_every_entry(mechanism: GasMechanism, structure: Structure) -> None:
    y = np.full((len(mechanism.species), 1), 1e10)
    full = jacobian_of(mechanism, np.ones((len(mechanism.reactions), 1)), y)[0]
    entries = {(int(row), int(column)) for row, column in np.argwhere(full != 0.0)}
    assert entries <= set(structure.jacobian)
    assert {column for _, column in entries} <= set(structure.order)


def test_elimination_fills_no_other_entry(structure: Structure) -> None:
    place = {species: position for position, species in enumerate(structure.order)}
    rng = np.random.default_rng(1)
    matrix = 100.0 * np.eye(len(place))
    for row, column in structure.jacobian:
        if row in place:
            matrix[place[row], place[column]] += rng.uniform(0.5, 1.5)
    for row in range(len(place)):
        for pivot in range(row):
            matrix[row, pivot] /= matrix[pivot, pivot]
            matrix[row, pivot + 1 :] -= matrix[row, pivot] * matrix[pivot, pivot + 1 :]
    for species in structure.order:
        known = {*structure.lower[species], *structure.upper[species], species}
        found = {structure.order[int(at)] for at in np.flatnonzero(matrix[place[species]])}
        assert found <= known
