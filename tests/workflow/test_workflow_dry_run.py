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

STAGES = ("start", "prepare", "perturb", "warm", "run_member")
PRODUCTS = ("combine", "index", "warn", "publish")
SITES = {"local": "local", "operational": "example", "hindcast": "example"}


@pytest.fixture
def run(tmp_path: Path) -> RunPaths:
    folder = tmp_path / "2021-12-31T16"
    folder.mkdir()
    return _at("local", RunPaths(folder))


def _at(site: str, run: RunPaths) -> RunPaths:
    settings = ["ensemble.members=3", "workflow.ranks=4"]
    configuration = resolve("january_2022", site=site, settings=settings)
    run.configuration.write_text(write_resolved(configuration), encoding="utf-8")
    return run


def _counts(text: str) -> dict[str, int]:
    found = re.findall(r"^(\w+) +(\d+)$", text.rpartition("Job stats:")[2], flags=re.MULTILINE)
    return {name: int(number) for name, number in found}


def test_there_are_three_profiles() -> None:
    assert profile_names() == ("hindcast", "local", "operational")


@pytest.mark.parametrize("profile", profile_names())
def test_a_profile_plans_every_stage(run: RunPaths, profile: str) -> None:
    _at(SITES[profile], run)
    invocation = Invocation(run, profile, 4, dry_run=True, site=resolve(site=SITES[profile]).site)
    text = dry_run(invocation)
    expected = dict.fromkeys(STAGES, 1) | {"run_member": 3, "members": 1, "total": 8}
    assert _counts(text) == expected
    launcher = "mpiexec" if profile == "local" else "--cpu-bind=cores"
    resources = re.findall(r"rule run_member:(?:\n .*)*?\n +resources: (.*)", text)
    assert len(resources) == 3
    for line in resources:
        # a path with a space is quoted
        assert f"{launcher}, tasks=4" in line.replace("'", "")
        if profile != "local":
            assert "slurm_partition=compute" in line
            assert "slurm_account=air" in line
            assert "nodes=1" in line
            assert "--exclusive --signal=TERM@300 --ntasks-per-node=32" in line
    assert not (run.folder / "prepared").exists()


def test_products_are_planned_from_a_decision_alone(run: RunPaths) -> None:
    run.city_weights.parent.mkdir()
    run.city_weights.touch()
    products = Invocation(run, "local", 4, dry_run=True).of_products(2)
    products.run.members.parent.mkdir()
    products.run.members.touch()
    assert _counts(dry_run(products)) == dict.fromkeys((*PRODUCTS, "products"), 1) | {"total": 5}


def test_a_profile_must_suit_the_site(run: RunPaths) -> None:
    with pytest.raises(ConfigurationError, match="--site"):
        Invocation(run, "operational", 4).command()
    with pytest.raises(ConfigurationError, match="'example'"):
        Invocation(run, "local", 4, site=resolve(site="example").site).command()


def test_nothing_is_planned_again_for_files_that_are_there(run: RunPaths) -> None:
    for path in (run.static, run.meteorology, run.emissions, run.boundary, run.city_weights):
        path.parent.mkdir(exist_ok=True)
        path.touch()
    run.stamp("m01").parent.mkdir()
    run.warm_stamp.with_suffix(".any").touch()
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
