"""Estimators combined, with weights that earlier, unseen periods give them.

The combination is the weighted mean of quantiles; its spread is stretched where it was too
narrow, and its mean is drawn to the climatology where it had no skill. All of that is
learned on periods later than those the estimators learned from (time-ordered folds). Averages of
quantiles: Lichtendahl et al. 2013, doi:10.1287/mnsc.1120.1667.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Protocol

import numpy as np

from forecast.fields.arrays import Float, Integers
from forecast.postprocess.sample import (
    FINE_SCORES,
    LEVELS,
    Sample,
    at_scores,
    heavy_score,
    pinball,
    rising,
)

logger = logging.getLogger(__name__)

FOLDS = 3
"""Later periods that are predicted from what was before them."""
FIRST_FOLD = 0.45
"""Part of the days before the first of them."""
FEWEST_DAYS = 500
"""Days of history without which there are no folds: a fold has to see a winter."""
FOLD_ROWS = 4000
"""At most so many rows of a fold are predicted."""
STEP = 4
"""Weights are tried in steps of one over this."""
CAUTION = 0.5
"""So much of the equal weights stays in the weights that were best."""
STRETCHES: Float = np.array([1.0, 1.1, 1.2, 1.3, 1.45, 1.6])
"""Factors of the spread that are tried; none below 1: folds do not know how winters differ."""
TOLERANCE = 1.01
"""A combination is refused when its CRPS in the folds is above the climatology's times this."""
TRUST = 0.8
"""Trust in the mean where no fold measured it."""
NEAR_LEADS = 2
"""Leads up to this have weights of their own."""


class Estimator(Protocol):
    """What learns from rows and answers with quantiles of the logarithm."""

    def fit(self, sample: Sample) -> "Estimator":
        """Learn from rows with observations."""

    def predict(self, sample: Sample) -> Float:
        """Quantiles of the logarithm at `LEVELS`, (row, level)."""


@dataclass
class Usually:
    """The climatology as an estimator: anomalies of the past, more those of the same season."""

    def fit(self, sample: Sample) -> "Usually":
        """Keep the anomalies of winter and summer."""
        cold = sample.season**2 + 0.02
        warm = (1.0 - sample.season) ** 2 + 0.02
        self.cold = _weighted_quantiles(sample.anomaly, cold)
        self.warm = _weighted_quantiles(sample.anomaly, warm)
        return self

    def predict(self, sample: Sample) -> Float:
        """Quantiles of the logarithm at `LEVELS`, (row, level)."""
        part = sample.season[:, None]
        return np.asarray(sample.base[:, None] + part * self.cold + (1.0 - part) * self.warm)


@dataclass(frozen=True)
class Blend:
    """A fitted combination.

    Attributes:
        members: Estimators by name; the climatology "usual" is one of them.
        weights: Weight of each, near leads and far leads, (2, estimator).
        stretch: Factor of the spread, near and far, (2).
        trust: How far the mean goes from the climatology's to the combination's, near, far (2).
        folds: CRPS of each estimator and of the combination in the folds; empty without folds.
        accepted: False when the combination lost against the climatology, which is then taken.
    """

    members: dict[str, Estimator]
    weights: Float
    stretch: Float
    trust: Float
    folds: dict[str, float]
    accepted: bool

    def predict(self, sample: Sample) -> tuple[Float, Float]:
        """Quantiles of the logarithm at `LEVELS`, (row, level), and means, (row)."""
        answers = np.stack([entry.predict(sample) for entry in self.members.values()])
        far = (sample.lead > NEAR_LEADS).astype(np.int64)
        mixed = _mix(answers, self.weights[far])
        usual = means(answers[list(self.members).index("usual")])
        trust = self.trust[far]
        # the stretch is for the quantiles: in a skewed distribution it would raise the mean
        mean = trust * means(mixed) + (1.0 - trust) * usual
        return _stretched(mixed, self.stretch[far]), mean


def fit_blend(
    make: Callable[[], dict[str, Estimator]],
    sample: Sample,
    heavy: float,
    fewest_days: int = FEWEST_DAYS,
) -> Blend:
    """Learn a combination in time order.

    Args:
        make: Makes the estimators, unfitted.
        sample: Rows with observations.
        heavy: From which value on a day is heavy.
        fewest_days: Days of history without which there are no folds.
    """
    count = len(make())
    weights = np.full((2, count), 1.0 / count)
    stretch, trust = np.ones(2), np.full(2, TRUST)
    folds: dict[str, float] = {}
    unseen = _unseen(make, sample, fewest_days)
    if unseen is not None:
        rows, answers = unseen
        weight = rows.weights()
        for place, inside in enumerate((rows.lead <= NEAR_LEADS, rows.lead > NEAR_LEADS)):
            if not inside.any():
                continue
            part = (answers[:, inside], rows.part(inside), weight[inside], heavy)
            weights[place] = _best_weights(*part)
            stretch[place], trust[place] = _best_spread(weights[place], *part)
        far = (rows.lead > NEAR_LEADS).astype(np.int64)
        mixed = _stretched(_mix(answers, weights[far]), stretch[far])
        for name, answer in zip((*make(), "combined"), (*answers, mixed), strict=True):
            folds[name] = float(weight @ pinball(np.exp(answer), rows.observed) / weight.sum())
    accepted = not folds or folds["combined"] <= TOLERANCE * folds["usual"]
    if not accepted:
        logger.warning(
            "the combination of estimators had a CRPS of %.2f where the climatology had %.2f; "
            "the climatology is taken alone",
            folds["combined"],
            folds["usual"],
        )
        weights, stretch = np.tile(np.eye(count)[0], (2, 1)), np.ones(2)
    members = {name: entry.fit(sample) for name, entry in make().items()}
    return Blend(members, weights, stretch, trust, folds, accepted)


def means(quantiles: Float) -> Float:
    """Mean of distributions from quantiles of their logarithm, (row)."""
    return np.asarray(np.exp(at_scores(quantiles, FINE_SCORES)).mean(axis=1))


def _unseen(
    make: Callable[[], dict[str, Estimator]], sample: Sample, fewest_days: int
) -> tuple[Sample, Float] | None:
    """Predict each fold from what was known before it; None with too short a history."""
    first, last = int(sample.day.min()), int(sample.day.max())
    if last - first < fewest_days:
        return None
    edges = np.linspace(first + FIRST_FOLD * (last - first), last + 1, FOLDS + 1).astype(np.int64)
    chosen: list[Integers] = []
    answers: list[Float] = []
    for begin, end in zip(edges[:-1], edges[1:], strict=True):
        inside = np.flatnonzero((sample.day >= begin) & (sample.day < end))
        inside = inside[:: max(1, inside.size // FOLD_ROWS)]
        # what is learned from was known before the first forecast of the fold was made
        known = sample.part(sample.day < begin - int(sample.lead.max()))
        if not inside.size or not known.day.size:
            continue
        test = sample.part(inside)
        chosen.append(inside)
        answers.append(np.stack([entry.fit(known).predict(test) for entry in make().values()]))
    if not chosen:
        return None
    return sample.part(np.concatenate(chosen)), np.concatenate(answers, axis=1)


def _mix(answers: Float, weights: Float) -> Float:
    """Weighted mean over estimators; weights (estimator) or (row, estimator)."""
    rule = "erl,re->rl" if weights.ndim == 2 else "erl,e->rl"
    return np.asarray(np.einsum(rule, answers, weights))


def _stretched(quantiles: Float, factor: Float) -> Float:
    """Widen or narrow about the median; factor () or (row)."""
    middle = quantiles[:, [LEVELS.size // 2]]
    return np.asarray(middle + np.reshape(factor, (-1, 1)) * (quantiles - middle))


def _best_weights(answers: Float, sample: Sample, weight: Float, heavy: float) -> Float:
    """Weights of least score, with caution."""
    count = answers.shape[0]
    tried = [
        np.array(parts) / STEP
        for parts in product(range(STEP + 1), repeat=count)
        if sum(parts) == STEP
    ]
    costs = [
        float(weight @ heavy_score(_mix(answers, entry), sample.observed, heavy)) for entry in tried
    ]
    best = tried[int(np.argmin(costs))]
    return np.asarray((1.0 - CAUTION) * best + CAUTION / count)


def _best_spread(
    weights: Float, answers: Float, sample: Sample, weight: Float, heavy: float
) -> tuple[float, float]:
    """Factor of the spread of least score, and trust in the mean of least squared error."""
    mixed = _mix(answers, weights)
    costs = [
        float(weight @ heavy_score(_stretched(mixed, entry), sample.observed, heavy))
        for entry in STRETCHES
    ]
    stretch = float(STRETCHES[int(np.argmin(costs))])
    usual = means(answers[0])
    step = means(mixed) - usual
    square = float(weight @ step**2)
    slope = float(weight @ (step * (sample.observed - usual))) / max(square, 1e-9)
    return stretch, float(np.clip(slope, 0.2, 1.0))


def _weighted_quantiles(values: Float, weight: Float) -> Float:
    order = np.argsort(values)
    part = (np.cumsum(weight[order]) - 0.5 * weight[order]) / weight.sum()
    return rising(np.interp(LEVELS, part, values[order]))
