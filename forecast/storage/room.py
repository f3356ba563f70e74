"""How much room a run will take, and how much there is."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from forecast.config.root import Configuration
from forecast.fields.variables import POLLUTANTS

_SINGLE, _DOUBLE = 4, 8
_LAYERED_FIELDS = 6
"""Of the hourly meteorology: temperature, humidity, cloud, two mass fluxes and one to spare."""
_FLAT_FIELDS = 30
"""Of the hourly inputs: eight of meteorology, the rest emissions of plants, soil, dust and sea."""
_PERTURBED_FLAT = 16
"""Fields without layers of a perturbation."""
_GRID_FIELDS = 40
"""Of the ensemble: mean, quantiles and probabilities of the pollutants."""
_TABLES = 20_000_000
"""Bulletins, tables, records and logs, bytes."""


@dataclass(frozen=True)
class Room:
    """Room that one run takes at most, bytes.

    Files are compressed; how well is not known before, so these are the sizes without it.

    Attributes:
        prepared: Inputs on the model grid.
        perturbation: What the members change in them.
        member: Hourly fields of the members.
        restart: Checkpoints that are there at the same time.
        grid: Fields of the ensemble.
        tables: Everything else.
    """

    prepared: int
    perturbation: int
    member: int
    restart: int
    grid: int
    tables: int = _TABLES

    @property
    def total(self) -> int:
        """Sum."""
        return (
            self.prepared + self.perturbation + self.member + self.restart + self.grid + self.tables
        )


def room_of(configuration: Configuration, species: int) -> Room:
    """Estimate the room of a run from its grid, hours and members.

    Args:
        configuration: Of the run.
        species: Number of species of the mechanism.
    """
    domain, forecast = configuration.domain, configuration.forecast
    columns = domain.nx * domain.ny
    layers = len(domain.levels.eta) - 1
    cells = columns * layers
    hours = forecast.horizon_hours + forecast.spin_up_hours + 1
    members = configuration.ensemble.members
    kept = configuration.workflow.keep_checkpoints + len(configuration.start.restart_hours)
    return Room(
        prepared=hours * _SINGLE * (cells * _LAYERED_FIELDS + columns * _FLAT_FIELDS),
        perturbation=members * _DOUBLE * (cells + columns * _PERTURBED_FLAT),
        member=members * forecast.horizon_hours * columns * _SINGLE * len(POLLUTANTS),
        restart=members * (kept + 1) * cells * (_SINGLE * species + _DOUBLE),
        grid=2 * forecast.horizon_hours * columns * _SINGLE * _GRID_FIELDS,
    )


def free_bytes(folder: Path) -> int:
    """Room that this user may still fill on the disk of a folder, which need not exist yet."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free


def taken_bytes(folder: Path) -> int:
    """Room that the files below a folder take; what vanishes meanwhile does not count."""
    total = 0
    pending = [os.fspath(folder)]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
        except OSError:
            continue
    return total
