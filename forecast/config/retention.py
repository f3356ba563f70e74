"""How long the files of a run are kept, and how much room they may take."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from forecast.config.base import Model

Cycles = Annotated[int, Field(ge=1, le=10000)]


class ArchivedRestarts(StrEnum):
    """Which checkpoints go into the archive with a cycle."""

    NONE = "none"
    """None: the archive can be read, but no cycle can be started from it."""
    CONTROL = "control"
    """Those of the unperturbed control, from which every member can be started."""
    ALL = "all"
    """Those of all members."""


class RetentionConfig(Model):
    """What is removed when, and the room that a run needs before it begins.

    Bulletins, tables, city values, decisions, records and logs are never removed. Nothing of a
    cycle is removed before the following one has succeeded, nothing that a running cycle or the
    ladder of starts may still read.
    """

    restart_cycles: Cycles = 4
    """How many of the newest successful cycles keep their checkpoints."""
    field_cycles: Annotated[int, Field(ge=2, le=10000)] = 4
    """How many keep prepared inputs, perturbations and hourly fields of the members; the previous
    cycle's stand in when a cycle has no members, so at least 2."""
    grid_cycles: Cycles = 60
    """How many keep the fields of the ensemble on the grid."""
    hole_days: Annotated[int, Field(ge=1, le=3650)] = 14
    """A cycle whose following one never succeeded keeps its files until the newest successful
    cycle is this much later, days."""
    disk_budget_gb: Annotated[float, Field(gt=0)] | None = None
    """Most room that all runs of a folder together may take, GB (10^9 bytes); null: no limit but
    the disk."""
    free_gb: Annotated[float, Field(ge=0)] = 2.0
    """Room on the disk of the runs that a run must leave free, GB."""
    automatic: bool = False
    """Whether a launched cycle removes what may go when it has succeeded (`forecast prune`)."""
    archive: str = ""
    """Where a launched cycle is archived when it has succeeded (`forecast archive`); empty:
    nowhere."""
    archived_restarts: ArchivedRestarts = ArchivedRestarts.CONTROL
    """Which checkpoints go into the archive."""
