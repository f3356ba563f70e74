"""The clock: whatever the members do, each product is decided once, in time, and late hours count.

A whole night is played minute by minute with members that progress, stop and end at random; the
decisions are compared with what a reader of the rules expects.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from forecast.common.cycle import Cycle, day_ends
from forecast.config.clock import ClockConfig, Origin, ProductClock, QuorumConfig
from forecast.fields.decision import Decision, DriverRecord, MemberView, Trigger
from forecast.workflow.clock import (
    HOURLY,
    TREND,
    ProductPlan,
    next_decision,
    origin_of,
    plans,
    settled_now,
)

CYCLE = Cycle.parse("2021-12-31T16")
START = datetime(2026, 1, 1, tzinfo=UTC)
HOURS = {HOURLY: 72, TREND: 120}
MINUTES = 40


@dataclass(frozen=True)
class Life:
    """One member: hours a minute, and when it stops."""

    pace: int
    stop: int

    def at(self, minute: int, name: str, kind: str) -> MemberView:
        """What is known of it."""
        hours = min(120, self.pace * min(minute, self.stop))
        return MemberView(name, kind, minute >= self.stop or hours == 120, hours)


CLOCKS = st.tuples(
    st.lists(st.integers(1, MINUTES - 1), min_size=4, max_size=4),
    st.lists(st.booleans(), min_size=4, max_size=4),
    st.floats(0.1, 1.0),
    st.integers(1, 2),
)
"""Four times, which of them are set, and a quorum."""
Drawn = tuple[list[int], list[bool], float, int]
LIVES = st.lists(
    st.builds(Life, st.integers(1, 12), st.integers(1, MINUTES)), min_size=1, max_size=6
)


def _clock(drawn: Drawn) -> ClockConfig:
    times, given_, share, kinds = drawn
    first, second, third, fourth = sorted(times)
    order = (first, third, second, fourth)
    cutoffs = [time if wanted else None for time, wanted in zip(order, given_, strict=True)]
    if cutoffs[1] is None:
        cutoffs[3] = None  # refused: the first revision would wait for ever
    quorum = QuorumConfig(share=share, kinds=kinds)
    return ClockConfig(
        hourly=ProductClock(soft_minutes=cutoffs[0], hard_minutes=cutoffs[1], quorum=quorum),
        trend=ProductClock(soft_minutes=cutoffs[2], hard_minutes=cutoffs[3], quorum=quorum),
    )


@dataclass(frozen=True)
class Night:
    """What was decided in a night."""

    products: tuple[ProductPlan, ...]
    decisions: list[tuple[int, Decision]]
    record: DriverRecord


def _play(lives: list[Life], options: ClockConfig) -> Night:
    """Look once a minute, as the driver does; decisions take no time."""
    products = plans(CYCLE, START, options, len(lives), HOURS)
    record = DriverRecord(CYCLE.name, START, START)
    decisions = []
    for minute in range(MINUTES + 1):
        now, views = START + timedelta(minutes=minute), _views(lives, minute)
        decision = next_decision(products, views, record, now)
        if decision is not None:
            decisions.append((minute, decision))
            record = record.with_decision(replace(decision, complete=True))
        settled = settled_now(products, views, record, now)
        record = replace(record, settled=(*record.settled, *settled))
    return Night(products, decisions, record)


def _views(lives: list[Life], minute: int) -> tuple[MemberView, ...]:
    kinds = ("ctm", "cmaq")
    return tuple(
        life.at(minute, f"m{place:02d}", kinds[place % 2]) for place, life in enumerate(lives)
    )


@given(LIVES, CLOCKS)
def test_a_night_ends_decided_with_all_that_came(lives: list[Life], drawn: Drawn) -> None:
    night = _play(lives, _clock(drawn))
    assert night.decisions, "at the end of the night all members have ended"
    numbers = [decision.revision for _, decision in night.decisions]
    assert numbers == list(range(len(numbers)))
    assert set(night.record.settled) == {HOURLY, TREND}
    assert len(night.record.settled) == 2
    last = night.decisions[-1][1]
    final = _views(lives, MINUTES)
    assert [last.hours_of(view.member) for view in final] == [view.hours for view in final]


@given(LIVES, CLOCKS)
def test_the_first_decision_comes_at_the_first_minute_that_the_rules_allow(
    lives: list[Life], drawn: Drawn
) -> None:
    options = _clock(drawn)
    night = _play(lives, options)
    taken, first = night.decisions[0]
    for minute in range(taken + 1):
        views = _views(lives, minute)
        expected = _allowed(options.hourly, len(lives), views, minute)
        assert (expected is not None) == (minute == taken)
    assert first.trigger is expected
    hard = options.hourly.hard_minutes
    assert hard is None or taken <= hard


def _allowed(
    clock: ProductClock, planned: int, views: tuple[MemberView, ...], minute: int
) -> Trigger | None:
    """The rules of the hourly product by their words."""
    if all(view.ended for view in views):
        return Trigger.ALL_ENDED
    if clock.hard_minutes is not None and minute >= clock.hard_minutes:
        return Trigger.HARD_CUTOFF
    if clock.soft_minutes is None or minute < clock.soft_minutes:
        return None
    for end in (24, 48, 72):
        inside = [view for view in views if view.hours >= end]
        enough = len(inside) >= clock.quorum.share * planned - 1e-9
        if not inside or not enough or len({v.kind for v in inside}) < clock.quorum.kinds:
            return None
    return Trigger.SOFT_CUTOFF


@given(LIVES, CLOCKS)
def test_every_later_decision_knows_more_and_the_trend_keeps_its_cutoff(
    lives: list[Life], drawn: Drawn
) -> None:
    options = _clock(drawn)
    night = _play(lives, options)
    for (_, before), (_, after) in zip(night.decisions, night.decisions[1:], strict=False):
        gains = [view.hours - before.hours_of(view.member) for view in after.members]
        assert max(gains) > 0
        assert min(gains) >= 0
        assert after.trigger is not Trigger.ALL_ENDED
    hard = options.trend.hard_minutes
    for number, (minute, decision) in enumerate(night.decisions):
        if hard is not None and number and minute > hard:
            assert decision.trigger is Trigger.LATE_MEMBER, "the trend is decided in time"
        if TREND in decision.products:
            assert hard is None or minute <= hard or number == 0
            assert decision.members == _views(lives, minute), "all that is there at that time"


@given(st.integers(0, 23), st.integers(24, 168))
def test_days_end_at_beijing_midnight(hour: int, horizon: int) -> None:
    cycle = Cycle.parse(f"2022-02-27T{hour:02d}")
    ends = day_ends(cycle, horizon)
    for end in ends:
        local = cycle.time + timedelta(hours=end + 8)
        assert (local.hour, local.minute) == (0, 0)
        assert 24 <= end <= horizon
    assert len(ends) >= (horizon - 23) // 24


@given(LIVES, CLOCKS)
def test_a_restarted_driver_decides_nothing_again(lives: list[Life], drawn: Drawn) -> None:
    """The record alone is enough: asked again with it, at the end nothing is left to decide."""
    night = _play(lives, _clock(drawn))
    now = START + timedelta(minutes=MINUTES)
    assert next_decision(night.products, _views(lives, MINUTES), night.record, now) is None


def test_the_origin_is_the_cycle_or_the_launch() -> None:
    launched = datetime(2026, 5, 1, tzinfo=UTC)
    assert origin_of(CYCLE, launched, ClockConfig()) == launched
    assert origin_of(CYCLE, launched, ClockConfig(origin=Origin.CYCLE)) == CYCLE.time
