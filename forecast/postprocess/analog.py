"""Analog ensemble: what followed the most similar days of the past.

Similar in a few predictors and in the season; anomalies of all cities are one pool, so that a new
city finds analogs too. Source: Delle Monache et al. 2013, doi:10.1175/MWR-D-12-00281.1.
"""

from dataclasses import dataclass, field

import numpy as np

from forecast.fields.arrays import Float
from forecast.postprocess.sample import LEVELS, Sample, rising

NEIGHBOURS = 150
"""Analogs that are taken; many are the same days in neighbouring cities."""
SEASON_WEIGHT = 2.0
"""Weight of the season beside predictors of unit variance."""


@dataclass(frozen=True)
class _Library:
    """The past of one lead."""

    centre: Float
    scale: Float
    points: Float
    anomaly: Float


@dataclass
class Analog:
    """The estimator.

    Attributes:
        predictors: Columns of the features by which days are compared, most telling first.
        libraries: The past, one a lead.
    """

    predictors: tuple[int, ...]
    libraries: dict[int, _Library] = field(default_factory=dict)

    def fit(self, sample: Sample) -> "Analog":
        """Keep the past."""
        for lead in np.unique(sample.lead):
            part = sample.part(sample.lead == lead)
            chosen = part.features[:, self.predictors]
            centre, scale = chosen.mean(axis=0), np.maximum(chosen.std(axis=0), 1e-6)
            points = self._points(part, centre, scale)
            self.libraries[int(lead)] = _Library(centre, scale, points, part.anomaly)
        return self

    def predict(self, sample: Sample) -> Float:
        """Quantiles of the logarithm at `LEVELS`, (row, level)."""
        from sklearn.neighbors import NearestNeighbors

        out = np.empty((sample.lead.size, LEVELS.size))
        for lead, library in self.libraries.items():
            rows = sample.lead == lead
            if not rows.any():
                continue
            part = sample.part(rows)
            count = min(NEIGHBOURS, library.anomaly.size)
            search = NearestNeighbors(n_neighbors=count).fit(library.points)
            near = search.kneighbors(
                self._points(part, library.centre, library.scale), return_distance=False
            )
            found = np.quantile(library.anomaly[near], LEVELS, axis=1).T
            out[rows] = part.base[:, None] + found
        return rising(out)

    def _points(self, sample: Sample, centre: Float, scale: Float) -> Float:
        chosen = (sample.features[:, self.predictors] - centre) / scale
        return np.column_stack([chosen, SEASON_WEIGHT * sample.season])
