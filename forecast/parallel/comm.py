"""What the model asks of a set of ranks, and three ways to answer without MPI.

`Communicator` is the protocol; `SerialComm` is one rank alone, `InProcessWorld` runs several ranks
as threads of one process, so that everything that ranks do together is tested in plain pytest.
MPI itself is behind `forecast.parallel.mpi`.
"""

import queue
import threading
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import numpy as np

from forecast.common.errors import ModelError

Result = TypeVar("Result")

Buffer = np.ndarray[Any, np.dtype[np.float64]]
"""A contiguous part of a message buffer."""
Counts = np.ndarray[Any, np.dtype[np.int64]]
"""Whole numbers."""


class Request(Protocol):
    """A transfer that was started."""

    def wait(self) -> None:
        """Return when the buffer may be used again, or holds what was received."""


class Communicator(Protocol):
    """The ranks of one run, seen from one of them."""

    @property
    def rank(self) -> int:
        """Number of this rank, from 0."""

    @property
    def size(self) -> int:
        """How many ranks there are."""

    def send(self, values: Buffer, destination: int, tag: int) -> Request:
        """Start to send; `values` must stay as they are until the request is over."""

    def receive(self, values: Buffer, source: int, tag: int) -> Request:
        """Start to receive into `values`."""

    def maximum(self, values: Buffer) -> Buffer:
        """Element-wise maximum over all ranks, the same array on each of them."""

    def total(self, counts: Counts) -> Counts:
        """Element-wise sum over all ranks, the same array on each of them; it must not overflow."""

    def gather_all(self, value: Any) -> list[Any]:
        """Collect one object of every rank, in the order of ranks, on each of them."""

    def barrier(self) -> None:
        """Wait for all ranks."""

    def abort(self) -> None:
        """End all ranks, after an error that only this one knows of."""


class _Done:
    """A request that was over when it began."""

    def wait(self) -> None:
        """Return at once."""


class SerialComm:
    """One rank alone. It can send to itself, as periodic domains of tests do."""

    rank = 0
    size = 1

    def __init__(self) -> None:
        self._letters: dict[int, list[Buffer]] = {}

    def send(self, values: Buffer, destination: int, tag: int) -> Request:
        """Keep a copy for `receive`."""
        del destination
        self._letters.setdefault(tag, []).append(values.copy())
        return _Done()

    def receive(self, values: Buffer, source: int, tag: int) -> Request:
        """Return a request that copies what this rank sends to itself."""
        del source
        return _SelfReceive(values, self._letters, tag)

    def maximum(self, values: Buffer) -> Buffer:
        """Return a copy: there is nobody else."""
        return values.copy()

    def total(self, counts: Counts) -> Counts:
        """Return a copy: there is nobody else."""
        return counts.copy()

    def gather_all(self, value: Any) -> list[Any]:
        """Return the value in a list."""
        return [value]

    def barrier(self) -> None:
        """Return at once."""

    def abort(self) -> None:
        """Do nothing: the error of the only rank ends the run by itself."""


class _SelfReceive:
    def __init__(self, values: Buffer, letters: dict[int, list[Buffer]], tag: int) -> None:
        self._values = values
        self._letters = letters
        self._tag = tag

    def wait(self) -> None:
        """Copy the oldest letter with this tag."""
        self._values[:] = self._letters[self._tag].pop(0)


class _Board:
    """What the threads of an `InProcessWorld` share."""

    def __init__(self, size: int, patience: float) -> None:
        self.size = size
        self.patience = patience
        self.barrier = threading.Barrier(size)
        self.values: list[Any] = [None] * size
        self.broken = threading.Event()
        self._mail: dict[tuple[int, int, int], queue.SimpleQueue[Buffer]] = {}
        self._lock = threading.Lock()

    def box(self, source: int, destination: int, tag: int) -> "queue.SimpleQueue[Buffer]":
        """The queue of letters from one rank to another."""
        with self._lock:
            return self._mail.setdefault((source, destination, tag), queue.SimpleQueue())

    def give_up(self) -> None:
        """Wake every rank that waits."""
        self.broken.set()
        self.barrier.abort()


class _InProcessReceive:
    def __init__(self, board: _Board, values: Buffer, box: "queue.SimpleQueue[Buffer]") -> None:
        self._board = board
        self._values = values
        self._box = box

    def wait(self) -> None:
        """Wait for the letter.

        Raises:
            ModelError: Another rank failed, or nothing came.
        """
        waited = 0.0
        while True:
            try:
                self._values[:] = self._box.get(timeout=0.05)
            except queue.Empty:
                waited += 0.05
                if self._board.broken.is_set() or waited > self._board.patience:
                    msg = "A message of another rank did not come, because that rank ended."
                    raise ModelError(msg) from None
            else:
                return


class InProcessComm:
    """One rank of an `InProcessWorld`."""

    def __init__(self, board: _Board, rank: int) -> None:
        self._board = board
        self.rank = rank
        self.size = board.size

    def send(self, values: Buffer, destination: int, tag: int) -> Request:
        """Put a copy into the box of the other rank."""
        self._board.box(self.rank, destination, tag).put(values.copy())
        return _Done()

    def receive(self, values: Buffer, source: int, tag: int) -> Request:
        """Return a request that waits for the other rank."""
        return _InProcessReceive(self._board, values, self._board.box(source, self.rank, tag))

    def maximum(self, values: Buffer) -> Buffer:
        """Element-wise maximum over the threads."""
        result: Buffer = np.maximum.reduce(self.gather_all(values.copy()))
        return result

    def total(self, counts: Counts) -> Counts:
        """Element-wise sum over the threads."""
        result: Counts = np.add.reduce(self.gather_all(counts.copy()))
        return result

    def gather_all(self, value: Any) -> list[Any]:
        """Collect through the shared board.

        Raises:
            ModelError: Another rank failed.
        """
        self._board.values[self.rank] = value
        self.barrier()
        gathered = list(self._board.values)
        self.barrier()
        return gathered

    def barrier(self) -> None:
        """Wait for all threads.

        Raises:
            ModelError: Another rank failed.
        """
        try:
            self._board.barrier.wait(self._board.patience)
        except threading.BrokenBarrierError:
            msg = "Waiting for the other ranks was in vain, because one of them ended."
            raise ModelError(msg) from None

    def abort(self) -> None:
        """Wake and end the other ranks."""
        self._board.give_up()


class InProcessWorld:
    """Several ranks as threads of this process; compiled kernels let them run side by side."""

    def __init__(self, size: int, patience: float = 120.0) -> None:
        """Set up the ranks.

        Args:
            size: How many.
            patience: Longest time that one waits for another, s.
        """
        self._size = size
        self._patience = patience

    def run(self, function: Callable[[Communicator], Result]) -> list[Result]:
        """Call a function on every rank and return the results in the order of ranks.

        Raises:
            BaseException: What the first rank that failed has raised.
        """
        board = _Board(self._size, self._patience)
        results: list[Any] = [None] * self._size
        errors: list[BaseException] = []

        def work(rank: int) -> None:
            try:
                results[rank] = function(InProcessComm(board, rank))
            except BaseException as error:  # noqa: BLE001 - handed to the caller below
                errors.append(error)
                board.give_up()

        threads = [threading.Thread(target=work, args=(rank,)) for rank in range(self._size)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]
        return results
