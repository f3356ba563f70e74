"""One run of one cycle: its folder, its leftovers, its driver, and the record of the command."""

import getpass
import json
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from forecast.common.errors import ConfigurationError, CycleError
from forecast.config.load import read_resolved, write_resolved
from forecast.config.root import Configuration
from forecast.fields.run_state import RunState
from forecast.fields.status import MemberState
from forecast.workflow.batch import BatchJob, BatchSystemError, reap
from forecast.workflow.driver import Driver, Ports, WorkflowFailedError
from forecast.workflow.launch import Interrupted, Invocation, end_leftovers, note_invocation
from forecast.workflow.lock import RunLock, read_holder
from forecast.workflow.memory import Request, ask
from forecast.workflow.paths import RunPaths
from forecast.workflow.tending import release

_PATIENCE = 300.0
"""How long a batch system that does not answer is asked for jobs of a former driver, s."""
_AGAIN = 5.0
"""Time between two such questions, s."""


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
            if entry in {run.lock, run.code, run.launch, run.launch_lock, run.launch_log}:
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


def allow_cold_start(run: RunPaths) -> None:
    """Write down that a person has allowed a cold start of this cycle, who and when."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    record = {"why": f"allowed with --cold-start by '{getpass.getuser()}' at {now}"}
    temporary = run.cold_permission.with_name(f".{run.cold_permission.name}.partial")
    temporary.write_text(json.dumps(record) + "\n", encoding="utf-8")
    temporary.replace(run.cold_permission)


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
    configuration = read_resolved(run.configuration)
    clear_away(invocation, lock, ports)
    for stage in ports.describe().failed:
        run.of_revision(run.newest_revision).stage_status(stage.stage).unlink(missing_ok=True)
    note_invocation(invocation, arguments, "running")
    try:
        driver = Driver(invocation, lock, ports, configuration)
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


def clear_away(invocation: Invocation, lock: RunLock, ports: Ports) -> None:
    """End what a driver that is gone has left: processes here, jobs of this run in the queue.

    Finished work is kept; a member goes on from its newest checkpoint.
    """
    run = invocation.run
    if lock.former is not None:
        former = f"{lock.former.pid} on {lock.former.host}, since {lock.former.since}"
        ports.alert("driver-restarted", former, log=str(run.log_folder))
    count = end_leftovers(lock.former, run)
    if invocation.site.batch:
        count += len(_reap(run, ports))
    if count:
        ports.alert("orphans-ended", f"before {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", count=count)


def _reap(run: RunPaths, ports: Ports) -> tuple[BatchJob, ...]:
    """End the jobs of this run, with patience when the batch system does not answer.

    When it stays silent, the run goes on: a member that is started a second time is kept from the
    first one's files by its claim.
    """
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return reap(run)
        except BatchSystemError as error:
            since = f"{datetime.now(UTC):%H:%M:%S} UTC"
            ports.alert("scheduler-unreachable", "start", since=since, reason=str(error))
            if time.monotonic() > deadline:
                return ()
        time.sleep(_AGAIN)


def ask_driver(run: RunPaths, request: Request) -> bool:
    """Ask the process that drives a cycle for something.

    Returns:
        False when nobody drives it now.
    """
    holder = read_holder(run.lock)
    if holder is None or not holder.alive:
        return False
    ask(run, request, datetime.now(UTC))
    return True


def check_rerun(state: RunState, member: str) -> None:
    """Check that a member can be run again.

    Raises:
        ConfigurationError: There is no such member.
        CycleError: It has not ended yet.
    """
    status = next((entry for entry in state.members if entry.member == member), None)
    if status is None:
        known = ", ".join(entry.member for entry in state.members)
        msg = f"There is no member '{member}' in the run '{state.cycle}'; it has {known}."
        raise ConfigurationError(msg)
    if not status.ended:
        msg = (
            f"The member '{member}' of '{state.cycle}' is {status.state.value} and has not ended; "
            "wait for its end, or cancel its job first."
        )
        raise CycleError(msg)
