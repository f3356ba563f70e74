"""Forecasts against references on a common sample; nothing in a reference was known too early."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from forecast.aqi.standard import StandardSet
from forecast.common.errors import InputError
from forecast.fields.arrays import Float
from forecast.fields.city_forecast import AQI_POLLUTANTS
from forecast.verification.bootstrap import day_weights, interval
from forecast.verification.compare import compare
from forecast.verification.cubes import (
    PM25,
    Axes,
    DayForecast,
    ForecastCube,
    ObservedDays,
    cube,
)
from forecast.verification.observed import observed_days
from forecast.verification.references import best_member, climatology, persistence

CITIES = ("Jinan", "Tai'an")
FIRST = np.datetime64("2018-01-01", "D")
CYCLES = np.arange(np.datetime64("2021-01-01", "D"), np.datetime64("2021-02-10", "D"))
NAN = float("nan")


@pytest.fixture(scope="module")
def standards(project_root: Path) -> StandardSet:
    return StandardSet.read(project_root / "configs" / "aqi")


@pytest.fixture
def observed(standards: StandardSet, rng: np.random.Generator) -> ObservedDays:
    days = np.arange(FIRST, np.datetime64("2021-03-01", "D"))
    values = np.full((len(AQI_POLLUTANTS), 2, days.size), np.nan)
    values[PM25] = rng.gamma(3.0, 40.0, size=(2, days.size))
    # the other spelling of a city is the same city
    return observed_days(("Jinan", "Taian"), days, values, standards, ("pm25",))


def row(day: np.datetime64, lead: int, city: str, members: list[float]) -> DayForecast:
    known = [value for value in members if np.isfinite(value)]
    mean = float(np.mean(known)) if known else NAN
    share = [float(np.mean([value > limit for value in known])) for limit in (75, 115, 150, 250)]
    return DayForecast(
        cycle=day.astype("datetime64[s]") - np.timedelta64(8, "h"),
        known=day - 1,
        lead_day=lead,
        day=day + (lead - 1),
        city=city,
        values=[mean, *[NAN] * 5],
        aqi=mean,
        probability=share,
        pm25_quantiles=[min(known), mean, max(known)],
        pm25_members=members,
        aqi_members=members,
    )


@pytest.fixture
def rows(rng: np.random.Generator) -> list[DayForecast]:
    made = []
    for day in CYCLES:
        for lead in (1, 2, 3):
            for city in CITIES:
                members = rng.gamma(3.0, 40.0, size=4)
                members[rng.integers(2, 5) :] = np.nan
                made.append(row(day, lead, city, members.tolist()))
    return made


def subject(rows: list[DayForecast]) -> ForecastCube:
    return cube("raw", rows, Axes.of(rows), ("a", "b", "c", "d"))


def test_axes_hold_every_forecast(rows: list[DayForecast]) -> None:
    axes = Axes.of(rows)
    assert axes.shape == (40, 3, 2)
    assert axes.days[0].tolist() == [CYCLES[0] + k for k in range(3)]


def test_a_cycle_numbers_its_days_in_one_way_only(rows: list[DayForecast]) -> None:
    wrong = row(CYCLES[0], 1, "Jinan", [1.0, 2.0])
    moved = DayForecast(**{**vars(wrong), "lead_day": 3})
    with pytest.raises(InputError, match="number its days in two ways"):
        Axes.of([*rows, moved])


def test_persistence_is_the_day_before_the_cycle(
    rows: list[DayForecast], observed: ObservedDays
) -> None:
    axes = Axes.of(rows)
    made = persistence(observed, axes)
    for cycle in (0, 17):
        day = int((CYCLES[cycle] - 1 - FIRST).astype(int))
        for lead in range(3):
            expected = observed.values[PM25, :, day]
            assert made.values[PM25, cycle, lead].tolist() == expected.tolist()


def test_climatology_is_what_was_around_the_date_in_earlier_years(
    rows: list[DayForecast], observed: ObservedDays
) -> None:
    made = climatology(observed, Axes.of(rows))
    assert made is not None
    day = CYCLES[5] + 1
    window = [
        observed.values[PM25, 0, int((day - FIRST).astype(int)) - round(365.2425 * back) + step]
        for back in (1, 2, 3)
        for step in range(-15, 16)
        if int((day - FIRST).astype(int)) - round(365.2425 * back) + step >= 0
    ]
    members = made.pm25_members[:, 5, 1, 0]
    assert sorted(members[np.isfinite(members)]) == sorted(window)


def test_references_do_not_change_with_what_comes_later(
    rows: list[DayForecast], observed: ObservedDays, standards: StandardSet
) -> None:
    axes = Axes.of(rows)
    changed = observed.values.copy()
    changed[..., int((CYCLES[20] - FIRST).astype(int)) :] = 999.0
    planted = observed_days(observed.cities, observed.days, changed, standards, ("pm25",))
    assert np.array_equal(
        persistence(planted, axes).values[PM25, :21],
        persistence(observed, axes).values[PM25, :21],
    )
    ours, theirs = climatology(observed, axes), climatology(planted, axes)
    assert ours is not None
    assert theirs is not None
    assert np.array_equal(ours.pm25_members, theirs.pm25_members, equal_nan=True)


def test_without_older_observations_there_is_no_climatology(
    rows: list[DayForecast], observed: ObservedDays, standards: StandardSet
) -> None:
    late = observed.days >= CYCLES[0] - 5
    short = observed_days(
        observed.cities, observed.days[late], observed.values[..., late], standards, ("pm25",)
    )
    assert climatology(short, Axes.of(rows)) is None


def test_scores_are_those_of_the_cases_that_all_have(
    rows: list[DayForecast], observed: ObservedDays, standards: StandardSet
) -> None:
    kept = [own for place, own in enumerate(rows) if place % 7]
    axes = Axes.of(kept)
    raw = cube("raw", kept, axes, ("a", "b", "c", "d"))
    other = cube("issued", [own for own in kept if own.lead_day != 2 or own.city == "Jinan"], axes)
    seen = observed.at(axes, axes.days)
    found = compare([raw, other], seen, standards, None)
    for lead in range(3):
        cases = [
            (own, seen.values[PM25, place, lead, city])
            for own in kept
            for place in [int(np.flatnonzero(axes.cycles == own.cycle)[0])]
            for city in [axes.cities.index(own.city)]
            if own.lead_day == lead + 1 and (lead != 1 or own.city == "Jinan")
        ]
        errors = np.array([own.values[0] - value for own, value in cases])
        for source in ("raw", "issued"):
            assert found.of(source, "pm25", "number")[lead, -1] == len(cases)
            rmse = found.of(source, "pm25", "rmse")[lead, -1]
            assert rmse == pytest.approx(np.sqrt(np.mean(errors**2)))
        hits = sum(own.aqi > 200 and observed_aqi(seen.aqi, own, axes) > 200 for own, _ in cases)
        assert found.of("raw", "aqi", "hits_200")[lead, -1] == hits
        crps = [slow_crps(own.pm25_members, value) for own, value in cases]
        assert found.of("raw", "pm25", "crps")[lead, -1] == pytest.approx(np.mean(crps))


def observed_aqi(aqi: Float, own: DayForecast, axes: Axes) -> float:
    cycle = int(np.flatnonzero(axes.cycles == own.cycle)[0])
    return float(aqi[cycle, own.lead_day - 1, axes.cities.index(own.city)])


def slow_crps(held: Sequence[float], seen: float) -> float:
    members = [x for x in held if np.isfinite(x)]
    m = len(members)
    spread = sum(abs(x - y) for x in members for y in members) / (2 * m * (m - 1))
    return float(sum(abs(x - seen) for x in members) / m - spread)


def test_a_forecast_that_is_right_has_full_skill(
    rows: list[DayForecast], observed: ObservedDays, standards: StandardSet
) -> None:
    axes = Axes.of(rows)
    seen = observed.at(axes, axes.days)
    perfect = [
        DayForecast(
            **{
                **vars(own),
                "values": seen.values[:, at[0], at[1], at[2]].tolist(),
                "aqi": seen.aqi[at],
                "primary": ("pm25",),
                "pm25_members": (),
                "aqi_members": (),
            }
        )
        for own in rows
        for at in [
            (
                int(np.flatnonzero(axes.cycles == own.cycle)[0]),
                own.lead_day - 1,
                axes.cities.index(own.city),
            )
        ]
    ]
    weights = day_weights(axes.first_days, seed=1)
    sources = [cube("raw", perfect, axes), persistence(observed, axes)]
    found = compare(sources, seen, standards, weights)
    for score, best in (
        ("rmse", 0.0), ("level_accuracy", 1.0), ("range_accuracy", 1.0), ("pod_200", 1.0),
        ("far_200", 0.0), ("primary_accuracy", 1.0), ("cma_composite", 100.0),
        ("rmse_skill_vs_persistence", 1.0),
    ):  # fmt: skip
        assert found.of("raw", "aqi", score)[:, -1] == pytest.approx(np.full(3, best)), score
    place = found.keys.index(("aqi", "rmse"))
    low, high = found.low[1, place], found.high[1, place]
    assert np.all((low < found.values[1, place, :, -1]) & (found.values[1, place, :, -1] < high))


def test_the_best_member_is_the_one_nearest_to_the_observations(
    rows: list[DayForecast], observed: ObservedDays
) -> None:
    raw = subject(rows)
    seen = observed.at(raw.axes, raw.axes.days)
    raw.pm25_members[2] = seen.values[PM25] + 1.0
    raw.pm25_members[3] = seen.values[PM25]  # better still, but often out
    raw.pm25_members[3, ::4] = np.nan
    found = best_member(raw, seen)
    assert found is not None
    assert found.remark.startswith("c,")
    assert np.array_equal(found.values[PM25], raw.pm25_members[2])


def test_draws_are_blocks_of_days() -> None:
    days = np.repeat(CYCLES, 2)  # two cycles a day go together
    weights = day_weights(days, seed=3, draws=200, block=5)
    assert weights is not None
    assert weights.shape == (200, 80)
    assert np.all(weights.sum(axis=1) == 80)
    assert np.array_equal(weights[:, ::2], weights[:, 1::2])
    assert weights[:, ::2].mean() == pytest.approx(1.0)
    assert day_weights(CYCLES[:19], seed=3) is None


def test_interval_covers_most_of_the_draws(rng: np.random.Generator) -> None:
    draws = rng.normal(size=(4000, 2))
    draws[:, 1] = np.nan
    low, high = interval(draws)
    assert low[0] == pytest.approx(-1.96, abs=0.12)
    assert high[0] == pytest.approx(1.96, abs=0.12)
    assert np.isnan(low[1])
