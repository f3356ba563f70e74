"""MPI behind our own protocol. The only module that imports mpi4py."""

from typing import Any

import numpy as np
from mpi4py import MPI

from forecast.parallel.comm import Buffer, Counts, Request


class _MpiRequest:
    def __init__(self, request: MPI.Request) -> None:
        self._request = request

    def wait(self) -> None:
        """Wait for MPI."""
        self._request.Wait()


class MpiComm:
    """The ranks that mpiexec, srun or the like has started."""

    def __init__(self, comm: MPI.Comm) -> None:
        """Wrap an MPI communicator; all its ranks must do the same."""
        self._comm = comm
        self.rank = int(comm.Get_rank())
        self.size = int(comm.Get_size())

    def send(self, values: Buffer, destination: int, tag: int) -> Request:
        """Start a non-blocking send."""
        return _MpiRequest(self._comm.Isend((values, MPI.DOUBLE), destination, tag))

    def receive(self, values: Buffer, source: int, tag: int) -> Request:
        """Start a non-blocking receive."""
        return _MpiRequest(self._comm.Irecv((values, MPI.DOUBLE), source, tag))

    def maximum(self, values: Buffer) -> Buffer:
        """Element-wise maximum over all ranks."""
        result = np.empty_like(values)
        self._comm.Allreduce((values, MPI.DOUBLE), (result, MPI.DOUBLE), MPI.MAX)
        return result

    def total(self, counts: Counts) -> Counts:
        """Element-wise sum over all ranks."""
        result = np.empty_like(counts)
        self._comm.Allreduce((counts, MPI.INT64_T), (result, MPI.INT64_T), MPI.SUM)
        return result

    def gather_all(self, value: Any) -> list[Any]:
        """Collect one object of every rank."""
        gathered: list[Any] = self._comm.allgather(value)
        return gathered

    def barrier(self) -> None:
        """Wait for all ranks."""
        self._comm.Barrier()

    def abort(self) -> None:
        """End all ranks at once; MPI gives the job a non-zero exit code."""
        self._comm.Abort(1)


def world() -> MpiComm:
    """All ranks that were started together; one rank when there was no launcher."""
    return MpiComm(MPI.COMM_WORLD)


def library() -> str:
    """Name and version of the MPI library that is loaded."""
    return " ".join(MPI.Get_library_version().split("\n")[0].split(",")[0].split())
