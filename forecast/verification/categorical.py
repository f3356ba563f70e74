"""Scores of classes: days above a limit, AQI levels and ranges, primary pollutants, CMA's points.

The Chinese scores follow an open implementation that names HJ 1130-2020 and the environmental
module of CMA's verification library meteva (nmcdev/meteva, `product/regulation/environment.py`);
neither regulation was at hand, so no conformity is claimed (docs/verification.md).
"""

from dataclasses import dataclass

import numpy as np

from forecast.fields.arrays import Booleans, Float, Integers, Reals
from forecast.verification.sums import Sums, ratio, where

LEVEL_ENDS = (50, 100, 150, 200, 300)
"""Greatest AQI of the levels 1 to 5, in both standards (HJ 633)."""
LEVELS = len(LEVEL_ENDS) + 1
RANGE = 0.25
"""Half width of the range of an AQI forecast, as a share of it."""
LEVEL_POINTS = (100.0, 50.0, 20.0)
"""CMA's points of a level that is right, one off, two off; 0 beyond."""
VALUE_POINTS = ((25.0, 100.0), (50.0, 80.0), (100.0, 60.0), (150.0, 30.0))
"""CMA's points of an AQI value by its greatest error; 0 beyond."""
LEAD_WEIGHTS = (0.5, 0.3, 0.2)
"""CMA's weights of the first three lead days."""


@dataclass(frozen=True)
class EventSums(Sums):
    """Contributions of days with an event forecast, observed, both or neither.

    Attributes:
        hits: Forecast and observed.
        misses: Observed only.
        false_alarms: Forecast only.
        rejections: Neither.
    """

    hits: Float
    misses: Float
    false_alarms: Float
    rejections: Float


@dataclass(frozen=True)
class EventScores:
    """Scores of events; NaN where they are not defined.

    Attributes:
        observed: How many there were.
        pod: Probability of detection, H / (H + M): the accuracy of heavy days.
        far: False alarm ratio, F / (H + F): share of the forecast events that did not come.
        pofd: False alarm rate, F / (F + R): share of the days without that had one forecast.
        threat: Threat score, H / (H + M + F).
        frequency_bias: (H + F) / (H + M).
    """

    observed: Float
    pod: Float
    far: Float
    pofd: Float
    threat: Float
    frequency_bias: Float


def event_sums(forecast: Booleans, observed: Booleans, sample: Booleans) -> EventSums:
    """Contributions of every case of the sample."""
    return EventSums(
        hits=where(sample, forecast & observed),
        misses=where(sample, ~forecast & observed),
        false_alarms=where(sample, forecast & ~observed),
        rejections=where(sample, ~forecast & ~observed),
    )


def event_scores(sums: EventSums) -> EventScores:
    """Scores of sums of any shape."""
    seen, told = sums.hits + sums.misses, sums.hits + sums.false_alarms
    return EventScores(
        observed=seen,
        pod=ratio(sums.hits, seen),
        far=ratio(sums.false_alarms, told),
        pofd=ratio(sums.false_alarms, sums.false_alarms + sums.rejections),
        threat=ratio(sums.hits, seen + sums.false_alarms),
        frequency_bias=ratio(told, seen),
    )


def levels(aqi: Float) -> Integers:
    """Level of each AQI, 1 (excellent) to 6 (severe); what NaN gives means nothing."""
    found: Integers = np.searchsorted(np.array(LEVEL_ENDS, np.float64), aqi, side="left") + 1
    return found


@dataclass(frozen=True)
class IndexSide:
    """What is forecast, or observed, about an index.

    Attributes:
        aqi: (...).
        primary: Primary pollutants, (pollutant, ...); None when the forecast names none.
        pm25_level: Level of PM2.5 by itself, NaN where it does not count, (...).
        o3_level: The same of ozone.
    """

    aqi: Float
    primary: Booleans | None
    pm25_level: Float
    o3_level: Float


@dataclass(frozen=True)
class IndexSums(Sums):
    """Contributions of pairs of an AQI with what belongs to it.

    Attributes:
        number: Pairs.
        level_right: Same level.
        in_range: Observation inside the forecast -25 % to +25 %.
        primary_number: Pairs with a primary pollutant observed and one to compare.
        primary_right: The same primary pollutants, all of them.
        level_points: CMA's points of the level.
        value_points: CMA's points of the value.
        primary_points: CMA's points of the primary pollutant, over `primary_number`.
        pm25_number: Pairs with a level of PM2.5 that counts.
        pm25_points: CMA's points of it.
        o3_number: Pairs with a level of ozone.
        o3_points: CMA's points of it.
    """

    number: Float
    level_right: Float
    in_range: Float
    primary_number: Float
    primary_right: Float
    level_points: Float
    value_points: Float
    primary_points: Float
    pm25_number: Float
    pm25_points: Float
    o3_number: Float
    o3_points: Float


@dataclass(frozen=True)
class IndexScores:
    """Scores of an AQI; NaN where they are not defined.

    Attributes:
        number: Pairs.
        level_accuracy: Share with the observed level.
        range_accuracy: Share of observations inside the forecast -25 % to +25 %.
        primary_number: Pairs of the primary pollutant.
        primary_accuracy: Share with the same primary pollutants.
        cma_level: CMA's points of the level, 0 to 100.
        cma_value: CMA's points of the value.
        cma_primary: CMA's points of the primary pollutant.
        cma_composite: CMA's composite: the mean of these three and of the points of the levels of
            ozone and PM2.5; a term that cannot be computed is left out.
    """

    number: Float
    level_accuracy: Float
    range_accuracy: Float
    primary_number: Float
    primary_accuracy: Float
    cma_level: Float
    cma_value: Float
    cma_primary: Float
    cma_composite: Float


def index_sums(told: IndexSide, seen: IndexSide, sample: Booleans) -> IndexSums:
    """Contributions of every case.

    Args:
        told: The forecast, any shape.
        seen: The observation; a day has a primary pollutant to compare when one was observed (AQI
            above 50).
        sample: True for the cases that count; both indices are finite there.
    """
    none = np.zeros_like(sample)
    same, overlap, named = none, none, none
    if told.primary is not None and seen.primary is not None:
        same = np.all(told.primary == seen.primary, axis=0)
        overlap = np.any(told.primary & seen.primary, axis=0)
        named = sample & np.any(seen.primary, axis=0)
    pm25 = sample & np.isfinite(told.pm25_level) & np.isfinite(seen.pm25_level)
    o3 = sample & np.isfinite(told.o3_level) & np.isfinite(seen.o3_level)
    levels_off = level_points(levels(told.aqi), levels(seen.aqi))
    return IndexSums(
        number=where(sample, sample),
        level_right=where(sample, levels(told.aqi) == levels(seen.aqi)),
        in_range=where(sample, np.abs(seen.aqi - told.aqi) <= RANGE * told.aqi),
        primary_number=where(named, named),
        primary_right=where(named, same),
        level_points=where(sample, levels_off),
        value_points=where(sample, value_points(told.aqi, seen.aqi)),
        primary_points=where(named, 100.0 * overlap),
        pm25_number=where(pm25, pm25),
        pm25_points=where(pm25, level_points(told.pm25_level, seen.pm25_level)),
        o3_number=where(o3, o3),
        o3_points=where(o3, level_points(told.o3_level, seen.o3_level)),
    )


def index_scores(sums: IndexSums) -> IndexScores:
    """Scores of sums of any shape."""
    n, named = sums.number, sums.primary_number
    points = [
        ratio(sums.primary_points, named),
        ratio(sums.level_points, n),
        ratio(sums.value_points, n),
        ratio(sums.o3_points, sums.o3_number),
        ratio(sums.pm25_points, sums.pm25_number),
    ]
    return IndexScores(
        number=n,
        level_accuracy=ratio(sums.level_right, n),
        range_accuracy=ratio(sums.in_range, n),
        primary_number=named,
        primary_accuracy=ratio(sums.primary_right, named),
        cma_level=points[1],
        cma_value=points[2],
        cma_primary=points[0],
        cma_composite=composite(np.stack(points)),
    )


def level_points(forecast: Reals | Integers, observed: Reals | Integers) -> Float:
    """CMA's points of levels: right, one off, two off, further (also for NaN)."""
    off = np.nan_to_num(np.abs(forecast - observed), nan=LEVELS)
    off = np.minimum(off, len(LEVEL_POINTS)).astype(np.int64)
    points: Float = np.array([*LEVEL_POINTS, 0.0])[off]
    return points


def value_points(forecast: Float, observed: Float) -> Float:
    """CMA's points of AQI values by their error."""
    limits = np.array([limit for limit, _ in VALUE_POINTS])
    place = np.searchsorted(limits, np.abs(forecast - observed), side="left")
    points: Float = np.array([*(points for _, points in VALUE_POINTS), 0.0])[place]
    return points


def composite(terms: Float) -> Float:
    """CMA's composite score: the mean of its terms.

    The terms are the points of primary pollutant, AQI level, AQI value, O3 level and, from November
    to April, PM2.5 level. A term that cannot be computed is left out of the mean.

    Args:
        terms: (term, ...), NaN where there is none.
    """
    there = np.isfinite(terms)
    return ratio(np.where(there, terms, 0.0).sum(axis=0), there.sum(axis=0).astype(np.float64))


def lead_weighted(score: Float) -> float:
    """CMA's weighting of a score of the first three lead days, 24, 48 and 72 hours.

    Returns:
        NaN when one of the three is missing.
    """
    if score.size < len(LEAD_WEIGHTS):
        return float("nan")
    return float(np.dot(LEAD_WEIGHTS, score[: len(LEAD_WEIGHTS)]))


def confusion(forecast: Float, observed: Float, sample: Booleans) -> Integers:
    """Count the cases by level, (forecast level, observed level).

    Its diagonal over its row sums is the accuracy by forecast level (AQI分级别预报准确率).
    """
    told, seen = levels(forecast[sample]) - 1, levels(observed[sample]) - 1
    counted: Integers = np.bincount(LEVELS * told + seen, minlength=LEVELS**2).astype(np.int64)
    return counted.reshape(LEVELS, LEVELS)
