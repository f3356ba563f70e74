"""How long things took in past runs of the same kind: the ground of every estimate of time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

MEDIAN = 0.5
"""Share of past cases that were as quick or quicker: the expected one."""
CAUTIOUS = 0.95
"""The same for plans that must hold, such as wall times."""


@dataclass(frozen=True)
class MemberPace:
    """How one member ran in one past cycle.

    Attributes:
        cycle: Name of the cycle.
        member: Name of the member.
        kind: Kind of its model.
        ranks: MPI ranks.
        hours: Model hours that it computed without a break.
        seconds: Time that they took, with reading and writing, s.
        wait: Time in the queue before, s; None when it is not known.
    """

    cycle: str
    member: str
    kind: str
    ranks: int
    hours: int
    seconds: float
    wait: float | None = None

    @property
    def seconds_per_hour(self) -> float:
        """Time of one model hour, s."""
        return self.seconds / self.hours


@dataclass(frozen=True)
class StageTime:
    """How long one stage took in one past cycle.

    Attributes:
        cycle: Name of the cycle.
        stage: Name of the stage.
        seconds: From its start to its end, s.
    """

    cycle: str
    stage: str
    seconds: float


@dataclass(frozen=True)
class ProductTime:
    """How long one past cycle took from the decision who is in to the last product.

    Attributes:
        cycle: Name of the cycle.
        seconds: With everything in between, also waiting for a machine, s.
    """

    cycle: str
    seconds: float


@dataclass(frozen=True)
class History:
    """What is known from past runs on the same domain with the same model and ranks.

    Attributes:
        gathered: When this was put together, UTC; None for an empty history.
        members: One a member that ran without a break.
        stages: One a stage and cycle.
        products: One a cycle.
    """

    gathered: datetime | None = None
    members: tuple[MemberPace, ...] = ()
    stages: tuple[StageTime, ...] = ()
    products: tuple[ProductTime, ...] = ()

    @property
    def cycles(self) -> tuple[str, ...]:
        """Names of the cycles that it knows, oldest first."""
        names = {member.cycle for member in self.members}
        names |= {stage.cycle for stage in self.stages}
        names |= {product.cycle for product in self.products}
        return tuple(sorted(names))

    def seconds_per_hour(self, kind: str = "ctm", share: float = MEDIAN) -> float | None:
        """Time of a model hour that this share of the members kept, s; None when unknown."""
        return _quantile((m.seconds_per_hour for m in self.members if m.kind == kind), share)

    def member_seconds(
        self, hours: int, kind: str = "ctm", share: float = CAUTIOUS
    ) -> float | None:
        """Time that a member of so many model hours needs, s; None when unknown."""
        pace = self.seconds_per_hour(kind, share)
        return None if pace is None else pace * hours

    def queue_wait(self, share: float = MEDIAN) -> float | None:
        """Time that a member waits for its nodes, s; None when unknown."""
        return _quantile((m.wait for m in self.members if m.wait is not None), share)

    def stage_seconds(self, stage: str, share: float = MEDIAN) -> float | None:
        """Time of a stage, s; None when unknown."""
        return _quantile((s.seconds for s in self.stages if s.stage == stage), share)

    def product_seconds(self, share: float = MEDIAN) -> float | None:
        """Time from the decision who is in to the last product, s; None when unknown."""
        return _quantile((p.seconds for p in self.products), share)


def _quantile(values: Iterable[float], share: float) -> float | None:
    known = np.fromiter(values, dtype=np.float64)
    return float(np.quantile(known, share)) if known.size else None
