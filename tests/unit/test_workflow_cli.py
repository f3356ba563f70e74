"""The command: clear refusals before anything runs, cheap start."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("xarray", "zarr", "numba", "matplotlib", "scipy", "netCDF4", "snakemake", "shapely")


def _forecast(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "forecast", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "ensemble.membrs=6"], ["ensemble.membrs", "--set ensemble.membrs=6"]),
        (["--set", "ensemble.members=0"], ["ensemble.members"]),
        (["--case", "january_2202"], ["january_2202", "january_2022"]),
        (["--domain", "shandong_72km"], ["shandong_72km", "shandong_27km"]),
        (["--set", "places.cities=nowhere.csv"], ["places.cities", "nowhere.csv"]),
        (["--set", "chemistry.extension_files=[]"], ["SVA1", "extension 'haze'"]),
        (["--dry-run", "--set", "workflow.ranks=900"], ["divided over '900' ranks"]),
        (["2021-12-31 16:00"], ["2021-12-31 16:00", "YYYY-MM-DDTHH"]),
        (["2021-02-30T16"], ["2021-02-30T16"]),
        (["2022-01-10T00"], ["2022-01-10T00", "2022-01-06"]),
        (["2022-01-05T00"], ["2022-01-05T00", "no complete local day"]),
        (["2021-12-20T00"], ["2021-12-20T00", "12 h can be held"]),
        (["--profile", "lokal"], ["lokal", "operational"]),
    ],
)
def test_mistakes_stop_before_anything_runs(
    tmp_path: Path, arguments: list[str], words: list[str]
) -> None:
    done = _forecast("run", *arguments, "--runs", str(tmp_path / "runs"))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr
    assert not (tmp_path / "runs").exists()


def test_a_cycle_without_a_run_is_refused(tmp_path: Path) -> None:
    for arguments in (["2022-01-01T00"], []):
        done = _forecast("status", *arguments, "--runs", str(tmp_path))
        assert done.returncode == 1
        assert "run" in done.stderr
        assert "Traceback" not in done.stderr


def test_an_unknown_stage_lists_the_known_ones(tmp_path: Path) -> None:
    done = _forecast("stage", "preparre", "--run", str(tmp_path))
    assert done.returncode == 1
    assert "run_member" in done.stderr


def test_cases_and_configuration_are_shown() -> None:
    assert "2021-12-31T16" in _forecast("cases").stdout
    shown = _forecast("config", "show", "--set", "ensemble.members=6").stdout
    assert "members: 6" in shown
    assert '"additionalProperties": false' in _forecast("config", "schema").stdout


def test_the_command_imports_nothing_heavy() -> None:
    program = f"import sys, forecast.cli; print([n for n in {HEAVY!r} if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
