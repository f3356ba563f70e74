"""Ensemble model output statistics: a log-normal whose centre and width are regressions.

The centre is a ridge regression of the logarithm; centre and width are then tuned to the least
CRPS in concentration, which gives heavy days their weight. Width and penalty come from
predictions of blocks of days that the regression has not seen.

Sources: Gneiting et al. 2005, doi:10.1175/MWR2904.1; CRPS of the log-normal: Baran and Lerch 2015,
doi:10.1002/qj.2521.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import minimize
from scipy.special import ndtr

from forecast.fields.arrays import Float, Integers
from forecast.postprocess.sample import SCORES, Sample

BLOCKS = 5
"""Blocks of days of the cross-validation."""
PENALTIES = (10.0, 50.0, 250.0, 1000.0)
"""Penalties that are tried, in days of data."""
ROWS = 6000
"""At most so many rows tune centre and width."""
WIDTH = (0.15, 1.2)
"""Least and greatest standard deviation of the logarithm."""


@dataclass(frozen=True)
class _Fit:
    """One lead."""

    centre: Float
    scale: Float
    mean: float
    slope: Float
    tuned: Float


@dataclass
class Emos:
    """The estimator; one fit a lead."""

    fits: dict[int, _Fit] = field(default_factory=dict)

    def fit(self, sample: Sample) -> "Emos":
        """Learn from rows with observations."""
        for lead in np.unique(sample.lead):
            self.fits[int(lead)] = _fit(sample.part(sample.lead == lead))
        return self

    def predict(self, sample: Sample) -> Float:
        """Quantiles of the logarithm at `LEVELS`, (row, level)."""
        out = np.empty((sample.lead.size, SCORES.size))
        for lead, fit in self.fits.items():
            rows = sample.lead == lead
            part = sample.part(rows)
            centre = fit.mean + ((_terms(part) - fit.centre) / fit.scale) @ fit.slope
            mu, sigma = _shape(fit.tuned, centre, part.season)
            out[rows] = (part.base + mu)[:, None] + sigma[:, None] * SCORES
        return out


def _terms(sample: Sample) -> Float:
    """Predictors, and the same times the season."""
    return np.concatenate([sample.features, sample.features * sample.season[:, None]], axis=1)


def _fit(sample: Sample) -> _Fit:
    terms, target, weight = _terms(sample), sample.anomaly, sample.weights()
    centre = np.average(terms, axis=0, weights=weight)
    scale = np.sqrt(np.average((terms - centre) ** 2, axis=0, weights=weight))
    scale = np.where(scale > 1e-6, scale, 1.0)
    terms = (terms - centre) / scale
    blocks = _blocks(sample.day)
    per_day = sample.day.size / max(np.unique(sample.day).size, 1)
    tried = [
        (_unseen(terms, target, weight, blocks, penalty * per_day), penalty * per_day)
        for penalty in PENALTIES
    ]
    unseen, best = min(tried, key=lambda entry: float(weight @ (target - entry[0]) ** 2))
    mean, slope = _ridge(terms, target, weight, best)
    tuned = _tune(unseen, sample, weight)
    return _Fit(centre, scale, mean, slope, tuned)


def _blocks(day: Integers) -> Integers:
    """Number the blocks of days, so that neighbouring days stay together."""
    first, span = int(day.min()), max(int(np.ptp(day)) + 1, 1)
    # several short blocks a fold, so that each fold sees all seasons
    length = max(span // (BLOCKS * 4), 10)
    return np.asarray((day - first) // length % BLOCKS)


def _ridge(terms: Float, target: Float, weight: Float, penalty: float) -> tuple[float, Float]:
    mean = float(np.average(target, weights=weight))
    left = (terms * weight[:, None]).T @ terms + penalty * np.eye(terms.shape[1])
    slope: Float = np.asarray(np.linalg.solve(left, terms.T @ (weight * (target - mean))))
    return mean, slope


def _unseen(terms: Float, target: Float, weight: Float, blocks: Integers, penalty: float) -> Float:
    """Predict each block from the others."""
    out = np.full(target.size, float(np.average(target, weights=weight)))
    for block in np.unique(blocks):
        inside = blocks == block
        if inside.all():
            break
        mean, slope = _ridge(terms[~inside], target[~inside], weight[~inside], penalty)
        out[inside] = mean + terms[inside] @ slope
    return out


def _shape(tuned: Float, centre: Float, season: Float) -> tuple[Float, Float]:
    mu = tuned[0] + tuned[1] * centre
    sigma = np.exp(tuned[2] + tuned[3] * season + tuned[4] * np.clip(centre, -1.0, 1.0))
    return np.asarray(mu), np.clip(sigma, *WIDTH)


def _tune(unseen: Float, sample: Sample, weight: Float) -> Float:
    """Centre and width of least CRPS; the raw ones where that fails."""
    every = max(1, unseen.size // ROWS)
    centre, season, base = unseen[::every], sample.season[::every], sample.base[::every]
    observed, weight = sample.observed[::every], weight[::every]
    spread = float(np.std(sample.anomaly - unseen))
    start = np.array([0.0, 1.0, np.log(max(spread, WIDTH[0])), 0.0, 0.0])

    def cost(tuned: Float) -> float:
        mu, sigma = _shape(tuned, centre, season)
        score = crps_lognormal(mu + base, sigma, observed)
        # a weak pull to the plain regression keeps short histories sane
        pull = float(np.sum(((tuned - start) / [0.3, 0.3, 0.3, 0.5, 0.5]) ** 2))
        return float(weight @ score / np.average(observed) + pull)

    found = minimize(cost, start, method="L-BFGS-B", options={"maxiter": 40})
    return np.asarray(found.x if np.all(np.isfinite(found.x)) else start)


def crps_lognormal(mu: Float, sigma: Float, observed: Float) -> Float:
    """CRPS of log-normal distributions, in units of what was observed."""
    score = (np.log(observed) - mu) / sigma
    mean = 2.0 * np.exp(mu + sigma**2 / 2.0)
    return np.asarray(
        observed * (2.0 * ndtr(score) - 1.0)
        - mean * (ndtr(score - sigma) + ndtr(sigma / np.sqrt(2.0)) - 1.0)
    )
