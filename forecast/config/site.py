"""The machine that a forecast runs on: one file of settings for each site, in configs/sites.

What a site needs besides, its checks and a guide step by step: docs/site_porting.md.
"""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from forecast.config.base import Model

Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.+-]*$")]
"""A name that Slurm knows; empty: none."""
VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class Scheduler(StrEnum):
    """Who gives out the processors."""

    LOCAL = "local"
    """Nobody: everything runs on the machine where it is started."""
    SLURM = "slurm"
    """Slurm."""


class PartitionConfig(Model):
    """Slurm partitions by what runs in them; empty: the default partition of the cluster."""

    members: Word = ""
    """Members of the ensemble: many nodes for long."""
    stages: Word = ""
    """Preparation, combination and bulletins: one node for minutes."""
    warm: Word = ""
    """Compilation of the kernels; must hold all types of processor that members get."""


class SiteConfig(Model):
    """Where a forecast runs, how it gets its processors there and how its ranks are started."""

    name: Word = "local"
    """Name of the site, the stem of its file in configs/sites."""
    scheduler: Scheduler = Scheduler.LOCAL
    """Who gives out the processors."""
    launcher: str = ""
    """What starts the ranks of a member, without their number, such as 'srun --mpi=pmix' or
    'mpirun'; empty: `workflow.launcher` decides."""
    partitions: PartitionConfig = PartitionConfig()
    """Slurm partitions."""
    account: Word = ""
    """Account that the time is booked on; empty: that of the user."""
    qos: Word = ""
    """Quality of service of all jobs; empty: the default."""
    reservation: Word = ""
    """Reservation that all jobs run in; empty: none."""
    member_nodes: Annotated[int, Field(ge=1, le=10000)] | None = None
    """Nodes of a member; null: as Slurm likes."""
    member_tasks_per_node: Annotated[int, Field(ge=1, le=1024)] | None = None
    """Most ranks of a member on one node; null: as Slurm likes."""
    member_options: str = ""
    """More options of sbatch for the members, such as '--exclusive --switches=1@5:00'."""
    processors: dict[Word, str] = {}
    """Types of processor that members may get, each with the Slurm constraint that selects it: the
    kernels are compiled once for each before the members start. Empty: all nodes are alike."""
    environment: dict[VariableName, str] = {}
    """Variables that every job sets, such as MPI4PY_LIBMPI: libmpi.so.40 for the MPI of the
    cluster in place of the one that was installed beside Python."""
    prologue: tuple[str, ...] = ()
    """Shell lines that every job runs first, such as 'module load openmpi/4.1'."""
    jobs: Annotated[int, Field(ge=1, le=10000)] = 40
    """Most jobs in the queue at a time."""
    poll_seconds: Annotated[int, Field(ge=1, le=180)] = 10
    """Time between two looks at the jobs, s. One squeue for all of them each time; every step that
    waits for another loses half of this on average."""
    patience_minutes: Annotated[int, Field(ge=1, le=1440)] = 60
    """How long the controller of the batch system may be away before new jobs count as refused,
    minutes. Jobs that run are never given up for that."""
    signal_seconds: Annotated[int, Field(ge=0, le=3600)] = 120
    """How long before its wall time a member is asked (SIGTERM) to save its state and end, s; must
    cover one model hour and one checkpoint."""
    wall_margin: Annotated[float, Field(ge=1.0, le=10.0)] = 1.5
    """Factor on the time that members took in past runs (95 of 100 were quicker); the product, and
    at most `workflow.member_minutes`, is the wall time that is asked for."""
    largest_wall_minutes: Annotated[int, Field(ge=1)] | None = None
    """Longest wall time that the partition of the members allows, minutes; null: no limit."""
    cache: str = ""
    """Folder of compiled kernels that all nodes see; may name variables such as $HOME. Empty:
    beside the sources, or in the user's cache folder."""
    scratch: str = ""
    """Folder for temporary files of a job on its node; empty: that of the system."""
    disk_speed: Annotated[float, Field(gt=0)] = 50.0
    """Slowest speed of writing in the folder of the runs that will do, MB s-1."""
    files_per_second: Annotated[float, Field(gt=0)] = 50.0
    """Fewest files made there in a second that will do."""

    @property
    def batch(self) -> bool:
        """True when jobs are given to a batch system."""
        return self.scheduler is not Scheduler.LOCAL

    @model_validator(mode="after")
    def _launcher_is_given(self) -> Self:
        """The MPI beside Python knows nothing of the nodes of a batch system."""
        if self.batch and not self.launcher.strip():
            msg = (
                "with scheduler 'slurm' the site must name its launcher, such as "
                "'srun --mpi=pmix' or 'mpirun'; found ''"
            )
            raise ValueError(msg)
        return self
