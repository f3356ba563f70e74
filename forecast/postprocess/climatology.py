"""What is usual for a city on a day of the year, in logarithms.

Two annual harmonics over all cities, an offset and a first harmonic of its own for each city; all
are shrunk, the common ones to the winter maximum of northern China, so that a history of weeks
gives a sensible curve and one of years its own. A damped change from year to year goes on into
the time that is forecast (damped trends: Gardner and McKenzie 1985, doi:10.1287/mnsc.31.10.1237).
"""

from dataclasses import dataclass

import numpy as np

from forecast.fields.arrays import Float
from forecast.fields.city_daily import Days

YEAR = 365.25
PEAK_DAY = 15
"""Day of the year of the prior's maximum (mid January)."""
PRIOR_AMPLITUDE = 0.4
"""Amplitude of the prior in logarithms; daily PM2.5 of Shandong 2014 has 0.43."""
PRIOR_DAYS = 45.0
"""Weight of the prior of the common harmonics, days."""
CITY_DAYS = 30.0
"""Weight of the prior of a city's own offset and harmonic (none), days."""
TREND_DAMPING = 0.4
"""Part of the observed change from year to year that is expected to go on; chosen on the winter
2014-15 with what was known before."""
TREND_LIMIT = 0.10
"""Greatest expected change in logarithms a year."""
TREND_DAYS = 120
"""Days with a partner a year earlier that a trend needs."""


def season_of_days(days: Days) -> Float:
    """1 in mid January, 0 in mid July, (nday)."""
    return np.asarray((1.0 + np.cos(_phase(days) - 2.0 * np.pi * PEAK_DAY / YEAR)) / 2.0)


def _phase(days: Days) -> Float:
    start = days.astype("datetime64[Y]").astype("datetime64[D]")
    return np.asarray((days - start).astype(np.float64) * (2.0 * np.pi / YEAR))


@dataclass(frozen=True)
class Climatology:
    """A fitted climatology of logarithms.

    Attributes:
        common: Coefficients of 1, sin, cos, sin 2, cos 2.
        own: Coefficients of 1, sin, cos of each city, (city, 3).
        trend: Expected change a year.
        origin: Day to which the level belongs: the last of the data.
    """

    common: Float
    own: Float
    trend: float
    origin: np.datetime64

    def at(self, days: Days) -> Float:
        """Logarithm of what is usual, (city, day); the trend counts after the origin only."""
        basis = _basis(days)
        after = np.maximum((days - self.origin).astype(np.float64), 0.0) / YEAR
        line: Float = basis @ self.common + self.own @ basis[:, :3].T + self.trend * after
        return line


def fit_climatology(logs: Float, days: Days) -> Climatology:
    """Fit what is usual.

    Args:
        logs: Logarithms, NaN where missing, (city, day).
        days: The days, (day).
    """
    basis = _basis(days)
    count = np.sum(np.isfinite(logs), axis=0)
    total = np.nansum(logs, axis=0)
    seen = count > 0
    region = np.where(seen, total / np.maximum(count, 1), np.nan)
    prior = np.zeros(5)
    turn = 2.0 * np.pi * PEAK_DAY / YEAR
    prior[1:3] = PRIOR_AMPLITUDE * np.sin(turn), PRIOR_AMPLITUDE * np.cos(turn)
    strength = np.diag([1e-6, *(PRIOR_DAYS,) * 4])
    left = basis[seen].T @ basis[seen] + strength
    common = np.linalg.solve(left, basis[seen].T @ region[seen] + strength @ prior)
    rest = logs - basis @ common
    own = np.zeros((logs.shape[0], 3))
    for city, line in enumerate(rest):
        there = np.isfinite(line)
        part = basis[there, :3]
        own[city] = np.linalg.solve(part.T @ part + CITY_DAYS * np.eye(3), part.T @ line[there])
    return Climatology(common, own, _trend(logs), days[-1])


def _trend(logs: Float) -> float:
    """Damped change from year to year, over cities and days that are there in both years."""
    lag = round(YEAR)
    change = logs[:, lag:] - logs[:, :-lag] if logs.shape[1] > lag else np.empty((1, 0))
    paired = np.isfinite(change)
    if int(paired.any(axis=0).sum()) < TREND_DAYS:
        return 0.0
    return float(np.clip(TREND_DAMPING * change[paired].mean(), -TREND_LIMIT, TREND_LIMIT))


def _basis(days: Days) -> Float:
    turn = _phase(days)
    return np.column_stack(
        [np.ones(turn.size), np.sin(turn), np.cos(turn), np.sin(2 * turn), np.cos(2 * turn)]
    )
