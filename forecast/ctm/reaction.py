"""Chemistry as a process: light, particles, gases, clouds and equilibrium on a tile.

Steps of the model go through their processes forwards and backwards in turn. Chemistry stands last,
so that it would run twice in a row; it runs once, at the end of each forward step, for two steps.
"""

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.chemistry.composition import Composition
from forecast.chemistry.kernels.photolysis import Columns
from forecast.chemistry.lanes import as_columns, padded_length
from forecast.chemistry.optics import cloud_optical_depth, cloud_water, water_column
from forecast.chemistry.solver import SolveReport
from forecast.chemistry.step import CellAir, ChemistryStep
from forecast.common.constants import AVOGADRO, GAS_CONSTANT, MOLAR_MASS_AIR, MOLAR_MASS_WATER
from forecast.common.errors import ModelError
from forecast.common.sun import solar_position
from forecast.config.chemistry import ChemistryConfig
from forecast.config.photolysis import PhotolysisConfig
from forecast.ctm.budget import GRAIN, LedgerFields
from forecast.ctm.kernels.cells import gather_rows, scatter_rows
from forecast.ctm.light import Light
from forecast.ctm.process import Ground, Hour, Step
from forecast.ctm.state import TileState
from forecast.fields.arrays import Float, Single
from forecast.grid.vertical import HybridLevels
from forecast.parallel.collect import exact_sum
from forecast.parallel.comm import Communicator

logger = logging.getLogger(__name__)

NAMED = 5
"""How many species the record names for their negative mass."""


@dataclass(frozen=True)
class AirColumns:
    """Air of a tile in one hour: columns side by side, filled up to whole lanes.

    Attributes:
        layers: What chemistry sees of each layer.
        height: Of the middle of layers, m above sea level, (nz, n).
        pressure: Of interfaces, Pa, (nz + 1, n).
        temperature: K, (nz, n).
        cloud: Optical depth of cloud, (nz, n).
        depth: Of layers, m, (nz, n).
    """

    layers: tuple[CellAir, ...]
    height: Single
    pressure: Single
    temperature: Single
    cloud: Single
    depth: Single

    @classmethod
    def of(
        cls, hour: Hour, ground: Ground, levels: HybridLevels, options: PhotolysisConfig
    ) -> "AirColumns":
        """Bring the air of an hour into the units of chemistry."""
        middle = hour.middle
        temperature, pressure = middle.air_temperature, np.asarray(hour.pressure, np.float32)
        moisture, cover = middle.specific_humidity, middle.cloud_area_fraction
        halves = levels.pressure_half(middle.surface_pressure)
        molecules = pressure * np.float32(1.0e-6 * AVOGADRO / GAS_CONSTANT) / temperature
        ratio = np.float32(MOLAR_MASS_WATER / MOLAR_MASS_AIR)
        vapour = molecules * moisture / (ratio + (1 - ratio) * moisture)
        depth = np.diff(hour.z_half, axis=0)
        water = cloud_water(temperature, hour.z_full, water_column(moisture, halves), options)
        cloud = (
            cloud_optical_depth(water, cover, depth, options)
            if options.cloud_dims
            else np.zeros_like(temperature)
        )
        parts = (temperature, hour.humidity, molecules, vapour, cover, water.liquid)
        flat = [as_columns(part) for part in parts]
        layers = [CellAir(*rows) for rows in zip(*flat, strict=True)]
        land = as_columns(np.asarray(ground.land_fraction / depth[0], np.float32))
        layers[0] = layers[0]._replace(ground=land)
        return cls(
            layers=tuple(layers),
            height=as_columns(hour.z_full + ground.terrain_height),
            pressure=as_columns(halves),
            temperature=flat[0],
            cloud=as_columns(cloud),
            depth=as_columns(depth),
        )


class GuardCounts:
    """What the guard of the gas solver saw on a tile.

    Attributes:
        volume: Mean volume of the cells of each layer, m3, (nz,).
    """

    def __init__(self, composition: Composition) -> None:
        """Begin at zero."""
        gases = composition.gas.species
        self._names = tuple(species.name for species in gases)
        molar = np.array([species.molar_mass for species in gases])
        self._weight = 1.0e6 / AVOGADRO * molar / GRAIN
        """Grains of a species in 1 m3 with 1 molecule cm-3."""
        self._cells = np.zeros(3, np.int64)
        self._clipped = np.zeros(len(gases))
        self._grains = np.zeros(len(gases), np.int64)
        self.volume: Float = np.zeros(0)

    def add(self, report: SolveReport, layer: int) -> None:
        """Count the report of one layer."""
        self._cells += (report.cells, report.refined, report.adaptive)
        self._clipped += report.clipped * self.volume[layer] * self._weight

    def close_hour(self) -> None:
        """Turn the masses of the last hour into whole grains.

        Hour by hour, so that a stop between two hours cannot change the sum.
        """
        self._grains += np.rint(self._clipped).astype(np.int64)
        self._clipped[:] = 0.0

    def counts(self, comm: Communicator) -> list[int]:
        """Sum over the ranks: three counts of cells, then grains of each gas; all ranks call."""
        self.close_hour()
        return exact_sum(comm, np.concatenate([self._cells, self._grains]))

    def resume_counts(self, comm: Communicator, counts: list[int]) -> None:
        """Go on from such a sum."""
        mine = np.array(counts if comm.rank == 0 else [0] * len(counts), np.int64)
        self._cells, self._grains = mine[:3].copy(), mine[3:].copy()
        self._clipped[:] = 0.0

    def summary(self, comm: Communicator) -> dict[str, Any]:
        """Sum over the ranks, and warn when cells needed the adaptive solver; all ranks call this.

        Cells that fill up lanes count as the cell that they repeat. Masses are taken with the
        mean volume of a layer's cells.

        Returns:
            Cells that were solved, those of them that were solved again with shorter steps, and
            those of these that took the adaptive solver; mass that was negative and set to zero,
            kg, of the species with most of it.
        """
        sums = self.counts(comm)
        cells, again, adaptive = sums[:3]
        if adaptive and comm.rank == 0:
            logger.warning(
                "gas chemistry: %d of %d cells could not be solved with fixed sub-steps, nor with "
                "shorter ones, and took the adaptive solver",
                adaptive, cells,
            )  # fmt: skip
        most = sorted(zip(sums[3:], self._names, strict=True), reverse=True)[:NAMED]
        return {
            "cells": cells,
            "solved_again": again,
            "solved_adaptively": adaptive,
            "clipped_kg": {name: round(count * GRAIN, 6) for count, name in most if count},
        }


class Chemistry:
    """All chemistry of a tile."""

    name = "chemistry"

    def __init__(
        self,
        composition: Composition,
        options: ChemistryConfig,
        ground: Ground,
        levels: HybridLevels,
        start: np.datetime64,
        step: float,
        ledger: LedgerFields,
    ) -> None:
        """Read the tables and prepare the parts.

        Args:
            composition: Species.
            options: Files, switches and coefficients.
            ground: Of the tile.
            levels: Layers.
            start: Start of the run, UTC.
            step: Length of every step of the model, s; chemistry takes two at a time.
            ledger: Where the result of reactions is written down.

        Raises:
            ConfigurationError: A species or a rate is missing, or the layers reach too high.
            InputError: The photolysis table cannot be read.
        """
        self._step = ChemistryStep(composition, options, 2.0 * step)
        self._light = Light(composition, options.photolysis, ground)
        self._light.photolysis.check_levels(levels)
        self._options = options
        self._ground = ground
        self._levels = levels
        self._start = start.astype("datetime64[s]")
        self._seconds = step
        self._ledger = ledger
        self._gases = len(composition.gas.species)
        self._factor = amount_factors(composition)
        shape = (len(composition.table), padded_length(ground.cell_area.size))
        self._before, self._amount = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self._ozone = np.zeros(shape[1], np.float32)
        self._density = np.zeros((0, 0), np.float32)
        self._air: AirColumns | None = None
        self._guard = GuardCounts(composition)

    def begin_hour(self, hour: Hour) -> None:
        """Set the air of the hour."""
        self._air = AirColumns.of(hour, self._ground, self._levels, self._options.photolysis)
        self._ozone = self._light.ozone(self._start + np.timedelta64(hour.index, "h"))
        nx = self._ground.cell_area.shape[1]
        self._density = np.ascontiguousarray(hour.density, np.float32).reshape(-1, nx)
        self._guard.close_hour()
        self._guard.volume = (np.diff(hour.z_half, axis=0) * self._ground.cell_area).mean((1, 2))

    def advance(self, state: TileState, step: Step) -> None:
        """React for two steps, at the end of every forward step.

        Raises:
            ModelError: A cell cannot be solved; the text names layer, cell and time.
        """
        if self._air is None or not step.forward:
            return
        time = self._start + np.timedelta64(round((step.number + 1) * step.seconds), "s")
        rates = self._photolysis(state, self._air, time)
        for layer, air in enumerate(self._air.layers):
            self._gather(state, layer, 0)
            try:
                report = self._step.advance(self._amount, air, rates[layer])
            except ModelError as error:
                ny, nx = self._ground.cell_area.shape
                msg = f"In layer {layer} of a tile of {ny} rows of {nx} cells, {time} UTC: {error}"
                raise ModelError(msg) from error
            self._guard.add(report, layer)
            scatter_rows(
                state.mixing_ratio,
                self._rows(layer),
                self._factor,
                self._density,
                self._before,
                self._amount,
                state.air_mass,
                self._ledger.chemistry,
            )

    def summary(self, comm: Communicator) -> dict[str, Any]:
        """What the guard of the gas solver saw on all ranks; see `GuardCounts.summary`."""
        return self._guard.summary(comm)

    def counts(self, comm: Communicator) -> list[int]:
        """Bare counts of the guard, for a checkpoint; see `GuardCounts.counts`."""
        return self._guard.counts(comm)

    def resume_counts(self, comm: Communicator, counts: list[int]) -> None:
        """Go on from the counts of a checkpoint."""
        self._guard.resume_counts(comm, counts)

    def _rows(self, layer: int) -> tuple[int, int, int, int]:
        """Return the cells of the tile each way and the rows of a layer."""
        ny, nx = self._ground.cell_area.shape
        return ny, nx, layer * ny, (layer + 1) * ny

    def _gather(self, state: TileState, layer: int, first: int) -> None:
        """Copy species of a layer, from `first` on, into the cell arrays."""
        gather_rows(
            state.mixing_ratio[first:],
            self._rows(layer),
            self._factor[first:],
            self._density,
            self._before[first:],
            self._amount[first:],
        )

    def _photolysis(self, state: TileState, air: AirColumns, time: np.datetime64) -> Single:
        """Rates of all cells at a time, UTC."""
        depths = self._light.no_particles(*air.depth.shape)
        if self._options.photolysis.haze_dims:
            for layer, depth in enumerate(air.depth):
                self._gather(state, layer, self._gases)
                self._light.add_particles(self._amount[self._gases :], depth, depths[:, layer])
        sun = solar_position(time, self._ground.longitude, self._ground.latitude)
        columns = Columns(
            as_columns(sun.sine),
            self._ozone,
            self._light.albedo,
            air.height,
            air.pressure,
            air.temperature,
        )
        return self._light.rates(columns, air.cloud, depths, sun.distance_factor)


def amount_factors(composition: Composition) -> Single:
    """Amount in a unit of volume over mass density, (nspecies,).

    Gases in molecules cm-3 and particles in ug m-3, both per kg m-3.
    """
    gases = [1.0e-6 * AVOGADRO / species.molar_mass for species in composition.gas.species]
    return np.array([*gases, *(1.0e9 for _ in composition.aerosol)], np.float32)
