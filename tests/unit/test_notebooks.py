"""Notebooks run from the first cell to the last, on a small cycle whose members are made."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.many_members import make_run
from forecast.config.run import PRODUCT_STAGES, RunPaths
from forecast.stages import entry
from forecast.stages.entry import run_stage

NOTEBOOKS = sorted(path.stem for path in Path(__file__).parents[2].glob("notebooks/*.py"))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunPaths:
    """The small case, with its products."""
    made = make_run(tmp_path_factory.mktemp("runs"), "drill", 3, [])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entry, "start_log", lambda *_: None)
        for stage in PRODUCT_STAGES:
            assert run_stage(stage, made.folder) == 0, stage
    return made


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs(name: str, run: RunPaths, project_root: Path, tmp_path: Path) -> None:
    told = {
        "FORECAST_RUNS": str(run.folder.parent),
        "FORECAST_CYCLE": run.folder.name,
        "FORECAST_PICTURES": str(tmp_path),
        "PYTHONPATH": str(project_root),
    }
    answer = subprocess.run(
        [sys.executable, "-W", "error", str(project_root / "notebooks" / f"{name}.py")],
        env={**os.environ, **told}, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    assert run.folder.name in answer.stdout
    assert list(tmp_path.glob("*.png"))
