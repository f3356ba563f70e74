"""What the code imports is what `pyproject.toml` declares, no less and no more."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

NOT_IMPORTED = {
    "mpich": "the library that mpi4py finds when it starts, and mpiexec",
    "snakemake": "started as a program",
    "snakemake-executor-plugin-slurm": "found by Snakemake",
    "import-linter": "started as a program",
    "mypy": "started as a program",
    "pandas-stubs": "read by mypy, for what xarray hands out",
    "pre-commit": "started as a program",
    "pytest-timeout": "found by pytest",
    "ruff": "started as a program",
    "snakefmt": "started as a program",
    "types-pyyaml": "read by mypy",
    "pylopdf-fonts-zh-cn": "its font is read as a resource",
}
OWN = {"forecast", "tools", "tests", "benchmarks"}


def normal(name: str) -> str:
    """A distribution's name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(project: dict[str, Any], *extras: str) -> set[str]:
    """Names that the project declares, with those of some extras."""
    entries = [*project["dependencies"]]
    for extra in extras:
        entries += project["optional-dependencies"][extra]
    return {normal(re.split(r"[=<>!~\[ ]", entry)[0]) for entry in entries}


def imported(folders: Iterable[Path]) -> set[str]:
    """Distributions that the code of some folders imports anywhere."""
    modules: set[str] = set()
    for path in (path for folder in folders for path in folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules.add(node.module.partition(".")[0])
    outside = modules - OWN - set(sys.stdlib_module_names)
    found = packages_distributions()
    return {normal(found.get(module, [module])[0]) for module in outside}


@pytest.fixture
def project(project_root: Path) -> dict[str, Any]:
    """The project table of `pyproject.toml`."""
    text = (project_root / "pyproject.toml").read_text(encoding="utf-8")
    table: dict[str, Any] = tomllib.loads(text)["project"]
    return table


def test_a_forecast_imports_nothing_undeclared(project: dict[str, Any], project_root: Path) -> None:
    assert imported([project_root / "forecast"]) - declared(project) == set()


def test_tests_and_tools_import_nothing_undeclared(
    project: dict[str, Any], project_root: Path
) -> None:
    folders = [project_root / name for name in ("tools", "tests", "benchmarks")]

    undeclared = imported(folders) - declared(project, "test", "dev", "benchmark")

    assert undeclared - {"grimp"} == set()  # part of import-linter


def test_nothing_is_declared_in_vain(project: dict[str, Any], project_root: Path) -> None:
    folders = [project_root / name for name in OWN]

    used = imported(folders) | set(NOT_IMPORTED)

    assert declared(project, "test", "dev", "benchmark") - used == set()
