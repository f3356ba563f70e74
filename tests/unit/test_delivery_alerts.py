"""From an event to the text that people get, and the catalogue behind it."""

import ast
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forecast.common.degradation import Degradation
from forecast.common.errors import ConfigurationError
from forecast.delivery.alerts import alert_of_fallback, make_alert, message
from forecast.delivery.catalogue import catalogue, read_catalogue
from forecast.delivery.watch import alerts_of
from forecast.fields.alert import Severity
from forecast.fields.decision import Decision, DriverRecord, MemberView, Trigger
from forecast.fields.run_state import RunState, StageState, StageStatus
from forecast.fields.status import STOPPED, MemberState, MemberStatus

NOW = datetime(2026, 1, 10, 4, 30, tzinfo=UTC)
CYCLE = "2026-01-09T16"


def test_an_alert_says_what_happened_what_was_done_and_who_acts() -> None:
    alert = make_alert(
        "member-failed", CYCLE, "m02", NOW, hours=7, total=48, reason="no memory", log="/a.log"
    )

    assert alert.severity is Severity.WARNING
    assert alert.happened == "Member m02 failed after 7 of 48 model hours: no memory"
    assert "goes on without it" in alert.done
    assert alert.who.startswith("开发人员 (developer): ")
    assert (alert.log, alert.time, alert.key) == ("/a.log", NOW, ("member-failed", "m02"))


def test_a_missing_fact_stops_nothing() -> None:
    assert make_alert("member-failed", CYCLE, "m02", NOW).happened.startswith(
        "Member m02 failed after ? of ? model hours"
    )


def test_a_code_that_nobody_knows_still_makes_an_alert() -> None:
    alert = make_alert("from-outer-space", CYCLE, "m02", NOW, colour="green")

    assert alert.code == "from-outer-space"
    assert "colour: green" in alert.happened


def test_own_sentences_replace_those_of_the_catalogue() -> None:
    alert = make_alert("member-failed", CYCLE, "m02", NOW, happened="It rained.", done="Stopped.")

    assert (alert.happened, alert.done) == ("It rained.", "Stopped.")


@pytest.mark.parametrize("code", ["precipitation-missing", "unheard-of", ""])
def test_a_fallback_is_always_a_warning(code: str) -> None:
    fallback = Degradation("prepare", "no rain", "rain.nc", "none", "未计算湿清除。", code)

    alert = alert_of_fallback(fallback, CYCLE, NOW, "/p.log")

    assert alert.severity is Severity.WARNING
    assert alert.code == (code or "fallback-taken")
    assert "rain.nc" in alert.happened
    assert "none" in alert.done
    assert (alert.subject, alert.effect) == ("rain.nc", "未计算湿清除。")


def test_a_message_puts_the_worst_first_and_counts() -> None:
    alerts = [
        make_alert("product-ready", CYCLE, "r0", NOW),
        make_alert("stage-failed", CYCLE, "gate", NOW, reason="no file"),
        make_alert("member-failed", CYCLE, "m01", NOW),
    ]

    made = message(alerts)

    assert made.title == "[严重 FATAL] 2026-01-09T16 流程环节失败: gate（共3条）"
    assert [alert.code for alert in made.alerts] == [
        "stage-failed",
        "member-failed",
        "product-ready",
    ]
    for part in (
        "2026-01-10 12:30:00 北京时 (04:30:00 UTC)",
        "The stage 'gate' stopped: no file",
        "由谁处理 who acts: 系统运维",
        "docs/runbook.md#stage-failed",
    ):
        assert part in made.text


def test_a_title_is_one_line_whatever_the_subject() -> None:
    alert = make_alert("input-late", CYCLE, "a\r\nBcc: all@example.org " + "x" * 300, NOW)

    title = message([alert]).title
    assert "\n" not in title
    assert "\r" not in title
    assert len(title) < 120


def test_a_wrong_catalogue_names_all_its_errors(tmp_path: Path) -> None:
    path = tmp_path / "alerts.yaml"
    path.write_text("a-b:\n  severity: bad\n  title: T\n  title_zh: T\n  act: go\n", "utf-8")

    with pytest.raises(ConfigurationError, match=r"2 error(?s:.)*severity(?s:.)*who"):
        read_catalogue(path)


# --- what the state of a run gives cause for


def test_a_member_that_was_killed_is_told_once_a_try_and_one_that_saved_first_is_not() -> None:
    killed = MemberStatus("m01", MemberState.WAITING, attempt=2, exit_code=137, reason="killed")
    assert _codes(_state(killed)) == [("member-killed", "m01 try 2")]
    assert _codes(_state(replace(killed, exit_code=STOPPED))) == []


def test_lone_ranks_and_full_disks_have_names_of_their_own() -> None:
    lone = MemberStatus("m01", MemberState.FAILED, ranks=1, ranks_asked=2, reason="alone")
    assert _codes(_state(lone)) == [("ranks-differ", "m01")]
    assert _codes(_state(replace(lone, ranks=2))) == [("member-failed", "m01")]
    full = _stage("combine", StageState.FAILED, "it cannot be written (No space left on device)")
    assert _codes(_state(stages=(full,)), ended=True) == [("disk-full", "combine")]


def test_a_batch_system_that_stays_silent_is_told_with_the_time_since_when() -> None:
    brief, long = (NOW - timedelta(seconds=seconds) for seconds in (5, 40))
    assert _codes(replace(_state(), scheduler_away=brief)) == []
    (found,) = _codes(replace(_state(), scheduler_away=long))
    assert found == ("scheduler-unreachable", f"{long:%Y-%m-%d %H:%M:%S} UTC")


def _stage(name: str, state: StageState, reason: str = "") -> StageStatus:
    return StageStatus(name, state, reason=reason, log=f"/log/{name}.log")


def _state(*members: MemberStatus, stages: tuple[StageStatus, ...] = ()) -> RunState:
    folder = Path("/runs") / CYCLE
    return RunState(CYCLE, "a case", folder, stages, members)


def _codes(state: RunState, *, ended: bool = False) -> list[tuple[str, str]]:
    return [alert.key for alert in alerts_of(state, NOW, ended=ended)]


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (MemberState.FAILED, "member-failed"),
        (MemberState.TIMEOUT, "member-timeout"),
        (MemberState.ABSENT, "member-absent"),
        (MemberState.INCOMPLETE, "member-incomplete"),
    ],
)
def test_a_member_that_ends_otherwise_than_well_is_an_alert(state: MemberState, code: str) -> None:
    assert _codes(_state(MemberStatus("m01", state))) == [(code, "m01")]


@pytest.mark.parametrize("state", [MemberState.WAITING, MemberState.RUNNING, MemberState.FINISHED])
def test_a_member_that_does_well_is_none(state: MemberState) -> None:
    assert _codes(_state(MemberStatus("m01", state))) == []


def test_each_continuation_is_a_note_of_its_own() -> None:
    once = MemberStatus("m01", MemberState.RUNNING, attempt=2, continued_from=6)
    twice = MemberStatus("m01", MemberState.RUNNING, attempt=3, continued_from=12)

    first, second = (_codes(_state(member)) for member in (once, twice))
    assert first != second
    assert first[0][0] == "member-continued"


def test_a_failed_stage_is_fatal_only_when_it_leaves_no_product() -> None:
    failed = _stage("combine", StageState.FAILED, "no space")
    state = _state(stages=(failed, _stage("publish", StageState.WAITING)))
    assert _codes(state) == []
    assert _codes(state, ended=True) == [("stage-failed", "combine")]

    whole = (failed, _stage("publish", StageState.FINISHED))
    kept = RunState(CYCLE, "a case", state.folder, whole, (), manifest=Path("/m.json"))
    assert _codes(kept, ended=True) == [("stage-failed-product-kept", "combine")]


def _decided(trigger: Trigger, published: int | None, revision: int = 0) -> RunState:
    views = (MemberView("m00", "ctm", True, 48), MemberView("m01", "ctm", False, 0))
    decision = Decision(revision, trigger, ("hourly", "trend"), NOW, views, complete=True)
    record = DriverRecord(CYCLE, NOW, NOW, (decision,))
    return replace(_state(), driver=record, published=published)


def test_decisions_at_a_cutoff_are_told_and_so_is_the_product() -> None:
    alerts = list(alerts_of(_decided(Trigger.HARD_CUTOFF, None), NOW))
    assert [alert.key for alert in alerts] == [("hard-cutoff", "hourly and trend")]
    assert "1 members counted; m01 had not ended" in alerts[0].happened

    assert _codes(_decided(Trigger.SOFT_CUTOFF, 0)) == [
        ("soft-cutoff", "hourly and trend"),
        ("product-ready", "r0"),
    ]
    assert _codes(_decided(Trigger.LATE_MEMBER, 1, 1)) == [("revision-made", "r1")]


def test_a_stage_of_a_later_revision_that_fails_leaves_the_former_product() -> None:
    failed = _stage("combine", StageState.FAILED, "no space")
    state = replace(_state(stages=(failed, _stage("publish", StageState.WAITING))), published=0)
    assert _codes(state, ended=True) == [("stage-failed-product-kept", "combine")]


def test_an_end_without_product_and_without_reason_is_fatal() -> None:
    state = _state(stages=(_stage("publish", StageState.WAITING),))
    assert _codes(state, ended=True) == [("workflow-failed", "snakemake")]


# --- the catalogue, the code and the runbook speak of the same alerts


def _raised(root: Path) -> dict[str, str]:
    """Codes that the program gives to alerts and fallbacks, with the place of each."""
    found = {}
    for path in sorted((root / "forecast").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                for code in _codes_of(node):
                    found[code] = f"{path.relative_to(root)}:{node.lineno}"
    return found


def _codes_of(call: ast.Call) -> list[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    name = call.func.id if isinstance(call.func, ast.Name) else name
    values = [word.value for word in call.keywords if word.arg == "code"]
    if name in ("raise_alert", "make_alert", "alert"):
        values += call.args[:3]
    return [
        value.value
        for value in values
        if isinstance(value, ast.Constant)
        and isinstance(value.value, str)
        and re.fullmatch(r"[a-z]+(-[a-z]+)+", value.value)
    ]


def test_every_code_of_the_program_is_in_the_catalogue(project_root: Path) -> None:
    unknown = {c: where for c, where in _raised(project_root).items() if c not in catalogue()}

    assert unknown == {}


def test_every_fallback_has_a_code(project_root: Path) -> None:
    without = []
    for path in sorted((project_root / "forecast").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "Degradation"
                and len(node.args) < 6
                and not any(word.arg in ("code", None) for word in node.keywords)
            ):
                without.append(f"{path.relative_to(project_root)}:{node.lineno}")

    assert without == []


def test_every_alert_has_an_entry_in_the_runbook(project_root: Path) -> None:
    text = (project_root / "docs" / "runbook.md").read_text(encoding="utf-8")
    headings = re.findall(r"^### `?([a-z][a-z-]+-[a-z-]+|event)`?$", text, re.MULTILINE)

    assert sorted(headings) == sorted(catalogue())
    assert len(headings) == len(set(headings))


def test_every_entry_of_the_runbook_says_what_to_do(project_root: Path) -> None:
    text = (project_root / "docs" / "runbook.md").read_text(encoding="utf-8")
    entries = re.split(r"^### ", text, flags=re.MULTILINE)[1:]
    bodies = {e.partition("\n")[0].strip("`"): e.partition("\n")[2] for e in entries}

    for code, entry in catalogue().items():
        assert f"**{entry.severity.value}**" in bodies[code], code
        assert "Do:" in bodies[code], code
