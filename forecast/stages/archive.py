"""Archiving a cycle, and checking the archive."""

from pathlib import Path

from forecast import __version__
from forecast.config.load import read_resolved
from forecast.config.retention import ArchivedRestarts
from forecast.config.run import RunPaths
from forecast.config.start import StartConfig
from forecast.config.yaml_file import read_yaml
from forecast.stages.crate import write_crate
from forecast.storage.archive import Archive, Finding
from forecast.storage.crate import METADATA

SYSTEM = "shandong"
"""Name of the system in the archive, unless another one is given."""


def archive_of(folder: Path, system: str = SYSTEM, version: str = __version__) -> Archive:
    """The archive of one version of a system below a folder."""
    return Archive(folder / system / version)


def archive_run(run: RunPaths, archive: Archive, restarts: ArchivedRestarts | None = None) -> Path:
    """Archive a cycle, each revision with its RO-Crate; return its folder there.

    Args:
        run: Files of the run.
        archive: Where to.
        restarts: Which checkpoints go along; None as the run's configuration says.
    """
    for number in run.revisions():
        revision = run.of_revision(number)
        if not (revision.revision_folder / METADATA).is_file():
            write_crate(revision)
    wanted = restarts or read_resolved(run.configuration).retention.archived_restarts
    return archive.add(run, wanted)


def archive_after(run: RunPaths) -> Path | None:
    """Archive a cycle that has succeeded, where its configuration asks for it."""
    folder = read_resolved(run.configuration).retention.archive
    return archive_run(run, archive_of(Path(folder).expanduser())) if folder else None


def check_archive(archive: Archive, newest: int | None) -> tuple[Finding, ...]:
    """Say what in an archive is not as it should be.

    Args:
        archive: What to check.
        newest: How many of the newest cycles are read; None reads all.
    """
    return archive.verify(_step_hours(archive), newest)


def _step_hours(archive: Archive) -> int:
    """Hours from one cycle to the next, by the configuration of the newest archived cycle."""
    usual = StartConfig().cycle_hours
    cycles = archive.cycles()
    path = archive.place(cycles[-1]) / "config.yaml" if cycles else None
    if path is None or not path.is_file():
        return usual
    content = read_yaml(path)  # as plain data: a later version may not know all its keys
    return int(content.get("start", {}).get("cycle_hours", usual))
