"""The checkers of sizes and traces find what is planted, with its place, and nothing else."""

from pathlib import Path

import pytest

from tools import budgets, traces


def long_function(lines: int, arguments: int = 0, docstring: int = 0) -> str:
    """Write a function of a given number of lines, its docstring not counted."""
    names = ", ".join(f"a{n}" for n in range(arguments))
    text = [f"def planted({names}):"]
    if docstring:
        text += ['    """' + "\n" * (docstring - 1) + '    """']
    return "\n".join([*text, *["    x = 1"] * (lines - 1)]) + "\n"


def method(arguments: int) -> str:
    """Write a method with `self` and a given number of arguments."""
    names = ", ".join(["self", *(f"a{n}" for n in range(arguments))])
    return f"class Planted:\n    def planted({names}):\n        pass\n"


def write(folder: Path, path: str, text: str) -> None:
    """Write one file of a made checkout."""
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("forecast/a.py", "x = 1\n" * 401, "forecast/a.py: 401 lines, at most 400"),
        ("rules/a.smk", "# x\n" * 401, "rules/a.smk: 401 lines, at most 400"),
        ("forecast/a.py", long_function(61), "forecast/a.py:1: planted has 61 lines, at most 60"),
        (
            "forecast/ctm/kernels/a.py",
            long_function(101),
            "forecast/ctm/kernels/a.py:1: planted has 101 lines, at most 100",
        ),
        ("forecast/a.py", long_function(3, 9), "forecast/a.py:1: planted has 9 arguments"),
        ("forecast/a.py", method(9), "forecast/a.py:2: planted has 9 arguments, at most 8"),
        ("forecast/ctm/utils.py", "", "forecast/ctm/utils.py: the name 'utils' says nothing"),
        ("forecast/misc/a.py", "", "forecast/misc/a.py: the name 'misc' says nothing"),
        ("tests/helpers.py", "", "tests/helpers.py: the name 'helpers' says nothing"),
        ("forecast/core/a.py", "", "forecast/core/a.py: the name 'core' says nothing"),
        ("data/a.csv", "0" * 1_000_001, "data/a.csv: 1,000,001 bytes, at most 1,000,000"),
        ("forecast/attic/__init__.py", "", "docs/architecture.md: the room `attic`"),
    ],
)
def test_planted_budget_violation_is_caught(
    tmp_path: Path, path: str, text: str, expected: str
) -> None:
    write(tmp_path, path, text)

    findings = budgets.check(tmp_path)

    assert len(findings) == 1
    assert findings[0].startswith(expected)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("forecast/a.py", "x = 1\n" * 400),
        ("docs/a.md", "x\n" * 1000),
        ("forecast/a.py", long_function(60, 8)),
        ("forecast/a.py", long_function(60, docstring=40)),
        ("forecast/ctm/kernels/a.py", long_function(100)),
        ("forecast/a.py", method(8)),
        ("data/a.csv", "0" * 1_000_000),
        (".venv/lib/utils.py", "x = 1\n" * 401),
    ],
)
def test_what_keeps_the_budget_passes(tmp_path: Path, path: str, text: str) -> None:
    write(tmp_path, path, text)

    assert budgets.check(tmp_path) == []


def test_a_room_on_the_map_passes(tmp_path: Path) -> None:
    write(tmp_path, "forecast/attic/__init__.py", "")
    write(tmp_path, "docs/architecture.md", "| `attic` | what is kept |\n")

    assert budgets.check(tmp_path) == []


HOST = ".".join(["pypi", "org"])
FILES = ".".join(["files", "pythonhosted", "org"])
PLACE = "/".join(["", "home", "someone", "data.nc"])
ABOVE = "/".join(["..", "..", "elsewhere"])


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.txt", f"x\n--index-url https://{HOST}/simple\n", "a.txt:2: names the package registry"),
        ("a.txt", f"https://{FILES}/a.whl", "a.txt:1: names the package registry"),
        ("forecast/a.py", f'PATH = "{PLACE}"\n', "forecast/a.py:1: names '"),
        ("docs/a.md", f"see {ABOVE}/notes.md\n", f"docs/a.md:1: '{ABOVE}' lies outside"),
    ],
)
def test_planted_trace_is_caught(tmp_path: Path, path: str, text: str, expected: str) -> None:
    write(tmp_path, path, text)

    findings = traces.check(tmp_path)

    assert len(findings) == 1
    assert findings[0].startswith(expected)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("docs/decisions/a.md", "see ../architecture.md and ../../README.md\n"),
        ("a.md", "https://example.test/home/someone/data.nc\n"),
        ("a.sh", 'cd "$ROOT/data/meteorology"; ls runs/data/x\n'),
        ("a.md", "Python packages come from the package index (PyPI).\n"),
        (".ci/run", f"{ABOVE}\n"),
    ],
)
def test_what_leaves_no_trace_passes(tmp_path: Path, path: str, text: str) -> None:
    write(tmp_path, path, text)

    assert traces.check(tmp_path) == []
