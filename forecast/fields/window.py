"""The hours that one run computes: spin-up before the cycle, forecast after it."""

from dataclasses import dataclass, replace

import numpy as np

from forecast.common.cycle import LOCAL_OFFSET, Cycle
from forecast.common.degradation import Degradation
from forecast.common.errors import CycleError
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

    def record(self, hour: int) -> int:
        """Place of a model hour on the axis of the forecast; negative in the spin-up."""
        return hour - self.spin_up_hours

    @classmethod
    def of_bounds(cls, cycle: Cycle, bounds: Times) -> "RunWindow":
        """Recover the window from the hour bounds of prepared files."""
        before = int((cycle.start - bounds[0]) // _HOUR)
        return cls(cycle, before, bounds.size - 1 - before)

    def within(
        self, first: np.datetime64, last: np.datetime64, hold_hours: int
    ) -> "tuple[RunWindow, tuple[Degradation, ...]]":
        """Shorten the forecast to what the driving meteorology reaches.

        A forecast that has to be shortened ends with a complete local day. The spin-up may lie
        before the driver, which then stands still at its first record.

        Args:
            first: Start of what the driver's records stand for, UTC.
            last: End of it, UTC.
            hold_hours: How far outside the nearest record may stand.

        Returns:
            The window, and what had to be cut.

        Raises:
            CycleError: Not even one local day of the forecast is covered.
        """
        earliest, latest = first - hold_hours * _HOUR, last + hold_hours * _HOUR
        covered = int((latest - self.cycle.start) // _HOUR)
        if covered >= self.horizon_hours and self.cycle.start >= earliest:
            return self, ()
        horizon = self._to_midnight(covered)
        if self.cycle.start < earliest or horizon < self._first_midnight() + 24:
            msg = (
                f"The cycle '{self.cycle.name}' is outside the driving meteorology, which stands "
                f"for {first}Z to {last}Z and may be held for {hold_hours} hours. The forecast "
                f"must start at {earliest}Z or later and must have a complete local day before "
                f"{latest}Z; choose another cycle or another meteorology."
            )
            raise CycleError(msg)
        cut = replace(self, horizon_hours=horizon)
        return cut, (self._shortened(cut, last),)

    def _first_midnight(self) -> int:
        """Hours from the cycle's start to the first local midnight at or after it."""
        local = self.cycle.time + LOCAL_OFFSET
        return -local.hour % 24

    def _to_midnight(self, hours: int) -> int:
        """Round a horizon down so that it ends at a local midnight."""
        first = self._first_midnight()
        return first + (hours - first) // 24 * 24

    def _shortened(self, cut: "RunWindow", last: np.datetime64) -> Degradation:
        days = (cut.horizon_hours - cut._first_midnight()) // 24
        return Degradation(
            stage="prepare",
            what=f"the driving meteorology ends at {last}Z",
            original=f"a forecast of {self.horizon_hours} hours",
            replacement=f"a forecast of {cut.horizon_hours} hours",
            effect=f"驱动气象资料仅覆盖到第{days}个预报日，之后各日不作预报。",
        )
