"""The forecast of an earlier cycle in place of one that could not be made."""

from dataclasses import replace

from forecast.common.cycle import LOCAL_OFFSET, Cycle, day_ends
from forecast.common.degradation import Degradation
from forecast.fields.membership import (
    LeadDayMembers,
    Membership,
    MemberVerdict,
    ProductMembers,
    Quality,
)

SHIFTED, ABSENT = "product-shifted", "no-product"
"""Codes of the two ways out."""


def covers_a_day(membership: Membership) -> bool:
    """Tell whether any member covers a complete local day; products are daily."""
    return any(day.members for day in membership.days)


def shifted(own: Membership, former: Membership, why: str, why_zh: str) -> Membership:
    """Move the decision of an earlier cycle to this one.

    An hour of the forecast stays what it is; only its distance from the start changes, so what the
    earlier cycle had before this one began is dropped, and the lead days are counted anew.

    Args:
        own: The decision of this cycle, in which nobody can be used; revision, occasion and time
            of it are kept.
        former: The decision of the earlier cycle, on members of its own.
        why: Why nobody can be used, an English clause.
        why_zh: The same in Chinese.

    Returns:
        The decision; it covers no day when the earlier forecast ends too soon.
    """
    cycle, origin = Cycle.parse(own.cycle), Cycle.parse(former.cycle)
    shift = round((cycle.time - origin.time).total_seconds() / 3600)
    horizon = max(0, former.horizon_hours - shift)
    verdicts = tuple(_moved(verdict, shift, former) for verdict in former.verdicts)
    days = _days(cycle, verdicts, horizon, former)
    local = origin.time + LOCAL_OFFSET
    record = Degradation(
        stage="gate",
        what=f"no member of this cycle can be used ({why})",
        original=f"the forecast of {own.cycle}",
        replacement=f"the forecast of {former.cycle}, {shift} h older",
        effect=f"本时次没有可用的集合成员（{why_zh}），预报未更新，沿用北京时间"
        f"{local:%Y年%m月%d日%H}时起报的预报（早{shift}小时），时效相应缩短。",
        code=SHIFTED,
    )
    return replace(
        own,
        planned=former.planned,
        horizon_hours=horizon,
        quorum=former.quorum,
        verdicts=verdicts,
        days=days,
        products=tuple(_product(product, days) for product in own.products),
        degradations=(record.announce(),),
        origin=former.cycle,
        origin_shift=shift,
    )


def _moved(verdict: MemberVerdict, shift: int, former: Membership) -> MemberVerdict:
    hours = max(0, verdict.hours - shift)
    reason = f"in the forecast of {former.cycle}: {verdict.reason}" if verdict.reason else ""
    reason_zh = verdict.reason_zh
    if verdict.hours and not hours:
        reason, reason_zh = f"its hours in the forecast of {former.cycle} are over", "结果已过期"
    elif 0 < verdict.hours < former.horizon_hours:
        reason_zh = f"只有前{hours}小时的结果"
    return replace(verdict, hours=hours, reason=reason, reason_zh=reason_zh, fingerprints=())


def _days(
    cycle: Cycle, verdicts: tuple[MemberVerdict, ...], horizon: int, former: Membership
) -> tuple[LeadDayMembers, ...]:
    least_kinds = max((day.least_kinds for day in former.days), default=1)
    days = []
    for number, end in enumerate(day_ends(cycle, horizon), start=1):
        there = [verdict for verdict in verdicts if verdict.hours >= end]
        days.append(
            LeadDayMembers(
                lead_day=number,
                end_hour=end,
                members=tuple(verdict.member for verdict in there),
                quality=Quality.FALLBACK if there else Quality.NONE,
                quorum=former.quorum,
                kinds=len({verdict.kind for verdict in there}),
                least_kinds=least_kinds,
            )
        )
    return tuple(days)


def _product(product: ProductMembers, days: tuple[LeadDayMembers, ...]) -> ProductMembers:
    """The days of a product as they are now; it keeps its length and its cutoffs."""
    last = max((day.end_hour for day in product.days), default=0)
    kept = tuple(day for day in days if day.end_hour <= last) or days
    return replace(product, days=kept)


def without_forecast(own: Membership, why: str, why_zh: str, tried: str) -> Membership:
    """Decide that there is no forecast.

    Args:
        own: The decision of this cycle, in which nobody can be used.
        why: Why not, an English clause.
        why_zh: The same in Chinese.
        tried: Why no earlier forecast stands in, an English clause.
    """
    record = Degradation(
        stage="gate",
        what=f"no member of this cycle can be used ({why}); {tried}",
        original=f"the forecast of {own.cycle}",
        replacement="nothing: the product says that there is no forecast",
        effect=f"本时次没有可用的集合成员（{why_zh}），也没有可沿用的前期预报，不发布预报。",
        code=ABSENT,
    )
    return replace(
        own,
        verdicts=tuple(replace(verdict, hours=0) for verdict in own.verdicts),
        days=(),
        products=tuple(replace(product, days=()) for product in own.products),
        degradations=(record.announce(), *own.degradations),
    )
