"""Counting atoms in chemical formulas."""

import re

ATOMIC_MASS = {
    "H": 1.008e-3,
    "C": 12.011e-3,
    "N": 14.007e-3,
    "O": 15.999e-3,
    "S": 32.06e-3,
    "Cl": 35.45e-3,
    "Br": 79.904e-3,
    "I": 126.90447e-3,
}
"""kg mol-1: abridged standard atomic weights of IUPAC 2021 (doi 10.1515/pac-2019-0603)."""

_PART = re.compile(r"\(([A-Za-z0-9]+)\)(\d*)|([A-Z][a-z]?)(\d*)")


def count_atoms(formula: str) -> dict[str, int]:
    """Count the atoms of a formula such as CH3C(O)O2NO2.

    Raises:
        ValueError: The text is no formula of known elements.
    """
    atoms: dict[str, int] = {}
    position = 0
    while position < len(formula):
        match = _PART.match(formula, position)
        if match is None:
            raise ValueError(f"the formula '{formula}' cannot be read from '{formula[position:]}'")
        group, group_number, element, number = match.groups()
        if group is not None:
            times, inner = int(group_number or 1), count_atoms(group)
        else:
            times, inner = int(number or 1), {element: 1}
        if unknown := sorted(set(inner) - set(ATOMIC_MASS)):
            raise ValueError(f"the formula '{formula}' names the elements {unknown}")
        for name, amount in inner.items():
            atoms[name] = atoms.get(name, 0) + times * amount
        position = match.end()
    return atoms


def formula_mass(atoms: dict[str, int]) -> float:
    """Molar mass of counted atoms, kg mol-1."""
    return sum(ATOMIC_MASS[element] * amount for element, amount in atoms.items())
