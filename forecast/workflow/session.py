"""One run of one cycle: folder, lock, workflow, and a second pass when members were killed."""

import logging
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forecast.common.errors import ConfigurationError, ForecastError
from forecast.config.load import read_resolved, write_resolved
from forecast.config.root import Configuration
from forecast.fields.run_state import RunState, StageState
from forecast.workflow.launch import (
    Interrupted,
    Invocation,
    end_leftovers,
    note_invocation,
    run_workflow,
)
from forecast.workflow.lock import Holder, RunLock, read_holder
from forecast.workflow.paths import RunPaths, member_names
from forecast.workflow.progress import BEFORE_MEMBERS

logger = logging.getLogger(__name__)

INTERVAL = 0.5
"""Time between two looks at a run, s."""


class WorkflowFailedError(ForecastError):
    """A stage stopped with an error, or Snakemake did."""


@dataclass(frozen=True)
class Ports:
    """What a session is given by the command: this package reads no run files itself.

    Attributes:
        describe: Reads the state of the run.
        close_member: Notes that a member's job is gone.
        show: Shows the state while the run goes on.
    """

    describe: Callable[[], RunState]
    close_member: Callable[[str], None]
    show: Callable[[RunState, Holder | None], None]


def differences(old: Configuration, new: Configuration) -> list[str]:
    """Name every setting in which two configurations differ."""
    before, after = (dict(_flat(c.model_dump(mode="json"), "")) for c in (old, new))
    return [
        f"{key}: '{before.get(key)}' there, '{after.get(key)}' now"
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]


def _flat(content: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    if isinstance(content, Mapping):
        for key, value in content.items():
            yield from _flat(value, f"{prefix}.{key}" if prefix else str(key))
    else:
        yield prefix, content


def prepare_folder(run: RunPaths, configuration: Configuration, *, restart: bool) -> None:
    """Make the folder of a run, or check that it belongs to this configuration.

    Raises:
        ConfigurationError: It was made with another configuration; every difference is named.
    """
    if restart and run.configuration.is_file():
        for entry in run.folder.iterdir():
            if entry in {run.lock, run.code, run.launch, run.launch_log}:
                continue  # of those who are running this
            whole = entry.is_dir() and not entry.is_symlink()
            shutil.rmtree(entry) if whole else entry.unlink()
    if not run.configuration.is_file():
        run.folder.mkdir(parents=True, exist_ok=True)
        temporary = run.configuration.with_name(".config.yaml.partial")
        temporary.write_text(write_resolved(configuration), encoding="utf-8")
        temporary.replace(run.configuration)
        return
    found = differences(read_resolved(run.configuration), configuration)
    if found:
        listed = "\n".join(f"  {line}" for line in found)
        msg = (
            f"The run in '{run.folder}' was made with another configuration; {len(found)} "
            f"setting(s) differ:\n{listed}\nContinue it with its own settings (--config "
            f"'{run.configuration}' alone), start it from the beginning with --restart, or keep "
            "both with another folder (--runs)."
        )
        raise ConfigurationError(msg)


def release_failed_members(run: RunPaths, state: RunState) -> list[str]:
    """Let failed members run again: take away their stamps and what was decided without them.

    The manifest is the target of the workflow; as long as it is there, nothing is made again.
    """
    failed = [member.member for member in state.members if member.state == "failed"]
    for member in failed:
        run.stamp(member).unlink(missing_ok=True)
        run.status(member).unlink(missing_ok=True)
    if failed:
        run.members.unlink(missing_ok=True)
        run.manifest.unlink(missing_ok=True)
        for stage in state.stages:
            if stage.stage not in BEFORE_MEMBERS:
                run.stage_status(stage.stage).unlink(missing_ok=True)
    return failed


def run_cycle(
    invocation: Invocation, lock: RunLock, ports: Ports, arguments: Sequence[str]
) -> RunState:
    """Run or continue a cycle to its end.

    Args:
        invocation: What to run.
        lock: The lock of the cycle, held.
        ports: Reading and showing.
        arguments: The command line, for the record.

    Returns:
        The state after the last stage.

    Raises:
        WorkflowFailedError: A stage failed; its reason and its log are named.
        Interrupted: Somebody asked the run to stop.
    """
    run = invocation.run
    end_leftovers(lock.former, run)
    for stage in ports.describe().failed:
        run.stage_status(stage.stage).unlink(missing_ok=True)
    note_invocation(invocation, arguments, "running")
    try:
        state = _passes(invocation, lock, ports)
    except Interrupted as signal:
        note_invocation(invocation, arguments, f"interrupted by {signal}")
        raise
    note_invocation(invocation, arguments, "complete" if state.complete else "failed")
    if not state.complete:
        raise WorkflowFailedError(_failure(run, state))
    return state


def _passes(invocation: Invocation, lock: RunLock, ports: Ports) -> RunState:
    run = invocation.run

    def watch() -> None:
        ports.show(ports.describe(), read_holder(run.lock))

    for _ in range(2):
        code = run_workflow(invocation, started=lock.started, watch=watch, interval=INTERVAL)
        state = ports.describe()
        if code == 0 or not _close_killed_members(run, state, ports):
            return state
        logger.warning("members whose jobs were killed are left out; going on without them")
    return ports.describe()


def _close_killed_members(run: RunPaths, state: RunState, ports: Ports) -> list[str]:
    """Note as failed the members that a batch system killed before they could say so."""
    ready = {stage.stage for stage in state.stages if stage.state is StageState.FINISHED}
    if not ready.issuperset(BEFORE_MEMBERS):
        return []
    names = member_names(len(state.members))
    killed = [name for name in names if not run.stamp(name).exists()]
    for name in killed:
        ports.close_member(name)
    return killed


def _failure(run: RunPaths, state: RunState) -> str:
    if state.failed:
        return "\n".join(
            f"The stage '{stage.stage}' failed: {stage.reason}\n  Its log: {stage.log}"
            for stage in state.failed
        )
    log = run.log_folder / "snakemake.log"
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
    except OSError:
        lines = []
    tail = "\n".join(f"  {line}" for line in lines)
    return f"The workflow stopped before its end; the last lines of '{log}':\n{tail}"
