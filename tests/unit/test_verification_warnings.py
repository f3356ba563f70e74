"""Warnings against observed spells: each case of a story that one can follow on paper."""

import numpy as np
import pytest

from forecast.fields.warnings import WarningLevel
from forecast.verification.cubes import Axes
from forecast.verification.warnings import (
    Outcome,
    Proposals,
    Spell,
    WarningScores,
    day_ranks,
    flip_flop,
    forecast_ranks,
    score_warnings,
)

YELLOW, ORANGE = WarningLevel.YELLOW, WarningLevel.ORANGE
FIRST = np.datetime64("2021-01-01T00", "h")


def day(number: float) -> np.datetime64:
    """Local time, days after the first cycle."""
    return FIRST + np.timedelta64(round(24 * number), "h")


def spell(start: float, end: float, level: WarningLevel = YELLOW, city: str = "Jinan") -> Spell:
    return Spell(city, level, day(start), day(end))


def cycles(*proposed: list[Spell]) -> list[Proposals]:
    """One cycle a day, each looking five days ahead."""
    return [
        Proposals(day(number), day(number), day(number + 5), tuple(spells))
        for number, spells in enumerate(proposed)
    ]


def scored(
    observed: list[Spell], *proposed: list[Spell], level: WarningLevel = YELLOW
) -> WarningScores:
    return score_warnings(level, cycles(*proposed), observed)


def test_a_hit_counts_its_notice_from_the_proposal_that_was_kept() -> None:
    # proposed on day 0, taken back on day 1, proposed again on days 2 and 3; it came on day 4
    found = scored([spell(4, 6)], [spell(4, 6)], [], [spell(4.5, 6)], [spell(3.5, 7, ORANGE)], [])
    (entry,) = found.outcomes
    assert entry.outcome is Outcome.LATE  # the cycle of day 4 itself no longer said so
    found = scored([spell(4, 6)], [spell(4, 6)], [], [spell(4.5, 6)], [spell(3.5, 7, ORANGE)])
    (entry,) = found.outcomes
    assert entry.outcome is Outcome.HIT
    assert entry.notice_hours == 48
    assert (entry.start_error_hours, entry.end_error_hours) == (-12, 24)
    assert entry.level_error == 1
    assert found.in_time(48) == 1
    assert found.in_time(49) == 0


def test_a_cycle_is_not_asked_for_what_began_before_its_first_day() -> None:
    proposed = [spell(3, 5)]
    noon = Proposals(day(2.5), day(3), day(8), tuple(proposed))
    next_noon = Proposals(day(3.5), day(4), day(9), ())  # its first day is after the start
    (entry,) = score_warnings(YELLOW, [noon, next_noon], [spell(3, 5)]).outcomes
    assert entry.outcome is Outcome.HIT
    assert entry.notice_hours == 12


def test_late_and_missed() -> None:
    found = scored([spell(1, 4), spell(1, 2, city="Heze")], [], [], [spell(2, 4)])
    assert [entry.outcome for entry in found.outcomes] == [Outcome.LATE, Outcome.MISS]
    assert found.outcomes[0].notice_hours == -24
    assert found.outcomes[1].notice_hours is None
    assert found.mean("notice_hours") == -24


def test_spells_that_nobody_could_forecast_do_not_count() -> None:
    assert scored([spell(-1, 2), spell(9, 10)], [], []).outcomes == ()


def test_false_alarms_are_those_that_stood_to_the_end() -> None:
    found = scored(
        [],
        [spell(3, 4), spell(4, 5, city="Heze")],
        [spell(3, 5), spell(4, 5, city="Heze")],
        [spell(3, 4)],
    )
    assert [(own.city, own.start, own.end) for own in found.false_alarms] == [
        ("Jinan", day(3), day(5))
    ]
    assert [own.city for own in found.withdrawn] == ["Heze"]


def test_a_milder_warning_is_a_miss_for_the_higher_level() -> None:
    observed = [spell(1, 3, ORANGE)]
    proposed = [spell(1, 3, YELLOW)]
    assert scored(observed, proposed).count(Outcome.HIT) == 1
    assert scored(observed, proposed, level=ORANGE).count(Outcome.MISS) == 1


def test_days_touched_by_a_spell() -> None:
    days = np.arange(np.datetime64("2021-01-01"), np.datetime64("2021-01-06"))
    ranks = day_ranks([spell(1.5, 3), spell(2.5, 3, ORANGE)], ("Heze", "Jinan"), days)
    assert ranks[:, 1].tolist() == [0, YELLOW.rank, ORANGE.rank, 0, 0]
    assert not ranks[:, 0].any()


@pytest.fixture
def axes() -> Axes:
    starts = (FIRST - np.timedelta64(8, "h")).astype("datetime64[s]")
    steps = np.arange(6).astype("timedelta64[D]")
    first = np.datetime64("2021-01-01", "D") + np.arange(6)
    return Axes(starts + steps, first, first - 1, np.array([1, 2, 3]), ("Jinan",))


def test_ranks_of_forecast_days_by_lead(axes: Axes) -> None:
    found = forecast_ranks(cycles([spell(1, 2)], []), axes)
    assert found[0, :, 0].tolist() == [0, YELLOW.rank, 0]
    assert found[1, :, 0].tolist() == [0, 0, 0]
    assert np.isnan(found[2]).all()


def test_flip_flop_follows_one_day_through_its_leads(axes: Axes) -> None:
    values = np.zeros((6, 3, 1))
    # 3 January: forecast 100 at lead 3, 0 at lead 2, 100 at lead 1; others go one way
    values[0, 2], values[1, 1], values[2, 0] = 100.0, 0.0, 100.0
    values[2, 2], values[3, 1], values[4, 0] = 50.0, 70.0, 90.0
    found = flip_flop(values, axes)
    assert found is not None
    assert found.number == 4  # 3 to 6 January have all three leads
    assert found.reversals == pytest.approx(1 / 4)
    # |100-0| + |0-100| less the range 100, over three steps less two
    assert found.index == pytest.approx((100.0 + 0.0 + 0.0 + 0.0) / 4)


def test_without_three_leads_there_is_no_flip_flop(axes: Axes) -> None:
    short = Axes(axes.cycles, axes.first_days, axes.known, np.array([1, 2]), axes.cities)
    assert flip_flop(np.zeros((6, 2, 1)), short) is None
