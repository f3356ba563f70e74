"""How far an observation may lie from the true mean of its cell."""

from collections.abc import Sequence

import numpy as np

from forecast.config.assimilation import ObservedPollutant, RepresentativenessConfig
from forecast.fields.arrays import Float
from forecast.grid.stations import StationKind


def observation_error(
    value: Float,
    kinds: Sequence[StationKind],
    cell_size: float,
    pollutant: ObservedPollutant,
    place: RepresentativenessConfig,
) -> Float:
    """Standard error of the logarithm of an observation as the mean of a cell.

    The error of the instrument, and that of a point as a cell: `scale` times the former times the
    root of cell size over the station's length (Elbern et al. 2007, doi 10.5194/acp-7-3749-2007),
    and a share of the value with the same root, since within a city values differ in proportion.

    Args:
        value: Observation in the product's unit, (nstation,).
        kinds: What the stations stand for.
        cell_size: m.
        pollutant: Its errors and offset.
        place: Lengths that the stations stand for.

    Returns:
        Of log(value + offset), (nstation,).
    """
    length = np.array([getattr(place, kind.value) for kind in kinds])
    root = np.sqrt(cell_size / length)
    instrument = np.hypot(pollutant.error, pollutant.relative_error * value)
    of_place = np.hypot(place.scale * instrument * root, place.share * value * root)
    total: Float = np.hypot(instrument, of_place) / (value + pollutant.offset)
    return total
