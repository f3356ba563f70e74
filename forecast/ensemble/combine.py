"""Mean, quantiles and exceedance probabilities over the members that are there.

The member axis is the first. NaN marks a member that is out at a place or time; the number of
members may differ from value to value. Where no member is in, the result is NaN.
"""

import numpy as np

from forecast.fields.arrays import Float, Integers, Reals


def count(values: Reals) -> Integers:
    """Count the members that have a value.

    Args:
        values: (member, ...), NaN where a member is out.

    Returns:
        Numbers of members, (...).
    """
    return np.asarray(np.sum(np.isfinite(values), axis=0), dtype=np.int64)


def mean(values: Reals) -> Float:
    """Arithmetic mean over the members that have a value, (...)."""
    held = np.where(np.isfinite(values), values, 0.0)
    return _share(np.asarray(np.sum(held, axis=0, dtype=np.float64)), count(values))


def quantiles(values: Reals, probabilities: tuple[float, ...]) -> Float:
    """Quantiles over the members, linear between order statistics.

    Type 7 of Hyndman and Fan (1996, doi 10.1080/00031305.1996.10473566): the quantile p of n
    values stands at the place 1 + (n - 1) p of the sorted values, as HJ 663 counts percentiles.

    Args:
        values: (member, ...), NaN where a member is out.
        probabilities: Between 0 and 1.

    Returns:
        (len(probabilities), ...).
    """
    ordered = np.sort(np.where(np.isfinite(values), values, np.nan).astype(np.float64), axis=0)
    number = count(values)
    found = np.full((len(probabilities), *ordered.shape[1:]), np.nan)
    for index, probability in enumerate(probabilities):
        place = probability * np.maximum(number - 1, 0)
        below = np.floor(place).astype(np.int64)
        above = np.minimum(below + 1, np.maximum(number - 1, 0))
        low = np.take_along_axis(ordered, below[None], axis=0)[0]
        high = np.take_along_axis(ordered, above[None], axis=0)[0]
        found[index] = low + (place - below) * (high - low)
    return found


def exceedance(values: Reals, threshold: float) -> Float:
    """Share of the members that are strictly above a threshold, (...).

    The plain count: with few members it can only take few values, and 0 and 1 are no certainty.
    """
    above = np.isfinite(values) & np.greater(values, threshold)
    return _share(np.asarray(np.sum(above, axis=0, dtype=np.float64)), count(values))


def _share(total: Float, number: Integers) -> Float:
    share: Float = np.where(number > 0, total / np.maximum(number, 1), np.nan)
    return share
