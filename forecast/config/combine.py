"""How the members are combined on the grid: how much at a time, and by whom."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from forecast.config.base import Model


class Engine(StrEnum):
    """Who computes the statistics of the members."""

    SERIAL = "serial"
    """The stage itself, one piece after the other; enough for a thousand members of one node."""
    DASK = "dask"
    """Workers of Dask, where fields outgrow a node; needs the extra `cluster`."""


class DaskCluster(StrEnum):
    """Where the workers of Dask run."""

    LOCAL = "local"
    """Processes on the machine of the stage."""
    SLURM = "slurm"
    """Jobs of Slurm."""


class DaskConfig(Model):
    """Workers of Dask; only read with the engine `dask`."""

    cluster: DaskCluster = DaskCluster.LOCAL
    """Where they run."""
    workers: Annotated[int, Field(ge=1, le=1000)] = 2
    """Number of workers, of one process each; on Slurm one job a worker."""
    cores: Annotated[int, Field(ge=1, le=256)] = 1
    """Threads of a worker: pieces that it works on at a time."""
    memory_mb: Annotated[int, Field(ge=200)] = 2000
    """Memory of a worker, MB."""
    partition: str = ""
    """Slurm partition of the workers; empty for the default one."""
    minutes: Annotated[int, Field(ge=1, le=2880)] = 60
    """Longest time of a worker's job, minutes."""
    directives: tuple[str, ...] = ()
    """Further options of sbatch, such as "--account=air"."""
    host: str = ""
    """Address at which workers reach the stage; empty for the machine's own."""
    start_seconds: Annotated[float, Field(gt=0, le=3600)] = 120.0
    """Longest wait for the first worker, s; the stage computes by itself when none has come."""


class CombineConfig(Model):
    """Statistics over the members on the grid."""

    engine: Engine = Engine.SERIAL
    """Who computes; the result is the same, bit for bit."""
    piece_mb: Annotated[float, Field(gt=0, le=1.0e5)] = 512.0
    """Memory that one piece of work may take, MB; a piece is some hours and rows of one variable of
    all members, a whole number of chunks of the members' output where that fits."""
    readers: Annotated[int, Field(ge=1, le=64)] = 4
    """Members of a piece that are read at a time; more hide the latency of a shared disk."""
    dask: DaskConfig = DaskConfig()
    """Workers of Dask."""
