"""Scores of several forecasts of the same days: one sample for all, by lead day and city.

A case (cycle, lead day, city) counts when every forecast that gives a quantity at all has it there
and it was observed. So no forecast gains by being silent on hard days, and the size of the sample
is one of the scores.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from forecast.aqi.standard import StandardSet
from forecast.fields.arrays import Booleans, Float
from forecast.fields.city_forecast import AQI_POLLUTANTS
from forecast.verification.bootstrap import interval
from forecast.verification.categorical import (
    EventSums,
    IndexSide,
    event_scores,
    event_sums,
    index_scores,
    index_sums,
)
from forecast.verification.cubes import (
    O3,
    PM25,
    QUANTILES,
    THRESHOLDS,
    ForecastCube,
    ObservedCube,
)
from forecast.verification.deterministic import pair_scores, pair_sums
from forecast.verification.observed import pollutant_levels
from forecast.verification.probabilistic import (
    fair_brier,
    fair_crps,
    fair_tail_crps,
    quantile_score,
    spread_and_error,
)
from forecast.verification.references import BEST_MEMBER, CLIMATOLOGY, PERSISTENCE
from forecast.verification.sums import MeanSums, ratio

ALL_CITIES = "all"
"""Name of the last entry of the city axis of scores."""
HEAVY = (150, 200, 300)
"""AQI above which days are heavy: what warnings are about."""
DECISIONS = (0.5, 0.3, 0.15)
"""Probabilities from which on a day is taken as heavy, besides the median of the forecast."""
TAIL_PM25 = 150.0
"""PM2.5 at an AQI of 200, ug m-3: the tail score counts what is above."""
SKILLS = (
    ("pm25", "rmse"), ("aqi", "rmse"), ("pm25", "crps"), ("pm25", "quantile_score"),
    *(("aqi", f"brier_{limit}") for limit in HEAVY),
)  # fmt: skip
"""Scores for which skill is told: 1 - score / score of the reference."""
REFERENCES = (PERSISTENCE, CLIMATOLOGY, BEST_MEMBER)
"""Sources that are no stream: no skill is told of them."""
WINTER_MONTHS = (11, 12, 1, 2, 3, 4)
"""Months in which CMA's composite counts the level of PM2.5."""
Key = tuple[str, str]


@dataclass(frozen=True)
class Score:
    """One score of one forecast.

    Attributes:
        values: (lead, city), all cities together in the last place.
        draws: Of all cities together in each draw of the bootstrap, (draw, lead); None without.
    """

    values: Float
    draws: Float | None


@dataclass(frozen=True)
class Comparison:
    """Scores of forecasts on their common sample.

    Attributes:
        sources: Names of the forecasts, the one that the comparison is about first.
        cubes: The forecasts themselves.
        keys: Quantity and score, such as ("pm25", "rmse").
        values: (source, key, lead, city), all cities together in the last place.
        low: Lower end of the 95 % interval of all cities together, (source, key, lead).
        high: Upper end.
        sample: Cases of the AQI, (cycle, lead, city).
        probability_sample: Cases of the probabilities.
    """

    sources: tuple[str, ...]
    cubes: tuple[ForecastCube, ...]
    keys: tuple[Key, ...]
    values: Float
    low: Float
    high: Float
    sample: Booleans
    probability_sample: Booleans

    def of(self, source: str, quantity: str, score: str) -> Float:
        """One score, (lead, city); NaN when the source has none."""
        if (quantity, score) not in self.keys:
            return np.full(self.values.shape[2:], np.nan)
        found: Float = self.values[self.sources.index(source), self.keys.index((quantity, score))]
        return found


def compare(
    cubes: Sequence[ForecastCube],
    observed: ObservedCube,
    standards: StandardSet,
    weights: Float | None,
) -> Comparison:
    """Score forecasts on their common sample.

    Args:
        cubes: Forecasts on the same axes, the one that it is about first.
        observed: Observations on these axes.
        standards: The dated AQI standards.
        weights: How often each cycle counts in each draw of the bootstrap; None for none.
    """
    samples = _Samples(cubes, observed)
    found = [_scores(source, observed, samples, standards, weights) for source in cubes]
    for source, scores in zip(cubes, found, strict=True):
        if source.name in REFERENCES:
            continue
        scores.update(_skills(scores, list(zip(cubes, found, strict=True))))
    keys = tuple(dict.fromkeys(key for scores in found for key in scores))
    leads, cities = cubes[0].axes.shape[1:]
    values = np.full((len(cubes), len(keys), leads, cities + 1), np.nan)
    low = np.full((len(cubes), len(keys), leads), np.nan)
    high = low.copy()
    for row, scores in enumerate(found):
        for place, key in enumerate(keys):
            if key in scores:
                values[row, place] = scores[key].values
                draws = scores[key].draws
                if draws is not None:
                    low[row, place], high[row, place] = interval(draws)
    return Comparison(
        sources=tuple(source.name for source in cubes),
        cubes=tuple(cubes),
        keys=keys,
        values=values,
        low=low,
        high=high,
        sample=samples.aqi,
        probability_sample=samples.probability,
    )


class _Samples:
    """The cases that count, by quantity, (cycle, lead, city)."""

    def __init__(self, cubes: Sequence[ForecastCube], observed: ObservedCube) -> None:
        seen = np.isfinite(observed.aqi)
        self.aqi = _common([source.aqi for source in cubes], seen)
        self.probability = _common(
            [source.probability[THRESHOLDS.index(HEAVY[0])] for source in cubes], seen
        )
        self.values = [
            _common([source.values[place] for source in cubes], np.isfinite(own))
            for place, own in enumerate(observed.values)
        ]
        # a single forecast is an ensemble of one: its score is the absolute error; of quantiles
        # alone there is none, their own score stands for it
        self.crps = _common([_scorable(source) for source in cubes], self.values[PM25])
        self.quantiles = _common(
            [source.pm25_quantiles.sum(axis=0) for source in cubes], self.values[PM25]
        )


def _common(given: Sequence[Float], seen: Booleans) -> Booleans:
    """Where everybody who has any value has one; nowhere when nobody has."""
    having = [np.isfinite(values) for values in given]
    having = [there for there in having if there.any()]
    common = seen & bool(having)
    for there in having:
        common = common & there
    return common


def _scorable(source: ForecastCube) -> Float:
    """1 where the CRPS can be computed, else NaN."""
    number = np.sum(np.isfinite(source.pm25_members), axis=0)
    scorable: Float = np.where(number >= 2, 1.0, np.nan)
    if source.pm25_members.shape[0] == 0 and not _has_width(source):
        scorable = source.values[PM25]
    return scorable


def _has_width(source: ForecastCube) -> bool:
    """Tell whether the quantiles of a source differ."""
    return bool(np.any(source.pm25_quantiles[-1] > source.pm25_quantiles[0]))


def _scores(
    source: ForecastCube,
    observed: ObservedCube,
    samples: _Samples,
    standards: StandardSet,
    weights: Float | None,
) -> dict[Key, Score]:
    made: dict[Key, Score] = {}
    parts = (
        _of_values(source, observed, samples),
        _of_index(source, observed, samples, standards),
        _of_probabilities(source, observed, samples),
        _of_ensemble(source, observed, samples),
    )
    for part in parts:
        for quantity, sums, score in part:
            whole = score(sums.with_all_cities().total())
            drawn = None if weights is None else score(sums.over_cities().weighted(weights))
            for name, values in whole.items():
                draws = None if drawn is None else drawn[name]
                made[quantity, name] = Score(values, draws)
    return made


Part = Iterator[tuple[str, Any, Callable[[Any], dict[str, Float]]]]


def _of_values(source: ForecastCube, observed: ObservedCube, samples: _Samples) -> Part:
    pairs = [("aqi", source.aqi, observed.aqi, samples.aqi)]
    pairs += zip(AQI_POLLUTANTS, source.values, observed.values, samples.values, strict=True)
    for name, forecast, seen, sample in pairs:
        if np.isfinite(forecast[sample]).any():
            yield name, pair_sums(forecast, seen, sample), lambda sums: asdict(pair_scores(sums))


def _of_index(
    source: ForecastCube, observed: ObservedCube, samples: _Samples, standards: StandardSet
) -> Part:
    sample = samples.aqi
    if not np.isfinite(source.aqi[sample]).any():
        return
    days = source.axes.days
    winter = np.isin(days.astype("datetime64[M]").astype(np.int64) % 12 + 1, WINTER_MONTHS)
    told, seen = (
        IndexSide(
            aqi=side.aqi,
            primary=side.primary,
            pm25_level=np.where(
                winter[:, :, None],
                pollutant_levels("pm25", side.values[PM25], days, standards),
                np.nan,
            ),
            o3_level=pollutant_levels("o3", side.values[O3], days, standards),
        )
        for side in (source, observed)
    )
    yield "aqi", index_sums(told, seen, sample), lambda sums: asdict(index_scores(sums))
    for limit in HEAVY:
        events = event_sums(source.aqi > limit, observed.aqi > limit, sample)
        yield "aqi", events, partial(_named_events, limit=limit)


def _named_events(sums: EventSums, limit: int) -> dict[str, Float]:
    counts = {"hits": sums.hits, "misses": sums.misses, "false_alarms": sums.false_alarms}
    both = asdict(event_scores(sums)) | counts
    return {f"{name}_{limit}": values for name, values in both.items()}


def _decided(sums: EventSums, suffix: str) -> dict[str, Float]:
    scores = event_scores(sums)
    return {
        f"hits_{suffix}": sums.hits,
        f"misses_{suffix}": sums.misses,
        f"false_alarms_{suffix}": sums.false_alarms,
        f"pod_{suffix}": scores.pod,
        f"far_{suffix}": scores.far,
    }


def _of_probabilities(source: ForecastCube, observed: ObservedCube, samples: _Samples) -> Part:
    for limit in HEAVY:
        told = source.probability[THRESHOLDS.index(limit)]
        if np.isfinite(told[samples.probability]).any():
            case = (told - (observed.aqi > limit)) ** 2
            yield _mean("aqi", f"brier_{limit}", case, samples.probability)
            for least in DECISIONS:
                events = event_sums(told >= least, observed.aqi > limit, samples.probability)
                yield "aqi", events, partial(_decided, suffix=f"{limit}_p{round(100 * least)}")
        if source.aqi_members.shape[0] >= 2:
            case = fair_brier(source.aqi_members, observed.aqi, float(limit))
            yield _mean("aqi", f"fair_brier_{limit}", case, samples.probability)


def _of_ensemble(source: ForecastCube, observed: ObservedCube, samples: _Samples) -> Part:
    seen = observed.values[PM25]
    if source.pm25_members.shape[0] >= 2:
        case = fair_crps(source.pm25_members, seen)
        tail = fair_tail_crps(source.pm25_members, seen, TAIL_PM25)
        spread = spread_and_error(source.pm25_members, seen)
        yield _mean("pm25", "spread", spread.variance, samples.crps, np.sqrt)
        yield _mean("pm25", "error_of_mean", spread.squared_error, samples.crps, np.sqrt)
    else:
        told = source.values[PM25]
        case = np.abs(told - seen)
        tail = np.abs(np.maximum(told, TAIL_PM25) - np.maximum(seen, TAIL_PM25))
    if np.isfinite(_scorable(source)[samples.crps]).any():
        yield _mean("pm25", "crps", case, samples.crps)
        yield _mean("pm25", "tail_crps", tail, samples.crps)
    told = source.pm25_quantiles
    if np.isfinite(told[:, samples.quantiles]).any():
        losses = [quantile_score(own, seen, p) for own, p in zip(told, QUANTILES, strict=True)]
        yield _mean("pm25", "quantile_score", 2.0 * np.mean(losses, axis=0), samples.quantiles)
        inside = (seen >= told[0]) & (seen <= told[-1])
        yield _mean("pm25", "coverage_80", inside.astype(np.float64), samples.quantiles)


def _mean(
    quantity: str,
    name: str,
    case: Float,
    sample: Booleans,
    change: Callable[[Float], Float] = np.asarray,
) -> tuple[str, MeanSums, Callable[[MeanSums], dict[str, Float]]]:
    """A score that is the mean over the cases, or a function of it."""
    return quantity, MeanSums.of(case, sample), lambda sums: {name: change(sums.mean())}


def _skills(
    scores: dict[Key, Score], others: Sequence[tuple[ForecastCube, dict[Key, Score]]]
) -> dict[Key, Score]:
    """Skill against every other forecast: 1 - score / its score."""
    made = {}
    for (quantity, name), (source, reference) in product(SKILLS, others):
        own, other = scores.get((quantity, name)), reference.get((quantity, name))
        if own is None or other is None or reference is scores:
            continue
        draws = None
        if own.draws is not None and other.draws is not None:
            draws = 1.0 - ratio(own.draws, other.draws)
        values = 1.0 - ratio(own.values, other.values)
        made[quantity, f"{name}_skill_vs_{source.name.replace(' ', '_')}"] = Score(values, draws)
    return made
