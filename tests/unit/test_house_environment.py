"""Choosing a Python and knowing what is installed, without installing anything."""

import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tools import environment

SUITABLE, OLD, BARE, BROKEN = 0, 3, 4, 127


@pytest.fixture
def find(project_root: Path, tmp_path: Path) -> "Finder":
    """The script, in a world that holds only the Pythons of the test."""
    return Finder(project_root / "tools" / "find_python.sh", tmp_path)


class Finder:
    """Runs `find_python.sh` with made Pythons on an otherwise empty PATH."""

    def __init__(self, script: Path, folder: Path) -> None:
        self.script = script
        self.folder = folder

    def __call__(self, pythons: dict[str, int], choice: str = "") -> tuple[int, str, str]:
        # resolved: the kernel cannot read the first line of a script when its path has a space
        shell = Path(shutil.which("sh") or "/bin/sh").resolve()
        for name, answer in pythons.items():
            program = self.folder / name
            program.parent.mkdir(parents=True, exist_ok=True)
            program.write_text(f"#!{shell}\nexit {answer}\n", encoding="utf-8")
            program.chmod(0o755)
        ran = subprocess.run(
            [str(shell), str(self.script)],
            env={"PATH": str(self.folder), "PYTHON": choice},
            capture_output=True,
            text=True,
            check=False,
        )
        return ran.returncode, ran.stdout.strip(), ran.stderr


def test_an_old_python3_does_not_hide_a_newer_one(find: Finder) -> None:
    status, path, _ = find({"python3": OLD, "python3.12": SUITABLE})

    assert (status, path) == (0, str(find.folder / "python3.12"))


def test_the_newest_of_those_the_lock_has_wheels_for_comes_first(find: Finder) -> None:
    found = {"python3.11": SUITABLE, "python3.13": SUITABLE, "python3.14": SUITABLE}

    assert find(found)[1] == str(find.folder / "python3.13")


def test_an_empty_shim_is_passed_over(find: Finder) -> None:
    assert find({"python3.13": BROKEN, "python3": SUITABLE})[1] == str(find.folder / "python3")


def test_a_choice_wins_and_may_lie_in_a_folder_with_a_space(find: Finder) -> None:
    choice = find.folder / "my pythons" / "python3"

    status, path, _ = find(
        {"my pythons/python3": SUITABLE, "python3.13": SUITABLE}, choice=str(choice)
    )

    assert (status, path) == (0, str(choice))


@pytest.mark.parametrize(
    ("pythons", "choice", "words"),
    [
        ({}, "", "No Python was found on the PATH"),
        ({"python3": OLD}, "", "Only Pythons older than 3.11 were found"),
        ({"python3": BARE}, "", "without the modules venv and ensurepip"),
        ({"python3": SUITABLE}, "python9", "PYTHON='python9' does not start as a Python"),
    ],
)
def test_where_none_will_do_the_reason_and_the_remedy_are_named(
    find: Finder, pythons: dict[str, int], choice: str, words: str
) -> None:
    status, path, complaint = find(pythons, choice)

    assert (status, path) == (1, "")
    assert words in complaint
    assert "make forecast PYTHON=" in complaint


@pytest.fixture
def checkout(project_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what an installation depends on, as the folder of the checkout."""
    shutil.copytree(project_root / "requirements", tmp_path / "requirements")
    shutil.copy(project_root / "pyproject.toml", tmp_path)
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "ENVIRONMENT", tmp_path / ".venv")
    monkeypatch.setattr(environment, "STAMP", tmp_path / ".venv" / "installed.json")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def installations(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The kinds that were installed, in order; nothing is installed."""
    kinds: list[str] = []
    monkeypatch.setattr(environment, "install", kinds.append)
    monkeypatch.setattr(environment, "usable", lambda python: True)
    return kinds


def test_what_is_installed_is_not_installed_again(installations: list[str]) -> None:
    for _ in range(2):
        environment.refresh("runtime")

    assert installations == ["runtime"]


def test_the_tools_bring_what_a_forecast_needs(installations: list[str]) -> None:
    for kind in ("test", "runtime"):
        environment.refresh(kind)

    assert installations == ["test"]


@pytest.mark.parametrize(
    ("path", "kind", "again"),
    [
        ("requirements/lock.txt", "runtime", True),
        ("requirements/lock-build.txt", "runtime", True),
        ("requirements/lock-test.txt", "runtime", False),
        ("requirements/lock-test.txt", "test", True),
    ],
)
def test_a_changed_lock_is_installed(
    checkout: Path, installations: list[str], path: str, kind: str, again: bool
) -> None:
    environment.refresh(kind)
    with (checkout / path).open("a", encoding="utf-8") as lock:
        lock.write("# changed\n")

    environment.refresh(kind)

    assert installations == [kind] * (2 if again else 1)


def test_a_broken_stamp_means_installing(checkout: Path, installations: list[str]) -> None:
    environment.refresh("runtime")
    environment.STAMP.write_text("{", encoding="utf-8")

    environment.refresh("runtime")

    assert installations == ["runtime", "runtime"]


def test_a_failed_installation_leaves_no_stamp(
    checkout: Path, installations: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment.refresh("runtime")
    (checkout / "requirements" / "lock.txt").write_text("# changed\n", encoding="utf-8")

    def fail(kind: str) -> None:
        raise environment.EnvironmentFailure(kind)

    monkeypatch.setattr(environment, "install", fail)
    with pytest.raises(environment.EnvironmentFailure):
        environment.refresh("runtime")

    assert environment.installed() == {}


def test_a_machine_without_which_gets_one(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)

    environment.provide_which()

    which = checkout / ".venv" / "bin" / "which"
    found = subprocess.run([which, "sh"], capture_output=True, text=True, check=True)
    assert Path(found.stdout.strip()).name == "sh"
    assert subprocess.run([which, "no-such-program"], check=False).returncode != 0


def test_a_moved_environment_is_not_usable(checkout: Path) -> None:
    environment.STAMP.write_text('{"root": "elsewhere"}', encoding="utf-8")

    assert not environment.usable(environment.interpreter())


def test_the_locks_agree_and_hold_every_direct_dependency(project_root: Path) -> None:
    runtime, test = (pins(project_root / "requirements" / n) for n in ("lock.txt", "lock-test.txt"))
    project = tomllib.loads((project_root / "pyproject.toml").read_text("utf-8"))
    direct = {
        entry.split("==")[0].lower().replace("_", "-")
        for entry in project["project"]["dependencies"]
    }

    assert runtime <= test
    assert direct <= {name for name, _ in runtime}


def pins(lock: Path) -> set[tuple[str, str]]:
    """The packages of a lock with their versions."""
    lines = (line.split(" ")[0] for line in lock.read_text("utf-8").splitlines())
    return {
        (name, version) for name, _, version in (line.partition("==") for line in lines) if version
    }
