"""The report of a verification: one page that stands alone, with charts drawn from its own data.

The page asks for nothing from outside: numbers, style and program are inside. Its figures come from
`Verification` as they are; the program only chooses and draws.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from forecast.fields.arrays import Float, Times
from forecast.fields.city_forecast import SYMBOLS
from forecast.verification.benchmarks import BENCHMARKS
from forecast.verification.categorical import lead_weighted
from forecast.verification.compare import HEAVY, Comparison
from forecast.verification.cubes import PM25, ForecastCube
from forecast.verification.summary import (
    ProbabilityPictures,
    StreamPictures,
    Verification,
    WarningPicture,
)
from forecast.verification.warnings import Outcome, WarningScores

SERIES_DAYS = 200
"""Most days drawn as a series."""
DIGITS = 4
"""Significant digits of the numbers in the page."""


def report_page(verification: Verification) -> str:
    """Draw the report.

    Returns:
        HTML text that fetches nothing.
    """
    axes = verification.axes
    template = _environment().get_template("report.html.j2")
    text: str = template.render(
        first=str(axes.days.min()),
        last=str(axes.days.max()),
        cycles=axes.cycles.size,
        cities=len(axes.cities),
        streams=[own.comparison.sources[0] for own in verification.streams],
        index_of="、".join(SYMBOLS[name] for name in verification.index_of),
        confidence=verification.confidence,
        notes=verification.notes,
        style=_resource("report.css"),
        program=_resource("report.js"),
        # a closing tag inside the data would end the script element
        data=json.dumps(payload(verification), ensure_ascii=False, allow_nan=False).replace(
            "</", "<\\/"
        ),
    )
    return text


def payload(verification: Verification) -> dict[str, Any]:
    """The numbers of the page as JSON carries them, None for NaN."""
    axes = verification.axes
    days = np.unique(axes.days)[-SERIES_DAYS:]
    return {
        "leads": axes.leads.tolist(),
        "cities": [
            f"{zh} {name}".strip()
            for zh, name in zip(verification.names_zh, axes.cities, strict=True)
        ],
        "days": [str(day) for day in days],
        "limits": list(HEAVY),
        "notice": verification.notice_hours,
        "rules": verification.rules,
        "observed": {
            "aqi": _observed(verification.observed.aqi, axes.days, days),
            "pm25": _observed(verification.observed.values[PM25], axes.days, days),
        },
        "streams": {own.comparison.sources[0]: _stream(own, days) for own in verification.streams},
        "together": (None if verification.together is None else _comparison(verification.together)),
        "benchmarks": [vars(entry) for entry in BENCHMARKS],
    }


def _stream(own: StreamPictures, days: Times) -> dict[str, Any]:
    return {
        "comparison": _comparison(own.comparison),
        "series": _series(own.comparison.cubes[0], days),
        "probabilities": [_probability(entry) for entry in own.probabilities],
        "ranks": [
            {
                "lead": entry.lead,
                "share": _plain(entry.share),
                "fewest": entry.fewest,
                "most": entry.most,
            }
            for entry in own.ranks
        ],
        "confusion": own.confusion.tolist(),
        "flip": None if own.flip_flop is None else _numbers(vars(own.flip_flop)),
        "warnings": None if own.warnings is None else _warnings(own.warnings),
    }


def _comparison(own: Comparison) -> dict[str, Any]:
    """Scores by key; those that the first source does not have say nothing about it."""
    told = [k for k in range(len(own.keys)) if np.isfinite(own.values[0, k]).any()]
    return {
        "sources": list(own.sources),
        "remarks": [source.remark for source in own.cubes],
        "weighted": [_plain(_cma_weighted(own, name)) for name in own.sources],
        "scores": {
            ":".join(own.keys[key]): {
                "values": _plain(own.values[:, key]),
                "low": _plain(own.low[:, key]),
                "high": _plain(own.high[:, key]),
            }
            for key in told
        },
    }


def _cma_weighted(own: Comparison, source: str) -> float:
    """CMA's composite over the first three lead days, all cities; NaN when one is missing."""
    composite = own.of(source, "aqi", "cma_composite")[:, -1]
    first = own.cubes[0].axes.leads[:3].tolist() == [1, 2, 3]
    return lead_weighted(composite) if first else float("nan")


def _series(source: ForecastCube, days: Times) -> dict[str, Any]:
    return {
        name: _plain(_by_day(values, source.axes.days, days))
        for name, values in (
            ("aqi", source.aqi),
            ("pm25", source.values[PM25]),
            ("low", source.pm25_quantiles[0]),
            ("high", source.pm25_quantiles[-1]),
        )
    }


def _observed(values: Float, valid: Times, days: Times) -> Any:
    """Observations by local day, [city][day]; every lead that meets a day says the same."""
    table = _by_day(values, valid, days)
    there = np.isfinite(table)
    latest = np.take_along_axis(table, there.argmax(axis=0)[None], axis=0)[0]
    return _plain(latest)


def _by_day(values: Float, valid: Times, days: Times) -> Float:
    """Put (cycle, lead, city) on local days, (lead, city, day); of several cycles the last."""
    cycles, leads, cities = values.shape
    table = np.full((leads, cities, days.size), np.nan)
    for cycle in range(cycles):
        for lead in range(leads):
            place = int((valid[cycle, lead] - days[0]).astype(int))
            if 0 <= place < days.size:
                there = np.isfinite(values[cycle, lead])
                table[lead, there, place] = values[cycle, lead, there]
    whole: Float = np.rint(table)
    return whole


def _probability(own: ProbabilityPictures) -> dict[str, Any]:
    parts = own.brier
    return _numbers(
        {
            "limit": own.limit,
            "lead": own.lead,
            "number": parts.number,
            "events": parts.events,
            "score": parts.score,
            "miscalibration": parts.miscalibration,
            "discrimination": parts.discrimination,
            "uncertainty": parts.uncertainty,
            "curve": parts.curve,
            "bins": [own.bins.number.tolist(), own.bins.forecast, own.bins.observed],
            "area": own.roc.area,
            "roc": [own.roc.pofd, own.roc.pod],
        }
    )


def _warnings(own: WarningPicture) -> dict[str, Any]:
    return {
        "levels": [_level(scores) for scores in own.scores],
        "days": [_numbers(vars(entry)) for entry in own.days],
        "flip": None if own.flip_flop is None else _numbers(vars(own.flip_flop)),
    }


def _level(scores: WarningScores) -> dict[str, Any]:
    spells = [
        [
            entry.spell.city, str(entry.spell.start), str(entry.spell.end),
            entry.spell.level.value, entry.outcome.value, entry.notice_hours,
            entry.start_error_hours, entry.end_error_hours,
        ]
        for entry in scores.outcomes
    ]  # fmt: skip
    return {
        "level": scores.level.value,
        "zh": scores.level.name_zh,
        "hit": scores.count(Outcome.HIT),
        "late": scores.count(Outcome.LATE),
        "miss": scores.count(Outcome.MISS),
        "false": len(scores.false_alarms),
        "withdrawn": len(scores.withdrawn),
        "notices": [
            entry.notice_hours for entry in scores.outcomes if entry.outcome is Outcome.HIT
        ],
        "start_error": scores.mean("start_error_hours", absolute=True),
        "end_error": scores.mean("end_error_hours", absolute=True),
        "level_error": scores.mean("level_error"),
        "spells": spells,
    }


def _numbers(entries: dict[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in entries.items()}


def _plain(value: Any) -> Any:
    """Shorten numbers, and write None for NaN, in lists of any depth."""
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float):
        if not np.isfinite(value):
            return None
        short = float(f"{value:.{DIGITS}g}")
        return int(short) if short.is_integer() else short
    return value


def _resource(name: str) -> str:
    return files("forecast.verification").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("forecast.verification"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
