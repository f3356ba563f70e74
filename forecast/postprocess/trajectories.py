"""From quantiles of single days to trajectories over days and cities.

Schaake shuffle (Clark et al. 2004, doi:10.1175/1525-7541(2004)005<0243:TSSAMF>2.0.CO;2): past
periods of the same season say which member is high where and when; quantiles say how high. Given
the members of an ensemble instead of past periods it is ensemble copula coupling (Schefzik et al.
2013, doi:10.1214/13-STS443).
"""

import numpy as np
from scipy.special import ndtri

from forecast.common.errors import InputError
from forecast.fields.arrays import Float
from forecast.fields.city_daily import CityDaily
from forecast.postprocess.sample import SCORES, at_scores

SEASON_DAYS = 45
"""Past periods begin so many days before or after the same day of another year."""


def trajectories(quantiles: Float, template: Float) -> Float:
    """Give quantiles the order of a template.

    Args:
        quantiles: Of the logarithm at `LEVELS`, (lead, city, level).
        template: Values whose ranks count, NaN where missing (then in the middle),
            (member, lead, city).

    Returns:
        (member, lead, city), in the unit of the forecast; member m has in each place the rank
        that it has in the template.

    Raises:
        InputError: Leads and cities differ.
    """
    members, leads, cities = template.shape
    if quantiles.shape[:2] != (leads, cities):
        msg = (
            f"The template is of '{leads}' leads and '{cities}' cities, the quantiles are of "
            f"'{quantiles.shape[0]}' and '{quantiles.shape[1]}'; give the same."
        )
        raise InputError(msg)
    scores = ndtri((np.arange(members) + 0.5) / members)
    flat = at_scores(quantiles.reshape(-1, SCORES.size), np.asarray(scores))
    values = np.exp(flat).reshape(leads, cities, members)
    template = np.where(np.isfinite(template).any(axis=0), template, 0.0)
    filled = np.where(np.isfinite(template), template, np.nanmedian(template, axis=0))
    ranks = np.argsort(np.argsort(filled, axis=0, kind="stable"), axis=0, kind="stable")
    return np.asarray(np.take_along_axis(np.moveaxis(values, -1, 0), ranks, axis=0))


def past_periods(values: Float, daily: CityDaily, first: np.datetime64, leads: int) -> Float:
    """Past periods of the season, as a template; those with half of their values at least.

    Args:
        values: Observed series, (city, day) on the calendar of `daily`.
        daily: Observations, cut at what was known.
        first: First day that is forecast.
        leads: Days of a period.

    Returns:
        (member, lead, city).

    Raises:
        InputError: There is no such period.
    """
    begins = np.arange(daily.days.size - leads + 1)
    turn = (daily.days[begins] - first).astype(np.float64) % 365.25
    near = begins[np.minimum(turn, 365.25 - turn) <= SEASON_DAYS]
    found = np.stack([values[:, day : day + leads].T for day in near]) if near.size else None
    if found is not None:
        found = found[np.isfinite(found).mean(axis=(1, 2)) >= 0.5]
    if found is None or not found.shape[0]:
        msg = (
            f"The observations of {daily.days[0]} to {daily.days[-1]} hold no period of {leads} "
            f"days in the season of {first}; give a longer history."
        )
        raise InputError(msg)
    return np.asarray(found)
