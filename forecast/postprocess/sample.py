"""Rows from which estimators learn, and the form in which they answer."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri

from forecast.fields.arrays import Booleans, Float, Integers

LEVELS: Float = np.array([0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975])
"""Probabilities of the quantiles that every estimator gives."""
SCORES: Float = np.asarray(ndtri(LEVELS))
"""The same as normal scores: between and beyond, quantiles are linear in them."""
FINE: Float = np.asarray((np.arange(100) + 0.5) / 100.0)
"""Probabilities at which a mean is taken over a distribution."""
FINE_SCORES: Float = np.asarray(ndtri(FINE))


@dataclass(frozen=True)
class Sample:
    """Rows; a row is one place, one time of making and one lead.

    Attributes:
        features: Predictors without NaN, (row, feature).
        names: Names of the predictors.
        lead: Lead, days from 1, (row).
        day: Day that is forecast, counted from any origin, (row).
        season: 1 in mid January, 0 in mid July, (row).
        base: Logarithm of what is usual there and then, (row).
        observed: What came, NaN where it is not known, (row).
    """

    features: Float
    names: tuple[str, ...]
    lead: Integers
    day: Integers
    season: Float
    base: Float
    observed: Float

    def part(self, chosen: Booleans | Integers) -> "Sample":
        """Some of the rows."""
        return replace(
            self,
            features=self.features[chosen],
            lead=self.lead[chosen],
            day=self.day[chosen],
            season=self.season[chosen],
            base=self.base[chosen],
            observed=self.observed[chosen],
        )

    @property
    def anomaly(self) -> Float:
        """Logarithm of the observed over the usual, (row)."""
        return np.asarray(np.log(self.observed) - self.base)

    def weights(self) -> Float:
        """Weights of learning, mean 1: winter, when the heavy days are, counts up to 11-fold.

        They depend on the date only. Weights that depend on what came would raise every forecast
        (Lerch et al. 2017, doi:10.1214/16-STS588); heavy days count by `heavy_score` instead.
        """
        weight = 0.1 + self.season**2
        return np.asarray(weight / weight.mean())


def pinball(quantiles: Float, observed: Float) -> Float:
    """Twice the mean pinball loss over `LEVELS`, an estimate of the CRPS, (row).

    Args:
        quantiles: Quantiles at `LEVELS`, (row, level).
        observed: Observed values, (row).

    Source: Gneiting and Raftery 2007, doi:10.1198/016214506000001437.
    """
    miss = observed[:, None] - quantiles
    loss = np.where(miss >= 0.0, LEVELS * miss, (LEVELS - 1.0) * miss)
    # the levels are not evenly spaced: weigh by the part of (0, 1) each stands for
    edges = np.concatenate([[0.0], (LEVELS[1:] + LEVELS[:-1]) / 2.0, [1.0]])
    return np.asarray(2.0 * loss @ np.diff(edges))


def heavy_score(logs: Float, observed: Float, heavy: float) -> Float:
    """CRPS plus the CRPS above a threshold, both proper, so that heavy days count twice, (row).

    Args:
        logs: Quantiles of the logarithm at `LEVELS`, (row, level).
        observed: Observed values, (row).
        heavy: From which value on a day is heavy.

    Source: Gneiting and Ranjan 2011, doi:10.1198/jbes.2010.08110.
    """
    quantiles = np.exp(logs)
    above = pinball(np.maximum(quantiles, heavy), np.maximum(observed, heavy))
    return np.asarray(pinball(quantiles, observed) + above)


def at_scores(quantiles: Float, scores: Float) -> Float:
    """Quantiles at other normal scores, linear between and beyond those at `LEVELS`.

    Args:
        quantiles: (row, level), in logarithms.
        scores: (k).

    Returns:
        (row, k).
    """
    upper = np.clip(np.searchsorted(SCORES, scores), 1, SCORES.size - 1)
    part = (scores - SCORES[upper - 1]) / (SCORES[upper] - SCORES[upper - 1])
    low, high = quantiles[:, upper - 1], quantiles[:, upper]
    return np.asarray(low + part * (high - low))


def probability_above(quantiles: Float, threshold: float) -> Float:
    """Probability of more than a threshold, (row).

    Args:
        quantiles: (row, level), in logarithms, rising.
        threshold: In logarithms.
    """
    from scipy.special import ndtr

    count = np.sum(quantiles < threshold, axis=1)
    upper = np.clip(count, 1, SCORES.size - 1)
    rows = np.arange(quantiles.shape[0])
    low, high = quantiles[rows, upper - 1], quantiles[rows, upper]
    slope = (SCORES[upper] - SCORES[upper - 1]) / np.maximum(high - low, 1e-6)
    return np.asarray(1.0 - ndtr(SCORES[upper - 1] + (threshold - low) * slope))


def rising(quantiles: Float) -> Float:
    """Put quantiles that cross in order (Chernozhukov et al. 2010, doi:10.3982/ECTA7880)."""
    return np.sort(quantiles, axis=-1)
