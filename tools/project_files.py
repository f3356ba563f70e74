"""The files that belong to the project: what version control holds, or all but the leftovers."""

import subprocess
from pathlib import Path

LEFTOVERS = {
    ".git", ".venv", "runs", "build", "dist", "__pycache__", ".pytest_cache", ".mypy_cache",
    ".ruff_cache", ".hypothesis", ".snakemake", ".import_linter_cache", ".numba_cache",
}  # fmt: skip
"""Folders that hold no source; needed where there is no version control (an unpacked archive)."""


def project_files(root: Path) -> list[Path]:
    """List the project's files, sorted, relative to its root.

    Args:
        root: Folder of the checkout.

    Returns:
        Files that git tracks or would track; without git, every file outside the leftovers.
    """
    if (root / ".git").exists():
        try:
            listing = subprocess.run(
                ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
                cwd=root,
                capture_output=True,
                check=True,
            )
        except OSError:
            return _walk(root)
        names = listing.stdout.decode().split("\0")
        return sorted(Path(name) for name in names if name and (root / name).is_file())
    return _walk(root)


def _walk(root: Path) -> list[Path]:
    """List every file outside the leftovers, relative to the root."""
    found = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return sorted(
        path
        for path in found
        if not LEFTOVERS.intersection(path.parts) and not _is_metadata(path.parts)
    )


def _is_metadata(parts: tuple[str, ...]) -> bool:
    """Whether a path lies in the folder that an editable installation leaves."""
    return any(part.endswith(".egg-info") for part in parts)
