"""A period of past cycles, as if each had been run in its time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from forecast.common.cycle import Cycle
from forecast.common.errors import ConfigurationError
from forecast.config.root import Configuration
from forecast.workflow.series import Job

_DAY = 24


@dataclass(frozen=True)
class HindcastPlan:
    """What a hindcast runs.

    Attributes:
        first: First cycle.
        last: Last cycle, included when the step meets it.
        every: Hours from one cycle to the next.
        chains: In how many parts the period is cut. Each begins anew and depends on no other, so
            that they can run side by side.
        gaps: Whether a chain goes on, from an older restart, when one of its cycles fails.
        warm: Whether the first cycle of a chain begins from a restart that is there already, and
            must; otherwise it begins cold.
        known_hours: What was known so many hours after a cycle may be used in it.
    """

    first: Cycle
    last: Cycle
    every: int
    chains: int = 1
    gaps: bool = False
    warm: bool = False
    known_hours: float = 0.0

    def cycles(self) -> tuple[Cycle, ...]:
        """All cycles, oldest first.

        Raises:
            ConfigurationError: There is none, or the step does not suit a chain of restarts.
        """
        if self.every < 1 or _DAY % self.every:
            msg = (
                f"The step of '{self.every}' hours does not divide a day; take one of 1, 2, 3, 4, "
                "6, 8, 12 or 24, so that cycles start at the same hours every day."
            )
            raise ConfigurationError(msg)
        count = int((self.last.time - self.first.time) / timedelta(hours=self.every)) + 1
        if self.last.time < self.first.time:
            msg = f"The period ends at '{self.last.name}', before its start '{self.first.name}'."
            raise ConfigurationError(msg)
        return tuple(
            Cycle(self.first.time + timedelta(hours=self.every * number)) for number in range(count)
        )

    def parts(self) -> tuple[tuple[Cycle, ...], ...]:
        """The chains: parts of the period one after another, as equal as can be.

        Raises:
            ConfigurationError: There are more chains than cycles.
        """
        cycles = self.cycles()
        if not 1 <= self.chains <= len(cycles):
            msg = f"{len(cycles)} cycles cannot be cut into '{self.chains}' chains."
            raise ConfigurationError(msg)
        whole, more = divmod(len(cycles), self.chains)
        ends = [whole * number + min(number, more) for number in range(self.chains + 1)]
        return tuple(cycles[a:b] for a, b in zip(ends[:-1], ends[1:], strict=True))


def hindcast_jobs(plan: HindcastPlan, configuration: Configuration) -> list[list[Job]]:
    """Turn a plan into the jobs of a series.

    The clock is taken out of the hands of the day: all members are waited for, nobody is told of
    anything, every cycle is an exercise, and only what was known in its time is used.

    Raises:
        ConfigurationError: Steps, chains and period do not fit together.
    """
    backs = configuration.start.ladder or (1,)
    rungs = tuple(range(1, max(backs) + 1)) if plan.gaps else (1,)
    common = (
        "case.exercise=true",
        "clock.origin=launch",
        "clock.hourly={soft_minutes: null, hard_minutes: null}",
        "clock.trend={soft_minutes: null, hard_minutes: null}",
        "clock.revise_minutes=null",
        "clock.inputs_minutes=0",
        "alerts={email: [], webhook: [], command: []}",
        f"start.cycle_hours={plan.every}",
        f"start.restart_hours={_restart_hours(plan.every, rungs)}",
        "start.chain_only=false",
    )
    return [
        [
            Job(
                cycle,
                (*common, *_start_settings(plan, rungs, first=place == 0), _known(plan, cycle)),
                needed=not plan.gaps,
            )
            for place, cycle in enumerate(part)
        ]
        for part in plan.parts()
    ]


def _restart_hours(every: int, rungs: Sequence[int]) -> list[int]:
    return [every * back for back in rungs]


def _start_settings(plan: HindcastPlan, rungs: Sequence[int], *, first: bool) -> tuple[str, str]:
    if first and not plan.warm:
        return "start.ladder=[]", "start.cold=always"
    return f"start.ladder={list(rungs)}", "start.cold=never"


def _known(plan: HindcastPlan, cycle: Cycle) -> str:
    known = cycle.time + timedelta(hours=plan.known_hours)
    return f"case.as_of='{known:%Y-%m-%dT%H:%M}'"
