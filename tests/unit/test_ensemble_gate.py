"""The gate: who is in, for how long, and why the others are not."""

import logging
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from forecast.common.cycle import Cycle
from forecast.config.clock import ClockConfig, ProductClock, QuorumConfig
from forecast.config.ensemble import GateConfig
from forecast.config.run import member_names
from forecast.ensemble.content import ContentReport, inspect
from forecast.ensemble.gate import CyclePlan, NoMembersError, decide, require_members
from forecast.fields.membership import Membership, Quality
from forecast.fields.records import from_json, to_json
from forecast.fields.status import MemberState, MemberStatus

CYCLE = Cycle.parse("2021-12-31T16")
OPTIONS = GateConfig()
SPIN_UP = 48


def _finished(member: str, hours: int = 120) -> MemberStatus:
    return MemberStatus(
        member,
        MemberState.FINISHED,
        hours_total=SPIN_UP + hours,
        hours_done=SPIN_UP + hours,
        spin_up_hours=SPIN_UP,
        log=f"{member}.log",
    )


def _sound(member: str, hours: int = 120, mean: float = 60.0) -> ContentReport:
    marks = tuple(f"{member} {day}" for day in range(hours // 24))
    return ContentReport(member, hours, fingerprints=marks, mean=mean)


def _plan(planned: int = 4, **changes: Any) -> CyclePlan:
    plan = CyclePlan(CYCLE, member_names(planned), 120, 72, OPTIONS, ClockConfig())
    return replace(plan, **changes)


def _decide(
    statuses: list[MemberStatus], reports: list[ContentReport], planned: int = 4, **changes: Any
) -> Membership:
    return decide(_plan(planned, **changes), statuses, reports, {})


def test_all_in() -> None:
    names = member_names(4)
    found = _decide([_finished(n) for n in names], [_sound(n) for n in names])
    assert found.members == names
    assert found.quality is Quality.NORMAL
    assert [day.lead_day for day in found.days] == [1, 2, 3, 4, 5]
    assert [day.end_hour for day in found.days] == [24, 48, 72, 96, 120]
    assert all(day.members == names for day in found.days)
    assert found.degradations == ()
    assert found.missing == ()


def test_every_way_to_be_out_has_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    statuses = [
        _finished("m00"),
        MemberStatus(
            "m01", MemberState.RUNNING, hours_total=168, hours_done=100, spin_up_hours=SPIN_UP
        ),
        MemberStatus(
            "m02",
            MemberState.FAILED,
            hours_total=168,
            hours_done=48 + 50,
            spin_up_hours=SPIN_UP,
            reason="Courant number",
        ),
        _finished("m03"),
        _finished("m05"),
        _finished("m06"),
        _finished("m07", 96),
    ]
    reports = [
        _sound("m00"),
        _sound("m02", 50),
        _sound("m03", mean=1000.0),
        ContentReport("m05", 30, "pm25 of hour 31 holds 'nan'", "缺测", ("m05 0",), 60.0),
        replace(_sound("m00"), member="m06"),
        _sound("m07", 96),
    ]
    with caplog.at_level(logging.WARNING):
        found = _decide(statuses, reports, planned=9)
    verdicts = {v.member: v for v in found.verdicts}
    hours = {name: verdict.hours for name, verdict in verdicts.items()}
    assert hours == {
        "m00": 120, "m01": 0, "m02": 50, "m03": 0, "m04": 0,
        "m05": 30, "m06": 0, "m07": 96, "m08": 0,
    }  # fmt: skip
    assert "running" in verdicts["m01"].reason
    assert "Courant number" in verdicts["m02"].reason
    assert "far from" in verdicts["m03"].reason
    assert "never started" in verdicts["m04"].reason
    assert "nan" in verdicts["m05"].reason
    assert "identical to that of m00" in verdicts["m06"].reason
    assert all(verdicts[name].reason_zh for name in hours if hours[name] < 120)
    assert [day.members for day in found.days] == [
        ("m00", "m02", "m05", "m07"), ("m00", "m02", "m07"),
        ("m00", "m07"), ("m00", "m07"), ("m00",),
    ]  # fmt: skip
    assert found.quorum == 6
    assert {day.quality for day in found.days} == {Quality.BELOW_QUORUM}
    warned = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warned) == len(found.degradations) == 9


def test_membership_falls_with_lead_and_a_day_without_members_is_said() -> None:
    statuses = [_finished(name, 72) for name in member_names(4)]
    reports = [_sound(name, 72) for name in member_names(4)]
    found = _decide(statuses, reports)
    assert [day.quality for day in found.days] == [Quality.NORMAL] * 3 + [Quality.NONE] * 2
    assert found.hours_covered == 72
    assert any("第4、5天没有可用成员" in entry.effect for entry in found.degradations)


def test_reduced_when_the_quorum_is_met() -> None:
    names = member_names(4)
    found = _decide([_finished(n) for n in names[:3]], [_sound(n) for n in names[:3]])
    assert found.quorum == 3
    assert found.quality is Quality.REDUCED
    assert found.mask(121).tolist() == [[True] * 120 + [False]] * 3


def test_one_member_is_enough_for_a_flagged_product_and_none_is_an_error() -> None:
    found = _decide([_finished("m02")], [_sound("m02")])
    assert found.members == ("m02",)
    assert found.quality is Quality.BELOW_QUORUM
    with pytest.raises(NoMembersError, match="m03: it left no status"):
        require_members(_decide([], []))


def test_failed_members_can_be_refused_altogether() -> None:
    failed = MemberStatus(
        "m01", MemberState.FAILED, hours_total=168, hours_done=48 + 80, spin_up_hours=SPIN_UP
    )
    options = GateConfig(use_incomplete=False)
    reports = [_sound("m00"), _sound("m01", 80)]
    found = _decide([_finished("m00"), failed], reports, 2, gate=options)
    assert found.members == ("m00",)


def test_a_member_without_readable_output_is_out() -> None:
    found = _decide([_finished("m00"), _finished("m01")], [_sound("m00")])
    assert found.hours_of("m01") == 0
    assert "cannot be read" in found.verdicts[1].reason


def test_days_of_a_cycle_that_starts_inside_a_day() -> None:
    """2022-01-01T00 UTC is 08:00 in Beijing: the first complete day ends 40 hours later."""
    names = member_names(1)
    cycle = Cycle.parse("2022-01-01T00")
    found = _decide(
        [_finished("m00")], [_sound("m00")], cycle=cycle, members=names, horizon_hours=96
    )
    assert [day.end_hour for day in found.days] == [40, 64, 88]


def _moving(hours: int = 24) -> np.ndarray:
    return (10.0 + np.arange(hours * 12)).reshape(hours, 3, 4).astype(np.float32)


def test_inspect_finds_the_first_bad_hour() -> None:
    good = _moving()
    report = inspect("m01", [("pm25", good), ("so2", good)], OPTIONS)
    assert (report.hours, report.problem) == (24, "")
    assert report.mean == pytest.approx(153.5)
    bad = good.copy()
    bad[5, 1, 1] = np.nan
    bad[9, 0, 0] = -1.0
    report = inspect("m01", [("pm25", good), ("so2", bad)], OPTIONS)
    assert report.hours == 5
    assert "so2 of hour 6 holds 'nan'" in report.problem
    assert report.problem_zh == "第6小时出现缺测值"
    assert report.mean == pytest.approx(good[:5].mean())
    huge = good.copy()
    huge[0] = 1.0e6
    assert inspect("m01", [("pm25", huge)], OPTIONS).hours == 0
    assert inspect("m01", [], OPTIONS).hours == 0
    assert "does not hold pm25" in inspect("m01", [("so2", good)], OPTIONS).problem


def test_inspect_finds_where_the_model_stood_still() -> None:
    values = _moving()
    values[17] = values[16]
    report = inspect("m01", [("so2", _moving()), ("pm25", values)], OPTIONS)
    assert report.hours == 17
    assert "hour 18 is in every cell the same" in report.problem
    values = _moving()
    values[17:, :, 1] = values[16, :, 1]
    assert inspect("m01", [("pm25", values)], OPTIONS).hours == 24, "a part may stand"


def test_fingerprints_tell_equal_days_from_different_ones() -> None:
    field = _moving(60)
    first = inspect("m00", [("pm25", field)], OPTIONS)
    same = inspect("m01", [("pm25", field.copy())], OPTIONS)
    other = inspect("m02", [("pm25", field + np.float32(1e-3))], OPTIONS)
    moved = inspect("m03", [("pm25", field[24:])], OPTIONS)
    assert first.fingerprints == same.fingerprints
    assert len(set(first.fingerprints)) == 2, "one a full day"
    assert not set(first.fingerprints) & set(other.fingerprints)
    assert moved.fingerprints[0] == first.fingerprints[1], "a shifted copy is recognised"


def test_a_copy_of_an_earlier_cycle_is_out() -> None:
    names = member_names(3)
    earlier = {"m01 1": "day 3 of m01 in 2021-12-30T16"}
    found = decide(_plan(3), [_finished(n) for n in names], [_sound(n) for n in names], earlier)
    assert found.members == ("m00", "m02")
    assert "day 2 is identical to day 3 of m01 in 2021-12-30T16" in found.verdicts[1].reason


def test_a_member_that_still_runs_counts_for_what_it_has_on_the_disk() -> None:
    running = MemberStatus(
        "m01", MemberState.RUNNING, hours_total=168, hours_done=48 + 70, hours_saved=48 + 48,
        spin_up_hours=SPIN_UP,
    )  # fmt: skip
    found = _decide([_finished("m00"), running], [_sound("m00"), _sound("m01", 48)], 2)
    assert [v.hours for v in found.verdicts] == [120, 48]
    assert "still running, with 48" in found.verdicts[1].reason
    assert [day.members for day in found.days][1:3] == [("m00", "m01"), ("m00",)]


def test_a_member_that_waits_for_another_start_counts_for_what_it_has() -> None:
    paused = replace(_finished("m00"), state=MemberState.WAITING, hours_saved=48 + 48)
    verdict = _decide([paused], [_sound("m00", 48)], 1).verdicts[0]
    assert verdict.hours == 48
    assert "waited for another start" in verdict.reason


@pytest.mark.parametrize(
    ("state", "words", "zh"),
    [
        (MemberState.INCOMPLETE, "it was ended after 72 hours: cutoff", "缩短为72小时"),
        (MemberState.TIMEOUT, "its time was over after 72 hours: cutoff", "第72小时超时"),
        (MemberState.FAILED, "it failed after 72 hours: cutoff", "第72小时中断"),
    ],
)
def test_each_way_to_end_early_has_its_words(state: MemberState, words: str, zh: str) -> None:
    status = replace(_finished("m00", 72), state=state, reason="cutoff", attempt=2, start="warm")
    verdict = _decide([status], [_sound("m00", 72)], 1).verdicts[0]
    assert (verdict.hours, verdict.state) == (72, state.value)
    assert words in verdict.reason
    assert zh in verdict.reason_zh
    assert (verdict.attempt, verdict.start) == (2, "warm")


def test_an_absent_model_never_came() -> None:
    status = MemberStatus("m00", MemberState.ABSENT, reason="no file", kind="cmaq")
    verdict = _decide([status], [], 1).verdicts[0]
    assert (verdict.hours, verdict.kind, verdict.reason_zh) == (0, "cmaq", "缺席")
    assert "it never came: no file" in verdict.reason


def test_kinds_of_model_belong_to_the_quorum_of_each_product_and_day() -> None:
    names = member_names(4)
    statuses = [replace(_finished(n), kind="ctm") for n in names[:3]]
    statuses.append(replace(_finished("m03", 72), kind="cmaq"))
    reports = [*(_sound(n) for n in names[:3]), _sound("m03", 72)]
    two = QuorumConfig(share=0.5, kinds=2)
    clock = ClockConfig(
        hourly=ProductClock(quorum=two),
        trend=ProductClock(quorum=two, quorum_of_day={5: QuorumConfig(share=0.5)}),
    )
    found = _decide(statuses, reports, clock=clock)
    hourly, trend = found.products
    assert hourly.quality is Quality.NORMAL
    assert [day.kinds for day in trend.days] == [2, 2, 2, 1, 1]
    assert [day.quality for day in trend.days][3:] == [Quality.BELOW_QUORUM, Quality.REDUCED]
    assert trend.quality is Quality.BELOW_QUORUM
    assert any("模式种类少于2种" in entry.effect for entry in found.degradations)
    assert {entry.code for entry in found.degradations} == {"member-cut-short", "below-quorum"}


def test_membership_survives_the_file() -> None:
    found = _decide([_finished("m02")], [_sound("m02")])
    assert from_json(Membership, to_json(found), "members.json") == found


def test_a_failed_member_keeps_its_own_reason_when_its_output_is_shorter_still() -> None:
    failed = MemberStatus(
        "m01",
        MemberState.FAILED,
        hours_total=168,
        hours_done=48 + 50,
        spin_up_hours=SPIN_UP,
        reason="Courant number",
    )
    found = _decide([_finished("m00"), failed], [_sound("m00"), _sound("m01", 24)], planned=2)
    verdict = found.verdicts[1]
    assert verdict.hours == 24
    assert "Courant number" in verdict.reason
    assert "24 of 50 hours" in verdict.reason
