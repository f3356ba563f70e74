"""Which files of which runs may go, and their removal."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from forecast.common.cycle import Cycle
from forecast.common.errors import CycleError, InputError
from forecast.config.retention import RetentionConfig
from forecast.config.run import RunPaths
from forecast.config.start import StartConfig
from forecast.fields.records import from_json
from forecast.fields.start import StartPlan
from forecast.storage.atomic import output_error, read_json, remove, write_json
from forecast.storage.room import taken_bytes

logger = logging.getLogger(__name__)

_OLD = ".old"


@dataclass(frozen=True)
class KeptRun:
    """One run of a folder, as far as keeping it goes.

    Attributes:
        run: Its files.
        complete: True when it has succeeded.
        living: True when somebody runs it now.
        needs: Checkpoints of other runs that it begins from, while it is not complete.
    """

    run: RunPaths
    complete: bool
    living: bool
    needs: tuple[Path, ...] = ()

    @property
    def cycle(self) -> Cycle:
        """Its cycle."""
        return self.run.cycle


@dataclass(frozen=True)
class Removal:
    """One file or folder that may go.

    Attributes:
        cycle: Name of the run's cycle.
        path: What goes.
        kind: "restart", "fields" or "grid".
        reason: Why it may, a sentence.
    """

    cycle: str
    path: Path
    kind: str
    reason: str


def kept_runs(folder: Path, living: Callable[[RunPaths], bool]) -> tuple[KeptRun, ...]:
    """Look at all runs of a folder, oldest first.

    Args:
        folder: Folder of all runs.
        living: Tells whether somebody runs a cycle now.
    """
    found = []
    for entry in folder.glob("*/config.yaml"):
        run = RunPaths(entry.parent.resolve())
        try:
            _ = run.cycle
        except CycleError:
            continue
        complete = _complete(run)
        needs = () if complete else _sources(run)
        found.append(KeptRun(run, complete, living(run), needs))
    return tuple(sorted(found, key=lambda kept: kept.cycle))


def _complete(run: RunPaths) -> bool:
    """A run has succeeded with its first product, or, without one, when its driver says so."""
    if run.latest_revision is not None:
        return True
    try:
        return bool(read_json(run.invocation)["outcome"] == "complete")
    except (InputError, KeyError, TypeError):
        return False


def _sources(run: RunPaths) -> tuple[Path, ...]:
    """Checkpoints that a run begins from; a plan that cannot be read names none."""
    try:
        text = run.start_plan.read_text(encoding="utf-8")
        plan = from_json(StartPlan, text, run.start_plan)
    except (OSError, InputError):
        return ()
    paths = (entry.path(run.folder) for entry in plan.members)
    return tuple(path for path in paths if path is not None)


@dataclass(frozen=True)
class Keeping:
    """The rules, applied to the runs of one folder.

    Attributes:
        runs: All runs, oldest first.
        retention: How long what is kept.
        start: The ladder of states from which members can begin.
    """

    runs: Sequence[KeptRun]
    retention: RetentionConfig
    start: StartConfig

    def removals(self) -> tuple[Removal, ...]:
        """Everything that may go now, oldest run first."""
        found: list[Removal] = []
        for kept in self.runs:
            if not kept.living:
                found += self._of(kept)
        return tuple(found)

    def _of(self, kept: KeptRun) -> list[Removal]:
        newer = [other for other in self.runs if other.cycle > kept.cycle and other.complete]
        if not newer or not self._followed(kept, newer):
            return []
        run, count = kept.run, len(newer)
        needed = {path for other in self.runs for path in other.needs}
        found: list[Removal] = []

        def take(kind: str, limit: int, paths: Iterable[Path]) -> None:
            if count < limit:
                return
            reason = f"{count} later cycles have succeeded; the newest {limit} keep theirs"
            found.extend(
                Removal(kept.cycle.name, path, kind, reason)
                for path in paths
                if path.exists() and path not in needed
            )

        if not self._within_reach(kept):
            take("restart", self.retention.restart_cycles, _restarts(run))
        if not self._stands_in(kept):
            take("fields", self.retention.field_cycles, _fields(run))
        take("grid", self.retention.grid_cycles, _grids(run))
        return found

    def _followed(self, kept: KeptRun, newer: Sequence[KeptRun]) -> bool:
        """Whether the following cycle has succeeded, or nobody waits for it any more."""
        step = timedelta(hours=self.start.cycle_hours)
        if any(other.cycle.time - kept.cycle.time <= step for other in newer):
            return True
        age = newer[-1].cycle.time - kept.cycle.time
        return age > timedelta(days=self.retention.hole_days)

    def _within_reach(self, kept: KeptRun) -> bool:
        """Whether a cycle that runs now may begin from this one's checkpoints."""
        reach = timedelta(hours=self.start.cycle_hours * max(self.start.ladder, default=0))
        gaps = (other.cycle.time - kept.cycle.time for other in self.runs if other.living)
        return any(timedelta() < gap <= reach for gap in gaps)

    def _stands_in(self, kept: KeptRun) -> bool:
        """Whether this one's members would stand in if a cycle that runs now had none."""
        for other in self.runs:
            if not other.living:
                continue
            before = [run for run in self.runs if run.complete and run.cycle < other.cycle]
            if kept in before[-2:]:
                return True
        return False


def _restarts(run: RunPaths) -> list[Path]:
    """Checkpoints, and the states that members began from after an analysis."""
    analysed = run.analysis_record.parent.glob("m*.zarr")
    return sorted([*run.restart_folder.glob("m*.zarr"), *analysed])


def _fields(run: RunPaths) -> list[Path]:
    """Inputs and outputs of the members, and what the workflow engine keeps."""
    folders = (run.meteorology.parent, run.perturbation("m00").parent, run.output("m00").parent)
    return [*folders, run.folder / ".snakemake", run.code]


def _grids(run: RunPaths) -> list[Path]:
    revisions = (run.of_revision(number) for number in run.revisions())
    return [path for paths in revisions for path in (paths.ensemble, paths.fields_hourly)]


def remove_all(runs: Path, removals: Sequence[Removal]) -> int:
    """Remove files, and note in each run what has gone; return the room they took, bytes.

    A folder is renamed first, so nobody meets half of one; leftovers of an earlier removal that
    was interrupted go, too.

    Raises:
        OutputError: The disk refuses it.
    """
    freed = 0
    by_cycle: dict[str, list[Removal]] = {}
    for removal in removals:
        by_cycle.setdefault(removal.cycle, []).append(removal)
    for cycle, entries in by_cycle.items():
        run = RunPaths((runs / cycle).resolve())
        _note(run, entries)
        for entry in entries:
            freed += _remove_one(entry.path)
    return freed


def _remove_one(path: Path) -> int:
    if path.is_symlink():
        path.unlink()
        return 0
    size = taken_bytes(path) if path.is_dir() else path.stat().st_blocks * 512
    hidden = path.with_name(f".{path.name}{_OLD}")
    try:
        remove(hidden)
        path.rename(hidden)
        remove(hidden)
    except OSError as error:
        raise output_error(path, error) from error
    logger.info("removed '%s'", path)
    return size


def _note(run: RunPaths, entries: Sequence[Removal]) -> None:
    try:
        before = list(read_json(run.pruned)) if run.pruned.is_file() else []
    except InputError:
        before = []
    now = [
        {**asdict(entry), "path": entry.path.relative_to(run.folder).as_posix()}
        for entry in entries
    ]
    write_json(run.pruned, [*before, *now])
