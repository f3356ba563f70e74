"""Which inputs of a cycle have not come yet; asked again and again while the driver waits."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from forecast.common.cycle import Cycle
from forecast.config.load import project_path
from forecast.config.root import Configuration
from forecast.sources.delivery import Look, absence, look
from forecast.stages.input_ladders import ladders
from forecast.stages.ladder import Rung


@dataclass
class Arrivals:
    """Watches the files that the first rung of each ladder asks for.

    A file has come when it is there with its marker, and nothing about it has changed for the time
    that the site asks for: by the age of its last change, or, where the clock of the disk is ahead
    of ours, by what has been seen here. Files without a date in their path do not arrive.

    Attributes:
        cycle: The cycle.
        configuration: Of the run.
        now: Seconds since 1970.
        steady: Seconds of a clock that nobody sets.
    """

    cycle: Cycle
    configuration: Configuration
    now: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic
    _seen: dict[Path, tuple[Look, float]] = field(default_factory=dict)

    def waiting(self) -> tuple[str, ...]:
        """Say what is waited for and why, one clause an input; nothing when all have come."""
        found = []
        for ladder in ladders(self.configuration, self.cycle):
            problem = self._problem(ladder.rungs[0])
            if problem:
                found.append(f"{ladder.name}: {problem}")
        return tuple(found)

    def _problem(self, rung: Rung) -> str:
        if rung.arrival is None:
            return ""
        path = project_path(rung.path)
        missing = absence(path, rung.arrival)
        seen = look(path)
        if missing is not None or seen is None:
            self._seen.pop(path, None)
            return str(missing or f"'{path}' is not there")
        before, since = self._seen.get(path, (seen, self.steady()))
        if before != seen:
            since = self.steady()
        self._seen[path] = (seen, since)
        quiet = max(self.now() - seen.changed, self.steady() - since)
        wanted = rung.arrival.stable_seconds
        if quiet < wanted:
            return f"'{path}' is there, but has not been still for {wanted:g} s yet"
        return ""
