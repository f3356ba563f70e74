"""What the workflow engine is told about the site: profile, arguments, resources of each rule."""

import math
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from forecast.common.errors import ConfigurationError
from forecast.config.root import Configuration
from forecast.config.site import SiteConfig
from forecast.fields.history import CAUTIOUS, History
from forecast.workflow.batch import job_prefix
from forecast.workflow.paths import RunPaths

_START_SECONDS = 60.0
"""Time from the start of a member's job to its first model hour, s: Python, inputs, kernels."""
_ALL_ALIKE = "any"
"""Name of the only type of processor where a site names none."""

Resource = int | str | Callable[..., str]


def default_profile(site: SiteConfig) -> str:
    """Name of the profile that suits a site."""
    return "operational" if site.batch else "local"


def check_profile(profile: str, site: SiteConfig) -> None:
    """Check that a profile and a site agree about who gives out the processors.

    Raises:
        ConfigurationError: One of them has a batch system and the other has none.
    """
    if (profile == "local") == site.batch:
        msg = (
            f"The profile '{profile}' does not suit the site '{site.name}', whose scheduler is "
            f"'{site.scheduler}': leave --profile away, or name the site with --site."
        )
        raise ConfigurationError(msg)


def engine_command(run: RunPaths, site: SiteConfig) -> list[str]:
    """Module that runs Snakemake and its first arguments, to follow `python`."""
    if not site.batch:
        return ["-m", "snakemake"]
    return [
        "-m", "forecast.workflow.engine",
        "--poll", str(site.poll_seconds),
        "--patience", str(site.patience_minutes * 60),
        "--away", str(run.scheduler_away),
        "--",
    ]  # fmt: skip


def engine_options(run: RunPaths, site: SiteConfig) -> list[str]:
    """Options of Snakemake that the site decides; they win over those of the profile."""
    if not site.batch:
        return []
    options = [
        "--jobs", str(site.jobs),
        "--slurm-jobname-prefix", job_prefix(run),
        "--slurm-logdir", str(run.log_folder / "slurm"),
        "--slurm-init-seconds-before-status-checks", str(site.poll_seconds),
    ]  # fmt: skip
    if site.qos:
        options += ["--slurm-qos", site.qos]
    if site.reservation:
        options += ["--slurm-reservation", site.reservation]
    if not site.account:
        options.append("--slurm-no-account")
    return options


@dataclass(frozen=True)
class SitePlan:
    """What the rules ask for at a site.

    Attributes:
        configuration: The configuration of the run.
        checkout: Folder of the code.
        history: Pace of past runs; empty when nothing is known.
    """

    configuration: Configuration
    checkout: Path
    history: History = History()

    @property
    def site(self) -> SiteConfig:
        """The site."""
        return self.configuration.site

    def launcher(self) -> str:
        """What starts ranks at a site that says so.

        Slurm's own `srun` finds the nodes of its job by the job's number. Any other launcher
        wants to be told in variables, which the engine has taken away: they are brought back.
        """
        words = self.site.launcher.split()
        if not self.site.batch or Path(words[0]).name == "srun":
            return self.site.launcher
        script = shlex.quote(str(self.checkout / "slurm" / "in_allocation.sh"))
        return f"sh {script} {self.site.launcher}"

    # --- resources
    def stage(self) -> dict[str, Resource]:
        """What a stage on one processor asks for."""
        workflow = self.configuration.workflow
        return {
            "runtime": workflow.stage_minutes,
            "mem_mb": workflow.stage_memory_mb,
            **self._place(self.site.partitions.stages),
        }

    def warm(self) -> dict[str, Resource]:
        """What the compilation of the kernels asks for: a node with a given type of processor."""
        asked = self.stage() | self._place(self.site.partitions.warm)
        if self.site.batch and self.site.processors:
            asked["constraint"] = lambda wildcards: self.site.processors[wildcards.processor]
        return asked

    def member(self) -> dict[str, Resource]:
        """What a member asks for.

        Raises:
            ConfigurationError: The site cannot start so few ranks.
        """
        workflow, site = self.configuration.workflow, self.site
        asked: dict[str, Resource] = {
            "tasks": workflow.ranks,
            "runtime": self.member_minutes(),
            "mem_mb": workflow.member_memory_mb,
        }
        if not site.batch:
            return asked
        if workflow.ranks < 2:  # noqa: PLR2004  (a batch job of one rank is no MPI job)
            msg = (
                f"workflow.ranks is '{workflow.ranks}'; at the site '{site.name}', which has a "
                "batch system, a member needs at least 2 ranks."
            )
            raise ConfigurationError(msg)
        nodes, per_node = site.member_nodes, site.member_tasks_per_node
        if nodes is None and per_node is not None:
            nodes = math.ceil(workflow.ranks / per_node)
        options = [site.member_options]
        if site.signal_seconds:
            # to the ranks, not to the script around them, which has to tell how they ended
            options.append(f"--signal=TERM@{site.signal_seconds}")
        if per_node is not None:
            options.append(f"--ntasks-per-node={per_node}")
        if nodes is not None:
            asked["nodes"] = nodes
            most = per_node or math.ceil(workflow.ranks / nodes)
            share = min(1.0, most / workflow.ranks)
            asked["mem_mb"] = math.ceil(workflow.member_memory_mb * share)  # of one node
        asked["slurm_extra"] = " ".join(text for text in options if text)
        return asked | self._place(site.partitions.members)

    def _place(self, partition: str) -> dict[str, Resource]:
        if not self.site.batch:
            return {}
        place: dict[str, Resource] = {}
        if partition:
            place["slurm_partition"] = partition
        if self.site.account:
            place["slurm_account"] = self.site.account
        return place

    def member_minutes(self) -> int:
        """Wall time of a member, minutes: from past runs with a margin, else as configured."""
        workflow, site = self.configuration.workflow, self.site
        forecast = self.configuration.forecast
        hours = forecast.horizon_hours + forecast.spin_up_hours
        seconds = self.history.member_seconds(hours, share=CAUTIOUS)
        minutes = workflow.member_minutes
        if seconds is not None:
            whole = seconds * site.wall_margin + site.signal_seconds + _START_SECONDS
            minutes = min(minutes, math.ceil(whole / 60))
        if site.largest_wall_minutes is not None:
            minutes = min(minutes, site.largest_wall_minutes)
        return minutes

    # --- kernels
    @property
    def processors(self) -> tuple[str, ...]:
        """Types of processor that the kernels are compiled for."""
        return (
            tuple(self.site.processors)
            if self.site.batch and self.site.processors
            else (_ALL_ALIKE,)
        )

    # --- the shell of every job
    def shell_lines(self) -> str:
        """Shell text that every job runs first, ending in a semicolon; empty at most sites."""
        site = self.site
        lines = [
            *([_without_own_commands()] if site.batch else []),
            *site.prologue,
            *(f"export {name}={shlex.quote(value)}" for name, value in site.environment.items()),
        ]
        if site.cache:
            # in double quotes: the folder may name variables
            lines.append(f'export NUMBA_CACHE_DIR="{site.cache}"')
        if site.scratch:
            lines.append(f'export TMPDIR="{site.scratch}"; mkdir -p "$TMPDIR"')
        text = "".join(f"{line}; " for line in lines)
        return text.replace("{", "{{").replace("}", "}}")


def _without_own_commands() -> str:
    """Shell text that takes the folder of this Python off the front of PATH.

    An mpirun that came with a Python package lies there, and it is not that of the cluster.
    """
    own = shlex.quote(f"{Path(sys.executable).parent}:")
    return f'while [ "${{PATH#{own}}}" != "$PATH" ]; do PATH="${{PATH#{own}}}"; done'
