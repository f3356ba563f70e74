"""Stiff problems with known solutions, as mechanisms: POLLU and Robertson's reactions."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecast.chemistry.gas.definition import GasMechanism, GasSpecies, Reaction
from forecast.chemistry.gas.mechanism import read_gas_mechanism
from forecast.chemistry.gas.rates import Arrhenius
from forecast.chemistry.lanes import LANES
from forecast.chemistry.reference import ReferenceSolver, Tolerance
from forecast.chemistry.solver import GasSolver

DATA = Path(__file__).parent / "data"
POLLU = json.loads((DATA / "pollu.json").read_text(encoding="utf-8"))
HOUR = 60.0
"""POLLU counts in minutes."""


@pytest.fixture(scope="module")
def pollu() -> GasMechanism:
    return read_gas_mechanism(DATA / "pollu.yaml")


def conditions(n: int) -> list[Any]:
    """Temperature, air and water, of which these problems know nothing, and no rates given."""
    rows = [np.full(n, value, np.float32) for value in (300.0, 2.5e19, 1e17)]
    return [*rows, np.zeros((0, n), np.float32), np.zeros((0, n), np.float32)]


def start_and_end(mechanism: GasMechanism, n: int) -> tuple[Any, Any]:
    """POLLU's concentrations at the start and after an hour, in the mechanism's order, ppm."""
    order = [POLLU["species"].index(name) for name in mechanism.names]
    columns = (np.array(POLLU[key])[order] for key in ("initial", "final_at_60min"))
    start, end = (np.repeat(column[:, None], n, axis=1) for column in columns)
    return start, end


def test_the_adaptive_solver_finds_ten_digits_of_pollu(pollu: GasMechanism) -> None:
    solver = ReferenceSolver(pollu, Tolerance(relative=1e-11, absolute=1e-22, first_step=1e-8))
    start, end = start_and_end(pollu, 1)
    result = solver.advance(start, solver.constants(*conditions(1)), HOUR)
    np.testing.assert_allclose(result, end, rtol=1e-9)


@pytest.mark.parametrize(
    ("sub_steps", "error"),
    [((10 / 60, 40 / 60, 100 / 60, 150 / 60), 3e-5), ((1 / 16,) * 80, 5e-6)],
    ids=["as in the model", "short"],
)
def test_the_generated_code_finds_pollu(
    pollu: GasMechanism, sub_steps: tuple[float, ...], error: float
) -> None:
    # POLLU starts without radicals, as no model does: the first five minutes are cut finely
    first = GasSolver(pollu, tuple(5.0 * np.diff(np.linspace(0.0, 1.0, 81) ** 4)))
    then = GasSolver(pollu, sub_steps)
    start, end = start_and_end(pollu, LANES)
    density = start.astype(np.float32)
    for solver in (first, *[then] * 11):
        assert solver.solve(density, *conditions(LANES)).refined == 0
    np.testing.assert_allclose(density, end, rtol=error)


@pytest.fixture(scope="module")
def robertson() -> GasMechanism:
    """Three reactions of Robertson (1966): rate constants over eleven decades."""

    def reaction(label: str, reactants: str, products: str, constant: float) -> Reaction:
        made = tuple((name, 1.0) for name in products)
        return Reaction(
            label=label,
            reactants=tuple(reactants),
            fixed=(),
            products=made,
            rate=Arrhenius(A=constant),
            source="",
            line=0,
            equation=f"{'+'.join(reactants)} -> {'+'.join(products)}",
        )

    return GasMechanism(
        name="robertson",
        date=date(1966, 1, 1),
        description="Robertson's problem",
        species=tuple(GasSpecies(name, name, "", 1.0, 0, 0, 0.0, False, "") for name in "ABC"),
        reactions=(
            reaction("R1", "A", "B", 0.04),
            reaction("R2", "BB", "BC", 3.0e7 / UNIT),
            reaction("R3", "BC", "AC", 1.0e4 / UNIT),
        ),
        photolysis=(),
        uptake=(),
        mole_fractions={"M": 1.0},
    )


UNIT = 1e12
"""Robertson's unit of concentration, molecules cm-3: what a model meets."""
ROBERTSON_AT_40 = np.array([0.7158270687193941, 9.185534764557338e-06, 0.2841637457458413])
"""Hairer and Wanner 1996, IV.10, from the Test Set for Initial Value Problem Solvers."""


def test_the_adaptive_solver_finds_robertson(robertson: GasMechanism) -> None:
    solver = ReferenceSolver(robertson, Tolerance(relative=1e-10, absolute=1e-4, first_step=1e-6))
    start = np.array([[UNIT], [0.0], [0.0]])
    result = solver.advance(start, solver.constants(*conditions(1)), 40.0)
    np.testing.assert_allclose(result[:, 0] / UNIT, ROBERTSON_AT_40, rtol=1e-8)


def test_graded_sub_steps_find_robertson(robertson: GasMechanism) -> None:
    steps = 40.0 * np.diff(np.linspace(0.0, 1.0, 41) ** 4)
    solver = GasSolver(robertson, tuple(steps))
    density = np.repeat(np.array([[UNIT], [0.0], [0.0]], np.float32), LANES, axis=1)
    report = solver.solve(density, *conditions(LANES))
    assert report.refined == 0
    np.testing.assert_allclose(density[:, 5] / UNIT, ROBERTSON_AT_40, rtol=1e-4)
    assert float(density[:, 0].sum()) == pytest.approx(UNIT, rel=5e-7)
