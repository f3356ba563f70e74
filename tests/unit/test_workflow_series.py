"""Many cycles: what is run, in which order, and what happens after a failure."""

import json
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from forecast.common.cycle import Cycle
from forecast.common.errors import ConfigurationError, CycleError
from forecast.config.load import resolve
from forecast.config.start import ColdStart
from forecast.workflow.catch_up import catch_up_jobs, put_aside
from forecast.workflow.hindcast import HindcastPlan, hindcast_jobs
from forecast.workflow.launch import Interrupted
from forecast.workflow.paths import RunPaths
from forecast.workflow.series import Frame, Job, Outcome, Series, Word

FIRST, LAST = Cycle.parse("2021-12-30T12"), Cycle.parse("2022-01-01T12")
SCRIPT = """
import json, pathlib, sys, time
folder, code = pathlib.Path(sys.argv[1]), int(sys.argv[2])
(folder.parent / "order.txt").open("a").write(f"begin {folder.name}\\n")
time.sleep(0.05)
folder.mkdir(exist_ok=True)
(folder / "run.json").write_text(json.dumps({"outcome": "failed" if code else "complete"}))
(folder.parent / "order.txt").open("a").write(f"end {folder.name}\\n")
if code:
    print("a line before\\nError: the winds were away")
sys.exit(code)
"""


@dataclass(frozen=True)
class PlayedFrame(Frame):
    """Runs a script in place of a cycle; some cycles fail."""

    failing: tuple[str, ...] = ()

    def command(self, job: Job) -> list[str]:
        code = int(job.cycle.name in self.failing)
        return [sys.executable, "-c", SCRIPT, str(self.runs / job.cycle.name), str(code)]

    def present(self, job: Job) -> bool:
        path = self.runs / job.cycle.name / "run.json"
        return path.is_file() and json.loads(path.read_text())["outcome"] == "complete"


def _frame(folder: Path, *failing: str) -> PlayedFrame:
    return PlayedFrame(folder, folder / "base.yaml", folder / ".series", failing=failing)


def _jobs(*names: str, needed: bool = True) -> list[Job]:
    return [Job(Cycle.parse(name), needed=needed, products=False) for name in names]


def _order(folder: Path) -> list[str]:
    return (folder / "order.txt").read_text().split("\n")[:-1]


def test_a_chain_keeps_its_order(tmp_path: Path) -> None:
    told: list[Outcome] = []
    names = ("2021-12-31T00", "2021-12-31T12", "2022-01-01T00")
    outcomes = Series(_frame(tmp_path), [_jobs(*names)], 4, told.append).run()
    assert [outcome.word for outcome in outcomes] == [Word.COMPLETE] * 3
    assert tuple(outcomes) == tuple(told)
    assert _order(tmp_path) == [f"{word} {name}" for name in names for word in ("begin", "end")]


def test_chains_run_side_by_side_but_not_too_many(tmp_path: Path) -> None:
    chains = [_jobs(f"2022-01-0{day}T00", f"2022-01-0{day}T12") for day in (1, 2, 3)]
    outcomes = Series(_frame(tmp_path), chains, 2).run()
    assert [outcome.chain for outcome in outcomes] == [1, 1, 2, 2, 3, 3]
    active = most = 0
    for line in _order(tmp_path):
        active += 1 if line.startswith("begin") else -1
        most = max(most, active)
    assert most == 2


def test_a_chain_stops_where_a_cycle_is_missing(tmp_path: Path) -> None:
    frame = _frame(tmp_path, "2022-01-01T12")
    chains = [_jobs("2022-01-01T00", "2022-01-01T12", "2022-01-02T00"), _jobs("2022-02-01T00")]
    words = {outcome.cycle: outcome for outcome in Series(frame, chains, 1).run()}
    assert words["2022-01-01T00"].word is Word.COMPLETE
    assert words["2022-01-01T12"].word is Word.FAILED
    assert words["2022-01-01T12"].reason == "Error: the winds were away"
    assert words["2022-01-02T00"].word is Word.NOT_RUN
    assert "2022-01-01T12" in words["2022-01-02T00"].reason
    assert words["2022-02-01T00"].word is Word.COMPLETE, "the other chain goes on"
    assert not (tmp_path / "2022-01-02T00").exists()


def test_with_gaps_allowed_the_chain_goes_on(tmp_path: Path) -> None:
    frame = _frame(tmp_path, "2022-01-01T12")
    jobs = _jobs("2022-01-01T00", "2022-01-01T12", "2022-01-02T00", needed=False)
    words = [outcome.word for outcome in Series(frame, [jobs], 1).run()]
    assert words == [Word.COMPLETE, Word.FAILED, Word.COMPLETE]


def test_a_second_start_goes_on_where_the_first_stopped(tmp_path: Path) -> None:
    names = ("2022-01-01T00", "2022-01-01T12", "2022-01-02T00")
    Series(_frame(tmp_path, names[1]), [_jobs(*names)], 1).run()
    outcomes = Series(_frame(tmp_path), [_jobs(*names)], 1).run()
    assert [outcome.word for outcome in outcomes] == [Word.PRESENT, Word.COMPLETE, Word.COMPLETE]


def test_a_stopped_series_takes_its_cycles_along(tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class Endless(PlayedFrame):
        def command(self, job: Job) -> list[str]:
            script = (
                "import os, pathlib, sys, time; "
                "pathlib.Path(sys.argv[1]).write_text(str(os.getpid())); time.sleep(60)"
            )
            return [sys.executable, "-c", script, str(self.runs / "pid")]

    frame = Endless(tmp_path, tmp_path / "base.yaml", tmp_path / ".series")
    pid = tmp_path / "pid"

    def stop() -> None:
        while not (pid.is_file() and pid.read_text(encoding="utf-8")):
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    stopper = threading.Thread(target=stop)
    stopper.start()
    with pytest.raises(Interrupted, match="SIGTERM"):
        Series(frame, [_jobs("2022-01-01T00", "2022-01-01T12")], 1).run()
    stopper.join()
    assert not Path("/proc", pid.read_text(encoding="utf-8")).exists()


def test_a_period_is_cut_into_chains() -> None:
    plan = HindcastPlan(FIRST, LAST, 12, chains=2)
    parts = [[cycle.name for cycle in part] for part in plan.parts()]
    assert parts == [
        ["2021-12-30T12", "2021-12-31T00", "2021-12-31T12"],
        ["2022-01-01T00", "2022-01-01T12"],
    ]


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (HindcastPlan(FIRST, LAST, 7), "divide a day"),
        (HindcastPlan(LAST, FIRST, 12), "before its start"),
        (HindcastPlan(FIRST, LAST, 12, chains=6), "5 cycles cannot be cut"),
    ],
)
def test_an_impossible_period_is_refused(plan: HindcastPlan, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        plan.parts()


def test_the_cycles_of_a_hindcast_know_only_their_own_time() -> None:
    configuration = resolve("haze_week")
    jobs = hindcast_jobs(HindcastPlan(FIRST, LAST, 6), configuration)[0]
    assert len(jobs) == 9
    found = [resolve("haze_week", settings=job.settings) for job in jobs]
    first, second = found[0].start, found[1].start
    assert (first.ladder, first.cold) == ((), ColdStart.ALWAYS)
    assert (second.ladder, second.cold) == ((1,), ColdStart.NEVER)
    assert second.restart_hours == (6,)
    assert [c.case.as_of for c in found[:2]] == ["2021-12-30T12:00", "2021-12-30T18:00"]
    assert all(c.case.exercise and c.clock.hourly.hard_minutes is None for c in found)
    assert all(job.needed for job in jobs)


def test_with_gaps_the_ladder_is_that_of_the_configuration() -> None:
    plan = HindcastPlan(FIRST, LAST, 12, gaps=True, warm=True, known_hours=6)
    jobs = hindcast_jobs(plan, resolve("haze_week"))[0]
    found = resolve("haze_week", settings=jobs[0].settings)
    assert (found.start.ladder, found.start.restart_hours) == ((1, 2, 3), (12, 24, 36))
    assert found.start.cold is ColdStart.NEVER
    assert found.case.as_of == "2021-12-30T18:00"
    assert not any(job.needed for job in jobs)


def test_after_an_outage_only_the_newest_makes_a_product() -> None:
    newest = Cycle.parse("2022-01-02T00")
    jobs = catch_up_jobs(newest, 12, 10, lambda cycle: cycle.name <= "2021-12-31T00")
    assert [(job.cycle.name, job.products) for job in jobs] == [
        ("2021-12-31T12", False),
        ("2022-01-01T00", False),
        ("2022-01-01T12", False),
        ("2022-01-02T00", True),
    ]
    assert jobs[0].settings == ("start.chain_only=true",)
    assert jobs[-1].settings == ()
    assert not jobs[0].needed, "the next one climbs the ladder when a short run fails"


def test_without_an_outage_there_is_nothing_to_catch_up() -> None:
    jobs = catch_up_jobs(LAST, 12, 10, lambda _: True)
    assert [job.cycle for job in jobs] == [LAST]


def test_a_chain_that_is_lost_must_be_begun_anew() -> None:
    with pytest.raises(CycleError, match="--cold-start"):
        catch_up_jobs(LAST, 12, 3, lambda _: False)


def test_what_was_begun_is_put_aside_and_not_lost(tmp_path: Path) -> None:
    run = RunPaths(tmp_path / "2022-01-01T00")
    assert put_aside(run) is None
    run.folder.mkdir()
    run.configuration.write_text("case: {}\n", encoding="utf-8")
    place = put_aside(run)
    assert place is not None
    assert not run.folder.exists()
    assert (place / "config.yaml").read_text(encoding="utf-8") == "case: {}\n"
    assert not list(tmp_path.glob("*/config.yaml")), "no command takes it for a run"
