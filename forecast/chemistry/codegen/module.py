"""The whole text of a generated module."""

from forecast.chemistry.codegen.conservation import conserve_function
from forecast.chemistry.codegen.constants import RateWriter
from forecast.chemistry.codegen.layout import Layout, Names, arrange
from forecast.chemistry.codegen.stages import stage_functions
from forecast.chemistry.codegen.structure import Structure, analyse
from forecast.chemistry.codegen.text import Constants
from forecast.chemistry.gas.definition import GasMechanism
from forecast.chemistry.lanes import BLOCK

HEAD = '''"""Gas chemistry of the mechanism '{name}', generated: change that, not this file.

{species} species, {flows} reactions, {lanes} cells side by side: one block. Everything of a block
lives in the rows of the array w, a row for {lanes} cells; the names below are numbers of rows.
"""

import numpy as np
from numba import njit

from forecast.chemistry.codegen.vectors import above_zero, below_zero, lanewise
from forecast.chemistry.kernels.blocks import (
    Places,
    exp_rows,
    gather,
    log10_rows,
    scatter,
    set_conditions,
)

FLAGS = {{"cache": True, "nogil": True, "error_model": "numpy"}}
F = np.float32
ZERO, HALF, ONE, TWO, FOUR, EIGHT_THIRDS = F(0), F(0.5), F(1), F(2), F(4), F(8.0 / 3.0)
'''

ADVANCE = '''

@njit(**FLAGS)
def advance(density, cells, sources, steps, guard, failed, places, flat):
    """Advance all blocks of cells in place; see `forecast.chemistry.kernels.blocks`.

    Args:
        density: molecules cm-3, (nspecies, n), float32.
        cells: Their conditions.
        sources: molecules cm-3 s-1, (nspecies, n), or empty.
        steps: Sub-steps, s, float32.
        guard: When a cell is called failed.
        failed: Set for cells that failed and keep their density, (n,), bool; false before.
        places: `PLACES`.
        flat: Work array, (ROWS * {lanes},), float32.
    """
    w = flat.reshape((ROWS, {lanes}))
    w[places.sums : places.sums + places.moving] = ZERO
    w[places.inflow : places.inflow + places.moving] = ZERO
    seconds = ZERO
    for number in range(steps.size):
        seconds += steps[number]
    for block in range(cells.temperature.size // {lanes}):
        gather(density, cells, sources, places, block, w)
        set_conditions(cells, places, block, w)
        rate_constants(w, flat)
        for number in range(steps.size):
            sub_step(w, steps[number])
        conserve(w, seconds)
        scatter(density, failed, places, guard, block, w)
'''


def generate(mechanism: GasMechanism) -> str:
    """Write the module of a mechanism."""
    structure = analyse(mechanism)
    names, constants = Names(mechanism), Constants()
    rates = RateWriter(mechanism, names, constants)
    functions = rates.functions(structure)
    functions += stage_functions(structure, names, constants)
    functions += conserve_function(mechanism, structure, names, constants)
    layout = arrange(structure, names, rates.exponentials.values(), rates.falloffs)
    head = HEAD.format(
        name=mechanism.name, species=structure.size, flows=len(structure.flows), lanes=BLOCK
    )
    lines = [
        *head.splitlines(),
        *_rows(layout),
        *_places(layout, structure, names),
        "",
        "# numbers: of rate constants (a, b), of equations (n)",
        *constants.lines.values(),
        *functions,
        *ADVANCE.format(lanes=BLOCK).splitlines(),
    ]
    return "\n".join(lines) + "\n"


def _rows(layout: Layout) -> list[str]:
    """Numbers of rows."""
    lines = []
    for title, group in layout.groups.values():
        lines += ["", f"# {title}"]
        lines += [f"{name} = {layout.slots[name]}" for name in group]
    return [*lines, "", f"ROWS = {layout.size}"]


def _places(layout: Layout, structure: Structure, names: Names) -> list[str]:
    """Where groups of rows are, for what all mechanisms share."""
    lines = []
    for key in ("e", "q"):
        rows = layout.rows(key)
        lines.append(f"{key.upper()}_FIRST, {key.upper()}_LAST = {rows.start}, {rows.stop}")
    every = range(structure.size)
    spare = layout.slots["spare"]
    arrays = {
        "species": [layout.slots[names.of("y", species)] for species in every],
        "order": list(structure.moving),
        "photolysis": list(layout.rows("j")),
        "uptake": list(layout.rows("v")),
        "sources": [layout.slots.get(names.of("i", species), spare) for species in every],
    }
    groups = {
        "now": "y",
        "old": "o",
        "clipped": "c",
        "sums": "s",
        "conditions": "t",
        "inflow": "i",
        "stage": "g",
    }
    lines += ["PLACES = Places(", f"    moving={len(structure.moving)},"]
    lines += [f"    {name}=np.array({rows}, np.int64)," for name, rows in arrays.items()]
    lines += [f"    {name}={layout.rows(key).start}," for name, key in groups.items()]
    still = tuple(species for species in every if species not in structure.moving)
    return [*lines, ")", f"STILL = {still}"]
