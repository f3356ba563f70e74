"""The live page about a run: one file, nothing fetched, drawn anew every few seconds."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from forecast.common.cycle import LOCAL_OFFSET, Cycle
from forecast.delivery.alerts import titles
from forecast.fields.alert import Alert, Severity
from forecast.fields.run_state import RunState, StageState, StageStatus
from forecast.fields.status import MemberState, MemberStatus
from forecast.workflow.eta import Estimate
from forecast.workflow.lock import Holder
from forecast.workflow.outlook import NAMES_ZH, Cutoff, Outlook
from forecast.workflow.progress import duration, headline, share_done
from forecast.workflow.report import SHOWN, beijing, decision_lines, slack

logger = logging.getLogger(__name__)

REFRESH = 5
"""Time between two loads of the page by a browser, s."""
LATE = 60
"""Age from which a page of a running cycle warns that nobody writes it any more, s."""

_WORDS_ZH = {
    "waiting": "等待",
    "running": "运行中",
    "interrupted": "中断",
    "finished": "完成",
    "incomplete": "提前结束",
    "failed": "失败",
    "timeout": "超时",
    "absent": "缺席",
}
_TONES = {
    "running": "busy",
    "interrupted": "bad",
    "finished": "good",
    "incomplete": "warn",
    "failed": "bad",
    "timeout": "warn",
    "absent": "bad",
}
_ALERT_TONES = {Severity.FATAL: "bad", Severity.WARNING: "warn"}


class ChannelLine(Protocol):
    """What the page shows of a channel."""

    @property
    def name(self) -> str:
        """Word by which it is spoken of."""

    @property
    def delivered(self) -> int:
        """Alerts that it has taken."""

    @property
    def waiting(self) -> int:
        """Alerts that it has still to take."""

    @property
    def problem(self) -> str:
        """Why it did not take the last ones; empty when it did."""


@dataclass(frozen=True)
class _Axis:
    """The time axis of the members' bars."""

    first: datetime
    last: datetime

    def place(self, time: datetime) -> float:
        """Where a time stands, percent."""
        share = (time - self.first) / (self.last - self.first)
        return round(100.0 * min(max(share, 0.0), 1.0), 2)

    def span(self, begin: datetime, end: datetime) -> tuple[float, float]:
        """Left edge and width of a bar, percent."""
        left, right = self.place(begin), self.place(end)
        return left, round(max(right - left, 0.0), 2)


def status_page(
    state: RunState,
    holder: Holder | None,
    outlook: Outlook,
    alerts: Sequence[Alert],
    channels: Sequence[ChannelLine] = (),
) -> str:
    """Draw the page.

    Args:
        state: The run.
        holder: Who runs it; None when nobody does.
        outlook: What is to come.
        alerts: All alerts of the run.
        channels: How the channels do.

    Returns:
        HTML text; links in it start at the folder of the run.
    """
    axis = _axis(state, outlook)
    shown = sorted(
        (alert for alert in alerts if alert.severity in SHOWN),
        key=lambda alert: (alert.severity.rank, -alert.time.timestamp()),
    )
    return render(
        "status.html.j2",
        state=state,
        outlook=outlook,
        view=_view(state, holder, outlook, axis, len(alerts) - len(shown)),
        cutoffs=[_cutoff(cutoff) for cutoff in outlook.cutoffs],
        members=[_member(state, member, outlook, axis) for member in state.members],
        alerts=[_alert(alert, state.folder) for alert in shown],
        channels=channels,
        decisions=[] if outlook.record is None else list(decision_lines(outlook.record)),
        stages=[_stage(stage, state.folder) for stage in state.stages],
    )


def render(template: str, **facts: Any) -> str:
    """Fill a template of this room, with the common style in `style`.

    Args:
        template: Name of its file.
        facts: What it speaks of; a name that it uses and nobody gave is an error.
    """
    source, _, _ = _environment().loader.get_source(  # type: ignore[union-attr]
        _environment(), "status.css"
    )
    style = Markup(source)  # noqa: S704  (a file of ours)
    return _environment().get_template(template).render(style=style, **facts)


def write_page(path: Path, text: str) -> None:
    """Write the page, whole or not at all; a disk that refuses it harms nothing else."""
    temporary = path.with_name(f".{path.name}.partial")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        logger.debug("the status page is not written: %s", error)


def _view(
    state: RunState, holder: Holder | None, outlook: Outlook, axis: _Axis | None, notes: int
) -> dict[str, Any]:
    word_zh, word, tone = _word(state, holder, outlook)
    start = Cycle.parse(state.cycle).time + LOCAL_OFFSET
    live = holder is not None
    counts = {kind: sum(member.state is kind for member in state.members) for kind in MemberState}
    bulletin = state.folder / "latest" / "products" / "bulletin.html"
    return {
        "word_zh": word_zh,
        "word": word,
        "tone": tone,
        "local_start": f"{start:%Y年%m月%d日%H时}",
        "now": f"{outlook.now + LOCAL_OFFSET:%H:%M:%S}",
        "written": outlook.now.isoformat(timespec="seconds"),
        "live": live,
        "refresh": REFRESH,
        "late_after": LATE if live else 0,
        "percent": int(100 * share_done(state)),
        "headline": headline(state, holder),
        "ready": "" if outlook.ready is None else beijing(outlook.ready),
        "all_ended": "" if outlook.all_ended is None else beijing(outlook.all_ended),
        "counts": ", ".join(f"{number} {kind}" for kind, number in counts.items() if number),
        "axis": [] if axis is None else list(_ticks(axis, outlook)),
        "notes": notes,
        "bulletin": _link(bulletin, state.folder) if bulletin.is_file() else "",
    }


def _word(state: RunState, holder: Holder | None, outlook: Outlook) -> tuple[str, str, str]:
    """The state of the run in a word, Chinese and English, and its colour."""
    if holder is None and not state.complete:
        if state.failed:
            return "失败", "failed", "bad"
        return "无人运行", "nobody runs it", "bad"
    if state.complete:
        late = any(not member.ended for member in state.members)
        return (
            ("产品已出，等待迟到成员", "product out", "good") if late else ("完成", "done", "good")
        )
    if outlook.at_risk:
        return "运行中，恐不足额", "running, quorum at risk", "warn"
    return "运行中", "running", "busy"


def _axis(state: RunState, outlook: Outlook) -> _Axis | None:
    """From the first start to the last thing that is known to come."""
    begun = [member.started for member in state.members if member.started is not None]
    ends = [outlook.now, *(cutoff.time for cutoff in outlook.cutoffs if not cutoff.settled)]
    for member in state.members:
        entry = outlook.estimates.get(member.member)
        ends += [time for time in (member.finished, entry and entry.finish) if time]
    if not begun:
        return None
    first, last = min(begun), max(ends)
    pad = (last - first) * 0.03 + timedelta(seconds=1)
    return _Axis(first, last + pad)


def _ticks(axis: _Axis, outlook: Outlook) -> Iterator[dict[str, Any]]:
    """Marks of the time axis: now, and the cutoffs that still mean something, each in a row."""
    yield {"kind": "now", "left": axis.place(outlook.now), "label": "现在", "row": 0}
    marks: dict[tuple[datetime, str], list[str]] = {}
    for cutoff in outlook.cutoffs:
        if not cutoff.settled:
            marks.setdefault((cutoff.time, cutoff.kind), []).append(cutoff.product)
    for row, ((time, kind), products) in enumerate(marks.items(), start=1):
        word = "软截止" if kind == "soft" else "硬截止"
        names = "、".join(NAMES_ZH.get(product, product) for product in products)
        label = f"{names}{word} {time + LOCAL_OFFSET:%H:%M}"
        yield {"kind": kind, "left": axis.place(time), "label": label, "row": row}


def _cutoff(cutoff: Cutoff) -> dict[str, str]:
    seconds = cutoff.left.total_seconds()
    bad = cutoff.expected is not None and not cutoff.expected.quorum
    sure = cutoff.expected is not None and not cutoff.expected.unknown
    tone = "past" if cutoff.settled else ("warn" if bad and sure else "")
    return {
        "when": beijing(cutoff.time),
        "product": f"{NAMES_ZH.get(cutoff.product, '')} {cutoff.product}",
        "kind": "软 soft" if cutoff.kind == "soft" else "硬 hard",
        "left": duration(seconds) if seconds >= 0 else f"已过 {duration(-seconds)}",
        "action": cutoff.action,
        "tone": tone,
    }


def _member(
    state: RunState, member: MemberStatus, outlook: Outlook, axis: _Axis | None
) -> dict[str, Any]:
    word = member.state.value
    if member.state is MemberState.RUNNING and not state.held:
        word = StageState.INTERRUPTED.value
    entry = outlook.estimates.get(member.member)
    row: dict[str, Any] = {
        "name": member.member,
        "word": word,
        "word_zh": _WORDS_ZH[word],
        "tone": _TONES.get(word, ""),
        "hours": f"{member.hours_done}/{member.hours_total}" if member.hours_total else "",
        "finish": "",
        "basis": "",
        "slack": "",
        "start": member.start,
        "note": "；".join(_notes(state, member)),
        "log": _link(Path(member.log), state.folder) if member.log else "",
        "done": None,
        "ahead": None,
        "tail": None,
    }
    if member.ended and member.finished is not None:
        row["finish"] = beijing(member.finished, seconds=True)
    elif entry is not None and entry.finish is not None:
        row["finish"] = beijing(entry.finish, seconds=True)
        row["basis"] = f"预计 by {entry.basis.value}"
        if outlook.deadline is not None:
            row["slack"] = slack(entry, outlook.deadline)
            late = entry.finish > outlook.deadline
            row["tone"] = "warn" if late else row["tone"]
    if axis is not None:
        row |= _bars(member, entry, axis, outlook.now)
    return row


def _notes(state: RunState, member: MemberStatus) -> Iterator[str]:
    """What else there is to say about a member."""
    if member.job:
        yield f"作业 job {member.job}"
    if member.attempt > 1:
        yield f"第{member.attempt}次尝试 try {member.attempt}"
    if member.continued_from is not None:
        yield f"自第{member.continued_from}小时续算"
    left_out = dict(state.left_out).get(member.member)
    if left_out and not member.ended:
        yield f"不在第{state.revision}版中 not in r{state.revision}: {left_out}"
    elif left_out or member.reason:
        yield left_out or member.reason


def _bars(
    member: MemberStatus, entry: Estimate | None, axis: _Axis, now: datetime
) -> dict[str, tuple[float, float]]:
    """What has been done, what is expected, and how late it may be."""
    bars = {}
    until = member.finished or now
    if member.started is not None:
        bars["done"] = axis.span(member.started, until)
    if entry is None or member.ended or entry.finish is None or entry.begin is None:
        return bars
    begin = max(now, entry.begin) if member.started is None else now
    bars["ahead"] = axis.span(begin, entry.finish)
    if entry.latest_finish is not None:
        bars["tail"] = axis.span(entry.finish, entry.latest_finish)
    return bars


def _stage(stage: StageStatus, folder: Path) -> dict[str, str]:
    took = ""
    if stage.started is not None and stage.finished is not None:
        took = duration((stage.finished - stage.started).total_seconds())
    return {
        "name": stage.stage,
        "word": stage.state.value,
        "word_zh": _WORDS_ZH[stage.state.value],
        "tone": _TONES.get(stage.state.value, ""),
        "took": took,
        "title": stage.title,
        "reason": stage.reason,
        "log": _link(Path(stage.log), folder) if stage.log else "",
    }


def _alert(alert: Alert, folder: Path) -> dict[str, str]:
    title_zh, title = titles(alert.code)
    return {
        "tone": _ALERT_TONES.get(alert.severity, ""),
        "title_zh": title_zh,
        "title": title,
        "subject": alert.subject,
        "when": beijing(alert.time, seconds=True),
        "happened": alert.happened,
        "done": alert.done,
        "who": alert.who,
        "log": _link(Path(alert.log), folder) if alert.log else "",
    }


def _link(path: Path, folder: Path) -> str:
    """A path as a link of the page: relative where it lies in the folder of the run."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("forecast.workflow"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
