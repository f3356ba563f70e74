"""Drills on a Slurm cluster: a cluster to break things in, and cycles to break.

A drill copies a prepared cycle (`Template`), starts its driver, breaks something, and looks at what
came out. It begins with the members, so that it takes some ten seconds.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forecast.config.load import resolve, write_resolved
from forecast.config.run import RunPaths
from forecast.stages.entry import run_stage
from forecast.workflow.batch import BatchJob, own_jobs, reap

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "slurm" / "lab.sh"
CYCLE = "2022-01-09T16"
CASE = "drill"
MEMBERS = 8
"""Members that a template has perturbations for; a drill may have fewer."""
SLOW = "chemistry.sub_steps=" + str([20] * 60)
"""Setting that makes a member take about ten times as long, to give time for breaking things."""
QUICK = "chemistry.scheme=none"
"""Setting that leaves chemistry out, for drills with many members."""
_PREPARED = ("start", "prepare", "perturb", "warm")


class Lab:
    """The cluster that is up."""

    def __init__(self, folder: Path) -> None:
        """Take the cluster whose files are in a folder."""
        self.folder = folder
        self.environment = {
            **os.environ,
            "FORECAST_LAB": str(folder),
            "SLURM_CONF": str(folder / "etc" / "slurm.conf"),
        }

    def run(self, *command: str, check: bool = True) -> str:
        """Run a command that talks to the cluster and return what it prints."""
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0 or not check, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def crash(self, name: str, *, now: bool = False) -> None:
        """Cut the power of a node, or end `slurmctld`."""
        self.run(str(SCRIPT), "crash", name, *(["now"] if now else []))

    def start(self, name: str) -> None:
        """Switch a node, or `slurmctld`, on again."""
        self.run(str(SCRIPT), "start", name)

    def nodes(self) -> list[str]:
        """Names of the nodes."""
        return self.run("sinfo", "-h", "-N", "-p", "main", "-o", "%N").split()

    def jobs(self) -> list[list[str]]:
        """All jobs that wait or run: number, state, nodes, comment."""
        lines = self.run("squeue", "-h", "-o", "%i|%T|%N|%k").splitlines()
        return [line.split("|") for line in lines]

    def left(self) -> list[list[str]]:
        """Jobs that would still take nodes; one that Slurm only tidies up after has ended."""
        return [job for job in self.jobs() if job[1] != "COMPLETING"]

    def heal(self) -> None:
        """Make it whole again: everything on, no jobs."""
        self.start("slurmctld")
        self.run("scancel", f"--user={os.environ.get('USER', 'root')}", check=False)
        names = sorted(path.name for path in (self.folder / "spool").glob("n*"))
        for name in names:
            self.start(name)
        ready = "idle,mix,alloc"
        wait_until(
            lambda: (
                len(self.run("sinfo", "-hN", "-pmain", f"-t{ready}", "-o%N").split()) == len(names)
            ),
            "all nodes to be up",
            60,
        )
        wait_until(lambda: not self.jobs(), "all jobs to be gone", 60)


def wait_until(true: Callable[[], bool], what: str, seconds: float = 120) -> None:
    """Wait until something holds.

    Raises:
        AssertionError: It does not within the time.
    """
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(0.2)


@dataclass(frozen=True)
class Template:
    """A cycle that is prepared up to its members.

    Attributes:
        folder: Folder of the run.
    """

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> "Template":
        """Prepare one on this machine, without Slurm."""
        run = RunPaths(folder / CYCLE)
        run.folder.mkdir(parents=True)
        configuration = resolve(CASE, site="lab", settings=[f"ensemble.members={MEMBERS}"])
        run.configuration.write_text(write_resolved(configuration), encoding="utf-8")
        for stage in _PREPARED:
            assert run_stage(stage, run.folder) == 0, f"{stage} failed; see the log above"
        return cls(run.folder)

    def copy_to(self, run: RunPaths, settings: Sequence[str]) -> None:
        """Begin a run from this one, with other settings of what comes after the preparation."""
        run.folder.mkdir(parents=True)
        configuration = resolve(CASE, site="lab", settings=settings)
        run.configuration.write_text(write_resolved(configuration), encoding="utf-8")
        for entry in self.folder.iterdir():
            if entry.is_dir():
                shutil.copytree(entry, run.folder / entry.name, copy_function=shutil.copyfile)
            elif entry.name != run.configuration.name:
                shutil.copyfile(entry, run.folder / entry.name)
        for processor in configuration.site.processors or ("any",):
            run.warm_stamp.with_suffix(f".{processor}").touch()
        # in the order in which the rules would have made them: nothing is to be made again
        for path in (run.configuration, run.start_plan, *(run.folder / "prepared").iterdir()):
            path.touch()
        for folder in ("perturbation", "status"):
            for path in (run.folder / folder).iterdir():
                path.touch()


@dataclass
class Drill:
    """One cycle to break.

    Attributes:
        lab: The cluster.
        run: Files of the run.
        options: Options of `forecast run`.
        drivers: Drivers started so far.
        held: Members that are stopped.
    """

    lab: Lab
    run: RunPaths
    options: list[str]
    drivers: list[subprocess.Popen[str]] = field(default_factory=list)
    held: set[str] = field(default_factory=set)

    def command(self, *arguments: str, name: str = "run") -> list[str]:
        """A command of `forecast` about this cycle with the settings of the drill."""
        return [
            sys.executable, "-m", "forecast", name, self.run.folder.name, "--case", CASE,
            "--site", "lab", "--runs", str(self.run.folder.parent), *self.options, *arguments,
        ]  # fmt: skip

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a driver in the background; its output is in `driver.log` beside the run."""
        with self.log.open("a", encoding="utf-8") as log:
            driver = subprocess.Popen(
                self.command(*arguments),
                cwd=ROOT, env=self.lab.environment, text=True,
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
        self.drivers.append(driver)
        return driver

    def finish(self, driver: subprocess.Popen[str], seconds: float = 300, code: int = 0) -> str:
        """Wait for the end of a driver and return what all drivers have said."""
        try:
            driver.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the driver did not end:\n{self.text()}") from None
        assert driver.returncode == code, self.text()
        return self.text()

    def forecast(self, name: str, *arguments: str, code: int = 0) -> str:
        """Run another command of `forecast`, without the settings, and return what it says."""
        done = subprocess.run(
            [sys.executable, "-m", "forecast", name, *arguments],
            cwd=ROOT, env=self.lab.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def processes(self, member: str) -> list[int]:
        """Ranks of a member, on whatever node: this machine sees them all, by its own numbers."""
        wanted = {b"mpi4py", b"run_member", member.encode()}
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                ours = wanted <= set(words) and b"python" in words[0]
                if ours and (entry / "cwd").readlink() == self.run.folder:
                    found.append(int(entry.name))
        return sorted(found)

    def signal(self, member: str, number: signal.Signals) -> None:
        """Send a signal to all ranks of a member."""
        for process in self.processes(member):
            with suppress(ProcessLookupError):
                os.kill(process, number)

    def hold(self, member: str, hours: int = 1) -> None:
        """Stop a member once it has done some model hours, until `let_go`.

        So that no drill depends on how fast the machine is today.
        """
        self.wait_for_hours(member, hours)
        self.signal(member, signal.SIGSTOP)
        self.held.add(member)

    def let_go(self, member: str) -> None:
        """Let a member go on."""
        self.signal(member, signal.SIGCONT)
        self.held.discard(member)

    @property
    def log(self) -> Path:
        """What the drivers say."""
        return self.run.folder.parent / "driver.log"

    def text(self) -> str:
        """What the drivers have said so far."""
        return self.log.read_text(encoding="utf-8") if self.log.exists() else ""

    # --- looking
    def status(self, member: str) -> dict[str, Any]:
        """What a member says about itself; empty before it says anything."""
        return _read(self.run.status(member))

    def hours(self, member: str) -> int:
        """Model hours that a member has done."""
        return int(self.status(member).get("hours_done", 0))

    def wait_for_hours(self, member: str, hours: int, seconds: float = 180) -> None:
        """Wait until a member has done so many model hours (and so may have checkpoints)."""
        wait_until(
            lambda: self.hours(member) >= hours,
            f"{member} to do {hours} hours; it says {self.status(member)}",
            seconds,
        )

    def jobs(self, member: str = "") -> list[BatchJob]:
        """Jobs of this run, or of one of its members, that wait or run."""
        return [job for job in own_jobs(self.run) if not member or job.member == member]

    def left(self) -> list[BatchJob]:
        """Jobs that would still take nodes; one that Slurm only tidies up after has ended."""
        return [job for job in self.jobs() if job.state != "COMPLETING"]

    def job(self, member: str) -> BatchJob:
        """The job of a member that runs now."""
        wait_until(
            lambda: any(job.state == "RUNNING" for job in self.jobs(member)), f"a job of {member}"
        )
        return self.jobs(member)[0]

    def nodes_of(self, job: BatchJob) -> list[str]:
        """Nodes that a job has."""
        return self.lab.run("scontrol", "show", "hostnames", job.nodes).split()

    def decision(self, revision: int = 0) -> dict[str, Any]:
        """The decision who is in: `members.json` of a revision."""
        return _read(self.run.of_revision(revision).members)

    def verdicts(self, revision: int = 0) -> dict[str, dict[str, Any]]:
        """What a decision says about each member."""
        return {entry["member"]: entry for entry in self.decision(revision).get("verdicts", [])}

    def alerts(self) -> list[dict[str, Any]]:
        """The alerts of the run."""
        path = self.run.alerts
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines if line.strip()]

    def codes(self) -> set[str]:
        """Codes of its alerts."""
        return {alert["code"] for alert in self.alerts()}

    def bulletin(self) -> str:
        """The newest bulletin of the province."""
        return (self.run.latest / "products" / "bulletin.html").read_text(encoding="utf-8")

    def end(self) -> None:
        """End what is left of the drill."""
        for member in tuple(self.held):
            self.let_go(member)
        for driver in self.drivers:
            if driver.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(driver.pid, signal.SIGTERM)
                with suppress(subprocess.TimeoutExpired):
                    driver.wait(40)
            with suppress(ProcessLookupError):
                os.killpg(driver.pid, signal.SIGKILL)
            driver.wait()
        reap(self.run)


def _read(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return content
