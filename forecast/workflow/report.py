"""Clock, members, alerts and decisions in plain words, for `forecast status`."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from forecast.common.cycle import LOCAL_OFFSET
from forecast.delivery.alerts import as_record
from forecast.fields.alert import Alert, Severity
from forecast.fields.decision import DriverRecord
from forecast.fields.run_state import RunState
from forecast.fields.status import MemberStatus
from forecast.workflow.eta import Estimate
from forecast.workflow.outlook import Cutoff, Outlook
from forecast.workflow.progress import duration

SHOWN = (Severity.FATAL, Severity.WARNING)
"""Severities that the status always shows; notes are counted."""


def beijing(time: datetime, *, seconds: bool = False) -> str:
    """A time as people on duty say it, such as '01-10 13:00'."""
    local = time + LOCAL_OFFSET
    return f"{local:%m-%d %H:%M:%S}" if seconds else f"{local:%m-%d %H:%M}"


def signed(span: timedelta) -> str:
    """A slack in words: '12 min 3 s to spare' or '1 h 5 min late'."""
    seconds = span.total_seconds()
    words = duration(abs(seconds))
    return f"{words} to spare" if seconds >= 0 else f"{words} late"


def sections(state: RunState, outlook: Outlook, alerts: Sequence[Alert]) -> list[str]:
    """Lines about what is to come, what was decided, and what was told to whom."""
    return [*_clock(outlook), *_members(state, outlook), *_decisions(outlook), *_alerts(alerts)]


def _clock(outlook: Outlook) -> Iterator[str]:
    yield f"Waiting for: {outlook.next_action}"
    if outlook.all_ended is not None and outlook.all_ended > outlook.now:
        yield f"All members expected to have ended by {beijing(outlook.all_ended)} Beijing time"
    if outlook.ready is not None:
        yield f"Product expected at {beijing(outlook.ready)} Beijing time"
    if not outlook.cutoffs:
        if outlook.record is not None:
            yield "Cutoffs: none is set, all members are waited for"
        return
    yield "Cutoffs (Beijing time):"
    yield from (f"  {line}" for line in map(cutoff_line, outlook.cutoffs))


def cutoff_line(cutoff: Cutoff) -> str:
    """One cutoff: when, in how long, and what will happen."""
    seconds = cutoff.left.total_seconds()
    when = f"in {duration(seconds)}" if seconds >= 0 else f"{duration(-seconds)} ago"
    return (
        f"{beijing(cutoff.time)} ({when}) {cutoff.kind} cutoff of the {cutoff.product} "
        f"product: {cutoff.action}"
    )


def _members(state: RunState, outlook: Outlook) -> Iterator[str]:
    """Expected end and slack of the members that have not ended."""
    open_ = [member for member in state.members if not member.ended]
    if not open_:
        return
    yield "Members still to end (expected end, slack to the next hard cutoff):"
    for member in open_:
        yield f"  {member.member}: {expectation(member, outlook)}"


def expectation(member: MemberStatus, outlook: Outlook) -> str:
    """When a member will end, on what ground, and what that means at the next hard cutoff."""
    entry = outlook.estimates.get(member.member)
    if entry is None or entry.finish is None:
        return "not known yet"
    text = f"{beijing(entry.finish, seconds=True)} by {entry.basis.value}"
    if entry.silent_seconds > 0:
        text += f", silent for {duration(entry.silent_seconds)} longer than an hour takes"
    if outlook.deadline is not None:
        text += f", {slack(entry, outlook.deadline)}"
    return text


def slack(entry: Estimate, deadline: datetime) -> str:
    """Slack of a member to a cutoff, and what it will have by then when it comes late."""
    span = entry.slack(deadline)
    if span is None:
        return "slack not known yet"
    if span >= timedelta(0):
        return signed(span)
    hours = entry.hours_by(deadline)
    return f"{signed(span)}, will have {hours} forecast hours by then"


def _decisions(outlook: Outlook) -> Iterator[str]:
    record = outlook.record
    if record is None:
        return
    lines = list(decision_lines(record))
    if lines:
        yield "Decided so far (Beijing time):"
        yield from (f"  {line}" for line in lines)


def decision_lines(record: DriverRecord) -> Iterator[str]:
    """What the driver has decided and done to members, in order of time."""
    events = [
        (
            entry.decided_at,
            f"revision r{entry.revision}: {entry.trigger.value}"
            + (f" ({', '.join(entry.products)})" if entry.products else "")
            + ("" if entry.complete else ", its products are being made"),
        )
        for entry in record.decisions
    ]
    events += [
        (entry.time, f"{entry.member} {entry.action}: {entry.reason}")
        for entry in record.interventions
    ]
    for time, text in sorted(events):
        yield f"{beijing(time, seconds=True)} {text}"


def _alerts(alerts: Sequence[Alert]) -> Iterator[str]:
    shown = [alert for alert in alerts if alert.severity in SHOWN]
    notes = len(alerts) - len(shown)
    if not alerts:
        yield "Alerts: none"
        return
    yield f"Alerts: {len(shown)}" + (f", and {notes} note(s)" if notes else "")
    for alert in sorted(shown, key=lambda entry: (entry.severity.rank, entry.time)):
        yield (
            f"  {alert.severity.upper():<7} {beijing(alert.time)} {alert.code}: {alert.happened}"
        )
        yield f"          done: {alert.done}"
        yield f"          who acts: {alert.who}"
        if alert.log:
            yield f"          log: {alert.log}"


def as_facts(outlook: Outlook, alerts: Sequence[Alert]) -> dict[str, Any]:
    """The same for programs: expected ends, slack, cutoffs and alerts as plain values."""
    deadline = outlook.deadline
    return {
        "now": _text(outlook.now),
        "waiting_for": outlook.next_action,
        "all_members_expected": _text(outlook.all_ended),
        "product_expected": _text(outlook.ready),
        "cutoffs": [
            {
                "product": cutoff.product,
                "kind": cutoff.kind,
                "time": _text(cutoff.time),
                "seconds_left": round(cutoff.left.total_seconds()),
                "settled": cutoff.settled,
                "action": cutoff.action,
            }
            for cutoff in outlook.cutoffs
        ],
        "expected": {
            name: {
                "finish": _text(entry.finish),
                "latest_finish": _text(entry.latest_finish),
                "basis": entry.basis.value,
                "slack_seconds": _seconds(None if deadline is None else entry.slack(deadline)),
            }
            for name, entry in outlook.estimates.items()
        },
        "alerts": [dict(as_record(alert)) for alert in alerts],
    }


def _text(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat(timespec="seconds")


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else round(span.total_seconds())
