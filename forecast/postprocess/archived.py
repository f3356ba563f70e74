"""Calibration of anybody's archived forecasts, in time order.

What is usual here is the raw forecast: estimators learn the logarithm of observed over forecast
from the forecast itself, the error of the last days that was known when it was made, what was
last observed, the season, and any further columns.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from forecast.common.errors import InputError
from forecast.fields.arrays import Booleans, Float, Integers
from forecast.fields.city_daily import Days
from forecast.postprocess.analog import Analog
from forecast.postprocess.boosting import Boosting
from forecast.postprocess.climatology import season_of_days
from forecast.postprocess.combine import Blend, Estimator, Usually, fit_blend
from forecast.postprocess.emos import Emos
from forecast.postprocess.sample import LEVELS, Sample

LEAST = 0.01
"""Forecast and observed values below are taken as this, in their unit."""
FEWEST_ROWS = 60
"""Rows of a pollutant without which nothing is learned and the raw forecast passes through."""
FEWEST_DAYS = 90
"""Days of history without which estimators are not weighted by time-ordered folds."""
RECENT_DAYS = 7
"""Days over which the recent error is taken."""
HEAVY_PART = 0.9
"""A day is heavy above this quantile of what was observed in training."""
REFIT_DAYS = 31
"""The calibration is learned anew after so many days."""


@dataclass(frozen=True)
class Pairs:
    """Forecasts of one pollutant and what came, one row a site, day and lead.

    Attributes:
        valid: Day that is forecast, (row).
        lead: Lead, days; the forecast was made so many days before, on that day's morning, (row).
        site: Number of the site, (row).
        forecast: Raw forecast, (row).
        observed: What came, NaN where it is not known, (row).
        further: Further predictors, NaN where missing, (row, column).
        further_names: Their names.
    """

    valid: Days
    lead: Integers
    site: Integers
    forecast: Float
    observed: Float
    further: Float
    further_names: tuple[str, ...]

    @property
    def made(self) -> Days:
        """Day on which each forecast was made: what is older is known."""
        return np.asarray(self.valid - self.lead)


@dataclass(frozen=True)
class Calibrated:
    """The walk through the days after the training.

    Attributes:
        rows: Rows of the pairs that were calibrated, (n).
        mean: Calibrated values, (n).
        quantiles: At `LEVELS`, (n, level).
        learned: False where nothing could be learned or the raw forecast was better: those rows
            are raw, (n).
    """

    rows: Integers
    mean: Float
    quantiles: Float
    learned: Booleans


def calibrate(pairs: Pairs, train_until: np.datetime64) -> Calibrated:
    """Learn from the days up to one, then walk forward, learning anew every month.

    A forecast uses only what was observed before the day on which it was made.

    Raises:
        InputError: No forecast is valid after that day.
    """
    after = pairs.valid > train_until
    if not after.any():
        msg = (
            f"No forecast is valid after '{train_until}'; the last one is valid on "
            f"'{pairs.valid.max()}'. Give an earlier day until which to learn."
        )
        raise InputError(msg)
    sample = _sample(pairs, pairs.valid <= train_until)
    rows, means, quantiles, learned = [], [], [], []
    for begin, end in _periods(pairs.made[after], train_until):
        chosen = np.flatnonzero(after & (pairs.made >= begin) & (pairs.made < end))
        if not chosen.size:
            continue
        blend = _learn(pairs, sample, begin)
        part = sample.part(chosen)
        if blend is None:
            mean, logs = np.exp(part.base), np.tile(part.base[:, None], LEVELS.size)
        else:
            logs, mean = blend.predict(part)
        rows.append(chosen)
        means.append(mean)
        quantiles.append(np.exp(logs))
        learned.append(np.full(chosen.size, blend is not None))
    order = np.argsort(np.concatenate(rows))
    return Calibrated(
        np.concatenate(rows)[order],
        np.concatenate(means)[order],
        np.concatenate(quantiles)[order],
        np.concatenate(learned)[order],
    )


def _periods(
    made: Days, train_until: np.datetime64
) -> Iterator[tuple[np.datetime64, np.datetime64]]:
    """Days of making between two trainings: those before the cut first, then months."""
    cut = train_until + np.timedelta64(1, "D")
    if made.min() < cut:
        yield made.min(), cut
    for begin in np.arange(cut, made.max() + 1, REFIT_DAYS):
        yield begin, begin + REFIT_DAYS


def _learn(pairs: Pairs, sample: Sample, begin: np.datetime64) -> Blend | None:
    """Learn from days that had ended before one; None when they are too few or it is no gain."""
    known = (pairs.valid < begin) & np.isfinite(pairs.observed) & np.isfinite(sample.base)
    if int(known.sum()) < FEWEST_ROWS:
        return None
    past = sample.part(known)
    # leads that the past lacks cannot be learned from it
    if not np.isin(np.unique(sample.lead), np.unique(past.lead)).all():
        return None
    heavy = float(np.quantile(past.observed, HEAVY_PART))
    return fit_blend(partial(_estimators, past.features.shape[1]), past, heavy, FEWEST_DAYS)


def _estimators(columns: int) -> dict[str, Estimator]:
    return {
        "usual": Usually(),
        "emos": Emos(),
        "analog": Analog(tuple(range(min(columns, 4)))),
        "boosting": Boosting(),
    }


def _sample(pairs: Pairs, first: Booleans) -> Sample:
    """Rows with the raw forecast as what is usual; `first` rows say what stands for a gap."""
    forecast = np.maximum(pairs.forecast, LEAST)
    observed = np.maximum(pairs.observed, LEAST)
    error, last = _recent(pairs, np.log(observed) - np.log(forecast), np.log(observed))
    level = np.log(forecast)
    features = np.column_stack(
        [level, error, np.where(np.isfinite(last), last - level, 0.0), pairs.further]
    )
    there = first[:, None] & np.isfinite(features)
    middle = np.where(there, features, 0.0).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
    origin = pairs.valid.min()
    return Sample(
        features=np.where(np.isfinite(features), features, middle),
        names=("forecast", "recent_error", "last_observed", *pairs.further_names),
        lead=pairs.lead,
        day=(pairs.valid - origin).astype(np.int64),
        season=season_of_days(pairs.valid),
        base=level,
        observed=np.where(np.isfinite(pairs.observed), observed, np.nan),
    )


def _recent(pairs: Pairs, error: Float, observed: Float) -> tuple[Float, Float]:
    """Mean error of the last days and the last observation, known when each row was made."""
    origin = min(pairs.made.min(), pairs.valid.min()) - np.timedelta64(RECENT_DAYS + 1, "D")
    valid = (pairs.valid - origin).astype(np.int64)
    made = (pairs.made - origin).astype(np.int64)
    shape = (int(pairs.site.max()) + 1, int(max(valid.max(), made.max())) + 1)
    total, count = np.zeros(shape), np.zeros(shape)
    there = np.isfinite(error)
    shortest = there & (pairs.lead == pairs.lead.min())
    np.add.at(total, (pairs.site[shortest], valid[shortest]), error[shortest])
    np.add.at(count, (pairs.site[shortest], valid[shortest]), 1.0)
    seen = np.full(shape, np.nan)
    seen[pairs.site[there], valid[there]] = observed[there]
    total, count = np.cumsum(total, axis=1), np.cumsum(count, axis=1)
    eve, before = made - 1, made - 1 - RECENT_DAYS
    number = count[pairs.site, eve] - count[pairs.site, before]
    mean = (total[pairs.site, eve] - total[pairs.site, before]) / (number + 1.0)
    return np.asarray(mean), seen[pairs.site, eve]
