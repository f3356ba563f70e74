"""A run's folder belongs to one configuration; killed members do not stop a run."""

from dataclasses import replace
from pathlib import Path

import pytest

from forecast.common.errors import ConfigurationError
from forecast.config.load import read_resolved, resolve
from forecast.config.run import RunPaths, member_names
from forecast.fields.run_state import RunState, StageState, StageStatus
from forecast.fields.status import MemberState, MemberStatus
from forecast.workflow import session
from forecast.workflow.launch import Interrupted, Invocation
from forecast.workflow.lock import RunLock
from forecast.workflow.session import (
    Ports,
    WorkflowFailedError,
    prepare_folder,
    release_failed_members,
    run_cycle,
)


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


def _state(run: RunPaths, *, prepared: bool, complete: bool, killed: str = "") -> RunState:
    names = ("prepare", "perturb", "warm", "gate", "publish")
    done = 5 if complete else 3 if prepared else 0
    stages = tuple(
        StageStatus(name, StageState.FINISHED if place < done else StageState.WAITING)
        for place, name in enumerate(names)
    )
    members = tuple(
        MemberStatus(
            name, MemberState.RUNNING if name == killed and not complete else MemberState.FINISHED
        )
        for name in member_names(2)
    )
    manifest = run.manifest if complete else None
    return RunState(run.folder.name, "case", run.folder, stages, members, manifest=manifest)


class _Workflow:
    """A workflow whose first pass fails and whose later passes end well."""

    def __init__(self, run: RunPaths, *, prepared: bool) -> None:
        self.run = run
        self.prepared = prepared
        self.passes = 0
        self.closed: list[str] = []

    def start(self, *_: object, **__: object) -> int:
        self.passes += 1
        return 1 if self.passes == 1 else 0

    def describe(self) -> RunState:
        return _state(self.run, prepared=self.prepared, complete=self.passes > 1, killed="m01")

    def ports(self) -> Ports:
        return Ports(self.describe, self.closed.append, lambda *_: None)


def _run(run: RunPaths, workflow: _Workflow, monkeypatch: pytest.MonkeyPatch) -> RunState:
    monkeypatch.setattr(session, "run_workflow", workflow.start)
    prepare_folder(run, resolve(), restart=False)
    run.stamp("m00").parent.mkdir()
    run.stamp("m00").touch()
    with RunLock(run.lock) as lock:
        return run_cycle(Invocation(run, "local", 2), lock, workflow.ports(), ["forecast"])


def test_a_member_whose_job_was_killed_is_closed_and_the_run_goes_on(
    run: RunPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow = _Workflow(run, prepared=True)
    assert _run(run, workflow, monkeypatch).complete
    assert (workflow.closed, workflow.passes) == (["m01"], 2)
    assert '"outcome": "complete"' in run.invocation.read_text(encoding="utf-8")


def test_members_are_not_blamed_when_the_preparation_failed(
    run: RunPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow = _Workflow(run, prepared=False)
    with pytest.raises(WorkflowFailedError, match=r"snakemake\.log"):
        _run(run, workflow, monkeypatch)
    assert (workflow.closed, workflow.passes) == ([], 1)
    assert '"outcome": "failed"' in run.invocation.read_text(encoding="utf-8")


def test_an_interrupted_run_closes_no_member(
    run: RunPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow = _Workflow(run, prepared=True)

    def interrupted(*_: object, **__: object) -> int:
        raise Interrupted("SIGTERM")

    monkeypatch.setattr(workflow, "start", interrupted)
    with pytest.raises(Interrupted):
        _run(run, workflow, monkeypatch)
    assert workflow.closed == []
    assert "interrupted by SIGTERM" in run.invocation.read_text(encoding="utf-8")
    assert not run.lock.exists()


def test_a_failed_stage_is_named_in_the_error_and_forgotten_by_the_next_start(
    run: RunPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow = _Workflow(run, prepared=False)
    state = workflow.describe()
    failed = replace(state.stages[0], state=StageState.FAILED, reason="no rain", log="a.log")
    monkeypatch.setattr(
        workflow, "describe", lambda: replace(state, stages=(failed, *state.stages[1:]))
    )
    run.stage_status("prepare").parent.mkdir(parents=True)
    run.stage_status("prepare").touch()
    with pytest.raises(WorkflowFailedError, match=r"no rain(.|\n)*a\.log"):
        monkeypatch.setattr(session, "run_workflow", workflow.start)
        prepare_folder(run, resolve(), restart=False)
        with RunLock(run.lock) as lock:
            run_cycle(Invocation(run, "local", 2), lock, workflow.ports(), ["forecast"])
    assert not run.stage_status("prepare").exists()


def test_failed_members_are_released_for_another_try(run: RunPaths) -> None:
    state = _state(run, prepared=True, complete=False)
    members = (replace(state.members[0], state=MemberState.FAILED), state.members[1])
    run.stamp("m00").parent.mkdir(parents=True)
    for path in (run.stamp("m00"), run.status("m00"), run.stamp("m01")):
        path.touch()
    run.revision_folder.mkdir()
    for path in (run.members, run.manifest):
        path.touch()
    assert release_failed_members(run, replace(state, members=members)) == ["m00"]
    assert not run.stamp("m00").exists()
    assert not run.members.exists()
    assert not run.manifest.exists(), "Snakemake makes nothing again while its target is there"
    assert run.stamp("m01").exists()
