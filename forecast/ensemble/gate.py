"""Who is in the ensemble: decided once for a cycle, from status records and a look at the content.

A member counts for the hours that its status claims and its output holds, unless the output is
beyond physical bounds, the same as another member's, or far from all others. A member that ended
early counts for the days that it covers, so that the membership may fall with the lead time.
"""

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from forecast.common.cycle import LOCAL_OFFSET, Cycle
from forecast.common.degradation import Degradation
from forecast.common.errors import ForecastError
from forecast.config.ensemble import GateConfig
from forecast.fields.arrays import Reals
from forecast.fields.membership import LeadDayMembers, Membership, MemberVerdict, Quality, judge
from forecast.fields.status import MemberState, MemberStatus

JUDGED = "pm25"
"""The variable by which members are compared."""
FEWEST_TO_COMPARE = 3
"""Members needed before one can be called an outlier."""


class NoMembersError(ForecastError):
    """No member can be used: there is nothing to make a forecast of."""


@dataclass(frozen=True)
class ContentReport:
    """What a look at the output of one member found.

    Attributes:
        member: Name.
        hours: Leading hours in which every value is finite and within bounds.
        problem: The first thing that is wrong, an English sentence; empty when nothing is.
        fingerprint: Equal for equal PM2.5 fields; empty when there are none.
        mean: Mean PM2.5 over domain and hours, ug m-3; NaN when there is none.
    """

    member: str
    hours: int
    problem: str = ""
    fingerprint: str = ""
    mean: float = math.nan


def inspect(
    member: str, variables: Iterable[tuple[str, Reals]], options: GateConfig
) -> ContentReport:
    """Look through the hourly output of one member.

    Args:
        member: Name.
        variables: Names and values, (hour, y, x), one after the other so that one at a time is in
            memory; the hours of the forecast only, without spin-up.
        options: Bounds.

    Returns:
        The report; a member without variables has no hours.
    """
    hours, problem, fingerprint, average = None, "", "", math.nan
    for name, values in variables:
        good, found = _good_hours(name, values, options.largest_concentration)
        if hours is None or good < hours:
            hours, problem = good, found or problem
        if name == JUDGED and good > 0:
            fingerprint = hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()
            average = float(np.mean(values[:good], dtype=np.float64))
    if hours is None:
        return ContentReport(member, 0, "the output holds no variable")
    return ContentReport(member, hours, problem, fingerprint, average)


def _good_hours(name: str, values: Reals, largest: float) -> tuple[int, str]:
    """Count the leading hours that are sound and describe the first that is not."""
    flat = values.reshape(values.shape[0], -1)
    with np.errstate(invalid="ignore"):
        sound = np.all((flat >= 0.0) & (flat <= largest), axis=1)
    bad = np.flatnonzero(~sound)
    if bad.size == 0:
        return int(values.shape[0]), ""
    first = int(bad[0])
    row = flat[first]
    worst = row[~((row >= 0.0) & (row <= largest))][0]
    return first, f"{name} of hour {first + 1} holds '{worst}' (0 to {largest:g} was expected)"


def decide(
    cycle: Cycle,
    planned: Sequence[str],
    horizon_hours: int,
    statuses: Sequence[MemberStatus],
    reports: Sequence[ContentReport],
    options: GateConfig,
) -> Membership:
    """Decide who is in.

    Args:
        cycle: The cycle.
        planned: Names of the planned members; the control first.
        horizon_hours: Forecast hours that were to be made.
        statuses: What members say; a planned member without one is absent.
        reports: What their output holds; a member without one has no readable output.
        options: Quorum and limits.

    Returns:
        The membership; every member that is out or ends early is in its degradations, each of
        which has been logged.

    Raises:
        NoMembersError: No member covers an hour.
    """
    by_name = {status.member: status for status in statuses}
    seen = {report.member: report for report in reports}
    verdicts = [
        _verdict(name, by_name.get(name), seen.get(name), horizon_hours, options)
        for name in planned
    ]
    verdicts = _without_doubles(verdicts, seen)
    verdicts = _without_outliers(verdicts, seen, options.mean_ratio)
    if not any(verdict.hours for verdict in verdicts):
        why = "; ".join(f"{v.member}: {v.reason}" for v in verdicts)
        msg = (
            f"No member of cycle '{cycle.name}' can be used ({why}). There is no forecast to "
            "publish; look at the members' logs and run them again."
        )
        raise NoMembersError(msg)
    quorum = math.ceil(options.quorum_share * len(planned) - 1e-9)
    days = _days(cycle, verdicts, horizon_hours, len(planned), quorum)
    fallbacks = [_missing(v, horizon_hours) for v in verdicts if v.hours < horizon_hours]
    fallbacks += _below_quorum(days, quorum)
    return Membership(
        cycle=cycle.name,
        planned=tuple(planned),
        horizon_hours=horizon_hours,
        quorum=quorum,
        verdicts=tuple(verdicts),
        days=days,
        degradations=tuple(fallback.announce() for fallback in fallbacks),
    )


def _verdict(
    name: str,
    status: MemberStatus | None,
    report: ContentReport | None,
    horizon: int,
    options: GateConfig,
) -> MemberVerdict:
    """Judge one member by itself."""
    log = "" if status is None else status.log
    if status is None or status.state is MemberState.WAITING:
        return MemberVerdict(name, 0, "it left no status: it never started", "未启动", log)
    if status.state is MemberState.RUNNING:
        reason = f"it was still running after {status.hours_available} forecast hours"
        return MemberVerdict(name, 0, reason, "截止时仍未算完", log)
    claimed = min(status.hours_available, horizon)
    ended = status.state is MemberState.FAILED
    reason = f"it failed after {claimed} hours: {status.reason or 'no reason given'}"
    if ended and not options.use_incomplete:
        return MemberVerdict(name, 0, reason, f"第{claimed}小时中断", log)
    if report is None:
        return MemberVerdict(name, 0, "its output cannot be read", "结果文件无法读取", log)
    hours = min(claimed, report.hours)
    if hours < claimed:
        problem = report.problem or f"the output holds {report.hours} of {claimed} hours"
        why = f"{reason}; {problem}" if ended else problem
        return MemberVerdict(name, hours, why, f"第{hours}小时之后的结果不可用", log)
    if hours < horizon:
        short = f"it was made for {status.hours_available} of {horizon} hours"
        return MemberVerdict(
            name, hours, reason if ended else short, f"只有前{hours}小时的结果", log
        )
    return MemberVerdict(name, hours, log=log)


def _without_doubles(
    verdicts: list[MemberVerdict], seen: dict[str, ContentReport]
) -> list[MemberVerdict]:
    """Take out members whose PM2.5 is the same as that of an earlier one."""
    kept: list[MemberVerdict] = []
    first: dict[str, str] = {}
    for verdict in verdicts:
        mark = seen[verdict.member].fingerprint if verdict.hours else ""
        if mark and mark in first:
            reason = f"its PM2.5 is identical to that of {first[mark]}"
            kept.append(
                MemberVerdict(
                    verdict.member, 0, reason, f"与{first[mark]}的结果完全相同", verdict.log
                )
            )
            continue
        if mark:
            first[mark] = verdict.member
        kept.append(verdict)
    return kept


def _without_outliers(
    verdicts: list[MemberVerdict], seen: dict[str, ContentReport], ratio: float
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
            checked.append(
                MemberVerdict(verdict.member, 0, reason, "结果与其他成员相差过大", verdict.log)
            )
        else:
            checked.append(verdict)
    return checked


def _days(
    cycle: Cycle, verdicts: list[MemberVerdict], horizon: int, planned: int, quorum: int
) -> tuple[LeadDayMembers, ...]:
    """List the complete local days inside the horizon with the members that cover them."""
    local = cycle.time + LOCAL_OFFSET
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    offset = -(local - midnight) // timedelta(hours=1) % 24
    days = []
    for number, end in enumerate(range(offset + 24, horizon + 1, 24), start=1):
        members = tuple(v.member for v in verdicts if v.hours >= end)
        days.append(LeadDayMembers(number, end, members, judge(len(members), planned, quorum)))
    return tuple(days)


def _missing(verdict: MemberVerdict, horizon: int) -> Degradation:
    taken = f"{verdict.hours} hours of it" if verdict.hours else "the ensemble without it"
    return Degradation(
        stage="gate",
        what=f"member {verdict.member}: {verdict.reason}",
        original=f"{horizon} hours of {verdict.member}",
        replacement=taken,
        effect=f"集合成员{verdict.member}{verdict.reason_zh}，"
        + (f"仅前{verdict.hours}小时参加集合。" if verdict.hours else "未参加集合。"),
    )


def _below_quorum(days: tuple[LeadDayMembers, ...], quorum: int) -> list[Degradation]:
    """Record the days that too few members, or none, cover."""
    few = [day for day in days if day.quality is Quality.BELOW_QUORUM]
    none = [day for day in days if day.quality is Quality.NONE]
    found = []
    for affected, replacement, effect in (
        (few, "the members that are there", f"可用成员少于{quorum}个，概率和区间仅供参考。"),
        (none, "nothing", "没有可用成员，不作预报。"),
    ):
        if affected:
            named = "、".join(str(day.lead_day) for day in affected)
            found.append(
                Degradation(
                    stage="gate",
                    what=f"lead day(s) {named} have fewer members than the quorum",
                    original=f"{quorum} members or more",
                    replacement=replacement,
                    effect=f"预报第{named}天{effect}",
                )
            )
    return found
