"""Where an opened cycle lies: a folder of runs, or an archive."""

import logging
from dataclasses import dataclass
from pathlib import Path

from forecast.common.cycle import Cycle
from forecast.common.errors import CycleError, InputError
from forecast.config.run import RunPaths
from forecast.storage.archive import Archive

logger = logging.getLogger(__name__)

_NAMED = 8
"""How many cycles an error names."""


@dataclass(frozen=True)
class CyclePlace:
    """Where the files of a cycle lie.

    Attributes:
        cycle: The cycle.
        top: Folder of its configuration and records.
        run: Paths of one revision; only those of a revision are right in an archive.
        archived: Whether it lies in an archive.
    """

    cycle: Cycle
    top: Path
    run: RunPaths
    archived: bool = False

    @property
    def paths(self) -> RunPaths:
        """Paths of what all revisions share."""
        return RunPaths(self.top)


def find_cycle(folder: Path, cycle: Cycle, revision: int | None) -> CyclePlace:
    """Find one revision of a cycle.

    Raises:
        InputError: The cycle or the revision is not there, or not complete.
    """
    own = folder / cycle.name
    place = _of_run(own, cycle) if own.is_dir() else _all(folder).get(cycle)
    if place is None:
        msg = f"There is no cycle '{cycle.name}' in '{folder}'; {_listed(folder)}."
        raise InputError(msg)
    return _chosen(place, revision)


def find_cycles(folder: Path, start: str | None, end: str | None) -> tuple[CyclePlace, ...]:
    """Find the cycles of a period with their newest complete revisions, oldest first.

    Raises:
        CycleError: A bound is neither a cycle nor a day.
        InputError: There is none with a product.
    """
    first = _bound(start, "T00", "0001-01-01T00")
    last = _bound(end, "T23", "9999-12-31T23")
    there = [place for cycle, place in sorted(_all(folder).items()) if first <= cycle <= last]
    found = [place for place in there if place.run.latest_revision is not None]
    if len(found) < len(there):
        names = ", ".join(place.cycle.name for place in there if place not in found)
        logger.warning("left out, for they have no complete product: %s", names)
    if not found:
        msg = (
            f"There is no cycle with products between '{start or 'the first'}' and "
            f"'{end or 'the last'}' in '{folder}'; {_listed(folder)}."
        )
        raise InputError(msg)
    return tuple(_chosen(place, None) for place in found)


def _bound(text: str | None, hour: str, without: str) -> Cycle:
    try:
        return Cycle.parse(without if text is None else text if "T" in text else text + hour)
    except CycleError as error:
        msg = f"'{text}' is neither a cycle, YYYY-MM-DDTHH, nor a day, YYYY-MM-DD (UTC)."
        raise CycleError(msg) from error


def _all(folder: Path) -> dict[Cycle, CyclePlace]:
    """Every cycle in a folder: runs, or if there are none, what is archived.

    Raises:
        InputError: Several archives are below the folder and hold the same cycle.
    """
    found = {}
    for path in folder.glob("[0-9]*-[0-9]*-[0-9]*T[0-9]*"):
        if path.is_dir():
            try:
                cycle = Cycle.parse(path.name)
            except CycleError:
                continue
            found[cycle] = _of_run(path, cycle)
    if found:
        return found
    for root in (folder, *sorted(path for path in folder.glob("*/*") if path.is_dir())):
        archive = Archive(root)
        for cycle in archive.cycles():
            if cycle in found:
                msg = (
                    f"The cycle '{cycle.name}' lies in '{found[cycle].top}' and in "
                    f"'{archive.place(cycle)}'; name the folder of one version."
                )
                raise InputError(msg)
            top = archive.place(cycle)
            found[cycle] = CyclePlace(cycle, top, RunPaths(top / "products"), archived=True)
    return found


def _of_run(path: Path, cycle: Cycle) -> CyclePlace:
    return CyclePlace(cycle, path, RunPaths(path))


def _chosen(place: CyclePlace, revision: int | None) -> CyclePlace:
    """Take one revision.

    Raises:
        InputError: It is not there, or not complete.
    """
    complete, newest = place.run.revisions(), place.run.latest_revision
    wanted = newest if revision is None else revision
    if wanted is None or not complete:
        msg = (
            f"The cycle '{place.cycle.name}' in '{place.top}' has no complete product yet; look "
            f"with `forecast status {place.cycle.name}`, or finish it with `forecast run "
            f"{place.cycle.name}`."
        )
        raise InputError(msg)
    if wanted not in complete:
        msg = (
            f"The cycle '{place.cycle.name}' in '{place.top}' has no complete revision {wanted}; "
            f"it has {', '.join(map(str, complete))}."
        )
        raise InputError(msg)
    return CyclePlace(place.cycle, place.top, place.run.of_revision(wanted), place.archived)


def _listed(folder: Path) -> str:
    """Say which cycles a folder has."""
    if not folder.is_dir():
        return f"'{folder}' is no folder: name that of the runs, or that of an archive"
    names = [cycle.name for cycle in sorted(_all(folder))]
    if not names:
        return "it holds no cycle: name the folder of the runs, or that of an archive"
    if len(names) <= _NAMED:
        return f"it has {', '.join(names)}"
    return f"it has {len(names)} cycles, from {names[0]} to {names[-1]}"
