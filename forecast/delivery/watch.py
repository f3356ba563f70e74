"""Which alerts the state of a run gives cause for. A pure reading: nothing is decided here."""

import errno
import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from forecast.config.run import RunPaths
from forecast.delivery.alerts import alert_of_fallback, make_alert
from forecast.fields.alert import Alert
from forecast.fields.decision import Decision, Trigger
from forecast.fields.run_state import RunState
from forecast.fields.status import MemberState, MemberStatus

_ENDS = {
    MemberState.FAILED: "member-failed",
    MemberState.TIMEOUT: "member-timeout",
    MemberState.ABSENT: "member-absent",
    MemberState.INCOMPLETE: "member-incomplete",
}
"""How a member can end other than well."""


_SIGNALLED = 128
"""Exit codes above it name the signal that ended a process."""
_AWAY_SECONDS = 15.0
"""How long the batch system may be silent before somebody is told, s: it is busy at times."""


_NO_ROOM = (os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT))
"""Words in the reason of a stage that found no room on the disk."""


def alerts_of(state: RunState, now: datetime, *, ended: bool = False) -> Iterator[Alert]:
    """Name every alert that a run's state gives cause for.

    The same state gives the same alerts again and again; whoever keeps them keeps each once.

    Args:
        state: The run.
        now: The time, UTC.
        ended: True when nobody goes on: a stage that failed now means that there is no product.
    """
    for fallback in state.degradations:
        yield alert_of_fallback(fallback, state.cycle, now, _log_of(state, fallback.stage))
    for member in state.members:
        yield from _of_member(state, member, now)
    for decision in state.driver.decisions if state.driver is not None else ():
        yield from _of_decision(state, decision, now)
    away = state.scheduler_away
    if away is not None and (now - away).total_seconds() > _AWAY_SECONDS:
        since = f"{away:%Y-%m-%d %H:%M:%S} UTC"
        facts = {"since": since, "reason": "it does not answer questions about jobs"}
        log = str(state.folder / "log" / "snakemake.log")
        yield make_alert("scheduler-unreachable", state.cycle, since, now, log=log, **facts)
    if not state.products and state.complete:
        yield make_alert("cycle-superseded", state.cycle, state.cycle, now)
    if ended:
        yield from _of_the_end(state, now)


def _of_member(state: RunState, member: MemberStatus, now: datetime) -> Iterator[Alert]:
    facts: dict[str, Any] = {
        "log": member.log,
        "hours": member.hours_done,
        "total": member.hours_total or "?",
        "reason": member.reason or "no reason given",
    }
    code = _ENDS.get(member.state)
    asked, ranks = member.ranks_asked, member.ranks
    if code == "member-failed" and asked and ranks and asked != ranks:
        code, facts["asked"], facts["ranks"] = "ranks-differ", asked, ranks
    if code is not None:
        yield make_alert(code, state.cycle, member.member, now, **facts)
    if member.state is MemberState.WAITING and (member.exit_code or 0) > _SIGNALLED:
        subject = f"{member.member} try {member.attempt}"
        yield make_alert("member-killed", state.cycle, subject, now, **facts)
    if member.continued_from is not None:
        yield make_alert(
            "member-continued",
            state.cycle,
            f"{member.member} try {member.attempt} hour {member.continued_from}",
            now,
            log=member.log,
            attempt=member.attempt,
            hour=member.continued_from,
            happened=f"Member {member.member} was started again (try {member.attempt}) and went "
            f"on from model hour {member.continued_from}.",
        )


_CUTOFFS = {Trigger.SOFT_CUTOFF: "soft-cutoff", Trigger.HARD_CUTOFF: "hard-cutoff"}


def _of_decision(state: RunState, decision: Decision, now: datetime) -> Iterator[Alert]:
    """What a decision of the driver is worth telling, and that its products are there."""
    missing = [view.member for view in decision.members if not view.ended]
    facts: dict[str, Any] = {
        "members": sum(view.hours > 0 for view in decision.members),
        "planned": len(decision.members),
        "missing": ", ".join(missing) or "none",
        "reason": decision.trigger.value,
        "log": str(RunPaths(state.folder, decision.revision).log("gate")),
    }
    if decision.trigger in _CUTOFFS:
        subject = " and ".join(decision.products) or f"r{decision.revision}"
        yield make_alert(_CUTOFFS[decision.trigger], state.cycle, subject, now, **facts)
    if decision.revision != state.published:
        return
    paths = RunPaths(state.folder, decision.revision)
    facts |= {"place": str(paths.products), "former": f"r{decision.revision - 1}"}
    code = "revision-made" if decision.revision else "product-ready"
    yield make_alert(code, state.cycle, f"r{decision.revision}", now, **facts)


def _of_the_end(state: RunState, now: datetime) -> Iterator[Alert]:
    """What it means that nobody goes on."""
    if state.complete and not state.products:
        yield make_alert("cycle-superseded", state.cycle, state.cycle, now)
    there = state.complete or state.published is not None
    code = "stage-failed-product-kept" if there else "stage-failed"
    for stage in state.failed:
        reason = stage.reason or "no reason given"
        word = code
        if not there and any(text in reason for text in _NO_ROOM):
            word = "disk-full"
        elif not there and stage.stage == "start":
            word = "chain-broken"
        yield make_alert(word, state.cycle, stage.stage, now, log=stage.log, reason=reason)
    if not there and not state.failed:
        log = str(state.folder / "log" / "snakemake.log")
        reason = "it ended before the products were complete, and no stage says why"
        yield make_alert("workflow-failed", state.cycle, "snakemake", now, log=log, reason=reason)


def _log_of(state: RunState, stage: str) -> str:
    return next((entry.log for entry in state.stages if entry.stage == stage), "")
