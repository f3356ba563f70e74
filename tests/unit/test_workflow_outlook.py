"""What will happen at the cutoffs, in words and on the page, and why a product is as it is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from forecast.common.degradation import Degradation
from forecast.config.load import resolve
from forecast.config.root import Configuration
from forecast.delivery.alerts import make_alert
from forecast.delivery.courier import ChannelState
from forecast.fields.decision import Decision, DriverRecord, Intervention, MemberView, Trigger
from forecast.fields.evidence import Evidence
from forecast.fields.history import History, ProductTime
from forecast.fields.inputs import Attempt, InputsRecord, InputUse, RungKind
from forecast.fields.membership import LeadDayMembers, Membership, MemberVerdict, Quality
from forecast.fields.run_state import RunState, StageState, StageStatus
from forecast.fields.start import MemberStart, StartKind, StartPlan
from forecast.fields.status import MemberState, MemberStatus
from forecast.workflow.explain import as_text, explain
from forecast.workflow.lock import Holder
from forecast.workflow.outlook import Outlook, look_ahead
from forecast.workflow.page import status_page, write_page
from forecast.workflow.report import as_facts, sections

NOW = datetime(2026, 1, 10, 4, 30, tzinfo=UTC)
CYCLE = "2026-01-09T16"
HOLDER = Holder("login1", 4711, 1, "2026-01-10T04:00:00+00:00")
LAUNCHED = NOW - timedelta(minutes=30)


def _configuration(soft: float | None = 60, hard: float | None = 90) -> Configuration:
    """Cutoffs in minutes after the launch; 48 h, so two whole local days."""
    words = [
        f"{key}={'null' if value is None else value}"
        for key, value in (
            ("clock.hourly.soft_minutes", soft),
            ("clock.hourly.hard_minutes", hard),
            ("clock.trend.hard_minutes", None if hard is None else hard + 30),
        )
    ]
    return resolve(
        "haze_week",
        settings=["forecast.horizon_hours=48", "forecast.hourly_hours=48", *words],
    )


def _member(name: str, done: int, minutes_left: float) -> MemberStatus:
    """A running member of 48 h that keeps its pace."""
    pace = 60.0 * minutes_left / (48 - done)
    return MemberStatus(
        name,
        MemberState.RUNNING,
        hours_total=48,
        hours_done=done,
        hours_saved=done,
        started=NOW - timedelta(seconds=pace * done),
        updated=NOW,
        seconds_left=60.0 * minutes_left,
        log=f"/runs/{CYCLE}/log/run_member.{name}.log",
    )


def _ended(name: str, state: MemberState = MemberState.FINISHED, hours: int = 48) -> MemberStatus:
    return replace(
        _member(name, hours - 1, 1.0),
        state=state,
        hours_done=hours,
        hours_saved=hours,
        finished=NOW,
        seconds_left=None,
    )


def _state(*members: MemberStatus, record: DriverRecord | None = None) -> RunState:
    folder = Path("/runs") / CYCLE
    stages = (
        StageStatus("prepare", StageState.FINISHED, log=f"{folder}/log/prepare.log"),
        StageStatus("publish", StageState.WAITING, log=f"{folder}/r0/log/publish.log"),
    )
    driver = record or DriverRecord(CYCLE, LAUNCHED, LAUNCHED)
    return RunState(CYCLE, "a case", folder, stages, members, driver=driver)


def _look(state: RunState, soft: float | None = 60, hard: float | None = 90) -> Outlook:
    past = History(NOW, products=(ProductTime("x", 120.0),))
    return look_ahead(state, _configuration(soft, hard), past, NOW)


def _actions(outlook: Outlook) -> dict[tuple[str, str], str]:
    return {(cutoff.product, cutoff.kind): cutoff.action for cutoff in outlook.cutoffs}


def test_members_that_are_early_make_cutoffs_idle() -> None:
    outlook = _look(_state(_member("m00", 24, 10.0), _member("m01", 24, 20.0)))

    assert all(action.startswith("nothing") for action in _actions(outlook).values())
    assert outlook.all_ended == NOW + timedelta(minutes=20)
    assert outlook.ready == NOW + timedelta(minutes=22)
    assert outlook.at_risk == ()


def test_a_late_member_is_named_with_what_it_will_have() -> None:
    # hard cutoff in 60 min: m02 will have 24 + 24 * 60 / 90 = 40 h, one whole day
    state = _state(_ended("m00"), _ended("m01"), _member("m02", 24, 90.0))
    outlook = _look(state)
    actions = _actions(outlook)

    assert actions["hourly", "soft"].startswith("the quorum will be there")
    assert "2 of 3 members" in actions["hourly", "hard"]
    assert "m02 (40 h)" in actions["hourly", "hard"]
    assert "reduced" in actions["hourly", "hard"]
    # made at the soft cutoff, in 30 min, with two minutes for the products
    assert outlook.ready == NOW + timedelta(minutes=32)


def test_the_quorum_at_risk_is_seen_before_the_cutoff() -> None:
    state = _state(_ended("m00"), _member("m01", 6, 400.0), _member("m02", 6, 400.0))
    outlook = _look(state)

    assert {cutoff.product for cutoff in outlook.at_risk} == {"hourly", "trend"}
    assert "below the quorum" in _actions(outlook)["hourly", "hard"]
    assert "m01, m02" in _actions(outlook)["hourly", "hard"]
    assert _actions(outlook)["hourly", "soft"].startswith("the quorum will not be there")


def test_without_any_member_the_fallback_is_announced() -> None:
    outlook = _look(_state(*(_ended(f"m0{n}", MemberState.FAILED, 3) for n in range(3))))

    assert "previous cycle's forecast is shifted" in _actions(outlook)["hourly", "hard"]


def test_nothing_is_said_of_members_that_show_no_pace() -> None:
    outlook = _look(_state(MemberStatus("m00", MemberState.WAITING)))

    assert "not known yet" in _actions(outlook)["hourly", "hard"]
    assert outlook.at_risk == ()
    assert (outlook.all_ended, outlook.ready) == (None, NOW + timedelta(minutes=62))


def test_what_is_decided_is_not_announced_again() -> None:
    views = (MemberView("m00", "ctm", True, 48),)
    decision = Decision(0, Trigger.SOFT_CUTOFF, ("hourly", "trend"), NOW, views)
    record = DriverRecord(CYCLE, LAUNCHED, LAUNCHED).with_decision(decision)

    outlook = _look(_state(_member("m00", 24, 90.0), record=record))

    assert set(_actions(outlook).values()) == {"decided already"}
    assert outlook.deadline is None


def test_a_clock_without_cutoffs_waits_for_all() -> None:
    outlook = _look(_state(_member("m00", 24, 90.0)), soft=None, hard=None)
    assert outlook.cutoffs == ()
    assert outlook.ready == NOW + timedelta(minutes=92)


# --- in words


def _full() -> tuple[RunState, Outlook]:
    """A night in which much goes wrong."""
    record = DriverRecord(CYCLE, LAUNCHED, LAUNCHED).with_intervention(
        Intervention("m03", "cancelled", "it gave no sign of life for 1800 s", NOW)
    )
    fallback = Degradation("prepare", "no <rain>", "rain & snow", "none", "未计算湿清除。")
    state = replace(
        _state(
            _ended("m00"),
            _member("m01", 24, 90.0),
            MemberStatus("m02", MemberState.WAITING),
            replace(_ended("m03", MemberState.FAILED, 7), reason="it met a <wall>"),
            record=record,
        ),
        degradations=(fallback,),
    )
    return state, _look(state)


ALERTS = (
    make_alert("member-failed", CYCLE, "m03", NOW, reason="it met a <wall>", log="/a.log"),
    make_alert("product-ready", CYCLE, "r0", NOW),
)


def test_the_status_says_it_in_plain_words() -> None:
    state, outlook = _full()
    text = "\n".join(sections(state, outlook, ALERTS))

    for part in (
        "Waiting for: waiting for 2 of 4 members",
        "01-10 13:00 (in 30 min 0 s) soft cutoff of the hourly product",
        "01-10 13:30 (in 1 h 0 min) hard cutoff of the hourly product",
        "m01: 01-10 14:00:00 by own pace, 30 min 0 s late, will have 40 forecast hours by then",
        "m02: ",
        "m03 cancelled: it gave no sign of life",
        "Alerts: 1, and 1 note(s)",
        "done: It is not run again",
        "who acts: 开发人员",
        "log: /a.log",
    ):
        assert part in text, part


def test_programs_get_the_same_as_values() -> None:
    state, outlook = _full()
    facts = as_facts(outlook, ALERTS)

    assert facts["expected"]["m01"] == {
        "finish": "2026-01-10T06:00:00+00:00",
        "latest_finish": "2026-01-10T06:22:30+00:00",
        "basis": "own pace",
        "slack_seconds": -1800,
    }
    assert [c["seconds_left"] for c in facts["cutoffs"]] == [1800, 3600, 5400]
    assert [a["code"] for a in facts["alerts"]] == ["member-failed", "product-ready"]
    assert len(state.members) == len(facts["expected"])


# --- as a page


class _Reader(HTMLParser):
    """Checks that tags are closed and gathers text and what is fetched."""

    VOID = frozenset({"meta", "br", "link", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
        self.fetched: list[str] = []
        self.refresh = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        self.fetched += [value or "" for name, value in attrs if name == "src" or tag == "link"]
        self.refresh |= ("http-equiv", "refresh") in attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def _page(holder: Holder | None = HOLDER, state: RunState | None = None) -> _Reader:
    full, outlook = _full()
    channels = [ChannelState("mail", 3, 2, "no <line>")]
    reader = _Reader()
    reader.feed(status_page(state or full, holder, outlook, ALERTS, channels))
    assert reader.open == []
    return reader


def test_the_page_is_whole_and_fetches_nothing() -> None:
    reader = _page()
    text = " ".join(reader.text)

    assert reader.fetched == []
    assert reader.refresh
    for part in (
        "2026年01月10日00时",
        "运行中",
        "it met a <wall>",
        "rain & snow",
        "no <line>",
        "集合成员运行失败",
        "30 min 0 s late",
        "7天趋势",
    ):
        assert part in text, part


def test_a_page_of_a_run_that_nobody_drives_says_so_and_rests() -> None:
    state, _ = _full()
    reader = _page(None, replace(state, held=False))

    assert not reader.refresh
    assert "无人运行" in " ".join(reader.text)
    assert "中断" in " ".join(reader.text)


def test_a_page_can_be_drawn_before_anything_has_begun() -> None:
    state = replace(_state(MemberStatus("m00", MemberState.WAITING)), driver=None)
    outlook = look_ahead(state, _configuration(), History(), NOW)

    reader = _Reader()
    reader.feed(status_page(state, HOLDER, outlook, ()))

    assert reader.open == []


def test_a_disk_that_refuses_the_page_harms_nothing(tmp_path: Path) -> None:
    write_page(tmp_path / "no" / "such" / "folder.html", "x")
    write_page(tmp_path / "status.html", "x")
    assert (tmp_path / "status.html").read_text("utf-8") == "x"
    assert [path.name for path in tmp_path.iterdir()] == ["status.html"]


# --- why


def _membership() -> Membership:
    verdicts = (
        MemberVerdict("m00", 48),
        MemberVerdict("m01", 0, "it failed after 3 hours", "第3小时中断", "/runs/m01.log"),
    )
    days = (
        LeadDayMembers(1, 24, ("m00",), Quality.BELOW_QUORUM),
        LeadDayMembers(2, 48, ("m00",), Quality.BELOW_QUORUM),
    )
    return Membership(
        CYCLE, ("m00", "m01"), 48, 2, verdicts, days, trigger=Trigger.HARD_CUTOFF, decided_at=NOW
    )


def _evidence() -> Evidence:
    state, _ = _full()
    m00, lost, *others = state.members
    lost = replace(lost, job="77", host="n3")
    state = replace(state, members=(m00, lost, *others))
    tried = (Attempt(RungKind.OWN, "/met/20260109.nc", "it ends in the middle of a record"),)
    used = InputUse(
        "meteorology",
        RungKind.PREVIOUS_CYCLE,
        1,
        "/met/20260108.nc",
        "ab" * 32,
        None,
        None,
        None,
        "",
        tried,
    )
    starts = (
        MemberStart("m00", StartKind.WARM, source="../x", source_cycle="2026-01-09T04"),
        MemberStart("m01", StartKind.COLD, unsettled_hours=24),
    )
    return Evidence(
        state,
        _membership(),
        InputsRecord(CYCLE, (used,)),
        StartPlan(CYCLE, 48, starts, cold_allowed="somebody said so"),
        ALERTS,
    )


def test_a_product_is_explained_from_its_records() -> None:
    text = as_text(explain(_evidence()))

    for part in (
        "Revision r0 was decided at 01-10 12:30 Beijing because the hard cutoff had come",
        "below the quorum: a guidance",
        "1 of 2 planned members are in: m00; the quorum is 2.",
        "m01 is not in: it failed after 3 hours (log: /runs/m01.log, job 77 on n3).",
        "Meteorology: '/met/20260108.nc' (previous cycle, rung 1 of the ladder, not as wanted",
        "the own '/met/20260109.nc' was tried before: it ends in the middle",
        "1 member(s) began cold, from seasonal profiles: m01.",
        "left by 2026-01-09T04: m00.",
        "The cold start was allowed: somebody said so.",
        "wanted rain & snow, took none. 未计算湿清除。",
        "m03 cancelled: it gave no sign of life",
        "warning 'member-failed' about m03",
    ):
        assert part in text, part


def test_a_shifted_product_names_the_cycle_it_is_from() -> None:
    shifted = replace(_membership(), origin="2026-01-09T04", origin_shift=12)
    text = as_text(explain(replace(_evidence(), membership=shifted)))

    assert "the members of 2026-01-09T04 stand in, shifted by 12 h" in text
    assert "a fallback" in text


def test_a_run_without_a_decision_says_what_failed() -> None:
    state, _ = _full()
    broken = replace(state.stages[0], state=StageState.FAILED, reason="no file")
    text = as_text(explain(Evidence(replace(state, stages=(broken,)))))

    assert "There is no decision" in text
    assert "'prepare' failed: no file" in text


@pytest.mark.parametrize("missing", ["membership", "inputs", "start"])
def test_a_record_that_is_missing_is_left_out(missing: str) -> None:
    nothing: dict[str, Any] = {missing: None}
    assert explain(replace(_evidence(), **nothing))
