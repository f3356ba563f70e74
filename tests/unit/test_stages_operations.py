"""How the service has run: what the runs of a period add up to, and how it is told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forecast.common.errors import InputError
from forecast.config.load import resolve, write_resolved
from forecast.config.run import RunPaths
from forecast.delivery.alerts import titles
from forecast.fields.alert import Alert, Severity
from forecast.fields.decision import DriverRecord
from forecast.fields.membership import (
    LeadDayMembers,
    Membership,
    MemberVerdict,
    ProductMembers,
    Quality,
)
from forecast.fields.operations import Period
from forecast.fields.run_state import StageState, StageStatus
from forecast.fields.status import MemberState, MemberStatus
from forecast.stages.operations import period_of
from forecast.storage.alerts import append_alert
from forecast.storage.records import write_record
from forecast.storage.stage_status import write_stage_status
from forecast.storage.status import write_status
from forecast.workflow.operations import operations_page, operations_text

CUTOFF = datetime(2026, 1, 10, 5, 0, tzinfo=UTC)
GRACE = timedelta(minutes=5)


def _run(runs: Path, cycle: str, *settings: str) -> RunPaths:
    run = RunPaths(runs / cycle)
    run.folder.mkdir(parents=True)
    configuration = resolve("haze_week", settings=["ensemble.members=2", *settings])
    run.configuration.write_text(write_resolved(configuration), "utf-8")
    return run


def _member(run: RunPaths, name: str, state: MemberState, minutes: float) -> None:
    end = CUTOFF + timedelta(minutes=minutes)
    status = MemberStatus(
        name, state, ranks=3, started=CUTOFF, finished=end, updated=end, hours_total=10
    )
    write_status(run.status(name), status)


def _decide(run: RunPaths, used: int, quality: Quality) -> None:
    names = ("m00", "m01")
    verdicts = tuple(MemberVerdict(n, 48 if i < used else 0) for i, n in enumerate(names))
    days = (LeadDayMembers(1, 24, names[:used], quality),)
    product = ProductMembers("hourly", days, hard=CUTOFF)
    membership = Membership(run.folder.name, names, 48, 1, verdicts, days, products=(product,))
    write_record(run.members, membership)


def _publish(run: RunPaths, seconds: float) -> None:
    end = CUTOFF + timedelta(seconds=seconds)
    status = StageStatus("publish", StageState.FINISHED, started=end, finished=end)
    write_stage_status(run.stage_status("publish"), status)
    run.manifest.write_text("{}", encoding="utf-8")
    (run.folder / "latest").unlink(missing_ok=True)
    (run.folder / "latest").symlink_to(run.revision_folder.name)


def _alert(run: RunPaths, code: str, severity: Severity, subject: str) -> None:
    entry = Alert(code, severity, run.folder.name, subject, "It.", "Did.", "You.", "", CUTOFF)
    append_alert(run.alerts, entry)


@pytest.fixture
def period(tmp_path: Path) -> Period:
    """A good cycle, a late one with a revision, and one without a product."""
    good = _run(tmp_path, "2026-01-09T16")
    _decide(good, 2, Quality.NORMAL)
    _publish(good, 120)
    _member(good, "m00", MemberState.FINISHED, 20)
    _member(good, "m01", MemberState.FINISHED, 40)
    _alert(good, "start-cold", Severity.NOTE, "all")
    late = _run(tmp_path, "2026-01-10T04")
    _decide(late, 1, Quality.REDUCED)
    _publish(late, 301)
    _decide(late.of_revision(1), 2, Quality.NORMAL)
    _publish(late.of_revision(1), 900)
    for name in ("m00", "m01"):
        _alert(late, "member-failed", Severity.WARNING, name)
    dead = _run(tmp_path, "2026-01-10T16", "clock.hourly.hard_minutes=90")
    write_record(dead.driver, DriverRecord("2026-01-10T16", CUTOFF, CUTOFF))
    _alert(dead, "member-failed", Severity.FATAL, "m00")
    _run(tmp_path, "2026-01-11T04", "start.chain_only=true")
    _run(tmp_path, "2025-12-01T04")
    return period_of(tmp_path, 30, GRACE, lambda run: False)


def test_only_cycles_of_the_period_that_were_to_make_products_count(period: Period) -> None:
    assert [c.cycle for c in period.cycles] == ["2026-01-09T16", "2026-01-10T04", "2026-01-10T16"]


def test_a_product_is_in_time_up_to_the_grace_and_none_is_late(period: Period) -> None:
    late = [entry.late for entry in period.cycles]
    assert late == [timedelta(seconds=120), timedelta(seconds=301), None]
    assert [entry.cycle for entry in period.in_time] == ["2026-01-09T16"]
    assert len(period.with_cutoff) == 3, "the one without a product has missed its cutoff"
    assert [entry.cycle for entry in period.missing] == ["2026-01-10T16"]


def test_members_cost_and_quality_are_summed(period: Period) -> None:
    assert period.members == (4, 6)  # the late member came in with the revision
    assert period.core_hours == pytest.approx(3 * (20 + 40) / 60)
    assert dict(period.qualities()) == {
        Quality.NORMAL: 1, Quality.REDUCED: 1, Quality.NONE: 1,
    }  # fmt: skip


def test_troubles_are_counted_by_cause_and_notes_are_none(period: Period) -> None:
    assert period.problems() == [("member-failed", 3, 2)]


def test_a_cycle_that_runs_is_neither_missing_nor_late(tmp_path: Path, period: Period) -> None:
    running = period_of(tmp_path, 30, GRACE, lambda run: run.folder.name == "2026-01-10T16")
    assert running.missing == ()
    assert len(running.with_cutoff) == 2


def test_a_damaged_run_is_shown_with_its_reason(tmp_path: Path, period: Period) -> None:
    RunPaths(tmp_path / "2026-01-09T16").configuration.write_text("a: [", "utf-8")
    again = period_of(tmp_path, 30, GRACE, lambda run: False)
    assert "2026-01-09T16  cannot be read: " in operations_text(again)
    assert "config.yaml" in operations_page(again)


def test_text_and_page_say_the_same(period: Period) -> None:
    text, page = operations_text(period), operations_page(period)
    assert "In time: 1 of 3 with a cutoff" in text
    assert "Without a product: 2026-01-10T16" in text
    assert "1/3" in page
    assert "<td>member-failed</td>" in page
    assert page.count(titles("member-failed")[0]) == 3, "in the table of causes and in two cycles"
    assert "http" not in page.replace("http-equiv", ""), "it fetches nothing"


def test_a_folder_without_runs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run"):
        period_of(tmp_path / "nothing", 30, GRACE, lambda run: False)


def test_no_cycle_is_lost_when_the_newest_is_the_only_one(period: Period) -> None:
    alone = replace(period, cycles=period.cycles[:1])
    assert alone.missing == ()
    assert alone.members == (2, 2)
