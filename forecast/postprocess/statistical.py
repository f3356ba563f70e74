"""The statistical member: city forecasts of 1 to 7 days from daily observations alone.

It needs no transport model and no weather, so there is always a forecast. What observations alone
can know reaches about two days; beyond, the forecast comes close to what is usual for the season,
with the spread that belongs to it. docs/science/statistics.md has the figures.
"""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from forecast.common.errors import InputError
from forecast.fields.arrays import Float
from forecast.fields.city_daily import CityDaily, Days
from forecast.postprocess.analog import Analog
from forecast.postprocess.boosting import Boosting
from forecast.postprocess.combine import Blend, Estimator, Usually, fit_blend
from forecast.postprocess.emos import Emos
from forecast.postprocess.features import (
    ANALOG_PREDICTORS,
    MEMORY,
    TARGETS,
    Usual,
    learn_usual,
    make_sample,
)
from forecast.postprocess.sample import SCORES, Sample, at_scores, probability_above

VERSION = "1"
"""Version of the method; it changes when the same observations give other forecasts."""
FEWEST_DAYS = 30
"""Days with observations without which nothing is learned."""
FEWEST_ROWS = 200
"""Rows of a target without which it is not learned."""
WARM_UP = 14
"""First days whose predictors lack a past; they teach nothing."""
GREATEST_AQI = 500.0
"""End of the index."""
AQI_THRESHOLDS = (150.0, 200.0, 300.0)
"""Index values whose exceedance is forecast."""


@dataclass(frozen=True)
class StatisticalModel:
    """A trained statistical member.

    Attributes:
        usual: What is usual.
        blends: Combination of estimators of each target that could be learned.
        leads: Leads 1 to this.
        first: First day of the data.
        last: Last day of the data: forecasts made on later days only are honest.
    """

    usual: Usual
    blends: dict[str, Blend]
    leads: int
    first: np.datetime64
    last: np.datetime64


@dataclass(frozen=True)
class CityOutlook:
    """Forecasts of cities.

    Attributes:
        cities: English names.
        cycles: Local days on which the forecasts are made, (cycle).
        pm25: Quantiles of the logarithm of PM2.5 at `LEVELS`, (lead, city, cycle, level).
        pm25_mean: Means, ug m-3, (lead, city, cycle).
        aqi: Quantiles of the logarithm of the index, (lead, city, cycle, level); None when no
            index was observed.
        current: True where the city was observed in the last three days, (city, cycle).
    """

    cities: tuple[str, ...]
    cycles: Days
    pm25: Float
    pm25_mean: Float
    aqi: Float | None
    current: np.ndarray

    def pm25_quantile(self, score: float) -> Float:
        """Quantile of PM2.5 at a normal score, ug m-3, (lead, city, cycle)."""
        return _quantile(self.pm25, score)

    def aqi_median(self) -> Float:
        """Median of the index, NaN when none was observed, (lead, city, cycle)."""
        if self.aqi is None:
            return np.full(self.pm25_mean.shape, np.nan)
        return np.minimum(_quantile(self.aqi, 0.0), GREATEST_AQI)

    def aqi_above(self, threshold: float) -> Float:
        """Probability of more than an index, NaN when none was observed, (lead, city, cycle)."""
        if self.aqi is None:
            return np.full(self.pm25_mean.shape, np.nan)
        flat = self.aqi.reshape(-1, SCORES.size)
        return probability_above(flat, float(np.log(threshold))).reshape(self.pm25_mean.shape)


def train(daily: CityDaily, leads: int) -> StatisticalModel:
    """Learn from all observations given, which the caller has cut at what was known.

    Raises:
        InputError: They are too few.
    """
    seen = np.isfinite(daily.of("pm25"))
    if int(seen.any(axis=0).sum()) < FEWEST_DAYS:
        msg = (
            f"The observations of {daily.days[0]} to {daily.days[-1]} hold PM2.5 of "
            f"{int(seen.any(axis=0).sum())} day(s); the statistical member needs at least "
            f"{FEWEST_DAYS}. Give an earlier history, or begin later."
        )
        raise InputError(msg)
    usual = learn_usual(daily)
    blends = {}
    for target, heavy in TARGETS.items():
        sample = _known_rows(daily, usual, target, leads)
        if sample.lead.size >= FEWEST_ROWS and np.unique(sample.lead).size == leads:
            blends[target] = fit_blend(partial(_estimators, sample.names), sample, heavy)
    if "pm25" not in blends:
        msg = (
            f"The observations of {daily.days[0]} to {daily.days[-1]} give too few forecasts of "
            f"{leads} days to learn from; give a longer history."
        )
        raise InputError(msg)
    return StatisticalModel(usual, blends, leads, daily.days[0], daily.days[-1])


def outlook(model: StatisticalModel, daily: CityDaily, cycles: Days) -> CityOutlook:
    """Forecast.

    Args:
        model: A model that was trained on days before the first cycle.
        daily: Observations of the same cities; each cycle uses those before its day only.
        cycles: Local days on which the forecasts are made, rising.

    Raises:
        InputError: The model knows a cycle's own day or later ones, or other cities.
    """
    if model.last >= cycles[0]:
        msg = (
            f"The statistical member has learned from observations up to {model.last}; it cannot "
            f"forecast as of {cycles[0]}. Train it on earlier days."
        )
        raise InputError(msg)
    if daily.cities != model.usual.cities:
        msg = (
            f"The statistical member was trained for {', '.join(model.usual.cities)}; the "
            f"observations are of {', '.join(daily.cities)}. Give the same cities."
        )
        raise InputError(msg)
    window = _window(daily, cycles)
    evenings = np.array([window.index(day) - 1 for day in cycles])
    shape = (model.leads, len(daily.cities), cycles.size)
    found: dict[str, tuple[Float, Float]] = {}
    for target, blend in model.blends.items():
        sample = make_sample(window, model.usual, target, evenings, model.leads)
        quantiles, mean = blend.predict(sample)
        found[target] = quantiles.reshape(*shape, SCORES.size), mean.reshape(shape)
    seen = np.isfinite(window.of("pm25"))
    current = np.stack([seen[:, max(0, day - 2) : day + 1].any(axis=1) for day in evenings], axis=1)
    aqi = found["aqi"][0] if "aqi" in found else None
    return CityOutlook(daily.cities, cycles, *found["pm25"], aqi, current)


def _estimators(names: tuple[str, ...]) -> dict[str, Estimator]:
    columns = tuple(names.index(name) for name in ANALOG_PREDICTORS)
    return {
        "usual": Usually(),
        "emos": Emos(),
        "analog": Analog(columns),
        "boosting": Boosting(),
    }


def _known_rows(daily: CityDaily, usual: Usual, target: str, leads: int) -> Sample:
    """Rows of the past: predictors of an evening at which the city was observed, and what came."""
    evenings = np.arange(min(WARM_UP, daily.days.size - 1), daily.days.size)
    sample = make_sample(daily, usual, target, evenings, leads)
    current = np.isfinite(daily.of("pm25"))[:, evenings].ravel()
    return sample.part(np.isfinite(sample.observed) & np.tile(current, leads))


def _window(daily: CityDaily, cycles: Days) -> CityDaily:
    """Observations from `MEMORY` days before the first cycle to the eve of the last, padded."""
    begin = cycles[0] - np.timedelta64(MEMORY, "D")
    days = np.arange(begin, cycles[-1])
    place = (days - daily.days[0]).astype(np.int64)
    inside = (place >= 0) & (place < daily.days.size)

    def cut(values: Float) -> Float:
        out = np.full((*values.shape[:-1], days.size), np.nan)
        out[..., inside] = values[..., place[inside]]
        return out

    return replace(
        daily,
        days=days,
        values=cut(daily.values),
        aqi=cut(daily.aqi),
        aqi_low=cut(daily.aqi_low),
        aqi_high=cut(daily.aqi_high),
    )


def _quantile(quantiles: Float, score: float) -> Float:
    flat = at_scores(quantiles.reshape(-1, SCORES.size), np.array([score]))
    return np.asarray(np.exp(flat[:, 0]).reshape(quantiles.shape[:-1]))
