"""What the equations of a mechanism look like: flows, the pattern of the Jacobian, its factors."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from forecast.chemistry.codegen.elimination import Pattern, eliminate
from forecast.chemistry.gas.definition import GasMechanism


@dataclass(frozen=True)
class Flow:
    """What one reaction does to the species, catalysts cancelled.

    Attributes:
        label: Name of the reaction.
        equation: As the mechanism file has it, for comments.
        reaction: Its position in the mechanism.
        reactants: (species, molecules) of variable reactants.
        changes: (species, molecules gained) by one event, without zeros.
    """

    label: str
    equation: str
    reaction: int
    reactants: tuple[tuple[int, int], ...]
    changes: tuple[tuple[int, float], ...]

    @property
    def order(self) -> int:
        """Molecules of variable reactants."""
        return sum(molecules for _, molecules in self.reactants)


@dataclass(frozen=True)
class Structure:
    """The equations y' = f(y) of a mechanism and how (I / (h gamma) - J) falls into factors.

    A species that is in no reaction's reactants has no column in the Jacobian J: such pure
    products are followed from the others and take no part in the elimination.

    Attributes:
        names: All species, in the order of the mechanism.
        flows: Reactions that change something.
        order: Species that react, in the order of elimination.
        products: Species that only gain, in the order of the mechanism.
        upper: Per species of `order`, the columns right of the diagonal in its row of U.
        lower: Per species of `order`, the columns left of the diagonal in its row of L.
    """

    names: tuple[str, ...]
    flows: tuple[Flow, ...]
    order: tuple[int, ...]
    products: tuple[int, ...]
    upper: dict[int, tuple[int, ...]]
    lower: dict[int, tuple[int, ...]]

    @cached_property
    def by_species(self) -> dict[int, list[tuple[Flow, float]]]:
        """Flows that change a species, with the molecules gained."""
        found: dict[int, list[tuple[Flow, float]]] = {number: [] for number in range(self.size)}
        for flow in self.flows:
            for species, gained in flow.changes:
                found[species].append((flow, gained))
        return found

    @cached_property
    def jacobian(self) -> dict[tuple[int, int], list[tuple[Flow, float]]]:
        """Entries d f_row / d y_column as sums of gained molecules times partial derivatives."""
        return jacobian_terms(self.flows)

    @cached_property
    def product_entries(self) -> tuple[tuple[int, int], ...]:
        """Entries of the Jacobian in the rows of pure products."""
        return tuple(entry for entry in self.jacobian if entry[0] in self.products)

    @cached_property
    def _place(self) -> dict[int, int]:
        return {species: place for place, species in enumerate(self.order)}

    def pivots(self, row: int, column: int) -> list[int]:
        """Species whose elimination changes an entry."""
        first = min(self._place[row], self._place[column])
        return [
            pivot
            for pivot in self.lower[row]
            if self._place[pivot] < first and column in self.upper[pivot]
        ]

    @property
    def moving(self) -> tuple[int, ...]:
        """Species that change: in the order of elimination, then pure products."""
        return (*self.order, *self.products)

    @property
    def size(self) -> int:
        """Number of species."""
        return len(self.names)

    @property
    def multiplications(self) -> int:
        """Multiplications that one factorisation takes."""
        updates = sum(len(self.upper[pivot]) for row in self.order for pivot in self.lower[row])
        return updates + sum(len(self.lower[row]) for row in self.order)


def jacobian_terms(flows: tuple[Flow, ...]) -> dict[tuple[int, int], list[tuple[Flow, float]]]:
    """Collect which flows make up each entry (row, column) of the Jacobian.

    The partial derivative of the rate of a flow, k y_a^n y_b^m, with respect to y_a is n times
    "partial" k y_a^(n-1) y_b^m; n is part of the number that stands beside the flow.
    """
    terms: dict[tuple[int, int], list[tuple[Flow, float]]] = {}
    for flow in flows:
        for column, molecules in flow.reactants:
            for row, gained in flow.changes:
                terms.setdefault((row, column), []).append((flow, gained * molecules))
    return terms


def analyse(mechanism: GasMechanism) -> Structure:
    """Find the structure of a mechanism."""
    flows = tuple(
        flow
        for position in range(len(mechanism.reactions))
        if (flow := _flow(mechanism, position)).changes
    )
    reacting = {species for flow in flows for species, _ in flow.reactants}
    gaining = {species for flow in flows for species, _ in flow.changes} - reacting
    pattern: Pattern = {row: set() for row in reacting}
    for row, column in jacobian_terms(flows):
        if row in reacting and row != column:
            pattern[row].add(column)
    order, lower, upper = eliminate(pattern)
    return Structure(
        names=mechanism.names,
        flows=flows,
        order=order,
        products=tuple(sorted(gaining)),
        upper=upper,
        lower=lower,
    )


def _flow(mechanism: GasMechanism, position: int) -> Flow:
    """Net effect of one reaction."""
    reaction = mechanism.reactions[position]
    reactants = Counter(mechanism.index(name) for name in reaction.reactants)
    changes: dict[int, float] = {species: -float(n) for species, n in reactants.items()}
    for name, molecules in reaction.products:
        species = mechanism.index(name)
        changes[species] = changes.get(species, 0.0) + molecules
    return Flow(
        label=reaction.label,
        equation=reaction.equation,
        reaction=position,
        reactants=tuple(reactants.items()),
        changes=tuple((species, gained) for species, gained in changes.items() if gained != 0.0),
    )
