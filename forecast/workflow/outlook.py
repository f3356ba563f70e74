"""What will happen at each cutoff, if everything goes on as it does now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from forecast.config.root import Configuration
from forecast.fields.decision import DriverRecord, MemberView
from forecast.fields.history import History
from forecast.fields.run_state import RunState
from forecast.fields.status import MemberStatus
from forecast.workflow import clock
from forecast.workflow.clock import HOURLY, TREND, ProductPlan
from forecast.workflow.eta import Estimate, estimates
from forecast.workflow.paths import RunPaths

NAMES_ZH = {HOURLY: "逐小时预报", TREND: "7天趋势"}
"""The products as people call them."""


@dataclass(frozen=True)
class Expected:
    """The ensemble as it will probably be at a time.

    Attributes:
        whole: Members that will have every hour.
        partial: Members with fewer, and how many forecast hours they will have.
        none: Members without a single whole day.
        unknown: Members of which nothing can be said yet.
        quorum: True when every lead day will have its quorum; False also when it is unknown.
    """

    whole: tuple[str, ...]
    partial: tuple[tuple[str, int], ...]
    none: tuple[str, ...]
    unknown: tuple[str, ...]
    quorum: bool

    @property
    def usable(self) -> int:
        """Members that will count for a day or more."""
        return len(self.whole) + len(self.partial)


@dataclass(frozen=True)
class Cutoff:
    """One cutoff of one product.

    Attributes:
        product: Name of the product.
        kind: "soft" or "hard".
        time: When, UTC.
        left: Time until then; negative when it has passed.
        settled: True when the product was decided, so that nothing happens any more.
        action: What will happen, in words.
        expected: The ensemble at that time; None once it is settled.
    """

    product: str
    kind: str
    time: datetime
    left: timedelta
    settled: bool
    action: str
    expected: Expected | None = None


@dataclass(frozen=True)
class Outlook:
    """The future of a run, as far as it can be told.

    Attributes:
        now: When this was worked out, UTC.
        estimates: One a member.
        cutoffs: All of them, in order of time.
        all_ended: When the last member will end, UTC; None when unknown.
        ready: When the next product will be there, UTC; None when unknown or when none is due.
        next_action: What the cycle waits for now, in words.
        record: What the driver has decided; None when none has driven the cycle.
    """

    now: datetime
    estimates: Mapping[str, Estimate]
    cutoffs: tuple[Cutoff, ...]
    all_ended: datetime | None
    ready: datetime | None
    next_action: str
    record: DriverRecord | None

    @property
    def deadline(self) -> datetime | None:
        """The next hard cutoff that is still open, UTC."""
        return next((c.time for c in self.cutoffs if c.kind == "hard" and not c.settled), None)

    @property
    def at_risk(self) -> tuple[Cutoff, ...]:
        """Hard cutoffs ahead at which the quorum will probably not be there."""
        return tuple(
            cutoff
            for cutoff in self.cutoffs
            if cutoff.kind == "hard"
            and cutoff.expected is not None
            and not cutoff.expected.quorum
            and not cutoff.expected.unknown
        )


def look_ahead(
    state: RunState,
    configuration: Configuration,
    history: History,
    now: datetime,
    places: int | None = None,
) -> Outlook:
    """Work out the outlook of a run.

    Args:
        state: The run, with what its driver has decided.
        configuration: Of the run.
        history: Past runs.
        now: The time, UTC.
        places: How many members run at a time; None when each gets its nodes by itself.
    """
    record = state.driver
    expected = estimates(state.members, history, now, places)
    products = _products(state, record, configuration)
    settled = () if record is None else record.settled
    cutoffs = sorted(
        _cutoffs(products, state.members, expected, settled, now), key=lambda c: c.time
    )
    ends = [expected[member.member].finish for member in state.members]
    known = [end for end in ends if end is not None]
    all_ended = max(known) if known and len(known) == len(ends) else None
    decided = _next_decision(tuple(cutoffs), all_ended, state)
    making = history.product_seconds()
    ready = None
    if decided is not None and making is not None:
        ready = max(decided, now) + timedelta(seconds=making)
    return Outlook(
        now=now,
        estimates=expected,
        cutoffs=tuple(cutoffs),
        all_ended=all_ended,
        ready=ready,
        next_action=_next_action(state, tuple(cutoffs), record),
        record=record,
    )


def _products(
    state: RunState, record: DriverRecord | None, configuration: Configuration
) -> tuple[ProductPlan, ...]:
    """The products with their cutoffs; none before a driver has set the clock going."""
    if record is None:
        return ()
    known = [m.hours_total - m.spin_up_hours for m in state.members if m.hours_total]
    horizon = max(known, default=configuration.forecast.horizon_hours)
    hours = {HOURLY: min(configuration.forecast.hourly_hours, horizon), TREND: horizon}
    cycle = RunPaths(state.folder).cycle
    return clock.plans(cycle, record.origin, configuration.clock, len(state.members), hours)


def _cutoffs(
    products: Sequence[ProductPlan],
    members: Sequence[MemberStatus],
    expected: Mapping[str, Estimate],
    settled: Sequence[str],
    now: datetime,
) -> Iterator[Cutoff]:
    for plan in products:
        done = plan.product in settled
        for kind, time in (("soft", plan.soft), ("hard", plan.hard)):
            if time is None:
                continue
            crowd = None if done else _crowd(plan, members, expected, max(time, now))
            action = "decided already" if crowd is None else _action(kind, crowd, len(members))
            yield Cutoff(plan.product, kind, time, time - now, done, action, crowd)


def _crowd(
    plan: ProductPlan,
    members: Sequence[MemberStatus],
    expected: Mapping[str, Estimate],
    time: datetime,
) -> Expected:
    """Who will have what at a time."""
    hours = {member.member: expected[member.member].hours_by(time) for member in members}
    last = plan.days[-1].end_hour if plan.days else 1
    first = plan.days[0].end_hour if plan.days else 1
    day_views = [MemberView(m.member, m.kind, True, hours[m.member] or 0) for m in members]
    known = {name: count for name, count in hours.items() if count is not None}
    return Expected(
        whole=tuple(name for name, count in known.items() if count >= last),
        partial=tuple((n, count) for n, count in known.items() if first <= count < last),
        none=tuple(name for name, count in known.items() if count < first),
        unknown=tuple(name for name, count in hours.items() if count is None),
        quorum=plan.quorum(day_views),
    )


def _action(kind: str, crowd: Expected, planned: int) -> str:
    """What will happen at a cutoff, in words."""
    if len(crowd.whole) == planned:
        return "nothing: all members will have ended before"
    if crowd.unknown and not crowd.usable:
        return "not known yet: no member has shown its pace"
    with_whom = f"{len(crowd.whole)} of {planned} members"
    if crowd.partial:
        names = ", ".join(f"{name} ({hours} h)" for name, hours in crowd.partial)
        with_whom += f", in part {names}"
    if crowd.none:
        with_whom += f", without {', '.join(crowd.none)}"
    if crowd.unknown:
        with_whom += f"; nothing is known of {', '.join(crowd.unknown)}"
    if kind == "soft":
        if crowd.quorum:
            return f"the quorum will be there: the product is made with {with_whom}"
        return f"the quorum will not be there ({with_whom}): members are waited for"
    if not crowd.usable:
        return "no member will cover a day: the previous cycle's forecast is shifted and marked"
    quality = "reduced" if crowd.quorum else "below the quorum"
    return f"the product is made with {with_whom}; quality {quality}"


def _next_decision(
    cutoffs: Sequence[Cutoff], all_ended: datetime | None, state: RunState
) -> datetime | None:
    """When the next decision will be taken, UTC."""
    if state.complete:
        return None
    times = [] if all_ended is None else [all_ended]
    for cutoff in cutoffs:
        if cutoff.expected is not None and (cutoff.kind == "hard" or cutoff.expected.quorum):
            times.append(cutoff.time)
    return min(times) if times else None


def _next_action(state: RunState, cutoffs: Sequence[Cutoff], record: DriverRecord | None) -> str:
    """What the cycle waits for now."""
    if not state.held and not state.complete:
        return "nobody runs the cycle: start the same `forecast run` again, it goes on from here"
    if record is not None and record.over:
        return "late members are no longer waited for"
    open_ = [member.member for member in state.members if not member.ended]
    if state.complete and not open_:
        return "nothing; all members have ended and the products are complete"
    if state.complete:
        return f"late members may make a revision: {', '.join(open_)}"
    ahead = next((cutoff for cutoff in cutoffs if not cutoff.settled), None)
    if not open_:
        return "all members have ended; the products are made"
    until = "" if ahead is None else f", at the latest until the {ahead.kind} cutoff"
    return f"waiting for {len(open_)} of {len(state.members)} members{until}"
