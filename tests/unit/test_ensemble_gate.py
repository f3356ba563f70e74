"""The gate: who is in, for how long, and why the others are not."""

import logging
from collections.abc import Callable

import numpy as np
import pytest

from forecast.common.cycle import Cycle
from forecast.config.ensemble import GateConfig
from forecast.config.run import member_names
from forecast.ensemble.gate import ContentReport, NoMembersError, decide, inspect
from forecast.fields.membership import Membership, Quality
from forecast.fields.records import from_json, to_json
from forecast.fields.status import MemberState, MemberStatus

CYCLE = Cycle.parse("2021-12-31T16")
OPTIONS = GateConfig()
SPIN_UP = 48
Decide = Callable[..., Membership]


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
    return ContentReport(member, hours, fingerprint=member, mean=mean)


def _decide(
    statuses: list[MemberStatus], reports: list[ContentReport], planned: int = 4
) -> Membership:
    return decide(CYCLE, member_names(planned), 120, statuses, reports, OPTIONS)


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
        ContentReport("m05", 30, "pm25 of hour 31 holds 'nan'", "m05", 60.0),
        ContentReport("m06", 120, "", "m00", 60.0),
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
        _decide([], [])


def test_failed_members_can_be_refused_altogether() -> None:
    failed = MemberStatus(
        "m01", MemberState.FAILED, hours_total=168, hours_done=48 + 80, spin_up_hours=SPIN_UP
    )
    options = GateConfig(use_incomplete=False)
    found = decide(
        CYCLE, ("m00", "m01"), 120, [_finished("m00"), failed],
        [_sound("m00"), _sound("m01", 80)], options,
    )  # fmt: skip
    assert found.members == ("m00",)


def test_a_member_without_readable_output_is_out() -> None:
    found = _decide([_finished("m00"), _finished("m01")], [_sound("m00")])
    assert found.hours_of("m01") == 0
    assert "cannot be read" in found.verdicts[1].reason


def test_days_of_a_cycle_that_starts_inside_a_day() -> None:
    """2022-01-01T00 UTC is 08:00 in Beijing: the first complete day ends 40 hours later."""
    names = member_names(1)
    found = decide(
        Cycle.parse("2022-01-01T00"), names, 96, [_finished("m00")], [_sound("m00")], OPTIONS
    )
    assert [day.end_hour for day in found.days] == [40, 64, 88]


def test_inspect_finds_the_first_bad_hour() -> None:
    good = np.full((24, 3, 4), 10.0, np.float32)
    report = inspect("m01", [("pm25", good), ("so2", good)], OPTIONS)
    assert (report.hours, report.problem, report.mean) == (24, "", 10.0)
    bad = good.copy()
    bad[5, 1, 1] = np.nan
    bad[9, 0, 0] = -1.0
    report = inspect("m01", [("pm25", good), ("so2", bad)], OPTIONS)
    assert report.hours == 5
    assert "so2 of hour 6 holds 'nan'" in report.problem
    huge = good.copy()
    huge[0] = 1.0e6
    assert inspect("m01", [("pm25", huge)], OPTIONS).hours == 0
    assert inspect("m01", [], OPTIONS).hours == 0


def test_fingerprints_tell_equal_from_different() -> None:
    field = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    first = inspect("m00", [("pm25", field)], OPTIONS)
    same = inspect("m01", [("pm25", field.copy())], OPTIONS)
    other = inspect("m02", [("pm25", field + 1e-3)], OPTIONS)
    assert first.fingerprint == same.fingerprint != other.fingerprint


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
