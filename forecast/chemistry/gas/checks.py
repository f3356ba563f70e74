"""What a mechanism must keep: known species, balanced elements, sound rates, no reaction twice."""

from collections.abc import Callable

from forecast.chemistry.gas.assemble import Collected, Collection
from forecast.chemistry.gas.definition import GasSpecies
from forecast.chemistry.gas.rates import (
    ComplexForming,
    Equilibrium,
    LinearPressure,
    Photolysis,
    Rate,
    Sum,
    Troe,
    Uptake,
)

BALANCE_TOLERANCE = 1e-9
"""Atoms per reaction that rounding of yields may lose."""

ELEMENTS: dict[str, Callable[[GasSpecies], int]] = {
    "nitrogen": lambda species: species.nitrogen,
    "sulfur": lambda species: species.sulfur,
}
"""The elements that reactions must keep."""


def check(collection: Collection, fractions: dict[str, float]) -> None:
    """Note all that is wrong with the reactions in `collection.problems`."""
    for collected in collection.reactions:
        for text in (
            *_unknown_species(collected, collection),
            *_unbalanced(collected, collection),
            *_unsound_rate(collected, collection),
            *_missing_fractions(collected, fractions),
        ):
            collection.problems.add(collected.place, f"{collected.entry.label}: {text}")
    _check_doubles(collection)


def _unknown_species(collected: Collected, collection: Collection) -> list[str]:
    names = (*collected.equation.reactants, *(name for name, _ in collected.equation.products))
    unknown = [name for name in dict.fromkeys(names) if not collection.knows([name])]
    return [f"unknown species '{name}' in '{collected.entry.equation}'" for name in unknown]


def _unbalanced(collected: Collected, collection: Collection) -> list[str]:
    """Compare nitrogen and sulfur of both sides."""
    entry, reaction = collected.entry, collected.reaction
    texts = [
        f"'unbalanced' knows {', '.join(ELEMENTS)}, not '{name}'"
        for name in entry.unbalanced
        if name not in ELEMENTS
    ]
    names = (*reaction.reactants, *(name for name, _ in reaction.products))
    if any(name not in collection.species for name in names):
        return texts
    for element, atoms in ELEMENTS.items():
        count = {name: atoms(collection.species[name][0]) for name in names}
        before = sum(count[name] for name in reaction.reactants)
        after = sum(amount * count[name] for name, amount in reaction.products)
        differs = abs(after - before) > BALANCE_TOLERANCE
        reason = entry.unbalanced.get(element, "")
        if differs and not reason.strip():
            texts.append(
                f"{element} goes from {before} to {after:g} atoms in '{entry.equation}';"
                f" correct it, or state the reason under 'unbalanced: {{{element}: …}}'"
            )
        if element in entry.unbalanced and not differs:
            texts.append(f"{element} is declared unbalanced but is kept; drop the declaration")
    return texts


def _unsound_rate(collected: Collected, collection: Collection) -> list[str]:
    """Compare the form of the rate with the equation."""
    equation, rate = collected.equation, collected.reaction.rate
    texts = []
    if equation.light != isinstance(rate, Photolysis):
        texts.append("'hv' among the reactants and a photolysis rate belong together")
    if isinstance(rate, Photolysis | Uptake) and len(equation.reactants) > 1:
        texts.append("a rate given at run time is of first order: one molecule reacts")
    if _has_third_body(rate) and "M" in equation.fixed:
        texts.append("the rate holds the third body already; leave M out of the equation")
    if isinstance(rate, Equilibrium):
        texts += _unsound_equilibrium(rate, collection)
    return texts


def _has_third_body(rate: Rate) -> bool:
    parts = rate.terms if isinstance(rate, Sum) else (rate,)
    return any(isinstance(part, Troe | LinearPressure | ComplexForming) for part in parts)


def _unsound_equilibrium(rate: Equilibrium, collection: Collection) -> list[str]:
    """The forward reaction must be there and thermal."""
    forward = [item for item in collection.reactions if item.entry.label == rate.forward]
    if not forward:
        return [f"the equilibrium names the reaction '{rate.forward}', which is not there"]
    if isinstance(forward[0].reaction.rate, Photolysis | Uptake | Equilibrium):
        return [f"the forward reaction '{rate.forward}' has no thermal rate of its own"]
    return []


def _missing_fractions(collected: Collected, fractions: dict[str, float]) -> list[str]:
    missing = [
        name
        for name in dict.fromkeys(collected.equation.fixed)
        if name != "H2O" and name not in fractions
    ]
    return [f"'mole_fractions' has no '{name}', which reacts here" for name in missing]


def _check_doubles(collection: Collection) -> None:
    """No label twice; no equation twice with the same kind of rate."""
    labels: dict[str, Collected] = {}
    equations: dict[object, Collected] = {}
    for collected in collection.reactions:
        equation, rate = collected.equation, collected.reaction.rate
        kind = type(rate).__name__ if isinstance(rate, Photolysis | Uptake) else "thermal"
        sides = (
            tuple(sorted(equation.reactants)),
            tuple(sorted(equation.fixed)),
            tuple(sorted(equation.products)),
            kind,
        )
        first = labels.setdefault(collected.entry.label, collected)
        if first is not collected:
            _note_double(collection, collected, first, "label")
        first = equations.setdefault(sides, collected)
        if first is not collected:
            _note_double(collection, collected, first, "equation and kind of rate")


def _note_double(collection: Collection, collected: Collected, first: Collected, what: str) -> None:
    place = first.place
    text = f"the same {what} as {first.entry.label} in '{place.path}', line {place.line}"
    collection.problems.add(collected.place, f"{collected.entry.label}: {text}")
