"""Which values of stations are doubted, and why.

The checks follow what networks do everywhere (range, step, persistence, consistency in space and
between quantities; e.g. Fiebrich et al. 2010, doi 10.1175/2010JTECHA1433.1, for the kinds); their
numbers are in the configuration. A value is never changed, it gets flags; every check looks at what
was measured up to the last hour of the series and at nothing else.
"""

from dataclasses import replace

import numpy as np

from forecast.config.observations import BlockedPeriod, QualityConfig, Range
from forecast.fields.arrays import Booleans, Float, Integers, Single, Times
from forecast.fields.observations import HOUR, REASONS, Flag, Int, Readings, StationSeries, series

MOST_NEIGHBOURS = 12
"""So many of the nearest stations are compared with."""
EARTH_RADIUS = 6_371_000.0
"""Mean radius of the Earth, m."""
MAD_TO_DEVIATION = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""
LOCAL = np.timedelta64(8, "h")
"""Beijing time is so far ahead of UTC."""


def checked(observed: StationSeries, options: QualityConfig) -> StationSeries:
    """Add the flags of all checks to those that the source has set.

    Args:
        observed: Hourly values.
        options: When a value is doubted.

    Returns:
        The same values with more flags.
    """
    flags = observed.flags.copy()
    near = neighbours(observed, options)
    for place, name in enumerate(observed.pollutants):
        limits = options.ranges.get(name)
        if limits is not None:
            flags[place] |= _of_pollutant(observed.values[place], limits, near, options)
    flags |= _ratio(observed, options)
    for period in options.blocked:
        flags[_blocked(observed, period)] |= np.uint16(Flag.BLOCKED)
    # there is nothing to doubt where there is nothing
    flags[np.isnan(observed.values)] &= np.uint16(Flag.MISSING | Flag.SOURCE | Flag.BLOCKED)
    return replace(observed, flags=flags)


def flagged(readings: Readings, options: QualityConfig) -> Readings:
    """Add the flags of all checks to hourly rows; rows of other periods stay as they are."""
    hourly = np.flatnonzero(readings.period_seconds == HOUR)
    if not hourly.size:
        return readings
    rows = readings.take(hourly)
    found = checked(series(rows), options)
    place, beside = np.divmod((rows.time - found.times[0]).astype(np.int64), HOUR)
    flags = readings.flag.copy()
    added = found.flags[rows.pollutant, rows.station, place]
    flags[hourly] |= np.where(beside == 0, added, 0).astype(np.uint16)
    return replace(readings, flag=flags)


def counts(observed: StationSeries) -> dict[str, int]:
    """Count the values that carry each flag, by its reason in words."""
    return {text: int(((observed.flags & int(bit)) != 0).sum()) for bit, text in REASONS.items()}


def neighbours(observed: StationSeries, options: QualityConfig) -> Integers:
    """Find the nearest stations within the distance of a comparison.

    Returns:
        (station, rank) places of stations, nearest first, -1 where there are no more.
    """
    longitude = np.radians([station.longitude for station in observed.stations])
    latitude = np.radians([station.latitude for station in observed.stations])
    sine = np.sin((latitude[:, None] - latitude) / 2.0) ** 2
    sine += (
        np.cos(latitude[:, None])
        * np.cos(latitude)
        * (np.sin((longitude[:, None] - longitude) / 2.0) ** 2)
    )
    distance: Float = 2.0 * EARTH_RADIUS * np.arcsin(np.sqrt(np.clip(sine, 0.0, 1.0)))
    np.fill_diagonal(distance, np.inf)
    distance[~(distance <= options.neighbour_distance)] = np.inf
    order = np.argsort(distance, axis=1, kind="stable")[:, :MOST_NEIGHBOURS].astype(np.int64)
    order[np.isinf(np.take_along_axis(distance, order, axis=1))] = -1
    return order


def _of_pollutant(values: Single, limits: Range, near: Integers, options: QualityConfig) -> Int:
    """Flags of one pollutant, (station, time)."""
    flags = np.zeros(values.shape, np.uint16)
    table: Float = values.astype(np.float64)
    impossible = (table < limits.least) | (table > limits.greatest)
    flags[impossible] |= np.uint16(Flag.RANGE)
    table[impossible] = np.nan
    around = _around(table, near)
    flags[_stuck(table, limits, options)] |= np.uint16(Flag.STUCK)
    flags[_step(table, around, limits, options)] |= np.uint16(Flag.STEP)
    flags[_spatial(table, around, limits, options)] |= np.uint16(Flag.SPATIAL)
    return flags


def _around(table: Float, near: Integers) -> Float:
    """Values of the neighbours, (station, rank, time), NaN where there are none."""
    padded = np.concatenate([table, np.full((1, table.shape[1]), np.nan)])
    found: Float = padded[near]
    return found


def _stuck(table: Float, limits: Range, options: QualityConfig) -> Booleans:
    """Values that are the same for too long; small ones may be, since instruments round."""
    length = np.ones(table.shape, np.int64)
    same = table[:, 1:] == table[:, :-1]
    for place in range(1, table.shape[1]):
        length[:, place] += np.where(same[:, place - 1], length[:, place - 1], 0)
    for place in range(table.shape[1] - 2, -1, -1):  # give the whole run its final length
        longer = length[:, place + 1]
        length[:, place] = np.where(same[:, place], longer, length[:, place])
    low = table <= options.stuck_low * limits.step
    allowed = np.where(low, options.stuck_hours_low, limits.stuck_hours)
    stuck: Booleans = (table > options.stuck_least * limits.step) & (length >= allowed)
    return stuck


def _step(table: Float, around: Float, limits: Range, options: QualityConfig) -> Booleans:
    """Jumps that come and go within an hour, and jumps of the last hour that no neighbour shares.

    A jump that half of the neighbours make as well, at least half as large, is weather.
    """
    none = np.full((table.shape[0], 1), np.nan)
    rise = np.concatenate([none, np.diff(table, axis=1)], axis=1)
    fall = np.concatenate([rise[:, 1:], none], axis=1)
    least = np.minimum(np.abs(rise), np.abs(fall))
    spike = (rise * fall < 0.0) & (least > limits.step)
    spike &= least > options.step_ratio * np.abs(rise + fall) / 2.0
    shared, number = _median(np.diff(around, axis=2, prepend=np.nan))
    compared = number >= options.neighbours
    alone = compared & (np.sign(rise) * shared < 0.5 * np.abs(rise))
    step: Booleans = spike & (alone | ~compared)
    step[:, -1] = alone[:, -1] & (np.abs(rise[:, -1]) > 2.0 * limits.step)
    return step


def _spatial(table: Float, around: Float, limits: Range, options: QualityConfig) -> Booleans:
    """Values far from the median of the neighbours, in the logarithm and in the difference.

    The logarithm is of value plus a tenth of the step, so that small values do not stand out.
    """
    small = 0.1 * limits.step
    own, other = np.log(table + small), np.log(around + small)
    middle, number = _median(other)
    spread, _ = _median(np.abs(other - middle[:, None, :]))
    deviation = np.maximum(MAD_TO_DEVIATION * spread, options.spatial_floor)
    far = np.abs(own - middle) > options.spatial_deviation * deviation
    difference = np.abs(table - np.exp(middle) + small)
    apart = difference > options.spatial_difference * limits.step
    doubted: Booleans = far & apart & (number >= options.neighbours)
    return doubted


def _median(values: Float) -> tuple[Float, Integers]:
    """Median over the second axis, and of how many; NaN of none."""
    ordered = np.sort(values, axis=1)  # NaN come last
    number = np.isfinite(values).sum(axis=1)
    if values.shape[1] == 0:
        return np.full(number.shape, np.nan), number.astype(np.int64)
    low, high = np.maximum(number - 1, 0) // 2, np.minimum(number // 2, values.shape[1] - 1)
    ends = [np.take_along_axis(ordered, rank[:, None, :], axis=1)[:, 0] for rank in (low, high)]
    median: Float = 0.5 * (ends[0] + ends[1])
    return median, number.astype(np.int64)


def _ratio(observed: StationSeries, options: QualityConfig) -> Int:
    """Flags of PM2.5 that exceeds PM10, on both, for either may be wrong."""
    flags = np.zeros(observed.flags.shape, np.uint16)
    if {"pm25", "pm10"} <= set(observed.pollutants):
        fine, coarse = observed.of("pm25"), observed.of("pm10")
        above = fine > options.ratio_tolerance * coarse + options.ratio_margin
        for name in ("pm25", "pm10"):
            flags[observed.pollutants.index(name)][above] = np.uint16(Flag.RATIO)
    return flags


def _blocked(observed: StationSeries, period: BlockedPeriod) -> Booleans:
    """Values that one entry of the block list names, (pollutant, station, time)."""
    # the label that ends a local day belongs to that day
    days: Times = (observed.times + LOCAL - np.timedelta64(1, "s")).astype("datetime64[D]")
    inside = np.ones(days.size, dtype=bool)
    if period.begin:
        inside &= days >= np.datetime64(period.begin, "D")
    if period.end:
        inside &= days <= np.datetime64(period.end, "D")
    stations = np.array([station.code == period.station for station in observed.stations])
    named = [not period.pollutants or name in period.pollutants for name in observed.pollutants]
    blocked: Booleans = np.array(named)[:, None, None] & stations[:, None] & inside
    return blocked
