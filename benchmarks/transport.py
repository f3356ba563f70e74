"""Speed of the horizontal sweeps beside PyMPDATA, on one core.

`python -m benchmarks.transport` times the x and y sweeps of the model (float32, piecewise
parabolic, monotone, air moved alongside) on the size of the default case, and PyMPDATA in two
dimensions (two iterations, non-oscillatory) on a plane of a size that suits it, in both precisions.
All take turns, so that what else the machine does hits all. PyMPDATA compiles for about two
minutes; `--quick` leaves it out. The last line is one JSON object:

* `updates_per_second_x`, `_y`, `mean`: cell-species updates a second of one sweep;
* `two_dimensional_steps_per_second`: cells and species advanced in both directions, a second;
* `pympdata_updates_per_second`: the same for PyMPDATA in float32, `…_double` in float64;
* `ratio`: of two-dimensional steps in float32; `ratio_double`: ours to PyMPDATA in float64, where
  it is faster.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from forecast.ctm.kernels.layout import HALO, mass_array, ratio_array
from forecast.ctm.kernels.sweeps import sweep_work, sweep_x, sweep_y
from forecast.fields.arrays import Reals

SPECIES, NZ, NY, NX = 13, 16, 56, 64
ROUNDS = 12
CALLS = 8
"""Calls in a row of one round; the first finds its fields outside the near caches."""
COURANT = 0.2
PLANE = 256
"""Cells each way of PyMPDATA's plane: large enough to hide its calls, small enough for caches."""
PLANE_STEPS = 16


@dataclass
class Sweeps:
    """Fields of the default size, with winds that do not carry air away."""

    def __post_init__(self) -> None:
        rng = np.random.default_rng(1)
        self.ratio = ratio_array(SPECIES, NZ, NY, NX)
        self.ratio[:] = rng.random(self.ratio.shape)
        self.mass = mass_array(NZ, NY, NX)
        self.layers = np.arange(NZ)
        self.steps = np.ones(NZ)
        self.work = sweep_work(NY, NX)
        self.flux_x = COURANT * np.ones((NZ, NY, NX + 1), np.float32)
        self.flux_x *= rng.choice([-1.0, 1.0], (NZ, NY, 1)).astype(np.float32)
        self.flux_y = COURANT * np.ones((NZ, NY + 1, NX), np.float32)
        self.flux_y *= rng.choice([-1.0, 1.0], (NZ, 1, NX)).astype(np.float32)

    def x(self) -> None:
        """One sweep in x."""
        sweep_x(self.ratio, self.mass, self.flux_x, self.layers, self.steps, NX, self.work)

    def y(self) -> None:
        """One sweep in y."""
        sweep_y(self.ratio, self.mass, self.flux_y, self.layers, self.steps, NX, self.work)


def pympdata_stepper(precision: type) -> Callable[[], None]:
    """Return a function that takes `PLANE_STEPS` steps of PyMPDATA on its plane."""
    from PyMPDATA import Options, ScalarField, Solver, Stepper, VectorField
    from PyMPDATA.boundary_conditions import Periodic

    options = Options(n_iters=2, nonoscillatory=True, dtype=precision)
    edges = (Periodic(), Periodic())
    plane: Reals = np.random.default_rng(2).random((PLANE, PLANE)).astype(precision)
    numbers: tuple[Reals, Reals] = (
        np.full((PLANE + 1, PLANE), COURANT, precision),
        np.full((PLANE, PLANE + 1), COURANT, precision),
    )
    solver = Solver(
        stepper=Stepper(options=options, grid=(PLANE, PLANE), n_threads=1),
        advectee=ScalarField(plane, halo=options.n_halo, boundary_conditions=edges),
        advector=VectorField(numbers, halo=options.n_halo, boundary_conditions=edges),
    )

    def advance() -> None:
        solver.advance(PLANE_STEPS)

    return advance


def best(functions: dict[str, Callable[[], None]], rounds: int) -> dict[str, float]:
    """Shortest time of each function over alternating rounds, s."""
    shortest = dict.fromkeys(functions, float("inf"))
    for _ in range(rounds):
        for name, function in functions.items():
            for _ in range(CALLS):
                start = time.perf_counter()
                function()
                shortest[name] = min(shortest[name], time.perf_counter() - start)
    return shortest


def main(quick: bool) -> dict[str, float]:
    """Measure, print and return the figures."""
    sweeps = Sweeps()
    functions: dict[str, Callable[[], None]] = {"x": sweeps.x, "y": sweeps.y}
    others = {} if quick else {"pympdata": np.float32, "pympdata_double": np.float64}
    for name, precision in others.items():
        print(f"PyMPDATA compiles for {precision.__name__} (about a minute) …", flush=True)
        functions[name] = pympdata_stepper(precision)
    for function in functions.values():
        function()
    times = best(functions, ROUNDS)
    updates = SPECIES * NZ * NY * NX
    x, y = updates / times["x"], updates / times["y"]
    both = updates / (times["x"] + times["y"])
    figures = {
        "updates_per_second_x": x,
        "updates_per_second_y": y,
        "mean": 2.0 * both,
        "two_dimensional_steps_per_second": both,
    }
    for name in others:
        other = PLANE_STEPS * PLANE**2 / times[name]
        figures[name.replace("pympdata", "pympdata_updates_per_second")] = other
        figures[name.replace("pympdata", "ratio")] = both / other
    print(f"fields: {SPECIES} species x {NZ} x {NY} x {NX} cells, float32, halo {HALO}")
    print(f"x sweep {x:.2e}, y sweep {y:.2e}, mean {2 * both:.2e} cell-species a second")
    print(json.dumps({name: float(f"{value:.4g}") for name, value in figures.items()}))
    return figures


if __name__ == "__main__":
    main("--quick" in sys.argv[1:])
