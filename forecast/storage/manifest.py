"""Provenance: what each stage read, wrote, fell back to and how long it took."""

import hashlib
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forecast import __version__
from forecast.common.degradation import Degradation
from forecast.common.errors import InputError
from forecast.storage.atomic import missing_file, read_json, write_json

_SMALL = 1 << 20
"""Files of so many bytes are read at once."""


def digest(path: Path) -> str:
    """SHA-256 of a file, or of a folder's file names and contents in sorted order.

    Raises:
        InputError: There is nothing at this path.
    """
    if path.is_dir():
        total = hashlib.sha256()
        base = os.path.join(path, "")  # noqa: PTH118  (texts: a store has hundreds of files)
        for parts in sorted(_files_below(base)):
            name = "/".join(parts)
            total.update(f"{name}\0{_content_digest(base + name)}\n".encode())
        return total.hexdigest()
    try:
        return _content_digest(str(path))
    except FileNotFoundError as error:
        raise missing_file(path, "a file to put on record") from error


def _files_below(base: str) -> Iterator[tuple[str, ...]]:
    """Relative paths of all files below a folder whose name ends with "/", by their parts."""
    for root, _, names in os.walk(base):
        inner = tuple(root[len(base) :].split("/")) if len(root) > len(base) else ()
        yield from ((*inner, name) for name in names)


def _content_digest(name: str) -> str:
    with open(name, "rb") as handle:  # noqa: PTH123
        if os.fstat(handle.fileno()).st_size <= _SMALL:
            return hashlib.sha256(handle.read()).hexdigest()
        return hashlib.file_digest(handle, "sha256").hexdigest()


def code_version(project: Path) -> dict[str, Any]:
    """Version of this package, and the commit when it runs from a git checkout."""
    version: dict[str, Any] = {"version": __version__, "commit": None, "modified": None}
    git = shutil.which("git")
    if git is None or not (project / ".git").exists():
        return version
    answers = []
    for arguments in (("rev-parse", "HEAD"), ("status", "--porcelain", "--untracked-files=no")):
        done = subprocess.run(
            [git, "-C", str(project), *arguments], capture_output=True, text=True, check=False
        )
        if done.returncode:
            return version
        answers.append(done.stdout.strip())
    return version | {"commit": answers[0], "modified": bool(answers[1])}


@dataclass
class StageRecord:
    """Collects what a stage does while it does it.

    Attributes:
        stage: Name of the stage.
        run: Folder of the run; paths below it are kept relative.
        project: Folder of the checkout; paths below it are kept relative.
        configuration: Resolved configuration file, whose hash is kept.
        member: Name of the member, for stages that run once a member.
    """

    stage: str
    run: Path
    project: Path
    configuration: Path
    member: str | None = None
    inputs: list[Path] = field(default_factory=list)
    outputs: list[Path] = field(default_factory=list)
    degradations: list[Degradation] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    def read(self, *paths: Path) -> None:
        """Note files or folders that the stage reads."""
        self.inputs += paths

    def wrote(self, *paths: Path) -> None:
        """Note files or folders that the stage has written."""
        self.outputs += paths

    def fell_back(self, *degradations: Degradation) -> None:
        """Note fallbacks; whoever took them has announced them."""
        self.degradations += degradations

    def note(self, **facts: Any) -> None:
        """Note plain facts, such as counts, hours or attributions."""
        self.facts |= facts

    def write(self, path: Path) -> None:
        """Write the record with the hash of every file.

        Raises:
            InputError: A noted file does not exist.
            OutputError: The disk refuses the file.
        """
        ended = datetime.now(UTC)
        write_json(
            path,
            {
                "stage": self.stage,
                "member": self.member,
                "started": self.started.isoformat(timespec="seconds"),
                "seconds": round((ended - self.started).total_seconds(), 2),
                "host": platform.node(),
                "python": platform.python_version(),
                "code": code_version(self.project),
                "configuration_sha256": digest(self.configuration),
                "inputs": self._listed(self.inputs),
                "outputs": self._listed(self.outputs),
                "degradations": [entry.as_record() for entry in self.degradations],
                "facts": self.facts,
            },
        )

    def _listed(self, paths: list[Path]) -> list[dict[str, str]]:
        return [
            {"path": self._short(path), "sha256": digest(path)} for path in dict.fromkeys(paths)
        ]

    def _short(self, path: Path) -> str:
        for base in (self.run, self.project):
            if path.is_relative_to(base):
                return path.relative_to(base).as_posix()
        return str(path)


def read_stage_records(*folders: Path) -> list[dict[str, Any]]:
    """Read all stage records of a run in the order in which they started.

    Args:
        folders: Of the run, and of one of its revisions.

    Raises:
        InputError: A record is damaged.
    """
    paths = [path for folder in folders for path in sorted(folder.glob("*.json"))]
    records = [read_json(path) for path in paths]
    for path, record in zip(paths, records, strict=True):
        if not isinstance(record, dict) or "started" not in record:
            msg = f"'{path}' is no record of a stage; remove it and run the cycle again."
            raise InputError(msg)
    return sorted(records, key=lambda record: str(record["started"]))


def degradations_of(records: list[dict[str, Any]]) -> tuple[Degradation, ...]:
    """Gather the fallbacks of all stages, each once."""
    return tuple(
        dict.fromkeys(
            Degradation(**entry) for record in records for entry in record["degradations"]
        )
    )


def write_manifest(
    path: Path, cycle: str, records: list[dict[str, Any]], project: Path, **facts: Mapping[str, Any]
) -> None:
    """Write the merged manifest of a run.

    Args:
        path: File to write.
        cycle: Name of the cycle.
        records: Stage records, `read_stage_records`.
        project: Folder of the checkout, whose commit is recorded.
        facts: Further entries, such as the members.

    Raises:
        OutputError: The disk refuses the file.
    """
    write_json(
        path,
        {
            "cycle": cycle,
            "written": datetime.now(UTC).isoformat(timespec="seconds"),
            "code": code_version(project),
            "configuration_sha256": sorted({r["configuration_sha256"] for r in records}),
            "degradations": [entry.as_record() for entry in degradations_of(records)],
            "stages": records,
            **facts,
        },
    )
