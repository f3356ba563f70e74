"""Scores of single values: bias, error, correlation.

NMB, NME, RMSE and r as an open implementation of HJ 1130-2020 computes them (the text of the
standard was not at hand); the fractional ones after Boylan and Russell (2006,
doi 10.1016/j.atmosenv.2005.09.087).
"""

from dataclasses import dataclass

import numpy as np

from forecast.fields.arrays import Booleans, Float
from forecast.verification.sums import Sums, ratio, where


@dataclass(frozen=True)
class PairSums(Sums):
    """Contributions of pairs of a forecast F and an observation O.

    Attributes:
        number: Pairs.
        forecast: F.
        observed: O.
        absolute: |F - O|.
        squared: (F - O)^2.
        forecast_squared: F^2.
        observed_squared: O^2.
        product: F O.
        fractional: 2 (F - O) / (F + O).
        fractional_absolute: Its absolute value.
    """

    number: Float
    forecast: Float
    observed: Float
    absolute: Float
    squared: Float
    forecast_squared: Float
    observed_squared: Float
    product: Float
    fractional: Float
    fractional_absolute: Float


@dataclass(frozen=True)
class PairScores:
    """Scores of pairs; NaN where they are not defined.

    Attributes:
        number: Pairs.
        bias: Mean of F - O, in the unit of the values.
        nmb: Normalised mean bias, sum(F - O) / sum(O).
        nme: Normalised mean error, sum|F - O| / sum(O).
        rmse: Root of the mean squared error, in the unit of the values.
        r: Pearson's correlation.
        mfb: Mean fractional bias, mean of 2 (F - O) / (F + O).
        mfe: Mean fractional error.
    """

    number: Float
    bias: Float
    nmb: Float
    nme: Float
    rmse: Float
    r: Float
    mfb: Float
    mfe: Float


def pair_sums(forecast: Float, observed: Float, sample: Booleans) -> PairSums:
    """Contributions of every case.

    Args:
        forecast: Values, any shape.
        observed: The same shape.
        sample: True for the cases that count; both values are finite there.
    """
    f, o = where(sample, forecast), where(sample, observed)
    error = f - o
    fractional = 2.0 * error / np.where(f + o > 0.0, f + o, 1.0)
    return PairSums(
        number=where(sample, sample),
        forecast=f,
        observed=o,
        absolute=np.abs(error),
        squared=error**2,
        forecast_squared=f**2,
        observed_squared=o**2,
        product=f * o,
        fractional=fractional,
        fractional_absolute=np.abs(fractional),
    )


def pair_scores(sums: PairSums) -> PairScores:
    """Scores of sums of any shape."""
    n = sums.number
    covariance = n * sums.product - sums.forecast * sums.observed
    of_forecast = _spread(n, sums.forecast, sums.forecast_squared)
    of_observed = _spread(n, sums.observed, sums.observed_squared)
    return PairScores(
        number=n,
        bias=ratio(sums.forecast - sums.observed, n),
        nmb=ratio(sums.forecast - sums.observed, sums.observed),
        nme=ratio(sums.absolute, sums.observed),
        rmse=np.sqrt(ratio(sums.squared, n)),
        r=np.clip(ratio(covariance, of_forecast * of_observed), -1.0, 1.0),
        mfb=ratio(sums.fractional, n),
        mfe=ratio(sums.fractional_absolute, n),
    )


def _spread(number: Float, total: Float, squared: Float) -> Float:
    """Return n times the standard deviation; 0 where rounding leaves nothing of it."""
    variance = number * squared - total**2
    root: Float = np.sqrt(np.where(variance > 1e-12 * number * squared, variance, 0.0))
    return root


def score_pairs(forecast: Float, observed: Float) -> PairScores:
    """Scores of all pairs in which both values are there.

    Args:
        forecast: Values, any shape, NaN where there is none.
        observed: The same shape.
    """
    sample = np.isfinite(forecast) & np.isfinite(observed)
    return pair_scores(pair_sums(forecast.ravel(), observed.ravel(), sample.ravel()).total())
