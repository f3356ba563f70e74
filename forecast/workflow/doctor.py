"""Whether forecasts will run at a site: everything that `forecast doctor` looks at, in order."""

import secrets
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from forecast.common.errors import ForecastError
from forecast.config.root import Configuration
from forecast.workflow.doctor_disk import Need, disk_findings
from forecast.workflow.doctor_probe import try_out
from forecast.workflow.doctor_ranks import rank_findings
from forecast.workflow.doctor_slurm import slurm_findings
from forecast.workflow.findings import Finding, fail
from forecast.workflow.paths import RunPaths
from forecast.workflow.plan import Plan


def examine(
    configuration: Configuration, runs: Path, need: Need, nodes: int | None, patience: float
) -> Generator[Finding, None, None]:
    """Look at a site; nothing of it is left behind, however this ends.

    Args:
        configuration: With the site, and with what members ask for.
        runs: Folder of all runs; need not exist yet.
        need: Room that forecasts take.
        nodes: Nodes of the test job; None takes two, or one where a member has one.
        patience: How long the test job may wait for its nodes, s.
    """
    plan = Plan(RunPaths(runs.resolve() / "doctor"), configuration)
    site = configuration.site
    if site.batch:
        yield from slurm_findings(configuration, plan.site)
    try:
        with _trial_folder(runs.resolve()) as folder:
            yield from disk_findings(folder, site, need)
            most = nodes or min(2, site.member_nodes or 2)
            trial = try_out(folder, plan, most if site.batch else 1, patience)
            yield from rank_findings(trial, site)
    except OSError as error:
        yield fail(
            "runs folder",
            f"'{runs}' cannot be written: {error.strerror}",
            "Make the folder, or name another one with --runs.",
        )
    except ForecastError as error:
        yield fail("test job", str(error), "Mend what the message names, then ask again.")


@contextmanager
def _trial_folder(runs: Path) -> Iterator[Path]:
    """A folder of one's own in the folder of the runs; both vanish if they were not there."""
    made = [place for place in (runs, *runs.parents) if not place.exists()]
    folder = runs / f".doctor.{secrets.token_hex(4)}"
    try:
        folder.mkdir(parents=True)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        for place in made:
            with suppress(OSError):  # somebody has put something there meanwhile
                place.rmdir()
