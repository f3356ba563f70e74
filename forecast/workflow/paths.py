"""Where runs, rules and profiles lie."""

from pathlib import Path

from forecast.config.load import PROJECT
from forecast.config.run import RunPaths as RunPaths
from forecast.config.run import member_names as member_names

SNAKEFILE = PROJECT / "Snakefile"
PROFILES = PROJECT / "slurm"
RUNS = Path("runs")
"""Folder of all runs, below the working directory unless another one is given."""


def profile_names() -> tuple[str, ...]:
    """Names of the Snakemake profiles of this checkout."""
    return tuple(sorted(path.parent.name for path in PROFILES.glob("*/config.yaml")))
