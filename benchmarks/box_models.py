"""Box runs beside MICM, an independent solver, on the same mechanism and conditions.

`python -m benchmarks.box_models` runs the boxes of `box_cases.yaml` (clean and polluted, day and
night) with CB05 and CB6r3 and prints, for every solver of ours, the error against MICM at a
relative tolerance of 1e-8: the mean distance over the hours divided by the mean of MICM, for O3,
NO2, HNO3, H2O2, PAN and FORM. MICM is in the package musica (about 230 MB), which nothing else
needs: `pip install musica==0.17.*`. `--record` writes MICM's results to
`tests/regression/data/micm_box_results.csv`, which tests compare with where musica is not
installed; `--recorded` takes them from there instead of running MICM. Below follow the boxes that
NCAR published with music-box (`published_boxes.py`). Solvers: `scipy`, the slow one; `model`, the
one of the forecast with its sub-steps; `quick`, the same with two sub-steps. The last line is one
JSON object: errors in per cent by mechanism, case, solver and species.
"""

import csv
import json
import sys
from pathlib import Path

import numpy as np

from benchmarks.box_cases import COMPARED, STEP, BoxCase, SlowSolver, read_cases
from benchmarks.micm import MicmBoxes
from benchmarks.published_boxes import Solver, run_cb05, run_cb05_day, run_chapman
from forecast.chemistry.gas.mechanism import read_gas_mechanism
from forecast.chemistry.lanes import LANES
from forecast.chemistry.solver import GasSolver, default_sub_steps
from forecast.fields.arrays import Float

PROJECT = Path(__file__).resolve().parent.parent
RECORD = PROJECT / "tests/regression/data/micm_box_results.csv"
MECHANISMS = ("cb05", "cb6r3")
RECORDED = (*COMPARED, "NO", "OH", "HO2", "NO3", "N2O5", "SULF")
HOURS = (1, 2, 4, 6, 8)
"""Hours of the run at which results are compared."""

QUICK = (60.0, 240.0)
"""Sub-steps of half the cost, for comparison, s."""


def run_micm(case: BoxCase, seconds: Float) -> Float:
    """Solve a case with MICM."""
    boxes = MicmBoxes(
        case.mechanism, 1, case.emitted, relative_tolerance=1e-8, absolute_tolerance=1e-2
    )
    one = np.ones(1)
    boxes.set_conditions(case.temperature * one, case.air * one, case.water * one)
    boxes.set_rates(case.photolysis[:, None], np.zeros((len(case.mechanism.uptake), 1)))
    emitted = [case.mechanism.index(name) for name in case.emitted]
    boxes.set_sources(case.sources[emitted, None])
    boxes.set_density(case.density[:, None])
    results = []
    for interval in np.diff(seconds, prepend=0.0):
        boxes.advance(float(interval))
        results.append(boxes.density[:, 0])
    return np.array(results).T


def run_slow(case: BoxCase, seconds: Float) -> Float:
    """Solve a case with the slow solver of scipy."""
    return SlowSolver(case.mechanism).run(case, seconds)


def run_model(case: BoxCase, seconds: Float) -> Float:
    """Solve a case with the solver of the model: generated code, fixed sub-steps, float32."""
    return _march(case, seconds, default_sub_steps(STEP))


def run_quick(case: BoxCase, seconds: Float) -> Float:
    """The same with fewer sub-steps."""
    return _march(case, seconds, QUICK)


def _march(case: BoxCase, seconds: Float, sub_steps: tuple[float, ...]) -> Float:
    """Advance a box, repeated on all lanes, in steps of the model."""
    solver = GasSolver(case.mechanism, sub_steps)
    ones = np.ones(LANES, np.float32)
    air, water = np.float32(case.air) * ones, np.float32(case.water) * ones
    temperature = np.float32(case.temperature) * ones
    density, light, sources = (
        np.ascontiguousarray(np.repeat(values[:, None], LANES, axis=1).astype(np.float32))
        for values in (case.density, case.photolysis, case.sources)
    )
    uptake = np.zeros((len(case.mechanism.uptake), LANES), np.float32)
    results = []
    for interval in np.diff(seconds, prepend=0.0):
        for _ in range(round(interval / STEP)):
            solver.solve(density, temperature, air, water, light, uptake, sources)
        results.append(density[:, 0].astype(np.float64))
    return np.array(results).T


SOLVERS: dict[str, Solver] = {"scipy": run_slow, "model": run_model, "quick": run_quick}


def error(ours: Float, theirs: Float) -> float:
    """Mean distance over the mean, per cent."""
    return float(100.0 * np.abs(ours - theirs).mean() / theirs.mean())


def recorded() -> dict[tuple[str, str, str], Float]:
    """Results of MICM by mechanism, case and species: mole fractions in ppb at `HOURS`."""
    lines = RECORD.read_text(encoding="utf-8").splitlines()
    rows = list(csv.reader(line for line in lines if not line.startswith("#")))[1:]
    return {(row[0], row[1], row[2]): np.array(row[3:], dtype=np.float64) for row in rows}


def _all_cases() -> list[BoxCase]:
    cases = []
    for name in MECHANISMS:
        mechanism = read_gas_mechanism(PROJECT / "configs/mechanisms" / f"{name}.yaml")
        cases += read_cases(mechanism)
    return cases


def _mole_fractions(case: BoxCase, density: Float, species: str) -> Float:
    values: Float = density[case.mechanism.index(species)] / case.air * 1e9
    return values


def _record(results: dict[tuple[str, str, str], Float]) -> None:
    """Write the results of MICM."""
    head = [
        "# Results of MICM (package musica 0.17, relative tolerance 1e-8) for the boxes of",
        "# benchmarks/box_cases.yaml: mole fractions in ppb. Written by",
        "# `python -m benchmarks.box_models --record`.",
        "mechanism,case,species," + ",".join(f"hour_{hour}" for hour in HOURS),
    ]
    rows = [
        ",".join([*key, *(f"{value:.8e}" for value in values)]) for key, values in results.items()
    ]
    RECORD.write_text("\n".join([*head, *rows]) + "\n", encoding="utf-8")


def _micm_results(cases: list[BoxCase]) -> dict[tuple[str, str, str], Float]:
    """Run MICM on all cases."""
    results = {}
    seconds = 3600.0 * np.array(HOURS)
    for case in cases:
        density = run_micm(case, seconds)
        for species in RECORDED:
            key = (case.mechanism.name, case.name, species)
            results[key] = _mole_fractions(case, density, species)
    return results


def _compare(
    cases: list[BoxCase], theirs: dict[tuple[str, str, str], Float]
) -> dict[str, dict[str, float]]:
    """Print and return the errors of every solver in every case."""
    print(f"{'mechanism':10}{'case':24}{'solver':12}" + "".join(f"{n:>9}" for n in COMPARED))
    report: dict[str, dict[str, float]] = {}
    seconds = 3600.0 * np.array(HOURS)
    for case in cases:
        for name, solve in SOLVERS.items():
            density = solve(case, seconds)
            errors = {
                species: error(
                    _mole_fractions(case, density, species),
                    theirs[case.mechanism.name, case.name, species],
                )
                for species in COMPARED
            }
            report[f"{case.mechanism.name}/{case.name}/{name}"] = errors
            values = "".join(f"{value:9.4f}" for value in errors.values())
            print(f"{case.mechanism.name:10}{case.name:24}{name:12}{values}")
    return report


def _compare_published() -> dict[str, dict[str, float]]:
    """Print and return the errors against the published results of music-box."""
    report = {}
    for case, run in (("published_dark", run_cb05), ("published_day", run_cb05_day)):
        for name, solve in SOLVERS.items():
            result = run(solve)
            errors = {species: error(*result.of(species)) for species in COMPARED}
            report[f"cb05/{case}/{name}"] = errors
            values = "".join(f"{value:9.4f}" for value in errors.values())
            print(f"{'cb05':10}{case:24}{name:12}{values}")
    for name, solve in SOLVERS.items():
        ozone = error(*run_chapman(solve).of("O3"))
        report[f"chapman/published/{name}"] = {"O3": ozone}
        print(f"{'chapman':10}{'published':24}{name:12}{ozone:9.4f}")
    return report


def main() -> None:
    """Compare, print a table and one line of JSON."""
    cases = _all_cases()
    theirs = recorded() if "--recorded" in sys.argv else _micm_results(cases)
    if "--record" in sys.argv:
        _record(theirs)
    print(json.dumps({"error_percent": _compare(cases, theirs) | _compare_published()}))


if __name__ == "__main__":
    main()
