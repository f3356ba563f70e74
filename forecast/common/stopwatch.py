"""Where the time of a run goes."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar


class StopWatch:
    """Sums the time of named blocks; the time of a block inside another counts once, for itself.

    Attributes:
        seconds: Time of each name so far. All of them together are the time in the outermost
            blocks.
        clock: Of all watches; benchmarks take the time of the processor, which other work on a
            shared machine does not change much.
    """

    clock: ClassVar[Callable[[], float]] = time.perf_counter

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._inside = 0.0

    @contextmanager
    def timing(self, name: str) -> Iterator[None]:
        """Add the time of the block to a name, without that of timed blocks inside it."""
        before, self._inside = self._inside, 0.0
        start = StopWatch.clock()
        try:
            yield
        finally:
            spent = StopWatch.clock() - start
            self.seconds[name] = self.seconds.get(name, 0.0) + spent - self._inside
            self._inside = before + spent
