"""Code that keeps the atoms of a cell at the end of a step."""

from forecast.chemistry.codegen.layout import Names
from forecast.chemistry.codegen.structure import Structure
from forecast.chemistry.codegen.text import Constants, assignment, function, row, signed_sum
from forecast.chemistry.gas.definition import GasMechanism

TINY = 1e-3
"""Added to both sums, molecules cm-3, so that nothing over nothing is one."""
BALANCED = 1e-9
"""Atoms that an equation may lose by the rounding of its yields."""


def conserve_function(
    mechanism: GasMechanism, structure: Structure, names: Names, constants: Constants
) -> list[str]:
    """Write `conserve`: scale the carriers of nitrogen, and of sulfur, to the sum at the start.

    A Rosenbrock method keeps such sums but for rounding and for what was set to zero; what is
    missing is given back in proportion. It is added, since a factor near one rounds down in steps
    half as wide as up, which made sulfur grow by 6e-9 in every step. An element is left alone if
    an equation of the mechanism does not keep it.
    """
    body: list[str] = []
    for element in ("nitrogen", "sulfur"):
        atoms = {
            number: float(getattr(mechanism.species[number], element))
            for number in structure.moving
            if getattr(mechanism.species[number], element)
        }
        if not atoms or not _kept(structure, atoms):
            continue
        tiny = constants.named("TINY", TINY)
        old, source, new = (
            signed_sum([(count, row(names.of(letter, n))) for n, count in atoms.items()], constants)
            for letter in "oiy"
        )
        body += assignment(f"{element}_before", f"{old} + seconds * ({source}) + {tiny}")
        body += assignment(f"{element}_after", f"{new} + {tiny}")
        missing = f"({element}_before - {element}_after) / {element}_after"
        body += assignment(f"{element}_missing", missing)
        for number in atoms:
            place = row(names.of("y", number))
            body += assignment(place, f"{place} + {place} * {element}_missing")
    return function(
        "conserve", "w, seconds", "Scale carriers of an element to its sum at the start.", body
    )


def _kept(structure: Structure, atoms: dict[int, float]) -> bool:
    """Whether every flow keeps an element."""
    return all(
        abs(sum(gained * atoms.get(species, 0.0) for species, gained in flow.changes)) < BALANCED
        for flow in structure.flows
    )
