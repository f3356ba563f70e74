"""The frozen checkout of a launched cycle."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from forecast.common.errors import ConfigurationError
from forecast.workflow.detached import frozen_environment
from forecast.workflow.frozen import Frozen, freeze, lead_to, sweep

_PACKAGE = "said = 'committed'\n"


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    done = subprocess.run(
        [*command, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "forecast").mkdir(parents=True)
    (folder / "forecast" / "__init__.py").write_text(_PACKAGE)
    (folder / ".gitignore").write_text("__pycache__/\n")
    _git(folder, "init", "--quiet")
    _git(folder, "add", ".")
    _git(folder, "commit", "--quiet", "-m", "first")
    return folder


def _said(frozen: Frozen, folder: Path) -> str:
    """What a Python says that was started for a cycle, wherever it was started."""
    done = subprocess.run(
        [sys.executable, "-c", "import forecast; print(forecast.said, forecast.__file__)"],
        cwd=folder, env=frozen_environment(frozen), check=True, capture_output=True, text=True,
    )  # fmt: skip
    said, path = done.stdout.split()
    assert Path(path).is_relative_to(frozen.folder)
    return said


def test_edits_and_commits_after_the_launch_do_not_reach_the_cycle(
    project: Path, tmp_path: Path
) -> None:
    frozen = freeze(project, tmp_path / "runs")
    assert frozen.commit == _git(project, "rev-parse", "HEAD")
    (project / "forecast" / "__init__.py").write_text("raise SystemExit('edited')\n")
    assert _said(frozen, project) == "committed"  # even when started in the edited checkout
    _git(project, "commit", "--quiet", "-a", "-m", "second")
    assert _said(frozen, project) == "committed"
    assert freeze(project, tmp_path / "runs").folder != frozen.folder


def test_a_modified_checkout_is_refused_and_every_change_named(
    project: Path, tmp_path: Path
) -> None:
    (project / "forecast" / "__init__.py").write_text("said = 'edited'\n")
    (project / "forecast" / "added.py").write_text("")
    (project / "forecast" / "__pycache__").mkdir()
    (project / "forecast" / "__pycache__" / "ignored.pyc").write_text("")
    with pytest.raises(ConfigurationError, match=r"2 file\(s\)") as caught:
        freeze(project, tmp_path / "runs")
    assert "forecast/__init__.py" in str(caught.value)
    assert "forecast/added.py" in str(caught.value)
    assert not (tmp_path / "runs").exists()


def test_a_case_takes_changes_along_and_says_so(project: Path, tmp_path: Path) -> None:
    (project / "forecast" / "__init__.py").write_text("said = 'edited'\n")
    (project / "forecast" / "added.py").write_text("")
    (project / ".gitignore").unlink()
    frozen = freeze(project, tmp_path / "runs", allow_modified=True)
    assert frozen.changes == (".gitignore", "forecast/__init__.py", "forecast/added.py")
    assert _said(frozen, tmp_path) == "edited"
    assert (frozen.folder / "forecast" / "added.py").is_file()
    assert not (frozen.folder / ".gitignore").exists()
    (project / "forecast" / "__init__.py").write_text("said = 'edited again'\n")
    assert freeze(project, tmp_path / "runs", allow_modified=True).folder != frozen.folder


def test_cycles_of_one_commit_share_their_checkout_and_what_was_compiled_there(
    project: Path, tmp_path: Path
) -> None:
    first = freeze(project, tmp_path / "runs")
    compiled = first.folder / "forecast" / "__pycache__" / "kernel.nbi"
    compiled.parent.mkdir(exist_ok=True)
    compiled.write_text("")
    assert freeze(project, tmp_path / "runs") == first
    assert compiled.is_file()


def test_a_frozen_checkout_that_somebody_edited_is_refused(project: Path, tmp_path: Path) -> None:
    frozen = freeze(project, tmp_path / "runs")
    module = frozen.folder / "forecast" / "__init__.py"
    assert not module.stat().st_mode & 0o222
    module.chmod(0o644)
    module.write_text("said = 'edited'\n")
    with pytest.raises(ConfigurationError, match=r"has changes in forecast/__init__\.py"):
        freeze(project, tmp_path / "runs")


def test_a_folder_without_history_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no git checkout"):
        freeze(tmp_path, tmp_path / "runs")


def test_checkouts_without_a_run_go_after_a_day(project: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    used = freeze(project, runs)
    lead_to(runs / "2022-01-01T00" / "code", used)
    (project / "more").write_text("")
    _git(project, "add", ".")
    _git(project, "commit", "--quiet", "-m", "second")
    unused = freeze(project, runs)
    assert (runs / "2022-01-01T00" / "code").resolve() == used.folder
    assert sweep(runs) == ()
    assert sweep(runs, older_than=-1.0) == (unused.folder,)
    assert used.folder.is_dir()


def test_variables_of_a_calling_git_do_not_lead_astray(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "GIT_DIR", str(tmp_path / "elsewhere"))
    assert freeze(project, tmp_path / "runs").folder.is_dir()
