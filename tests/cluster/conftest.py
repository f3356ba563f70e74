"""What drills may count on: a cluster that is whole, and a prepared cycle to copy."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from forecast.config.run import RunPaths
from tests.cluster.lab import CYCLE, Drill, Lab, Template


@pytest.fixture(scope="session")
def cluster() -> Lab:
    """The cluster of slurm/lab.sh.

    Skips the test where none is up: start it with `slurm/lab.sh up`, then `. $FORECAST_LAB/env`.
    """
    folder = os.environ.get("FORECAST_LAB", "")
    if not folder:
        pytest.skip("no cluster: slurm/lab.sh up, or make test-cluster")
    lab = Lab(Path(folder))
    lab.run("scontrol", "ping")
    os.environ["SLURM_CONF"] = lab.environment["SLURM_CONF"]  # for squeue in this process
    return lab


@pytest.fixture
def lab(cluster: Lab) -> Iterator[Lab]:
    """The cluster, made whole again after the test."""
    yield cluster
    cluster.heal()


@pytest.fixture(scope="session")
def template(cluster: Lab, tmp_path_factory: pytest.TempPathFactory) -> Template:
    """One prepared cycle for all drills; kept in FORECAST_TEMPLATE where that is set."""
    given = os.environ.get("FORECAST_TEMPLATE", "")
    folder = Path(given) if given else tmp_path_factory.mktemp("template")
    if (folder / CYCLE / "status" / "warm.done").exists():
        return Template(folder / CYCLE)
    return Template.make(folder)


@pytest.fixture
def drill(lab: Lab, template: Template, tmp_path: Path) -> Iterator[Callable[..., Drill]]:
    """Make drills: `drill("ensemble.members=6", SLOW)` is a cycle ready for its members."""
    made: list[Drill] = []

    def make(*settings: str, prepared: bool = True) -> Drill:
        run = RunPaths(tmp_path / f"runs{len(made)}" / CYCLE)
        if prepared:
            template.copy_to(run, settings)
        else:
            run.folder.parent.mkdir(parents=True)
        options = [word for setting in settings for word in ("--set", setting)]
        made.append(Drill(lab, run, options))
        return made[-1]

    yield make
    for one in made:
        one.end()
