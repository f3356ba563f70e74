"""Everything that is said about the forecasts of a period, before it is drawn."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from forecast.aqi.standard import StandardSet
from forecast.common.errors import InputError
from forecast.fields.arrays import Booleans, Float, Integers
from forecast.fields.warnings import WarningLevel
from forecast.verification.bootstrap import day_weights
from forecast.verification.categorical import (
    EventScores,
    confusion,
    event_scores,
    event_sums,
    levels,
)
from forecast.verification.compare import HEAVY, Comparison, compare
from forecast.verification.cubes import (
    PM25,
    THRESHOLDS,
    Axes,
    DayForecast,
    ForecastCube,
    ObservedCube,
    ObservedDays,
    Stream,
    city_key,
    cube,
)
from forecast.verification.probabilistic import (
    BrierParts,
    ReliabilityBins,
    Roc,
    brier_parts,
    rank_histogram,
    reliability_bins,
    roc,
)
from forecast.verification.references import best_member, climatology, persistence
from forecast.verification.warnings import (
    FlipFlop,
    Proposals,
    Spell,
    WarningScores,
    day_ranks,
    flip_flop,
    forecast_ranks,
    score_warnings,
)

TOGETHER = "together"
"""Name of the comparison of the streams with each other."""
MOST_RANK_BINS = 21
"""Most bins of a rank histogram."""


@dataclass(frozen=True)
class StreamForecasts:
    """What one stream forecast in the period.

    Attributes:
        stream: Which.
        rows: Its forecasts.
        members: Names of the members of the rows that have some.
        proposals: Warnings proposed by each cycle; None when they are not known.
    """

    stream: Stream
    rows: tuple[DayForecast, ...]
    members: tuple[str, ...] = ()
    proposals: tuple[Proposals, ...] | None = None


@dataclass(frozen=True)
class ProbabilityPictures:
    """How the probabilities of one event stand, all cities together.

    Attributes:
        limit: AQI above which is the event.
        lead: Lead day; 0: all of them.
        brier: The score and its parts.
        bins: Forecasts and events by probability.
        roc: Hits against false alarms.
    """

    limit: int
    lead: int
    brier: BrierParts
    bins: ReliabilityBins
    roc: Roc


@dataclass(frozen=True)
class RankPicture:
    """Where the observed PM2.5 fell among the members, all cities together.

    Attributes:
        lead: Lead day; 0: all of them.
        share: Share of the cases in each bin.
        fewest: Fewest members of a case.
        most: Most members of a case.
    """

    lead: int
    share: Float
    fewest: int
    most: int


@dataclass(frozen=True)
class WarningPicture:
    """How the warnings of one stream did.

    Attributes:
        scores: By level, mildest first.
        days: Days at or above each level by lead, as events.
        flip_flop: Of the levels of the days.
    """

    scores: tuple[WarningScores, ...]
    days: tuple[EventScores, ...]
    flip_flop: FlipFlop | None


@dataclass(frozen=True)
class StreamPictures:
    """What is drawn about one stream besides the scores.

    Attributes:
        comparison: Its scores beside the references.
        probabilities: By event and lead.
        ranks: By lead; empty without members.
        confusion: Forecast level by observed level, all leads and cities.
        flip_flop: Of the level of the AQI.
        warnings: None when no warnings are known.
    """

    comparison: Comparison
    probabilities: tuple[ProbabilityPictures, ...]
    ranks: tuple[RankPicture, ...]
    confusion: Integers
    flip_flop: FlipFlop | None
    warnings: WarningPicture | None


@dataclass(frozen=True)
class Verification:
    """The forecasts of a period against what was observed.

    Attributes:
        axes: Cycles, leads, cities.
        observed: Observations on the axes.
        index_of: Pollutants that count in the index.
        names_zh: Chinese names of the cities of the axes, empty where not known.
        streams: One a stream, in the order given.
        together: Streams against each other where all are there; None for a single stream.
        rules: Title of the warning rules; empty when no warnings are scored.
        notice_hours: Notice that they ask for.
        confidence: Whether the period was long enough for intervals.
        notes: What to know before reading.
    """

    axes: Axes
    observed: ObservedCube
    index_of: tuple[str, ...]
    names_zh: tuple[str, ...]
    streams: tuple[StreamPictures, ...]
    together: Comparison | None
    rules: str
    notice_hours: int
    confidence: bool
    notes: tuple[str, ...]


@dataclass(frozen=True)
class ObservedWarnings:
    """The spells that the rules find in the observations.

    Attributes:
        rules: Title of the rules.
        levels: Their levels, mildest first.
        notice_hours: Notice that they ask for.
        spells: The spells.
    """

    rules: str
    levels: tuple[WarningLevel, ...]
    notice_hours: int
    spells: tuple[Spell, ...]


def verify(
    streams: Sequence[StreamForecasts],
    observed: ObservedDays,
    standards: StandardSet,
    spells: ObservedWarnings,
    notes: Sequence[str] = (),
) -> Verification:
    """Score the streams of a period.

    Args:
        streams: What each stream forecast; they are not mixed.
        observed: Observed days, also those before the period for the references.
        standards: The dated AQI standards.
        spells: Observed spells under warning levels.
        notes: What is known already and belongs at the head of a report.

    Raises:
        InputError: No forecast day was observed.
    """
    axes = Axes.of([row for entry in streams for row in entry.rows])
    seen = observed.at(axes, axes.days)
    _require_observations(axes, observed, seen)
    weights = day_weights(axes.first_days, seed=int(axes.first_days[0].astype(np.int64)))
    references = [persistence(observed, axes)]
    older = climatology(observed, axes)
    if older is not None:
        references.append(older)
    cubes = [cube(entry.stream, entry.rows, axes, entry.members) for entry in streams]
    made = []
    for entry, own in zip(streams, cubes, strict=True):
        best = best_member(own, seen)
        sources = [own, *references, *([best] if best else [])]
        comparison = compare(sources, seen, standards, weights)
        made.append(_pictures(comparison, seen, entry, spells))
    together = None
    if len(cubes) > 1:
        together = compare([*cubes, *references], seen, standards, weights)
    return Verification(
        axes=axes,
        observed=seen,
        index_of=observed.index_of,
        names_zh=tuple(observed.name_zh(name) for name in axes.cities),
        streams=tuple(made),
        together=together,
        rules=spells.rules,
        notice_hours=spells.notice_hours,
        confidence=weights is not None,
        notes=(*notes, *_remarks(axes, observed, older is not None)),
    )


def _require_observations(axes: Axes, observed: ObservedDays, seen: ObservedCube) -> None:
    if not np.isfinite(seen.values[PM25]).any():
        msg = (
            f"No forecast day was observed: the forecasts are for {axes.days.min()} to "
            f"{axes.days.max()} in {', '.join(axes.cities[:5])}, the observations of PM2.5 for "
            f"{observed.days[0]} to {observed.days[-1]} in {', '.join(observed.cities[:5])}. Give "
            "observations of these days and cities."
        )
        raise InputError(msg)


def _remarks(axes: Axes, observed: ObservedDays, has_climatology: bool) -> list[str]:
    known = {city_key(name) for name in observed.cities}
    absent = [name for name in axes.cities if city_key(name) not in known]
    found = []
    if absent:
        found.append(f"Not observed and so not scored: {', '.join(absent)}.")
    if not has_climatology:
        found.append(
            "The observations hold too few days of earlier years for a climatology; there is no "
            "skill against it."
        )
    return found


def _pictures(
    comparison: Comparison,
    seen: ObservedCube,
    entry: StreamForecasts,
    spells: ObservedWarnings,
) -> StreamPictures:
    own = comparison.cubes[0]
    warnings = None
    if entry.proposals is not None:
        warnings = _warnings(own.axes, np.isfinite(seen.aqi), entry.proposals, spells)
    return StreamPictures(
        comparison=comparison,
        probabilities=_probabilities(own, seen, comparison.probability_sample),
        ranks=_ranks(own, seen),
        confusion=confusion(own.aqi, seen.aqi, comparison.sample & np.isfinite(own.aqi)),
        flip_flop=flip_flop(np.where(np.isfinite(own.aqi), levels(own.aqi), np.nan), own.axes),
        warnings=warnings,
    )


def _leads(axes: Axes) -> list[tuple[int, slice]]:
    """All lead days together as 0, then each of them, with their places on the axis."""
    single = [(int(lead), slice(place, place + 1)) for place, lead in enumerate(axes.leads)]
    return [(0, slice(None)), *single]


def _probabilities(
    own: ForecastCube, seen: ObservedCube, sample: Booleans
) -> tuple[ProbabilityPictures, ...]:
    found = []
    for limit in HEAVY:
        told = own.probability[THRESHOLDS.index(limit)]
        counted = sample & np.isfinite(told)
        for lead, places in _leads(own.axes):
            here = counted[:, places]
            probability, event = told[:, places][here], seen.aqi[:, places][here] > limit
            if probability.size:
                found.append(
                    ProbabilityPictures(
                        limit=limit,
                        lead=lead,
                        brier=brier_parts(probability, event),
                        bins=reliability_bins(probability, event),
                        roc=roc(probability, event),
                    )
                )
    return tuple(found)


def _ranks(own: ForecastCube, seen: ObservedCube) -> tuple[RankPicture, ...]:
    number = np.isfinite(own.pm25_members).sum(axis=0)
    scored = np.isfinite(seen.values[PM25]) & (number > 0)
    if not scored.any():
        return ()
    bins = min(int(number[scored].min()) + 1, MOST_RANK_BINS)
    return tuple(
        RankPicture(
            lead=lead,
            share=rank_histogram(
                own.pm25_members[:, :, places], seen.values[PM25][:, places], max(bins, 2)
            ),
            fewest=int(number[:, places][scored[:, places]].min()),
            most=int(number[:, places][scored[:, places]].max()),
        )
        for lead, places in _leads(own.axes)
        if scored[:, places].any()
    )


def _warnings(
    axes: Axes, known: Booleans, proposals: tuple[Proposals, ...], spells: ObservedWarnings
) -> WarningPicture:
    """Score proposals where it is known (cycle, lead, city) what came."""
    names = {city_key(name): name for k, name in enumerate(axes.cities) if known[..., k].any()}
    observed = _of_cities(spells.spells, names)
    proposals = tuple(replace(p, spells=_of_cities(p.spells, names)) for p in proposals)
    told = forecast_ranks(proposals, axes)
    seen = np.stack([day_ranks(observed, axes.cities, days) for days in axes.days])
    sample = np.isfinite(told) & known
    return WarningPicture(
        scores=tuple(score_warnings(level, proposals, observed) for level in spells.levels),
        days=tuple(
            event_scores(
                event_sums(told >= level.rank, seen >= level.rank, sample).over_cities().total()
            )
            for level in spells.levels
        ),
        flip_flop=flip_flop(told, axes),
    )


def _of_cities(spells: Iterable[Spell], names: dict[str, str]) -> tuple[Spell, ...]:
    """Keep the spells of some cities, in the spelling of their names that is given by key."""
    found = ((names.get(city_key(own.city)), own) for own in spells)
    return tuple(replace(own, city=name) for name, own in found if name is not None)
