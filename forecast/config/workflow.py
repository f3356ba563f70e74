"""How the members are started, how often they save, and what is kept."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from forecast.config.base import Model


class Launcher(StrEnum):
    """What starts the ranks of a member."""

    BUNDLED = "bundled"
    """The mpiexec that was installed beside this Python."""
    COMMAND = "command"
    """The command in `launcher_command`, such as a cluster's own mpiexec."""


class WorkflowConfig(Model):
    """The workflow of one cycle."""

    ranks: Annotated[int, Field(ge=1, le=4096)] = 2
    """MPI ranks of one member; Slurm profiles need at least 2."""
    launcher: Launcher = Launcher.BUNDLED
    """What starts the ranks; a Snakemake profile may replace it."""
    launcher_command: str = ""
    """Launcher with its options but without the number of ranks, such as 'srun --mpi=pmix'."""
    checkpoint_hours: Annotated[int, Field(ge=1, le=240)] = 24
    """Model hours between two checkpoints, at most."""
    checkpoint_minutes: Annotated[float, Field(gt=0, le=1440)] = 10.0
    """Run time between two checkpoints, minutes, at most."""
    keep_checkpoints: Annotated[int, Field(ge=1, le=100)] = 2
    """How many of the newest checkpoints a member keeps beside those for later cycles."""
    attempts: Annotated[int, Field(ge=1, le=20)] = 3
    """How often a member is started when its process is killed; a model that stops with an error
    is not started again. A profile's `retries` must allow as many."""
    handover_seconds: Annotated[float, Field(ge=0, le=600)] = 20.0
    """How long a member that is started again waits for the end of its former process when that
    may still be alive, s."""
    heartbeat_seconds: Annotated[float, Field(gt=0, le=600)] = 2.0
    """Shortest time between two writes of a member's status file, s."""
    member_minutes: Annotated[int, Field(ge=1)] = 120
    """Run time asked for a member from a batch system, minutes."""
    member_memory_mb: Annotated[int, Field(ge=100)] = 4000
    """Memory asked for a member from a batch system, MB."""
    stage_minutes: Annotated[int, Field(ge=1)] = 30
    """Run time asked for any other stage, minutes."""
    stage_memory_mb: Annotated[int, Field(ge=100)] = 4000
    """Memory asked for any other stage, MB."""

    @model_validator(mode="after")
    def _command_is_given(self) -> "WorkflowConfig":
        named = bool(self.launcher_command.strip())
        if named != (self.launcher is Launcher.COMMAND):
            msg = (
                "launcher 'command' and a non-empty launcher_command go together: "
                f"found launcher '{self.launcher}' and launcher_command "
                f"'{self.launcher_command}'"
            )
            raise ValueError(msg)
        return self
