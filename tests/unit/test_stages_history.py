"""What past runs tell about time, read from the files that they left."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forecast.config.load import resolve, write_resolved
from forecast.config.root import Configuration
from forecast.config.run import RunPaths
from forecast.fields.run_state import StageState, StageStatus
from forecast.fields.status import MemberState, MemberStatus
from forecast.stages.history import gather, history_of
from forecast.storage.stage_status import write_stage_status
from forecast.storage.status import write_status

START = datetime(2026, 1, 10, 4, 30, tzinfo=UTC)
DONE = MemberStatus(
    "m00",
    MemberState.FINISHED,
    hours_total=100,
    hours_done=100,
    ranks=2,
    started=START,
    finished=START + timedelta(seconds=250),
)
CASE = "haze_week"


def _configuration(*settings: str) -> Configuration:
    return resolve(CASE, settings=["ensemble.members=2", *settings])


def _run(
    runs: Path, cycle: str, *members: MemberStatus, settings: tuple[str, ...] = ()
) -> RunPaths:
    run = RunPaths(runs / cycle)
    run.folder.mkdir(parents=True)
    run.configuration.write_text(write_resolved(_configuration(*settings)), "utf-8")
    for status in members:
        write_status(run.status(status.member), status)
    return run


def _stage(run: RunPaths, name: str, begin: float, end: float) -> None:
    at = [START + timedelta(seconds=seconds) for seconds in (begin, end)]
    write_stage_status(
        run.stage_status(name),
        StageStatus(name, StageState.FINISHED, started=at[0], finished=at[1]),
    )


def test_members_stages_and_products_of_past_runs_are_found(tmp_path: Path) -> None:
    run = _run(tmp_path, "2026-01-09T00", DONE)
    _stage(run, "prepare", 0.0, 12.5)
    _stage(run, "gate", 100.0, 102.0)
    _stage(run, "publish", 110.0, 117.0)

    history = gather(tmp_path, "2026-01-09T12", _configuration())

    assert [m.seconds_per_hour for m in history.members] == [2.5]
    assert history.stage_seconds("prepare") == pytest.approx(12.5)
    assert history.product_seconds() == pytest.approx(17.0)


@pytest.mark.parametrize(
    "status",
    [
        replace(DONE, continued_from=50),
        replace(DONE, attempt=2),
        replace(DONE, state=MemberState.FAILED),
        replace(DONE, finished=None),
        replace(DONE, finished=START),
    ],
)
def test_members_with_a_break_tell_nothing(tmp_path: Path, status: MemberStatus) -> None:
    _run(tmp_path, "2026-01-09T00", status)

    assert gather(tmp_path, "2026-01-09T12", _configuration()).members == ()


@pytest.mark.parametrize("setting", ["workflow.ranks=3", "transport.time_step=150"])
def test_runs_of_another_kind_do_not_count(tmp_path: Path, setting: str) -> None:
    settings = (setting, "chemistry.sub_steps=[]") if "time_step" in setting else (setting,)
    _run(tmp_path, "2026-01-09T00", DONE, settings=settings)

    assert gather(tmp_path, "2026-01-09T12", _configuration()).members == ()


def test_other_members_and_channels_make_no_other_kind(tmp_path: Path) -> None:
    _run(tmp_path, "2026-01-09T00", DONE, settings=("ensemble.members=5",))

    assert len(gather(tmp_path, "2026-01-09T12", _configuration()).members) == 1


def test_the_wait_is_from_submission_to_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    run = _run(tmp_path, "2026-01-09T00", DONE, replace(DONE, member="m01"))
    run.log_folder.mkdir()
    (run.log_folder / "snakemake.log").write_text(
        "[Sat Jan 10 04:29:00 2026]\n"
        "rule prepare:\n    output: x\n"
        "[Sat Jan 10 04:29:30 2026]\n"
        "rule run_member:\n    input: a\n    wildcards: member=m00\n"
        "[Sat Jan 10 04:29:45 2026]\nFinished jobid: 3 (Rule: prepare)\n"
        "    wildcards: member=m01\n",
        "utf-8",
    )

    waits = [m.wait for m in gather(tmp_path, "2026-01-09T12", _configuration()).members]

    assert waits == [30.0, None]


def test_damaged_runs_and_the_run_itself_are_left_out(tmp_path: Path) -> None:
    _run(tmp_path, "2026-01-09T00", DONE)
    _run(tmp_path, "2026-01-09T12", DONE)
    broken = _run(tmp_path, "2026-01-08T12", DONE)
    broken.configuration.write_text("clock: {", "utf-8")
    foreign = _run(tmp_path, "2026-01-08T00", DONE)
    _stage(foreign, "gate", 0.0, 1.0)
    foreign.stage_status("gate").write_text("{}", "utf-8")

    history = gather(tmp_path, "2026-01-09T12", _configuration())

    assert "2026-01-09T00" in history.cycles
    assert not {"2026-01-09T12", "2026-01-08T12"} & set(history.cycles)


def test_the_history_is_what_was_known_when_the_run_began(tmp_path: Path) -> None:
    _run(tmp_path, "2026-01-08T12", DONE)
    run = _run(tmp_path, "2026-01-09T00")
    first = history_of(run, _configuration())
    _run(tmp_path, "2026-01-08T00", DONE)

    assert history_of(run, _configuration()) == first
    run.history.write_text("{", "utf-8")
    assert len(history_of(run, _configuration()).cycles) == 2
