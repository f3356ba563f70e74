"""Halo exchange as an object that the transport is given: `start` returns a handle, `finish` ends.

One message a neighbour carries all species and the air mass of the layers asked for. Buffers are
made once. `NoExchange` serves a tile without neighbours along the axis.
"""

from enum import IntEnum
from typing import Any, NamedTuple, Protocol

import numpy as np

from forecast.parallel.comm import Communicator, Request
from forecast.parallel.decomposition import HALO, Side, Tile
from forecast.parallel.kernels.packing import pack_x, pack_y, unpack_x, unpack_y

Integers = np.ndarray[Any, np.dtype[np.int64]]


class HaloFields(NamedTuple):
    """What is exchanged.

    Attributes:
        mixing_ratio: float32, (nspecies, nz, ny + 6, width); cells of the tile start at (3, 3).
        air_mass: float64, (nz, ny + 6, width).
    """

    mixing_ratio: np.ndarray[Any, np.dtype[np.float32]]
    air_mass: np.ndarray[Any, np.dtype[np.float64]]


class Handle(Protocol):
    """An exchange under way."""

    def finish(self) -> None:
        """Wait, and fill the halo."""


class HaloExchange(Protocol):
    """Fills the halo on the two sides of one axis from the neighbours."""

    def start(self, fields: HaloFields, layers: Integers) -> Handle:
        """Begin to exchange the given layers; the tile's own cells must then stay unchanged."""


class Axis(IntEnum):
    """Direction of an exchange."""

    X = 0
    Y = 1


class _Nothing:
    def finish(self) -> None:
        """Return at once."""


class NoExchange:
    """For a tile that has no neighbour along the axis."""

    def start(self, fields: HaloFields, layers: Integers) -> Handle:
        """Do nothing."""
        del fields, layers
        return _Nothing()


class _Edge:
    """One side: the neighbour, the cells sent and received, and the buffers."""

    def __init__(self, side: Side, neighbour: int, tile: Tile, words: int) -> None:
        low = side in (Side.WEST, Side.SOUTH)
        cells = tile.nx if side in (Side.WEST, Side.EAST) else tile.ny
        self.neighbour = neighbour
        self.send_tag = int(side)
        self.receive_tag = int(side) ^ 1
        self.own_first, self.own_edge = (HALO, HALO) if low else (cells, HALO + cells - 1)
        self.halo_first, self.halo_edge = (0, HALO - 1) if low else (HALO + cells,) * 2
        self.outgoing = np.zeros(words)
        self.incoming = np.zeros(words)
        self.outgoing_halves = self.outgoing.view(np.float32)
        self.incoming_halves = self.incoming.view(np.float32)


class MessageExchange:
    """Exchange by messages through a communicator, along one axis."""

    def __init__(
        self, comm: Communicator, tile: Tile, axis: Axis, species: int, layers: int
    ) -> None:
        """Build the buffers.

        Args:
            comm: The ranks.
            tile: The cells of this rank.
            axis: Direction.
            species: Number of species in every message.
            layers: Largest number of layers in a message.
        """
        sides = (Side.WEST, Side.EAST) if axis is Axis.X else (Side.SOUTH, Side.NORTH)
        self._length = tile.ny if axis is Axis.X else tile.nx
        self._comm = comm
        self._axis = axis
        self._columns = tile.nx
        self._species = species
        words = self._words(layers)
        self._edges = [
            _Edge(side, neighbour, tile, words)
            for side in sides
            if (neighbour := tile.neighbours[side]) is not None
        ]

    def _words(self, layers: int) -> int:
        """Length of a message in float64 words."""
        halves = self._species * layers * self._length * HALO
        return layers * self._length + (halves + 1) // 2

    def start(self, fields: HaloFields, layers: Integers) -> Handle:
        """Post all receives, pack and send."""
        words = self._words(layers.size)
        requests = [
            self._comm.receive(edge.incoming[:words], edge.neighbour, edge.receive_tag)
            for edge in self._edges
        ]
        for edge in self._edges:
            self._pack(edge, fields, layers)
            requests.append(self._comm.send(edge.outgoing[:words], edge.neighbour, edge.send_tag))
        return _UnderWay(self, requests, fields, layers)

    def _pack(self, edge: _Edge, fields: HaloFields, layers: Integers) -> None:
        place = (edge.own_first, edge.own_edge)
        buffers = (edge.outgoing, edge.outgoing_halves)
        if self._axis is Axis.X:
            pack_x(*fields, layers, *place, *buffers)
        else:
            pack_y(*fields, layers, *place, self._columns, *buffers)

    def unpack(self, fields: HaloFields, layers: Integers) -> None:
        """Fill the halo from the incoming buffers."""
        for edge in self._edges:
            place = (edge.halo_first, edge.halo_edge)
            buffers = (edge.incoming, edge.incoming_halves)
            if self._axis is Axis.X:
                unpack_x(*fields, layers, *place, *buffers)
            else:
                unpack_y(*fields, layers, *place, self._columns, *buffers)


class _UnderWay:
    def __init__(
        self,
        exchange: MessageExchange,
        requests: list[Request],
        fields: HaloFields,
        layers: Integers,
    ) -> None:
        self._exchange = exchange
        self._requests = requests
        self._fields = fields
        self._layers = layers

    def finish(self) -> None:
        """Wait for all messages and unpack them."""
        for request in self._requests:
            request.wait()
        self._exchange.unpack(self._fields, self._layers)


def halo_exchange(
    comm: Communicator, tile: Tile, axis: Axis, species: int, layers: int
) -> HaloExchange:
    """Return the exchange that a tile needs along one axis; see `MessageExchange`."""
    sides = (Side.WEST, Side.EAST) if axis is Axis.X else (Side.SOUTH, Side.NORTH)
    if all(tile.at_edge(side) for side in sides):
        return NoExchange()
    return MessageExchange(comm, tile, axis, species, layers)
