"""A run's folder belongs to one configuration; how a run ended is kept beside its command."""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from forecast.common.errors import ConfigurationError
from forecast.config.load import read_resolved, resolve
from forecast.config.run import RunPaths, member_names
from forecast.fields.run_state import RunState, StageState, StageStatus
from forecast.fields.status import MemberState, MemberStatus
from forecast.workflow import session
from forecast.workflow.driver import Ports, WorkflowFailedError
from forecast.workflow.launch import Interrupted, Invocation
from forecast.workflow.lock import RunLock
from forecast.workflow.session import prepare_folder, release_failed_members, run_cycle


@pytest.fixture
def run(tmp_path: Path) -> RunPaths:
    return RunPaths(tmp_path / "2022-01-01T00")


def test_a_folder_is_made_and_continued(run: RunPaths) -> None:
    configuration = resolve()
    prepare_folder(run, configuration, restart=False)
    before = run.configuration.stat().st_mtime_ns
    prepare_folder(run, configuration, restart=False)
    assert read_resolved(run.configuration) == configuration
    assert run.configuration.stat().st_mtime_ns == before, "stages would run again"


def test_another_configuration_is_refused_and_every_difference_named(run: RunPaths) -> None:
    prepare_folder(run, resolve(), restart=False)
    other = resolve(settings=["ensemble.members=6", "forecast.spin_up_hours=24"])
    with pytest.raises(ConfigurationError) as caught:
        prepare_folder(run, other, restart=False)
    for part in ("2 setting(s)", "ensemble.members: '4' there, '6' now", "--restart", "--runs"):
        assert part in str(caught.value)


def test_restart_removes_everything_but_the_lock(run: RunPaths) -> None:
    prepare_folder(run, resolve(), restart=False)
    (run.folder / "member" / "m00.zarr").mkdir(parents=True)
    other = resolve(settings=["ensemble.members=6"])
    with RunLock(run.lock):
        prepare_folder(run, other, restart=True)
        assert sorted(entry.name for entry in run.folder.iterdir()) == ["config.yaml", "run.lock"]
    assert read_resolved(run.configuration) == other


def test_restart_removes_nothing_in_a_folder_that_is_no_run(run: RunPaths) -> None:
    run.folder.mkdir(parents=True)
    (run.folder / "precious.txt").touch()
    prepare_folder(run, resolve(), restart=True)
    assert (run.folder / "precious.txt").exists()


def _state(run: RunPaths, *states: MemberState) -> RunState:
    members = tuple(MemberStatus(f"m{place:02d}", state) for place, state in enumerate(states))
    stages = (StageStatus("prepare", StageState.FINISHED),)
    return RunState(run.folder.name, "case", run.folder, stages, members)


def test_members_that_ended_early_are_released_for_another_try(run: RunPaths) -> None:
    ends = (
        MemberState.FAILED, MemberState.FINISHED, MemberState.TIMEOUT, MemberState.RUNNING,
        MemberState.INCOMPLETE,
    )  # fmt: skip
    run.stamp("m00").parent.mkdir(parents=True)
    run.members.parent.mkdir()
    for name in member_names(5):
        for path in (run.stamp(name), run.status(name), run.limit(name)):
            path.touch()
    for path in (run.members, run.manifest):
        path.touch()
    assert release_failed_members(run, _state(run, *ends)) == ["m00", "m02", "m04"]
    for name, there in (("m00", False), ("m01", True), ("m02", False), ("m03", True)):
        for path in (run.stamp(name), run.status(name), run.limit(name)):
            assert path.exists() == there
    assert run.members.exists(), "what was decided stays; what comes in late makes a revision"
    assert run.manifest.exists()


class _Driver:
    """Stands for the driver."""

    def __init__(self, end: BaseException | None, state: RunState) -> None:
        self.end = end
        self.state = state
        self.asked = False

    def __call__(self, *_: object) -> "_Driver":
        return self

    def revise(self) -> None:
        self.asked = True

    def drive(self) -> RunState:
        if self.end is not None:
            raise self.end
        return self.state


def _run(
    run: RunPaths, monkeypatch: pytest.MonkeyPatch, end: BaseException | None, **options: bool
) -> _Driver:
    prepare_folder(run, resolve(), restart=False)
    state = _state(run, MemberState.FINISHED)
    driver = _Driver(end, state)
    monkeypatch.setattr(session, "Driver", driver)
    ports = Ports(lambda: state, lambda *_: None, lambda *_: None, lambda *_: None)
    with RunLock(run.lock) as lock:
        run_cycle(Invocation(run, "local", 2), lock, ports, ["forecast"], **options)
    return driver


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        (None, "complete"),
        (WorkflowFailedError("no rain"), "failed"),
        (Interrupted("SIGTERM"), "interrupted by SIGTERM"),
    ],
)
def test_how_a_run_ended_is_kept_beside_its_command(
    run: RunPaths, monkeypatch: pytest.MonkeyPatch, end: BaseException | None, outcome: str
) -> None:
    with nullcontext() if end is None else pytest.raises(type(end)):
        _run(run, monkeypatch, end)
    assert f'"outcome": "{outcome}"' in run.invocation.read_text(encoding="utf-8")
    assert not run.lock.exists()


def test_a_revision_can_be_asked_for(run: RunPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not _run(run, monkeypatch, None).asked
    assert _run(run, monkeypatch, None, revise=True).asked


def test_a_failed_stage_is_forgotten_by_the_next_start(
    run: RunPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare_folder(run, resolve(), restart=False)
    second = run.of_revision(1)
    for place in (run, second):
        place.stage_status("warn").parent.mkdir(parents=True)
        place.stage_status("warn").touch()
    failed = StageStatus("warn", StageState.FAILED, reason="no rain", log="a.log")
    state = replace(_state(run, MemberState.FINISHED), stages=(failed,))
    monkeypatch.setattr(session, "Driver", _Driver(None, state))
    ports = Ports(lambda: state, lambda *_: None, lambda *_: None, lambda *_: None)
    with RunLock(run.lock) as lock:
        run_cycle(Invocation(run, "local", 2), lock, ports, ["forecast"])
    assert run.stage_status("warn").exists()
    assert not second.stage_status("warn").exists()
