"""A checkout of what is tested, to launch from and to edit while a cycle runs."""

import shutil
import subprocess
from pathlib import Path

from forecast.workflow.frozen import freeze

ROOT = Path(__file__).resolve().parents[2]


def git(folder: Path, *arguments: str) -> str:
    """Call git and return what it says."""
    command = ["git", "-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    done = subprocess.run(
        [*command, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def clean_checkout(folder: Path) -> Path:
    """Make a clean checkout `origin` of what is being tested, with its changes, in a folder."""
    origin = folder / "origin"
    frozen = freeze(ROOT, folder / "copies", allow_modified=True)
    shutil.copytree(frozen.folder, origin, symlinks=True)
    for path in origin.rglob("*.py"):
        path.chmod(0o644)
    git(origin, "add", "--all")
    git(origin, "commit", "--quiet", "--allow-empty", "-m", "what is tested")
    return origin


def edit(origin: Path) -> None:
    """Break the stages in a checkout, and commit that."""
    for stage in ("run_member", "combine", "index", "publish"):
        path = origin / "forecast" / "stages" / f"{stage}.py"
        path.write_text("raise SystemExit('edited under a running cycle')\n")
    git(origin, "commit", "--quiet", "-a", "-m", "an edit in the middle of a cycle")
