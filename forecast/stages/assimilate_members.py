"""The members that an analysis takes, their states, and what they said of the last hours."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from forecast.assimilation.groups import Group
from forecast.config.run import RunPaths
from forecast.fields.arrays import Float, Integers, Single
from forecast.fields.start import MemberStart, StartKind
from forecast.stages.task import Task
from forecast.storage.emissions import read_emissions
from forecast.storage.member_output import read_variable
from forecast.storage.perturbation import read_perturbation
from forecast.storage.restart import (
    RestartOrigin,
    RestartState,
    begin_restart,
    finish_restart,
    read_restart,
    write_restart_tile,
)
from forecast.storage.tiles import Tile

_ALL = slice(None)


@dataclass(frozen=True)
class Former:
    """A member of the cycle before, as an analysis needs it.

    Attributes:
        start: What the plan of this cycle says.
        run: The cycle that left its state.
        state: Its checkpoint.
    """

    start: MemberStart
    run: RunPaths
    state: Path

    @classmethod
    def of(cls, task: Task, start: MemberStart) -> "Former | None":
        """The cycle before of a member that begins warm; None for others."""
        path = start.path(task.run.folder)
        if path is None or not start.kind.warm:
            return None
        return cls(start, RunPaths(task.run.folder.parent / start.source_cycle), path)

    @property
    def own(self) -> bool:
        """True when the state is the member's own."""
        return self.start.kind is StartKind.WARM

    def read(self) -> Single:
        """Mixing ratio of the whole domain, kg kg-1, (nspecies, nz, ny, nx)."""
        return read_restart(self.state, _ALL, _ALL).mixing_ratio

    def said(self, pollutant: str, hours: int, cells: tuple[Integers, Integers]) -> Float:
        """Hourly values at cells up to the cycle, product unit, (ncell, nhour)."""
        last = self.start.source_hour
        output = self.run.output(self.start.member)
        values = read_variable(output, pollutant, slice(last - hours, last))
        found: Float = values[:, cells[0], cells[1]].T.astype(np.float64)
        return found

    def emission_factor(self) -> Float:
        """What the member multiplied emissions by, (nsector, ny, nx)."""
        return read_perturbation(self.run.perturbation(self.start.member)).emission_factor

    def area_rate(self) -> Float:
        """Emissions of its cycle, kg s-1 a cell, (nsector, nspecies, ny, nx)."""
        return read_emissions(self.run.emissions).area_rate

    def write(self, task: Task, factors: dict[int, Float]) -> Path:
        """Write the state times the factors of its species, as a checkpoint of this cycle.

        Raises:
            InputError: The state cannot be read.
            OutputError: The disk refuses the files.
        """
        old = read_restart(self.state, _ALL, _ALL)
        ratio = old.mixing_ratio.copy()
        for species, factor in factors.items():
            ratio[species] *= factor.astype(np.float32)
        new = RestartState(
            hour=self.start.first_hour,
            species=old.species,
            mixing_ratio=ratio,
            air_mass=old.air_mass,
            numbers={"analysis_of": str(self.start.source)},
            origin=RestartOrigin(task.cycle.name, task.cycle.start, old.origin.grid),
        )
        path = task.run.analysis(self.start.member)
        tile = Tile.whole((ratio.shape[2], ratio.shape[3]))
        begin_restart(path, new, tile)
        write_restart_tile(path, new, tile)
        finish_restart(path, new)
        return path


def logarithms(members: list[Former], groups: tuple[Group, ...]) -> dict[str, Single]:
    """Logarithm of each group in each member; one state at a time is in memory.

    Returns:
        (nmember, nz, ny, nx) by pollutant.
    """
    rows: dict[str, list[Single]] = {group.pollutant: [] for group in groups}
    for member in members:
        ratio = member.read()
        for group in groups:
            rows[group.pollutant].append(group.logarithm(ratio).astype(np.float32))
    return {name: np.stack(fields) for name, fields in rows.items()}
