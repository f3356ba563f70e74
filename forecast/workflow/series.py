"""Many cycles, each a `forecast run` of its own: in order inside a chain, chains side by side."""

import json
import logging
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from forecast.common.cycle import Cycle
from forecast.common.errors import ForecastError
from forecast.config.load import PROJECT, read_resolved, resolve
from forecast.fields.membership import Quality
from forecast.fields.records import from_json
from forecast.fields.start import StartPlan
from forecast.workflow.launch import signals_raise
from forecast.workflow.paths import RunPaths
from forecast.workflow.session import differences

logger = logging.getLogger(__name__)

_GRACE = 60.0
"""How long a cycle may take to end when it is asked to, s, before it is killed."""
_POLL = 0.2
"""Time between two looks at the cycles, s."""


@dataclass(frozen=True)
class Job:
    """One cycle to run.

    Attributes:
        cycle: Which.
        settings: What differs from the common configuration, as `key.path=value`.
        needed: True when the next cycle of its chain must not run without it.
        products: False for a run that only keeps the chain alive.
    """

    cycle: Cycle
    settings: tuple[str, ...] = ()
    needed: bool = True
    products: bool = True


class Word(StrEnum):
    """How a cycle of a series ended."""

    COMPLETE = "complete"
    """It ran to its end."""
    PRESENT = "present"
    """It was complete before, with this configuration."""
    FAILED = "failed"
    """It ended without what was wanted."""
    NOT_RUN = "not run"
    """The cycle that it needs failed."""


@dataclass(frozen=True)
class Outcome:
    """What came of one cycle.

    Attributes:
        cycle: Name.
        chain: Number of its chain, from 1.
        word: How it ended.
        seconds: How long it took.
        start: How many members began in which way, such as {"warm": 3}.
        quality: Of its newest product; empty without one.
        reason: Why it failed or was not run.
        log: What it said.
    """

    cycle: str
    chain: int
    word: Word
    seconds: float = 0.0
    start: tuple[tuple[str, int], ...] = ()
    quality: str = ""
    reason: str = ""
    log: str = ""

    @property
    def good(self) -> bool:
        """True when the cycle is complete."""
        return self.word in {Word.COMPLETE, Word.PRESENT}


@dataclass(frozen=True)
class Frame:
    """What all cycles of a series share.

    Attributes:
        runs: Folder of all runs.
        base: Common configuration, a YAML file.
        folder: Where the series keeps its logs.
        options: Further options of `forecast run`.
    """

    runs: Path
    base: Path
    folder: Path
    options: tuple[str, ...] = ()

    def command(self, job: Job) -> list[str]:
        """The command of one cycle."""
        settings = [text for setting in job.settings for text in ("--set", setting)]
        return [
            sys.executable, "-m", "forecast", "run", job.cycle.name,
            "--runs", str(self.runs), "--config", str(self.base), *settings, *self.options,
        ]  # fmt: skip

    def run(self, job: Job) -> RunPaths:
        """Files of one cycle."""
        return RunPaths((self.runs / job.cycle.name).resolve())

    def present(self, job: Job) -> bool:
        """Tell whether a cycle is complete already.

        Raises:
            ForecastError: It is, but was made with another configuration.
        """
        run = self.run(job)
        if _word_of(run) != "complete" or not _made(run, job):
            return False
        wanted = resolve(files=[self.base], settings=job.settings)
        found = differences(read_resolved(run.configuration), wanted)
        if found:
            msg = (
                f"The cycle '{job.cycle.name}' in '{run.folder.parent}' is complete, but was made "
                f"with another configuration: {'; '.join(found[:5])}. Take another folder (--runs)."
            )
            raise ForecastError(msg)
        return True


@dataclass
class _Active:
    """A cycle that runs."""

    job: Job
    chain: int
    process: subprocess.Popen[bytes]
    begun: float
    log: Path


class Series:
    """Runs chains of cycles; use it once."""

    def __init__(
        self,
        frame: Frame,
        chains: Sequence[Sequence[Job]],
        parallel: int,
        said: Callable[[Outcome], None] = lambda _: None,
    ) -> None:
        """Remember what to run.

        Args:
            frame: What all cycles share.
            chains: Cycles in order; chains do not know of each other.
            parallel: How many chains run at a time.
            said: Told each outcome as it comes.
        """
        self._frame = frame
        self._waiting = [(number, list(jobs)) for number, jobs in enumerate(chains, start=1)]
        self._parallel = parallel
        self._said = said
        self._active: list[_Active] = []
        self._rest: dict[int, list[Job]] = {}
        self._outcomes: list[Outcome] = []

    def run(self) -> tuple[Outcome, ...]:
        """Run all cycles.

        Returns:
            One outcome a cycle, in the order of time.

        Raises:
            Interrupted: A signal asked to stop; the cycles that ran have been asked to end, and
                the same command goes on with them.
            ForecastError: A cycle is there with another configuration.
        """
        self._frame.folder.mkdir(parents=True, exist_ok=True)
        with signals_raise(), ExitStack() as stack:
            stack.callback(self._end_all)
            while self._waiting or self._active:
                self._fill()
                for active in [a for a in self._active if a.process.poll() is not None]:
                    self._active.remove(active)
                    self._ended(active)
                time.sleep(_POLL)
        return tuple(sorted(self._outcomes, key=lambda outcome: outcome.cycle))

    def _fill(self) -> None:
        """Begin chains as long as there is room."""
        while self._waiting and len(self._active) < self._parallel:
            number, jobs = self._waiting.pop(0)
            self._rest[number] = jobs
            self._next(number)

    def _next(self, chain: int) -> None:
        """Start the next cycle of a chain that is not there yet."""
        while self._rest[chain]:
            job = self._rest[chain].pop(0)
            if not self._frame.present(job):
                self._active.append(self._start(job, chain))
                return
            self._tell(_outcome(self._frame.run(job), chain, Word.PRESENT))

    def _start(self, job: Job, chain: int) -> _Active:
        log = self._frame.folder / f"{job.cycle.name}.log"
        with log.open("ab") as file:
            process = subprocess.Popen(
                self._frame.command(job),
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return _Active(job, chain, process, time.monotonic(), log)

    def _ended(self, active: _Active) -> None:
        """Note how a cycle ended and go on with its chain, or not."""
        run = self._frame.run(active.job)
        good = active.process.returncode == 0 and _made(run, active.job)
        outcome = _outcome(
            run,
            active.chain,
            Word.COMPLETE if good else Word.FAILED,
            seconds=time.monotonic() - active.begun,
            reason="" if good else _last_words(active.log),
            log=active.log,
        )
        self._tell(outcome)
        if not good and active.job.needed:
            for job in self._rest[active.chain]:
                reason = f"the cycle {outcome.cycle}, from which its chain goes on, failed"
                left = Outcome(job.cycle.name, active.chain, Word.NOT_RUN, reason=reason)
                self._tell(left)
            self._rest[active.chain] = []
        self._next(active.chain)

    def _tell(self, outcome: Outcome) -> None:
        self._outcomes.append(outcome)
        self._said(outcome)

    def _end_all(self) -> None:
        """Ask the cycles that run to end; kill those that do not listen."""
        for active in self._active:
            if active.process.poll() is None:
                active.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + _GRACE
        for active in self._active:
            try:
                active.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                active.process.kill()


def _outcome(
    run: RunPaths,
    chain: int,
    word: Word,
    *,
    seconds: float = 0.0,
    reason: str = "",
    log: Path | None = None,
) -> Outcome:
    return Outcome(
        run.folder.name,
        chain,
        word,
        seconds=round(seconds, 1),
        start=_start_of(run),
        quality=_quality_of(run),
        reason=reason,
        log="" if log is None else str(log),
    )


def _start_of(run: RunPaths) -> tuple[tuple[str, int], ...]:
    try:
        text = run.start_plan.read_text(encoding="utf-8")
    except OSError:
        return ()
    plan = from_json(StartPlan, text, run.start_plan)
    return tuple((kind.value, count) for kind, count in plan.kinds.items())


def _quality_of(run: RunPaths) -> str:
    revision = run.latest_revision
    if revision is None:
        return ""
    manifest = run.of_revision(revision).manifest
    try:
        return str(json.loads(manifest.read_text(encoding="utf-8"))["members"]["quality"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _made(run: RunPaths, job: Job) -> bool:
    """Tell whether a cycle has made what was wanted of it, from members of its own."""
    return not job.products or _quality_of(run) not in {"", Quality.FALLBACK, Quality.NONE}


def _word_of(run: RunPaths) -> str:
    """How the last start of a cycle ended, by its own record."""
    try:
        return str(json.loads(run.invocation.read_text(encoding="utf-8"))["outcome"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _last_words(log: Path) -> str:
    """The error that a cycle ended with: its message, or the last lines of what it said."""
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    first = max((n for n, line in enumerate(lines) if line.startswith("Error:")), default=-8)
    return "\n".join(lines[first:])[:2000]
