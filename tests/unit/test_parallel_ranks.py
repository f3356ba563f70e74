"""Tiles, communicators without MPI, sums and agreement."""

import time

import numpy as np
import pytest

from forecast.common.errors import DecompositionError, ModelError
from forecast.ctm.kernels.layout import HALO, LANES, mass_array, ratio_array
from forecast.fields.arrays import Float
from forecast.parallel.collect import agree, exact_sum, gather_field
from forecast.parallel.comm import Communicator, InProcessWorld, SerialComm
from forecast.parallel.decomposition import GROUP, Decomposition, Side
from forecast.parallel.halo import Axis, HaloFields, MessageExchange, NoExchange, halo_exchange


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (2, 1), (3, 2), (4, 5)])
def test_tiles_cover_every_cell_once(rows: int, columns: int) -> None:
    layout = Decomposition(15, 19, rows, columns)
    owner = np.full((15, 19), -1)
    for rank in range(layout.size):
        tile = layout.tile(rank)
        assert np.all(owner[tile.j, tile.i] == -1)
        owner[tile.j, tile.i] = rank
        assert tile.j.start % layout.chunk[0] == 0
        assert tile.i.start % layout.chunk[1] == 0
        assert tile.ny <= layout.chunk[0]
    assert np.all(owner >= 0)
    for rank in range(layout.size):
        tile = layout.tile(rank)
        west = tile.neighbours[Side.WEST]
        if west is None:
            assert tile.i.start == 0
        else:
            assert owner[tile.j.start, tile.i.start - 1] == west
        north = tile.neighbours[Side.NORTH]
        assert (north is None) == (tile.j.stop == 15)


def test_the_default_domain_on_two_ranks_is_cut_across_the_rows() -> None:
    layout = Decomposition.choose(56, 64, 2)
    assert (layout.rows, layout.columns) == (2, 1)
    assert layout.chunk == (28, 64)


def test_rows_of_whole_lane_groups_are_preferred_to_square_blocks() -> None:
    assert Decomposition.choose(96, 126, 64).chunk == (6, 32)
    assert GROUP == LANES


def test_a_number_of_rows_can_be_asked_for() -> None:
    assert Decomposition.choose(56, 64, 4, rows=1).columns == 4


@pytest.mark.parametrize(("ny", "nx", "ranks"), [(10, 10, 16), (5, 5, 2), (10, 3, 7)])
def test_too_many_ranks_are_refused_with_the_number(ny: int, nx: int, ranks: int) -> None:
    with pytest.raises(DecompositionError, match=f"'{ranks}'"):
        Decomposition.choose(ny, nx, ranks)


def test_blocks_thinner_than_a_halo_are_refused() -> None:
    with pytest.raises(DecompositionError, match="'4' blocks"):
        Decomposition(13, 20, 4, 1)  # 4 + 4 + 4 + 1
    with pytest.raises(DecompositionError, match="rank '2'"):
        Decomposition(13, 20, 2, 1).tile(2)


def test_periodic_neighbours_wrap_around() -> None:
    tile = Decomposition(12, 12, 2, 2, periodic_x=True).tile(0)
    assert tile.neighbours == (1, 1, None, 2)


def test_threads_exchange_and_reduce() -> None:
    def work(comm: Communicator) -> tuple[float, list[int]]:
        received = np.zeros(3)
        right, left = (comm.rank + 1) % comm.size, (comm.rank - 1) % comm.size
        request = comm.receive(received, left, 5)
        comm.send(np.full(3, float(comm.rank)), right, 5).wait()
        request.wait()
        assert np.all(received == left)
        largest = comm.maximum(np.array([float(comm.rank)]))
        return float(largest[0]), comm.gather_all(comm.rank)

    assert InProcessWorld(3).run(work) == [(2.0, [0, 1, 2])] * 3


def test_a_failing_thread_ends_the_others_with_its_own_error() -> None:
    def work(comm: Communicator) -> None:
        if comm.rank == 1:
            msg = "rank 1 has had enough"
            raise ModelError(msg)
        comm.receive(np.zeros(1), 1, 0).wait()

    begun = time.monotonic()
    with pytest.raises(ModelError, match="had enough"):
        InProcessWorld(2).run(work)
    assert time.monotonic() - begun < 10.0


def test_a_failing_thread_ends_those_at_a_barrier() -> None:
    def work(comm: Communicator) -> None:
        if comm.rank == 0:
            msg = "rank 0 stops"
            raise ValueError(msg)
        comm.barrier()

    with pytest.raises(ValueError, match="rank 0 stops"):
        InProcessWorld(3).run(work)


def test_a_problem_of_one_rank_is_the_problem_of_all() -> None:
    raised: list[int] = []

    def work(comm: Communicator) -> None:
        try:
            agree(comm, "the air is gone" if comm.rank == 1 else None)
        except ModelError:
            raised.append(comm.rank)
            raise

    with pytest.raises(ModelError, match="the air is gone"):
        InProcessWorld(3).run(work)
    assert sorted(raised) == [0, 1, 2]


def test_tiles_are_put_together_on_every_rank() -> None:
    layout = Decomposition(7, 8, 2, 2)
    whole = np.arange(2 * 7 * 8.0).reshape(2, 7, 8)

    def work(comm: Communicator) -> bool:
        tile = layout.tile(comm.rank)
        return bool(np.array_equal(gather_field(comm, layout, whole[:, tile.j, tile.i]), whole))

    assert InProcessWorld(4).run(work) == [True] * 4


def test_integer_sums_do_not_depend_on_the_ranks() -> None:
    counts = np.array([2**62, 3, -5])
    sums = InProcessWorld(4).run(lambda comm: exact_sum(comm, counts))
    assert sums == [[2**64, 12, -20]] * 4  # larger than an int64 holds
    assert (
        InProcessWorld(3).run(lambda comm: exact_sum(comm, counts - comm.rank))
        == [[3 * 2**62 - 3, 6, -18]] * 3
    )
    assert exact_sum(SerialComm(), counts) == [2**62, 3, -5]


def _numbered(layout: Decomposition, rank: int) -> tuple[HaloFields, Float]:
    """Fields whose values say which cell of the domain they belong to."""
    tile = layout.tile(rank)
    whole = np.arange(float(layout.ny * layout.nx)).reshape(layout.ny, layout.nx)
    ratio, mass = ratio_array(2, 3, tile.ny, tile.nx), mass_array(3, tile.ny, tile.nx)
    own = (slice(HALO, HALO + tile.ny), slice(HALO, HALO + tile.nx))
    ratio[(..., *own)] = whole[tile.j, tile.i]
    mass[(..., *own)] = whole[tile.j, tile.i]
    return HaloFields(ratio, mass), whole


@pytest.mark.parametrize(("rows", "columns"), [(2, 1), (1, 2), (2, 2), (3, 3)])
@pytest.mark.parametrize("periodic", [False, True])
def test_halos_hold_the_cells_of_the_neighbours(rows: int, columns: int, periodic: bool) -> None:
    layout = Decomposition(11, 13, rows, columns, periodic, periodic)

    def work(comm: Communicator) -> None:
        tile = layout.tile(comm.rank)
        fields, whole = _numbered(layout, comm.rank)
        layers = np.array([0, 2])
        for axis in (Axis.X, Axis.Y):
            exchange = halo_exchange(comm, tile, axis, 2, 3)
            exchange.start(fields, layers).finish()
        wrapped = np.pad(whole, HALO, mode="wrap")
        rows_out = slice(tile.j.start, tile.j.stop + 2 * HALO)
        columns_out = slice(tile.i.start, tile.i.stop + 2 * HALO)
        around = wrapped[rows_out, columns_out]
        height, width = tile.ny + 2 * HALO, tile.nx + 2 * HALO
        inner_rows, inner_columns = slice(HALO, height - HALO), slice(HALO, width - HALO)
        sides = (
            (inner_rows, slice(0, HALO)),
            (inner_rows, slice(width - HALO, width)),
            (slice(0, HALO), inner_columns),
            (slice(height - HALO, height), inner_columns),
        )
        for side, place in zip(Side, sides, strict=True):
            got = fields.mixing_ratio[1, 2][place]
            missing = tile.neighbours[side] is None
            assert np.array_equal(got, np.zeros_like(got) if missing else around[place])
            assert not fields.mixing_ratio[1, 1][place].any()  # this layer was not asked for

    InProcessWorld(layout.size).run(work)


def test_a_tile_without_neighbours_exchanges_nothing() -> None:
    tile = Decomposition(8, 8, 2, 1).tile(0)
    assert isinstance(halo_exchange(SerialComm(), tile, Axis.X, 1, 1), NoExchange)
    assert isinstance(halo_exchange(SerialComm(), tile, Axis.Y, 1, 1), MessageExchange)
