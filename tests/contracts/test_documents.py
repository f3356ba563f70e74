"""Documents lead somewhere: links, decisions and commands that they name exist."""

import re
from pathlib import Path

import pytest

from tools.project_files import project_files

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
MAKE = re.compile(r"\bmake ([a-z][a-z-]*)\b(?=[`\s]*(?:#|$|;|\n|`))", re.MULTILINE)


def documents(root: Path) -> list[Path]:
    """The project's documents, relative to its root."""
    return [path for path in project_files(root) if path.suffix == ".md"]


def broken_links(root: Path, path: Path) -> list[str]:
    """Links of a document to files that are not there."""
    found = LINK.findall((root / path).read_text(encoding="utf-8"))
    local = [link.partition("#")[0] for link in found if "://" not in link]
    return [link for link in local if link and not (root / path).parent.joinpath(link).exists()]


def test_links_lead_to_files(project_root: Path) -> None:
    broken = {
        str(path): links
        for path in documents(project_root)
        if (links := broken_links(project_root, path))
    }

    assert broken == {}


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("[b](b.md) [c](a.md#part) [d](https://x.test/)", "utf-8")

    assert broken_links(tmp_path, Path("a.md")) == ["b.md"]


def test_every_decision_is_listed_by_its_title(project_root: Path) -> None:
    folder = project_root / "docs" / "decisions"
    listed = (folder / "README.md").read_text(encoding="utf-8")
    files = sorted(folder.glob("[0-9]*.md"))

    for number, path in enumerate(files, start=1):
        title = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        assert path.name.startswith(f"{number:04d}-")
        assert title.startswith(f"{number:04d} ")
        assert f"[{title}]({path.name})" in listed


@pytest.mark.parametrize("name", ["README.md", "docs/contributing.md"])
def test_make_targets_that_documents_name_exist(project_root: Path, name: str) -> None:
    makefile = (project_root / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = set(MAKE.findall((project_root / name).read_text(encoding="utf-8")))

    assert named
    assert named <= targets
