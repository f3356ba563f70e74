"""Code for the rates of reactions, their derivatives, and what species gain and lose."""

from forecast.chemistry.codegen.layout import Names
from forecast.chemistry.codegen.structure import Flow, Structure
from forecast.chemistry.codegen.text import Constants, assignment, row, signed_sum


def _product(flow: Flow, names: Names, without: int | None = None) -> str:
    """Rate constant times concentrations, one of a species left out if asked for."""
    factors = [row(names.reaction("k", flow.reaction))]
    for species, molecules in flow.reactants:
        factors += [row(names.of("y", species))] * (molecules - (species == without))
    return " * ".join(factors)


def rate_statements(structure: Structure, names: Names) -> list[str]:
    """Rates of all reactions."""
    lines: list[str] = []
    for flow in structure.flows:
        lines += assignment(row(names.reaction("r", flow.reaction)), _product(flow, names))
    return lines


def partial_statements(structure: Structure, names: Names) -> list[str]:
    """Partial derivatives of all rates that are not first order."""
    lines: list[str] = []
    for flow in structure.flows:
        if flow.order > 1:
            for species, _ in flow.reactants:
                target = row(names.partial(flow.reaction, species))
                lines += assignment(target, _product(flow, names, species))
    return lines


def tendency_statements(structure: Structure, names: Names, constants: Constants) -> list[str]:
    """What every species gains and loses, molecules cm-3 s-1, with what g holds, into x."""
    lines: list[str] = []
    for species in structure.moving:
        terms = [(1.0, row(names.of("g", species)))]
        terms += [
            (gained, row(names.reaction("r", flow.reaction)))
            for flow, gained in structure.by_species[species]
        ]
        lines += assignment(row(names.of("x", species)), signed_sum(terms, constants))
    return lines


def jacobian_terms(
    structure: Structure, names: Names, entry: tuple[int, int]
) -> list[tuple[float, str]]:
    """An entry (row, column) of the Jacobian as (molecules gained, partial derivative)."""
    return [
        (gained, _partial(flow, entry[1], names))
        for flow, gained in structure.jacobian.get(entry, [])
    ]


def _partial(flow: Flow, species: int, names: Names) -> str:
    """Partial derivative of a rate; that of a first-order one is its constant."""
    if flow.order == 1:
        return row(names.reaction("k", flow.reaction))
    return row(names.partial(flow.reaction, species))
