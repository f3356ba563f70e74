"""Who is in the ensemble: decided for each revision, from status records and a look at the content.

A member counts for the hours that its status claims and its output holds, unless the output is
beyond physical bounds, stands still, is the same as another member's or as one of an earlier
cycle, or is far from all others. A member that ended early counts for the days that it covers, and
one that still runs for the hours that it has on the disk, so that the membership may fall with the
lead time.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from forecast.common.cycle import Cycle
from forecast.common.degradation import Degradation
from forecast.common.errors import ForecastError
from forecast.config.clock import ClockConfig
from forecast.config.ensemble import GateConfig
from forecast.ensemble.content import ContentReport
from forecast.ensemble.quorum import HOURLY, day_quorums, products_of
from forecast.fields.decision import hours_on_disk
from forecast.fields.membership import (
    LeadDayMembers,
    Membership,
    MemberVerdict,
    ProductMembers,
    Quality,
)
from forecast.fields.status import MemberState, MemberStatus

FEWEST_TO_COMPARE = 3
"""Members needed before one can be called an outlier."""


class NoMembersError(ForecastError):
    """No member can be used: there is nothing to make a forecast of."""


@dataclass(frozen=True)
class CyclePlan:
    """What a cycle was to be.

    Attributes:
        cycle: The cycle.
        members: Names of the planned members; the control first.
        horizon_hours: Forecast hours that were to be made.
        hourly_hours: Length of the hourly product.
        gate: Limits of the content.
        clock: Quorums.
    """

    cycle: Cycle
    members: tuple[str, ...]
    horizon_hours: int
    hourly_hours: int
    gate: GateConfig
    clock: ClockConfig


def decide(
    plan: CyclePlan,
    statuses: Sequence[MemberStatus],
    reports: Sequence[ContentReport],
    earlier: Mapping[str, str],
) -> Membership:
    """Decide who is in.

    Args:
        plan: What the cycle was to be.
        statuses: What members say; a planned member without one is absent.
        reports: What their output holds; a member without one has no readable output.
        earlier: Whose day of which earlier cycle has a fingerprint, by fingerprint.

    Returns:
        The membership, maybe without any member; whoever is out or ends early is in its
        degradations, each of which has been logged.
    """
    by_name = {status.member: status for status in statuses}
    seen = {report.member: report for report in reports}
    horizon = plan.horizon_hours
    verdicts = [
        _verdict(name, by_name.get(name), seen.get(name), horizon, plan.gate)
        for name in plan.members
    ]
    verdicts = [_unlike_earlier(verdict, earlier) for verdict in verdicts]
    verdicts = _without_doubles(verdicts)
    verdicts = _without_outliers(verdicts, seen, plan.gate.mean_ratio)
    products = _products(plan, verdicts)
    days = _days(products)
    fallbacks = [_missing(v, horizon) for v in verdicts if v.hours < horizon]
    fallbacks += _below_quorum(days)
    return Membership(
        cycle=plan.cycle.name,
        planned=plan.members,
        horizon_hours=horizon,
        quorum=days[0].quorum if days else 1,
        verdicts=tuple(verdicts),
        days=days,
        degradations=tuple(fallback.announce() for fallback in fallbacks),
        products=products,
    )


def require_members(membership: Membership) -> None:
    """Refuse a decision without members.

    Raises:
        NoMembersError: No member covers an hour.
    """
    if not membership.members:
        why = "; ".join(f"{v.member}: {v.reason}" for v in membership.verdicts)
        msg = (
            f"No member of cycle '{membership.cycle}' can be used ({why}). There is no forecast to "
            "publish; look at the members' logs and run them again."
        )
        raise NoMembersError(msg)


def _verdict(
    name: str,
    status: MemberStatus | None,
    report: ContentReport | None,
    horizon: int,
    options: GateConfig,
) -> MemberVerdict:
    """Judge one member by itself."""
    if status is None or (status.state is MemberState.WAITING and not hours_on_disk(status)):
        log = "" if status is None else status.log
        nothing = MemberVerdict(name, 0, log=log, state=MemberState.WAITING.value)
        return _out(nothing, "it left no status: it never started", "未启动")
    verdict = MemberVerdict(
        name,
        0,
        log=status.log,
        state=status.state.value,
        kind=status.kind,
        attempt=status.attempt,
        start=status.start,
        fingerprints=() if report is None else report.fingerprints,
    )
    claimed = min(hours_on_disk(status), horizon)
    reason, reason_zh = _END[status.state](status, claimed)
    whole = status.state in (MemberState.FINISHED, MemberState.INCOMPLETE)
    if claimed == 0 or not (whole or options.use_incomplete):
        return _out(verdict, reason or "it has no forecast hour", reason_zh or "没有结果")
    if report is None:
        return _out(verdict, "its output cannot be read", "结果文件无法读取")
    hours = min(claimed, report.hours)
    if hours < claimed:
        problem = report.problem or f"the output holds {report.hours} of {claimed} hours"
        reason = f"{reason}; {problem}" if reason else problem
        reason_zh = report.problem_zh or f"第{hours}小时之后的结果不可用"
    elif hours < horizon:
        reason = reason or f"it was made for {claimed} of {horizon} hours"
        reason_zh = reason_zh or f"只有前{hours}小时的结果"
    else:
        reason = reason_zh = ""
    return replace(verdict, hours=hours, reason=reason, reason_zh=reason_zh)


def _failed(status: MemberStatus, hours: int) -> tuple[str, str]:
    why = status.reason or "no reason given"
    return f"it failed after {hours} hours: {why}", f"第{hours}小时中断"


def _open(what: str) -> Callable[[MemberStatus, int], tuple[str, str]]:
    return lambda _, hours: (
        f"it {what}, with {hours} forecast hours on the disk",
        "截止时仍未算完",
    )


_END: dict[MemberState, Callable[[MemberStatus, int], tuple[str, str]]] = {
    MemberState.RUNNING: _open("was still running"),
    MemberState.WAITING: _open("had been interrupted and waited for another start"),
    MemberState.FINISHED: lambda *_: ("", ""),
    MemberState.INCOMPLETE: lambda status, hours: (
        f"it was ended after {hours} hours: {status.reason or 'no reason given'}",
        f"按截止时间缩短为{hours}小时",
    ),
    MemberState.FAILED: _failed,
    MemberState.TIMEOUT: lambda status, hours: (
        f"its time was over after {hours} hours: {status.reason or 'no reason given'}",
        f"第{hours}小时超时",
    ),
    MemberState.ABSENT: lambda status, _: (
        f"it never came: {status.reason or 'no reason given'}",
        "缺席",
    ),
}
"""How a member stood: the reason in English and Chinese why hours are missing."""


def _out(verdict: MemberVerdict, reason: str, reason_zh: str) -> MemberVerdict:
    return replace(verdict, hours=0, reason=reason, reason_zh=reason_zh)


def _unlike_earlier(verdict: MemberVerdict, earlier: Mapping[str, str]) -> MemberVerdict:
    """Take out a member that holds a day of an earlier cycle."""
    for day, mark in enumerate(verdict.fingerprints, start=1):
        if verdict.hours and mark in earlier:
            reason = f"its PM2.5 of forecast day {day} is identical to {earlier[mark]}"
            return _out(verdict, reason, "结果与此前时次完全相同")
    return verdict


def _without_doubles(verdicts: list[MemberVerdict]) -> list[MemberVerdict]:
    """Take out members whose PM2.5 is the same as that of an earlier one."""
    kept: list[MemberVerdict] = []
    first: dict[str, str] = {}
    for verdict in verdicts:
        mark = verdict.fingerprints[0] if verdict.hours and verdict.fingerprints else ""
        if mark and mark in first:
            other = first[mark]
            reason = f"its PM2.5 is identical to that of {other}"
            kept.append(_out(verdict, reason, f"与{other}的结果完全相同"))
            continue
        if mark:
            first[mark] = verdict.member
        kept.append(verdict)
    return kept


def _without_outliers(
    verdicts: list[MemberVerdict], seen: Mapping[str, ContentReport], ratio: float
) -> list[MemberVerdict]:
    """Take out members whose mean PM2.5 is far from the median of the members."""
    means = {v.member: seen[v.member].mean for v in verdicts if v.hours}
    known = [mean for mean in means.values() if math.isfinite(mean)]
    if len(known) < FEWEST_TO_COMPARE:
        return verdicts
    median = float(np.median(known))
    checked = []
    for verdict in verdicts:
        mean = means.get(verdict.member, math.nan)
        if mean > ratio * median or mean * ratio < median:
            reason = f"its mean PM2.5 of {mean:.3g} is far from the members' median {median:.3g}"
            checked.append(_out(verdict, reason, "结果与其他成员相差过大"))
        else:
            checked.append(verdict)
    return checked


def _products(plan: CyclePlan, verdicts: Sequence[MemberVerdict]) -> tuple[ProductMembers, ...]:
    """Say what each product rests on."""
    planned = len(plan.members)
    found = []
    for name, options in products_of(plan.clock):
        hours = plan.horizon_hours
        if name == HOURLY:
            hours = min(hours, plan.hourly_hours)
        quorums = day_quorums(plan.cycle, options, planned, hours)
        found.append(ProductMembers(name, tuple(q.judge(verdicts, planned) for q in quorums)))
    return tuple(found)


def _days(products: Sequence[ProductMembers]) -> tuple[LeadDayMembers, ...]:
    """The lead days, judged by the first product that holds them."""
    days: dict[int, LeadDayMembers] = {}
    for product in products:
        for day in product.days:
            days.setdefault(day.lead_day, day)
    return tuple(days[lead_day] for lead_day in sorted(days))


def _missing(verdict: MemberVerdict, horizon: int) -> Degradation:
    taken = f"{verdict.hours} hours of it" if verdict.hours else "the ensemble without it"
    return Degradation(
        stage="gate",
        what=f"member {verdict.member}: {verdict.reason}",
        original=f"{horizon} hours of {verdict.member}",
        replacement=taken,
        effect=f"集合成员{verdict.member}{verdict.reason_zh}，"
        + (f"仅前{verdict.hours}小时参加集合。" if verdict.hours else "未参加集合。"),
        code="member-cut-short" if verdict.hours else "member-left-out",
    )


def _below_quorum(days: Sequence[LeadDayMembers]) -> list[Degradation]:
    """Record the days that too few members, or none, cover."""
    few = [day for day in days if day.quality is Quality.BELOW_QUORUM]
    none = [day for day in days if day.quality is Quality.NONE]
    found = []
    if few:
        needs = max((day.quorum, day.least_kinds) for day in few)
        kinds = f"，或模式种类少于{needs[1]}种" if needs[1] > 1 else ""
        found.append(
            Degradation(
                stage="gate",
                what=f"lead day(s) {_named(few)} have fewer members than the quorum",
                original=f"{needs[0]} members of {needs[1]} kind(s) of model, or more",
                replacement="the members that are there",
                effect=f"预报第{_named(few)}天可用成员少于{needs[0]}个{kinds}，"
                "概率和区间仅供参考。",
                code="below-quorum",
            )
        )
    if none:
        found.append(
            Degradation(
                stage="gate",
                what=f"lead day(s) {_named(none)} have no member",
                original="one member or more",
                replacement="nothing",
                effect=f"预报第{_named(none)}天没有可用成员，不作预报。",
                code="days-without-members",
            )
        )
    return found


def _named(days: Sequence[LeadDayMembers]) -> str:
    return "、".join(str(day.lead_day) for day in days)
