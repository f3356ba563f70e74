"""Every import contract catches a planted violation, and lets pass what it should."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

BROKEN = [
    ("layers", "common/planted.py", "import forecast.config", "forecast.common.planted"),
    ("layers", "config/planted.py", "import forecast.fields", "forecast.config.planted"),
    ("layers", "grid/planted.py", "import forecast.parallel", "forecast.grid.planted"),
    ("layers", "parallel/planted.py", "import forecast.grid", "forecast.parallel.planted"),
    ("layers", "fields/planted.py", "import forecast.ensemble", "forecast.fields.planted"),
    ("layers", "prepare/planted.py", "import forecast.sources", "forecast.prepare.planted"),
    ("layers", "chemistry/planted.py", "import forecast.ctm", "forecast.chemistry.planted"),
    ("layers", "ctm/planted.py", "import forecast.aqi", "forecast.ctm.planted"),
    ("layers", "aqi/planted.py", "import forecast.warning", "forecast.aqi.planted"),
    ("layers", "warning/planted.py", "import forecast.bulletins", "forecast.warning.planted"),
    ("layers", "bulletins/planted.py", "import forecast.delivery", "forecast.bulletins.planted"),
    ("layers", "delivery/planted.py", "import forecast.stages", "forecast.delivery.planted"),
    ("layers", "stages/planted.py", "import forecast.workflow", "forecast.stages.planted"),
    ("layers", "workflow/planted.py", "import forecast.cli", "forecast.workflow.planted"),
    (
        "layers",
        "prepare/planted.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import forecast.storage",
        "forecast.prepare.planted",
    ),
    ("layers", "drawer/__init__.py", "", "forecast.drawer"),
    ("files", "bulletins/planted.py", "import forecast.storage", "forecast.bulletins.planted"),
    ("files", "ctm/planted.py", "from forecast import sources", "forecast.ctm.planted"),
    ("files", "cli/planted.py", "import forecast.storage", "forecast.cli"),
    ("kernels", "ctm/kernels/planted.py", "import os", "forecast.ctm.kernels.planted"),
    ("kernels", "ctm/kernels/planted.py", "import scipy.special", "scipy"),
    ("kernels", "ctm/kernels/planted.py", "import forecast.common", "forecast.common"),
    ("kernels", "chemistry/kernels/planted.py", "import mpi4py", "forecast.chemistry.kernels"),
    ("mpi", "ctm/planted.py", "from mpi4py import MPI", "forecast.ctm.planted"),
    ("mpi", "parallel/planted.py", "import mpi4py.futures", "forecast.parallel.planted"),
    ("presentation", "aqi/planted.py", "import matplotlib.pyplot", "forecast.aqi.planted"),
    ("presentation", "warning/planted.py", "import jinja2", "forecast.warning.planted"),
    ("presentation", "prepare/planted.py", "import snakemake.api", "forecast.prepare.planted"),
    ("learning", "ensemble/planted.py", "import sklearn.ensemble", "forecast.ensemble.planted"),
]

KEPT = [
    ("layers", "aqi/planted.py", "import forecast.fields\nimport forecast.ensemble"),
    ("files", "stages/planted.py", "import forecast.sources\nimport forecast.storage"),
    (
        "kernels",
        "ctm/kernels/planted.py",
        "import math\nimport numpy\nimport numba.core\nfrom forecast.ctm.kernels import other",
    ),
    ("mpi", "parallel/mpi.py", "from mpi4py import MPI"),
    ("presentation", "bulletins/planted.py", "import matplotlib\nimport jinja2"),
    ("learning", "postprocess/planted.py", "import sklearn"),
]


@pytest.fixture
def checkout(project_root: Path, tmp_path: Path) -> Path:
    """A copy of the package with all rooms there are to be, and of the contracts."""
    return copy_of(project_root, tmp_path)


@pytest.fixture(scope="module")
def before(
    project_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[int, str]]:
    """What each contract says of a copy in which nothing is planted."""
    checkout = copy_of(project_root, tmp_path_factory.mktemp("before"))
    return {contract: check(checkout, contract) for contract in contracts(project_root)}


def copy_of(project_root: Path, folder: Path) -> Path:
    """Copy the code and the contracts, and add the rooms that nobody has built yet."""
    for name in ("forecast", "tools"):
        shutil.copytree(
            project_root / name,
            folder / name,
            ignore=lambda parent, names: [
                name
                for name in names
                if not name.endswith(".py") and not (Path(parent) / name).is_dir()
            ],
        )
    shutil.copy(project_root / "pyproject.toml", folder)
    for room in rooms(project_root):
        plant(folder, "cli.py" if room == "cli" else f"{room}/__init__.py", "")
    return folder


def contracts(project_root: Path) -> dict[str, dict[str, Any]]:
    """The contracts of the project, by their id."""
    text = (project_root / "pyproject.toml").read_text(encoding="utf-8")
    return {
        entry["id"]: entry for entry in tomllib.loads(text)["tool"]["importlinter"]["contracts"]
    }


def rooms(project_root: Path) -> list[str]:
    """Every room that the floors name, also those that nobody has built yet."""
    return re.findall(r"\((\w+)\)", " ".join(contracts(project_root)["layers"]["layers"]))


def plant(checkout: Path, name: str, code: str) -> None:
    """Write a module into the copy, with the packages around it; one that is there grows."""
    path = checkout / "forecast" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    for folder in (path.parent, path.parent.parent):
        (folder / "__init__.py").touch()
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\n{code}\n")


def check(checkout: Path, contract: str) -> tuple[int, str]:
    """Run import-linter on the copy with one contract."""
    program = (
        "from importlinter.cli import lint_imports_command as run;"
        f"run(['--no-logo', '--no-cache', '--contract', '{contract}'])"
    )
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTHON")
    }
    answer = subprocess.run(
        [sys.executable, "-c", program],
        cwd=checkout,
        env={**environment, "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.returncode, answer.stdout + answer.stderr


@pytest.mark.parametrize(("contract", "path", "code", "named"), BROKEN)
def test_planted_violation_is_caught(
    checkout: Path,
    before: dict[str, tuple[int, str]],
    contract: str,
    path: str,
    code: str,
    named: str,
) -> None:
    plant(checkout, path, code)

    status, words = check(checkout, contract)

    assert status != 0
    assert named in words
    assert named not in before[contract][1]


@pytest.mark.parametrize(("contract", "path", "code"), KEPT)
def test_what_is_allowed_passes(checkout: Path, contract: str, path: str, code: str) -> None:
    plant(checkout, "ctm/kernels/other.py", "")
    plant(checkout, path, code)

    status, words = check(checkout, contract)

    assert status == 0, words


def test_every_contract_has_a_planted_violation(project_root: Path) -> None:
    names = set(contracts(project_root))

    assert names == {contract for contract, *_ in BROKEN}
    assert names == {contract for contract, *_ in KEPT}


def test_every_floor_is_planted_against(project_root: Path) -> None:
    floors = contracts(project_root)["layers"]["layers"]
    planted = {Path(path).parts[0] for contract, path, *_ in BROKEN if contract == "layers"}

    for floor in floors[1:]:
        assert planted & set(re.findall(r"\((\w+)\)", floor)), floor
