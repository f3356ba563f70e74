"""Compile every kernel once, so that ranks and members find them in the cache.

Compiled kernels are kept beside the sources, or where `NUMBA_CACHE_DIR` says when the sources are
not writable. Ranks that start cold would each compile for themselves.
"""

from forecast.chemistry.composition import Composition
from forecast.chemistry.solver import GasSolver, default_sub_steps
from forecast.config.chemistry import Scheme
from forecast.ctm.build import ModelOptions
from forecast.ctm.idealised import IdealisedCase, idealised_model, stretched_levels
from forecast.ctm.model import NoOutput, Sinks
from forecast.parallel.comm import Communicator, InProcessWorld
from forecast.parallel.decomposition import Decomposition

CELLS = 8
"""Cells of the domain each way."""
PATIENCE = 1200.0
"""Longest time that a rank waits for another that compiles, s."""


def warm(composition: Composition, options: ModelOptions) -> None:
    """Run one rainy hour of the made case on two by two ranks of this process.

    Every kernel, also those of both exchanges, meets the types that it has in a real run.

    Args:
        composition: Species.
        options: Configuration; switched-off processes are not compiled.
    """
    if options.chemistry.scheme is Scheme.FULL:  # the ranks below are threads: one compiles
        GasSolver(composition.gas, default_sub_steps(2.0 * options.transport.time_step)).warm()
    case = IdealisedCase(CELLS, CELLS, stretched_levels(CELLS), composition, rain_hour=0)
    layout = Decomposition(CELLS, CELLS, 2, 2)

    def rehearse(comm: Communicator) -> None:
        idealised_model(case, comm, layout, options).run(1, Sinks(NoOutput()))

    InProcessWorld(layout.size, PATIENCE).run(rehearse)
