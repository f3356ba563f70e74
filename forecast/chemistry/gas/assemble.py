"""From the entries of a mechanism file and its extensions to one mechanism."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from forecast.chemistry.gas.atoms import count_atoms, formula_mass
from forecast.chemistry.gas.content import AdditionalProducts, ReactionEntry, SpeciesEntry
from forecast.chemistry.gas.definition import GasSpecies, Reaction
from forecast.chemistry.gas.equation import LIGHT, UNTRACKED, Equation, parse_equation
from forecast.chemistry.gas.problems import Place, Problems
from forecast.chemistry.gas.rates import Equilibrium, Photolysis, Rate, Uptake
from forecast.chemistry.gas.reader import Content, Located

MASS_TOLERANCE = 2e-4
"""Relative difference between a molar mass and that of the formula that is a slip, not rounding."""


@dataclass(frozen=True)
class Collected:
    """A reaction with what only the checks need.

    Attributes:
        reaction: The reaction.
        equation: Its parsed equation.
        entry: As the file has it.
        place: Where the file has it.
    """

    reaction: Reaction
    equation: Equation
    entry: ReactionEntry
    place: Place


@dataclass
class Collection:
    """What the files hold together.

    Attributes:
        species: By name, in the order of the files, with their places.
        reactions: In the order of the files.
        unreadable: Species whose entries had errors, told already.
        problems: What is wrong.
    """

    problems: Problems
    species: dict[str, tuple[GasSpecies, Place]] = field(default_factory=dict)
    reactions: list[Collected] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)

    def knows(self, names: Iterable[str]) -> bool:
        """Whether all names are species, readable or not."""
        return all(name in self.species or name in self.unreadable for name in names)


def collect(contents: tuple[Content, ...], problems: Problems) -> Collection:
    """Join a mechanism file (first) and its extensions (after it)."""
    collection = Collection(problems)
    for content in contents:
        collection.unreadable |= content.unreadable
        for located in content.species:
            _add_species(collection, located, content)
    for number, content in enumerate(contents):
        for reaction in content.reactions:
            _add_reaction(collection, reaction, content, extension=number > 0)
        for addition in content.additions:
            if number == 0:
                text = "additional_products belong into an extension, not into the mechanism"
                problems.add(addition.place, text)
            else:
                _add_products(collection, addition)
    _resolve_same_rates(collection)
    return collection


def _add_species(collection: Collection, located: Located[SpeciesEntry], content: Content) -> None:
    """Take one species, unless it is there already."""
    entry, problems = located.entry, collection.problems
    if entry.name in (*UNTRACKED, LIGHT):
        text = f"'{entry.name}' is kept for fixed species and light; choose another name"
        problems.add(located.place, text)
        return
    if entry.name in collection.species:
        first = collection.species[entry.name][1]
        if not entry.optional:
            text = f"the species '{entry.name}' is already in '{first.path}', line {first.line}"
            problems.add(located.place, text)
        return
    atoms = _atoms(located, problems)
    species = GasSpecies(
        name=entry.name,
        long_name=entry.long_name,
        formula=entry.formula,
        molar_mass=entry.molar_mass,
        nitrogen=int(atoms["N"]),
        sulfur=int(atoms["S"]),
        carbon=atoms["C"],
        short_lived=entry.short_lived,
        source=content.header.sources.get(entry.source, entry.source),
    )
    collection.species[entry.name] = (species, located.place)


def _atoms(located: Located[SpeciesEntry], problems: Problems) -> dict[str, float]:
    """Atoms of N, S and C, from the formula or as stated; both must agree."""
    entry = located.entry
    stated = {"N": entry.nitrogen, "S": entry.sulfur, "C": entry.carbon}
    if not entry.formula:
        return {element: float(number or 0) for element, number in stated.items()}
    try:
        counted = count_atoms(entry.formula)
    except ValueError as error:
        problems.add(located.place, f"species '{entry.name}': {error}")
        return {element: float(number or 0) for element, number in stated.items()}
    for element, number in stated.items():
        if number is not None and number != counted.get(element, 0):
            text = f"states {number} {element}, its formula has {counted.get(element, 0)}"
            problems.add(located.place, f"species '{entry.name}' {text}")
    mass = formula_mass(counted)
    if abs(entry.molar_mass / mass - 1.0) > MASS_TOLERANCE:
        text = f"molar mass {entry.molar_mass} kg mol-1, its formula weighs {mass:.7f}"
        problems.add(located.place, f"species '{entry.name}': {text}")
    return {element: float(counted.get(element, 0)) for element in ("N", "S", "C")}


def _add_reaction(
    collection: Collection, located: Located[ReactionEntry], content: Content, *, extension: bool
) -> None:
    """Take one reaction, unless it is optional and has no place here."""
    entry, place = located.entry, located.place
    try:
        equation = parse_equation(entry.equation)
    except ValueError as error:
        text = f"{entry.label}: the equation '{entry.equation}' cannot be read: {error}"
        collection.problems.add(place, text)
        return
    if (entry.optional or entry.if_absent) and not extension:
        text = f"{entry.label}: 'optional' and 'if_absent' are for extensions"
        collection.problems.add(place, text)
    names = (*equation.reactants, *(name for name, _ in equation.products))
    if entry.optional and not collection.knows(names):
        return
    if entry.if_absent and any(
        _meeting(other.equation) == _meeting(equation) for other in collection.reactions
    ):
        return
    reaction = Reaction(
        label=entry.label,
        reactants=equation.reactants,
        fixed=equation.fixed,
        products=equation.products,
        rate=entry.rate or Uptake(name="unresolved"),
        source=content.header.sources.get(entry.source, entry.source),
        line=place.line,
        equation=entry.equation,
    )
    collection.reactions.append(Collected(reaction, equation, entry, place))


def _meeting(equation: Equation) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    """What meets in a reaction, in an order that compares."""
    return tuple(sorted(equation.reactants)), tuple(sorted(equation.fixed)), equation.light


def _add_products(collection: Collection, located: Located[AdditionalProducts]) -> None:
    """Add products to every reaction of the given reactants."""
    entry = located.entry
    wanted = tuple(sorted(entry.reactants))
    found = False
    for number, collected in enumerate(collection.reactions):
        reaction = collected.reaction
        if tuple(sorted(reaction.reactants)) != wanted:
            continue
        found = True
        products = dict(reaction.products)
        for name, amount in entry.products.items():
            products[name] = products.get(name, 0.0) + amount
        more = replace(reaction, products=tuple(products.items()))
        collection.reactions[number] = replace(collected, reaction=more)
    if not found and not entry.optional:
        text = f"no reaction of {' + '.join(entry.reactants)} takes these additional products"
        collection.problems.add(located.place, text)
    if found and not collection.knows(entry.products):
        unknown = [name for name in entry.products if not collection.knows([name])]
        text = f"the additional products {unknown} are no species of the mechanism"
        collection.problems.add(located.place, text)


def _resolve_same_rates(collection: Collection) -> None:
    """Replace `same_as` by the rate of the reaction it names."""
    rates: dict[str, Rate] = {}
    for collected in collection.reactions:
        if collected.entry.same_as is None:
            rates.setdefault(collected.entry.label, collected.reaction.rate)
    for number, collected in enumerate(collection.reactions):
        target = collected.entry.same_as
        if target is None:
            continue
        rate = rates.get(target)
        if rate is None or isinstance(rate, Photolysis | Uptake | Equilibrium):
            text = f"same_as '{target}' names no reaction with a thermal rate of its own"
            collection.problems.add(collected.place, f"{collected.entry.label}: {text}")
        else:
            resolved = replace(collected.reaction, rate=rate)
            collection.reactions[number] = replace(collected, reaction=resolved)
