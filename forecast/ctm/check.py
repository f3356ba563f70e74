"""What the model needs of its files and species, found out before anything runs."""

from collections.abc import Callable

from forecast.chemistry.composition import Composition
from forecast.chemistry.removal import read_removal
from forecast.chemistry.step import Parts
from forecast.common.errors import ForecastError
from forecast.config.chemistry import Scheme
from forecast.config.load import project_path
from forecast.ctm.build import ModelOptions
from forecast.ctm.light import LightTables
from forecast.ctm.surfaces import read_surfaces
from forecast.grid.vertical import HybridLevels


def model_problems(
    composition: Composition, levels: HybridLevels, options: ModelOptions
) -> list[str]:
    """Say why the model could not be built; nothing is compiled.

    Args:
        composition: Species.
        levels: Layers.
        options: Configuration.

    Returns:
        One text a problem; none when all fits together.
    """

    def light() -> None:
        tables = LightTables.read(composition, options.chemistry.photolysis)
        tables.photolysis.check_levels(levels)

    checks: list[Callable[[], object]] = [
        lambda: read_removal(composition.table, options.deposition),
        lambda: read_surfaces(project_path(options.deposition.surfaces_file)),
    ]
    if options.chemistry.scheme is Scheme.FULL:
        checks += [lambda: Parts.of(composition, options.chemistry), light]
    return problems_of(checks)


def problems_of(checks: list[Callable[[], object]]) -> list[str]:
    """Make every check, and return the text of each that fails."""
    found = []
    for check in checks:
        try:
            check()
        except ForecastError as error:
            found.append(str(error))
    return found
