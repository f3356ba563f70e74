"""The order of processes, and the time that each of them takes.

A step applies the processes one after the other; the next step applies them in reverse. Two steps
are then a symmetric sequence, which is second-order accurate in the step where one order alone is
first order (Strang 1968, doi 10.1137/0705041), at no extra cost.
"""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from forecast.common.stopwatch import StopWatch
from forecast.ctm.process import Hour, Process, Step
from forecast.ctm.state import TileState
from forecast.parallel.comm import Communicator


@runtime_checkable
class HasParts(Protocol):
    """A process of which parts are timed by themselves."""

    def time_parts(self, watch: StopWatch) -> None:
        """Time parts with this watch from now on; it leaves them out of the process's own time."""


@runtime_checkable
class HasSummary(Protocol):
    """A process that counts what is worth knowing after a run."""

    name: str

    def summary(self, comm: Communicator) -> dict[str, Any]:
        """Counts of all ranks since the start of the run, in words; every rank calls this."""

    def counts(self, comm: Communicator) -> list[int]:
        """Counts of all ranks since the start of the run, bare; every rank calls this."""

    def resume_counts(self, comm: Communicator, counts: list[int]) -> None:
        """Go on from the counts of all ranks that a checkpoint holds."""


class OperatorSequence:
    """Runs the processes of one tile."""

    def __init__(self, processes: tuple[Process, ...], step_seconds: float) -> None:
        """Take the processes in their first order and the length of a step, s."""
        self._processes = processes
        self._seconds = step_seconds
        self.watch = StopWatch()
        for process in processes:
            if isinstance(process, HasParts):
                process.time_parts(self.watch)

    @property
    def steps_per_hour(self) -> int:
        """Number of steps in an hour."""
        return round(3600.0 / self._seconds)

    def summaries(self, comm: Communicator) -> dict[str, dict[str, Any]]:
        """What processes have counted, by their names; every rank calls this."""
        return {process.name: process.summary(comm) for process in self._counting()}

    def counts(self, comm: Communicator) -> dict[str, list[int]]:
        """Bare counts of all ranks, for a checkpoint; every rank calls this."""
        return {process.name: process.counts(comm) for process in self._counting()}

    def resume_counts(self, comm: Communicator, counts: Mapping[str, list[int]]) -> None:
        """Go on from the counts of a checkpoint."""
        for process in self._counting():
            process.resume_counts(comm, counts[process.name])

    def _counting(self) -> list[HasSummary]:
        return [process for process in self._processes if isinstance(process, HasSummary)]

    def begin_hour(self, hour: Hour) -> None:
        """Let every process prepare the hour."""
        for process in self._processes:
            with self.watch.timing(f"{process.name}: hourly"):
                process.begin_hour(hour)

    def advance(self, state: TileState, number: int) -> None:
        """Apply all processes for one step.

        Args:
            state: The tile.
            number: Steps since the start of the run; odd ones run the processes in reverse.
        """
        step = Step(number, self._seconds)
        for process in self._processes if step.forward else reversed(self._processes):
            with self.watch.timing(process.name):
                process.advance(state, step)
