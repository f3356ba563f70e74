"""Transport as a process: sweeps in x and y in alternating order, then the vertical.

Air moves with the tracers. Each horizontal sweep is divided into parts wherever, in a layer of the
whole domain, more of a cell's air would leave it than the limit allows; the largest share over all
ranks decides, so every decomposition takes the same parts. After the sweeps the air of each column
says what its surface pressure is, and the vertical flux follows (continuity).
"""

from typing import Protocol

import numpy as np

from forecast.common.errors import ModelError
from forecast.config.transport import TransportConfig
from forecast.ctm.budget import LedgerFields
from forecast.ctm.kernels.edges import fill_x, fill_y
from forecast.ctm.kernels.sweeps import outflow_numbers, sweep_work, sweep_x, sweep_y
from forecast.ctm.kernels.vertical import (
    LayerTable,
    advance_vertical,
    curve_coefficients,
    vertical_work,
)
from forecast.ctm.process import Hour, Step
from forecast.ctm.state import TileState
from forecast.fields.arrays import Float, Integers, Single
from forecast.fields.boundary import BoundaryHour
from forecast.grid.vertical import HybridLevels
from forecast.parallel.comm import Communicator
from forecast.parallel.decomposition import Side, Tile
from forecast.parallel.halo import Axis, HaloFields, halo_exchange

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
        species = ledger.inflow.shape[0]
        self._comm = comm
        self._options = options
        self._boundary = boundary
        self._crossing = (ledger.inflow, ledger.outflow)
        self._area = np.ascontiguousarray(cell_area, dtype=np.float64)
        self._table = layer_table(levels)
        self._nx = tile.nx
        self._sweep_work = sweep_work(tile.ny, tile.nx)
        self._vertical_work = vertical_work(levels.nz)
        self._exchanges = tuple(
            halo_exchange(comm, tile, axis, species, levels.nz) for axis in (Axis.X, Axis.Y)
        )
        self._open = (
            (tile.at_edge(Side.WEST), tile.at_edge(Side.EAST)),
            (tile.at_edge(Side.SOUTH), tile.at_edge(Side.NORTH)),
        )
        self._hour = 0
        self._flux: tuple[Single, Single] = (np.zeros((0, 0, 0), np.float32),) * 2
        self._outside: tuple[tuple[Single, Single], ...] = ()

    def begin_hour(self, hour: Hour) -> None:
        """Take the mass fluxes of the hour and the air outside."""
        self._hour = hour.index
        self._flux = (
            np.ascontiguousarray(hour.fluxes.mass_flux_x, dtype=np.float32),
            np.ascontiguousarray(hour.fluxes.mass_flux_y, dtype=np.float32),
        )
        outside = self._boundary.hour(hour.index)
        self._outside = tuple(
            (np.ascontiguousarray(low), np.ascontiguousarray(high))
            for low, high in ((outside.west, outside.east), (outside.south, outside.north))
        )

    def advance(self, state: TileState, step: Step) -> None:
        """Transport for one step.

        Raises:
            ModelError: The winds would empty a cell or need too many parts of a sweep.
        """
        parts = self._parts(state, step)
        for axis in (Axis.X, Axis.Y) if step.forward else (Axis.Y, Axis.X):
            self._sweep(state, axis, parts[axis], step.seconds)
        advance_vertical(
            state.mixing_ratio, state.air_mass, self._area, self._table, self._vertical_work
        )

    def _parts(self, state: TileState, step: Step) -> Integers:
        """Number of parts of the sweep of each layer, (2, nz), the same on every rank."""
        numbers = np.zeros((2, state.air_mass.shape[0]))
        outflow_numbers(state.air_mass, *self._flux, step.seconds, step.forward, numbers)
        numbers = self._comm.maximum(numbers)
        largest = float(numbers.max())
        if not largest <= self._options.largest_parts * self._options.courant_limit:
            axis, layer = np.unravel_index(int(np.argmax(numbers)), numbers.shape)
            msg = (
                f"In hour {self._hour} a cell of layer {int(layer)} would lose "
                f"'{largest:.3g}' times its air in one step of {step.seconds:.0f} s in the "
                f"{'west-east' if axis == 0 else 'south-north'} sweep; at most "
                f"{self._options.largest_parts} parts of a sweep are allowed. Check the winds and "
                "their mass balance, or take a shorter transport.time_step."
            )
            raise ModelError(msg)
        parts: Integers = np.ceil(numbers / self._options.courant_limit).astype(np.int64)
        return np.maximum(parts, 1)

    def _sweep(self, state: TileState, axis: Axis, parts: Integers, seconds: float) -> None:
        """Sweep all layers along one axis, each in its number of parts."""
        fields = HaloFields(state.mixing_ratio, state.air_mass)
        fill, sweep = (fill_x, sweep_x) if axis is Axis.X else (fill_y, sweep_y)
        flux, edges = self._flux[axis], self._open[axis]
        steps = seconds / parts
        for part in range(int(parts.max())):
            layers = np.flatnonzero(parts > part)
            handle = self._exchanges[axis].start(fields, layers)
            if any(edges):
                outside = self._outside[axis]
                fill(*fields, flux, layers, steps, outside, edges, self._crossing)
            handle.finish()
            sweep(*fields, flux, layers, steps, self._nx, self._sweep_work)
