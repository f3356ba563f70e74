"""From what members begin: which rung is taken, and what is said about it."""

from collections.abc import Callable

import pytest

from forecast.common.cycle import Cycle
from forecast.common.errors import CycleError
from forecast.config.start import ColdStart, StartConfig
from forecast.ensemble.start import (
    Finding,
    Look,
    Rung,
    cold_allowed,
    plan_start,
    rungs,
    start_degradations,
)
from forecast.fields.records import from_json, to_json
from forecast.fields.start import StartKind, StartPlan

CYCLE = Cycle.parse("2022-03-01T00")
MEMBERS = ("m00", "m01", "m02")
ALLOWED = "a test allows it"


def _look(*good: tuple[str, str], run: tuple[str, ...] = ()) -> Look:
    """States that are good, by cycle and member; cycles that have run without leaving one."""

    def look(rung: Rung) -> Finding:
        if rung.cycle is None:
            return Finding("mean.zarr", "" if ("mean", "") in good else "it is missing")
        place = f"{rung.cycle.name}/{rung.member}"
        if (rung.cycle.name, rung.member) in good:
            return Finding(place)
        return Finding(place, "it lacks", expected=rung.cycle.name not in run)

    return look


def _plan(look: Callable[[Rung], Finding], cold: str = "", **options: object) -> StartPlan:
    chosen = StartConfig.model_validate(options)
    return plan_start(CYCLE, MEMBERS, chosen, look, spin_up_hours=72, cold=cold)


def test_the_ladder_goes_back_over_the_end_of_a_month() -> None:
    ladder = rungs(CYCLE, "m01", StartConfig(climatology="mean.zarr"))
    own = [(StartKind.WARM, "m01", name) for name in ("2022-02-28T12", "2022-02-28T00")]
    assert [(r.kind, r.member, r.cycle.name) for r in ladder[:2] if r.cycle] == own
    assert ladder[2].cycle == Cycle.parse("2022-02-27T12")
    assert [rung.hour for rung in ladder] == [12, 24, 36, 12, 24, 36, 0]
    assert [rung.kind for rung in ladder[3:]] == [StartKind.CONTROL] * 3 + [StartKind.CLIMATOLOGY]
    assert len(rungs(CYCLE, "m00", StartConfig())) == 3, "the control has no other control"


def test_all_warm_members_need_no_spin_up_and_nothing_is_said() -> None:
    plan = _plan(_look(*(("2022-02-28T12", member) for member in MEMBERS)))
    assert plan.spin_up_hours == 0
    assert plan.kinds == {StartKind.WARM: 3}
    assert [start.first_hour for start in plan.members] == [0, 0, 0]
    assert plan.unsettled_hours == 0
    assert start_degradations(plan, exercise=False) == []


def test_each_member_climbs_for_itself() -> None:
    plan = _plan(
        _look(
            ("2022-02-28T12", "m00"),
            ("2022-02-28T00", "m01"),
            run=("2022-02-28T12", "2022-02-28T00", "2022-02-27T12"),
        )
    )
    first, second, third = plan.members
    assert (first.source, second.source) == ("2022-02-28T12/m00", "2022-02-28T00/m01")
    assert (second.kind, second.source_hour, len(second.tried)) == (StartKind.WARM, 24, 1)
    assert (third.kind, third.source) == (StartKind.CONTROL, "2022-02-28T12/m00")
    assert plan.spin_up_hours == 0
    codes = {entry.code: entry for entry in start_degradations(plan, exercise=True)}
    assert set(codes) == {"start-older-restart", "start-other-member"}
    older = codes["start-older-restart"]
    assert (older.original, older.replacement) == ("2022-02-28T12/m01", "2022-02-28T00/m01")
    assert "m01" in older.effect
    assert "m02" in codes["start-other-member"].effect


def test_a_climatology_is_better_than_cold_and_needs_a_shorter_spin_up() -> None:
    plan = _plan(_look(("mean", "")), climatology="mean.zarr", settle_hours=48)
    assert plan.kinds == {StartKind.CLIMATOLOGY: 3}
    assert plan.spin_up_hours == 24
    assert {start.unsettled_hours for start in plan.members} == {24}
    codes = [entry.code for entry in start_degradations(plan, exercise=False)]
    assert codes == ["start-climatology", "spin-up-in-product"]


def test_without_any_state_the_cycle_refuses_to_begin_cold() -> None:
    with pytest.raises(CycleError, match=r"--cold-start") as refused:
        _plan(_look())
    assert "2022-02-28T12/m00: it lacks" in str(refused.value)


def test_a_cold_start_that_is_allowed_has_its_spin_up() -> None:
    plan = _plan(_look(), ALLOWED, settle_hours=120)
    assert plan.kinds == {StartKind.COLD: 3}
    assert (plan.spin_up_hours, plan.unsettled_hours) == (72, 48)
    assert plan.cold_allowed == ALLOWED


def test_a_warm_member_waits_for_the_cycle_while_others_spin_up() -> None:
    plan = _plan(_look(("2022-02-28T12", "m01")), ALLOWED, other_member=False)
    assert [start.first_hour for start in plan.members] == [0, 72, 0]
    assert plan.spin_up_hours == 72


def test_a_first_cycle_of_an_exercise_is_no_fallback_but_a_lost_restart_is() -> None:
    fresh = _plan(_look(), ALLOWED)
    assert start_degradations(fresh, exercise=True) == []
    assert [entry.code for entry in start_degradations(fresh, exercise=False)] == ["start-cold"]
    lost = _plan(_look(run=("2022-02-28T12",)), ALLOWED)
    assert [entry.code for entry in start_degradations(lost, exercise=True)] == ["start-cold"]


@pytest.mark.parametrize(
    ("policy", "exercise", "asked", "allowed"),
    [
        (ColdStart.NEVER, True, "", False),
        (ColdStart.NEVER, False, "by hand", True),
        (ColdStart.EXERCISE, True, "", True),
        (ColdStart.EXERCISE, False, "", False),
        (ColdStart.ALWAYS, False, "", True),
    ],
)
def test_a_cold_start_needs_a_reason(
    policy: ColdStart, exercise: bool, asked: str, allowed: bool
) -> None:
    why = cold_allowed(StartConfig(cold=policy), exercise=exercise, asked=asked)
    assert bool(why) is allowed


def test_each_place_is_looked_at_once() -> None:
    seen: list[Rung] = []

    def look(rung: Rung) -> Finding:
        seen.append(rung)
        return _look()(rung)

    _plan(look, ALLOWED)
    # the control's restarts are looked at once as its own and once for the others
    assert len(seen) == len(set(seen)) == 4 * 3


def test_a_ladder_that_no_restart_hour_serves_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\[48\].*restart_hours"):
        StartConfig(ladder=(1, 4))
    with pytest.raises(ValueError, match="no multiple"):
        StartConfig(cycle_hours=7, ladder=())


def test_the_plan_survives_its_file() -> None:
    plan = _plan(_look(("2022-02-28T12", "m01")), ALLOWED)
    assert from_json(StartPlan, to_json(plan), "start.json") == plan
