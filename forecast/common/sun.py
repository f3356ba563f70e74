"""Where the sun stands, and the parts of a date that it follows.

Series of Spencer (1971, Search 2, 172).
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


class Sun(NamedTuple):
    """Position of the sun.

    Attributes:
        sine: Sine of the solar elevation (cosine of the zenith angle), negative by night, any
            shape.
        distance_factor: (mean distance / distance)^2.
    """

    sine: Float
    distance_factor: float


def solar_position(time: np.datetime64, longitude: NDArray[Any], latitude: NDArray[Any]) -> Sun:
    """Compute the solar elevation.

    Args:
        time: UTC.
        longitude: Degrees east, any shape.
        latitude: Degrees north, same shape.
    """
    day, hours = day_of_year(time)
    angle = 2.0 * np.pi * (day - 1.0 + hours / 24.0) / 365.0
    declination = (
        0.006918 - 0.399912 * np.cos(angle) + 0.070257 * np.sin(angle)
        - 0.006758 * np.cos(2 * angle) + 0.000907 * np.sin(2 * angle)
        - 0.002697 * np.cos(3 * angle) + 0.00148 * np.sin(3 * angle)
    )  # fmt: skip
    equation_of_time = 229.18 * (
        0.000075 + 0.001868 * np.cos(angle) - 0.032077 * np.sin(angle)
        - 0.014615 * np.cos(2 * angle) - 0.04089 * np.sin(2 * angle)
    )  # fmt: skip
    hour_angle = np.radians(15.0 * (hours - 12.0) + longitude + equation_of_time / 4.0)
    phi = np.radians(latitude)
    sine = np.sin(phi) * np.sin(declination) + np.cos(phi) * np.cos(declination) * np.cos(
        hour_angle
    )
    distance = 1.00011 + 0.034221 * np.cos(angle) + 0.00128 * np.sin(angle)
    distance += 0.000719 * np.cos(2 * angle) + 0.000077 * np.sin(2 * angle)
    return Sun(sine, float(distance))


def day_of_year(time: np.datetime64) -> tuple[int, float]:
    """Return the day of the year, 1 to 366, and the hour of the day with its fraction, UTC."""
    day = time.astype("datetime64[D]")
    number = int((day - day.astype("datetime64[Y]").astype("datetime64[D]")).astype(int)) + 1
    seconds = (time.astype("datetime64[s]") - day.astype("datetime64[s]")).astype(int)
    return number, float(seconds) / 3600.0


def month_of(time: np.datetime64) -> int:
    """Return the month, 1 to 12."""
    return int(time.astype("datetime64[M]").astype(int)) % 12 + 1
