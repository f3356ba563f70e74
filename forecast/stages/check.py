"""What can be known before a run: whether the files of a configuration fit together.

Asked by `forecast run` and `forecast config check` before anything is written, and by `prepare`.
"""

from forecast.chemistry.composition import Composition, composition_of
from forecast.common.errors import ConfigurationError
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

    def background() -> None:
        profiles = read_background(project_path(configuration.boundary.profiles), species)
        if times is not None:
            check_season(profiles, times)

    def inventory() -> None:
        tables = read_inventory(project_path(configuration.emissions.inventory))
        choose_scheme(tables.organics, species)

    def ranks() -> None:
        rows = configuration.computing.rank_rows
        Decomposition.choose(*domain.shape[1:], configuration.workflow.ranks, rows)

    problems = model_problems(composition, domain.levels, options)
    problems += problems_of([background, inventory, ranks])
    if problems:
        raise ConfigurationError("\n".join(problems))
    return composition
