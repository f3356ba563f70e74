"""The checkout that runs a cycle: one commit, which nobody edits while the cycle runs.

Checkouts lie in `runs/.code`, one a commit, and `runs/{cycle}/code` leads to one of them. Cycles
of the same commit share theirs, so the kernels are compiled once a commit and not once a cycle.
"""

import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from forecast.common.errors import ConfigurationError

_STORE = ".code"
_SHORT = 12
_UNUSED_SECONDS = 86400.0
"""How old a checkout is at least when it is removed because no run leads to it."""
_GIT_VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")


@dataclass(frozen=True)
class Frozen:
    """A checkout that nobody edits.

    Attributes:
        folder: Where it lies.
        commit: Its commit.
        changes: Files that differ from the commit; empty in operations.
    """

    folder: Path
    commit: str
    changes: tuple[str, ...] = ()


def freeze(project: Path, runs: Path, *, allow_modified: bool = False) -> Frozen:
    """Make, or find, the frozen copy of a checkout.

    Args:
        project: Checkout to copy, as it is now.
        runs: Folder of all runs.
        allow_modified: Take changes that are not committed along, instead of refusing them.

    Raises:
        ConfigurationError: The project is no git checkout, or is modified and must not be, or git
            refuses the copy.
    """
    if not (project / ".git").exists():
        msg = (
            f"'{project}' is no git checkout, so nobody could say later which code made the "
            "product. Launch from a clone, or use `forecast run`, which takes the code as it is."
        )
        raise ConfigurationError(msg)
    commit = _git(project, "rev-parse", "HEAD").strip()
    changes = _changes(project)
    if changes and not allow_modified:
        listed = "\n".join(f"  {name}" for name in changes[:20])
        more = f"\n  … and {len(changes) - 20} more" if len(changes) > 20 else ""  # noqa: PLR2004
        msg = (
            f"The checkout '{project}' has {len(changes)} file(s) that are not as committed:\n"
            f"{listed}{more}\nA forecast is launched from a clean checkout, so that its commit "
            "says what ran. Commit or remove them; for a case, not for operations, "
            "--allow-modified takes them along."
        )
        raise ConfigurationError(msg)
    name = commit[:_SHORT]
    if changes:
        name += f"-{_digest(project, changes)}"
    folder = runs.resolve() / _STORE / name
    if not folder.exists():
        _copy(project, folder, commit, changes)
    _check(folder, commit, clean=not changes)
    return Frozen(folder, commit, changes)


def _git(folder: Path, *arguments: str, text: bytes | None = None) -> str:
    """Run git in a folder and return what it prints."""
    git = shutil.which("git")
    if git is None:
        msg = "There is no git on this machine; a launch needs it to freeze the code of a cycle."
        raise ConfigurationError(msg)
    kept = {name: value for name, value in os.environ.items() if name not in _GIT_VARIABLES}
    done = subprocess.run(
        [git, "-C", str(folder), *arguments], input=text, capture_output=True, check=False, env=kept
    )
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip()
        msg = f"git refuses '{' '.join(arguments[:2])}' in '{folder}': {words}"
        raise ConfigurationError(msg)
    return done.stdout.decode(errors="surrogateescape")


def _changes(project: Path) -> tuple[str, ...]:
    """Files that differ from the commit, or that it does not know and that are not ignored."""
    entries = _git(project, "status", "--porcelain", "-z", "--untracked-files=all", "--no-renames")
    return tuple(sorted(entry[3:] for entry in entries.split("\0") if entry))


def _digest(project: Path, changes: Sequence[str]) -> str:
    made = hashlib.sha256()
    for name in changes:
        path = project / name
        content = path.read_bytes() if path.is_file() else b""
        made.update(f"{name}\0{path.is_file()}\0{len(content)}\0".encode(errors="surrogateescape"))
        made.update(content)
    return made.hexdigest()[:_SHORT]


def _copy(project: Path, folder: Path, commit: str, changes: Sequence[str]) -> None:
    """Clone into a hidden folder, then give it its name; whoever is second takes the first's."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    hidden = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        _git(project, "clone", "--quiet", "--no-checkout", str(project), str(hidden))
        _git(hidden, "checkout", "--quiet", "--detach", commit)
        for name in changes:
            _take_along(project / name, hidden / name)
        _protect(hidden)
        try:
            hidden.rename(folder)
        except OSError:
            if not folder.exists():
                raise
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def _take_along(source: Path, target: Path) -> None:
    if source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
    else:
        target.unlink(missing_ok=True)


def _protect(folder: Path) -> None:
    """Take the right to write away from the files; compiled kernels go into new ones."""
    for name in _git(folder, "ls-files", "-z").split("\0"):
        path = folder / name
        if name and path.is_file() and not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)


def _check(folder: Path, commit: str, *, clean: bool) -> None:
    """See that a frozen checkout is still what it was.

    Raises:
        ConfigurationError: Somebody has changed it.
    """
    found = _git(folder, "rev-parse", "HEAD").strip()
    changed = _changes(folder) if clean else ()
    if found != commit or changed:
        what = f"is at commit '{found}'" if found != commit else f"has changes in {changed[0]}"
        msg = (
            f"The frozen checkout '{folder}' {what}; it was made of '{commit}' and must never "
            "change. When no run uses it, remove that folder; the next launch makes it again."
        )
        raise ConfigurationError(msg)


def lead_to(link: Path, frozen: Frozen) -> None:
    """Let `runs/{cycle}/code` lead to a frozen checkout."""
    link.parent.mkdir(parents=True, exist_ok=True)
    target = os.path.relpath(frozen.folder, link.parent.resolve())
    hidden = link.with_name(f".{link.name}.{os.getpid()}")
    hidden.unlink(missing_ok=True)
    hidden.symlink_to(target)
    hidden.replace(link)


def sweep(runs: Path, older_than: float = _UNUSED_SECONDS) -> tuple[Path, ...]:
    """Remove the checkouts that no run leads to.

    Args:
        runs: Folder of all runs.
        older_than: Age that a checkout has at least, s: a launch makes it before the link.

    Returns:
        What was removed.
    """
    used = {link.resolve() for link in runs.glob("*/code")}
    swept = []
    for folder in sorted((runs.resolve() / _STORE).glob("*")):
        if folder not in used and time.time() - folder.stat().st_ctime > older_than:
            shutil.rmtree(folder, ignore_errors=True)
            swept.append(folder)
    return tuple(swept)
