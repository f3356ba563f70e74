"""`forecast doctor`: each fault that a site may have is found, and something is said to do."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from forecast.config.load import resolve
from forecast.config.probe import REPORTS, TOKEN
from forecast.config.root import Configuration
from forecast.config.run import RunPaths
from forecast.config.site import SiteConfig
from forecast.stages.probe import probe
from forecast.stages.room import kept_room, needed_room
from forecast.workflow import doctor_slurm
from forecast.workflow.batch import BatchSystemError
from forecast.workflow.doctor import examine
from forecast.workflow.doctor_disk import Need, disk_findings
from forecast.workflow.doctor_probe import Trial
from forecast.workflow.doctor_ranks import rank_findings
from forecast.workflow.doctor_slurm import slurm_findings
from forecast.workflow.findings import Finding, Verdict, summary
from forecast.workflow.plan import Plan

OK, WARN, FAIL = Verdict.OK, Verdict.WARN, Verdict.FAIL
ROOT = Path(__file__).resolve().parents[2]

# as Slurm 22.05 prints it; two partitions of a cluster, and what its controller is set to
PARTITIONS = """\
PartitionName=compute AllowGroups=ALL Default=YES QoS=N/A MaxTime=1-00:00:00 MinNodes=0 \
Nodes=c[1-3] State=UP TotalCPUs=96 TotalNodes=3 TRES=cpu=96,mem=192000M,node=3
PartitionName=shared AllowGroups=ALL Default=NO QoS=N/A MaxTime=00:20:00 MinNodes=0 \
Nodes=s1 State=UP TotalCPUs=8 TotalNodes=1
PartitionName=old AllowGroups=ALL Default=NO MaxTime=UNLIMITED Nodes=o1 State=DOWN
"""
CONFIG = """\
Configuration data as of 2026-01-10T02:41:23
JobRequeue              = 1
MinJobAge               = 300 sec
SlurmctldHost[0]        = head(10.0.0.1)
"""
NODES = "32 64000 idle\n32 64000 mix\n32 64000 down*\n"
FEATURES = "milan,ib\nicelake\n(null)\n"
SITE = (
    "site.scheduler=slurm",
    "site.launcher=srun --mpi=pmix",
    "site.partitions={members: compute, stages: shared, warm: compute}",
    "workflow.ranks=32",
    "workflow.stage_minutes=15",
    "site.member_tasks_per_node=32",
)


def _configuration(*settings: str) -> Configuration:
    return resolve("drill", settings=[*SITE, *settings])


@pytest.fixture
def slurm(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Finding]]:
    """Look at a recorded cluster: `slurm(configuration, config="MinJobAge = 2 sec")`."""

    def look(configuration: Configuration, **texts: str) -> dict[str, Finding]:
        def answer(*command: str) -> str:
            match command:
                case "sinfo", "--version":
                    return texts.get("version", "slurm 23.02.7\n")
                case "squeue", *_:
                    time.sleep(float(texts.get("delay", "0")))
                    return ""
                case "scontrol", "show", "config":
                    return texts.get("config", CONFIG)
                case "scontrol", *_, "partition":
                    return PARTITIONS
                case "sinfo", _, "-N", *_:
                    return texts.get("nodes", NODES)
                case "sinfo", _, _, "--format=%f":
                    return FEATURES
                case "sacct", *_ if "sacct" in texts:
                    return ""
            raise BatchSystemError(f"'{command[0]}' says: no")

        monkeypatch.setattr(doctor_slurm, "ask_slurm", answer)
        plan = Plan(RunPaths(Path("doctor")), configuration).site
        return {finding.subject: finding for finding in slurm_findings(configuration, plan)}

    return look


Slurm = Callable[..., dict[str, Finding]]


def _faults(found: dict[str, Finding]) -> dict[str, Verdict]:
    """What is not well; each of it must say what to do."""
    faults = {name: one.verdict for name, one in found.items() if one.verdict is not OK}
    assert all(found[name].advice for name in faults)
    return faults


def test_a_good_cluster_is_all_well(slurm: Slurm) -> None:
    found = slurm(_configuration("site.processors={amd: milan&ib, intel: icelake}"))
    assert _faults(found) == {}
    assert len(found) == 9
    assert "2 of 3 nodes are up, 2 hold 32 rank(s)" in found["member's nodes"].text


@pytest.mark.parametrize(
    ("setting", "subject", "words"),
    [
        ("site.partitions.members=fast", "members partition", "no partition 'fast'"),
        ("site.partitions.stages=old", "stages partition", "DOWN"),
        ("workflow.stage_minutes=30", "stages partition", "MaxTime 00:20:00, 30 min"),
        ("workflow.member_minutes=1441", "members partition", "1441 min"),
        ("site.member_tasks_per_node=33", "member's nodes", "0 hold 33"),
        ("workflow.member_memory_mb=65000", "member's nodes", "65000 MB"),
        ("site.member_nodes=3", "member's nodes", "takes 3 node"),
        ("workflow.ranks=1", "members", "at least 2 ranks"),
        ("site.processors={arm: graviton}", "processors", "arm (graviton)"),
    ],
)
def test_what_does_not_fit_the_cluster_is_a_failure(
    slurm: Slurm, setting: str, subject: str, words: str
) -> None:
    found = slurm(_configuration(setting))
    assert _faults(found) == {subject: FAIL}
    assert words in found[subject].text


def test_a_wrong_partition_is_answered_with_those_that_there_are(slurm: Slurm) -> None:
    found = slurm(_configuration("site.partitions.members=fast"))
    assert "compute, shared, old" in found["members partition"].advice


def test_jobs_that_slurm_forgets_before_anybody_looks(slurm: Slurm) -> None:
    forgetful = "MinJobAge = 10 sec\nJobRequeue = 1\n"
    found = slurm(_configuration("site.poll_seconds=10"), config=forgetful)
    assert _faults(found) == {"ended jobs": FAIL}
    assert "site.poll_seconds must be at most 3" in found["ended jobs"].advice
    assert _faults(slurm(_configuration("site.poll_seconds=3"), config=forgetful)) == {}
    found = slurm(_configuration("site.poll_seconds=10"), config=forgetful, sacct="yes")
    assert _faults(found) == {"ended jobs": WARN}


def test_no_requeue_and_an_old_version(slurm: Slurm) -> None:
    found = slurm(
        _configuration(), config="MinJobAge = 300 sec\nJobRequeue = 0\n", version="slurm 19.05.5\n"
    )
    assert _faults(found) == {"requeue": WARN, "Slurm": FAIL}


def test_a_slow_controller(slurm: Slurm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_slurm, "_SLOW_ANSWER", 0.02)
    assert _faults(slurm(_configuration(), delay="0.05")) == {"squeue": WARN}


def test_no_slurm_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    plan = Plan(RunPaths(tmp_path), _configuration()).site
    (finding,) = slurm_findings(_configuration(), plan)
    assert (finding.verdict, finding.subject) == (FAIL, "Slurm")
    assert "'sinfo' is not there" in finding.text


# --- the disk
def test_room_against_what_is_free(tmp_path: Path) -> None:
    def room(need: Need) -> Verdict:
        return next(disk_findings(tmp_path, SiteConfig(), need)).verdict

    assert room(Need(run=1e3, kept=1e4, left=0)) is OK
    assert room(Need(run=1e3, kept=1e18, left=0)) is WARN
    assert room(Need(run=1e3, kept=1e4, left=0, budget=9e3)) is WARN
    assert room(Need(run=1e18, kept=1e18, left=0)) is FAIL
    assert room(Need(run=1e3, kept=1e4, left=1e18)) is FAIL


def test_a_slow_disk_is_a_warning(tmp_path: Path) -> None:
    site = SiteConfig(disk_speed=1e9, files_per_second=1e9)
    found = {one.subject: one for one in disk_findings(tmp_path, site, Need(1, 1, 0))}
    assert _faults(found) == {"disk speed": WARN, "small files": WARN}


def test_a_full_disk_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "large").symlink_to("/dev/full")
    found = {one.subject: one for one in disk_findings(tmp_path, SiteConfig(), Need(1, 1, 0))}
    assert _faults(found) == {"runs folder": FAIL}
    assert "No space left" in found["runs folder"].text


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    found = list(examine(resolve("drill"), tmp_path / "file" / "runs", Need(1, 1, 0), None, 1))
    assert [(one.subject, one.verdict) for one in found] == [("runs folder", FAIL)]
    assert str(tmp_path) in found[0].text


def test_what_the_retention_keeps_is_more_than_one_run() -> None:
    few = ("field_cycles=2", "restart_cycles=3", "grid_cycles=2")
    configuration = resolve("drill", settings=[f"retention.{text}" for text in few])
    one = needed_room(configuration)
    assert kept_room(configuration) == 2 * one.total + one.restart


# --- the test job
REPORT = {
    "size": 4, "library": "Open MPI v4.1.4", "token": "abc", "time": 1005.0, "offset": 0.0,
    "processor": "EPYC", "cache": "", "scratch": "",
}  # fmt: skip
TRIAL = Trial(
    folder=Path("/disk/runs/.doctor"),
    launcher="srun --mpi=pmix",
    ranks=4,
    nodes=2,
    token="abc",  # noqa: S106  (no secret)
    state="COMPLETED",
    waited=1.0,
    reports=tuple({**REPORT, "host": host} for host in ("c1", "c1", "c2", "c2")),
    log="",
    span=(1000.0, 1010.0),
)
BATCH = _configuration().site


def _judge(trial: Trial) -> dict[str, Finding]:
    return {finding.subject: finding for finding in rank_findings(trial, BATCH)}


def _with(trial: Trial, *which: int, **values: Any) -> Trial:
    """The same job, where some ranks saw something else."""
    reports = [
        report | values if number in which else report
        for number, report in enumerate(trial.reports)
    ]
    return replace(trial, reports=tuple(reports))


def test_a_good_job_is_all_well() -> None:
    found = _judge(TRIAL)
    assert _faults(found) == {}
    assert "4 of 4 ranks on c1, c2 with Open MPI v4.1.4" in found["MPI"].text


@pytest.mark.parametrize(
    ("trial", "subject", "verdict", "words"),
    [
        (_with(TRIAL, 0, 1, 2, 3, size=1), "MPI", FAIL, "'srun --mpi=pmix' started 4 of 4"),
        (replace(TRIAL, reports=TRIAL.reports[:3]), "MPI", FAIL, "3 of 4 ranks"),
        (_with(TRIAL, 2, 3, host="c1"), "MPI", FAIL, "2 nodes were asked for"),
        (_with(TRIAL, 3, token=""), "runs on nodes", FAIL, "c2 cannot read"),
        (_with(TRIAL, 2, offset=-3.0), "clocks", WARN, "3.00 s"),
        (_with(TRIAL, 2, offset=90.0), "clocks", FAIL, "90.00 s"),
        (_with(TRIAL, 0, 1, 2, 3, time=1020.0), "clocks", WARN, "at least 10.0 s"),
        (_with(TRIAL, 0, 1, 2, 3, time=900.0), "clocks", FAIL, "at least 100.0 s"),
        (_with(TRIAL, 1, cache="'/x': Read-only"), "cache folder", FAIL, "c1 cannot write '/x'"),
        (_with(TRIAL, 2, scratch="'/y': Denied"), "scratch folder", FAIL, "c2 cannot write '/y'"),
        (_with(TRIAL, 2, 3, processor="Xeon"), "processors", WARN, "EPYC, Xeon"),
        (replace(TRIAL, waited=900.0), "test job", WARN, "900.0 s"),
        (replace(TRIAL, state="FAILED", log="a\n\nno luck\n"), "test job", FAIL, "a / no luck"),
        (
            replace(TRIAL, reports=(), state="FAILED", log="python: not found\n"),
            "MPI",
            FAIL,
            "python: not found",
        ),
        (
            replace(TRIAL, reports=(), state="FAILED", log=None),
            "runs on nodes",
            FAIL,
            "left nothing in '/disk/runs'",
        ),
        (
            replace(TRIAL, reports=(), state="PENDING for 9 s (Priority)", waited=None, log=None),
            "test job",
            FAIL,
            "PENDING for 9 s (Priority)",
        ),
    ],
)
def test_a_job_that_is_not_well(trial: Trial, subject: str, verdict: Verdict, words: str) -> None:
    found = _judge(trial)
    assert _faults(found) == {subject: verdict}
    assert words in found[subject].text


def test_a_rank_reports_what_it_sees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / TOKEN).write_text("abc")
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "file" / "scratch"))
    before = time.time()
    probe(tmp_path)
    (report,) = (json.loads(path.read_text()) for path in tmp_path.glob(REPORTS))
    assert (report["size"], report["token"], report["offset"]) == (1, "abc", 0.0)
    assert before <= report["time"] <= time.time()
    assert report["cache"] == ""
    assert "Not a directory" in report["scratch"]
    assert list((tmp_path / "cache").iterdir()) == []


# --- the command
def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "forecast", "doctor", "--case", "drill", *arguments]


def test_a_machine_without_batch_system(tmp_path: Path) -> None:
    done = subprocess.run(
        _command("--runs", str(tmp_path / "runs"), "--json"),
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    found = {entry["subject"]: entry for entry in json.loads(done.stdout)["findings"]}
    assert "2 of 2 ranks" in found["MPI"]["text"]
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_when_somebody_interrupts(tmp_path: Path) -> None:
    sleeper = tmp_path / "sleeper.sh"
    sleeper.write_text("#!/bin/sh\necho $$ > pid\nexec sleep 100\n")
    sleeper.chmod(0o755)
    runs = tmp_path / "runs"
    asking = subprocess.Popen(
        _command("--runs", str(runs), "--set", f"site.launcher={sleeper}"),
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not (pids := list(runs.glob(".doctor.*/pid"))) or not pids[0].read_text().strip():
        assert time.monotonic() < deadline, "the ranks did not start"
        time.sleep(0.1)
    process = int(pids[0].read_text())
    asking.send_signal(signal.SIGINT)
    _, said = asking.communicate(timeout=30)
    assert asking.returncode == 130, said
    assert [path.name for path in tmp_path.iterdir()] == ["sleeper.sh"]
    with suppress(FileNotFoundError):  # it may linger until somebody asks how it ended
        assert "\nState:\tZ" in Path(f"/proc/{process}/status").read_text()


def test_the_summary_counts() -> None:
    one, two = Finding("a", OK, ""), Finding("b", WARN, "", "do")
    assert "All is well" in summary([one])
    assert "1 thing(s)" in summary([one, two])
    assert "1 of 3 checks failed" in summary([one, two, Finding("c", FAIL, "", "do")])
    assert two.lines().splitlines()[1].endswith("-> do")
