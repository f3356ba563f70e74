"""Scores of probabilities and ensembles whose number of members changes from case to case.

Every case is scored with the members that it has, and only then are cases averaged: a case with
four members counts as much as one with twenty. NaN marks a member that is out. The fair scores
(Ferro 2014, doi 10.1002/qj.2270) do not reward or punish a number of members; they need two.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.fields.arrays import Booleans, Float, Integers

MOST_CURVE_POINTS = 60
"""Points kept of a curve for a picture."""


def fair_crps(members: Float, observed: Float) -> Float:
    """Fair continuous ranked probability score of every case.

    Args:
        members: (member, ...), NaN where a member is out.
        observed: (...), NaN where there is no observation.

    Returns:
        In the unit of the values; NaN with fewer than two members.
    """
    from scores.probability import crps_for_ensemble

    return _ensemble_score(crps_for_ensemble, members, observed, method="fair")


def fair_tail_crps(members: Float, observed: Float, threshold: float) -> Float:
    """The fair score of what lies above a threshold: all below counts as the threshold itself.

    Threshold-weighted CRPS of Allen, Ginsbourger and Ziegel (2023, doi 10.1137/22M1532184).
    """
    return fair_crps(np.maximum(members, threshold), np.maximum(observed, threshold))


def _ensemble_score(
    score: Callable[..., Any], members: Float, observed: Float, **options: Any
) -> Float:
    """Apply a score of the library to every case that has enough members and an observation."""
    import xarray as xr

    found = np.full(observed.shape, np.nan)
    usable = (np.count_nonzero(np.isfinite(members), axis=0) >= 2) & np.isfinite(observed)
    if usable.any():
        chosen = np.where(np.isfinite(members), members, np.nan)[:, usable]
        result = score(
            xr.DataArray(chosen, dims=("member", "case")),
            xr.DataArray(observed[usable], dims=("case",)),
            "member",
            preserve_dims="all",
            **options,
        )
        found[usable] = np.asarray(result.squeeze().values).reshape(-1)
    return found


def fair_brier(members: Float, observed: Float, threshold: float) -> Float:
    """Fair Brier score of every case for the event "above a threshold"; NaN below two members."""
    import operator

    from scores.probability import brier_score_for_ensemble

    return _ensemble_score(
        brier_score_for_ensemble,
        members,
        observed,
        event_thresholds=[threshold],
        event_threshold_operator=operator.gt,
    )


def quantile_score(forecast: Float, observed: Float, probability: float) -> Float:
    """Pinball loss of every case; its mean over the quantiles times two comes near the CRPS.

    Koenker and Machado (1999, doi 10.1080/01621459.1999.10473882).
    """
    error = observed - forecast
    loss: Float = np.maximum(probability * error, (probability - 1.0) * error)
    return loss


@dataclass(frozen=True)
class SpreadSums:
    """Spread and error of an ensemble mean, case by case.

    Attributes:
        variance: Unbiased variance of the members times (m + 1) / m, (...).
        squared_error: Of the mean of the members, (...).
    """

    variance: Float
    squared_error: Float


def spread_and_error(members: Float, observed: Float) -> SpreadSums:
    """Variance that a reliable ensemble's squared error has in the mean.

    Fortin et al. (2014, doi 10.1175/JHM-D-14-0008.1): with m members the error of the mean is
    (m + 1) / m times their variance; both are compared after averaging over the cases.

    Returns:
        NaN with fewer than two members or without an observation.
    """
    there = np.isfinite(members)
    number = there.sum(axis=0).astype(np.float64)
    usable = (number >= 2) & np.isfinite(observed)
    safe = np.maximum(number, 2.0)
    mean = np.where(there, members, 0.0).sum(axis=0) / safe
    square = np.where(there, (members - mean) ** 2, 0.0).sum(axis=0) / (safe - 1.0)
    return SpreadSums(
        variance=np.where(usable, square * (safe + 1.0) / safe, np.nan),
        squared_error=np.where(usable, (mean - observed) ** 2, np.nan),
    )


def rank_histogram(members: Float, observed: Float, bins: int) -> Float:
    """Where the observations fall among the members, for any number of members.

    With m members the observation falls into one of m + 1 gaps; gap k covers the part k/(m+1) to
    (k+1)/(m+1) of the range 0 to 1 (Hamill 2001, doi dkkvh3). Ties share their gaps evenly. The
    covered part is laid out over the bins, so that a reliable ensemble gives a flat histogram
    whatever the numbers of members were.

    Args:
        members: (member, ...), NaN where a member is out.
        observed: (...), NaN where there is no observation.
        bins: Bins of the histogram; m + 1 gives the usual one.

    Returns:
        Share of the cases in each bin, (bins,); NaN when there is no case.
    """
    there = np.isfinite(members)
    number = there.sum(axis=0)
    usable = (number >= 1) & np.isfinite(observed)
    below = np.where(there, members < observed, False).sum(axis=0)[usable]
    equal = np.where(there, members == observed, False).sum(axis=0)[usable]
    gaps = number[usable] + 1.0
    start, stop = below / gaps, (below + equal + 1) / gaps
    edges = np.linspace(0.0, 1.0, bins + 1)
    covered = np.clip((edges[None] - start[:, None]) / (stop - start)[:, None], 0.0, 1.0)
    mass: Float = np.diff(covered, axis=1).sum(axis=0)
    return mass / usable.sum() if usable.any() else np.full(bins, np.nan)


@dataclass(frozen=True)
class BrierParts:
    """The Brier score of forecast probabilities and its parts: score = mcb - dsc + unc.

    Attributes:
        number: Cases.
        events: How many of them saw the event.
        score: Mean of (p - o)^2.
        miscalibration: What recalibration would save (reliability; 0 is best).
        discrimination: What the forecast tells cases apart by (resolution; more is better).
        uncertainty: Score of the sample's own frequency.
        curve: Recalibrated probability at each forecast one: the reliability curve, (2, point).
    """

    number: int
    events: int
    score: float
    miscalibration: float
    discrimination: float
    uncertainty: float
    curve: Float


def brier_parts(probability: Float, event: Booleans) -> BrierParts:
    """Decompose the Brier score exactly, without a choice of bins.

    CORP of Dimitriadis, Gneiting and Jordan (2021, doi 10.1073/pnas.2016191118): the recalibrated
    probabilities are the isotonic regression of the events on the forecasts, so that forecasts made
    of any number of members can be pooled.

    Args:
        probability: Forecast probabilities, (case,), all finite.
        event: Whether the event came, (case,).
    """
    from scipy.optimize import isotonic_regression

    outcome = event.astype(np.float64)
    if outcome.size == 0:
        nan = float("nan")
        return BrierParts(0, 0, nan, nan, nan, nan, np.empty((2, 0)))
    values, place = np.unique(probability, return_inverse=True)
    weights = np.bincount(place).astype(np.float64)
    means = np.bincount(place, weights=outcome) / weights
    fitted = np.asarray(isotonic_regression(means, weights=weights).x)
    score = float(np.mean((probability - outcome) ** 2))
    recalibrated = float(np.mean((fitted[place] - outcome) ** 2))
    uncertainty = float(np.mean(outcome) * (1.0 - np.mean(outcome)))
    return BrierParts(
        number=outcome.size,
        events=int(event.sum()),
        score=score,
        miscalibration=score - recalibrated,
        discrimination=uncertainty - recalibrated,
        uncertainty=uncertainty,
        curve=_thinned(np.stack([values, fitted])),
    )


@dataclass(frozen=True)
class ReliabilityBins:
    """Forecast probabilities in bins of equal width.

    Attributes:
        number: Cases, (bin,).
        forecast: Mean forecast probability, NaN in an empty bin.
        observed: Share of the cases that saw the event, NaN in an empty bin.
    """

    number: Integers
    forecast: Float
    observed: Float


def reliability_bins(probability: Float, event: Booleans, bins: int = 10) -> ReliabilityBins:
    """Count forecasts and events by probability, (case,) each; 1 falls into the last bin."""
    place = np.minimum((probability * bins).astype(np.int64), bins - 1)
    number = np.bincount(place, minlength=bins)
    least = np.where(number > 0, number, np.nan)
    return ReliabilityBins(
        number=number.astype(np.int64),
        forecast=np.bincount(place, weights=probability, minlength=bins) / least,
        observed=np.bincount(place, weights=event.astype(np.float64), minlength=bins) / least,
    )


@dataclass(frozen=True)
class Roc:
    """Hit rate against false alarm rate over all probabilities at which one could warn.

    Attributes:
        area: Area below the curve; 0.5 tells nothing, 1 is perfect; NaN without events or without
            other cases.
        pofd: False alarm rate of each point, from 0 to 1.
        pod: Hit rate of each point.
    """

    area: float
    pofd: Float
    pod: Float


def roc(probability: Float, event: Booleans) -> Roc:
    """Curve of the relative operating characteristic.

    Mason and Graham (2002, doi 10.1256/003590002320603584); ties in probability are one point, so
    that the area is that of the Mann-Whitney statistic.

    Args:
        probability: Forecast probabilities, (case,), all finite.
        event: Whether the event came, (case,).
    """
    events, others = int(event.sum()), int((~event).sum())
    if events == 0 or others == 0:
        return Roc(float("nan"), np.empty(0), np.empty(0))
    values, place = np.unique(-probability, return_inverse=True)
    hits = np.bincount(place, weights=event.astype(np.float64), minlength=values.size)
    false = np.bincount(place, weights=(~event).astype(np.float64), minlength=values.size)
    pod = np.concatenate([[0.0], np.cumsum(hits) / events])
    pofd = np.concatenate([[0.0], np.cumsum(false) / others])
    area = float(np.trapezoid(pod, pofd))
    kept = _thinned(np.stack([pofd, pod]))
    return Roc(area, kept[0], kept[1])


def _thinned(curve: Float) -> Float:
    """Keep some points of a curve, (2, point), the first and the last among them."""
    count = curve.shape[1]
    if count <= MOST_CURVE_POINTS:
        return curve
    chosen = np.unique(np.linspace(0, count - 1, MOST_CURVE_POINTS).round().astype(np.int64))
    return curve[:, chosen]
