"""The hours that one run computes: spin-up before the cycle, forecast after it."""

from dataclasses import dataclass

import numpy as np

from forecast.common.cycle import Cycle, local_dates
from forecast.fields.arrays import Times

_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True)
class RunWindow:
    """Hours of one run.

    Attributes:
        cycle: Start of the forecast.
        spin_up_hours: Hours before it; never in products.
        horizon_hours: Hours after it.
    """

    cycle: Cycle
    spin_up_hours: int
    horizon_hours: int

    @property
    def total_hours(self) -> int:
        """Hours that a member computes."""
        return self.spin_up_hours + self.horizon_hours

    @property
    def bounds(self) -> Times:
        """Bounds of all hours, UTC, (total_hours + 1,)."""
        return self.cycle.hours(-self.spin_up_hours, self.horizon_hours)

    @property
    def labels(self) -> Times:
        """Ends of the forecast hours, UTC, (horizon_hours,)."""
        return self.cycle.hours(1, self.horizon_hours)

    @property
    def complete_days(self) -> int:
        """Number of local days that the forecast covers from their first to their last hour."""
        _, hours = np.unique(local_dates(self.labels), return_counts=True)
        return int(np.count_nonzero(hours == 24))

    def record(self, hour: int) -> int:
        """Place of a model hour on the axis of the forecast; negative in the spin-up."""
        return hour - self.spin_up_hours

    @classmethod
    def of_bounds(cls, cycle: Cycle, bounds: Times) -> "RunWindow":
        """Recover the window from the hour bounds of prepared files."""
        before = int((cycle.start - bounds[0]) // _HOUR)
        return cls(cycle, before, bounds.size - 1 - before)
