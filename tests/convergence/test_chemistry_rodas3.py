"""Order of convergence of the generated sub-step, in float64.

The text of the generated module runs as plain Python on rows of float64, so rounding does not hide
the order; the same statements, in float32, are what is compiled.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecast.chemistry.codegen.module import generate
from forecast.chemistry.codegen.vectors import above_zero, below_zero
from forecast.chemistry.gas.definition import GasMechanism
from forecast.chemistry.gas.mechanism import read_gas_mechanism
from forecast.chemistry.reference import ReferenceSolver, Tolerance

LENGTH = 600.0
COUNTS = (64, 128, 256, 512)
"""Of sub-steps; fewer and the stiffest reactions lower the order."""
COMPARED = ("NO2", "N2O5", "HNO3")
PPB = {"O3": 40, "NO": 3, "NO2": 12, "HONO": 0.3, "HNO3": 2, "CO": 400, "SO2": 5, "H2O2": 1}


@pytest.fixture(scope="module")
def mechanism() -> GasMechanism:
    return read_gas_mechanism(Path(__file__).parents[2] / "configs/mechanisms/tiny.yaml")


def in_float64(mechanism: GasMechanism) -> dict[str, Any]:
    """Names of the generated module, its functions not compiled, its numbers float64."""
    text = generate(mechanism).replace("F = np.float32", "F = np.float64")
    text = text.replace("@njit(**FLAGS)", "").replace("@lanewise", "")
    names: dict[str, Any] = {}
    exec(compile(text, "generated", "exec"), names)  # noqa: S102 - text of our own
    return names | {"above_zero": above_zero, "below_zero": below_zero}


def test_the_error_falls_with_the_third_power_of_the_sub_step(mechanism: GasMechanism) -> None:
    module = in_float64(mechanism)
    ppb = np.array([PPB.get(name, 0.0) for name in mechanism.names])
    air = np.full(1, 2.4e19)
    light = 1e-3 * np.ones((len(mechanism.photolysis), 1))
    uptake = 1e-4 * np.ones((len(mechanism.uptake), 1))
    yardstick = ReferenceSolver(mechanism, Tolerance(relative=1e-12, absolute=1e-6))
    constants = yardstick.constants(np.full(1, 290.0), air, 0.01 * air, light, uptake)
    # start on the slow manifold: of the first seconds no method sees its order
    start = yardstick.advance(ppb[:, None] * 1e-9 * air, constants, 1800.0)
    exact = yardstick.advance(start, constants, LENGTH)[:, 0]
    rows = [mechanism.index(name) for name in COMPARED]
    errors = []
    for count in COUNTS:
        w = np.zeros((module["ROWS"], 1))
        for number, reaction in enumerate(mechanism.reactions):
            w[module[f"k_{reaction.label}"]] = constants[number]
        w[module["PLACES"].species] = start
        for _ in range(count):
            module["sub_step"](w, LENGTH / count)
        made = w[module["PLACES"].species, 0]
        errors.append(np.abs(made / exact - 1.0)[rows])
    slopes, _ = np.polyfit(np.log2(COUNTS), np.log2(errors), 1)
    assert np.all((slopes < -2.7) & (slopes > -3.4)), dict(zip(COMPARED, slopes, strict=True))
