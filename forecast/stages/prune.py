"""Removing what runs need no longer."""

from collections.abc import Callable
from pathlib import Path

from forecast.config.load import read_resolved
from forecast.config.retention import RetentionConfig
from forecast.config.run import RunPaths
from forecast.config.start import StartConfig
from forecast.storage.retention import Keeping, Removal, kept_runs, remove_all


def what_may_go(
    runs: Path,
    retention: RetentionConfig,
    start: StartConfig,
    living: Callable[[RunPaths], bool],
) -> tuple[Removal, ...]:
    """List what may be removed below a folder of runs.

    Args:
        runs: Folder of all runs.
        retention: How long what is kept.
        start: The ladder of states from which members can begin.
        living: Tells whether somebody runs a cycle now.
    """
    return Keeping(kept_runs(runs, living), retention, start).removals()


def prune(runs: Path, removals: tuple[Removal, ...]) -> int:
    """Remove what was listed; return the room that it took, bytes."""
    return remove_all(runs, removals)


def prune_after(run: RunPaths, living: Callable[[RunPaths], bool]) -> int:
    """Remove what may go now that a cycle has succeeded, by its own configuration."""
    configuration = read_resolved(run.configuration)
    runs = run.folder.parent
    return prune(runs, what_may_go(runs, configuration.retention, configuration.start, living))
