"""The transport model of one tile: start, hours, checkpoints.

Input and output come as protocols, so the model knows no files: `MeteorologySource` here,
`BoundarySource` in `transport`, `EmissionSource` in `diffusion`; `OutputSink`, `CheckpointSink`
and `Progress` take what it makes, `Steering` says when to save and to stop. Everything is cut to
the tile.
"""

import logging
from collections.abc import Container
from dataclasses import dataclass, fields
from typing import Any, Protocol

import numpy as np

from forecast.common.constants import GRAVITY
from forecast.common.errors import InputError, ModelError
from forecast.config.transport import TransportConfig
from forecast.ctm.budget import LedgerFields, MassLedger
from forecast.ctm.checkpoint import Checkpoint
from forecast.ctm.kernels.survey import column_burden
from forecast.ctm.monitor import SurfaceFields, SurfaceMonitor, find_problem
from forecast.ctm.process import Hour, require_shape
from forecast.ctm.state import TileState
from forecast.ctm.timestep import OperatorSequence
from forecast.fields.arrays import Float, Single
from forecast.fields.meteorology import MeteorologyHour, describe_gap
from forecast.grid.vertical import HybridLevels
from forecast.parallel.collect import agree
from forecast.parallel.comm import Communicator
from forecast.parallel.decomposition import Tile

logger = logging.getLogger(__name__)


class MeteorologySource(Protocol):
    """Where the meteorology comes from."""

    def hour(self, index: int) -> MeteorologyHour:
        """Record `index` hours after the start of the run, cut to the tile.

        A run of n hours reads records 0 to n; of the last one only values, not fluxes.
        """


class OutputSink(Protocol):
    """Takes hourly means near the ground."""

    def write(self, index: int, surface: SurfaceFields) -> None:
        """Take the mean over the hour from `index` to `index + 1` after the start of the run."""


class CheckpointSink(Protocol):
    """Takes checkpoints."""

    def write(self, checkpoint: Checkpoint) -> None:
        """Store the tile; all ranks call this for the same hour."""


class Progress(Protocol):
    """Is told how far the run is, on every rank."""

    def __call__(self, hours_done: int, hours_total: int) -> None:
        """Take note; hours are counted from the start of the run."""


@dataclass(frozen=True)
class Order:
    """What a run shall do after an hour, the same on every rank.

    Attributes:
        checkpoint: Write a checkpoint now.
        stop: End after this hour, in good order.
    """

    checkpoint: bool = False
    stop: bool = False


class Steering(Protocol):
    """Decides after every hour whether to save and whether to go on."""

    def after_hour(self, hours_done: int) -> Order:
        """Decide, together with all ranks; hours are counted from the start of the run."""


class NoOutput:
    """Takes everything and keeps nothing."""

    def write(self, index: int, surface: SurfaceFields) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class Sinks:
    """Where results go.

    Attributes:
        output: Hourly means.
        checkpoints: Checkpoints, or None.
        checkpoint_hours: After which hours, counted from the start of the run, one is written.
        progress: Is told of every hour, or None.
        steering: Decides about further checkpoints and an early end, or None.
    """

    output: OutputSink
    checkpoints: CheckpointSink | None = None
    checkpoint_hours: Container[int] = ()
    progress: Progress | None = None
    steering: Steering | None = None


@dataclass(frozen=True)
class TileSetup:
    """What a tile's model is built from; see `forecast.ctm.build`.

    Attributes:
        comm: The ranks.
        tile: Cells of this rank.
        levels: Layers.
        cell_area: m2, (ny, nx) of the tile.
        species: Names.
        start: Start of the run, UTC.
        options: Limits and time step.
    """

    comm: Communicator
    tile: Tile
    levels: HybridLevels
    cell_area: Float
    species: tuple[str, ...]
    start: np.datetime64
    options: TransportConfig


class TransportModel:
    """One tile of the model.

    Attributes:
        state: Mixing ratios and air.
        ledger: Mass ledger of the whole domain.
        hour: Hours done since the start of the run.
    """

    def __init__(
        self,
        setup: TileSetup,
        meteorology: MeteorologySource,
        sequence: OperatorSequence,
        monitor: SurfaceMonitor,
        ledger_fields: LedgerFields,
    ) -> None:
        """Put the parts together; `start` or `restore` must follow."""
        self._setup = setup
        self._meteorology = meteorology
        self._sequence = sequence
        self._monitor = monitor
        self._done = ledger_fields
        self._burden = np.zeros_like(ledger_fields.inflow)
        self._steps = 0
        self._record: tuple[int, MeteorologyHour] | None = None
        self._drift_told = False
        self.state = TileState.empty(setup.tile, len(setup.species), setup.levels.nz)
        self.ledger = MassLedger(setup.species)
        self.hour = 0

    @property
    def species(self) -> tuple[str, ...]:
        """Names, in the order of the state."""
        return self._setup.species

    @property
    def timings(self) -> dict[str, float]:
        """Seconds spent in each process so far."""
        return dict(self._sequence.watch.seconds)

    def summaries(self) -> dict[str, dict[str, Any]]:
        """What processes have counted since the start of the run, over all ranks.

        Every rank calls this; the order of ranks cannot change the result.
        """
        return self._sequence.summaries(self._setup.comm)

    def start(self, mixing_ratio: Single, hour: int = 0) -> None:
        """Start with a new ledger, from profiles or from what another run has left.

        The air is that of the meteorology at that hour; of another run only mixing ratios are
        taken. So a uniform mixing ratio stays uniform, and the mass of a species changes by as
        much as the air of its column differs between the two meteorologies.

        Args:
            mixing_ratio: kg kg-1, (nspecies, nz, ny, nx) of the tile.
            hour: Hours since the start of the run's window.

        Raises:
            ModelError: A value is negative or not finite, on any rank.
        """
        pressure = self._read(hour).surface_pressure
        self.state.own_ratio[:] = mixing_ratio
        self.state.own_mass[:] = self._setup.levels.layer_mass(pressure) * self._setup.cell_area
        self.hour = hour
        self._steps = hour * self._sequence.steps_per_hour
        self._check()
        self._measure()
        self.ledger = MassLedger(self._setup.species)
        self.ledger.start(self._setup.comm, self._burden)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint, cut to this tile.

        Raises:
            ModelError: It holds other species.
        """
        if checkpoint.species != self._setup.species:
            msg = (
                f"The checkpoint of hour {checkpoint.hour} holds the species "
                f"'{', '.join(checkpoint.species)}', this run has "
                f"'{', '.join(self._setup.species)}'; start the member anew."
            )
            raise ModelError(msg)
        self.state.own_ratio[:] = checkpoint.mixing_ratio
        self.state.own_mass[:] = checkpoint.air_mass
        self.hour = checkpoint.hour
        self._steps = int(checkpoint.numbers["steps"])
        self.ledger = MassLedger.from_record(checkpoint.numbers["ledger"])
        self._sequence.resume_counts(self._setup.comm, checkpoint.numbers["counts"])
        self._check()

    def checkpoint(self) -> Checkpoint:
        """Copy what is needed to go on; every rank calls this."""
        return Checkpoint(
            hour=self.hour,
            species=self._setup.species,
            mixing_ratio=self.state.own_ratio.copy(),
            air_mass=self.state.own_mass.copy(),
            numbers={
                "steps": self._steps,
                "ledger": self.ledger.as_record(),
                "counts": self._sequence.counts(self._setup.comm),
            },
        )

    def run(self, until: int, sinks: Sinks) -> None:
        """Run to the end of an hour, or until the steering asks to stop.

        Args:
            until: Hours since the start of the run.
            sinks: Where results go.

        Raises:
            ModelError: The state is not plausible, or winds cannot be stepped; on every rank.
            InputError: Meteorology or emissions are not usable.
        """
        while self.hour < until:
            surface = self.advance_hour()
            sinks.output.write(self.hour - 1, surface)
            order = Order() if sinks.steering is None else sinks.steering.after_hour(self.hour)
            due = order.checkpoint or self.hour in sinks.checkpoint_hours
            if sinks.checkpoints is not None and due:
                sinks.checkpoints.write(self.checkpoint())
            if sinks.progress is not None:
                sinks.progress(self.hour, until)
            if order.stop:
                return

    def advance_hour(self) -> SurfaceFields:
        """Run one hour and return its mean near the ground; see `run` for errors."""
        watch = self._sequence.watch
        with watch.timing("input"):
            start, end = self._read(self.hour), self._read(self.hour + 1)
            hour = Hour.between(self.hour, start, end, self._setup.levels)
        self._sequence.begin_hour(hour)
        for _ in range(self._sequence.steps_per_hour):
            self._sequence.advance(self.state, self._steps)
            self._steps += 1
            with watch.timing("monitor"):
                self._monitor.add(self.state)
        self.hour += 1
        with watch.timing("monitor"):
            self._check()
            self._watch_pressure(end)
            self._measure()
            self.ledger.close_hour(self._setup.comm, self._done, self._burden)
            return self._monitor.finish(hour)

    def _measure(self) -> None:
        """Set the burden of every column."""
        column_burden(self.state.mixing_ratio, self.state.air_mass, self._burden)

    def _read(self, index: int) -> MeteorologyHour:
        """A record of the meteorology, read once and checked."""
        if self._record is None or self._record[0] != index:
            record = self._meteorology.hour(index)
            _check_meteorology(record, index, self._setup)
            self._record = (index, record)
        return self._record[1]

    def _check(self) -> None:
        """Stop on every rank when any rank's state is not plausible."""
        tile = self._setup.tile
        problem = find_problem(
            self.state,
            self._setup.species,
            self.hour,
            (tile.j.start, tile.i.start),
            self._setup.options.largest_mixing_ratio,
        )
        agree(self._setup.comm, problem)

    def _watch_pressure(self, end: MeteorologyHour) -> None:
        """Say once when the air mass and the driving surface pressure part."""
        column = self.state.own_mass.sum(axis=0)
        wanted = self._setup.levels.layer_mass(end.surface_pressure).sum(axis=0)
        excess = np.abs(column / self._setup.cell_area - wanted).max() * GRAVITY
        largest = float(self._setup.comm.maximum(np.array([excess]))[0])
        if largest > self._setup.options.pressure_tolerance and not self._drift_told:
            self._drift_told = True
            if self._setup.comm.rank == 0:
                logger.warning(
                    "after hour %d the air of some column differs by %.0f Pa from the driving "
                    "surface pressure: the mass fluxes do not follow its tendency",
                    self.hour, largest,
                )  # fmt: skip


def _check_meteorology(record: MeteorologyHour, index: int, setup: TileSetup) -> None:
    """Refuse a record with missing values or of another tile.

    Raises:
        InputError: A field has another shape or holds a value that is not finite.
    """
    tile = setup.tile
    shape = nz, ny, nx = setup.levels.nz, tile.ny, tile.nx
    faces = {"mass_flux_x": (nz, ny, nx + 1), "mass_flux_y": (nz, ny + 1, nx)}
    for entry in fields(MeteorologyHour):
        values = getattr(record, entry.name)
        wanted = faces.get(entry.name, shape if values.ndim == 3 else (ny, nx))
        require_shape(f"'{entry.name}' of hour {index}", values, wanted)
        time = setup.start.astype("datetime64[s]") + np.timedelta64(index, "h")
        problem = describe_gap(entry.name, values, time, (tile.j.start, tile.i.start))
        if problem is not None:
            msg = (
                f"The meteorology of hour {index} cannot be used: {problem}; expected finite "
                "numbers. Prepare the meteorology again."
            )
            raise InputError(msg)
