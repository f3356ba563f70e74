"""Sums from which scores are made, so that any choice of days gives its scores without new passes.

Every score here is a function of sums over cases. The contribution of each case is kept on the axes
(cycle, lead, city); leads and cities are scored apart and together, and a bootstrap draws cycles.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np

from forecast.fields.arrays import Booleans, Float, Reals


@dataclass(frozen=True)
class Sums:
    """Base of classes whose fields are all such contributions, (cycle, ...) of one shape."""

    def weighted(self, weights: Float) -> Self:
        """Sum over the cycles.

        Args:
            weights: How often each cycle counts, (draw, cycle).

        Returns:
            Sums (draw, ...).
        """
        return self._each(lambda values: np.tensordot(weights, values, axes=1))

    def total(self) -> Self:
        """Sum over the cycles, each once."""
        return self._each(lambda values: values.sum(axis=0))

    def with_all_cities(self) -> Self:
        """Append the sum over all cities to the last axis."""
        return self._each(
            lambda values: np.concatenate([values, values.sum(axis=-1, keepdims=True)], axis=-1)
        )

    def over_cities(self) -> Self:
        """Sum over the last axis."""
        return self._each(lambda values: values.sum(axis=-1))

    def _each(self, change: Callable[[Float], Float]) -> Self:
        return replace(self, **{f.name: change(getattr(self, f.name)) for f in fields(self)})


@dataclass(frozen=True)
class MeanSums(Sums):
    """Contributions to a mean.

    Attributes:
        number: Cases.
        value: What is averaged.
    """

    number: Float
    value: Float

    @classmethod
    def of(cls, values: Float, sample: Booleans) -> "MeanSums":
        """Take the cases of a sample that have a value."""
        chosen = sample & np.isfinite(values)
        return cls(where(chosen, chosen), where(chosen, values))

    def mean(self) -> Float:
        """The mean; NaN without cases."""
        return ratio(self.value, self.number)


def where(sample: Booleans, values: Reals | Booleans) -> Float:
    """Return values where a case is in the sample, 0 elsewhere."""
    chosen: Float = np.where(sample, np.asarray(values, np.float64), 0.0)
    return chosen


def ratio(numerator: Float, denominator: Float) -> Float:
    """Divide; NaN where the denominator is not positive."""
    positive = np.asarray(denominator) > 0
    found: Float = np.where(positive, numerator / np.where(positive, denominator, 1.0), np.nan)
    return found
