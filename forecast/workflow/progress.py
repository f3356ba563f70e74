"""A run's state in plain words: what ran, what failed, what is next, and when it will be done."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from forecast.fields.run_state import RunState, StageState, StageStatus
from forecast.fields.status import MemberState, MemberStatus
from forecast.workflow.lock import Holder

BEFORE_MEMBERS = ("start", "prepare", "perturb", "warm")
"""Stages that the members wait for."""
_STAGE_SECONDS = 4.0
"""Typical time of a stage after the members, with its start, s."""
_MEMBER_SHARE = 0.85
"""Share of the members in the progress bar."""


def duration(seconds: float) -> str:
    """A time span in words, such as '1 min 5 s'."""
    whole = int(round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {left} s" if minutes else f"{left} s"


def share_done(state: RunState) -> float:
    """Share of the run that is done, 0 to 1."""
    if state.complete:
        return 1.0
    ended = (MemberState.FINISHED, MemberState.FAILED)
    members = sum(1.0 if m.state in ended else m.progress for m in state.members)
    stages = sum(stage.state is StageState.FINISHED for stage in state.stages)
    share = _MEMBER_SHARE * members / len(state.members)
    return share + (1.0 - _MEMBER_SHARE) * stages / len(state.stages)


def seconds_left(state: RunState, slots: int = 1) -> float | None:
    """Estimate the time to the end, from the pace of the members.

    Args:
        state: The run.
        slots: How many members run at a time.

    Returns:
        Seconds; None as long as no member has shown its pace.
    """
    if state.complete:
        return 0.0
    closing = _STAGE_SECONDS * sum(
        stage.stage not in BEFORE_MEMBERS and stage.state is not StageState.FINISHED
        for stage in state.stages
    )
    if state.members_ended:
        return closing
    whole = [found for found in map(_member_seconds, state.members) if found is not None]
    if not whole:
        return None
    typical = sum(whole) / len(whole)
    left = [_member_left(member, typical) for member in state.members]
    longest = max(left)
    return max(sum(left) / max(slots, 1), longest) + closing


def _member_seconds(member: MemberStatus) -> float | None:
    """Time that a member takes or took in all, s."""
    if member.started is None or member.updated is None:
        return None
    spent = (member.updated - member.started).total_seconds()
    if member.state is MemberState.FINISHED and member.continued_from is None:
        return spent
    if member.state is MemberState.RUNNING and member.seconds_left is not None:
        return spent + member.seconds_left
    return None


def _member_left(member: MemberStatus, typical: float) -> float:
    if member.state in (MemberState.FINISHED, MemberState.FAILED):
        return 0.0
    if member.state is MemberState.RUNNING and member.seconds_left is not None:
        return member.seconds_left
    return typical


def headline(state: RunState, holder: Holder | None, slots: int = 1) -> str:
    """One sentence: where the run stands."""
    if state.complete:
        return "complete"
    done = f"{share_done(state):.0%}"
    if holder is None:
        if state.failed:
            names = ", ".join(stage.stage for stage in state.failed)
            return f"stopped at {done}: {names} failed"
        return f"not running, {done} done; the same `forecast run` command continues it"
    return (
        f"running on '{holder.host}' as process {holder.pid} since {holder.since}; {done}, "
        f"{time_left(state, slots)}"
    )


def time_left(state: RunState, slots: int = 1) -> str:
    """The estimate of the end in words."""
    left = seconds_left(state, slots)
    return "time left not known yet" if left is None else f"about {duration(left)} left"


def next_step(state: RunState) -> str:
    """What happens next, or what to do."""
    if state.complete and not state.products:
        return "nothing; this cycle was only to leave its restarts"
    if state.complete:
        return "nothing; the products are complete"
    if state.failed:
        first = state.failed[0]
        return f"read {first.log}, remove the cause, then start the same `forecast run` again"
    for stage in state.stages:
        if stage.stage not in BEFORE_MEMBERS and not state.members_ended:
            open_ = (MemberState.WAITING, MemberState.RUNNING)
            left = [m.member for m in state.members if m.state in open_]
            return f"run_member {', '.join(left)}"
        if stage.state is StageState.WAITING:
            return f"{stage.stage}: {stage.title}"
    return "the stages that run now"


def stage_lines(state: RunState) -> Iterator[str]:
    """One line a stage and a member, in the order in which they run."""
    before = [stage for stage in state.stages if stage.stage in BEFORE_MEMBERS]
    yield from map(_stage_line, before)
    yield from (member_line(state, member) for member in state.members)
    yield from (_stage_line(stage) for stage in state.stages if stage not in before)


def _stage_line(stage: StageStatus) -> str:
    text = f"{stage.state.value:<11} {stage.stage:<10} {stage.title}"
    if stage.started is not None and stage.finished is not None:
        text += f" ({duration((stage.finished - stage.started).total_seconds())})"
    if stage.state in (StageState.FAILED, StageState.INTERRUPTED):
        text += f"\n            {stage.reason or 'nobody runs it any more'}"
        text += f"\n            log: {stage.log}"
    return text


def member_line(state: RunState, member: MemberStatus) -> str:
    """One member in words."""
    word = member.state.value
    if member.state is MemberState.RUNNING and not state.held:
        word = StageState.INTERRUPTED.value
    text = f"{word:<11} {member.member:<10} "
    if member.state is MemberState.WAITING:
        begun = f"to be continued from hour {member.hours_saved}"
        return text + ("not started" if member.updated is None else begun)
    text += f"{member.hours_done} of {member.hours_total} h"
    if member.ranks:
        text += f" on {member.ranks} rank(s)"
    if member.job:
        text += f", job {member.job} on {member.host}"
    if member.continued_from is not None:
        text += f", continued from hour {member.continued_from}"
    if word == MemberState.RUNNING.value and member.seconds_left is not None:
        text += f", {duration(member.seconds_left)} left"
    elif member.finished is not None and member.started is not None:
        text += f" ({duration((member.finished - member.started).total_seconds())})"
    reason = dict(state.left_out).get(member.member) or member.reason
    if reason and member.ended:
        text += f"\n            {reason}\n            log: {member.log}"
    return text


def report(
    state: RunState, holder: Holder | None, slots: int = 1, further: Sequence[str] = ()
) -> str:
    """The whole answer of `forecast status`.

    Args:
        state: The run.
        holder: Who runs it.
        slots: How many members run at a time.
        further: Lines about clock and alerts, `forecast.workflow.report`.
    """
    start = datetime.strptime(state.cycle, "%Y-%m-%dT%H").replace(tzinfo=UTC)
    local = start + timedelta(hours=8)
    lines = [
        f"Cycle {state.cycle} UTC (Beijing {local:%Y-%m-%d %H:%M}): {state.title}",
        f"State: {headline(state, holder, slots)}",
        "",
        *stage_lines(state),
        "",
        f"Next: {next_step(state)}",
        *further,
    ]
    if state.degradations:
        lines.append(f"Fallbacks taken ({len(state.degradations)}):")
        lines += [
            f"  {entry.stage}: {entry.what}; wanted {entry.original}, took {entry.replacement}"
            for entry in state.degradations
        ]
    else:
        lines.append("Fallbacks taken: none so far")
    lines.append(f"Logs: {state.folder / 'log'}")
    if state.complete and state.products:
        lines.append(f"Products: {products_line(state.folder)}")
    return "\n".join(lines)


def products_line(folder: Path) -> str:
    """Where the bulletin lies."""
    return str(folder / "latest" / "products" / "bulletin.html")
