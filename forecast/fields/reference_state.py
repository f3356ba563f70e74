"""To which temperature and pressure published concentrations refer, by date.

GB 3095-2012 gave all of them at 273.15 K and 1013.25 hPa; its amendment No. 1 (Ministry of Ecology
and Environment, announcement 29 of 2018), in force from 2018-09-01, gives gases at 298.15 K and
1013.25 hPa and particles as they are in the air at the station.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from forecast.fields.arrays import Times
from forecast.fields.observations import WEATHER, Int, ReferenceState

CHANGE = np.datetime64("2018-08-31T16:00:00", "s")
"""Beginning of 2018-09-01 in Beijing, UTC; the hour that ends then is the last of the old kind."""
Words = np.ndarray[Any, np.dtype[np.str_]]
"""Array of texts."""
PARTICLES = ("pm25", "pm10")
"""Pollutants that are not gases."""


def published_state(pollutants: Sequence[str] | Words, times: Times) -> Int:
    """State to which values of the Chinese network refer.

    Args:
        pollutants: Names, (row) or one for all rows.
        times: End of each hour, UTC, (row).

    Returns:
        `ReferenceState`, (row) uint8.
    """
    names = np.asarray(pollutants, dtype=np.str_)
    old = np.full(np.broadcast_shapes(names.shape, times.shape), ReferenceState.AT_273K, np.uint8)
    new = np.where(np.isin(names, PARTICLES), ReferenceState.ACTUAL, ReferenceState.AT_298K)
    concentration = np.where(times > CHANGE, new, old)
    states: Int = np.where(np.isin(names, WEATHER), ReferenceState.NONE, concentration).astype(
        np.uint8
    )
    return states
