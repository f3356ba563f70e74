"""How a member ends, is asked to end, is taken over and is started again."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from forecast.common.errors import ConfigurationError, OutputError
from forecast.config.load import resolve
from forecast.config.run import RunPaths
from forecast.ctm.model import Order
from forecast.fields.limit import MemberLimit
from forecast.fields.status import STOPPED, MemberState, MemberStatus
from forecast.parallel.comm import Communicator, InProcessWorld, SerialComm
from forecast.stages import close_member
from forecast.stages.member_outputs import Heartbeat
from forecast.stages.member_steering import Course, MemberSteering, StopRequest
from forecast.stages.member_turn import check_ranks, take_turn
from forecast.stages.run_member import first_status
from forecast.stages.task import Task
from forecast.storage.claim import Claim, TakenOverError, read_claim, take_claim
from forecast.storage.manifest import StageRecord
from forecast.storage.member_limit import read_limit, write_limit
from forecast.storage.status import read_status, write_status

LAST, SPIN_UP = 48, 6


def _task(folder: Path, launch: str = "a", exit_code: int = 1, **workflow: Any) -> Task:
    settings = [f"workflow.{name}={value}" for name, value in workflow.items()]
    run = RunPaths(folder / "2022-01-01T00")
    configuration = resolve(None, settings=["workflow.handover_seconds=0.6", *settings])
    record = StageRecord("run_member", run.folder, folder, run.configuration, "m01")
    return Task(run, configuration, record, "m01", exit_code, 2, launch)


def _steering(
    folder: Path, comm: Communicator, request: StopRequest, **changes: Any
) -> MemberSteering:
    course = Course(LAST, SPIN_UP, frozenset({12}), 3600.0, folder / "m01.limit")
    heart = Heartbeat(folder / "m01.json", MemberStatus("m01", MemberState.RUNNING), comm.rank, 0.0)
    heart.begin(LAST, SPIN_UP, 0, continued=False)
    parts: dict[str, Any] = {"fence": lambda: None, "output": Mock(pending=0), **changes}
    course = replace(course, save_every=parts.pop("save_every", 3600.0))
    return MemberSteering(comm, course, request, heart=heart, **parts)


def test_a_member_saves_at_its_hours_and_when_the_clock_says_so(tmp_path: Path) -> None:
    steering = _steering(tmp_path, SerialComm(), StopRequest())
    orders = [steering.after_hour(hour) for hour in (11, 12, 13, LAST)]
    assert orders == [Order(), Order(checkpoint=True), Order(), Order()]
    status = read_status(tmp_path / "m01.json")
    assert status is not None
    assert status.hours_done == LAST
    always = _steering(tmp_path, SerialComm(), StopRequest(), save_every=0.0)
    assert always.after_hour(1) == Order(checkpoint=True)


def test_one_rank_that_is_asked_to_stop_stops_all_of_them_after_a_checkpoint(
    tmp_path: Path,
) -> None:
    def work(comm: Communicator) -> tuple[list[Order], bool]:
        request = StopRequest()
        steering = _steering(tmp_path, comm, request)
        orders = [steering.after_hour(20)]
        request.signal = "SIGTERM" if comm.rank == 2 else ""
        return [*orders, steering.after_hour(21)], steering.stopped

    stop = Order(checkpoint=True, stop=True)
    assert InProcessWorld(3, patience=20).run(work) == [([Order(), stop], True)] * 3


def test_a_request_in_the_last_hour_changes_nothing(tmp_path: Path) -> None:
    request = StopRequest()
    request.signal = "SIGTERM"
    steering = _steering(tmp_path, SerialComm(), request)
    assert steering.after_hour(LAST) == Order()
    assert not steering.stopped


def test_sigterm_is_remembered_and_no_longer_once_the_member_is_done() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with StopRequest().listening() as request:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0)
    assert request.signal == "SIGTERM"
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_limit_counts_forecast_hours_and_ends_the_run_in_good_order(tmp_path: Path) -> None:
    steering = _steering(tmp_path, SerialComm(), StopRequest())
    write_limit(tmp_path / "m01.limit", MemberLimit(24, "it would come too late"))
    assert steering.after_hour(24 + SPIN_UP - 1) == Order()
    assert steering.after_hour(24 + SPIN_UP) == Order(checkpoint=True, stop=True)
    assert steering.limit == MemberLimit(24, "it would come too late")
    assert not steering.stopped


def test_a_limit_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    (tmp_path / "m01.limit").write_text('{"hours": "soon"}', encoding="utf-8")
    assert _steering(tmp_path, SerialComm(), StopRequest()).after_hour(40) == Order()
    (tmp_path / "m01.limit").unlink()
    assert read_limit(tmp_path / "m01.limit") is None


def test_ranks_of_a_member_that_was_taken_over_end_together(tmp_path: Path) -> None:
    def taken() -> None:
        raise TakenOverError("by process 7")

    def work(comm: Communicator) -> str:
        steering = _steering(tmp_path, comm, StopRequest(), fence=taken)
        with pytest.raises(TakenOverError) as caught:
            steering.after_hour(5)
        return str(caught.value)

    assert InProcessWorld(2, patience=20).run(work) == ["by process 7"] * 2
    status = read_status(tmp_path / "m01.json")
    assert status is not None
    assert status.hours_done == 0, "it wrote after the member was taken over"


@pytest.mark.parametrize(
    ("started", "words"), [(1, "believes that it is alone"), (3, "'3' started")]
)
def test_another_number_of_ranks_is_refused(
    started: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLURM_STEP_ID", "0")

    def work(comm: Communicator) -> None:
        check_ranks(comm, 0, "MPICH 5")
        check_ranks(comm, started, "MPICH 5")
        with pytest.raises(ConfigurationError) as caught:
            check_ranks(comm, 4, "MPICH 5")
        assert words in str(caught.value)
        assert "MPICH 5" in str(caught.value)
        assert "doctor" in str(caught.value)

    InProcessWorld(started, patience=20).run(work)


def test_the_newest_claim_wins_and_the_older_process_may_not_write(tmp_path: Path) -> None:
    waiting = MemberStatus("m01", MemberState.WAITING)
    first = take_turn(_task(tmp_path, "a"), SerialComm(), waiting)
    first()
    second = take_turn(_task(tmp_path, "b"), SerialComm(), waiting)
    second()
    with pytest.raises(TakenOverError, match=f"process {os.getpid()} on"):
        first()
    claim = read_claim(_task(tmp_path).run.claim("m01"))
    assert claim is not None
    assert claim.overtaken("a")
    assert not claim.overtaken("b")
    assert not claim.overtaken("c"), "a launch that never had the member lost nothing"


@pytest.fixture
def sleeper() -> Any:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"])
    yield process
    process.kill()
    process.wait()


def _claim_of(path: Path, process: "subprocess.Popen[bytes]") -> None:
    claim = take_claim(path, "a")
    stat = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8")
    born = int(stat.rpartition(")")[2].split()[19])
    record = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**record, "pid": process.pid, "born": born}), encoding="utf-8")
    assert claim.alive


def test_a_dead_process_is_not_waited_for_and_a_living_one_not_for_ever(
    tmp_path: Path, sleeper: "subprocess.Popen[bytes]"
) -> None:
    task = _task(tmp_path, "b")
    path = task.run.claim("m01")
    running = MemberStatus("m01", MemberState.RUNNING, updated=datetime.now(UTC))
    _claim_of(path, sleeper)
    begun = time.monotonic()
    take_turn(task, SerialComm(), running)
    assert 0.6 <= time.monotonic() - begun < 3
    _claim_of(path, sleeper)
    sleeper.kill()
    sleeper.wait()
    begun = time.monotonic()
    take_turn(task, SerialComm(), running)
    assert time.monotonic() - begun < 0.4


def test_a_process_on_another_machine_is_waited_for_until_it_was_silent_for_long(
    tmp_path: Path,
) -> None:
    task = _task(tmp_path, "b")
    path = task.run.claim("m01")
    for age, least, most in ((100.0, 0.0, 0.4), (0.0, 0.6, 3.0)):
        take_claim(path, "a")
        record = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({**record, "host": "elsewhere"}), encoding="utf-8")
        updated = datetime.now(UTC) - timedelta(seconds=age)
        begun = time.monotonic()
        take_turn(task, SerialComm(), MemberStatus("m01", MemberState.RUNNING, updated=updated))
        assert least <= time.monotonic() - begun < most


def test_a_damaged_claim_is_none(tmp_path: Path) -> None:
    path = tmp_path / "m01.claim"
    path.write_text("{}", encoding="utf-8")
    assert read_claim(path) is None
    assert isinstance(take_claim(path, "a"), Claim)


def _close(task: Task, **status: Any) -> tuple[int, MemberStatus, bool]:
    told = MemberStatus("m01", **{"updated": datetime.now(UTC), **status})
    write_status(task.run.status("m01"), told)
    code = close_member.run(task)
    found = read_status(task.run.status("m01"))
    assert found is not None
    return code, found, task.run.stamp("m01").exists()


def test_a_killed_member_is_started_again_until_its_attempts_are_used_up(tmp_path: Path) -> None:
    task = _task(tmp_path, exit_code=137, attempts=2)
    take_claim(task.run.claim("m01"), "a")
    running = {"state": MemberState.RUNNING, "hours_done": 20, "hours_saved": 12}
    code, status, stamp = _close(task, **running, attempt=1)
    assert (code, status.state, stamp) == (STOPPED, "waiting", False)
    assert "signal 9" in status.reason
    assert (status.hours_done, status.exit_code) == (12, 137)
    assert first_status(task, 2, status).attempt == 2
    code, status, stamp = _close(task, **running, attempt=2)
    assert (code, status.state, stamp) == (0, "failed", True)
    assert "signal 9" in status.reason
    assert first_status(task, 2, status).attempt == 1, "by hand it may be tried anew"


def test_a_member_names_the_batch_job_that_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = _task(tmp_path, attempts=2)
    monkeypatch.setenv("SLURM_JOB_ID", "77")
    assert first_status(task, 2, MemberStatus("m01", MemberState.WAITING)).job == "77"
    monkeypatch.setenv("SLURM_JOB_ID", "78")
    _, status, _ = _close(task, state=MemberState.RUNNING, job="77")
    assert status.job == "78", "it was lost before it could say anything in this job"


def test_a_model_that_stopped_with_an_error_is_never_started_again(tmp_path: Path) -> None:
    failed = {"state": MemberState.FAILED, "reason": "no wind"}
    code, status, stamp = _close(_task(tmp_path), **failed)
    assert (code, status.state, status.reason, stamp) == (0, "failed", "no wind", True)


@pytest.mark.parametrize(("done", "code", "state"), [(20, STOPPED, "waiting"), (12, 0, "timeout")])
def test_a_member_that_was_asked_to_stop_goes_on_as_long_as_it_comes_further(
    tmp_path: Path, done: int, code: int, state: str
) -> None:
    task = _task(tmp_path, exit_code=STOPPED, attempts=3)
    take_claim(task.run.claim("m01"), "a")
    paused = {"state": MemberState.WAITING, "exit_code": STOPPED, "reason": "asked to stop"}
    hours = {"hours_done": done, "hours_saved": done, "continued_from": 12}
    found, status, stamp = _close(task, **paused, **hours, attempt=9)
    assert (found, status.state, stamp) == (code, state, code == 0)
    assert status.reason == "asked to stop"
    assert status.attempt == 9


def test_a_launcher_that_never_starts_the_model_is_counted(tmp_path: Path) -> None:
    task = _task(tmp_path, "a", exit_code=127, attempts=2)
    assert close_member.run(task) == STOPPED
    assert close_member.run(replace(task, launch="b")) == 0
    status = read_status(task.run.status("m01"))
    assert status is not None
    assert (status.state, status.reason) == ("failed", "its process ended with exit code 127")


def test_the_rule_of_an_older_process_leaves_the_newer_one_alone(tmp_path: Path) -> None:
    task = _task(tmp_path, "a", exit_code=1, attempts=1)
    take_claim(task.run.claim("m01"), "a")
    take_claim(task.run.claim("m01"), "b")
    code, status, stamp = _close(task, state=MemberState.RUNNING, hours_done=30)
    assert (code, status.state, status.hours_done, stamp) == (STOPPED, "running", 30, False)


def test_a_caller_who_knows_more_says_how_a_member_ended(tmp_path: Path) -> None:
    run = RunPaths(tmp_path / "2022-01-01T00")
    begun = MemberStatus("m01", MemberState.RUNNING, updated=datetime.now(UTC))
    write_status(run.status("m01"), begun)
    close_member.close_member(run, "m01", "out of time", state=MemberState.TIMEOUT)
    status = read_status(run.status("m01"))
    assert status is not None
    assert (status.state, status.reason) == ("timeout", "out of time")


def test_the_last_word_finds_room_on_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "m01.json"
    heart = Heartbeat(path, MemberStatus("m01", MemberState.RUNNING), 0, 0.0)
    heart.begin(48, 6, 0, continued=False)
    reserve = tmp_path / ".m01.json.reserve"
    assert reserve.stat().st_size >= 64 * 1024
    whole = Path.write_text

    def full(self: Path, *arguments: Any, **options: Any) -> int:
        if reserve.exists():
            raise OSError(28, "No space left on device")
        return whole(self, *arguments, **options)

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OutputError, match="free some space"):
        heart.beat(12, force=True)
    heart.end(MemberState.FAILED, "the disk is full", 1)
    status = read_status(path)
    assert status is not None
    assert (status.state, status.reason) == ("failed", "the disk is full")
