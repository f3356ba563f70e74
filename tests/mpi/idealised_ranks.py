"""Run the made case on the ranks that were started, and keep the result of rank 0.

mpiexec -n RANKS python -m tests.mpi.idealised_ranks FILE HOURS
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from forecast.chemistry.composition import composition_of
from forecast.config.chemistry import ChemistryConfig
from forecast.ctm.build import ModelOptions
from forecast.ctm.idealised import IdealisedCase, idealised_model, stretched_levels
from forecast.ctm.model import NoOutput, Sinks
from forecast.parallel.collect import gather_field
from forecast.parallel.comm import Communicator
from forecast.parallel.decomposition import Decomposition
from forecast.parallel.mpi import world

NY, NX, NZ = 13, 19, 9


def made_case() -> IdealisedCase:
    """A domain that no number of ranks divides evenly, with rain in the second hour."""
    return IdealisedCase(
        NY, NX, stretched_levels(NZ), composition_of(ChemistryConfig()), rain_hour=1
    )


def result(comm: Communicator, layout: Decomposition, hours: int) -> dict[str, Any]:
    """State of the whole domain and the ledger after some hours."""
    model = idealised_model(made_case(), comm, layout, ModelOptions())
    model.run(hours, Sinks(NoOutput()))
    return {
        "mixing_ratio": gather_field(comm, layout, model.state.own_ratio),
        "air_mass": gather_field(comm, layout, model.state.own_mass),
        "ledger": np.array(json.dumps(model.ledger.as_record(), sort_keys=True)),
    }


def main(path: Path, hours: int) -> None:
    """Run on MPI and write the result."""
    comm = world()
    found = result(comm, Decomposition.choose(NY, NX, comm.size), hours)
    if comm.rank == 0:
        np.savez(path, **found)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
