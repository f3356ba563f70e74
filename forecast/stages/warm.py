"""Compiling the kernels once, before several ranks would each do it.

A made hour of air over a few cells is run on two times two ranks of this process, with rain, wind
and emissions, so that every kernel meets the types of arrays that a member has.
"""

import logging
import time
from datetime import UTC, datetime

import numpy as np

from forecast.chemistry.mechanism import Mechanism, read_mechanism
from forecast.ctm.build import ModelInputs, ModelOptions, build_model
from forecast.ctm.model import NoOutput, Sinks
from forecast.ctm.process import Ground
from forecast.fields.arrays import Single
from forecast.fields.boundary import BoundaryHour
from forecast.fields.meteorology import MeteorologyHour
from forecast.grid.vertical import HybridLevels
from forecast.parallel.comm import Communicator, InProcessWorld
from forecast.parallel.decomposition import Decomposition
from forecast.stages.member_inputs import MemberDiffusivity
from forecast.stages.task import Task
from forecast.storage.atomic import write_text

logger = logging.getLogger(__name__)

CELLS = 8
"""Cells of the made domain each way."""
_CELL_AREA = 27.0e3**2


class _MadeAir:
    """The same hour again and again, over a tile."""

    def __init__(self, layers: int, ny: int, nx: int) -> None:
        self._shape = (layers, ny, nx)

    def hour(self, index: int) -> MeteorologyHour:
        """A windy, rainy noon."""
        del index
        nz, ny, nx = self._shape

        def filled(value: float, *shape: int) -> Single:
            return np.full(shape, value, dtype=np.float32)

        return MeteorologyHour(
            surface_pressure=filled(1.0e5, ny, nx),
            air_temperature=filled(275.0, nz, ny, nx),
            specific_humidity=filled(0.004, nz, ny, nx),
            cloud_area_fraction=filled(0.5, nz, ny, nx),
            mass_flux_x=filled(1.0e7, nz, ny, nx + 1),
            mass_flux_y=filled(-1.0e7, nz, ny + 1, nx),
            air_temperature_2m=filled(276.0, ny, nx),
            wind_speed_10m=filled(4.0, ny, nx),
            friction_velocity=filled(0.3, ny, nx),
            inverse_obukhov_length=filled(-0.01, ny, nx),
            boundary_layer_height=filled(800.0, ny, nx),
            downwelling_shortwave=filled(400.0, ny, nx),
            precipitation_flux=filled(1.0e-4, ny, nx),
        )


class _MadeEmissions:
    """A little of everything from the lowest two layers."""

    def __init__(self, species: int, ny: int, nx: int) -> None:
        self._rates = np.full((species, 2, ny, nx), 0.01, dtype=np.float32)

    def hour(self, index: int) -> Single:
        """Emission, kg s-1 a cell."""
        del index
        return self._rates


class _MadeBoundary:
    """Clean air on every side."""

    def __init__(self, species: int, layers: int, ny: int, nx: int) -> None:
        rows, columns = (
            np.full((species, layers, cells), 1.0e-9, dtype=np.float32) for cells in (ny, nx)
        )
        self._sides = BoundaryHour(rows, rows, columns, columns)

    def hour(self, index: int) -> BoundaryHour:
        """Mixing ratios outside."""
        del index
        return self._sides


def run(task: Task) -> None:
    """Compile every kernel that a member needs."""
    begun = time.monotonic()
    configuration = task.configuration
    mechanism = read_mechanism(task.input(configuration.chemistry.mechanism))
    levels = HybridLevels.from_config(configuration.domain.levels)
    options = ModelOptions(
        configuration.transport, configuration.chemistry, configuration.deposition
    )

    def rehearse(comm: Communicator) -> None:
        _rehearse(comm, levels, mechanism, options)

    InProcessWorld(4, patience=1200.0).run(rehearse)
    write_text(task.run.warm_stamp, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n")
    task.record.wrote(task.run.warm_stamp)
    logger.info("kernels are compiled after %.0f s", time.monotonic() - begun)


def _rehearse(
    comm: Communicator, levels: HybridLevels, mechanism: Mechanism, options: ModelOptions
) -> None:
    """Run one made hour on this rank."""
    layout = Decomposition.choose(CELLS, CELLS, comm.size)
    tile = layout.tile(comm.rank)
    species, layers = len(mechanism.table), levels.nz
    half = np.full((CELLS, CELLS), 0.5, dtype=np.float32)
    ground = Ground(np.full((CELLS, CELLS), _CELL_AREA), half, half, half)
    floor = np.full((tile.ny, tile.nx), 0.1)
    inputs = ModelInputs(
        meteorology=_MadeAir(layers, tile.ny, tile.nx),
        emissions=_MadeEmissions(species, tile.ny, tile.nx),
        boundary=_MadeBoundary(species, layers, tile.ny, tile.nx),
        diffusivity=MemberDiffusivity(np.ones((tile.ny, tile.nx)), floor),
    )
    model = build_model(comm, layout, levels, ground, mechanism, inputs, options)
    model.start(np.full((species, layers, tile.ny, tile.nx), 1.0e-9, dtype=np.float32))
    model.run(1, Sinks(output=NoOutput()))
