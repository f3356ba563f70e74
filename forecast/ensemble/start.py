"""From what the members of a cycle begin: the ladder, and the decision for all of them at once.

The rungs of a member, best first: its own restart of one, two, … cycles ago; that of the control;
a climatology of the hour of day; cold, where that is allowed. What lies on the disk is looked at
by whoever calls; here is only the decision.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby

from forecast.common.cycle import Cycle
from forecast.common.degradation import Degradation
from forecast.common.errors import CycleError
from forecast.config.start import ColdStart, StartConfig
from forecast.fields.start import Attempt, MemberStart, StartKind, StartPlan

CONTROL = "m00"
"""The unperturbed member."""


@dataclass(frozen=True)
class Rung:
    """One state from which a member could begin.

    Attributes:
        kind: Own restart, that of the control, or the climatology.
        member: Whose restart; empty for the climatology.
        cycle: The cycle that left it; None for the climatology.
        hour: Forecast hour of that cycle that is valid now; 0 for the climatology.
    """

    kind: StartKind
    member: str = ""
    cycle: Cycle | None = None
    hour: int = 0


@dataclass(frozen=True)
class Finding:
    """What was found at the place of a rung.

    Attributes:
        source: File or folder, as the plan keeps it.
        problem: Why it cannot be used, a sentence; empty when it can.
        expected: True when it lacks because no cycle has run that could have left it.
    """

    source: str
    problem: str = ""
    expected: bool = False


Look = Callable[[Rung], Finding]
"""Looks at the place of a rung."""


def earlier(cycle: Cycle, hours: int) -> Cycle:
    """The cycle some hours before another."""
    return Cycle(cycle.time - timedelta(hours=hours))


def rungs(cycle: Cycle, member: str, options: StartConfig) -> tuple[Rung, ...]:
    """The ladder of one member, best first, without the cold start."""

    def restarts(kind: StartKind, of: str) -> list[Rung]:
        hours = [back * options.cycle_hours for back in options.ladder]
        return [Rung(kind, of, earlier(cycle, number), number) for number in hours]

    found = restarts(StartKind.WARM, member)
    if options.other_member and member != CONTROL:
        found += restarts(StartKind.CONTROL, CONTROL)
    if options.climatology:
        found.append(Rung(StartKind.CLIMATOLOGY))
    return tuple(found)


def cold_allowed(options: StartConfig, *, exercise: bool, asked: str) -> str:
    """Say why a cold start is allowed; nothing when it is not.

    Args:
        options: Configuration.
        exercise: The case is a replay or made.
        asked: What a person wrote down who allowed it for this cycle, or nothing.
    """
    if asked:
        return asked
    if options.cold is ColdStart.ALWAYS:
        return "start.cold is 'always'"
    if options.cold is ColdStart.EXERCISE and exercise:
        return "the case is an exercise"
    return ""


def plan_start(
    cycle: Cycle,
    members: Sequence[str],
    options: StartConfig,
    look: Look,
    *,
    spin_up_hours: int,
    cold: str,
) -> StartPlan:
    """Decide for all members from what they begin.

    Args:
        cycle: The cycle.
        members: Names of the planned members.
        options: Configuration.
        look: Looks at a state; called once for each place.
        spin_up_hours: Length of the spin-up after a cold start, hours.
        cold: Why a cold start is allowed; empty: it is not.

    Raises:
        CycleError: Some member has nothing to begin from, and a cold start is not allowed.
    """
    seen: dict[Rung, Finding] = {}

    def once(rung: Rung) -> Finding:
        if rung not in seen:
            seen[rung] = look(rung)
        return seen[rung]

    starts = [_climb(cycle, member, options, once) for member in members]
    stranded = [start for start in starts if start.kind is StartKind.COLD]
    if stranded and not cold:
        raise CycleError(_refusal(cycle, stranded))
    spin_up = {
        StartKind.CLIMATOLOGY: options.climatology_spin_up_hours,
        StartKind.COLD: spin_up_hours,
    }
    window = max((spin_up.get(start.kind, 0) for start in starts), default=0)
    settled = (_settle(start, window, spin_up.get(start.kind, 0), options) for start in starts)
    return StartPlan(
        cycle=cycle.name,
        spin_up_hours=window,
        members=tuple(settled),
        chain_hours=options.cycle_hours if options.chain_only else None,
        cold_allowed=cold,
    )


def _climb(cycle: Cycle, member: str, options: StartConfig, look: Look) -> MemberStart:
    """Take the first rung that can be used; cold when there is none."""
    tried: list[Attempt] = []
    for rung in rungs(cycle, member, options):
        found = look(rung)
        if not found.problem:
            return MemberStart(
                member,
                rung.kind,
                source=found.source,
                source_cycle="" if rung.cycle is None else rung.cycle.name,
                source_hour=rung.hour,
                tried=tuple(tried),
            )
        tried.append(Attempt(rung.kind, found.source, found.problem, found.expected))
    return MemberStart(member, StartKind.COLD, tried=tuple(tried))


def _settle(start: MemberStart, window: int, own: int, options: StartConfig) -> MemberStart:
    """Place a member's first hour in the window; say how long its forecast is unsettled."""
    if start.kind.warm:
        return replace(start, first_hour=window)
    unsettled = max(0, options.settle_hours - own)
    return replace(start, first_hour=window - own, unsettled_hours=unsettled)


def _refusal(cycle: Cycle, stranded: Sequence[MemberStart]) -> str:
    first = stranded[0]
    listed = "\n".join(f"  {entry.source}: {entry.problem}" for entry in first.tried)
    names = ", ".join(start.member for start in stranded)
    return (
        f"The cycle '{cycle.name}' has no state from which the members {names} could begin, and a "
        f"cold start is not allowed. Looked at for '{first.member}':\n{listed or '  nothing'}\n"
        f"Make the cycle before, or allow it with `forecast run {cycle.name} --cold-start`: the "
        "forecast is then marked as spinning up."
    )


_CODES = {
    StartKind.WARM: "start-older-restart",
    StartKind.CONTROL: "start-other-member",
    StartKind.CLIMATOLOGY: "start-climatology",
    StartKind.COLD: "start-cold",
}


def start_degradations(plan: StartPlan, *, exercise: bool) -> list[Degradation]:
    """Record each lower rung that was taken, once for all members that took it.

    A start at the foot of the ladder is none in an exercise where no earlier cycle has run: then
    nothing was lost.
    """
    taken = [
        entry
        for entry in plan.members
        if any(not attempt.expected for attempt in entry.tried)
        or (not entry.kind.warm and not exercise)
        or (entry.kind.warm and entry.tried)
    ]

    def group(entry: MemberStart) -> tuple[str, str]:
        return entry.kind, entry.source_cycle

    ordered = sorted(taken, key=group)
    found = [_degradation(list(entries)) for _, entries in groupby(ordered, group)]
    if plan.unsettled_hours and not exercise:
        found.append(_unsettled(plan))
    return found


def _unsettled(plan: StartPlan) -> Degradation:
    young = [start for start in plan.members if start.unsettled_hours]
    hours = plan.unsettled_hours
    return Degradation(
        stage="start",
        what=f"the first {hours} forecast hours of {_names(s.member for s in young)} are spin-up",
        original="members that have settled",
        replacement=f"hours that are marked, and no ground for warnings, up to hour {hours}",
        effect=f"预报前{hours}小时仍属模式调整期，仅供参考，不参与检验，也不作为预警依据。",
        code="spin-up-in-product",
    )


def _degradation(entries: list[MemberStart]) -> Degradation:
    first = entries[0]
    names = _names(entry.member for entry in entries)
    wanted = first.tried[0] if first.tried else None
    return Degradation(
        stage="start",
        what=f"{names} begin {_from(first)}"
        + (f", because: {wanted.problem}" if wanted is not None else ""),
        original="a restart of the cycle before" if wanted is None else wanted.source,
        replacement=first.source or "a cold start from seasonal profiles",
        effect=_effect(first, names),
        code=_CODES[first.kind],
    )


def _names(members: Iterable[str]) -> str:
    return ", ".join(members)


def _from(start: MemberStart) -> str:
    if start.kind is StartKind.WARM:
        return f"from the restart of hour {start.source_hour} of the cycle {start.source_cycle}"
    if start.kind is StartKind.CONTROL:
        return f"from the control's restart of the cycle {start.source_cycle}"
    return "from a climatology" if start.kind is StartKind.CLIMATOLOGY else "cold"


def _effect(start: MemberStart, names: str) -> str:
    if start.kind is StartKind.WARM:
        return (
            f"成员{names}的初始浓度场取自{start.source_hour}小时前起报的预报，"
            "而不是上一时次，初始误差可能偏大。"
        )
    if start.kind is StartKind.CONTROL:
        return f"成员{names}没有可用的自身初始场，改用控制成员的，集合离散度可能偏小。"
    where = "多日平均的浓度场" if start.kind is StartKind.CLIMATOLOGY else "季节背景廓线（冷启动）"
    return f"成员{names}没有可用的前时次初始场，从{where}起算，初始误差较大。"
