"""Whether a run will find the room that it needs, asked before anything is written."""

import logging

from forecast.chemistry.composition import composition_of
from forecast.common.errors import OutputError
from forecast.config.root import Configuration
from forecast.config.run import RunPaths
from forecast.storage.room import Room, free_bytes, room_of, taken_bytes

logger = logging.getLogger(__name__)

GIGA = 1e9


def needed_room(configuration: Configuration) -> Room:
    """Room that a run of a configuration takes at most, bytes."""
    return room_of(configuration, len(composition_of(configuration.chemistry).table.names))


def kept_room(configuration: Configuration) -> int:
    """Room that all runs take together before the retention removes anything, bytes.

    Products, records and logs are kept for ever; they count for as long as the fields on the grid.
    """
    need, options = needed_room(configuration), configuration.retention
    return (
        options.field_cycles * (need.prepared + need.perturbation + need.member)
        + options.restart_cycles * need.restart
        + options.grid_cycles * (need.grid + need.tables)
    )


def check_room(run: RunPaths, configuration: Configuration) -> None:
    """Check that a run fits on its disk and into the budget of all runs.

    What an interrupted run has already written is not asked for again.

    Raises:
        OutputError: It does not; the sentence says how much is missing and what to do.
    """
    options = configuration.retention
    need = needed_room(configuration)
    own = taken_bytes(run.folder)
    missing = max(0, need.total - own)
    free = free_bytes(run.folder) - options.free_gb * GIGA
    logger.info("the run takes at most %.1f GB; %.1f GB are free", need.total / GIGA, free / GIGA)
    if missing > free:
        msg = (
            f"The run '{run.folder.name}' takes at most {need.total / GIGA:.1f} GB, of which "
            f"{missing / GIGA:.1f} GB are still to be written, but the disk of "
            f"'{run.folder.parent}' has room for {max(0.0, free) / GIGA:.1f} GB beside the "
            f"{options.free_gb:g} GB of retention.free_gb that stay free. {_REMEDY}"
        )
        raise OutputError(msg)
    if options.disk_budget_gb is None:
        return
    others = taken_bytes(run.folder.parent) - own
    budget = options.disk_budget_gb * GIGA
    if others + need.total > budget:
        msg = (
            f"The run '{run.folder.name}' takes at most {need.total / GIGA:.1f} GB; the other "
            f"runs in '{run.folder.parent}' take {others / GIGA:.1f} GB, together more than "
            f"the {options.disk_budget_gb:g} GB of retention.disk_budget_gb. {_REMEDY}"
        )
        raise OutputError(msg)


def little_room(run: RunPaths, configuration: Configuration) -> dict[str, str] | None:
    """What an alert says when the next cycle will not fit; None when it will."""
    options = configuration.retention
    need = needed_room(configuration).total
    free = free_bytes(run.folder) - options.free_gb * GIGA
    if free >= 2 * need:
        return None
    action = "This cycle fits and runs; the next one will be refused"
    if options.automatic:
        action += " unless old runs can be removed, which is tried"
    return {
        "free": f"{max(0.0, free) / GIGA:.1f} GB",
        "needed": f"{need / GIGA:.1f} GB",
        "action": f"{action}.",
    }


_REMEDY = (
    "Remove what may go with `forecast prune`, archive and remove old runs, or keep fewer cycles "
    "(retention.restart_cycles, retention.field_cycles)."
)
