"""Snakemake with a patient Slurm executor.

    python -m forecast.workflow.engine --poll S --patience S --away FILE -- ARGUMENTS OF SNAKEMAKE

The executor for Slurm is used as it is but for three things (found in its version 2.8.0):

* When the controller does not answer, its look at the jobs ends without a word about them, and
  Snakemake would wait for ever for jobs that nobody looks at any more. Here they are kept.
* The pause between two looks grows by 10 s to 180 s each time nothing has ended, so that each step
  of a forecast would wait minutes for nothing. Here it is what the site says.
* One refused sbatch fails the job at once. Here it is tried again for as long as the controller
  may be away.

While the controller does not answer, FILE is there, for the driver to tell.

All is done from outside: its methods are called, none is copied. Jobs themselves run plain
Snakemake.
"""

import argparse
import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import snakemake_executor_plugin_slurm as plugin

_AWAY = (
    "unable to contact slurm controller",
    "socket timed out",
    "connection refused",
    "connection timed out",
    "transport endpoint",
    "temporarily unable to accept job",
    "resource temporarily unavailable",
    "slurm backup controller in standby",
    "zero bytes were transmitted or received",
    "munge",
)
"""What sbatch says when asking again later may help."""
_FIRST_PAUSE = 2.0
_LONGEST_PAUSE = 60.0


class PatientExecutor(plugin.Executor):  # type: ignore[misc]  # the plugin has no types
    """The Slurm executor, which neither forgets jobs nor gives up soon.

    Attributes:
        poll: Time between two looks at the jobs, s.
        patience: How long the controller may be away before a job counts as refused, s.
        away: There while it is away.
    """

    poll = 10.0
    patience = 3600.0
    away = Path("scheduler.away")

    def __init__(self, *arguments: Any) -> None:
        """Remember what has ended or was refused; before the plugin starts to look at jobs."""
        self._ended: set[int] = set()
        self._refused: dict[int, float] = {}
        super().__init__(*arguments)

    async def check_active_jobs(self, active_jobs: list[Any]) -> AsyncIterator[Any]:
        """Look at the jobs; yield every one that is not known to have ended."""
        kept: set[int] = set()
        self._ended.clear()
        async for job in super().check_active_jobs(active_jobs):
            kept.add(id(job))
            yield job
        for job in active_jobs:
            if id(job) not in kept and id(job) not in self._ended:
                self.logger.warning(f"Job {job.external_jobid}: no answer of Slurm; asking again.")
                yield job
        self._note(silent=not kept and not self._ended)

    def _note(self, *, silent: bool) -> None:
        """Leave a file while the controller is away, as old as its silence."""
        with suppress(OSError):
            if not silent:
                self.away.unlink(missing_ok=True)
            elif not self.away.exists():
                self.away.touch()

    def report_job_success(self, job_info: Any) -> None:
        """Note that a job has ended, then tell Snakemake."""
        self._ended.add(id(job_info))
        super().report_job_success(job_info)

    def report_job_error(self, job_info: Any, *arguments: Any, **named: Any) -> None:
        """Note that a job has ended, then tell Snakemake."""
        self._ended.add(id(job_info))
        super().report_job_error(job_info, *arguments, **named)

    def _report_job_error_threadsafe(self, job_info: Any, msg: str) -> None:
        """Submit again what was refused while the controller was away (in the plugin's thread)."""
        job = job_info.job
        since = self._refused.setdefault(id(job), time.monotonic())
        waited = time.monotonic() - since
        if any(word in msg.lower() for word in _AWAY) and waited < self.patience:
            self._note(silent=True)
            self.logger.warning(f"sbatch was refused for {waited:.0f} s; trying again: {msg:.200}")
            time.sleep(min(_LONGEST_PAUSE, max(_FIRST_PAUSE, waited / 2)))
            self.run_job(job)
            return
        super()._report_job_error_threadsafe(job_info, msg)

    def _report_job_submission_threadsafe(self, job_info: Any) -> None:
        """Forget that the job was ever refused."""
        if self._refused.pop(id(job_info.job), None) is not None:
            self._note(silent=False)
        super()._report_job_submission_threadsafe(job_info)

    async def sleep(self) -> None:
        """Wait until the next look."""
        await asyncio.sleep(self.poll)


def main() -> None:
    """Run Snakemake with the arguments after `--`."""
    parser = argparse.ArgumentParser(description="Run Snakemake with a patient Slurm executor.")
    parser.add_argument("--poll", type=float, required=True)
    parser.add_argument("--patience", type=float, required=True)
    parser.add_argument("--away", type=Path, required=True)
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    PatientExecutor.poll, PatientExecutor.patience = given.poll, given.patience
    PatientExecutor.away = given.away
    given.away.unlink(missing_ok=True)
    plugin.Executor = PatientExecutor
    from snakemake.cli import main as run_snakemake  # after its plugin has been replaced

    run_snakemake(given.arguments[1:] if given.arguments[:1] == ["--"] else given.arguments)


if __name__ == "__main__":
    main()
