"""Tables of readings from arrays of hours, as all readers of files make them."""

from collections.abc import Mapping, Sequence

import numpy as np

from forecast.fields.arrays import Reals, Times
from forecast.fields.observations import HOUR, Flag, Readings, StationRecord
from forecast.fields.reference_state import published_state

PUBLISHED_AFTER = np.timedelta64(HOUR, "s")
"""Values of an archive count as known one hour after the hour that they describe has ended: the
network publishes within it."""
LOCAL = np.timedelta64(8, "h")
"""Beijing time is so far ahead of UTC, all year."""


def readings_of(
    stations: Sequence[StationRecord],
    times: Times,
    values: Mapping[str, Reals],
    received: np.datetime64 | None = None,
) -> Readings:
    """Put hours of stations of the Chinese network into a table; missing values make no row.

    Args:
        stations: The stations.
        times: End of each hour, UTC, (time).
        values: Concentrations and weather in the units of the products, each (station, time).
        received: From when all of it was known, UTC; None: an hour after each hour's end.
    """
    names = tuple(values)
    block = np.stack([np.asarray(values[name], np.float32) for name in names])
    pollutant, station, place = np.nonzero(np.isfinite(block))
    time = times.astype("datetime64[s]")[place]
    known = time + PUBLISHED_AFTER if received is None else np.full(time.size, received)
    return Readings(
        stations=tuple(stations),
        pollutants=names,
        station=station.astype(np.int32),
        pollutant=pollutant.astype(np.int16),
        time=time,
        period_seconds=np.full(time.size, HOUR, np.int32),
        value=block[pollutant, station, place],
        state=published_state(np.array(names)[pollutant], time),
        received=known.astype("datetime64[s]"),
        flag=np.full(time.size, int(Flag.OK), np.uint16),
    )
