"""Speed and error of the gas chemistry, on one core.

`python -m benchmarks.chemistry` advances 400 unrelated cells, clean and polluted, over a day in
steps of 300 s (`chemistry_cells.py`), with the generated code and, where the package musica is
installed, with NCAR's MICM at a relative tolerance of 1e-3. They take turns and the median of the
rounds counts. Time is that of the processor, so that what else the machine does counts less. MICM
advances cells that it is given at once with one common step, so it is timed in several forms, and
the fastest counts; its absolute tolerance is its own default, and 1e6 molecules cm-3 besides.
Errors are those of ozone and others over 24 hourly snapshots, mean distance over the mean, against
Rodas4 with a relative tolerance of 1e-6, which takes some minutes.

Options: `--mechanism cb05`, `--step 300`, `--sub-steps 10,40,100,150`, `--rounds 5`, `--cells 400`,
`--no-error`, `--no-micm`. The last line is one JSON object:

* `cell_steps_per_second`: of our solver, everything between arrays in and arrays out;
* `sub_steps`: what it used;
* `compile_seconds`, `load_seconds`: first use of a mechanism, and first use in a later process;
* `error_percent`: by species; `resolved_share`: share of cell-steps that the guard solved again;
* `nitrogen_drift`: relative change of the sum of nitrogen of a closed day, sources off;
* `micm_cell_steps_per_second`, `micm_form`, `micm_forms`, `micm_error_percent`, `ratio`: where
  musica is.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.chemistry_cells import Population, draw
from benchmarks.micm import MOLECULES, MicmBoxes
from forecast.chemistry.gas.definition import GasMechanism
from forecast.chemistry.gas.mechanism import read_gas_mechanism
from forecast.chemistry.reference import ReferenceSolver, Tolerance
from forecast.chemistry.solver import GasSolver, SolveReport, default_sub_steps
from forecast.fields.arrays import Float, Single

PROJECT = Path(__file__).resolve().parent.parent
DAY, HOUR = 86400.0, 3600.0
COMPARED = ("O3", "NO2", "NO", "HNO3", "H2O2", "PAN", "FORM", "OH", "N2O5")
REFERENCE = Tolerance(relative=1e-6, absolute=1.0)
MICM_TOLERANCE = 1e-3
MICM_DEFAULT = 1e-3 * MOLECULES
"""MICM's default for the absolute tolerance, 1e-3 mol m-3, in molecules cm-3: hardly any."""
MICM_FORMS = {
    "cell by cell": (1, False, MICM_DEFAULT),
    "vectors of 4": (4, True, MICM_DEFAULT),
    "vectors of 400": (400, True, MICM_DEFAULT),
    "vectors of 4, absolute 1e6": (4, True, 1e6),
}
"""Forms of MICM that are timed: cells given at once, whether it holds them in vectors, absolute
tolerance in molecules cm-3."""
MICM_STEPS = 24
"""Steps that MICM is timed over in a round, spread over the day."""

Advance = Callable[[Float, Float], Float]
"""From densities and photolysis rates to densities after a step."""


def march(population: Population, step: float, advance: Advance) -> Float:
    """Advance over a day; returns hourly snapshots, (24, nspecies, n)."""
    density, kept = population.density, []
    for number in range(round(DAY / step)):
        density = population.bring(density, step)
        density = advance(density, population.photolysis((number + 0.5) * step))
        if round((number + 1) * step) % round(HOUR) == 0:
            kept.append(density)
    return np.array(kept)


class Ours:
    """Our solver, with a clock around it alone."""

    def __init__(self, population: Population, sub_steps: tuple[float, ...]) -> None:
        self.solver = GasSolver(population.mechanism, sub_steps)
        fields = (population.temperature, population.air, population.water)
        self.temperature, self.air, self.water = (_single(field) for field in fields)
        self.uptake = np.zeros((len(population.mechanism.uptake), population.air.size), np.float32)
        self.seconds, self.reports = 0.0, list[SolveReport]()

    def advance(self, density: Float, photolysis: Float) -> Float:
        """One step."""
        single, light = _single(density), _single(photolysis)
        start = time.process_time()
        report = self.solver.solve(
            single, self.temperature, self.air, self.water, light, self.uptake
        )
        self.seconds += time.process_time() - start
        self.reports.append(report)
        return single.astype(np.float64)


def _single(field: Float) -> Single:
    return np.ascontiguousarray(field, dtype=np.float32)


def reference_of(population: Population, step: float) -> Float:
    """The day with the adaptive solver."""
    solver = ReferenceSolver(population.mechanism, REFERENCE)
    uptake = np.zeros((len(population.mechanism.uptake), population.air.size))
    conditions = (population.temperature, population.air, population.water)

    def advance(density: Float, photolysis: Float) -> Float:
        constants = solver.constants(*conditions, photolysis, uptake)
        return np.maximum(solver.advance(density, constants, step), 0.0)

    return march(population, step, advance)


def errors(mechanism: GasMechanism, made: Float, reference: Float) -> dict[str, float]:
    """Mean distance over the mean, per cent, by species."""
    rows = {name: mechanism.index(name) for name in COMPARED if name in mechanism.names}
    return {
        name: float(100.0 * np.abs(made[:, row] - reference[:, row]).mean())
        / float(reference[:, row].mean())
        for name, row in rows.items()
    }


class Micm:
    """MICM on the same cells, given so many at once."""

    def __init__(self, population: Population, step: float, form: str) -> None:
        at_once, vectors, absolute = MICM_FORMS[form]
        self.step = step
        self.groups = [
            slice(first, first + at_once) for first in range(0, population.air.size, at_once)
        ]
        self.uptake = np.zeros((len(population.mechanism.uptake), at_once))
        self.conditions = (population.temperature, population.air, population.water)
        self.boxes = MicmBoxes(population.mechanism, at_once, (), MICM_TOLERANCE, absolute, vectors)
        self.seconds = 0.0

    def advance(self, density: Float, photolysis: Float) -> Float:
        """One step."""
        result = np.empty_like(density)
        for group in self.groups:
            self.boxes.set_conditions(*(field[group] for field in self.conditions))
            self.boxes.set_rates(photolysis[:, group], self.uptake)
            self.boxes.set_density(density[:, group])
            start = time.process_time()
            self.boxes.advance(self.step)
            self.seconds += time.process_time() - start
            result[:, group] = np.maximum(self.boxes.density, 0.0)
        return result


def compile_times(name: str) -> tuple[float, float]:
    """Seconds that a mechanism takes at first use, and in a process after that."""
    program = (
        "import sys, time; from pathlib import Path;"
        "from forecast.chemistry.solver import GasSolver, default_sub_steps;"
        "from forecast.chemistry.gas.mechanism import read_gas_mechanism;"
        "start = time.perf_counter();"
        "GasSolver(read_gas_mechanism(Path(sys.argv[1])), default_sub_steps(300.0)).warm();"
        "print(time.perf_counter() - start)"
    )
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "NUMBA_CACHE_DIR": folder}
        command = [sys.executable, "-c", program, str(_path(name))]
        first, second = (
            float(
                subprocess.run(
                    command, cwd=PROJECT, env=environment, check=True, capture_output=True
                ).stdout
            )
            for _ in range(2)
        )
    return first, second


def _path(name: str) -> Path:
    return PROJECT / "configs/mechanisms" / f"{name}.yaml"


def closed_drift(population: Population, step: float, sub_steps: tuple[float, ...]) -> float:
    """Relative change of the sum of nitrogen over a day without sources and exchange."""
    closed = replace(
        population, sources=0.0 * population.sources, exchange=0.0 * population.exchange
    )
    atoms = np.array([species.nitrogen for species in population.mechanism.species])
    ours = Ours(closed, sub_steps)
    end = march(closed, step, ours.advance)[-1]
    return float((atoms @ end).sum() / (atoms @ closed.density).sum() - 1.0)


def time_by_turns(
    population: Population, step: float, sub_steps: tuple[float, ...], micm: bool, rounds: int
) -> tuple[Float, list[SolveReport], dict[str, float]]:
    """Time both solvers in alternating rounds.

    Returns:
        Our snapshots, our reports, and cell-steps a second: "ours" and MICM's by form.
    """
    cells, steps = population.air.size, round(DAY / step)
    speeds: dict[str, list[float]] = {}
    Ours(population, sub_steps).solver.warm()
    for number in range(rounds):
        ours = Ours(population, sub_steps)
        made = march(population, step, ours.advance)
        speeds.setdefault("ours", []).append(cells * steps / ours.seconds)
        print(f"round {number + 1}: ours {speeds['ours'][-1]:,.0f} cell-steps/s", flush=True)
        for form in MICM_FORMS if micm else ():
            speed = _time_micm(population, step, made, form)
            speeds.setdefault(form, []).append(speed)
            print(f"  MICM, {form}: {speed:,.0f} cell-steps/s", flush=True)
    return made, ours.reports, {name: median(values) for name, values in speeds.items()}


def _time_micm(population: Population, step: float, made: Float, form: str) -> float:
    """Time MICM on steps spread over the day, from our snapshots; cell-steps a second."""
    solver = Micm(population, step, form)
    for hour in range(MICM_STEPS):
        start = population.bring(made[hour], step)
        solver.advance(start, population.photolysis((hour + 1) * HOUR + 0.5 * step))
    return population.air.size * MICM_STEPS / solver.seconds


def _has_micm(wanted: bool) -> bool:
    if not wanted:
        return False
    try:
        import musica  # noqa: F401
    except ImportError:
        print("MICM is absent (package musica), so no ratio to it")
        return False
    return True


def main(arguments: list[str]) -> dict[str, Any]:
    """Measure, print and return the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--mechanism", default="cb05")
    parser.add_argument("--step", type=float, default=300.0)
    parser.add_argument("--sub-steps", default="")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cells", type=int, default=400)
    parser.add_argument("--no-error", action="store_true")
    parser.add_argument("--no-micm", action="store_true")
    chosen = parser.parse_args(arguments)
    population = draw(read_gas_mechanism(_path(chosen.mechanism)), chosen.cells)
    step = chosen.step
    sub_steps = tuple(map(float, chosen.sub_steps.split(","))) if chosen.sub_steps else ()
    sub_steps = sub_steps or default_sub_steps(step)
    micm = _has_micm(not chosen.no_micm)
    figures: dict[str, Any] = {"mechanism": chosen.mechanism, "sub_steps": sub_steps}
    figures["compile_seconds"], figures["load_seconds"] = compile_times(chosen.mechanism)
    made, reports, speeds = time_by_turns(population, step, sub_steps, micm, chosen.rounds)
    figures["cell_steps_per_second"] = speeds["ours"]
    again = sum(report.refined for report in reports)
    figures["resolved_share"] = again / sum(report.cells for report in reports)
    figures["nitrogen_drift"] = closed_drift(population, step, sub_steps)
    if not chosen.no_error:
        print("the reference takes some minutes …", flush=True)
        reference = reference_of(population, step)
        figures["error_percent"] = errors(population.mechanism, made, reference)
    if micm:
        figures |= _micm_figures(population, step, speeds, None if chosen.no_error else reference)
    print(json.dumps(_rounded(figures)))
    return figures


def _micm_figures(
    population: Population, step: float, speeds: dict[str, float], reference: Float | None
) -> dict[str, Any]:
    """What MICM's fastest form gave."""
    best = max((name for name in speeds if name != "ours"), key=speeds.__getitem__)
    figures: dict[str, Any] = {
        "micm_cell_steps_per_second": speeds[best],
        "micm_form": best,
        "micm_forms": {name: speed for name, speed in speeds.items() if name != "ours"},
        "ratio": speeds["ours"] / speeds[best],
    }
    if reference is not None:
        made = march(population, step, Micm(population, step, best).advance)
        figures["micm_error_percent"] = errors(population.mechanism, made, reference)
    return figures


def _rounded(value: Any) -> Any:
    """Four digits of every number."""
    if isinstance(value, dict):
        return {name: _rounded(entry) for name, entry in value.items()}
    return float(f"{value:.4g}") if isinstance(value, float) else value


if __name__ == "__main__":
    main(sys.argv[1:])
