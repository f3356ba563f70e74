"""What can be known before a run: whether the files of a configuration fit together.

Asked by `forecast run` and `forecast config check` before anything is written, and by `prepare`.
"""

from functools import partial

from forecast.chemistry.composition import Composition, composition_of
from forecast.common.errors import ConfigurationError
from forecast.config.inputs import tried_later
from forecast.config.load import project_path
from forecast.config.root import Configuration
from forecast.ctm.build import ModelOptions
from forecast.ctm.check import model_problems, problems_of
from forecast.fields.arrays import Times
from forecast.grid.domain import Domain
from forecast.parallel.decomposition import Decomposition
from forecast.prepare.boundary import check_season, read_background
from forecast.prepare.speciation import choose_scheme
from forecast.sources.emissions.inventory import read_inventory


def check_files(configuration: Configuration, times: Times | None = None) -> Composition:
    """Read mechanism, aerosol and every table that must know their species.

    Args:
        configuration: Of the run.
        times: Hours of the run, UTC, for the season of the background; not looked at when None.

    Returns:
        The species of the model.

    Raises:
        ConfigurationError: Something is missing, damaged or does not fit; all that is wrong.
    """
    composition = composition_of(configuration.chemistry)
    domain, species = Domain.from_config(configuration.domain), composition.table
    options = ModelOptions(
        configuration.transport, configuration.chemistry, configuration.deposition
    )

    def background(text: str) -> None:
        profiles = read_background(project_path(text), species)
        if times is not None and text == configuration.boundary.profiles:
            check_season(profiles, times)

    def inventory(text: str) -> None:
        tables = read_inventory(project_path(text))
        choose_scheme(tables.organics, species)

    def ranks() -> None:
        rows = configuration.computing.rank_rows
        Decomposition.choose(*domain.shape[1:], configuration.workflow.ranks, rows)

    problems = model_problems(composition, domain.levels, options)
    backgrounds, inventories = _fixed(configuration)
    problems += problems_of(
        [
            *(partial(background, text) for text in backgrounds),
            *(partial(inventory, text) for text in inventories),
            ranks,
        ]
    )
    if problems:
        raise ConfigurationError("\n".join(problems))
    return composition


def _fixed(configuration: Configuration) -> tuple[list[str], list[str]]:
    """Backgrounds and inventories that must be right before a run begins.

    What the configuration names without a date is part of it; so is what stands in for dated
    files. Dated files are tried when they are needed.
    """
    boundary, emissions = configuration.boundary, configuration.emissions
    later = tried_later(configuration)
    backgrounds = [] if "boundary.profiles" in later else [boundary.profiles]
    inventories = [] if "emissions.inventory" in later else [emissions.inventory]
    last = emissions.fallback.climatology
    return [*backgrounds, *boundary.fallback.season_profiles], inventories + [last] * bool(last)
