"""Reading a gas-phase mechanism and its extensions."""

from pathlib import Path

from forecast.chemistry.gas.assemble import collect
from forecast.chemistry.gas.checks import check
from forecast.chemistry.gas.definition import (
    NITROGEN_FRACTION,
    OXYGEN_FRACTION,
    GasMechanism,
    GasSpecies,
    Reaction,
    names_of,
)
from forecast.chemistry.gas.problems import Place, Problems
from forecast.chemistry.gas.rates import Photolysis, Uptake
from forecast.chemistry.gas.reader import Content, read_content

__all__ = ["GasMechanism", "GasSpecies", "Reaction", "read_gas_mechanism"]

_RUN_TIME_FRACTIONS = ("CH4", "H2")


def read_gas_mechanism(path: Path, extensions: tuple[Path, ...] = ()) -> GasMechanism:
    """Read a mechanism file, add extensions, and check the whole.

    Args:
        path: The mechanism file.
        extensions: Files of the same form that add species, reactions and products.

    Raises:
        ConfigurationError: A file is missing, no YAML, or wrong; all errors of all files at once,
            each with file and line.
    """
    problems = Problems()
    read = tuple(read_content(file, problems) for file in (path, *extensions))
    contents = tuple(content for content in read if content is not None)
    if len(contents) < len(read):
        problems.raise_if_any("mechanism")
    fractions = _fractions(contents, problems)
    collection = collect(contents, problems)
    check(collection, fractions)
    problems.raise_if_any("mechanism")
    reactions = tuple(collected.reaction for collected in collection.reactions)
    header = contents[0].header
    return GasMechanism(
        name="+".join(content.header.name for content in contents),
        date=header.date,
        description=header.description,
        species=tuple(species for species, _ in collection.species.values()),
        reactions=reactions,
        photolysis=names_of(reactions, Photolysis),
        uptake=names_of(reactions, Uptake),
        mole_fractions=fractions,
    )


def _fractions(contents: tuple[Content, ...], problems: Problems) -> dict[str, float]:
    """Mole fractions of fixed gases: those of air, and those that the files state."""
    fractions = {"M": 1.0, "O2": OXYGEN_FRACTION, "N2": NITROGEN_FRACTION}
    for content in contents:
        for name, fraction in content.header.mole_fractions.items():
            place = Place(content.path, content.lines.of("mole_fractions", name))
            if name not in _RUN_TIME_FRACTIONS:
                known = ", ".join(_RUN_TIME_FRACTIONS)
                problems.add(place, f"mole_fractions are for {known}, not '{name}'")
            elif name in fractions:
                problems.add(place, f"the mole fraction of '{name}' is given in two files")
            fractions[name] = fraction.value
    return fractions
