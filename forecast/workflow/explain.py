"""Why a product is as it is, in sentences: from the records of the run, nothing is guessed."""

from collections.abc import Iterator

from forecast.fields.alert import Severity
from forecast.fields.evidence import Evidence
from forecast.fields.inputs import InputUse
from forecast.fields.membership import LeadDayMembers, Membership, Quality
from forecast.fields.start import StartKind, StartPlan
from forecast.workflow.report import beijing, decision_lines

_QUALITY = {
    Quality.NORMAL: "normal: every planned member is in",
    Quality.REDUCED: "reduced: members are missing, but the quorum is met",
    Quality.BELOW_QUORUM: "below the quorum: a guidance, its probabilities are not to be relied on",
    Quality.FALLBACK: "a fallback: the forecast of an earlier cycle, shifted in time and marked",
    Quality.NONE: "none: no member can be used",
}
_TRIGGERS = {
    "all ended": "because every member had ended",
    "soft cutoff with quorum": "because the soft cutoff had passed and the quorum was there",
    "hard cutoff": "because the hard cutoff had come, with whatever was there",
    "late member": "because a member came in after the former decision",
    "no members could be started": "because the preparation failed and no member could be started",
    "asked by hand": "because somebody asked for it with `forecast revise`",
}
_STARTS = {
    StartKind.WARM: "from the state that the same member left in an earlier cycle",
    StartKind.CONTROL: "from the state of the control member",
    StartKind.CLIMATOLOGY: "from the climatology",
    StartKind.COLD: "cold, from seasonal profiles",
}

Section = tuple[str, list[str]]


def explain(evidence: Evidence) -> list[Section]:
    """Explain a product.

    Args:
        evidence: The records of the run.

    Returns:
        Titles with their sentences; a title without anything to say is left out.
    """
    sections = (
        ("The product", list(_product(evidence))),
        ("Who is in the ensemble, and why the others are not", list(_members(evidence))),
        ("What went in", list(_inputs(evidence))),
        ("What the members began from", list(_start(evidence.start))),
        ("What the driver did, in order of time (Beijing)", list(_driver(evidence))),
        ("What was not as it should be", list(_fallbacks(evidence))),
        ("What changed since the revision before", list(evidence.changed)),
        ("What people were told", list(_alerts(evidence))),
    )
    return [(title, sentences) for title, sentences in sections if sentences]


def as_text(sections: list[Section]) -> str:
    """The explanation as text for a terminal."""
    blocks = [
        "\n".join([title, *(f"  - {sentence}" for sentence in sentences)])
        for title, sentences in sections
    ]
    return "\n\n".join(blocks)


def _product(evidence: Evidence) -> Iterator[str]:
    state, membership = evidence.state, evidence.membership
    if membership is None:
        yield f"There is no decision for the cycle {state.cycle} yet, so there is no product."
        for stage in state.failed:
            yield f"The stage '{stage.stage}' failed: {stage.reason} (log: {stage.log})"
        return
    when = "" if membership.decided_at is None else f" at {beijing(membership.decided_at)} Beijing"
    why = _TRIGGERS.get(membership.trigger.value, membership.trigger.value)
    yield f"Revision r{membership.revision} was decided{when} {why}."
    yield f"Its quality is {_QUALITY[membership.quality]}."
    if membership.origin:
        yield (
            f"No member of this cycle could be used: the members of {membership.origin} stand in, "
            f"shifted by {membership.origin_shift} h; every product says that it is not updated."
        )
    yield f"{membership.hours_covered} of {membership.horizon_hours} forecast hours are covered."
    for product in membership.products:
        end = "" if product.final else "; the clock still waited for more members"
        yield f"The {product.product} product is {product.quality.value}{end}."
    if not state.complete:
        yield "The products of this revision are not complete."
    for stage in state.failed:
        yield f"The stage '{stage.stage}' failed: {stage.reason} (log: {stage.log})"


def _members(evidence: Evidence) -> Iterator[str]:
    membership = evidence.membership
    if membership is None:
        return
    yield (
        f"{len(membership.members)} of {len(membership.planned)} planned members are in: "
        f"{', '.join(membership.members) or 'none'}; the quorum is {membership.quorum}."
    )
    for verdict in membership.missing:
        taken = f"counts for {verdict.hours} h only" if verdict.hours else "is not in"
        place = [f"log: {verdict.log}"] if verdict.log else []
        place += [
            f"job {status.job} on {status.host or 'no node'}"
            for status in evidence.state.members
            if status.member == verdict.member and status.job
        ]
        log = f" ({', '.join(place)})" if place else ""
        yield f"{verdict.member} {taken}: {verdict.reason}{log}."
    yield from _days(membership)


def _days(membership: Membership) -> Iterator[str]:
    """Lead days on which it is otherwise than on the first."""
    former: LeadDayMembers | None = None
    for day in membership.days:
        if former is None or (day.members, day.quality) != (former.members, former.quality):
            yield (
                f"From lead day {day.lead_day} on {len(day.members)} member(s) cover the day: "
                f"quality {day.quality.value}."
            )
        former = day


def _inputs(evidence: Evidence) -> Iterator[str]:
    if evidence.inputs is None:
        return
    for entry in evidence.inputs.inputs:
        yield _input(entry)
        for attempt in entry.tried:
            yield (
                f"For {entry.name}, the {attempt.kind.value} '{attempt.path}' was tried before: "
                f"{attempt.problem}."
            )


def _input(entry: InputUse) -> str:
    path = f"'{entry.path}'" if entry.path else "made data"
    rung = "as wanted" if entry.rung == 0 else f"rung {entry.rung} of the ladder, not as wanted"
    mark = f", sha256 {entry.sha256[:12]}…" if entry.sha256 else ""
    return f"{entry.name.capitalize()}: {path} ({entry.kind.value}, {rung}{mark})."


def _start(plan: StartPlan | None) -> Iterator[str]:
    if plan is None:
        return
    for kind, count in plan.kinds.items():
        names = ", ".join(entry.member for entry in plan.members if entry.kind is kind)
        cycles = sorted({e.source_cycle for e in plan.members if e.kind is kind and e.source_cycle})
        left = f", left by {', '.join(cycles)}" if cycles else ""
        yield f"{count} member(s) began {_STARTS[kind]}{left}: {names}."
    if plan.unsettled_hours:
        yield (
            f"The first {plan.unsettled_hours} forecast hours still count as spin-up; they are "
            "kept out of warnings and scores."
        )
    if plan.cold_allowed and StartKind.COLD in plan.kinds:
        yield f"The cold start was allowed: {plan.cold_allowed}."
    seen = set()
    for entry in plan.members:
        for attempt in entry.tried:
            if not attempt.expected and (attempt.source, attempt.problem) not in seen:
                seen.add((attempt.source, attempt.problem))
                yield f"'{attempt.source}' could not be used: {attempt.problem}."


def _driver(evidence: Evidence) -> Iterator[str]:
    if evidence.state.driver is not None:
        yield from decision_lines(evidence.state.driver)


def _fallbacks(evidence: Evidence) -> Iterator[str]:
    """Every fallback, with what it means."""
    for entry in evidence.state.degradations:
        effect = f" {entry.effect}" if entry.effect else ""
        yield (
            f"{entry.stage}: {entry.what}; wanted {entry.original}, took {entry.replacement}."
            f"{effect}"
        )


def _alerts(evidence: Evidence) -> Iterator[str]:
    for alert in evidence.alerts:
        if alert.severity in (Severity.FATAL, Severity.WARNING):
            yield (
                f"{beijing(alert.time)} {alert.severity.value} '{alert.code}' about "
                f"{alert.subject}; {alert.who}"
            )
