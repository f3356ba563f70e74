"""Whether the folder of the runs will do: to be written, fast enough, with room."""

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from forecast.config.site import SiteConfig
from forecast.workflow.findings import Finding, fail, ok, warn

_TRIAL_MB = 64
_TRIAL_FILES = 100
_GIGA = 1e9


@dataclass(frozen=True)
class Need:
    """Room that forecasts take.

    Attributes:
        run: One run at most, bytes.
        kept: All runs that the retention keeps, bytes.
        left: What must stay free, bytes.
        budget: Most that all runs may take, bytes; None without a limit.
    """

    run: float
    kept: float
    left: float
    budget: float | None = None


def disk_findings(folder: Path, site: SiteConfig, need: Need) -> Iterator[Finding]:
    """Look at a folder from this machine; trial files are left to its owner to remove.

    Args:
        folder: A folder on the disk of the runs.
        site: What is fast enough there.
        need: Room that forecasts take.
    """
    yield _room(folder, need)
    try:
        yield _speed(folder / "large", site.disk_speed)
        yield _files(folder / "small", site.files_per_second)
    except OSError as error:
        yield fail(
            "runs folder",
            f"a trial file could not be written: {error.strerror}",
            "Make room, ask for a larger quota, or name another folder with --runs.",
        )


def _speed(file: Path, least: float) -> Finding:
    block = os.urandom(1 << 20)
    begun = time.monotonic()
    with file.open("wb") as handle:
        for _ in range(_TRIAL_MB):
            handle.write(block)
        handle.flush()
        os.fsync(handle.fileno())
    speed = _TRIAL_MB * (1 << 20) / 1e6 / (time.monotonic() - begun)
    file.unlink()
    text = f"{speed:.0f} MB/s written (at least {least:g} wanted)"
    if speed < least:
        return warn(
            "disk speed",
            text,
            "Members will wait for the disk. Put the runs on the cluster's parallel file system "
            "(--runs), or lower site.disk_speed if this is all there is.",
        )
    return ok("disk speed", text)


def _files(folder: Path, least: float) -> Finding:
    folder.mkdir()
    begun = time.monotonic()
    for number in range(_TRIAL_FILES):
        partial = folder / f"{number}.partial"
        partial.write_bytes(b"x" * 4096)
        partial.replace(folder / str(number))
    rate = _TRIAL_FILES / (time.monotonic() - begun)
    text = f"{rate:.0f} files/s made and renamed (at least {least:g} wanted)"
    if rate < least:
        return warn(
            "small files",
            text,
            "Output of members is many small files. Take another file system, or lower "
            "site.files_per_second if this is all there is.",
        )
    return ok("small files", text)


def _room(folder: Path, need: Need) -> Finding:
    free = shutil.disk_usage(folder).free
    text = (
        f"{free / _GIGA:.1f} GB free; a run takes at most {need.run / _GIGA:.2f} GB, all that the "
        f"retention keeps {need.kept / _GIGA:.1f} GB"
    )
    if free < need.run + need.left:
        return fail(
            "room",
            text,
            "Not even one run fits: remove what may go (`forecast prune`), or take another disk.",
        )
    if need.budget is not None and need.kept > need.budget:
        return warn(
            "room",
            f"{text}, more than retention.disk_budget_gb = {need.budget / _GIGA:g}",
            "Keep fewer cycles (retention.*_cycles), or allow more.",
        )
    if free < need.kept + need.left:
        return warn(
            "room",
            text,
            "The disk will be full before old runs are removed: keep fewer cycles "
            "(retention.*_cycles), or take another disk.",
        )
    return ok("room", text)
