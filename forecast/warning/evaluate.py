"""Proposed levels of every city from the trajectories of all members.

Every member's trajectory is judged by itself and the members are counted; marginal quantiles know
nothing of persistence. Missing data never make a level: they count as clean air, and a member that
ends early stays in the denominator.
"""

import numpy as np

from forecast.aqi.standard import StandardSet
from forecast.common.cycle import Cycle
from forecast.common.errors import InputError
from forecast.config.warning import Decision, WarningConfig
from forecast.fields.city_forecast import CityHourly
from forecast.fields.warnings import WarningSet
from forecast.warning.daily_aqi import DailyAqi, daily_aqi
from forecast.warning.episodes import Air, episodes, if_it_stayed
from forecast.warning.events import Enough
from forecast.warning.record import CityView, city_warning
from forecast.warning.rules import WarningRules
from forecast.warning.timeline import Timeline


def evaluate(
    hourly: CityHourly, rules: WarningRules, standards: StandardSet, options: WarningConfig
) -> WarningSet:
    """Judge every city.

    Args:
        hourly: Hourly city means of the members that are in; hours before the cycle's start may
            lead the series, so that 24-hour means are known from the start on.
        rules: The rules.
        standards: The AQI standards by local date.
        options: How the level is recommended.

    Returns:
        One proposal a city, in the order of `hourly`.

    Raises:
        InputError: There is no member.
        ConfigurationError: No AQI standard holds on one of the days.
    """
    if not hourly.members:
        msg = (
            f"The city forecast of cycle '{hourly.cycle}' has no member; at least one is needed to "
            "propose a warning level. The gate should have stopped before."
        )
        raise InputError(msg)
    line = Timeline(Cycle.parse(hourly.cycle), hourly.labels)
    daily = daily_aqi(hourly, rules, standards)
    enough = decision_rule(options, len(hourly.members))
    cities = tuple(
        city_warning(_view(hourly, daily, place, rules), rules, options, enough, line)
        for place in range(len(hourly.cities))
    )
    return WarningSet(
        cycle=hourly.cycle,
        rules=rules.id,
        rules_title=rules.title,
        rules_reference=rules.reference,
        rules_remark=rules.remark_zh,
        in_force=all(rules.in_force(day) for day in line.dates),
        standards=tuple(sorted({standards.on(day).id for day in line.dates})),
        decision=options.decision,
        probability_threshold=options.probability_threshold,
        data_end=line.time(_data_end(daily)),
        notice_hours=rules.notice_hours,
        members=hourly.members,
        cities=cities,
    )


def decision_rule(options: WarningConfig, members: int) -> Enough:
    """Return the function that tells whether so many of the members recommend a level."""
    if options.decision is Decision.UPPER_BOUND:
        return lambda number: number > 0
    # a hair below the product, so that 0.3 of 10 members is 3
    least = max(options.probability_threshold * members - 1e-9, 0.5)
    return lambda number: number >= least


def _view(hourly: CityHourly, daily: DailyAqi, place: int, rules: WarningRules) -> CityView:
    """Cut one city and find the episodes of its members."""
    aqi = daily.aqi[:, place]
    airs = [Air(*series) for series in zip(aqi, daily.hourly[:, place], strict=True)]
    hours = np.asarray(np.sum(daily.known[:, place], axis=-1), dtype=np.int64)
    return CityView(
        city=hourly.cities[place],
        members=hourly.members,
        aqi=aqi,
        pollutant=daily.pollutant[:, place],
        pollutants=daily.pollutants,
        pm25=daily.pm25[:, place],
        hours=hours,
        episodes=tuple(episodes(air, rules) for air in airs),
        possible=tuple(
            if_it_stayed(air, int(known), rules) for air, known in zip(airs, hours, strict=True)
        ),
    )


def _data_end(daily: DailyAqi) -> int:
    """Hour bound at which the longest trajectory ends."""
    return max(1, int(np.max(np.sum(daily.known, axis=-1))))
