"""When members will end: own pace, past runs, silence, places, and the way between them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from forecast.fields.history import History, MemberPace, ProductTime, StageTime
from forecast.fields.status import MemberState, MemberStatus
from forecast.workflow.eta import CAUTION, PRIOR_HOURS, Basis, estimate, estimates

NOW = datetime(2026, 1, 10, 4, 30, tzinfo=UTC)


def _past(*paces: float, wait: float | None = None, kind: str = "ctm") -> History:
    """A history of members of 100 hours that took so many seconds an hour."""
    members = tuple(
        MemberPace(f"2026-01-0{day}T00", f"m{day:02d}", kind, 2, 100, 100.0 * pace, wait)
        for day, pace in enumerate(paces, start=1)
    )
    return History(NOW, members)


def _running(
    done: int, pace: float, *, total: int = 100, silent: float = 0.0, spin_up: int = 0
) -> MemberStatus:
    """A member that has kept a pace from its first hour, and has been silent for a while."""
    return MemberStatus(
        "m01",
        MemberState.RUNNING,
        hours_total=total,
        hours_done=done,
        spin_up_hours=spin_up,
        started=NOW - timedelta(seconds=pace * done + silent),
        updated=NOW - timedelta(seconds=silent),
        seconds_left=pace * (total - done) if done else None,
    )


def _seconds(time: datetime | None) -> float:
    assert time is not None
    return (time - NOW).total_seconds()


# --- history


def test_a_history_gives_the_middle_and_the_careful_end() -> None:
    past = _past(*[float(pace) for pace in range(1, 10)], wait=60.0)

    assert past.seconds_per_hour() == pytest.approx(5.0)
    assert past.seconds_per_hour(share=1.0) == pytest.approx(9.0)
    assert past.member_seconds(48, share=0.5) == pytest.approx(240.0)
    assert past.queue_wait() == 60.0
    assert past.seconds_per_hour("cmaq") is None
    assert len(past.cycles) == 9


def test_a_history_knows_stages_and_products() -> None:
    past = History(
        NOW,
        stages=tuple(StageTime("a", "prepare", t) for t in (10.0, 20.0, 90.0)),
        products=(ProductTime("b", 30.0),),
    )

    assert past.stage_seconds("prepare") == 20.0
    assert past.stage_seconds("gate") is None
    assert past.product_seconds() == 30.0
    assert past.cycles == ("a", "b")


def test_an_empty_history_knows_nothing() -> None:
    empty = History()
    assert empty.member_seconds(10) is None
    assert empty.queue_wait() is None
    assert empty.cycles == ()


# --- one member


def test_a_steady_member_ends_when_its_pace_says() -> None:
    entry = estimate(_running(25, 4.0), History(), NOW)

    assert entry.basis is Basis.OWN
    assert _seconds(entry.finish) == pytest.approx(300.0)
    assert _seconds(entry.latest_finish) == pytest.approx(300.0 * CAUTION)


def test_past_runs_count_like_some_hours_of_its_own() -> None:
    past = _past(2.0, 2.0)
    early = estimate(_running(1, 10.0), past, NOW)
    late = estimate(_running(90, 10.0), past, NOW)

    assert early.seconds_per_hour == pytest.approx((10.0 + 2.0 * PRIOR_HOURS) / (1 + PRIOR_HOURS))
    assert late.seconds_per_hour == pytest.approx(10.0, rel=0.06)


def test_only_hours_since_its_checkpoint_are_its_own() -> None:
    fresh = replace(_running(61, 10.0), continued_from=60, seconds_left=390.0)
    entry = estimate(fresh, _past(2.0, 2.0), NOW)

    assert entry.seconds_per_hour == pytest.approx((10.0 + 2.0 * PRIOR_HOURS) / (1 + PRIOR_HOURS))


def test_the_careful_end_scatters_like_past_runs() -> None:
    entry = estimate(_running(50, 4.0), _past(*[4.0] * 9, 8.0, 8.0, 8.0), NOW)

    assert entry.late_seconds_per_hour == pytest.approx(8.0)


def test_a_member_that_falls_silent_loses_time_by_the_clock() -> None:
    ends = [
        _seconds(estimate(_running(50, 4.0, silent=silent), History(), NOW).finish)
        for silent in (0.0, 4.0, 64.0, 604.0)
    ]

    # 50 hours are left at first; then 49 of them, counted from now
    assert ends == pytest.approx([200.0, 196.0, 196.0, 196.0])
    silent = estimate(_running(50, 4.0, silent=604.0), History(), NOW)
    assert silent.silent_seconds == pytest.approx(600.0)
    assert silent.slack(NOW + timedelta(seconds=100)) == timedelta(seconds=-96)


def test_a_member_without_a_first_hour_goes_by_past_runs() -> None:
    entry = estimate(_running(0, 4.0), _past(3.0), NOW)
    assert (entry.basis, _seconds(entry.finish)) == (Basis.HISTORY, 300.0)
    assert estimate(_running(0, 4.0), History(), NOW).finish is None


def test_hours_by_a_deadline_are_whole_forecast_hours() -> None:
    entry = estimate(_running(50, 4.0, spin_up=48), History(), NOW)

    def by(seconds: float) -> int | None:
        return entry.hours_by(NOW + timedelta(seconds=seconds))

    assert [by(-100.0), by(0.0), by(3.9), by(4.0), by(100.0), by(9999.0)] == [2, 2, 2, 3, 27, 52]
    assert entry.hours_by(NOW + timedelta(seconds=100), cautious=True) == 22


def test_a_member_that_has_ended_has_what_it_has() -> None:
    ended = replace(
        _running(30, 4.0, spin_up=10), state=MemberState.TIMEOUT, finished=NOW, seconds_left=None
    )
    entry = estimate(ended, _past(2.0), NOW + timedelta(hours=1))

    assert entry.ended
    assert entry.finish == NOW
    assert entry.hours_by(NOW + timedelta(days=1)) == 20


def test_a_member_that_waits_comes_after_the_usual_wait() -> None:
    waiting = MemberStatus("m05", MemberState.WAITING, hours_total=100)
    entry = estimate(waiting, _past(3.0, wait=120.0), NOW)

    assert _seconds(entry.finish) == pytest.approx(420.0)
    assert estimate(waiting, History(), NOW).finish is None


# --- all members


def test_members_that_wait_take_places_in_turn() -> None:
    running = replace(_running(25, 4.0), member="m00")
    waiting = [MemberStatus(f"m0{n}", MemberState.WAITING) for n in (1, 2, 3)]

    found = estimates([running, *waiting], History(), NOW, places=2)

    # a place is free now, the other in 300 s; each member takes 400 s
    ends = [_seconds(found[name].finish) for name in ("m00", "m01", "m02", "m03")]
    assert ends == pytest.approx([300.0, 400.0, 700.0, 800.0])
    assert {found[name].basis for name in ("m01", "m02", "m03")} == {Basis.OTHERS}


def test_without_a_limit_each_member_gets_its_own_nodes() -> None:
    waiting = [MemberStatus(f"m0{n}", MemberState.WAITING, hours_total=100) for n in (1, 2)]
    found = estimates(waiting, _past(3.0, wait=60.0), NOW)

    assert [_seconds(entry.finish) for entry in found.values()] == pytest.approx([360.0, 360.0])


def test_a_member_that_has_finished_shows_the_pace_to_those_that_wait() -> None:
    done = replace(_running(100, 5.0), member="m00", state=MemberState.FINISHED, finished=NOW)
    waiting = MemberStatus("m01", MemberState.WAITING)

    found = estimates([done, waiting], History(), NOW, places=1)

    assert _seconds(found["m01"].finish) == pytest.approx(500.0)
    assert found["m01"].hours_by(NOW + timedelta(seconds=250)) == 50


def test_nothing_is_promised_while_nothing_is_known() -> None:
    waiting = [MemberStatus(f"m0{n}", MemberState.WAITING) for n in range(3)]
    found = estimates(waiting, History(), NOW, places=1)

    assert all(entry.finish is None for entry in found.values())
    assert all(entry.hours_by(NOW) is None for entry in found.values())
