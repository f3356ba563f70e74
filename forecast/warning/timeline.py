"""Hour bounds of a series as times in Beijing, and its local days."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

import numpy as np

from forecast.common.cycle import LOCAL_OFFSET, LOCAL_ZONE_NAME, Cycle, lead_days, local_dates
from forecast.fields.arrays import Times

LOCAL = timezone(LOCAL_OFFSET, LOCAL_ZONE_NAME)
FEWEST_HOURS_OF_A_DAY = 20
"""Labels that a local day needs to be listed, as for a daily mean."""


@dataclass(frozen=True)
class LocalDay:
    """One natural day of the series.

    Attributes:
        date: The day, Asia/Shanghai.
        hours: Its first hour in the series and the hour after its last.
    """

    date: date
    hours: tuple[int, int]


@dataclass(frozen=True)
class Timeline:
    """The hours of a series; hour h ends at label h and lies between the bounds h and h + 1.

    Attributes:
        cycle: The cycle.
        labels: Ends of the hours, UTC.
    """

    cycle: Cycle
    labels: Times

    @property
    def start(self) -> datetime:
        """Start of the cycle, Asia/Shanghai."""
        return self.cycle.time.astimezone(LOCAL)

    @property
    def hours_before(self) -> int:
        """Hours of the series that end at or before the cycle's start."""
        return int(np.sum(self.labels <= self.cycle.start))

    def time(self, bound: int) -> datetime:
        """Time of an hour bound, Asia/Shanghai; bound 0 is the start of the first hour."""
        first: datetime = self.labels[0].astype("datetime64[s]").item()
        return (first + LOCAL_OFFSET + timedelta(hours=bound - 1)).replace(tzinfo=LOCAL)

    @property
    def dates(self) -> tuple[date, ...]:
        """All local days that the series touches."""
        return tuple(date.fromisoformat(str(day)) for day in np.unique(local_dates(self.labels)))

    @property
    def days(self) -> tuple[LocalDay, ...]:
        """Local days of the forecast: whole ones from the first after the cycle's start on."""
        dates, first, number = np.unique(
            local_dates(self.labels), return_index=True, return_counts=True
        )
        wanted = (lead_days(self.cycle, dates) >= 1) & (number >= FEWEST_HOURS_OF_A_DAY)
        return tuple(
            LocalDay(date.fromisoformat(str(dates[k])), (int(first[k]), int(first[k] + number[k])))
            for k in np.flatnonzero(wanted)
        )
