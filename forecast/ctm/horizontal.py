"""Horizontal sweeps of air and tracers, in x and y in alternating order.

A sweep is divided into parts wherever, in a layer of the whole domain, more of a cell's air would
leave it than the limit allows, and a step into cycles of both sweeps where that is not enough. The
largest share over all ranks decides, so every decomposition takes the same parts and the result is
the same, bit for bit.
"""

import numpy as np

from forecast.common.errors import ModelError
from forecast.common.stopwatch import StopWatch
from forecast.config.transport import TransportConfig
from forecast.ctm.kernels.edges import fill_x, fill_y
from forecast.ctm.kernels.sweeps import outflow_numbers, sweep_work, sweep_x, sweep_y
from forecast.ctm.process import Step
from forecast.ctm.state import TileState
from forecast.fields.arrays import Float, Integers, Single
from forecast.fields.boundary import BoundaryHour
from forecast.parallel.comm import Communicator
from forecast.parallel.decomposition import Side, Tile
from forecast.parallel.halo import Axis, HaloFields, halo_exchange

SHARES = (1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125)
"""Shares of a step that are tried for a cycle; sums of them are exact."""
EASY = 4.0
"""Share of its air that a cell may lose in one sweep before a shorter cycle is tried."""
EXCHANGE = "exchange"
"""Timing of halo exchange: packing, waiting for neighbours, unpacking."""
AGREEMENT = "agreement"
"""Timing of the ranks' agreement on the parts of a step, with the wait for the slowest rank."""


class HorizontalSweeps:
    """Sweeps one tile.

    Attributes:
        watch: Takes the time of `EXCHANGE` and `AGREEMENT`.
    """

    def __init__(
        self,
        comm: Communicator,
        tile: Tile,
        layers: int,
        options: TransportConfig,
        crossing: tuple[Float, Float],
    ) -> None:
        """Build work arrays and the exchange of halos.

        Args:
            comm: The ranks.
            tile: Cells of this rank.
            layers: Number of layers.
            options: Limits.
            crossing: Where it is written down what came (in, out) through the edges of the
                domain, kg, (nspecies, ny, nx) each.
        """
        species = crossing[0].shape[0]
        self.watch = StopWatch()
        self._comm = comm
        self._options = options
        self._crossing = crossing
        self._nx = tile.nx
        self._work = sweep_work(tile.ny, tile.nx)
        self._exchanges = tuple(
            halo_exchange(comm, tile, axis, species, layers) for axis in (Axis.X, Axis.Y)
        )
        self._open = (
            (tile.at_edge(Side.WEST), tile.at_edge(Side.EAST)),
            (tile.at_edge(Side.SOUTH), tile.at_edge(Side.NORTH)),
        )

    def advance(
        self,
        state: TileState,
        flux: tuple[Single, Single],
        outside: BoundaryHour | None,
        step: Step,
        hour: int,
    ) -> None:
        """Sweep both ways for one step; odd steps begin with y.

        Args:
            state: The tile.
            flux: Air through west faces, (nz, ny, nx + 1), and south faces, (nz, ny + 1, nx),
                kg s-1, contiguous float32.
            outside: Mixing ratios outside the domain; needed where the tile is at its edge.
            step: Number and length.
            hour: For messages.

        Raises:
            ModelError: The winds would empty a cell or need too many parts of a sweep.
        """
        left = 1.0
        while left > 0.0:
            share, numbers = self._longest_cycle(state, flux, step, left)
            short = Step(step.number, step.seconds * share)
            parts = self._parts(numbers, short, hour)
            for axis in (Axis.X, Axis.Y) if step.forward else (Axis.Y, Axis.X):
                self._sweep(state, axis, flux[axis], outside, parts[axis], short.seconds)
            left -= share

    def _longest_cycle(
        self, state: TileState, flux: tuple[Single, Single], step: Step, left: float
    ) -> tuple[float, Float]:
        """Find the share of the step for the next cycle of both sweeps, and its numbers.

        The whole step is the rule. In strong winds, or where air is squeezed from one sweep's
        direction into the other's so fast that a sweep alone would nearly empty a cell, shorter
        cycles let the other sweep refill it.
        """
        numbers = np.zeros((2, state.air_mass.shape[0]))
        for share in SHARES:
            if share <= left:
                numbers = self._numbers(state, flux, Step(step.number, step.seconds * share))
                if float(numbers.max()) <= EASY:
                    return share, numbers
        return SHARES[-1], numbers

    def _numbers(self, state: TileState, flux: tuple[Single, Single], step: Step) -> Float:
        """Largest share of its air that a cell loses, by sweep and layer, over all ranks."""
        numbers = np.zeros((2, state.air_mass.shape[0]))
        outflow_numbers(state.air_mass, *flux, step.seconds, step.forward, numbers)
        with self.watch.timing(AGREEMENT):
            return self._comm.maximum(numbers)

    def _parts(self, numbers: Float, step: Step, hour: int) -> Integers:
        """Number of parts of the sweep of each layer, (2, nz).

        Raises:
            ModelError: A sweep would need too many.
        """
        largest = float(numbers.max())
        if not largest <= self._options.largest_parts * self._options.courant_limit:
            axis, layer = np.unravel_index(int(np.argmax(numbers)), numbers.shape)
            msg = (
                f"In hour {hour} a cell of layer {int(layer)} would lose '{largest:.3g}' times its "
                f"air in {step.seconds:g} s in the "
                f"{'west-east' if axis == 0 else 'south-north'} sweep; at most "
                f"{self._options.largest_parts} parts of a sweep are allowed. Check the winds and "
                "their mass balance, or take a shorter transport.time_step."
            )
            raise ModelError(msg)
        parts: Integers = np.ceil(numbers / self._options.courant_limit).astype(np.int64)
        return np.maximum(parts, 1)

    def _sweep(
        self,
        state: TileState,
        axis: Axis,
        flux: Single,
        outside: BoundaryHour | None,
        parts: Integers,
        seconds: float,
    ) -> None:
        """Sweep all layers along one axis, each in its number of parts, (nz,)."""
        fields = HaloFields(state.mixing_ratio, state.air_mass)
        fill, sweep = (fill_x, sweep_x) if axis is Axis.X else (fill_y, sweep_y)
        edges = self._open[axis]
        steps = seconds / parts
        for part in range(int(parts.max())):
            layers = np.flatnonzero(parts > part)
            with self.watch.timing(EXCHANGE):
                handle = self._exchanges[axis].start(fields, layers)
            if any(edges) and outside is not None:
                sides = (
                    (outside.west, outside.east)
                    if axis is Axis.X
                    else (outside.south, outside.north)
                )
                fill(*fields, flux, layers, steps, sides, edges, self._crossing)
            with self.watch.timing(EXCHANGE):
                handle.finish()
            sweep(*fields, flux, layers, steps, self._nx, self._work)
