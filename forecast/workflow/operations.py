"""How the service has run over a period, as text and as a page that stands alone."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from forecast.delivery.alerts import titles
from forecast.fields.membership import Quality
from forecast.fields.operations import CycleSummary, Period
from forecast.workflow.page import render
from forecast.workflow.progress import duration
from forecast.workflow.report import beijing

_QUALITY_ZH = {
    Quality.NORMAL: "正常",
    Quality.REDUCED: "成员减少",
    Quality.BELOW_QUORUM: "低于法定数",
    Quality.FALLBACK: "沿用前次",
    Quality.NONE: "无产品",
}
_TONES = {Quality.NORMAL: "good", Quality.REDUCED: "warn", Quality.BELOW_QUORUM: "warn"}


def operations_text(period: Period) -> str:
    """The period in plain words.

    Args:
        period: Its cycles.

    Returns:
        Some lines about the whole, one a kind of trouble, one a cycle.
    """
    return "\n".join([*_whole(period), *_troubles(period), *_cycles(period)])


def _whole(period: Period) -> Iterator[str]:
    cycles = period.cycles
    used, planned = period.members
    yield (
        f"{len(cycles)} cycle(s), {cycles[0].cycle} to {cycles[-1].cycle}"
        if cycles
        else ("No cycle that was to make products.")
    )
    if period.with_cutoff:
        yield (
            f"In time: {len(period.in_time)} of {len(period.with_cutoff)} with a cutoff "
            f"(at most {duration(period.grace.total_seconds())} after it)"
        )
    yield f"Without a product: {_names(period.missing)}"
    words = ", ".join(f"{number} {quality}" for quality, number in period.qualities())
    yield f"First product: {words or 'none'}"
    yield f"Members used: {used} of {planned}; {period.core_hours:.1f} core-hours"


def _names(cycles: tuple[CycleSummary, ...]) -> str:
    return ", ".join(entry.cycle for entry in cycles) or "none"


def _troubles(period: Period) -> Iterator[str]:
    yield "Troubles by cause (alert: how often, in how many cycles):"
    rows = period.problems()
    yield from (f"  {code}: {raised}, {cycles}" for code, raised, cycles in rows)
    if not rows:
        yield "  none"


def _cycles(period: Period) -> Iterator[str]:
    for entry in reversed(period.cycles):
        if entry.problem:
            yield f"{entry.cycle}  cannot be read: {entry.problem}"
            continue
        yield (
            f"{entry.cycle}  {_when(entry)}; {entry.quality}, {entry.used} of {entry.planned} "
            f"members, {entry.revisions} revision(s), {entry.core_hours:.2f} core-hours"
        )


def _when(entry: CycleSummary) -> str:
    if entry.published is None:
        return "running" if entry.running else "no product"
    said = f"out {beijing(entry.published)} Beijing time"
    return said if entry.late is None else f"{said} ({_against(entry.late)} the cutoff)"


def _against(late: timedelta) -> str:
    seconds = late.total_seconds()
    return f"{duration(abs(seconds))} {'after' if seconds > 0 else 'before'}"


def operations_page(period: Period) -> str:
    """Draw the page.

    Args:
        period: Its cycles.

    Returns:
        HTML text that fetches nothing.
    """
    return render(
        "operations.html.j2",
        period=period,
        grace=duration(period.grace.total_seconds()),
        qualities=[(_QUALITY_ZH[q], q.value, number) for q, number in period.qualities()],
        troubles=[(code, *titles(code), *counts) for code, *counts in period.problems()],
        rows=[_row(entry, period) for entry in reversed(period.cycles)],
    )


def _row(entry: CycleSummary, period: Period) -> dict[str, Any]:
    late = entry.late is not None and entry.late > period.grace
    tone = "bad" if late else _TONES.get(entry.quality, "bad")
    return {
        "entry": entry,
        "tone": "busy" if entry.running and entry.published is None else tone,
        "out": _when(entry) if entry.published is None else beijing(entry.published),
        "against": "" if entry.late is None else _against(entry.late),
        "quality_zh": _QUALITY_ZH[entry.quality],
        "problems": "、".join(dict.fromkeys(titles(code)[0] for code in entry.problems)),
    }
