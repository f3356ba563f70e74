"""The equation of a reaction: from text to reactants and products."""

import re
from dataclasses import dataclass

LIGHT = "hv"
FIXED = ("M", "O2", "N2", "H2O", "CH4", "H2")
"""Species that chemistry reads and does not change."""
UNTRACKED = (*FIXED, "CO2")
"""Products that may be written for the reader's sake; nothing counts them."""

_TERM = re.compile(r"([+-])\s*([0-9]+(?:\.[0-9]*)?|\.[0-9]+)?\s*\*?\s*([A-Za-z][A-Za-z0-9_]*)")


@dataclass(frozen=True)
class Equation:
    """A parsed equation.

    Attributes:
        reactants: Variable reactants, one entry a molecule.
        fixed: Fixed reactants, one entry a molecule.
        products: (species, yield) of the variable products; a species is there once.
        light: Whether `hv` is among the reactants.
    """

    reactants: tuple[str, ...]
    fixed: tuple[str, ...]
    products: tuple[tuple[str, float], ...]
    light: bool


def parse_equation(text: str) -> Equation:
    """Read an equation such as `NO3 + OLE -> NO2 + 0.91 XO2 - PAR`.

    Raises:
        ValueError: The text has no arrow, no reactant, or something that is no term.
    """
    left, arrow, right = text.partition("->")
    if not arrow:
        raise ValueError("an equation needs an arrow '->' between reactants and products")
    reactants, fixed, light = _reactants(left)
    products: dict[str, float] = {}
    for name, amount in _terms(right):
        if name == LIGHT:
            raise ValueError("light ('hv') is no product")
        if name not in UNTRACKED:
            products[name] = round(products.get(name, 0.0) + amount, 12)
    return Equation(reactants, fixed, tuple(products.items()), light)


def _reactants(text: str) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    """Sort the left side into variable species, fixed species and light."""
    names = []
    for name, amount in _terms(text):
        if amount not in (1.0, 2.0, 3.0):
            raise ValueError(f"reactant '{name}' has the coefficient {amount:g}, not 1, 2 or 3")
        names += [name] * int(amount)
    variable = tuple(name for name in names if name not in (*FIXED, LIGHT))
    if not variable:
        raise ValueError("the left side names no species that chemistry changes")
    if len(variable) > 3:
        raise ValueError("more than three molecules of variable species react")
    return variable, tuple(name for name in names if name in FIXED), LIGHT in names


def _terms(text: str) -> list[tuple[str, float]]:
    """Split one side into (species, coefficient with its sign)."""
    rest = text.strip()
    if not rest:
        return []
    if rest[0] not in "+-":
        rest = f"+ {rest}"
    terms = []
    while rest:
        match = _TERM.match(rest)
        if match is None:
            raise ValueError(f"'{rest}' does not start with a term like '+ 0.5 FORM'")
        sign, amount, name = match.groups()
        terms.append((name, float(f"{sign}{amount or 1}")))
        rest = rest[match.end() :].strip()
    return terms
