"""One run of one cycle: its folder, its leftovers, its driver, and the record of the command."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from forecast.common.errors import ConfigurationError
from forecast.config.load import read_resolved, write_resolved
from forecast.config.root import Configuration
from forecast.fields.run_state import RunState
from forecast.fields.status import MemberState
from forecast.workflow.driver import Driver, Ports, WorkflowFailedError
from forecast.workflow.launch import Interrupted, Invocation, end_leftovers, note_invocation
from forecast.workflow.lock import RunLock
from forecast.workflow.paths import RunPaths
from forecast.workflow.tending import release


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
    """Let members run again that ended before their last hour; what they add makes a revision."""
    failed = [m.member for m in state.members if m.ended and m.state is not MemberState.FINISHED]
    for member in failed:
        release(run, member)
    return failed


def run_cycle(
    invocation: Invocation,
    lock: RunLock,
    ports: Ports,
    arguments: Sequence[str],
    *,
    revise: bool = False,
) -> RunState:
    """Run or continue a cycle to its end.

    Args:
        invocation: What to run.
        lock: The lock of the cycle, held.
        ports: Reading and showing.
        arguments: The command line, for the record.
        revise: Decide again at once, whatever the clock says.

    Returns:
        The state after the last stage.

    Raises:
        WorkflowFailedError: A stage failed; its reason and its log are named.
        Interrupted: Somebody asked the run to stop.
    """
    run = invocation.run
    end_leftovers(lock.former, run)
    for stage in ports.describe().failed:
        run.of_revision(run.newest_revision).stage_status(stage.stage).unlink(missing_ok=True)
    note_invocation(invocation, arguments, "running")
    try:
        driver = Driver(invocation, lock, ports, read_resolved(run.configuration))
        if revise:
            driver.revise()
        state = driver.drive()
    except Interrupted as signal:
        note_invocation(invocation, arguments, f"interrupted by {signal}")
        raise
    except WorkflowFailedError:
        note_invocation(invocation, arguments, "failed")
        raise
    note_invocation(invocation, arguments, "complete")
    return state
