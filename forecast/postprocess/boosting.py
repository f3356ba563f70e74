"""Gradient-boosted quantiles of the logarithm, all leads in one model a quantile.

Source: Friedman 2001, doi:10.1214/aos/1013203451, as scikit-learn's histogram trees do it.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import ndtri

from forecast.fields.arrays import Float
from forecast.postprocess.sample import SCORES, Sample, rising

FITTED: tuple[float, ...] = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles that are fitted; the others lie between and beyond in normal scores."""
ROWS = 12_000
"""At most so many rows are learned from, drawn evenly."""


@dataclass
class Boosting:
    """The estimator."""

    models: list[Any] = field(default_factory=list)

    def fit(self, sample: Sample) -> "Boosting":
        """Learn from rows with observations."""
        from sklearn.ensemble import HistGradientBoostingRegressor

        if sample.lead.size > ROWS:
            keep = np.linspace(0, sample.lead.size - 1, ROWS).astype(np.int64)
            sample = sample.part(keep)
        predictors, target = _predictors(sample), sample.anomaly
        weight = sample.weights()
        leaf = max(20, sample.lead.size // 60)
        self.models = [
            HistGradientBoostingRegressor(
                loss="quantile",
                quantile=level,
                learning_rate=0.12,
                max_iter=35,
                max_leaf_nodes=8,
                min_samples_leaf=leaf,
                l2_regularization=10.0,
                max_bins=32,
                early_stopping=False,
                random_state=0,
            ).fit(predictors, target, sample_weight=weight)
            for level in FITTED
        ]
        return self

    def predict(self, sample: Sample) -> Float:
        """Quantiles of the logarithm at `LEVELS`, (row, level)."""
        predictors = _predictors(sample)
        known = rising(np.stack([model.predict(predictors) for model in self.models], axis=1))
        scores = ndtri(np.array(FITTED))
        upper = np.clip(np.searchsorted(scores, SCORES), 1, scores.size - 1)
        part = (SCORES - scores[upper - 1]) / (scores[upper] - scores[upper - 1])
        low, high = known[:, upper - 1], known[:, upper]
        return np.asarray(sample.base[:, None] + low + part * (high - low))


def _predictors(sample: Sample) -> Float:
    return np.column_stack([sample.features, sample.season, sample.lead])
