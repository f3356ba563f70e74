"""Water vapour at saturation."""

import numpy as np
import numpy.typing as npt

from forecast.common.constants import FREEZING

FACTOR, OFFSET = 17.67, 243.5
"""Of Bolton (1980); the offset in K."""


def saturation_pressure(temperature: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Of water vapour over water, Pa (Bolton 1980, equation 10, within 0.1 % from -30 to 35 C).

    Args:
        temperature: K.
    """
    celsius = temperature - FREEZING
    return np.asarray(611.2 * np.exp(FACTOR * celsius / (celsius + OFFSET)))


def saturation_slope(temperature: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Change of `saturation_pressure` with temperature, Pa K-1.

    Args:
        temperature: K.
    """
    celsius = temperature - FREEZING
    return np.asarray(saturation_pressure(temperature) * FACTOR * OFFSET / (celsius + OFFSET) ** 2)
