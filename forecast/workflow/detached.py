"""A cycle that runs by itself: it survives a logout, and its driver is started again when killed.

`forecast launch` starts a supervisor in a session of its own, which starts `forecast run` from the
frozen checkout and waits for it. Everything of the run itself (lock, state, orphans) is in the
hands of `forecast run`; the supervisor only sees how it ended.
"""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from forecast.common.errors import ForecastError
from forecast.workflow.frozen import Frozen
from forecast.workflow.lock import Holder, read_holder
from forecast.workflow.paths import RunPaths

logger = logging.getLogger(__name__)

RESTARTS = 3
"""How often a killed driver is started again."""
ALREADY_RUNS = 3
"""Exit code of a launch and of a supervisor when somebody else runs the cycle."""
_PAUSE = 5.0
"""Time before that, s."""
_TAIL = 12
"""Lines of the log that a failed start shows."""
_STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class LaunchFailedError(ForecastError):
    """The run ended before it had begun."""


@dataclass(frozen=True)
class Launch:
    """How a cycle was launched.

    Attributes:
        host: Machine.
        supervisor: Process id of the supervisor.
        driver: Process id of `forecast run`; 0 before it has started.
        commit: Of the frozen checkout.
        changes: Files that differ from that commit.
        code: Folder of the frozen checkout.
        command: Arguments of `forecast run`.
        started: Time of the launch, UTC, ISO 8601.
        starts: How often the driver has been started.
    """

    host: str
    supervisor: int
    driver: int
    commit: str
    changes: tuple[str, ...]
    code: str
    command: tuple[str, ...]
    started: str
    starts: int = 0


def write_launch(run: RunPaths, launch: Launch) -> None:
    """Keep how a cycle was launched."""
    run.folder.mkdir(parents=True, exist_ok=True)
    temporary = run.launch.with_name(".launch.json.partial")
    text = json.dumps(asdict(launch), indent=2, ensure_ascii=False) + "\n"
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(run.launch)


def read_launch(run: RunPaths) -> Launch | None:
    """Read how a cycle was launched; None when it was not, or the file is damaged."""
    try:
        return parse_launch(run.launch.read_text(encoding="utf-8"))
    except OSError:
        return None


def parse_launch(text: str) -> Launch | None:
    """Read how a cycle is to be launched; None when the text does not say."""
    try:
        content = json.loads(text)
        lists = {name: tuple(content[name]) for name in ("changes", "command")}
        return Launch(**{**content, **lists})
    except (ValueError, TypeError, KeyError):
        return None


def running(run: RunPaths) -> Holder | None:
    """Who runs a cycle now; None when nobody does.

    Where the driver has just been killed, that is the supervisor, who is about to start another.
    """
    for lock in (run.lock, run.launch_lock):
        holder = read_holder(lock)
        if holder is not None and holder.alive:
            return holder
    return None


def frozen_environment(frozen: Frozen) -> dict[str, str]:
    """Environment in which Python finds the frozen checkout and no other one."""
    environment = dict(os.environ)
    environment["PYTHONPATH"] = str(frozen.folder)
    environment["PYTHONSAFEPATH"] = "1"
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def start_detached(
    run: RunPaths, frozen: Frozen, arguments: Sequence[str]
) -> subprocess.Popen[bytes]:
    """Start the supervisor of a cycle in a session of its own.

    Args:
        run: Files of the run.
        frozen: Code that runs it.
        arguments: Of `forecast run`.

    Returns:
        The supervisor.
    """
    launch = Launch(
        host=socket.gethostname(),
        supervisor=0,
        driver=0,
        commit=frozen.commit,
        changes=frozen.changes,
        code=str(frozen.folder),
        command=tuple(arguments),
        started=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    told = json.dumps(asdict(launch), ensure_ascii=False)
    command = [sys.executable, "-m", "forecast", "supervise", str(run.folder), told]
    run.folder.mkdir(parents=True, exist_ok=True)
    with run.launch_log.open("ab") as log:
        log.write(f"\n=== {launch.started} forecast run {' '.join(arguments)}\n".encode())
        log.flush()
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=frozen_environment(frozen),
            start_new_session=True,
        )


def await_start(run: RunPaths, supervisor: subprocess.Popen[bytes], patience: float) -> str | None:
    """Wait until a launched run has begun.

    Args:
        run: Files of the run.
        supervisor: What `start_detached` returned.
        patience: Longest wait, s.

    Returns:
        What happened, a sentence; None when somebody else runs the cycle.

    Raises:
        LaunchFailedError: It ended at once with an error; the end of its log is in the message.
    """
    deadline = time.monotonic() + patience
    while True:
        launch, holder = read_launch(run), running(run)
        ours = launch is not None and launch.supervisor == supervisor.pid
        if launch is not None and ours and holder is not None and holder.pid == launch.driver:
            return f"The cycle {run.folder.name} runs as process {holder.pid} on {holder.host}."
        code = supervisor.poll()
        if code == 0:
            return f"The cycle {run.folder.name} has ended already."
        if code == ALREADY_RUNS:
            return None
        if code is not None:
            msg = f"The cycle did not start (exit code {code}); '{run.launch_log}' ends with:\n"
            raise LaunchFailedError(msg + _tail(run.launch_log))
        if time.monotonic() > deadline:
            return (
                f"The cycle {run.folder.name} has been started and has not said more for "
                f"{patience:.0f} s; look at '{run.launch_log}'."
            )
        time.sleep(0.1)


def _tail(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return "\n".join(f"  {line}" for line in lines[-_TAIL:])


class _Driver:
    """The process of `forecast run`, and whether somebody asked it to stop."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.asked = False

    def stop(self, number: int, _: FrameType | None) -> None:
        """Pass a request to stop on to the driver."""
        self.asked = True
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.Signals(number))

    @contextmanager
    def hears(self) -> Iterator[None]:
        """Listen to requests to stop while the block runs."""
        former = {number: signal.signal(number, self.stop) for number in _STOPPING}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)


def supervise(run: RunPaths, launch: Launch, pause: float = _PAUSE) -> int:
    """Run the driver of a cycle; start it again when it was killed.

    A driver that ends by itself is not started again, whatever its exit code: it has said why. One
    that was killed (no memory, an administrator) has not; the next one ends what it left behind.

    Args:
        run: Files of the run.
        launch: How the cycle was launched.
        pause: Time before a killed driver is started again, s.

    Returns:
        The exit code of the last driver, 128 plus its number when a signal killed it.
    """
    driver = _Driver()
    command = [sys.executable, "-m", "forecast", "run", *launch.command]
    code = 1
    with driver.hears():
        for start in range(1, RESTARTS + 2):
            driver.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
            launch = replace(
                launch, supervisor=os.getpid(), driver=driver.process.pid, starts=start
            )
            write_launch(run, launch)
            code = driver.process.wait()
            if code >= 0 or driver.asked:
                break
            if start <= RESTARTS:
                logger.warning(
                    "the driver of %s (process %d) was killed by %s; starting it again, %d of %d",
                    run.folder.name, launch.driver, signal.Signals(-code).name, start, RESTARTS,
                )  # fmt: skip
                time.sleep(pause)
    return code if code >= 0 else 128 - code
