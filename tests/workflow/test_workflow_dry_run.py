"""Every profile can be planned; a configuration that is wrong stops Snakemake itself, too."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from forecast.common.errors import ConfigurationError
from forecast.config.load import resolve, write_resolved
from forecast.config.run import RunPaths
from forecast.workflow.launch import Invocation, dry_run
from forecast.workflow.paths import SNAKEFILE, profile_names

pytestmark = pytest.mark.workflow

STAGES = (
    "prepare", "perturb", "warm", "run_member", "gate", "combine", "index", "warn", "publish",
)  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> RunPaths:
    folder = tmp_path / "2021-12-31T16"
    folder.mkdir()
    settings = ["ensemble.members=3", "workflow.ranks=4"]
    text = write_resolved(resolve("january_2022", settings=settings))
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    return RunPaths(folder)


def _counts(text: str) -> dict[str, int]:
    found = re.findall(r"^(\w+) +(\d+)$", text.rpartition("Job stats:")[2], flags=re.MULTILINE)
    return {name: int(number) for name, number in found}


def test_there_are_three_profiles() -> None:
    assert profile_names() == ("hindcast", "local", "operational")


@pytest.mark.parametrize("profile", profile_names())
def test_a_profile_plans_every_stage(run: RunPaths, profile: str) -> None:
    text = dry_run(Invocation(run, profile, 4, dry_run=True))
    expected = dict.fromkeys(STAGES, 1) | {"run_member": 3, "all": 1, "total": 12}
    assert _counts(text) == expected
    launcher = "mpiexec" if profile == "local" else "srun --mpi=pmix"
    resources = re.findall(r"rule run_member:(?:\n .*)*?\n +resources: (.*)", text)
    assert len(resources) == 3
    for line in resources:
        # a path with a space is quoted
        assert f"{launcher}, tasks=4" in line.replace("'", "")
    assert not (run.folder / "prepared").exists()


def test_nothing_is_planned_again_for_files_that_are_there(run: RunPaths) -> None:
    for path in (run.static, run.meteorology, run.emissions, run.boundary, run.city_weights):
        path.parent.mkdir(exist_ok=True)
        path.touch()
    run.stamp("m01").parent.mkdir()
    run.warm_stamp.touch()
    for member in ("m00", "m01", "m02"):
        run.perturbation(member).parent.mkdir(exist_ok=True)
        run.perturbation(member).touch()
    run.stamp("m01").touch()
    counts = _counts(dry_run(Invocation(run, "local", 4, dry_run=True)))
    assert counts["run_member"] == 2
    assert "prepare" not in counts


def test_snakemake_refuses_a_configuration_with_a_misspelt_key(run: RunPaths) -> None:
    with run.configuration.open("a", encoding="utf-8") as file:
        file.write("ensembel:\n  members: 3\n")
    with pytest.raises(ConfigurationError, match="ensembel"):
        dry_run(Invocation(run, "local", 4, dry_run=True))


def test_snakemake_refuses_a_folder_that_is_no_cycle(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable, "-m", "snakemake", "--snakefile", str(SNAKEFILE),
            "--directory", str(tmp_path), "--cores", "1", "--dry-run",
        ],
        capture_output=True, text=True, check=False, cwd=SNAKEFILE.parent,
    )  # fmt: skip
    assert done.returncode != 0
    assert "YYYY-MM-DDTHH" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
