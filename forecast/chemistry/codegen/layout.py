"""Where things of one block of cells lie in the flat work array."""

import re
from collections.abc import Iterable, Sequence

from forecast.chemistry.codegen.structure import Structure
from forecast.chemistry.gas.definition import GasMechanism


class Layout:
    """Rows of the work array, every one with a name.

    Names are a letter for what it is and the species or reactions it belongs to: `y_O3`
    concentration, `k_R3` rate constant, `p_R3__NO` partial derivative of the rate of R3 by NO,
    `u_O3__NO` and `l_O3__NO` entries of the factors, `d_O3` inverse of a pivot, and so on.
    """

    def __init__(self) -> None:
        self.slots: dict[str, int] = {}
        self.size = 0
        self.groups: dict[str, tuple[str, tuple[str, ...]]] = {}

    def add(self, key: str, title: str, names: Iterable[str], over: str = "") -> None:
        """Append a group of rows, or lay it over another that is no longer needed by then."""
        added = tuple(names)
        taken = self.rows(over) if over else ()
        first = taken[0] if taken else self.size
        for row, name in enumerate(added, first):
            if name in self.slots:
                msg = f"the slot {name} is there twice"
                raise ValueError(msg)
            self.slots[name] = row
        self.size = max(self.size, first + len(added))
        self.groups[key] = (title, added)

    def rows(self, key: str) -> range:
        """Rows of a group; they follow each other."""
        added = self.groups[key][1]
        first = self.slots[added[0]] if added else 0
        return range(first, first + len(added))


def identifiers(names: Iterable[str]) -> tuple[str, ...]:
    """Turn names of species or reactions into parts of identifiers, all different."""
    made: list[str] = []
    for name in names:
        plain = re.sub(r"\W", "_", name, flags=re.ASCII)
        made.append(plain if plain not in made else f"{plain}__{len(made)}")
    return tuple(made)


class Names:
    """Names of slots, from numbers of species and reactions."""

    def __init__(self, mechanism: GasMechanism) -> None:
        self.species = identifiers(mechanism.names)
        self.reactions = identifiers(reaction.label for reaction in mechanism.reactions)
        self.photolysis = identifiers(mechanism.photolysis)
        self.uptake = identifiers(mechanism.uptake)

    def of(self, letter: str, species: int) -> str:
        """Slot that belongs to a species."""
        return f"{letter}_{self.species[species]}"

    def entry(self, letter: str, row: int, column: int) -> str:
        """Slot of an entry of a matrix."""
        return f"{letter}_{self.species[row]}__{self.species[column]}"

    def reaction(self, letter: str, reaction: int) -> str:
        """Slot that belongs to a reaction."""
        return f"{letter}_{self.reactions[reaction]}"

    def partial(self, reaction: int, species: int) -> str:
        """Slot of the derivative of a rate with respect to a reactant."""
        return f"p_{self.reactions[reaction]}__{self.species[species]}"


def arrange(
    structure: Structure, names: Names, exponentials: Iterable[str], falloffs: Sequence[str]
) -> Layout:
    """Give every quantity of a block its row; what is used together lies together."""
    moving, order = structure.moving, structure.order
    still = tuple(number for number in range(structure.size) if number not in moving)
    reactions = tuple(flow.reaction for flow in structure.flows)
    layout = Layout()

    def of_species(letter: str, title: str) -> None:
        layout.add(letter, title, (names.of(letter, species) for species in moving))

    # of use once a step
    of_species("o", "densities at the start of the step")
    of_species("s", "sums of c over blocks")
    layout.add("j", "photolysis rates, s-1", (f"j_{name}" for name in names.photolysis))
    layout.add("v", "uptake rates, s-1", (f"v_{name}" for name in names.uptake))
    layout.add("spare", "what is not needed", ("spare",))
    layout.add(
        "t",
        "ln(T/300), 1/T - 1/300, densities in 2^64 molecules cm-3",
        ("t_log", "t_inverse", "air", "water"),
    )
    layout.add("e", "exponentials of temperature", exponentials)
    layout.add("q", "ratios of fall-off forms, then broadening", (f"q_{tag}" for tag in falloffs))
    layout.add("z", "fall-off forms without broadening", (f"z_{tag}" for tag in falloffs))
    # of use in every sub-step
    of_species("c", "what was below zero, molecules cm-3")
    of_species("i", "constant sources, molecules cm-3 s-1")
    of_species("f", "tendency at the start of a sub-step, molecules cm-3 s-1")
    of_species("g", "what earlier stages add to a stage")
    of_species("x", "right-hand side, then solution of a stage")
    layout.add("y", "densities, molecules cm-3", (names.of("y", s) for s in (*moving, *still)))
    layout.add("k", "rate constants and fixed gases", (names.reaction("k", r) for r in reactions))
    layout.add(
        "p",
        "partial derivatives of rates that are not constant",
        (
            names.partial(flow.reaction, species)
            for flow in structure.flows
            if flow.order > 1
            for species, _ in flow.reactants
        ),
    )
    # the factors are made of the derivatives before the first rates are needed
    layout.add("r", "rates of reactions", (names.reaction("r", r) for r in reactions), over="p")
    layout.add(
        "w",
        "derivatives of pure products",
        (names.entry("w", *entry) for entry in structure.product_entries),
    )
    layout.add("d", "inverse pivots", (names.of("d", species) for species in order))
    factors = (
        names.entry(letter, row, column)
        for row in order
        for letter, columns in (("l", structure.lower[row]), ("u", structure.upper[row]))
        for column in columns
    )
    layout.add("lu", "entries of both factors, row by row", factors)
    return layout
