"""The statistical member over past days, as if each forecast had been made in its time."""

import csv
import io
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from forecast.common.as_of import AsOf
from forecast.common.errors import InputError
from forecast.config.load import PROJECT
from forecast.fields.arrays import Float
from forecast.fields.city_daily import CityDaily, Days, known_at
from forecast.postprocess.statistical import (
    AQI_THRESHOLDS,
    VERSION,
    CityOutlook,
    StatisticalModel,
    outlook,
    train,
)
from forecast.sources.observations.city_daily import read_city_daily
from forecast.storage.atomic import write_json, write_text
from forecast.storage.manifest import code_version

logger = logging.getLogger(__name__)

COLUMNS = (
    "cycle", "city_en", "lead_day", "valid_date", "pm25_mean", "pm25_p10", "pm25_p50", "pm25_p90",
    "aqi_p50", "p_aqi_gt150", "p_aqi_gt200", "p_aqi_gt300",
)  # fmt: skip
"""Columns of the table, in order."""
NORMAL_90 = 1.2815515655446004
"""The 90 % quantile of the standard normal distribution."""


@dataclass(frozen=True)
class StatisticalPlan:
    """What is forecast.

    Attributes:
        first: First local day on which a forecast is made.
        last: Last one.
        leads: Leads 1 to this; lead 1 is the day after the forecast is made.
        refit_days: The member is trained anew after so many days.
        train_until: Last day to learn from; None: the eve of each training.
    """

    first: np.datetime64
    last: np.datetime64
    leads: int = 7
    refit_days: int = 31
    train_until: np.datetime64 | None = None


def statistical_hindcast(
    observations: Path, plan: StatisticalPlan, out: Path, tell: Callable[[str], None]
) -> int:
    """Forecast every day of a period and write one row for each day, city and lead.

    Beside the table lies `<stem>_training.json`: of each training the data window, the weights of
    the estimators, their scores in time-ordered folds, the version of method and code.

    Args:
        observations: Daily city file.
        plan: What is forecast.
        out: Table to write.
        tell: Takes a line of progress after each training.

    Returns:
        Number of rows.

    Raises:
        InputError: The plan cannot be, or the observations are wrong or too few.
    """
    if plan.last < plan.first or plan.leads < 1 or plan.refit_days < 1:
        msg = (
            f"The period '{plan.first}' to '{plan.last}' with '{plan.leads}' lead days, trained "
            f"anew every '{plan.refit_days}' days, cannot be forecast; give an end that is not "
            "before the start, and at least 1 of each."
        )
        raise InputError(msg)
    daily = read_city_daily(observations)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    trainings: list[dict[str, Any]] = []
    rows = 0
    for model, found in forecasts(daily, plan):
        lines = table_rows(found)
        writer.writerows(lines)
        rows += len(lines)
        trainings.append(_record(model))
        tell(
            f"learned from {model.first} to {model.last}; forecasts of {found.cycles[0]} to "
            f"{found.cycles[-1]} for {len(found.cities)} cities"
        )
    write_text(out, text.getvalue())
    record = {"method": VERSION, "code": code_version(PROJECT), "trainings": trainings}
    write_json(out.with_name(f"{out.stem}_training.json"), record)
    return rows


def forecasts(
    daily: CityDaily, plan: StatisticalPlan
) -> Iterator[tuple[StatisticalModel, CityOutlook]]:
    """Train and forecast, part by part of a period.

    Cities enter with the first training after their first observation.

    Raises:
        InputError: Too few observations before a forecast.
    """
    model: StatisticalModel | None = None
    for begin in np.arange(plan.first, plan.last + 1, plan.refit_days):
        end = min(begin + plan.refit_days, plan.last + 1)
        if model is None or plan.train_until is None:
            model = _trained(daily, begin, plan)
        cycles: Days = np.arange(begin, end)
        cities = daily.of_cities(model.usual.cities)
        found = outlook(model, cities, cycles)
        _tell_absent(found)
        yield model, found


def _trained(daily: CityDaily, begin: np.datetime64, plan: StatisticalPlan) -> StatisticalModel:
    """Learn from what is older than a day."""
    eve = begin - np.timedelta64(1, "D")
    last = eve if plan.train_until is None else plan.train_until
    known = daily.until(last)
    seen = np.flatnonzero(np.isfinite(known.of("pm25")).any(axis=1))
    known = known.of_cities([daily.cities[city] for city in seen])
    # a forecast made on a local day knows what had ended when the day began
    clock = AsOf(datetime.fromisoformat(str(known_at(eve))).replace(tzinfo=UTC))
    known.require_known(clock, "training of the statistical member")
    return train(known, plan.leads)


def _tell_absent(found: CityOutlook) -> None:
    """Say which cities were forecast without recent observations."""
    for row, city in enumerate(found.cities):
        absent = found.cycles[~found.current[row]]
        if absent.size:
            logger.warning(
                "%s was not observed in the three days before %d forecast(s), the first made on "
                "%s: neighbours and the season stand in",
                city,
                absent.size,
                absent[0],
            )


def table_rows(found: CityOutlook) -> list[list[str]]:
    """Rows of the table, by cycle, city and lead."""
    quantities = [
        (found.pm25_mean, 1),
        *((found.pm25_quantile(score), 1) for score in (-NORMAL_90, 0.0, NORMAL_90)),
        (found.aqi_median(), 1),
        *((found.aqi_above(threshold), 4) for threshold in AQI_THRESHOLDS),
    ]
    rows = []
    for place, cycle in enumerate(found.cycles):
        for city, name in enumerate(found.cities):
            for lead in range(1, found.pm25_mean.shape[0] + 1):
                key = (lead - 1, city, place)
                cells = [_cell(values[key], digits) for values, digits in quantities]
                rows.append([str(cycle), name, str(lead), str(cycle + lead), *cells])
    return rows


def _cell(value: float, digits: int) -> str:
    return "" if np.isnan(value) else f"{value:.{digits}f}"


def _record(model: StatisticalModel) -> dict[str, Any]:
    """What is kept of a training."""
    return {
        "data_from": str(model.first),
        "data_to": str(model.last),
        "cities": list(model.usual.cities),
        "targets": {
            target: {
                "accepted": blend.accepted,
                "estimators": list(blend.members),
                "weights": {"near": _rounded(blend.weights[0]), "far": _rounded(blend.weights[1])},
                "stretch": _rounded(blend.stretch),
                "trust_in_mean": _rounded(blend.trust),
                "crps_in_folds": {name: round(value, 3) for name, value in blend.folds.items()},
            }
            for target, blend in model.blends.items()
        },
    }


def _rounded(values: Float) -> list[float]:
    return [round(float(value), 3) for value in values]
