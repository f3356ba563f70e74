"""Scores and warnings as rows of tables."""

from collections.abc import Iterator

import numpy as np

from forecast.verification.compare import ALL_CITIES, Comparison
from forecast.verification.summary import TOGETHER, Verification


def score_rows(verification: Verification) -> Iterator[dict[str, object]]:
    """Every score that is defined, one a row.

    The column `comparison` names the stream whose common sample is meant ("together": that of all
    streams), `source` whose score it is, `city` the city or "all"; `low` and `high` are the ends of
    the 95 % interval, given for all cities together.
    """
    comparisons = {str(own.comparison.sources[0]): own.comparison for own in verification.streams}
    if verification.together is not None:
        comparisons[TOGETHER] = verification.together
    for name, comparison in comparisons.items():
        yield from _rows(name, comparison)


def _rows(name: str, comparison: Comparison) -> Iterator[dict[str, object]]:
    axes = comparison.cubes[0].axes
    cities = (*axes.cities, ALL_CITIES)
    for source, key, lead, city in np.argwhere(np.isfinite(comparison.values)):
        quantity, score = comparison.keys[key]
        whole = city == len(axes.cities)
        yield {
            "comparison": name,
            "source": comparison.sources[source],
            "quantity": quantity,
            "score": score,
            "lead_day": int(axes.leads[lead]),
            "city": cities[city],
            "value": _short(comparison.values[source, key, lead, city]),
            "low": _short(comparison.low[source, key, lead]) if whole else "",
            "high": _short(comparison.high[source, key, lead]) if whole else "",
        }


def _short(value: float) -> str:
    return f"{value:.5g}" if np.isfinite(value) else ""


def spell_rows(verification: Verification) -> Iterator[dict[str, object]]:
    """Every observed spell and what became of it, and every false alarm, one a row."""
    for stream in verification.streams:
        name = str(stream.comparison.sources[0])
        for scores in stream.warnings.scores if stream.warnings else ():
            for own in scores.outcomes:
                yield {
                    "stream": name, "level": scores.level.value, "city": own.spell.city,
                    "start": str(own.spell.start), "end": str(own.spell.end),
                    "outcome": own.outcome.value, "notice_hours": own.notice_hours,
                    "start_error_hours": own.start_error_hours,
                    "end_error_hours": own.end_error_hours, "level_error": own.level_error,
                }  # fmt: skip
            for outcome, spells in (
                ("false alarm", scores.false_alarms), ("withdrawn", scores.withdrawn)
            ):  # fmt: skip
                for spell in spells:
                    yield {
                        "stream": name, "level": scores.level.value, "city": spell.city,
                        "start": str(spell.start), "end": str(spell.end), "outcome": outcome,
                        "notice_hours": None, "start_error_hours": None, "end_error_hours": None,
                        "level_error": None,
                    }  # fmt: skip
