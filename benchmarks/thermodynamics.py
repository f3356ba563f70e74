"""How many cells a second the inorganic equilibrium takes, beside ISORROPIA II where that is there.

`python -m benchmarks.thermodynamics` solves unrelated cells from clean to polluted, cold to warm,
dry to humid, without and with sea salt, on one core, in alternating runs; figures are medians. The
peer is the Fortran of GEOS-Chem 14.3.1 (Fountoukis and Nenes 2007) that the Python package aeroviz
carries as an extension; without it the ratio is to the slow float64 solution of the tests. The
last line is one JSON object.
"""

import json
import time
from collections.abc import Callable
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np

from forecast.chemistry.lanes import LANES
from forecast.chemistry.thermodynamics import INPUTS, RESULTS, InorganicAerosol
from forecast.config.thermodynamics import Branch
from forecast.fields.arrays import Single
from tests.kernels.thermodynamics_reference import reference

CELLS = 800 * LANES
PEER_CELLS, SLOW_CELLS = 8000, 10 * LANES
ROUNDS = 9
LOWEST, HIGHEST = (-9.0, -9.0, -8.5, -10.0, -10.0), (-6.4, -6.0, -5.5, -7.5, -7.5)
"""log10 of mol m-3 of sulfate, nitrate, ammonium, sodium, chloride."""


def draw(seed: int) -> Single:
    """Unrelated cells, (7, n); every other one has no sea salt."""
    rng = np.random.default_rng(seed)
    cells: Single = np.empty((INPUTS, CELLS), np.float32)
    cells[0], cells[1] = rng.uniform(250, 305, CELLS), rng.uniform(0.15, 0.98, CELLS)
    for row, low, high in zip(cells[2:], LOWEST, HIGHEST, strict=True):
        row[:] = 10.0 ** rng.uniform(low, high, CELLS)
    cells[5:, ::2] = 0.0
    return cells


def own(branch: Branch, cells: Single) -> Callable[[], None]:
    """Return a function that solves all cells with our kernel."""
    aerosol = InorganicAerosol(branch)
    results = np.empty((RESULTS, cells.shape[1]), np.float32)

    def run() -> None:
        aerosol.solve(cells, results)

    return run


def isorropia(branch: Branch, cells: Single) -> Callable[[], None] | None:
    """Return a function that solves cells with ISORROPIA II, or nothing where it is missing."""
    package = find_spec("AeroViz")
    folders = [] if package is None else list(package.submodule_search_locations or [])
    found = [
        file
        for folder in folders
        for file in Path(folder).glob("dataProcess/Chemistry/_isorropia/_ext*.so")
    ]
    spec = spec_from_file_location("_ext", found[0]) if found else None
    if spec is None or spec.loader is None:
        return None
    module: Any = module_from_spec(spec)
    spec.loader.exec_module(module)
    amounts = np.zeros((8, cells.shape[1]), order="F")
    amounts[[1, 3, 2, 0, 4]] = cells[2:]
    control = np.array([0.0, 1.0 if branch is Branch.METASTABLE else 0.0])
    temperature, humidity = cells[0].astype(np.float64), cells[1].astype(np.float64)

    def run() -> None:
        module.isorropia_wrap.solve_batch(amounts, humidity, temperature, control)

    return run


def slow(cells: Single) -> None:
    """Solve cells with the float64 solution of the tests."""
    reference(cells)


def medians(functions: dict[str, Callable[[], None]]) -> dict[str, float]:
    """Median time of each function over alternating rounds, s."""
    times: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(ROUNDS):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            times[name].append(time.perf_counter() - start)
    return {name: float(np.median(values)) for name, values in times.items()}


def main() -> dict[str, float]:
    """Measure, print and return the figures."""
    cells = draw(1)
    some, few = np.ascontiguousarray(cells[:, :PEER_CELLS]), cells[:, :SLOW_CELLS]
    functions: dict[str, Callable[[], None]] = {}
    count: dict[str, int] = {}
    for branch in Branch:
        functions[branch.value], count[branch.value] = own(branch, cells), CELLS
        peer = isorropia(branch, some)
        if peer is not None:
            name = f"isorropia_{branch.value}"
            functions[name], count[name] = peer, PEER_CELLS
    if len(functions) == len(Branch):
        print("ISORROPIA II is not there (package aeroviz): beside the float64 solution instead")
        functions["numpy_metastable"] = lambda: slow(few)
        count["numpy_metastable"] = SLOW_CELLS
    for function in functions.values():
        function()
    rate = {name: count[name] / seconds for name, seconds in medians(functions).items()}
    figures = {f"{name}_cells_per_second": value for name, value in rate.items()}
    for name, value in rate.items():
        peer_of = name.partition("_")[2]
        if peer_of:
            figures[f"ratio_{peer_of}"] = rate[peer_of] / value
        print(f"{name:24s} {value:12,.0f} cells a second, {1e6 / value:8.3f} us a cell")
    print(json.dumps({name: float(f"{value:.4g}") for name, value in figures.items()}))
    return figures


if __name__ == "__main__":
    main()
