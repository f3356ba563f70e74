"""Starting Snakemake for one cycle, watching it, and ending it with everything it started."""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import FrameType

from forecast.common.errors import ConfigurationError
from forecast.config.site import SiteConfig
from forecast.workflow.lock import Holder
from forecast.workflow.paths import PROFILES, SNAKEFILE, RunPaths, profile_names
from forecast.workflow.site import check_profile, engine_command, engine_options

logger = logging.getLogger(__name__)

_GRACE = 20.0
"""How long an interrupted workflow may take to end, s, before it is killed."""
_TERM_GRACE = 5.0
"""How long it may take after a second, sterner request, s."""


class Target(StrEnum):
    """The two halves of a cycle; the decision who is in lies between them."""

    MEMBERS = "members"
    """From the inputs to the end of the last member."""
    PRODUCTS = "products"
    """From one decision to its products."""


@dataclass(frozen=True)
class Invocation:
    """How one half of a cycle is run.

    Attributes:
        run: Files of the run.
        profile: Name of a profile in `slurm/`.
        ranks: Ranks of a member.
        target: What is to be made: the members, or the products of the revision of `run`.
        dry_run: Only say what would be done.
        site: The machine.
    """

    run: RunPaths
    profile: str
    ranks: int
    target: Target = Target.MEMBERS
    dry_run: bool = False
    site: SiteConfig = SiteConfig()

    def of_products(self, revision: int) -> "Invocation":
        """The invocation that makes the products of one decision."""
        return replace(self, run=self.run.of_revision(revision), target=Target.PRODUCTS)

    def command(self) -> list[str]:
        """The Snakemake command.

        Raises:
            ConfigurationError: There is no such profile, or it does not suit the site.
        """
        profile = PROFILES / self.profile
        if not (profile / "config.yaml").is_file():
            msg = f"There is no profile '{self.profile}'; slurm/ has {', '.join(profile_names())}."
            raise ConfigurationError(msg)
        check_profile(self.profile, self.site)
        command = [
            sys.executable, *engine_command(self.run, self.site), self.target.value,
            "--snakefile", str(SNAKEFILE),
            "--directory", str(self.run.folder),
            "--profile", str(profile),
            "--nocolor",
            *engine_options(self.run, self.site),
        ]  # fmt: skip
        if self.target is Target.PRODUCTS:
            # members may still run: Snakemake's lock is theirs, ours keeps a second run away
            command += ["--nolock", "--config", f"revision={self.run.revision}"]
        if self.profile == "local":
            cores = len(os.sched_getaffinity(0))
            command += ["--cores", str(cores), "--resources", f"tasks={max(cores, self.ranks)}"]
        if self.dry_run:
            command.append("--dry-run")
        return command


def dry_run(invocation: Invocation) -> str:
    """Ask Snakemake what it would do.

    Returns:
        Its answer.

    Raises:
        ConfigurationError: Snakemake refuses; its own words are in the message.
    """
    done = subprocess.run(
        invocation.command(), capture_output=True, text=True, check=False, env=_environment()
    )
    if done.returncode:
        msg = f"The workflow cannot be run:\n{_tail(done.stdout + done.stderr)}"
        raise ConfigurationError(msg)
    return done.stdout + done.stderr


def _environment() -> dict[str, str]:
    """The environment of the workflow: package and commands of this Python first, .pyc wanted."""
    environment = dict(os.environ)
    commands = str(Path(sys.executable).parent)
    environment["PATH"] = os.pathsep.join([commands, environment.get("PATH", os.defpath)])
    before = environment.get("PYTHONPATH")
    environment["PYTHONPATH"] = os.pathsep.join(
        [str(SNAKEFILE.parent), *([before] if before else [])]
    )
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def _tail(text: str, lines: int = 25) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])


class Interrupted(Exception):  # noqa: N818  (it is no error)
    """Somebody asked the run to stop."""


@contextmanager
def signals_raise() -> Iterator[None]:
    """Turn SIGINT, SIGTERM and SIGHUP into `Interrupted` while the block runs."""

    def stop(number: int, _: FrameType | None) -> None:
        raise Interrupted(signal.Signals(number).name)

    wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    former = {number: signal.signal(number, stop) for number in wanted}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


class Running:
    """A command that works in the folder of a run, with everything that it starts."""

    def __init__(self, command: Sequence[str], run: RunPaths, log: Path) -> None:
        """Start it; its output is added to a log.

        Args:
            command: The command.
            run: Files of the run.
            log: The log.
        """
        self._folder = run.folder
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as file:
            file.write(
                f"\n=== {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {' '.join(command)}\n".encode()
            )
            file.flush()
            self._process = subprocess.Popen(
                command,
                cwd=run.folder,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=_environment(),
                start_new_session=True,
            )

    @property
    def session(self) -> int:
        """Its process group."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """Its exit code; None while it goes on."""
        return self._process.poll()

    def end(self) -> None:
        """End it with everything that it has started."""
        end_group(self._process.pid, self._folder)
        self._process.wait()


def start_workflow(invocation: Invocation) -> Running:
    """Start one half of a cycle.

    Raises:
        ConfigurationError: There is no such profile.
    """
    run = invocation.run
    if invocation.target is Target.MEMBERS:
        clear_engine_lock(run)
        return Running(invocation.command(), run, run.log_folder / "snakemake.log")
    return Running(invocation.command(), run, run.products_log)


def start_stage(run: RunPaths, stage: str) -> Running:
    """Start one stage of the run's revision beside this process."""
    revision = str(run.revision)
    command = [
        sys.executable,
        "-m",
        "forecast",
        "stage",
        stage,
        "--run",
        ".",
        "--revision",
        revision,
    ]
    return Running(command, run, run.log(stage))


def clear_engine_lock(run: RunPaths) -> None:
    """Remove Snakemake's own lock. Our lock is held, so a lock of Snakemake's is a leftover."""
    shutil.rmtree(run.folder / ".snakemake" / "locks", ignore_errors=True)


def members_of(session: int, folder: Path) -> list[int]:
    """Processes of a session that work in a folder; both must fit, since ids are used again."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            place = (entry / "cwd").readlink()
        except OSError:
            continue
        if fields[0] not in "ZX" and int(fields[3]) == session and place == folder:
            found.append(int(entry.name))
    return found


def end_group(session: int, folder: Path) -> None:
    """End all processes of a workflow: ask first, kill what does not listen."""
    for number, patience in (
        (signal.SIGINT, _GRACE),
        (signal.SIGTERM, _TERM_GRACE),
        (signal.SIGKILL, _TERM_GRACE),
    ):
        deadline = time.monotonic() + patience
        for pid in members_of(session, folder):
            _send(pid, number)
        while time.monotonic() < deadline:
            if not members_of(session, folder):
                return
            time.sleep(0.1)


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def end_leftovers(former: Holder | None, run: RunPaths) -> int:
    """End what a killed `forecast run` has left behind on this machine.

    Returns:
        How many processes there were.
    """
    if former is None or not former.here:
        return 0
    count = 0
    for session in former.sessions:
        left = members_of(session, run.folder)
        if left:
            logger.warning(
                "the run of process %d was killed; ending %d processes that it left behind",
                former.pid,
                len(left),
            )
            end_group(session, run.folder)
        count += len(left)
    return count


def note_invocation(invocation: Invocation, arguments: Sequence[str], outcome: str) -> None:
    """Keep the exact commands, the profile and how the run ended."""
    content = {
        "arguments": list(arguments),
        "command": invocation.command(),
        "profile": invocation.profile,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "outcome": outcome,
    }
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    temporary = invocation.run.invocation.with_name(".run.json.partial")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(invocation.run.invocation)


def former_profile(run: RunPaths) -> str:
    """Profile of the last start of a run; empty when it is not known."""
    try:
        return str(json.loads(run.invocation.read_text(encoding="utf-8"))["profile"])
    except (OSError, ValueError, KeyError):
        return ""
