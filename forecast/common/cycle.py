"""Cycle times: UTC inside, Beijing time in products, the local day as the regulation counts it.

China has used one time zone without daylight saving since 1992, so a fixed offset of 8 hours is
exact for every date that this system handles. Hours are labelled by their end; the natural day of
the regulation holds the labels 01:00 to 24:00 (HJ 633-2026; `configs/aqi`).
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from forecast.common.errors import CycleError

LOCAL_OFFSET = timedelta(hours=8)
LOCAL_ZONE_NAME = "Asia/Shanghai"
_FORM = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}")

Times = np.ndarray[Any, np.dtype[np.datetime64]]


@dataclass(frozen=True, order=True)
class Cycle:
    """The start of a forecast, a full hour in UTC.

    Attributes:
        time: Start, timezone-aware UTC.
    """

    time: datetime

    @classmethod
    def parse(cls, text: str) -> "Cycle":
        """Read `YYYY-MM-DDTHH` (UTC).

        Raises:
            CycleError: The text has another form or is no date.
        """
        if not _FORM.fullmatch(text):
            msg = (
                f"The cycle '{text}' is not of the form YYYY-MM-DDTHH (UTC), such as "
                "'2021-12-31T16' for Beijing midnight of 1 January 2022; give it in that form."
            )
            raise CycleError(msg)
        try:
            time = datetime.strptime(text, "%Y-%m-%dT%H").replace(tzinfo=UTC)
        except ValueError as error:
            msg = f"The cycle '{text}' is no date and hour ({error}); correct it."
            raise CycleError(msg) from error
        return cls(time)

    @property
    def name(self) -> str:
        """`YYYY-MM-DDTHH`, the name of the run's folder."""
        return self.time.strftime("%Y-%m-%dT%H")

    @property
    def start(self) -> np.datetime64:
        """Start as a naive numpy time, UTC."""
        return np.datetime64(self.time.replace(tzinfo=None), "s")

    def hours(self, first: int, last: int) -> Times:
        """Hourly times from `first` to `last` hours after the start, both included, UTC."""
        steps = np.arange(first, last + 1).astype("timedelta64[h]")
        times: Times = (self.start + steps).astype("datetime64[s]")
        return times


def local_labels(labels: Times) -> Times:
    """Convert hour-ending labels from UTC to Beijing time (naive)."""
    shifted: Times = labels + np.timedelta64(8, "h")
    return shifted


def local_dates(labels: Times) -> Times:
    """Return the natural day, in Beijing time, that each hour-ending UTC label belongs to.

    The label 24:00 (that is 00:00 of the next date) belongs to the day that it ends.
    """
    dates: Times = (local_labels(labels) - np.timedelta64(1, "s")).astype("datetime64[D]")
    return dates


def lead_days(cycle: Cycle, dates: Times) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Number the natural days: 1 is the first that lies wholly at or after the cycle's start."""
    local_start = cycle.start + np.timedelta64(8, "h")
    first = local_start.astype("datetime64[D]")
    if first.astype("datetime64[s]") < local_start:
        first = first + np.timedelta64(1, "D")
    days: np.ndarray[Any, np.dtype[np.int64]] = (
        (dates - first).astype("timedelta64[D]").astype(np.int64)
    )
    return days + 1


def day_ends(cycle: Cycle, horizon_hours: int) -> tuple[int, ...]:
    """Forecast hours at which the complete local days inside the horizon end; lead day 1 first."""
    local = cycle.time + LOCAL_OFFSET
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    to_first = -(local - midnight) // timedelta(hours=1) % 24
    return tuple(range(to_first + 24, horizon_hours + 1, 24))
