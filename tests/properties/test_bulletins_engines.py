"""Whatever the index and warning engines make of any ensemble can be published."""

import datetime as dt
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.aqi.summary import city_forecast
from forecast.bulletins import feed
from forecast.bulletins.advice import read_advice
from forecast.bulletins.assemble import Results, assemble
from forecast.bulletins.content import Bulletin
from forecast.bulletins.exercise import Drill, make_circumstances, places, standards
from forecast.bulletins.html import city_page
from forecast.common.cycle import Cycle
from forecast.config.bulletins import BulletinConfig
from forecast.config.load import project_path
from forecast.config.warning import Decision, WarningConfig
from forecast.fields.city_forecast import AQI_POLLUTANTS, CityHourly
from forecast.fields.membership import LeadDayMembers, Membership, MemberVerdict, judge
from forecast.warning.evaluate import evaluate
from forecast.warning.record import with_levels
from forecast.warning.rules import select_rules

OPTIONS = BulletinConfig()
PLACES = places()[:3]


def hourly(cycle: str, reach: list[int], peak: float, seed: int) -> CityHourly:
    """Random walks of PM2.5 in members that end after so many hours."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(0.0, 0.12, (len(reach), len(PLACES), max(reach)))
    walk = np.clip(peak * np.exp(np.cumsum(steps, axis=-1)), 1.0, 900.0)
    for member, hours in enumerate(reach):
        walk[member, :, hours:] = np.nan
    values = np.stack([walk, 20 + 1.3 * walk, 5 + 0.05 * walk, 20 + 0.2 * walk,
                       0.4 + 0.005 * walk, np.full_like(walk, np.nan)], axis=1)  # fmt: skip
    assert AQI_POLLUTANTS == ("pm25", "pm10", "so2", "no2", "co", "o3")
    return CityHourly(
        cycle=cycle,
        cities=PLACES,
        members=tuple(f"m{index:02d}" for index in range(len(reach))),
        labels=Cycle.parse(cycle).hours(1, max(reach)),
        concentration=values,
    )


def membership(cycle: str, reach: list[int], horizon: int, planned: int) -> Membership:
    names = tuple(f"m{index:02d}" for index in range(planned))
    verdicts = tuple(
        MemberVerdict(name, hours, "", "" if hours == horizon else "提前结束")
        for name, hours in zip(names, reach + [0] * (planned - len(reach)), strict=True)
    )
    days = tuple(
        LeadDayMembers(number, 24 * number, names[: len(reach)], judge(len(reach), planned, 2))
        for number in range(1, max(reach) // 24 + 1)
    )
    return Membership(cycle, names, horizon, 2, verdicts, days)


def publish(cycle: str, reach: list[int], peak: float, seed: int, options: WarningConfig) -> None:
    series = hourly(cycle, reach, peak, seed)
    first = (Cycle.parse(cycle).time + dt.timedelta(hours=8)).date()
    rules = select_rules(project_path(options.folder), options.rules, first)
    warnings = evaluate(series, rules, standards(), options)
    forecast = city_forecast(series, standards(), 72)
    forecast = replace(forecast, days=with_levels(forecast.days, warnings))
    results = Results(forecast, warnings, membership(cycle, reach, 168, len(reach) + 1))
    around = replace(make_circumstances(Drill.QUIET), weather={})
    bulletin: Bulletin = assemble(results, PLACES, OPTIONS, around)
    tables = feed.files(bulletin)
    assert "nan" not in tables["cities_hourly.csv"].replace("Jinan", "")
    advice = read_advice(project_path(OPTIONS.advice_file))
    assert bulletin.cities[0].warning.reason.split("；")[0] in city_page(
        bulletin, bulletin.cities[0], advice
    )


@settings(max_examples=12)
@given(
    cycle=st.sampled_from(["2021-12-31T16", "2022-01-01T00", "2026-02-25T16", "2026-11-20T05"]),
    reach=st.lists(st.sampled_from([48, 61, 96, 120, 168]), min_size=1, max_size=5),
    peak=st.sampled_from([20.0, 80.0, 150.0, 300.0]),
    seed=st.integers(0, 10**6),
    decision=st.sampled_from(Decision),
    rules=st.sampled_from(["shandong_2024", "shandong_2020"]),
)
def test_any_ensemble_can_be_published(
    cycle: str, reach: list[int], peak: float, seed: int, decision: Decision, rules: str
) -> None:
    publish(cycle, reach, peak, seed, WarningConfig(rules=rules, decision=decision))
