"""After an outage: what has to run so that the newest cycle begins warm."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from forecast.common.cycle import Cycle
from forecast.common.errors import CycleError
from forecast.workflow.paths import RunPaths
from forecast.workflow.series import Job

ASIDE = ".superseded"
"""Folder below that of all runs for what is put aside."""


def catch_up_jobs(
    newest: Cycle, step_hours: int, longest: int, left_restart: Callable[[Cycle], bool]
) -> list[Job]:
    """Say what has to run: superseded cycles short and without a product, the newest in full.

    A superseded cycle that fails does not stop the chain: the next one begins from an older
    restart, as its ladder allows.

    Args:
        newest: The cycle whose product is wanted.
        step_hours: Hours from one cycle to the next.
        longest: How many cycles back the chain may have been broken.
        left_restart: Tells whether a cycle has left all restarts that the one after it begins from.

    Raises:
        CycleError: No cycle within reach has left a restart.
    """
    missed: list[Cycle] = []
    for back in range(1, longest + 1):
        cycle = Cycle(newest.time - timedelta(hours=back * step_hours))
        if left_restart(cycle):
            break
        missed.insert(0, cycle)
    else:
        msg = (
            f"None of the {longest} cycles before '{newest.name}' has left a restart, so there is "
            f"no chain to keep alive. Begin a new one: `forecast run {newest.name} --cold-start`."
        )
        raise CycleError(msg)
    short = [
        Job(cycle, ("start.chain_only=true",), needed=False, products=False) for cycle in missed
    ]
    return [*short, Job(newest)]


def put_aside(run: RunPaths) -> Path | None:
    """Move what an outage has left of a superseded cycle out of the way; nothing is lost.

    Returns:
        Where it lies now; None when there was nothing.
    """
    if not run.configuration.is_file():
        return None
    now = datetime.now(UTC)
    place = run.folder.parent / ASIDE / f"{run.folder.name}.{now:%Y%m%dT%H%M%S}"
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(run.folder, place)
    return place
