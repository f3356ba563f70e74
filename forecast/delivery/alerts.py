"""From an event to an alert, and from alerts to the text that people get."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forecast.common.cycle import LOCAL_OFFSET
from forecast.common.degradation import Degradation
from forecast.delivery.catalogue import UNKNOWN_EVENT, UNKNOWN_FALLBACK, catalogue
from forecast.fields.alert import Alert, Severity

RUNBOOK = "docs/runbook.md"
WORDS_ZH = {
    Severity.FATAL: "严重",
    Severity.WARNING: "警告",
    Severity.NOTE: "提示",
    Severity.DEBUG: "调试",
}
"""The severities as messages begin with them."""


class _Facts(dict[str, Any]):
    """Facts of an alert; one that is missing shows as a question mark and stops nothing."""

    def __missing__(self, key: str) -> str:
        return "?"


def make_alert(
    code: str,
    cycle: str,
    subject: str,
    now: datetime,
    *,
    log: str = "",
    effect: str = "",
    **facts: Any,
) -> Alert:
    """Make an alert from its entry in the catalogue.

    Args:
        code: Code of the entry; one that the catalogue does not have still makes an alert.
        cycle: Name of the cycle.
        subject: What it is about.
        now: The time, UTC.
        log: Path of the log that says more.
        effect: What it means for the product, in Chinese.
        facts: Values for the entry's sentences; `happened` and `done` replace them whole.

    Returns:
        The alert.
    """
    entry = catalogue().get(code) or catalogue()[UNKNOWN_EVENT]
    values = _Facts(facts, subject=subject, cycle=cycle)
    told = " ".join(f"{name}: {value};" for name, value in facts.items()) or "no further facts"
    return Alert(
        code=code,
        severity=entry.severity,
        cycle=cycle,
        subject=subject,
        happened=str(facts.get("happened") or entry.happened.format_map(values) or told),
        done=str(facts.get("done") or entry.done.format_map(values) or "nothing was noted"),
        who=entry.acts,
        log=log,
        time=now,
        effect=effect,
    )


def alert_of_fallback(degradation: Degradation, cycle: str, now: datetime, log: str = "") -> Alert:
    """Make the alert of a fallback that was taken: a warning at least, never less."""
    known = degradation.code in catalogue()
    entry = catalogue()[degradation.code if known else UNKNOWN_FALLBACK]
    return Alert(
        code=degradation.code or UNKNOWN_FALLBACK,
        severity=min(Severity.WARNING, entry.severity, key=lambda severity: severity.rank),
        cycle=cycle,
        subject=degradation.original or degradation.what,
        happened=f"{degradation.stage}: {degradation.what}; wanted {degradation.original}",
        done=f"Took {degradation.replacement} instead.",
        who=entry.acts,
        log=log,
        time=now,
        effect=degradation.effect,
    )


@dataclass(frozen=True)
class Message:
    """One or more alerts as people get them.

    Attributes:
        title: One line.
        text: Everything, one block an alert, the worst first.
        alerts: The alerts, in that order.
    """

    title: str
    text: str
    alerts: tuple[Alert, ...]


def message(alerts: Sequence[Alert]) -> Message:
    """Put alerts into one message, the worst first.

    Args:
        alerts: At least one.
    """
    ordered = tuple(sorted(alerts, key=lambda alert: (alert.severity.rank, alert.time)))
    worst = ordered[0]
    title = f"[{WORDS_ZH[worst.severity]} {worst.severity.upper()}] {worst.cycle} {_name(worst)}"
    if len(ordered) > 1:
        title += f"（共{len(ordered)}条）"
    return Message(title, "\n\n".join(map(_block, ordered)) + "\n", ordered)


def titles(code: str) -> tuple[str, str]:
    """Title of a code, in Chinese and in English; the code itself when it is unknown."""
    entry = catalogue().get(code)
    return (entry.title_zh, entry.title) if entry else (code, code)


def _name(alert: Alert) -> str:
    return f"{titles(alert.code)[0]}: {_short(alert.subject)}"


def _short(text: str, longest: int = 60) -> str:
    """One line, not too long for a subject."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _block(alert: Alert) -> str:
    zh, english = titles(alert.code)
    local = alert.time + LOCAL_OFFSET
    lines = [
        f"[{WORDS_ZH[alert.severity]} {alert.severity.upper()}] {zh} ({english})",
        f"时次 cycle: {alert.cycle} UTC",
        f"对象 subject: {alert.subject}",
        f"时间 time: {local:%Y-%m-%d %H:%M:%S} 北京时 ({alert.time:%H:%M:%S} UTC)",
        f"发生 what happened: {alert.happened}",
        f"处置 what was done: {alert.done}",
        f"由谁处理 who acts: {alert.who}",
    ]
    if alert.effect:
        lines.insert(-1, f"影响 effect: {alert.effect}")
    if alert.log:
        lines.append(f"日志 log: {alert.log}")
    lines.append(f"手册 runbook: {RUNBOOK}#{alert.code}")
    return "\n".join(lines)


def as_record(alert: Alert) -> Mapping[str, str]:
    """The alert as plain text values, for webhooks and commands."""
    return {
        "code": alert.code,
        "severity": alert.severity.value,
        "cycle": alert.cycle,
        "subject": alert.subject,
        "happened": alert.happened,
        "done": alert.done,
        "who": alert.who,
        "log": alert.log,
        "time": alert.time.isoformat(timespec="seconds"),
        "effect": alert.effect,
    }
