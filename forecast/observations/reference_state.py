"""Bring concentrations to the state of the products: gases at 298.15 K, particles as in the air.

A gas keeps its number of molecules, so its mass in a volume follows the volume: c' = c T / T' p'/p
(ideal gas). Between the two reference states the factor for gases is 273.15 / 298.15 = 0.9161.
Particles of the old kind need the temperature and pressure at the station.
"""

from dataclasses import replace

import numpy as np

from forecast.fields.arrays import Reals
from forecast.fields.observations import Readings, ReferenceState
from forecast.fields.reference_state import PARTICLES

STANDARD_PRESSURE = 101_325.0
"""Pressure of both reference states, Pa."""
OLD, NEW = 273.15, 298.15
"""Temperature of the reference states, K."""
MEAN_TEMPERATURE, MEAN_PRESSURE = 287.0, 100_700.0
"""Yearly mean of the plain of Shandong, K and Pa (about 14 degrees Celsius, 50 m above the sea; a
round number of ours): taken for particles of the old kind where the weather is not known. In
January it makes them about 5 % too low, in July about 5 % too high."""


def to_product_state(
    readings: Readings, temperature: Reals | None = None, pressure: Reals | None = None
) -> Readings:
    """Convert every concentration to the state of the products.

    Args:
        readings: Of any states.
        temperature: At the station and time, K, (row); NaN or None: the yearly mean.
        pressure: Likewise, Pa.

    Returns:
        The same rows, gases at 298.15 K and 1013.25 hPa and particles as in the air.
    """
    warm = _filled(temperature, readings.size, MEAN_TEMPERATURE)
    heavy = _filled(pressure, readings.size, MEAN_PRESSURE)
    particle = np.isin(np.array(readings.pollutants, dtype=np.str_), PARTICLES)[readings.pollutant]
    state = readings.state
    reference = np.where(state == ReferenceState.AT_273K, OLD, NEW)
    actual = state == ReferenceState.ACTUAL
    have_t = np.where(actual, warm, reference)
    have_p = np.where(actual, heavy, STANDARD_PRESSURE)
    want_t = np.where(particle, warm, NEW)
    want_p = np.where(particle, heavy, STANDARD_PRESSURE)
    factor = have_t / want_t * want_p / have_p
    concentration = state != ReferenceState.NONE
    wanted = np.where(particle, ReferenceState.ACTUAL, ReferenceState.AT_298K)
    return replace(
        readings,
        value=np.where(concentration, readings.value * factor, readings.value).astype(np.float32),
        state=np.where(concentration, wanted, state).astype(np.uint8),
    )


def _filled(values: Reals | None, size: int, mean: float) -> Reals:
    if values is None:
        return np.full(size, mean)
    filled: Reals = np.where(np.isfinite(values), values, mean)
    return filled
