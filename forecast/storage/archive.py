"""The archive: what is kept of a cycle for good, with checksums.

`<folder>/<system>/<version>/<YYYYMMDD>/<HH>/` holds the configuration, the decision, the products
of every revision, checkpoints and logs, and `MANIFEST.sha256`, which `sha256sum -c` understands. A
revision that is archived is never changed; a later one is put beside it. `latest` leads to the
newest cycle and is switched last.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from forecast.common.cycle import Cycle
from forecast.common.errors import InputError, OutputError
from forecast.config.retention import ArchivedRestarts
from forecast.config.run import RunPaths
from forecast.storage.atomic import flush, output_error, point, remove, replacing, write_text
from forecast.storage.manifest import digest
from forecast.storage.restart import complete_restarts

MANIFEST = "MANIFEST.sha256"
_LATEST = "latest"
_PRODUCTS = "products"
_NOT_ARCHIVED = {"log", "status", "manifest"}
"""Folders of a revision that are in its merged manifest or among the logs."""
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Finding:
    """Something in the archive that is not as it should be.

    Attributes:
        cycle: Name of the cycle.
        path: Relative to the folder of the cycle; empty when the cycle itself is meant.
        problem: What is wrong, a sentence.
    """

    cycle: str
    path: str
    problem: str


@dataclass(frozen=True)
class Archive:
    """One version of one system in an archive.

    Attributes:
        root: `<folder>/<system>/<version>`.
    """

    root: Path

    def place(self, cycle: Cycle) -> Path:
        """Folder of a cycle."""
        return self.root / cycle.time.strftime("%Y%m%d") / cycle.time.strftime("%H")

    def cycles(self) -> tuple[Cycle, ...]:
        """Archived cycles, oldest first."""
        found = []
        for folder in self.root.glob("[0-9]*/[0-9][0-9]"):
            try:
                time = datetime.strptime(f"{folder.parent.name}{folder.name}Z", "%Y%m%d%H%z")
            except ValueError:
                continue
            found.append(Cycle(time.astimezone(UTC)))
        return tuple(sorted(found))

    # --- writing
    def add(self, run: RunPaths, restarts: ArchivedRestarts) -> Path:
        """Archive a cycle, or add to it what has come since.

        Args:
            run: Files of the run.
            restarts: Which checkpoints go along.

        Returns:
            Folder of the cycle in the archive.

        Raises:
            InputError: The run has no complete product.
            OutputError: The disk refuses the files, a copy is not like its original, or an
                archived revision is not like that of the run.
        """
        newest = run.latest_revision
        if newest is None:
            msg = (
                f"The cycle '{run.folder.name}' has no complete product to archive; look with "
                f"`forecast status {run.folder.name}`."
            )
            raise InputError(msg)
        place = self.place(run.cycle)
        files = dict(_files(run, newest, restarts))
        self._refuse_changes(place, files)
        try:
            if place.exists():
                _fill(place, files)
            else:
                with replacing(place) as hidden:
                    _fill(hidden, files)
            point(place / _PRODUCTS / _LATEST, place / _PRODUCTS / f"r{newest}")
            self._point_to(run.cycle)
        except OSError as error:
            raise output_error(place, error) from error
        return place

    def _refuse_changes(self, place: Path, files: Mapping[str, Path]) -> None:
        """Refuse to write over an archived revision.

        Raises:
            OutputError: A file of it is not like that of the run.
        """
        for name, source in files.items():
            archived = place / name
            if not name.startswith(f"{_PRODUCTS}/") or not archived.is_file():
                continue
            if digest(archived) != digest(source):
                msg = (
                    f"'{archived}' is archived and not like '{source}'. An archived revision is "
                    "never changed: make another one (`forecast revise`), or, if the archive is "
                    "damaged (`forecast archive --verify`), move its folder away first."
                )
                raise OutputError(msg)

    def _point_to(self, cycle: Cycle) -> None:
        """Let `latest` lead to a cycle unless it leads to a later one."""
        link = self.root / _LATEST
        target = self.place(cycle).relative_to(self.root)
        try:
            before = link.readlink().as_posix()
        except OSError:
            before = ""
        if before > target.as_posix():
            return
        hidden = link.with_name(f".{_LATEST}.{os.getpid()}")
        remove(hidden)
        hidden.symlink_to(target)
        hidden.replace(link)

    # --- checking
    def verify(self, step_hours: int, newest: int | None = None) -> tuple[Finding, ...]:
        """Compare the archive with its checksums, and look for cycles that are not there.

        Args:
            step_hours: Hours from one cycle to the next.
            newest: How many of the newest cycles are read; None reads all. Holes are looked for
                among all.
        """
        cycles = self.cycles()
        found = list(_holes(cycles, timedelta(hours=step_hours)))
        for cycle in cycles[-newest:] if newest else cycles:
            found += _check(cycle.name, self.place(cycle))
        link = self.root / _LATEST
        if cycles and link.resolve() != self.place(cycles[-1]).resolve():
            problem = f"'{link}' does not lead to the newest cycle"
            found.append(Finding(cycles[-1].name, "", problem))
        return tuple(found)


def _files(run: RunPaths, newest: int, restarts: ArchivedRestarts) -> Iterator[tuple[str, Path]]:
    """Every file to archive: its name there, and where it lies."""
    whole = (
        run.configuration, run.inputs_record, run.start_plan, run.invocation, run.launch,
        run.driver, run.history, run.alerts, run.of_revision(newest).members,
    )  # fmt: skip
    yield from ((path.name, path) for path in whole if path.is_file())
    for number in run.revisions():
        folder = run.of_revision(number).revision_folder
        for entry in sorted(folder.iterdir()):
            if entry.name not in _NOT_ARCHIVED:
                yield from _below(entry, f"{_PRODUCTS}/{folder.name}/{entry.name}")
        yield from _below(folder / "log", f"logs/{folder.name}")
    yield from _below(run.log_folder, "logs")
    yield from ((f"logs/{path.name}", path) for path in [run.launch_log] if path.is_file())
    yield from _below(run.folder / "status", "logs/status")
    for member in _members(run, restarts):
        for path in complete_restarts(run.restart_folder, member).values():
            yield from _below(path, f"restart/{path.name}")


def _members(run: RunPaths, restarts: ArchivedRestarts) -> list[str]:
    if restarts is ArchivedRestarts.NONE:
        return []
    if restarts is ArchivedRestarts.CONTROL:
        return ["m00"]
    return sorted({path.name.partition(".")[0] for path in run.restart_folder.glob("m*.zarr")})


def _below(path: Path, name: str) -> Iterator[tuple[str, Path]]:
    """A file, or every file of a folder; hidden ones are half written."""
    if path.is_file():
        yield name, path
    elif path.is_dir():
        for entry in sorted(path.iterdir()):
            if not entry.name.startswith("."):
                yield from _below(entry, f"{name}/{entry.name}")


def _fill(folder: Path, files: Mapping[str, Path]) -> None:
    """Copy what is not there yet, then write the list of checksums over everything."""
    sums = _read_sums(folder) if (folder / MANIFEST).is_file() else {}
    for name, source in files.items():
        target = folder / name
        if target.is_file() and sums.get(name) == digest(source):
            continue
        sums[name] = _copy(source, target)
    lines = [f"{checksum}  {name}" for name, checksum in sorted(sums.items())]
    write_text(folder / MANIFEST, "\n".join(lines) + "\n")
    flush(folder)


def _copy(source: Path, target: Path) -> str:
    """Copy a file and read the copy back; return its checksum.

    Raises:
        OutputError: The copy is not like what was read.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    hidden = target.with_name(f".{target.name}.partial")
    made = hashlib.sha256()
    with source.open("rb") as reader, hidden.open("wb") as writer:
        while block := reader.read(_BLOCK):
            made.update(block)
            writer.write(block)
    shutil.copystat(source, hidden)
    hidden.replace(target)
    if digest(target) != made.hexdigest():
        msg = f"'{target}' is not like '{source}' after copying; look at the disk of the archive."
        raise OutputError(msg)
    return made.hexdigest()


def _read_sums(folder: Path) -> dict[str, str]:
    sums = {}
    for line in (folder / MANIFEST).read_text(encoding="utf-8").splitlines():
        checksum, _, name = line.partition("  ")
        sums[name] = checksum
    return sums


def _check(cycle: str, folder: Path) -> Iterator[Finding]:
    try:
        sums = _read_sums(folder)
    except OSError:
        yield Finding(cycle, MANIFEST, "the list of checksums cannot be read")
        return
    for name, checksum in sums.items():
        try:
            found = digest(folder / name)
        except InputError:
            yield Finding(cycle, name, "the file is missing")
            continue
        if found != checksum:
            yield Finding(cycle, name, "the file is not as it was archived")
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not path.is_symlink() and name not in {*sums, MANIFEST}:
            yield Finding(cycle, name, "the file is not in the list of checksums")


def _holes(cycles: tuple[Cycle, ...], step: timedelta) -> Iterator[Finding]:
    """Cycles between the first and the last that were not archived."""
    if not cycles:
        return
    known, time = set(cycles), cycles[0].time
    while time < cycles[-1].time:
        if Cycle(time) not in known:
            yield Finding(Cycle(time).name, "", "the cycle is not in the archive")
        time += step
