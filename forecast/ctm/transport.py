"""Transport as a process: horizontal sweeps, then the vertical.

After the sweeps the air of each column says what its surface pressure is, and the vertical flux
follows (continuity).
"""

from dataclasses import fields
from typing import Protocol

import numpy as np

from forecast.common.stopwatch import StopWatch
from forecast.config.transport import TransportConfig
from forecast.ctm.budget import LedgerFields
from forecast.ctm.horizontal import HorizontalSweeps
from forecast.ctm.kernels.parabolas import curve_coefficients
from forecast.ctm.kernels.vertical import LayerTable, advance_vertical, vertical_work
from forecast.ctm.process import Hour, Step, require_shape
from forecast.ctm.state import TileState
from forecast.fields.arrays import Float, Single
from forecast.fields.boundary import BoundaryHour
from forecast.grid.vertical import HybridLevels
from forecast.parallel.comm import Communicator
from forecast.parallel.decomposition import Tile

REFERENCE_PRESSURE = 101325.0
"""Surface pressure at which the thickness of layers shapes the vertical parabolas, Pa."""


class BoundarySource(Protocol):
    """Where the air outside the domain is described."""

    def hour(self, index: int) -> BoundaryHour:
        """Mixing ratios outside the edges for the hour `index` hours after the start of the run.

        The arrays are cut to the tile: west and east (nspecies, nz, ny), south and north
        (nspecies, nz, nx), species in the order of the mechanism. Edges that the tile does not
        touch are not used.
        """


def layer_table(levels: HybridLevels) -> LayerTable:
    """Describe the hybrid layers for the kernel."""
    a = levels.layer_mass(np.zeros(()))
    b = levels.layer_mass(np.ones(())) - a
    return LayerTable(a, b, curve_coefficients(a + b * REFERENCE_PRESSURE))


class Transport:
    """Moves air and tracers."""

    name = "transport"

    def __init__(
        self,
        comm: Communicator,
        tile: Tile,
        levels: HybridLevels,
        cell_area: Float,
        boundary: BoundarySource,
        options: TransportConfig,
        ledger: LedgerFields,
    ) -> None:
        """Build work arrays and the exchange of halos.

        Args:
            comm: The ranks.
            tile: Cells of this rank.
            levels: Layers.
            cell_area: Of the tile's cells, m2, (ny, nx).
            boundary: Air outside the domain.
            options: Limits.
            ledger: Where inflow and outflow are written down.
        """
        self._boundary = boundary
        self._area = np.ascontiguousarray(cell_area, dtype=np.float64)
        self._table = layer_table(levels)
        self._shape = (ledger.inflow.shape[0], levels.nz)
        self._work = vertical_work(levels.nz)
        self._sweeps = HorizontalSweeps(
            comm, tile, levels.nz, options, (ledger.inflow, ledger.outflow)
        )
        self._hour = 0
        self._flux: tuple[Single, Single] = (np.zeros((0, 0, 0), np.float32),) * 2
        self._outside: BoundaryHour | None = None

    def time_parts(self, watch: StopWatch) -> None:
        """Time what ranks do together by itself; see `forecast.ctm.horizontal`."""
        self._sweeps.watch = watch

    def begin_hour(self, hour: Hour) -> None:
        """Take the mass fluxes of the hour and the air outside.

        Raises:
            InputError: An array has another shape than the tile.
        """
        self._hour = hour.index
        self._flux = (
            np.ascontiguousarray(hour.fluxes.mass_flux_x, dtype=np.float32),
            np.ascontiguousarray(hour.fluxes.mass_flux_y, dtype=np.float32),
        )
        outside = self._boundary.hour(hour.index)
        sides = {
            field.name: np.ascontiguousarray(getattr(outside, field.name), dtype=np.float32)
            for field in fields(BoundaryHour)
        }
        ny, nx = self._area.shape
        for name, values in sides.items():
            cells = ny if name in ("west", "east") else nx
            require_shape(f"The air {name} of the domain", values, (*self._shape, cells))
        self._outside = BoundaryHour(**sides)

    def advance(self, state: TileState, step: Step) -> None:
        """Transport for one step.

        Raises:
            ModelError: The winds would empty a cell or need too many parts of a sweep.
        """
        self._sweeps.advance(state, self._flux, self._outside, step, self._hour)
        advance_vertical(state.mixing_ratio, state.air_mass, self._area, self._table, self._work)
