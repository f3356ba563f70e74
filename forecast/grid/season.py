"""Seasons of vegetation, as tables of dry deposition know them."""

from datetime import datetime
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


class VegetationSeason(IntEnum):
    """Seasonal categories of Wesely (1989, doi 10.1016/0004-6981(89)90153-4), in his order."""

    MIDSUMMER = 0
    """Lush vegetation."""
    AUTUMN = 1
    """Crops not yet harvested."""
    LATE_AUTUMN = 2
    """After frost, without snow."""
    WINTER = 3
    """Snow on the ground, below freezing."""
    SPRING = 4
    """Transition: partly green short annuals."""


LATITUDE_BANDS = (20.0, 35.0, 50.0, 75.0)
"""Where one row of `SEASONS` goes over to the next, degrees."""
SEASONS = (
    (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    (2, 4, 4, 4, 0, 0, 0, 0, 0, 1, 1, 1),
    (2, 2, 4, 4, 4, 0, 0, 0, 1, 1, 1, 2),
    (2, 2, 2, 4, 4, 0, 0, 0, 1, 1, 2, 2),
    (2, 2, 2, 2, 2, 4, 0, 1, 2, 2, 2, 2),
)
"""Season of each latitude band and month, January first: the assignment of CAMx 4 to 7 (ENVIRON,
User's Guide, section on dry deposition). Snow is not in it: see `DepositionConfig`."""


def vegetation_season(time: datetime, latitude: NDArray[Any]) -> Integers:
    """Find the season of vegetation by date and latitude.

    Args:
        time: Date; only its month counts. South of the equator it is taken half a year on.
        latitude: Degrees north, any shape.

    Returns:
        Values of `VegetationSeason`, the shape of `latitude`.
    """
    table = np.array(SEASONS, dtype=np.int64)
    band = np.searchsorted(LATITUDE_BANDS, np.abs(latitude), side="left")
    month = np.where(np.asarray(latitude) < 0.0, time.month + 5, time.month - 1) % 12
    seasons: Integers = table[band, month]
    return seasons
