"""What has to be done now: pure decisions from the time, the cutoffs and the members.

Nothing here reads a clock or a file; the driver asks, and does what it is told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from forecast.common.cycle import Cycle
from forecast.config.clock import ClockConfig, Origin
from forecast.ensemble.quorum import HOURLY as HOURLY
from forecast.ensemble.quorum import TREND as TREND
from forecast.ensemble.quorum import DayQuorum, day_quorums, products_of
from forecast.fields.decision import Decision, DriverRecord, MemberView, Trigger
from forecast.fields.status import MemberState, MemberStatus
from forecast.workflow.eta import Basis, Estimate

LAST_CALL_HOURS = 6
"""A member is told where to stop when it is this close to that hour: later, its pace is known
better; much later, it has passed the hour."""
SURE_HOURS = 3
"""Hours of its own that a member must have done before its pace shortens it."""


@dataclass(frozen=True)
class ProductPlan:
    """One product with its cutoffs as times.

    Attributes:
        product: Name.
        soft: From when a quorum is enough, UTC; None when it never is.
        hard: From when anything is enough, UTC; None when all members are waited for.
        days: Its lead days.
    """

    product: str
    soft: datetime | None
    hard: datetime | None
    days: tuple[DayQuorum, ...]

    def quorum(self, views: Sequence[MemberView]) -> bool:
        """Tell whether every lead day has its quorum."""
        return bool(self.days) and all(
            day.met(view.kind for view in views if view.hours >= day.end_hour) for day in self.days
        )

    def due(self, views: Sequence[MemberView], now: datetime) -> Trigger | None:
        """Say why the product has to be decided now; None when it can wait."""
        if all(view.ended for view in views):
            return Trigger.ALL_ENDED
        if self.hard is not None and now >= self.hard:
            return Trigger.HARD_CUTOFF
        if self.soft is not None and now >= self.soft and self.quorum(views):
            return Trigger.SOFT_CUTOFF
        return None


@dataclass(frozen=True)
class Shortening:
    """A member that will not be ready at the hard cutoff.

    Attributes:
        member: Name.
        hours: Forecast hours to stop at, the end of a local day; 0 when not even the first day
            can be made, so that it can only come in late.
        deadline: The hard cutoff that it would miss, UTC.
        finish: When it would end, UTC; None when unknown.
    """

    member: str
    hours: int
    deadline: datetime
    finish: datetime | None


def origin_of(cycle: Cycle, launched: datetime, options: ClockConfig) -> datetime:
    """From when the cutoffs are counted, UTC."""
    return cycle.time if options.origin is Origin.CYCLE else launched


def plans(
    cycle: Cycle,
    origin: datetime,
    options: ClockConfig,
    planned: int,
    hours: Mapping[str, int],
) -> tuple[ProductPlan, ...]:
    """Work out the cutoffs and quorums of every product.

    Args:
        cycle: The cycle.
        origin: From when cutoffs are counted, UTC.
        options: Cutoffs and quorums.
        planned: Number of planned members.
        hours: Length of each product in forecast hours.
    """
    return tuple(
        ProductPlan(
            name,
            _after(origin, clock.soft_minutes),
            _after(origin, clock.hard_minutes),
            day_quorums(cycle, clock, planned, hours[name]),
        )
        for name, clock in products_of(options)
    )


def _after(origin: datetime, minutes: float | None) -> datetime | None:
    return None if minutes is None else origin + timedelta(minutes=minutes)


def next_decision(
    products: Sequence[ProductPlan],
    views: Sequence[MemberView],
    record: DriverRecord,
    now: datetime,
) -> Decision | None:
    """Say which decision has to be taken now.

    The first one ends the waiting for the hourly product; one for the trend follows when its own
    cutoff comes. After that a member that has ended with more hours than were known makes another.

    Args:
        products: The products with their cutoffs; the first is decided first.
        views: What is known of the members.
        record: What has been decided.
        now: The time, UTC.

    Returns:
        The decision; None when there is nothing to decide. A product that becomes due without
        anything new is in `settled_now`.
    """
    if not products or not views:
        return None
    last = record.last
    waiting = [plan for plan in products if plan.product not in record.settled]
    due = {plan.product: plan.due(views, now) for plan in waiting}
    ready = tuple(name for name, trigger in due.items() if trigger is not None)
    if last is None:
        trigger = due.get(products[0].product)
        return None if trigger is None else Decision(0, trigger, ready, now, tuple(views))
    if waiting:
        if not ready or not _more(views, last, ended_only=False):
            return None
        trigger = next(t for t in due.values() if t is not None)
        if trigger is Trigger.ALL_ENDED:
            trigger = Trigger.LATE_MEMBER
        return Decision(last.revision + 1, trigger, ready, now, tuple(views))
    if _more(views, last, ended_only=True):
        return Decision(last.revision + 1, Trigger.LATE_MEMBER, (), now, tuple(views))
    return None


def settled_now(
    products: Sequence[ProductPlan],
    views: Sequence[MemberView],
    record: DriverRecord,
    now: datetime,
) -> tuple[str, ...]:
    """Products that need no waiting any more and no decision either: nothing has come since."""
    if record.last is None or _more(views, record.last, ended_only=False):
        return ()
    return tuple(
        plan.product
        for plan in products
        if plan.product not in record.settled and plan.due(views, now) is not None
    )


def _more(views: Sequence[MemberView], last: Decision, *, ended_only: bool) -> bool:
    """Tell whether members have more hours than at a decision."""
    return any(
        view.hours > last.hours_of(view.member) for view in views if view.ended or not ended_only
    )


def shortenings(
    products: Sequence[ProductPlan],
    statuses: Iterable[MemberStatus],
    estimates: Mapping[str, Estimate],
    record: DriverRecord,
    now: datetime,
) -> list[Shortening]:
    """Find the members that cannot finish before the hard cutoff and have to be told so now.

    A member is told once. It stops at the end of the last local day that it can make by the
    cutoff that lets it run longest; it is told late, when its pace is known best. One that cannot
    even make the first day is not stopped: it may come in late, as a revision.
    """
    hard = [plan for plan in products if plan.hard is not None and plan.days]
    if not hard or record.over:
        return []
    plan = max(hard, key=lambda entry: entry.hard or now)
    deadline = plan.hard or now
    if now >= deadline:
        return []
    found = []
    for status in statuses:
        entry = estimates.get(status.member)
        if status.ended or entry is None or record.done_to(status.member, "shortened"):
            continue
        told = _shorten(plan, status, entry, deadline)
        late = told is not None and told.hours == 0 and record.done_to(status.member, "late")
        if told is not None and not late:
            found.append(told)
    return found


def _shorten(
    plan: ProductPlan, status: MemberStatus, entry: Estimate, deadline: datetime
) -> Shortening | None:
    hours = entry.hours_by(deadline)
    if hours is None or hours >= plan.days[-1].end_hour:
        return None
    if entry.basis is Basis.OWN and status.hours_done < SURE_HOURS:
        return None
    reachable = max((day.end_hour for day in plan.days if day.end_hour <= hours), default=0)
    if reachable and status.hours_available < reachable - LAST_CALL_HOURS:
        return None
    if not reachable and status.state is MemberState.RUNNING and entry.basis is not Basis.OWN:
        return None
    return Shortening(status.member, reachable, deadline, entry.finish)


def hung(
    statuses: Iterable[MemberStatus], now: datetime, stall_seconds: float
) -> list[MemberStatus]:
    """Members that say that they run but have given no sign of life for too long."""
    longest = timedelta(seconds=stall_seconds)
    return [
        status
        for status in statuses
        if status.state is MemberState.RUNNING
        and status.updated is not None
        and now - status.updated > longest
    ]


def given_up(options: ClockConfig, origin: datetime, now: datetime) -> bool:
    """Tell whether late members are no longer waited for."""
    until = _after(origin, options.revise_minutes)
    return until is not None and now >= until


def outlook(products: Sequence[ProductPlan], views: Sequence[MemberView], now: datetime) -> str:
    """Say in plain words what will happen at the next cutoff."""
    open_ = [view for view in views if not view.ended]
    if not open_:
        return "all members have ended; the products are made now"
    for plan in products:
        for word, time in (("soft", plan.soft), ("hard", plan.hard)):
            if time is None or now >= time:
                continue
            enough = "the quorum is there" if plan.quorum(views) else "the quorum is not there yet"
            action = (
                f"{enough}; once it is, the {plan.product} product is made with whoever has ended"
                if word == "soft"
                else f"the {plan.product} product is made with whatever is there then"
            )
            return f"{word} cutoff of the {plan.product} product at {time:%H:%M:%S} UTC: {action}"
    return f"no cutoff is set: {len(open_)} member(s) are waited for"
