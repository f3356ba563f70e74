"""What a forecast has to beat: persistence, climatology, and the best of its own members.

The references know no more than the forecast did: persistence takes the last day that had ended
when the cycle started, climatology the years before the first cycle of the period.
"""

from dataclasses import replace

import numpy as np

from forecast.ensemble.combine import exceedance, mean, quantiles
from forecast.fields.arrays import Times
from forecast.verification.cubes import (
    PM25,
    QUANTILES,
    THRESHOLDS,
    Axes,
    ForecastCube,
    ObservedCube,
    ObservedDays,
)
from forecast.verification.deterministic import score_pairs

PERSISTENCE, CLIMATOLOGY, BEST_MEMBER = "persistence", "climatology", "best member"
"""Names of the references."""
WINDOW = 15
"""Days before and after the same date of earlier years that make the climatology."""
LEAST_DAYS = 20
"""Fewer days than this are no climatology."""
MOST_DAYS = 120
"""Of more days every second, third, … is taken."""
NEARLY_ALWAYS = 0.9
"""Share of the cases that a member must have to be the best one."""
_YEAR = 365.2425


def persistence(observed: ObservedDays, axes: Axes) -> ForecastCube:
    """The last observed day goes on through all lead days."""
    days = np.broadcast_to(axes.known[:, None], axes.shape[:2])
    seen = observed.at(axes, days)
    none = np.full((0, *axes.shape), np.nan)
    return ForecastCube(
        name=PERSISTENCE,
        remark="the last day that had ended when the cycle started",
        axes=axes,
        values=seen.values,
        aqi=seen.aqi,
        primary=seen.primary,
        probability=np.stack(
            [np.where(np.isfinite(seen.aqi), seen.aqi > limit, np.nan) for limit in THRESHOLDS]
        ),
        pm25_quantiles=np.repeat(seen.values[PM25][None], len(QUANTILES), axis=0),
        pm25_members=none,
        aqi_members=none,
    )


def climatology(observed: ObservedDays, axes: Axes) -> ForecastCube | None:
    """The same time of the year in the years before: every day of it is a member.

    Returns:
        None when no city has enough older observations.
    """
    wanted, place = np.unique(axes.days, return_inverse=True)
    place = place.reshape(axes.shape[:2])
    taken = _window_days(observed.days, wanted, axes.known.min())
    if taken.shape[0] < LEAST_DAYS:
        return None
    one_day = replace(axes, cycles=wanted, first_days=wanted, known=wanted, leads=np.array([1]))
    held = [observed.at(one_day, days[:, None]) for days in taken]
    values = np.stack([entry.values[:, :, 0] for entry in held])
    aqi = np.stack([entry.aqi[:, 0] for entry in held])
    enough = np.sum(np.isfinite(aqi), axis=0) >= LEAST_DAYS
    if not enough.any():
        return None
    values = np.where(enough, values, np.nan)
    aqi = np.where(enough, aqi, np.nan)
    return ForecastCube(
        name=CLIMATOLOGY,
        remark=f"up to {taken.shape[0]} days within {WINDOW} of the date in the years to "
        f"{axes.known.min()}",
        axes=axes,
        values=mean(values)[:, place],
        aqi=np.ceil(quantiles(aqi, (0.5,))[0])[place],
        primary=None,
        probability=np.stack([exceedance(aqi, float(limit)) for limit in THRESHOLDS])[:, place],
        pm25_quantiles=quantiles(values[:, PM25], QUANTILES)[:, place],
        pm25_members=values[:, PM25][:, place],
        aqi_members=aqi[:, place],
    )


def _window_days(days: Times, wanted: Times, last: np.datetime64) -> Times:
    """Days of earlier years around each wanted date, (place, wanted), NaT where there is none."""
    steps = np.arange(-WINDOW, WINDOW + 1)
    years = int(np.ceil((wanted.max() - days[0]).astype(int) / _YEAR)) + 1
    back = np.round(np.arange(1, years + 1) * _YEAR).astype(np.int64)
    offset = (steps[None] - back[:, None]).ravel()
    found = wanted[None] + offset[:, None].astype("timedelta64[D]")
    allowed = (found >= days[0]) & (found <= last)
    used = np.flatnonzero(allowed.any(axis=1))
    used = used[:: max(1, -(-used.size // MOST_DAYS))]
    kept: Times = np.where(allowed[used], found[used], np.datetime64("NaT"))
    return kept


def best_member(source: ForecastCube, observed: ObservedCube) -> ForecastCube | None:
    """The member with the least RMSE of PM2.5, chosen in hindsight: nobody could have known it.

    Only members that are nearly always there are asked, on the cases that all of them have: a
    member with gaps would take cases away from every other forecast of the comparison.

    Returns:
        None when the source has no two such members.
    """
    there = np.isfinite(source.pm25_members)
    cases = np.isfinite(observed.values[PM25]) & there.any(axis=0)
    share = (there & cases).sum(axis=(1, 2, 3)) / max(int(cases.sum()), 1)
    asked = np.flatnonzero(share >= NEARLY_ALWAYS)
    if asked.size < 2:
        return None
    common = cases & there[asked].all(axis=0)
    seen = np.where(common, observed.values[PM25], np.nan)
    errors = [float(score_pairs(source.pm25_members[k], seen).rmse) for k in asked]
    if not np.isfinite(errors).all():
        return None
    best = int(asked[np.argmin(errors)])
    pm25, aqi = source.pm25_members[best], source.aqi_members[best]
    values = np.full_like(source.values, np.nan)
    values[PM25] = pm25
    none = np.full((0, *pm25.shape), np.nan)
    return replace(
        source,
        name=BEST_MEMBER,
        remark=f"{source.members[best]}, chosen afterwards by its RMSE of PM2.5",
        values=values,
        aqi=aqi,
        primary=None,
        probability=np.stack(
            [np.where(np.isfinite(aqi), aqi > limit, np.nan) for limit in THRESHOLDS]
        ),
        pm25_quantiles=np.repeat(pm25[None], len(QUANTILES), axis=0),
        pm25_members=none,
        aqi_members=none,
        members=(),
    )
