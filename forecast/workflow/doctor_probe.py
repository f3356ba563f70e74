"""A test job: whether ranks really start together on the nodes, as those of a member do."""

import json
import os
import secrets
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forecast.config.probe import REPORTS, TOKEN
from forecast.workflow.batch import BatchSystemError, ask_slurm, cancel, job_state
from forecast.workflow.paths import SNAKEFILE
from forecast.workflow.plan import Plan

_LOCAL_PATIENCE = 120.0
_LATENCY = 30.0
"""How long files of a node may take to be seen here, s."""
_MINUTES = 5
"""Wall time of the job, minutes."""
_ENDED = (
    "COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY", "BOOT_FAIL",
    "DEADLINE",
)  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """A test job that has ended, or was given up.

    Attributes:
        folder: Where it ran.
        launcher: What started its ranks.
        ranks: Ranks that were asked for.
        nodes: Nodes that were asked for.
        token: What the ranks should have read.
        state: How the job ended, in a word of Slurm's or with its exit code.
        waited: Time until it began, s; None when it never did.
        reports: What the ranks that started have written.
        log: What the job said; None when it could not even open its log.
        span: When the job was submitted and when the reports were read, seconds since 1970.
    """

    folder: Path
    launcher: str
    ranks: int
    nodes: int
    token: str
    state: str
    waited: float | None
    reports: tuple[dict[str, Any], ...]
    log: str | None
    span: tuple[float, float]

    @property
    def well(self) -> bool:
        """True when the job ended without an error."""
        return self.state == "COMPLETED"


def try_out(folder: Path, plan: Plan, nodes: int, patience: float) -> Trial:
    """Run a test job.

    Args:
        folder: An empty folder on the disk of the runs.
        plan: What members are started with.
        nodes: Nodes to take.
        patience: How long it may wait for its nodes, s.

    Raises:
        BatchSystemError: The job was refused.
        ConfigurationError: The site cannot start members at all.
        OSError: The folder cannot be written.
    """
    site = plan.configuration.site
    token = secrets.token_hex(8)
    (folder / TOKEN).write_text(token, encoding="utf-8")
    per_node = min(site.member_tasks_per_node or 2, 2)
    ranks = max(2, nodes * per_node)
    begun, state, waited = time.time(), "", None
    if site.batch:
        for state in _in_batch(folder, plan, (nodes, ranks), patience):
            if waited is None and state and not state.startswith(("PENDING", "CONFIG")):
                waited = time.time() - begun
    else:
        state, waited = _here(folder, plan, ranks), 0.0
    return Trial(
        folder=folder,
        launcher=plan.launcher,
        ranks=ranks,
        nodes=nodes,
        token=token,
        state=state,
        waited=waited,
        reports=_reports(folder, ranks if state == "COMPLETED" else 0),
        log=_log(folder),
        span=(begun, time.time()),
    )


def _command(folder: Path, plan: Plan, ranks: int) -> str:
    """The shell text of the job, with the same surroundings as those of a member."""
    # the engine formats this text, and here there is no engine
    surroundings = plan.environment(SNAKEFILE.parent).replace("{{", "{").replace("}}", "}")
    return (
        f"{surroundings}"
        f"cd {shlex.quote(str(folder))} && "
        f"exec {plan.launcher} -n {ranks} {plan.python} -m mpi4py -m forecast probe ."
    )


def _in_batch(folder: Path, plan: Plan, size: tuple[int, int], patience: float) -> Iterator[str]:
    """Run the job in Slurm and tell its states; whatever happens, it is gone afterwards."""
    nodes, ranks = size
    site, asked = plan.configuration.site, plan.site.member()
    options = {
        "--partition": asked.get("slurm_partition", ""),
        "--account": site.account,
        "--qos": site.qos,
        "--reservation": site.reservation,
        "--ntasks-per-node": -(-ranks // nodes),
        "--mem": asked["mem_mb"],
    }
    script = folder / "job.sh"
    script.write_text(f"#!/bin/bash\n{_command(folder, plan, ranks)}\n", encoding="utf-8")
    job = ask_slurm(
        "sbatch", "--parsable", "--requeue", "--job-name=fc-doctor", f"--time={_MINUTES}",
        "--chdir=/", f"--nodes={nodes}", f"--ntasks={ranks}", f"--output={folder / 'log'}",
        *(f"{name}={value}" for name, value in options.items() if value),
        *shlex.split(site.member_options), str(script),
    ).strip().partition(";")[0]  # fmt: skip
    deadline = time.monotonic() + patience
    state = ""
    try:
        while state not in _ENDED:
            state = job_state(job) or state
            yield state
            if state == "PENDING" and time.monotonic() > deadline:
                reason = ask_slurm("squeue", "--noheader", f"--jobs={job}", "--format=%r").strip()
                yield f"PENDING for {patience:.0f} s ({reason})"
                return
            time.sleep(0.2)
    finally:
        if state not in _ENDED:
            _remove(job)


def _remove(job: str) -> None:
    """Cancel the job and wait until it writes no more."""
    with suppress(BatchSystemError):
        cancel([job])
        deadline = time.monotonic() + _LATENCY
        while job_state(job) not in ("", *_ENDED) and time.monotonic() < deadline:
            time.sleep(0.2)


def _here(folder: Path, plan: Plan, ranks: int) -> str:
    """Run the ranks on this machine and say how they ended."""
    with (folder / "log").open("w", encoding="utf-8") as log:
        ranked = subprocess.Popen(
            ["/bin/bash", "-c", _command(folder, plan, ranks)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            code = ranked.wait(_LOCAL_PATIENCE)
        except subprocess.TimeoutExpired:
            return f"still running after {_LOCAL_PATIENCE:.0f} s"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(ranked.pid, signal.SIGKILL)
            ranked.wait()
    return f"exit code {code}" if code else "COMPLETED"


def _reports(folder: Path, wanted: int) -> tuple[dict[str, Any], ...]:
    """Read what the ranks have written; a shared disk may show it late."""
    deadline = time.monotonic() + _LATENCY
    while len(found := sorted(folder.glob(REPORTS))) < wanted and time.monotonic() < deadline:
        time.sleep(0.2)
    return tuple(json.loads(path.read_text(encoding="utf-8")) for path in found)


def _log(folder: Path) -> str | None:
    with suppress(FileNotFoundError):
        return (folder / "log").read_text(encoding="utf-8", errors="replace")
    return None
